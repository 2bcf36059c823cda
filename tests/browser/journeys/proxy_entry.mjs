// A system outside enters a post for a doctor who agreed, and she confirms it.
import assert from "node:assert/strict";
import { PHONE } from "../support/people.mjs";
import { live, post } from "../support/timeline.mjs";
import { journey } from "../support/world.mjs";

const phone = { viewport: PHONE };
const name = "電子カルテ「みどり」";

/** Does what reaches far, and shows who it is where the product asks. */
async function surely(page, password, button, seen) {
  await page.getByRole("button", { name: button }).click();
  const asked = page.getByRole("heading", { name: "ご本人の確認" });
  await asked.or(seen).first().waitFor();
  if (await asked.isVisible()) {
    await page.getByLabel("パスワード").fill(password);
    await page.getByRole("button", { name: "確かめて進む" }).click();
    await page.getByRole("button", { name: "続ける" }).click();
  }
  await seen.waitFor();
}

/** The same for calls. */
const step_up = (j, login) =>
  j.api.call(login, "POST", "/session/step-up", { password: j.product.account(login).password });

journey("an admin registers a system, a doctor agrees, an entry arrives by the API, the doctor confirms it", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["chosokabe"]);
  const admin = await j.open("kayano", "/menu");
  await admin.getByRole("link", { name: /外部システム/ }).click();
  await admin.getByLabel("名前").fill(name);
  const { password } = j.product.account("kayano");
  await surely(admin, password, "登録する", admin.getByRole("heading", { name }));
  await surely(admin, password, "トークンを作る", admin.getByText("いまだけ表示します"));
  const token = await admin.locator(".feed code").innerText();
  assert.match(token, /^s\./);

  const send = (external_id, body) => fetch(`${j.product.url}/api/v1/groups/${group}/proxy-entries`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ external_id, on_behalf_of: doctor_id, body, typist: "事務 柚木" }),
  });
  const doctor_id = await j.api.id("kuwabara");
  assert.equal((await send("1", "まだ認めていません")).status, 403);

  const doctor = await j.open("kuwabara", "/menu", phone);
  await doctor.getByRole("link", { name: /^代行入力/ }).click();
  await surely(doctor, j.product.account("kuwabara").password, `${name}からの代行入力を認める`, doctor.getByText("代行入力を認めました"));

  const nurse = await j.open("chosokabe", `/groups/${group}`, { at: 1 });
  await live(nurse);
  const text = "採血の結果: HbA1c 6.8";
  assert.equal((await send("2", text)).status, 201);
  assert.equal((await send("2", text)).status, 200);
  await post(nurse, text).getByText(/から 桑原 誠一郎さんの代わりに/).waitFor();
  await post(nurse, text).getByText("本人の確認待ち").waitFor();
  assert.equal(await nurse.getByRole("button", { name: "内容を確認しました" }).count(), 0, "hers alone");

  await doctor.goto(`${j.product.url}/`);
  await doctor.getByRole("heading", { name: "代行入力の確認" }).waitFor();
  await doctor.getByRole("link", { name: new RegExp(text) }).click();
  await post(doctor, text).getByRole("button", { name: "内容を確認しました" }).click();
  await post(doctor, text).getByText(/本人確認済み/).waitFor();
  await post(nurse, text).getByText(/本人確認済み/).waitFor();
  assert.equal((await send("2", text).then((answer) => answer.json())).state, "confirmed");

  await doctor.goto(`${j.product.url}/proxy-entries`);
  await doctor.getByRole("button", { name: `${name}を認めるのをやめる` }).click();
  await doctor.getByText("認めるのをやめました").waitFor();
  assert.equal((await send("3", "やめたあと")).status, 403);
});

journey("without scripts: what waits is read and confirmed from the list", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["chosokabe"]);
  const { facility_id } = j.product.account("kayano");
  const systems = `/facilities/${facility_id}/outside-systems`;
  await Promise.all([step_up(j, "kayano"), step_up(j, "kuwabara")]);
  const system = await j.api.create("kayano", systems, { name: "検査センター" });
  const { token } = await j.api.create("kayano", `${systems}/${system.id}/tokens`, { days: 7 });
  await j.api.call("kuwabara", "PUT", `/me/outside-systems/${system.id}/consent`, { agreed: true });
  const on_behalf_of = await j.api.id("kuwabara");
  const answer = await fetch(`${j.product.url}/api/v1/groups/${group}/proxy-entries`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ external_id: "1", on_behalf_of, body: "尿検査の結果です" }),
  });
  assert.equal(answer.status, 201);
  const doctor = await j.open("kuwabara", "/notices", { javaScriptEnabled: false, ...phone });
  await doctor.getByText("外部システムが、あなたの代わりに投稿を入れました").first().waitFor();
  await doctor.goto(`${j.product.url}/proxy-entries`);
  const entry = doctor.getByRole("article", { name: "検査センターから届いた代行入力" });
  await entry.getByText("尿検査の結果です").waitFor();
  await entry.getByRole("button", { name: "内容を確認しました" }).click();
  await doctor.getByText("確認しました。").waitFor();
  await doctor.getByText("確認を待っているものはありません").waitFor();
});
