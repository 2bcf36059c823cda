// Saying it well, on the phone of a nurse: a template, stamps, a pin, a bookmark, the summary card, tidied text.
import assert from "node:assert/strict";
import { box, live, menu, post, write } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const PHONE = { width: 360, height: 740 };

async function fits(page, what) {
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.width, `${what} is ${width} wide`);
}

/** Presses a button in the menu of a post, which may be drawn anew under the finger. */
async function press(of, word) {
  const button = of.getByRole("button", { name: word, exact: true });
  await until("the menu is open", async () => {
    if (await button.isVisible()) return true;
    await of.locator("details.menu > summary").first().click();
    return false;
  });
  await button.click();
}

journey("a template is filled in on the phone, survives a reload, and is an ordinary post for everybody", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const me = await j.open("kido", `/groups/${group}`, { viewport: PHONE });
  await live(me);
  await box(me).focus();
  await me.locator(".composer a", { hasText: "定型文" }).click();
  const dialog = me.getByRole("dialog", { name: "定型文を選ぶ" });
  await dialog.getByText("相談・報告（SBAR）").waitFor();
  await dialog.getByText("訪問報告").click();
  await me.waitForURL((url) => url.pathname.includes("/templates/"));
  await fits(me, "the form");
  await me.getByLabel("食事").selectOption("8割");
  await me.getByLabel("水分（mL）").fill("多め");
  await me.getByLabel("皮膚を見た").check();
  await me.getByLabel("ようす", { exact: true }).fill("右かかとの赤みがひいた。");
  await me.getByText("下書きを保存しました").waitFor();
  await me.reload();
  await me.getByText("下書きを戻しました").waitFor();
  assert.ok(await me.getByLabel("皮膚を見た").isChecked());

  await me.getByRole("button", { name: "この内容で送る" }).click();
  await me.getByText("数で入れてください").first().waitFor();
  assert.equal(await me.getByLabel("ようす", { exact: true }).inputValue(), "右かかとの赤みがひいた。", "nothing is lost");
  await me.getByLabel("水分（mL）").fill("９００");
  await me.getByRole("button", { name: "この内容で送る" }).click();
  await post(me, "水分：900 mL").waitFor();
  await post(me, "☑ 皮膚を見た").getByText("☐ 口の中を見た").waitFor();
  await until("the address is plain again", () => !me.url().includes("sent="));
  await me.goto(`/groups/${group}/templates/01930000-0000-7000-8000-00000000a001`);
  await me.getByRole("button", { name: "この内容で送る" }).waitFor();
  await until("the sent draft is gone", async () => (await me.getByLabel("ようす", { exact: true }).inputValue()) === "");
}, { expected: [/status of 422/] });

journey("a stamp is on the other screen at once, names its people, and is no 了解", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  await j.api.post("kido", group, "歩行器で玄関まで行けました。");
  const me = await j.open("kido", `/groups/${group}`);
  const her = await j.open("tachibana", `/groups/${group}`, { at: 1, viewport: PHONE });
  await Promise.all([live(me), live(her)]);
  const mine = post(me, "玄関まで");
  const hers = post(her, "玄関まで");
  await hers.locator(".stamp-menu > summary").click();
  await hers.getByText("了解にはなりません").waitFor();
  await fits(her, "the choice of stamps");
  await hers.getByRole("button", { name: "すごい", exact: true }).click();
  await hers.getByRole("button", { name: /^すごい 1/ }).waitFor();
  await mine.getByRole("button", { name: /^すごい 1/ }).waitFor();
  await mine.locator(".stamp-who > summary").click();
  await mine.locator(".stamp-who", { hasText: "橘 志保" }).waitFor();
  assert.equal(await mine.getByText(/了解 1/).count(), 0, "no 了解");
  await hers.getByRole("button", { name: /^すごい 1/ }).click();
  await until("taken back on both", async () =>
    (await mine.locator("button.stamp.given, button.stamp:has(.num)").count()) === 0 &&
    (await hers.locator("button.stamp:has(.num)").count()) === 0);
});

journey("a pin stands above the timeline for everybody, a bookmark for oneself alone", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  await j.api.post("kuwabara", group, "鍵の番号は毎月かわります。電話で聞いてください。");
  const me = await j.open("kido", `/groups/${group}`, { viewport: PHONE });
  const her = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await Promise.all([live(me), live(her)]);
  await press(post(me, "鍵の番号"), "上に固定する");
  await me.locator("#pins", { hasText: "鍵の番号" }).waitFor();
  await her.locator("#pins", { hasText: "鍵の番号" }).waitFor();
  await fits(me, "the strip");
  await press(post(me, "鍵の番号"), "しおりをはさむ");
  await post(me, "鍵の番号").locator(".sign", { hasText: "しおり" }).waitFor();
  await menu(me, post(me, "鍵の番号"), "しおりのメモ");
  await me.getByLabel("メモ").fill("月はじめに電話する");
  await me.getByRole("button", { name: "保存する" }).click();
  await me.getByText("月はじめに電話する").waitFor();
  await fits(me, "the bookmarks");
  await her.goto("/bookmarks");
  await her.getByText("しおりはまだありません").waitFor();
});

journey("the summary card: one writes, another says that she has read it, a change asks again", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const me = await j.open("kido", `/patients/${patient}/summary`);
  await me.getByText("まだ書かれていません").waitFor();
  await me.getByRole("link", { name: "直す" }).click();
  await me.getByLabel("いまの状態").fill("退院して2週間。室内は歩行器");
  await me.getByLabel("連絡の約束").fill("38度をこえたら、まず訪問看護へ電話");
  await me.getByLabel("直した理由").fill("退院前カンファレンス");
  await me.getByRole("button", { name: "新しい版として保存する" }).click();
  await me.getByText("いまの版を読みました。").waitFor();

  const her = await j.open("tachibana", `/groups/${group}`, { at: 1, viewport: PHONE });
  await her.locator("details.strip > summary").click();
  await her.getByText("38度をこえたら").first().waitFor();
  await her.getByRole("link", { name: "連携サマリーと、読んだ人" }).first().click();
  await her.getByRole("button", { name: "いまの版を読みました" }).click();
  await her.getByText("読んだことを記録しました").waitFor();
  await fits(her, "the card");
  await me.reload();
  await me.locator(".readers li", { hasText: "橘 志保" }).locator(".state.ok").waitFor();
});

journey("pasted text is tidied only at a tap, and can be put back", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const me = await j.open("kido", `/groups/${group}`);
  await live(me);
  const pasted = "血圧\t128/76　　\r\n\r\n\r\n\r\n●食事　　　8割\r\n";
  await box(me).focus();
  await box(me).evaluate((text, pasted) => {
    text.value = pasted;
    text.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: new DataTransfer() }));
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }, pasted);
  const before = await box(me).inputValue();
  const tidy = me.getByRole("button", { name: "見やすく整える" });
  await tidy.waitFor();
  assert.equal(await box(me).inputValue(), before, "nothing is changed without a tap");
  await tidy.click();
  assert.equal(await box(me).inputValue(), "血圧 128/76\n\n・食事 8割");
  await me.getByRole("button", { name: "元に戻す" }).click();
  assert.equal(await box(me).inputValue(), before);
  await write(me, "資料は https://example.jp/a です。");
  const link = post(me, "資料は").getByRole("link", { name: "https://example.jp/a" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
});

journey("a talk of two hundred replies is read and answered on the phone", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const { id } = await api.post("kido", group, "薬の飲ませ方について");
  for (let n = 1; n <= 200; n += 1) await api.create("kuwabara", `/groups/${group}/posts`, { body: `返信その${n}番。`, reply_to: id });
  const me = await j.open("kido", `/groups/${group}/posts/${id}/thread`, { viewport: PHONE });
  await me.getByText("返信その200番。").waitFor();
  await me.getByText("返信その1番。").waitFor();
  await fits(me, "the talk");
  await live(me);
  const her = await j.open("tachibana", `/groups/${group}/posts/${id}/thread`, { at: 1 });
  await live(her);
  await write(me, "ありがとうございます。この方法にします。");
  await her.getByText("この方法にします。").waitFor();
  await until("under the post on the own screen", async () =>
    (await me.locator(".replies li", { hasText: "この方法にします。" }).count()) === 1);
  await until("what was on its way is gone", async () => (await me.locator("article.post").count()) === 1);
});
