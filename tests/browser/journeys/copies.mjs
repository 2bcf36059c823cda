// Copies of pages for where there is no line: an admin allows them, a nurse keeps some, reads them in a cellar, and they go again.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { until } from "../support/wait.mjs";
import { answered, cut_off, journey, world } from "../support/world.mjs";

const CODE = "yuki-no-hi-42";
const silent = { expected: [cut_off, answered(401, 403, 502, 503)], timeout: 150_000 };

/** An admin who is a member nowhere else than at her facility, and a colleague there who has no other role. */
function pair() {
  for (const admin of world.product.described.accounts.filter((a) => a.roles.includes("facility_admin"))) {
    const colleague = world.product.described.accounts.find((a) => a.facility_id === admin.facility_id && a.roles.length === 1);
    if (colleague) return [admin.login_id, colleague.login_id];
  }
  throw new Error("no facility with an admin and a colleague");
}

async function fresh(login, more) {
  const context = await world.people.profile(more);
  const page = await context.newPage();
  await world.people.sign_in(page, login);
  return { context, page };
}

/** The admin says on the page how long copies may stay. */
async function allow(login, hours) {
  const { context, page } = await fresh(login);
  await page.goto("/facility/sign-in-policy");
  await page.getByLabel("電波の届かないところで読むための控え").fill(String(hours));
  await page.getByRole("button", { name: "この決まりにする" }).click();
  await page.getByText("決まりを保存しました").waitFor();
  await page.getByText(hours ? `控えは${hours}時間` : "控えは残さない").first().waitFor();
  await context.close();
}

async function begin(page) {
  await page.goto("/menu/devices");
  await page.getByLabel("控えの合言葉").fill("short");
  await page.getByRole("button", { name: "この端末に控えを残す" }).click();
  await page.getByText("8文字以上にしてください").waitFor();
  await page.getByLabel("控えの合言葉").fill("1998-04-01");
  await page.getByRole("button", { name: "この端末に控えを残す" }).click();
  await page.getByText("文字も入れてください").waitFor();
  await page.getByLabel("控えの合言葉").fill(CODE);
  await page.getByLabel("もう一度").fill(`${CODE}!`);
  await page.getByRole("button", { name: "この端末に控えを残す" }).click();
  await page.getByText("同じではありません").waitFor();
  await page.getByLabel("もう一度").fill(CODE);
  await page.getByRole("button", { name: "この端末に控えを残す" }).click();
  await page.getByText("この端末は、控えを残しています。").waitFor();
}

/** How many copies lie on the device, and whether a text can be read in what lies there. */
const lying = (page, text) =>
  page.evaluate(async (text) => {
    const base = await new Promise((resolve) => (indexedDB.open("renkei-copies", 1).onsuccess = ({ target }) => resolve(target.result)));
    if (!base.objectStoreNames.contains("pages")) return { count: 0, readable: false, keys: 0 };
    const all = (store) => new Promise((resolve) => (base.transaction(store).objectStore(store).getAll().onsuccess = ({ target }) => resolve(target.result)));
    const [rows, keys] = [await all("pages"), await all("keys")];
    base.close();
    const bytes = [...rows, ...keys].flatMap((row) => Object.values(row)).map((value) => (value.byteLength === undefined ? String(value) : new TextDecoder().decode(value)));
    return { count: rows.length, readable: bytes.some((one) => one.includes(text)), keys: keys.length };
  }, text);

const open_with = async (page, code) => {
  await page.getByLabel("控えの合言葉").fill(code);
  await page.getByRole("button", { name: "控えを開く" }).click();
};

journey("a nurse reads in a cellar what she has opened before, after her code, and it goes when its time is over", async (j) => {
  const [admin, nurse] = pair();
  await allow(admin, 8);
  const { group, patient } = await j.api.team(admin, admin, [nurse]);
  await j.api.post(admin, group, "地下の部屋でも読みたい連絡です。");
  const { context, page } = await fresh(nurse, { viewport: PHONE, serviceWorkers: "allow" });
  await page.goto(`/groups/${group}`);
  assert.equal(await page.locator("[data-copy-hours]").count(), 0, "she has not asked for it");
  await begin(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  for (const path of [`/groups/${group}`, `/groups/${group}/before-visit`, `/patients/${patient}/face-sheet`]) {
    const before = (await lying(page, "x")).count;
    await page.goto(path);
    await until(`${path} is kept`, async () => (await lying(page, "x")).count === before + 1);
  }
  const { readable } = await lying(page, "地下の部屋");
  assert.equal(readable, false, "sealed");

  await context.setOffline(true);
  await page.goto(`/groups/${group}`);
  await page.getByText("つながりません").first().waitFor();
  assert.equal(await page.getByText("地下の部屋").count(), 0);
  await open_with(page, "yuki-no-hi-43");
  await page.getByText("あと4回違うと").waitFor();
  await open_with(page, CODE);
  await page.getByText("地下の部屋でも読みたい連絡です。").waitFor();
  await page.getByText("の控えです。").waitFor();
  for (const what of ["textarea", "form", "img", "a:not([href^='tel:'])"]) {
    assert.equal(await page.locator(`article.copy ${what}`).count(), 0, what);
  }
  const found = [];
  await look_at(page, "/copy", found, "nurse");
  await page.setViewportSize(PHONE);
  await page.getByRole("button", { name: "控えの一覧へ" }).click();
  await page.getByText("（フェイスシート）").waitFor();
  await look_at(page, "/copies", found, "nurse");
  assert.deepEqual(found, []);
  await page.setViewportSize(PHONE);
  await page.getByRole("button", { name: "（フェイスシート）" }).click();
  await page.getByText("青葉 ためし").first().waitFor();

  // Another page is not there, and asks for the code again.
  await page.goto("/patients");
  await page.getByLabel("控えの合言葉").waitFor();
  assert.equal(await page.getByText("青葉").count(), 0);

  // With a line again the server is told what was read.
  await context.setOffline(false);
  await page.goto("/");
  const { context: desk, page: log } = await fresh(admin);
  await until("it stands in the access log", async () => {
    await log.goto("/facility/access-log");
    return (await log.getByText("つながらないあいだに開きました").count()) >= 2;
  });
  await desk.close();

  // Eight hours later, on the device's own clock: that the page was put away and looked at again meanwhile gained nothing.
  await page.goto(`/groups/${group}`);
  await until("it is kept anew", async () => (await lying(page, "x")).count > 0);
  await page.clock.install();
  await page.clock.setFixedTime(Date.now() + 7 * 3_600_000);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.clock.setFixedTime(Date.now() + 8 * 3_600_000 + 60_000);
  await context.setOffline(true);
  await page.goto(`/groups/${group}`);
  await page.getByText("つながりません").first().waitFor();
  await until("all is gone", async () => (await lying(page, "x")).count === 0);
  assert.equal(await page.getByLabel("控えの合言葉").count(), 0);
  await context.close();
}, silent);

journey("copies go with the wrong code, with the policy, with the team, and with signing out", async (j) => {
  const [admin, nurse] = pair();
  await allow(admin, 8);
  const { group } = await j.api.team(admin, admin, [nurse]);
  const { context, page } = await fresh(nurse, { viewport: PHONE, serviceWorkers: "allow" });
  const keep = async () => {
    await begin(page);
    await page.goto(`/groups/${group}`);
    await until("it is kept", async () => (await lying(page, "x")).count === 1);
  };
  await keep();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.goto(`/groups/${group}`);
  for (const left of [4, 3, 2, 1]) {
    await open_with(page, `wrong-${left}`);
    await page.getByText(`あと${left}回違うと`).waitFor();
    // A new page gives no try back.
    if (left === 3) await page.goto("/patients");
  }
  await open_with(page, "wrong-0");
  await page.getByText("控えを消しました").waitFor();
  assert.deepEqual(await lying(page, "x"), { count: 0, readable: false, keys: 0 });
  await context.setOffline(false);

  // The browser has lost them: the page of the devices offers to begin anew.
  await page.goto("/patients");
  await until("the server knows", async () => {
    await page.goto("/menu/devices");
    return page.getByRole("button", { name: "この端末に控えを残す" }).isVisible();
  });
  await keep();

  // A locked session is not opened by the code of a device.
  await page.goto("/offline");
  await page.getByLabel("控えの合言葉").waitFor();
  await page.evaluate(() => fetch("/lock", { method: "POST", redirect: "manual" }));
  await page.reload();
  await page.getByText("控えは、この画面では開けません。").waitFor();
  assert.equal(await page.getByLabel("控えの合言葉").count(), 0);
  await page.goto("/lock?next=/");
  await page.getByLabel("パスワード").fill(j.product.account(nurse).password);
  await page.getByRole("button", { name: "続きに戻る" }).click();
  await page.waitForURL((url) => url.pathname === "/");

  // Out of the team: at the next look at the start page.
  assert.equal((await lying(page, "x")).count, 1);
  await j.api.call(admin, "DELETE", `/groups/${group}/members/${await j.api.id(nurse)}`, { client_id: crypto.randomUUID() });
  await page.goto("/");
  await until("the copy is gone", async () => (await lying(page, "x")).count === 0);
  assert.equal((await lying(page, "x")).keys, 1, "others may stay");

  // The facility changes its mind while one lies there.
  const { group: third } = await j.api.team(admin, admin, [nurse]);
  await page.goto(`/groups/${third}`);
  await until("it is kept", async () => (await lying(page, "x")).count === 1);
  await allow(admin, 0);
  await page.goto("/");
  await until("the copy is gone", async () => (await lying(page, "x")).count === 0);
  await allow(admin, 8);

  // Signed out.
  const { group: other } = await j.api.team(admin, admin, [nurse]);
  await page.goto(`/groups/${other}`);
  await until("it is kept", async () => (await lying(page, "x")).count === 1);
  await page.goto("/menu");
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out**");
  assert.deepEqual(await lying(page, "x"), { count: 0, readable: false, keys: 0 });
  await context.close();

  await allow(admin, 0);
  const { context: later, page: again } = await fresh(nurse, { viewport: PHONE });
  await again.goto("/menu/devices");
  await again.getByText("端末をなくしたとき").waitFor();
  assert.equal(await again.locator("[data-copies-settings]").count(), 0, "nothing is offered");
  await later.close();
}, silent);
