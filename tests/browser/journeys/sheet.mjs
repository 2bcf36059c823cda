// Two people edit one face sheet at the same time.
import assert from "node:assert/strict";
import { journey } from "../support/world.mjs";

async function save(page, fields, reason) {
  for (const [key, text] of Object.entries(fields)) await page.locator(`[name="${key}"]`).fill(text);
  await page.getByLabel("直した理由").fill(reason);
  await page.getByRole("button", { name: "新しい版として保存する" }).click();
}

async function both_edit(j, fields) {
  const { patient } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"], fields);
  const path = `/patients/${patient}/face-sheet/edit`;
  return { patient, me: await j.open("kido", path), her: await j.open("tachibana", path, { at: 1 }) };
}

const fields_of = async (j, patient) => (await j.api.get("kido", `/patients/${patient}/face-sheet`)).fields;

journey("two savers of different fields: both stand", async (j) => {
  const { patient, me, her } = await both_edit(j);
  await save(me, { cautions: "段差でつまずきやすい" }, "訪問リハビリで気づいた");
  await me.getByText("段差でつまずきやすい").first().waitFor();
  await save(her, { diet: "やわらか食" }, "退院時の指示");
  await her.getByText("やわらか食").first().waitFor();
  const fields = await fields_of(j, patient);
  assert.equal(fields.cautions, "段差でつまずきやすい");
  assert.equal(fields.diet, "やわらか食");
});

journey("two savers of one field: she sees both texts and chooses; nothing is lost", async (j) => {
  const { patient, me, her } = await both_edit(j);
  await save(me, { cautions: "杖を右手に" }, "歩行の練習で");
  await me.getByText("杖を右手に").first().waitFor();
  await save(her, { cautions: "夜間は歩行器", diet: "減塩" }, "病棟からの申し送り");

  await her.getByRole("heading", { name: /城戸 航さんも保存しました/ }).waitFor();
  const clash = her.locator("fieldset.clash");
  await clash.getByText("杖を右手に").waitFor();
  await clash.getByText("夜間は歩行器").waitFor();
  await clash.getByText("両方を残す").click();
  await her.getByRole("button", { name: "選んだ文で保存する" }).click();
  await her.waitForURL((url) => url.pathname.endsWith("/face-sheet"));
  const fields = await fields_of(j, patient);
  assert.match(fields.cautions, /杖を右手に/);
  assert.match(fields.cautions, /夜間は歩行器/);
  assert.equal(fields.diet, "減塩");

  await her.goto(`/patients/${patient}/face-sheet/versions`);
  for (const reason of ["歩行の練習で", "病棟からの申し送り"]) await her.getByText(reason).first().waitFor();
}, { expected: [/status of (409|412|422)/] });

journey("a draft that waited while somebody else saved overwrites nothing of theirs", async (j) => {
  const { patient, me, her } = await both_edit(j);
  await her.locator('[name="diet"]').fill("とろみ食");
  await her.getByText("下書きを保存しました").first().waitFor();
  await save(me, { cautions: "段差でつまずきやすい" }, "訪問リハビリで気づいた");
  await me.getByText("段差でつまずきやすい").first().waitFor();
  await her.reload();
  await her.getByText("もとの内容が直されています").first().waitFor();
  assert.equal(await her.locator('[name="diet"]').inputValue(), "とろみ食");
  await save(her, {}, "退院時の指示");
  await her.getByText("とろみ食").first().waitFor();
  const fields = await fields_of(j, patient);
  assert.equal(fields.cautions, "段差でつまずきやすい");
  assert.equal(fields.diet, "とろみ食");
  // The draft has done its work.
  await her.goto(`/patients/${patient}/face-sheet/edit`);
  await her.locator('[name="diet"]').waitFor();
  assert.equal(await her.getByText("下書きを戻しました").count(), 0);
});
