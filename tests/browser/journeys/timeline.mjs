// The timeline between two people at two browsers.
import assert from "node:assert/strict";
import { jpeg, pdf } from "../support/files.mjs";
import { box, is_focused, live, menu, post, write } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

/** A fresh group with two people in it, each with its timeline open in another browser. */
async function two(j, mine = "kido", hers = "tachibana", viewport) {
  const team = await j.api.team("kayano", "kuwabara", [mine, hers]);
  const me = await j.open(mine, `/groups/${team.group}`);
  const her = await j.open(hers, `/groups/${team.group}`, { at: 1, ...(viewport && { viewport }) });
  await Promise.all([live(me), live(her)]);
  return { ...team, me, her };
}

journey("a post with a photo and a PDF stands on the other screen at once, and her draft stays", async (j) => {
  const { me, her } = await two(j);
  await box(her).fill("書きかけの文です");
  await box(her).focus();

  await me.setInputFiles("#attach", [
    { name: "左下腿.jpg", mimeType: "image/jpeg", buffer: await jpeg(me) },
    { name: "退院時サマリー.pdf", mimeType: "application/pdf", buffer: pdf("Summary of an invented stay") },
  ]);
  await me.locator(".uploads li", { hasText: "付けました" }).nth(1).waitFor();
  const text = "左下腿の赤みがひきました。写真をご覧ください。";
  const answer = me.waitForResponse((r) => r.request().method() === "POST" && r.url().endsWith("/posts"));
  await write(me, text);
  assert.equal((await answer).status(), 201);
  const begun = performance.now();
  await post(her, text).waitFor();
  const took = Math.round(performance.now() - begun);
  j.t.diagnostic(`on the other screen ${took} ms after the answer`);
  assert.ok(took < 2_000, `${took} ms`);

  assert.equal(await box(her).inputValue(), "書きかけの文です");
  assert.ok(await is_focused(box(her)), "the focus stays");
  const photo = post(her, text).locator(".photo img");
  await photo.scrollIntoViewIfNeeded();
  await until("the photo is drawn", () => photo.evaluate((img) => img.complete && img.naturalWidth > 0));
  await post(her, text).getByText("退院時サマリー.pdf").waitFor();
  await until("the waiting copy is gone", async () => (await me.locator(".unsent").count()) === 0);
  assert.equal(await post(me, text).count(), 1);
  assert.equal(await box(me).inputValue(), "");
});

journey("she acknowledges, the author sees it, corrects and withdraws; nothing vanishes", async (j) => {
  const { me, her } = await two(j);
  await write(me, "昼の血圧は 128/76 でした。");
  await post(her, "128/76").getByRole("button", { name: "了解" }).click();
  await post(her, "128/76").getByText("了解済み 1").waitFor();
  await post(me, "128/76").getByText("了解 1").waitFor();

  await menu(me, post(me, "128/76"), "訂正する");
  await me.getByLabel("直した文").fill("昼の血圧は 138/76 でした。打ちまちがえました。");
  await me.getByRole("button", { name: "訂正を送る" }).click();
  await post(her, "138/76").waitFor();
  const corrected = post(her, "138/76").first();
  await until("the old text is folded", async () => (await her.locator("details.fold").count()) > 0);
  assert.ok(!(await corrected.getByText("128/76").first().isVisible()), "folded");
  await corrected.getByText("訂正前の文").first().click();
  await corrected.getByText("128/76").first().waitFor();

  await write(me, "別の方の予定を書いてしまいました。");
  await post(her, "別の方の予定").waitFor();
  await menu(me, post(me, "別の方の予定"), "取り消す");
  await me.getByLabel("取り消す理由").fill("患者さんをまちがえました");
  await me.getByRole("button", { name: "取り消す" }).click();
  await post(her, "患者さんをまちがえました").getByText("取り消されました").waitFor();
  // The list beside the timeline shows the newest words too, and is drawn anew by itself.
  await until("the text is out of the page", async () => (await her.getByText("別の方の予定").count()) === 0);
  await her.getByRole("link", { name: "取り消された文を読む" }).click();
  await her.getByText("取り消された文", { exact: true }).click();
  await her.getByText("別の方の予定を書いてしまいました。").waitFor();
});

journey("a reply stands under its post on both screens", async (j) => {
  const { me, her } = await two(j);
  await write(me, "明日の訪問は10時でよいでしょうか。");
  await post(her, "明日の訪問").getByRole("link", { name: "返信" }).first().click();
  await her.locator(".answering", { hasText: "城戸 航" }).waitFor();
  assert.ok(await is_focused(box(her)));
  await write(her, "10時でお願いします。");
  const reply = post(me, "明日の訪問").locator(".replies li", { hasText: "10時でお願いします。" });
  await until("the reply is there", async () => (await reply.count()) === 1);
  assert.equal(await me.locator("article.post").count(), 1, "under its post, not beside it");
  await until("and on her own screen", async () =>
    (await post(her, "明日の訪問").locator(".replies li", { hasText: "10時でお願いします。" }).count()) === 1);
});

journey("what is new is marked, and read places follow the screen", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  for (const n of [1, 2, 3]) await api.post("kido", group, `${n}つめの報告です。`);
  const me = await j.open("kido", `/groups/${group}`);
  const her = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await her.locator("#unread", { hasText: "ここから未読 3件" }).waitFor();
  await until("the author sees 既読 1", async () =>
    (await post(me, "3つめの報告").getByText("既読 1/2").count()) === 1);
  await her.reload();
  await her.locator("article.post").first().waitFor();
  assert.equal(await her.getByText("ここから未読").count(), 0, "all is read");
  await post(me, "3つめの報告").getByText("既読 1/2").click();
  await post(me, "3つめの報告").locator(".readers", { hasText: "橘 志保" }).waitFor();
});

journey("older posts load as one scrolls, and what is being read stays in its place", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  for (let n = 1; n <= 90; n += 1) await api.post("kuwabara", group, `記録その${n}。`);
  const page = await j.open("kido", `/groups/${group}`);
  await post(page, "記録その90。").waitFor();
  assert.equal(await post(page, "記録その1。").count(), 0, "not all at once");
  const posts = page.locator("article.post");
  await until("the beginning is reached", async () => {
    await posts.first().scrollIntoViewIfNeeded();
    return (await page.getByText("ここから記録が始まります").count()) === 1;
  });
  const seqs = await posts.evaluateAll((all) => all.map((one) => Number(one.dataset.seq)));
  assert.equal(new Set(seqs).size, 90, "each once");
  assert.deepEqual(seqs, seqs.toSorted((a, b) => a - b), "in their order");
});

journey("while one reads further up, a new post only says that it is there", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  for (let n = 1; n <= 30; n += 1) await api.post("kuwabara", group, `記録その${n}。`);
  const page = await j.open("kido", `/groups/${group}`);
  await live(page);
  const anchor = post(page, "記録その8。");
  await anchor.scrollIntoViewIfNeeded();
  const before = (await anchor.boundingBox()).y;
  await api.post("kuwabara", group, "いま書いた知らせです。");
  const jump = page.getByRole("link", { name: "新しい投稿 1件" });
  await jump.waitFor();
  assert.ok(Math.abs((await anchor.boundingBox()).y - before) < 2, "what is read does not move");
  await jump.click();
  await until("the newest is on the screen", () => post(page, "いま書いた知らせです。").isVisible());
  await jump.waitFor({ state: "hidden" });
});

journey("a removed member's open page shows nothing more, and the next request is refused", async (j) => {
  const { api } = j;
  const { group, her } = await two(j);
  await api.post("kido", group, "あおばさんの夜の様子です。");
  await post(her, "夜の様子").waitFor();
  await box(her).fill("まだ送っていない文");
  const removed = await api.id("tachibana");
  await api.call("kuwabara", "DELETE", `/groups/${group}/members/${removed}`);
  await her.getByRole("heading", { name: "このグループの表示を終えました" }).waitFor();
  const left = await her.evaluate(() => document.documentElement.textContent + document.title);
  for (const word of ["青葉", "夜の様子", "まだ送っていない"]) assert.ok(!left.includes(word), word);
  const again = await her.goto(`/groups/${group}`);
  assert.equal(again.status(), 404);
  assert.ok(!(await her.content()).includes("青葉"));
}, { expected: [/status of 404/] });
