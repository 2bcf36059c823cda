// A post about another patient: from the one who notices it to the receipt where it belongs, on the phone.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { live, post } from "../support/timeline.mjs";
import { answered, journey } from "../support/world.mjs";

const TEXT = "インスリンを朝4単位に変えました。低血糖に注意してください。";

journey("a helper notices a post about somebody else; it is gone from every screen, the doctor decides, and writes it where it belongs", async (j) => {
  const found = [];
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana", "ota"]);
  const right = await j.api.team("kayano", "kuwabara", ["tachibana"], { name: "深海 ただしい", kana: "ふかみ ただしい" });
  const written = await j.api.post("kuwabara", group, TEXT);

  // Two screens are open on it.
  const nurse = await j.open("tachibana", `/groups/${group}`, { viewport: PHONE });
  await live(nurse);
  await post(nurse, "朝4単位").waitFor();
  const helper = await j.open("ota", `/groups/${group}`, { viewport: PHONE, at: 1 });
  await live(helper);
  await post(helper, "朝4単位").getByText("さんの投稿のメニュー").locator("..").click();
  await helper.getByRole("link", { name: "別の患者さんの投稿です" }).click();
  await look_at(helper, "ask", found, "quarantine_");
  await helper.setViewportSize(PHONE);
  await helper.getByLabel("なぜ、そうわかりましたか").fill("この方はインスリンを使っていません");
  await helper.getByText("下書きを保存しました").first().waitFor();
  await helper.reload();
  await helper.getByText("下書きを戻しました").first().waitFor();
  await helper.getByRole("button", { name: "見えなくする" }).click();
  await helper.getByText("見えなくしました。チームの画面から、文とファイルが消えました。").waitFor();
  await look_at(helper, "found", found, "quarantine_");
  await helper.setViewportSize(PHONE);

  // The nurse has done nothing, and it is gone.
  await post(nurse, "誤投稿のため、見えなくしています").waitFor();
  assert.equal(await nurse.getByText("朝4単位").count(), 0);
  await look_at(nurse, "line", found, "quarantine_");
  await nurse.setViewportSize(PHONE);

  // The author is told, looks, and says that it stays hidden.
  const doctor = await j.open("kuwabara", "/", { viewport: PHONE });
  await doctor.getByText("あなたの確かめを待っています").first().waitFor();
  await look_at(doctor, "home", found, "quarantine_");
  await doctor.setViewportSize(PHONE);
  await doctor.getByRole("link", { name: /あなたの確かめを待っています/ }).click();
  await doctor.getByText(TEXT).waitFor();
  await doctor.getByText("この方はインスリンを使っていません").waitFor();
  await look_at(doctor, "decide", found, "quarantine_");
  await doctor.setViewportSize(PHONE);
  await doctor.getByRole("button", { name: "はい。見えないままにする" }).click();
  await doctor.getByText("見えないままにしました。").first().waitFor();
  await look_at(doctor, "rewrite", found, "quarantine_");
  await doctor.setViewportSize(PHONE);
  assert.equal(await doctor.getByLabel("投稿の文").inputValue(), TEXT);
  await doctor.getByRole("combobox", { name: "正しいグループ" }).selectOption({ value: right.group });
  await doctor.getByRole("button", { name: "このグループに書く" }).click();
  await doctor.getByText("正しいグループに書きました。").waitFor();
  await doctor.getByRole("link", { name: "書き直した投稿を見る" }).click();
  await post(doctor, "朝4単位").getByText("はじめ、別の患者さんのグループに誤って投稿されたものです").waitFor();
  await look_at(doctor, "receipt", found, "quarantine_");
  await doctor.setViewportSize(PHONE);

  // The wrong group keeps its line, and nothing of where it went.
  await nurse.reload();
  await post(nurse, "誤投稿のため、見えなくしています").getByText("もう1人も確かめました").waitFor();
  assert.ok(!(await post(nurse, "誤投稿のため、見えなくしています").innerText()).includes("深海"), "nothing of where it went");
  const seen = await j.api.get("tachibana", `/posts/${written.id}`);
  assert.equal(seen.body, null);
  assert.equal(seen.quarantined.state, "confirmed");
  assert.deepEqual(found, []);
}, { timeout: 150_000 });

journey("what belongs here comes back to every screen", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana", "ota"]);
  const written = await j.api.post("tachibana", group, TEXT);
  const doctor = await j.open("kuwabara", `/groups/${group}`);
  await live(doctor);
  await post(doctor, "朝4単位").waitFor();
  const hidden = await j.api.create("ota", `/posts/${written.id}/quarantine`, { reason: "別の方だと思います" });
  await post(doctor, "誤投稿のため、見えなくしています").waitFor();
  const nurse = await j.open("tachibana", `/quarantines/${hidden.id}`, { viewport: PHONE, at: 1 });
  await nurse.getByText("いいえ。この患者さんの投稿です").click();
  await nurse.getByRole("button", { name: "この投稿を元に戻す" }).click();
  // The browser asks for the reason first.
  assert.equal(await nurse.getByText("元に戻しました。").count(), 0);
  await nurse.getByLabel("元に戻す理由").fill("昨日から使い始めました");
  await nurse.getByRole("button", { name: "この投稿を元に戻す" }).click();
  await nurse.getByText("元に戻しました。チームの画面に、また出ています。").waitFor();
  await post(doctor, "朝4単位").waitFor();
  assert.equal(await doctor.getByText("誤投稿のため、見えなくしています").count(), 0);
}, { expected: [answered(409)] });
