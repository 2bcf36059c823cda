// Every page: accessible, silent, no wider than the screen, light enough.
import assert from "node:assert/strict";
import { of_admin, of_nobody, of_nurse } from "../support/pages.mjs";
import { look_at } from "../support/look.mjs";
import { scales } from "../support/scales.mjs";
import { box, post } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

async function go_and_look(page, path, found, who) {
  const answer = await page.goto(path);
  const expected = path.includes("there-is-n") ? 404 : 200;
  assert.equal(answer.status(), expected, `${path} answers ${answer.status()}`);
  await look_at(page, path, found, who);
}

/** Two tabs share the work: while one draws, the other waits for the server. */
async function look_at_all(page, paths, who) {
  const found = [];
  const left = [...paths];
  const second = await page.context().newPage();
  const some = async (tab) => {
    while (left.length) await go_and_look(tab, left.shift(), found, who);
  };
  await Promise.all([some(page), some(second)]).finally(() => second.close());
  assert.deepEqual(found, []);
}

const LONG = { expected: [/status of 404/], timeout: 300_000 };

journey("every page before the sign-in", async (j) => {
  const context = await j.people.profile();
  await look_at_all(await context.newPage(), of_nobody, "nobody");
  await context.close();
}, LONG);

journey("the pages between the doors: code, lock, and forms that were refused", async (j) => {
  const found = [];
  const context = await j.people.profile();
  const page = await context.newPage();
  await page.goto("/sign-in");
  await j.people.first_step(page, "honjo");
  await page.waitForURL(/sign-in.code/);
  await look_at(page, "code", found, "door_");
  await j.people.sign_in(page, "honjo");
  await page.goto("/menu/password");
  await page.locator('[name="password"]').fill("machigatta-kotoba-9");
  await page.locator('[name="new_password"]').fill("a");
  await page.locator('[name="new_password_again"]').fill("b");
  await page.getByRole("button", { name: "パスワードを変える" }).click();
  await page.getByRole("alert").first().waitFor();
  await look_at(page, "password_refused", found, "door_");
  // The stream tells the page, which goes to the lock by itself.
  await page.evaluate(() => void fetch("/lock", { method: "POST" }));
  await page.waitForURL(/lock.next=/);
  await page.getByRole("heading", { name: "画面をロックしました" }).waitFor();
  await look_at(page, "lock", found, "door_");
  await context.close();
  assert.deepEqual(found, []);
}, { expected: [/status of (401|422)/], timeout: 90_000 });

journey("every page of a nurse", async (j) => {
  const page = await j.open("igarashi");
  await look_at_all(page, await of_nurse(j.api, j.product, "igarashi", "小野寺"), "nurse");
}, LONG);

journey("every page of a facility's admin", async (j) => {
  const page = await j.open("kayano");
  await look_at_all(page, await of_admin(j.api, j.product, "kayano"), "admin");
}, LONG);

journey("a post by the keyboard alone", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  await page.keyboard.press("Tab");
  await page.locator(".skip:focus").waitFor();
  await page.keyboard.press("Enter");
  await until("the box has the focus", async () => {
    await page.keyboard.press("Tab");
    return box(page).evaluate((node) => node === document.activeElement);
  });
  await page.keyboard.type("キーボードだけで書きました。");
  await until("the button has the focus", async () => {
    await page.keyboard.press("Tab");
    return page.evaluate(() => document.activeElement.matches(".send"));
  });
  await page.keyboard.press("Enter");
  await post(page, "キーボードだけで書きました。").waitFor();
});

journey("the first page and the timeline are light", async (j) => {
  const context = await j.people.profile();
  const page = await context.newPage();
  const weigh = await scales(context, page);
  await page.goto("/sign-in", { waitUntil: "networkidle" });
  const first = weigh();
  await j.people.sign_in(page, "ota");
  weigh();
  await page.goto(`/groups/${j.product.group("小野寺").id}`);
  await until("scripts are there", () => page.streaming);
  const timeline = weigh();
  j.t.diagnostic(`sign-in ${first.all} bytes, timeline ${timeline.all} bytes (script ${timeline.script})`);
  for (const { all, script } of [first, timeline]) {
    assert.ok(all <= 100_000, `${all} bytes`);
    assert.ok(script <= 60_000, `${script} bytes of script`);
  }
  await context.close();
});
