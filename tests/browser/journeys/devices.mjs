// Devices: a facility that lets in only what it knows, by approval or by certificate; and a lost phone. A product of its own, by HTTPS.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";
import { People, PHONE } from "../support/people.mjs";
import { Product } from "../support/product.mjs";
import { fresh_code } from "../support/totp.mjs";
import { journey } from "../support/world.mjs";

const run = promisify(execFile);
let product;
let people;

before(async () => {
  product = await Product.start({ devices: true });
  people = new People(product);
  await people.begin();
});

after(async () => {
  await people?.end();
  await product?.stop();
});

/** An admin of a facility and a colleague, of another facility than `not`. */
function pair(not) {
  const admins = product.described.accounts.filter((a) => a.roles.includes("facility_admin") && a.facility_id !== not);
  for (const admin of admins) {
    const colleague = product.described.accounts.find((a) => a.facility_id === admin.facility_id && a.roles.length === 1);
    if (colleague) return [admin, colleague];
  }
  throw new Error("no facility with an admin and a colleague");
}

const profile = (more) => people.profile({ ignoreHTTPSErrors: true, ...more });

/** Both factors, through the pages; where it leads is the caller's to see. */
async function enter(page, login, base = product.url) {
  await page.goto(`${base}/sign-in?next=/patients`);
  await people.first_step(page, login);
  await page.getByLabel("確認コード(6けた)").fill(await fresh_code(product.account(login).totp_secret));
  await page.getByRole("button", { name: "サインイン" }).click();
}

/** POST of JSON to a port with a certificate that nobody vouches for. */
function send(url, body) {
  const options = { method: "POST", rejectUnauthorized: false, headers: { "content-type": "application/json" } };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, json: JSON.parse(text) }));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify(body));
  });
}

journey("a facility that manages its devices keeps an unknown one waiting, and lets in an approved one and one with a certificate",
  async () => {
    const [admin, nurse] = pair();
    const [office, outside] = [await profile(), await profile({ at: 1, viewport: PHONE })];
    const desk = await office.newPage();
    const phone = await outside.newPage();
    await enter(desk, admin.login_id);
    await desk.waitForURL((url) => url.pathname === "/patients");
    await enter(phone, nurse.login_id);
    await phone.waitForURL((url) => url.pathname === "/patients");

    await desk.goto("/facility/sign-in-policy");
    await desk.getByLabel("施設が承認した端末だけを使えるようにする").check();
    await desk.getByRole("button", { name: "この決まりにする" }).click();
    await desk.getByText("まだ変わっていません").waitFor();
    await desk.getByText(nurse.name).first().waitFor();
    await desk.getByRole("button", { name: "この決まりにする" }).click();
    await desk.getByText("決まりを保存しました").waitFor();

    // The phone is out, and waits after both factors.
    await phone.getByText("サインインが終わりました").waitFor();
    await enter(phone, nurse.login_id);
    await phone.waitForURL("**/device-waits");
    await phone.getByText("この端末は施設の承認を待っています").waitFor();
    await phone.goto("/patients");
    await phone.waitForURL("**/device-waits");

    await desk.goto("/facility/devices");
    await desk.getByRole("button", { name: new RegExp(`^承認する: .*${nurse.name}`) }).first().click();
    await desk.getByText("端末を承認しました").waitFor();
    await phone.getByRole("link", { name: "承認されたか確かめる" }).click();
    await phone.waitForURL(`${product.url}/`);
    await phone.goto("/patients");
    assert.equal(new URL(phone.url()).pathname, "/patients", "in, without a second sign-in");

    // A certificate does instead of an approval.
    await desk.goto("/facility/device-certificates");
    await desk.getByLabel("端末の名前").fill("訪問3号機");
    await desk.getByRole("button", { name: "登録のリンクを作る" }).click();
    const link = new URL(await desk.locator(".key code").first().innerText());
    assert.equal(Number(link.port), product.doors.enrol);
    const [key, csr] = [join(product.folder, "device.key"), join(product.folder, "device.csr")];
    const made = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", csr, "-subj", "/CN=device"];
    await run("openssl", made);
    const enrol = `https://localhost:${product.doors.enrol}/api/v1/device-enrolments`;
    const asked = { token: link.pathname.split("/").pop(), csr: await readFile(csr, "utf8") };
    const { status, json } = await send(enrol, asked);
    assert.equal(status, 201, JSON.stringify(json));
    assert.equal((await send(enrol, asked)).status, 404, "once");

    const app = `https://localhost:${product.doors.app}`;
    const certificate = { origin: app, cert: Buffer.from(json.certificate), key: await readFile(key) };
    const managed = await profile({ clientCertificates: [certificate] });
    const tablet = await managed.newPage();
    await enter(tablet, nurse.login_id, app);
    await tablet.waitForURL(`${app}/patients`);
    const bare = await profile();
    const refused = await bare.newPage();
    await assert.rejects(refused.goto(`${app}/sign-in`), "without a certificate there is no door");

    // Taken back: out at once.
    await desk.goto("/facility/device-certificates");
    await desk.getByRole("button", { name: "取り消す: 訪問3号機" }).click();
    await desk.getByText("証明書を取り消しました").waitFor();
    const answer = await tablet.goto(`${app}/patients`).catch(() => null);
    assert.ok(!answer || answer.status() === 401, `refused, not ${answer?.status()}`);
    await Promise.all([office, outside, managed, bare].map((context) => context.close()));
  },
  { timeout: 240_000 },
);

journey("a lost phone goes dark while its timeline is open, and both factors are asked for again",
  async () => {
    const [managing] = pair();
    const [admin, nurse] = pair(managing.facility_id);
    const [pocket, office] = [await profile({ at: 1, viewport: PHONE }), await profile()];
    const phone = await pocket.newPage();
    await enter(phone, nurse.login_id);
    await phone.waitForURL((url) => url.pathname === "/patients");
    await phone.goto("/");
    await phone.waitForLoadState("networkidle").catch(() => {});
    const desk = await office.newPage();
    await enter(desk, nurse.login_id);
    await desk.waitForURL((url) => url.pathname === "/patients");

    await desk.goto("/menu/devices");
    const other = desk.locator("li.entry-row", { hasNot: desk.getByText("この端末", { exact: true }) });
    await other.getByRole("link", { name: /^この端末をなくした/ }).first().click();
    await desk.getByText("なくしましたか").waitFor();
    const dark = phone.getByText("サインインが終わりました").waitFor();
    await desk.getByRole("button", { name: "なくした。すべてサインアウトする" }).click();
    await desk.waitForURL("**/device-lost");
    await desk.getByText("電話会社に連絡する").waitFor();
    await dark;
    await desk.goto("/patients");
    assert.match(desk.url(), /\/sign-in/, "signed out here too");
    await people.first_step(desk, nurse.login_id);
    await desk.waitForURL(/sign-in.code/);

    const house = await profile();
    const page = await house.newPage();
    await enter(page, admin.login_id);
    await page.waitForURL((url) => url.pathname === "/patients");
    await page.goto("/facility/devices");
    await page.getByText("本人が届けました").first().waitFor();
    await Promise.all([pocket, office, house].map((context) => context.close()));
  },
  { timeout: 180_000 },
);
