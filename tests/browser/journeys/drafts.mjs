// A draft that comes back to a form whose ground has changed: nobody's words are overwritten unseen, and none are lost.
import assert from "node:assert/strict";
import { PHONE } from "../support/people.mjs";
import { until } from "../support/wait.mjs";
import { answered, journey } from "../support/world.mjs";

const in_days = (days) => new Date(Date.now() + (9 + 24 * days) * 3_600_000).toISOString().slice(0, 10);
const saved = (page) => page.getByText("下書きを保存しました").first().waitFor();

journey("a task that somebody else changed: the refused words stay, and wait for a second look also in the draft", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  const day = in_days(2);
  const task = await j.api.create("kuwabara", `/groups/${group}/tasks`, { what: "残薬を数える", due_date: day });
  const her = await j.open("tachibana", `/tasks/${task.id}`, { viewport: PHONE });
  const what = () => her.getByLabel("すること");
  const save = () => her.getByRole("button", { name: "直す", exact: true }).click();
  const changes = async (words) => {
    const { version } = await j.api.get("kuwabara", `/tasks/${task.id}`);
    const body = { client_id: crypto.randomUUID(), what: words, due_date: day, version };
    await j.api.call("kuwabara", "PUT", `/tasks/${task.id}`, body);
  };
  await her.getByText("内容や期限を直す").click();
  await what().fill("残薬を数えて、薬局へ");
  await saved(her);
  await changes("残薬を数え、写真をとる");
  await save();
  await her.getByText("ほかの人が変えました").first().waitFor();
  assert.equal(await what().inputValue(), "残薬を数えて、薬局へ");

  // She leaves without a decision: her draft is still one of the version before, and is refused again.
  await saved(her);
  await her.goto(`/tasks/${task.id}`);
  await her.getByText("もとの内容が直されています").first().waitFor();
  assert.equal(await what().inputValue(), "残薬を数えて、薬局へ");
  await save();
  await her.getByText("ほかの人が変えました").first().waitFor();
  const now = await j.api.get("kuwabara", `/tasks/${task.id}`);
  assert.equal(now.what, "残薬を数え、写真をとる", "nothing was overwritten unseen");

  // Now she has seen it.
  await save();
  await her.getByText("直しました。").waitFor();
  assert.equal((await j.api.get("kuwabara", `/tasks/${task.id}`)).what, "残薬を数えて、薬局へ");
  await her.goto(`/tasks/${task.id}`);
  assert.equal(await her.getByText("下書きを戻しました").count(), 0, "the draft has done its work");
}, { expected: [answered(409, 412, 422)] });

journey("a name that somebody else has changed stands beside the draft of another", async (j) => {
  const group = await j.api.create("igarashi", "/groups", { kind: "free", title: "夏の脱水を学ぶ会" });
  const page = await j.open("igarashi", `/groups/${group.id}/title`);
  const title = () => page.getByLabel("グループの名前");
  await title().fill("脱水と熱中症の会");
  await saved(page);
  // The same person, on the form as it was: no word of a change.
  await page.reload();
  await page.getByText("下書きを戻しました").waitFor();
  assert.equal(await title().inputValue(), "脱水と熱中症の会");
  await j.api.call("igarashi", "PUT", `/groups/${group.id}/title`, { client_id: crypto.randomUUID(), title: "水分の会" });
  await page.reload();
  await page.getByText("もとの内容が直されています。").waitFor();
  await page.getByText("いまの文: 水分の会").waitFor();
  assert.equal(await title().inputValue(), "脱水と熱中症の会");
  await page.getByRole("button", { name: "下書きを消す" }).click();
  await page.getByText("下書きを消しました").waitFor();
  assert.equal(await title().inputValue(), "水分の会");
  assert.equal(await page.getByText("いまの文:").count(), 0);
});

journey("a visit's form that comes back by its place in the address forgets its draft, and the address is plain again", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  const page = await j.open("tachibana", `/groups/${group}/visits/new`, { viewport: PHONE });
  await page.locator("[name=date]").fill(in_days(4));
  await page.getByLabel("始まり").fill("10:00");
  await page.getByLabel("終わり").fill("10:40");
  await page.getByLabel("ひとこと").fill("鍵は右の箱");
  await saved(page);
  await page.reload();
  await page.getByText("下書きを戻しました").waitFor();
  assert.equal(await page.getByLabel("ひとこと").inputValue(), "鍵は右の箱");
  await page.getByRole("button", { name: "予定を入れる" }).click();
  await page.getByText("予定を入れました").waitFor();
  await until("the address is plain again", () => !page.url().includes("sent="));
  await page.goto(`/groups/${group}/visits/new`);
  await page.getByLabel("ひとこと").waitFor();
  assert.equal(await page.getByLabel("ひとこと").inputValue(), "");
});

journey("words for the family come back with a reload, the ticks beside the photos do not", async (j) => {
  const group = j.product.described.groups.find((one) => one.title.includes("小野寺")).id;
  const nurse = await j.open("igarashi", "/", { viewport: PHONE });
  const picture = await nurse.evaluate(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
    canvas.getContext("2d").fillRect(0, 0, 64, 48);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  const file = await j.api.upload("kuwabara", "お庭.jpg", "image/jpeg", Buffer.from(picture));
  const posted = await j.api.post("kuwabara", group, "お庭の手すりは設置済み。", { files: [file] });
  await nurse.goto(`/posts/${posted.id}/release`);
  const tick = () => nurse.getByRole("checkbox", { name: /お庭/ });
  await nurse.locator("#words").fill("お庭に手すりがつきました。");
  await tick().check();
  await saved(nurse);
  await nurse.reload();
  await nurse.getByText("下書きを戻しました").waitFor();
  await nurse.getByText("写真とファイルは、もう一度選んでください。").waitFor();
  assert.equal(await nurse.locator("#words").inputValue(), "お庭に手すりがつきました。");
  assert.equal(await tick().isChecked(), false, "each photo is looked at again before it goes to the family");
});
