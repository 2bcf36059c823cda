// Spaces without a patient, on the phone: a free group, a connection with its conversation, a consultation.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { live, post } from "../support/timeline.mjs";
import { answered, journey } from "../support/world.mjs";

const phone = { viewport: PHONE };

async function send(page, name, text) {
  await page.getByRole("textbox", { name }).fill(text);
  await page.getByRole("button", { name: "送る", exact: true }).click();
}

async function looked_at(page, name, found) {
  await look_at(page, name, found, "spaces");
  await page.setViewportSize(PHONE);
}

journey("a nurse opens a free group; words that look like a patient are asked about before they go", async (j) => {
  const found = [];
  const nurse = await j.open("igarashi", "/groups", phone);
  await nurse.getByRole("link", { name: /自由グループを開く/ }).click();
  await looked_at(nurse, "new free group", found);
  await nurse.getByLabel("グループの名前").fill("夏の脱水を学ぶ会");
  await nurse.getByLabel("目的").fill("職種をこえて、気づきを持ち寄ります。");
  await nurse.getByRole("button", { name: "グループを開く" }).click();
  await nurse.waitForURL("**/members?done=opened*");
  const group = new URL(nurse.url()).pathname.split("/")[2];
  await looked_at(nurse, "members of a free group", found);
  await j.api.join(group, "igarashi", "ota");

  await nurse.goto(`/groups/${group}`);
  await nurse.getByText("患者さんのことは書かない場所です。").waitFor();
  await live(nurse);
  const helper = await j.open("ota", `/groups/${group}`, { ...phone, at: 1 });
  await live(helper);
  const text = "山田さん(80)の脱水の件ですが";
  await send(nurse, "グループに書く", text);
  await nurse.getByText("患者さんのことが書かれていませんか。").waitFor();
  assert.equal(await nurse.getByRole("textbox", { name: "グループに書く" }).inputValue(), text, "what was typed stays");
  await looked_at(nurse, "the question", found);
  assert.deepEqual(await j.api.posts("igarashi", group), [], "nothing went");
  await send(nurse, "グループに書く", "夏は、のどが渇く前に声をかけています。");
  await post(helper, "のどが渇く前に").waitFor();
  await send(nurse, "グループに書く", text);
  await nurse.getByRole("button", { name: "患者さんのことではないので送る" }).click();
  await post(helper, "山田さん(80)").waitFor();

  // A consultation, resolved on the record.
  await helper.getByRole("link", { name: "相談", exact: true }).click();
  await looked_at(helper, "consultations empty", found);
  await helper.getByRole("link", { name: "相談する" }).click();
  await looked_at(helper, "new consultation", found);
  await helper.getByLabel("何の相談か").fill("次回の会場");
  await helper.getByLabel("相談の内容").fill("公民館と病院のどちらがよいですか。");
  await helper.getByRole("button", { name: "相談を出す" }).click();
  await post(helper, "【相談】次回の会場").waitFor();
  await post(nurse, "【相談】次回の会場").waitFor();
  await helper.goto(`/groups/${group}/consultations`);
  await looked_at(helper, "consultations", found);
  await helper.getByRole("link", { name: "次回の会場を解決にする" }).click();
  await looked_at(helper, "closing", found);
  await helper.getByLabel("どう決まったか").fill("公民館にします");
  await helper.getByRole("button", { name: "解決にする" }).click();
  await helper.waitForURL(`**/groups/${group}/posts/**`);
  await helper.goto(`/groups/${group}/consultations?show=closed`);
  await helper.getByText("公民館にします").waitFor();
  assert.deepEqual(found, []);
}, { timeout: 150_000 });

journey("two people connect, talk, and either ends it in the middle", async (j) => {
  const found = [];
  const ota = j.product.account("ota");
  const nurse = await j.open("ayanokoji", "/connections", phone);
  await looked_at(nurse, "no connections", found);
  await nurse.getByRole("link", { name: /自分の二次元コードを見せる/ }).click();
  await looked_at(nurse, "own code", found);
  await nurse.goto("/connections");
  await nurse.getByRole("link", { name: /人を探して申し込む/ }).click();
  await nurse.getByRole("searchbox").fill(ota.facility.slice(0, 6));
  await nurse.getByRole("button", { name: "探す" }).click();
  await looked_at(nurse, "where", found);
  await nurse.getByRole("link", { name: ota.facility }).click();
  await looked_at(nurse, "who", found);
  await nurse.getByRole("link", { name: `${ota.name}さんを選ぶ` }).click();
  await nurse.getByLabel("ひとこと").fill("いつもありがとうございます。綾小路です。");
  await looked_at(nurse, "a few words", found);
  await nurse.getByRole("button", { name: "申し込む" }).click();
  await nurse.waitForURL("**/connections?done=asked*");

  const helper = await j.open("ota", "/notices", { ...phone, at: 1 });
  await helper.getByText("綾小路 千恵子さんが、つながりを申し込んでいます").waitFor();
  await helper.getByRole("link", { name: "答える" }).first().click();
  await looked_at(helper, "asked", found);
  await helper.getByRole("button", { name: "綾小路 千恵子さんとつながる" }).click();
  await helper.waitForURL("**/connections?done=accepted");
  await helper.getByRole("button", { name: "綾小路 千恵子さんと話す" }).click();
  await helper.waitForURL(/\/groups\/[0-9a-f-]{36}/);
  const group = new URL(helper.url()).pathname.split("/")[2];
  await live(helper);
  await nurse.goto("/connections");
  await looked_at(nurse, "connected", found);
  await nurse.getByRole("button", { name: `${ota.name}さんと話す` }).click();
  await nurse.waitForURL(`**/groups/${group}*`);
  await live(nurse);
  await send(helper, "メッセージを書く", "よろしくお願いします。");
  await post(nurse, "よろしくお願いします").waitFor();
  await looked_at(nurse, "conversation", found);
  await j.api.get("igarashi", `/groups/${group}`, 404);

  await nurse.goto("/connections");
  await nurse.getByRole("link", { name: `${ota.name}さんとのつながりを終える` }).click();
  await looked_at(nurse, "ending", found);
  await nurse.getByRole("button", { name: "つながりを終える" }).click();
  await nurse.waitForURL("**/connections?done=ended");
  await send(helper, "メッセージを書く", "まだ届きますか");
  await helper.getByText(/書き込めません/).first().waitFor();
  assert.equal(await helper.getByRole("textbox", { name: "メッセージを書く" }).inputValue(), "まだ届きますか");
  await helper.reload();
  await helper.locator(".composer.closed").waitFor();
  await post(helper, "よろしくお願いします").waitFor();
  await looked_at(helper, "ended conversation", found);
  assert.deepEqual(found, []);
}, { expected: [answered(409)], timeout: 180_000 });
