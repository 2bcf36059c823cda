// The timeline between two people at two browsers.
import assert from "node:assert/strict";
import { jpeg, pdf } from "../support/files.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const box = (page) => page.getByRole("textbox", { name: "チームに書く" });
const post = (page, text) => page.locator("article.post", { hasText: text });

async function write(page, text) {
  await box(page).fill(text);
  await page.getByRole("button", { name: "送る", exact: true }).click();
}

/** Until the stream stands: from then on nothing is missed. */
const live = (page) => page.waitForFunction(() => performance.getEntriesByName(new URL("/api/v1/events", location.href).href).length >= 0);

journey("a post with a photo and a PDF stands on the other screen at once, and her draft stays", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const kido = await j.open("kido", `/groups/${group}`);
  const tachibana = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await live(tachibana);

  await box(tachibana).fill("書きかけの文です");
  await box(tachibana).focus();

  await kido.setInputFiles("#attach", [
    { name: "左下腿.jpg", mimeType: "image/jpeg", buffer: await jpeg(kido) },
    { name: "退院時サマリー.pdf", mimeType: "application/pdf", buffer: pdf("Summary of an invented stay") },
  ]);
  await kido.locator(".uploads li", { hasText: "付けました" }).nth(1).waitFor();
  const text = "左下腿の赤みがひきました。写真をご覧ください。";
  const answer = kido.waitForResponse((r) => r.request().method() === "POST" && r.url().endsWith("/posts"));
  await write(kido, text);
  assert.equal((await answer).status(), 201);
  const begun = performance.now();
  await post(tachibana, text).waitFor();
  const took = Math.round(performance.now() - begun);
  j.t.diagnostic(`on the other screen ${took} ms after the answer`);
  assert.ok(took < 2_000, `${took} ms`);

  assert.equal(await box(tachibana).inputValue(), "書きかけの文です");
  assert.ok(await box(tachibana).evaluate((node) => node === document.activeElement), "focus stays");
  const photo = post(tachibana, text).locator(".photo img");
  await photo.scrollIntoViewIfNeeded();
  await until("the photo is drawn", () => photo.evaluate((img) => img.complete && img.naturalWidth > 0));
  await post(tachibana, text).getByText("退院時サマリー.pdf").waitFor();
  assert.equal(await post(kido, text).count(), 1, "one post, not the waiting copy as well");
  assert.equal(await kido.locator(".unsent").count(), 0);
  assert.equal(await box(kido).inputValue(), "");
});
