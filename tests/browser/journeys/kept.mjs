// What is typed in a form survives a reload and the idle lock, and goes when it was sent or its writer signs out.
import assert from "node:assert/strict";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const saved = (page) => page.getByText("下書きを保存しました").first().waitFor();
const back = (page) => page.getByText("下書きを戻しました").first().waitFor();

/** The names under which drafts lie on the device, and everything of them that can be read. */
const on_the_device = (page) =>
  page.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    // To open one that is not there would make an empty one.
    if (!(await indexedDB.databases()).some(({ name }) => name === "renkei")) return { keys: [], text: "" };
    const base = await done(indexedDB.open("renkei", 1));
    if (!base.objectStoreNames.contains("drafts")) return { keys: [], text: "" };
    const drafts = base.transaction("drafts").objectStore("drafts");
    const [keys, rows] = await Promise.all([done(drafts.getAllKeys()), done(drafts.getAll())]);
    const text = rows.map(({ data }) => new TextDecoder().decode(data)).join();
    base.close();
    return { keys, text };
  });

journey("the forms of the team keep what is typed over a reload, each at its own place", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["wakatsuki"]);
  const elsewhere = await j.api.team("kayano", "kuwabara", ["wakatsuki"]);
  const page = await j.open("wakatsuki", "/patients");
  // Drafts of other journeys are nothing to this one.
  const others = (await on_the_device(page)).keys.length;
  for (const { path, label, button, done } of [
    { path: `/groups/${group}/visit-records/new`, label: "行ったこと", button: "記録する", done: "記録しました" },
    { path: `/groups/${group}/tasks/new`, label: "すること", button: "やることを作る", done: "きえない文" },
    { path: `/patients/${patient}/vitals/new`, label: "メモ", button: "記録する", done: "記録しました。" },
    { path: `/groups/${group}/family`, label: "患者さん・ご家族に書く", button: /書く$|送る$/, done: "きえない文" },
  ]) {
    const field = () => page.getByRole("textbox", { name: label }).last();
    await page.goto(path);
    await field().fill("きえない文");
    await saved(page);
    await page.reload();
    await back(page);
    assert.equal(await field().inputValue(), "きえない文", path);
    const { keys, text } = await on_the_device(page);
    assert.ok(keys.length > others && !text.includes("きえない文"), "it lies there sealed");
    if (path.includes("visit-records")) await page.getByRole("radio", { name: "なし" }).check();
    if (path.includes("vitals")) await page.getByLabel("体温").fill("36.4");
    await page.getByRole("button", { name: button }).last().click();
    await page.getByText(done).first().waitFor();
    await until(`the draft of ${path} is gone`, async () => (await on_the_device(page)).keys.length === others);
    await until("the address is plain again", () => !page.url().includes("sent="));
    await page.goto(path);
    await field().waitFor();
    assert.equal(await field().inputValue(), "", "the form is empty again");
  }
  // What was typed for one patient stands in no form of another.
  await page.goto(`/groups/${group}/tasks/new`);
  await page.getByLabel("すること").fill("ひとりの方のこと");
  await saved(page);
  await page.goto(`/groups/${elsewhere.group}/tasks/new`);
  await page.getByLabel("すること").waitFor();
  assert.equal(await page.getByLabel("すること").inputValue(), "");
  await page.goto(`/groups/${group}/tasks/new`);
  await back(page);
  await page.getByRole("button", { name: "下書きを消す" }).click();
  await page.getByText("下書きを消しました").waitFor();
  assert.equal(await page.getByLabel("すること").inputValue(), "");
  assert.equal((await on_the_device(page)).keys.length, others);
});

journey("a visit record half written waits behind the lock, and goes with the sign-out", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["ota"]);
  const context = await j.people.profile();
  const page = await context.newPage();
  await j.people.sign_in(page, "ota");
  await page.clock.install();
  await page.goto(`/groups/${group}/visit-records/new`);
  await page.getByLabel("行ったこと").fill("清拭と、右かかとの処置。");
  await page.getByRole("radio", { name: "あり" }).check();
  await page.getByLabel("変えた内容").fill("処置を隔日に");
  await page.clock.fastForward("16:00");
  await page.waitForURL("**/lock?next=*");
  await page.getByLabel("パスワード").fill(j.product.account("ota").password);
  await page.getByRole("button", { name: "続きに戻る" }).click();
  await page.waitForURL("**/visit-records/new");
  await back(page);
  assert.equal(await page.getByLabel("行ったこと").inputValue(), "清拭と、右かかとの処置。");
  assert.ok(await page.getByRole("radio", { name: "あり" }).isChecked());
  assert.equal(await page.getByLabel("変えた内容").inputValue(), "処置を隔日に");
  await page.goto("/menu");
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out*");
  assert.deepEqual(await on_the_device(page), { keys: [], text: "" });
  await context.close();
}, { expected: [/status of 401/], timeout: 120_000 });
