// Without JavaScript everything works as forms and links.
import assert from "node:assert/strict";
import { journey } from "../support/world.mjs";

const WITHOUT = { javaScriptEnabled: false };

journey("without scripts: read, post, acknowledge, correct, withdraw", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["chosokabe"]);
  await api.post("kuwabara", group, "今夜から眠剤を半分にします。");
  const page = await j.open("chosokabe", `/groups/${group}`, WITHOUT);
  const post = (text) => page.locator("article.post", { hasText: text });

  await post("今夜から眠剤").getByRole("button", { name: "了解" }).click();
  await post("今夜から眠剤").getByText("了解済み 1").waitFor();

  await page.getByRole("textbox", { name: "チームに書く" }).fill("承知しました。明朝に様子を見ます。");
  await page.getByRole("button", { name: "送る", exact: true }).click();
  await post("明朝に様子を見ます").waitFor();
  assert.match(page.url(), /#post-/, "at its place");

  await post("明朝に様子を見ます").locator("details.menu > summary").first().click();
  await post("明朝に様子を見ます").getByRole("link", { name: "訂正する" }).click();
  await page.getByLabel("直した文").fill("承知しました。明朝7時に様子を見ます。");
  await page.getByRole("button", { name: "訂正を送る" }).click();
  await post("明朝7時に様子を見ます").first().waitFor();

  await post("明朝7時").last().locator("details.menu > summary").first().click();
  await post("明朝7時").last().getByRole("link", { name: "取り消す" }).click();
  await page.getByLabel("取り消す理由").fill("時間をまちがえました");
  await page.getByRole("button", { name: "取り消す" }).click();
  await post("時間をまちがえました").first().waitFor();
  const bodies = (await api.posts("kuwabara", group)).map((one) => one.body);
  assert.equal(bodies.filter((body) => body === "今夜から眠剤を半分にします。").length, 1);
});

journey("without scripts: a post that is refused comes back with its text", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["chosokabe"]);
  const page = await j.open("chosokabe", `/groups/${group}`, WITHOUT);
  const field = page.getByRole("textbox", { name: "チームに書く" });
  const text = "見えない文字\u0007のある文";
  await field.fill(text);
  await page.getByRole("button", { name: "送る", exact: true }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await field.inputValue(), text);
  assert.equal((await api.posts("kuwabara", group)).length, 0);
}, { expected: [/status of 422/] });

journey("without scripts: the face sheet is edited, and the reason is asked for", async (j) => {
  const { api } = j;
  const { patient } = await api.team("kayano", "kuwabara", ["chosokabe"]);
  const page = await j.open("chosokabe", `/patients/${patient}/face-sheet/edit`, WITHOUT);
  await page.locator('[name="cautions"]').fill("右の耳のほうがよく聞こえます。");
  await page.getByLabel("直した理由").fill("訪問で分かったこと");
  await page.getByRole("button", { name: "新しい版として保存する" }).click();
  await page.getByText("右の耳のほうがよく聞こえます。").first().waitFor();
  const sheet = await api.get("chosokabe", `/patients/${patient}/face-sheet`);
  assert.equal(sheet.fields.cautions, "右の耳のほうがよく聞こえます。");
});
