// Leaving in one act, while the person is at work in another browser. For good: nobody else may need her afterwards.
import assert from "node:assert/strict";
import { live, post } from "../support/timeline.mjs";
import { answered, journey } from "../support/world.mjs";

journey(
  "whoever leaves is out at once: her open timeline goes dark, and the report lists what ended",
  async (j) => {
    const { group } = await j.api.team("kayano", "kuwabara", ["yunoki"]);
    await j.api.post("kuwabara", group, "夕方の訪問を終えました。");
    const her = await j.open("yunoki", `/groups/${group}`, { at: 1 });
    await post(her, "夕方の訪問").waitFor();
    await live(her);

    const context = await j.people.profile();
    const admin = await context.newPage();
    await j.people.sign_in(admin, "minagawa", "/menu");
    await admin.goto(`/facility/staff/${await j.api.id("yunoki")}/departure`);
    await admin.getByRole("button", { name: "この施設とのつながりを終える" }).click();
    await admin.waitForURL(/\/facility\/departures\/[0-9a-f-]{36}/);
    // Whichever comes first: her membership ends and so does her session.
    await her.getByRole("heading", { name: /このグループの表示を終えました|サインインが終わりました/ }).waitFor();
    const left = await her.evaluate(() => document.documentElement.textContent);
    assert.ok(!left.includes("夕方の訪問") && !left.includes("青葉"), "nothing of the patient is left on the screen");
    await her.goto("/groups");
    assert.equal(new URL(her.url()).pathname, "/sign-in");
    await context.close();
  },
  { expected: [answered(401)] },
);
