// What comes out of a printer, and in which order a page is read aloud.
import assert from "node:assert/strict";
import { PC } from "../support/people.mjs";
import { post } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const A4 = { width: 794, height: 1123 };
const SCREEN_ONLY = ".nav, .composer, .toasts, .banners, .pane-list";

/** Parts of the page that paper would cut off: a box with more in it than it shows. */
const cut_off = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("main, main *")]
      .filter((e) => e.checkVisibility() && !e.closest("svg, .sr, .visually-hidden") && getComputedStyle(e).overflowY !== "visible")
      .filter((e) => e.clientHeight > 1 && e.scrollHeight > e.clientHeight + 2)
      .map((e) => `${e.localName}.${e.className}: ${e.scrollHeight} in ${e.clientHeight}`),
  );

/** How many sheets of A4 a page takes. */
async function sheets(page) {
  const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
  assert.ok(pdf.startsWith("%PDF-"));
  return pdf.match(/\/Type \/Page\b(?!s)/g).length;
}

journey("paper has the record, whole, and nothing of the screen around it", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  for (let n = 1; n <= 20; n += 1) await j.api.post("kuwabara", group, `${n}番目の記録です。\n体調は変わりません。\n水分をよくとれています。`);
  const day = new Date(Date.now() + (9 + 24) * 3_600_000).toISOString().slice(0, 10);
  await j.api.create("tachibana", `/groups/${group}/visits`, { kind: "nursing", date: day, start: "10:00", end: "10:40" });
  const page = await j.open("tachibana", `/groups/${group}`, { at: 1, viewport: PC });
  const paths = {
    [`/groups/${group}`]: "1番目の記録です。",
    [`/patients/${patient}/face-sheet`]: "青葉 ためし",
    [`/groups/${group}/schedule?week=${day}`]: "10:00〜10:40",
    [`/groups/${group}/members`]: "桑原 誠一郎",
  };
  for (const [path, words] of Object.entries(paths)) {
    await page.goto(path);
    await page.emulateMedia({ media: "screen" });
    assert.ok(await page.locator(".nav").isVisible(), "the screen has it");
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize(A4);
    await page.locator("main", { hasText: words }).waitFor();
    for (const part of await page.locator(SCREEN_ONLY).all()) assert.ok(!(await part.isVisible()), `${path}: ${await part.getAttribute("class")}`);
    assert.deepEqual(await cut_off(page), [], path);
    const count = await sheets(page);
    if (path === `/groups/${group}`) assert.ok(count >= 2, `twenty posts on ${count} sheet`);
    await page.setViewportSize(PC);
  }
});

journey("a post is read aloud as it is seen: who, what, and what one can do", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  await j.api.post("kuwabara", group, "明日の朝、採血です。");
  const page = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await until("the scripts are there", () => page.streaming);
  const aloud = await post(page, "明日の朝、採血です。").ariaSnapshot();
  const at = ["桑原 誠一郎", "明日の朝、採血です。", "了解", "返信"].map((words) => aloud.indexOf(words));
  assert.ok(at.every((place) => place >= 0), aloud);
  assert.deepEqual(at, [...at].sort((a, b) => a - b), aloud);
});
