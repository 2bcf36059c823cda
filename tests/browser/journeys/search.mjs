// Finding what was written, on a phone: from any page, however it was typed, and back to its place.
import assert from "node:assert/strict";
import { answered, journey } from "../support/world.mjs";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";

const searched = (page) => page.locator("#h-found");

async function look_for(page, words) {
  await page.getByRole("searchbox", { name: "探すことば" }).fill(words);
  await page.getByRole("button", { name: "探す", exact: true }).click();
  await searched(page).waitFor();
}

async function team(j) {
  return j.api.team("kayano", "kuwabara", ["kido", "tachibana"], { name: "検索の 試しのための長い名前の患者" });
}

journey("on the phone: two characters, typed another way, found and opened at their place", async (j) => {
  const { group } = await team(j);
  const old = await j.api.post("kuwabara", group, "昨夜の訪問。ﾊﾟﾙｽｵｷｼﾒｰﾀｰで SpO2 ９３％、咳あり。ご家族は㈱若葉に連絡済み。");
  for (let n = 0; n < 45; n += 1) await j.api.post("kuwabara", group, `定時の確認 ${n}`);
  const page = await j.open("kido", `/groups/${group}`, { viewport: PHONE });
  await page.getByRole("link", { name: "この中を検索" }).click();
  await page.waitForURL(`**/search?group=${group}`);
  await look_for(page, "ぱるす spo2");
  assert.equal(await searched(page).innerText(), "1件見つかりました");
  assert.deepEqual(await page.locator(".hit mark").allInnerTexts(), ["ﾊﾟﾙｽ", "SpO2"]);
  assert.equal(new URL(page.url()).search, "", "no word in the address");
  assert.equal(await page.title(), "検索 | 連携");
  const found = [];
  await look_at(page, "/search?results", found, "kido");
  assert.deepEqual(found, []);
  await page.setViewportSize(PHONE);
  await page.locator(".hit h3 a").click();
  await page.waitForURL(`**/groups/${group}/posts/${old.id}#post-${old.id}`);
  await page.locator(`#post-${old.id}`).getByText("昨夜の訪問").waitFor();
});

journey("pages go on, nothing found says what to try, and an empty search keeps what was chosen", async (j) => {
  const { group } = await team(j);
  for (let n = 0; n < 23; n += 1) await j.api.post("kuwabara", group, `褥瘡の処置 ${n}回目`);
  const page = await j.open("kido", `/search?group=${group}`, { viewport: PHONE });
  await look_for(page, "褥瘡");
  assert.match(await searched(page).innerText(), /新しい順に20件/);
  await page.getByRole("button", { name: "続きを見る" }).click();
  await page.getByText("続きの3件（これで全部です）").waitFor();
  assert.equal(await page.locator(".hit").count(), 3);
  await look_for(page, "みあたらないことば");
  await page.getByText("次のことを試してください。").waitFor();
  const found = [];
  await look_at(page, "/search?nothing", found, "kido");
  assert.deepEqual(found, []);
  await page.setViewportSize(PHONE);
  await page.getByRole("searchbox", { name: "探すことば" }).fill(" ");
  await page.getByRole("button", { name: "探す", exact: true }).click();
  await page.getByText("探すことばを入れてください。").first().waitFor();
  assert.equal(await page.getByLabel("患者さん・グループ").inputValue(), group);
}, { expected: [answered(422)] });

journey("from the navigation of the PC, over all groups, by a person and a kind", async (j) => {
  const { group } = await team(j);
  await j.api.post("kuwabara", group, "鶺鴒の話をされていました");
  await j.api.post("kido", group, "鶺鴒のことは、ご本人から");
  const page = await j.open("tachibana", "/");
  await page.getByRole("navigation", { name: "主な画面" }).getByRole("link", { name: "検索" }).click();
  await look_for(page, "鶺鴒");
  assert.equal(await page.locator(".hit").count(), 2);
  await page.locator("summary", { hasText: "絞り込む" }).click();
  await page.getByLabel("書いた人").selectOption(await j.api.id("kido"));
  await page.getByRole("button", { name: "この条件で探す" }).click();
  await page.getByText("1件見つかりました").waitFor();
  assert.match(await page.locator(".hit .words").innerText(), /鶺鴒のことは、ご本人から/);
});
