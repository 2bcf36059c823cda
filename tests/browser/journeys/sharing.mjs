// A phone shares a photo and words from another app: they wait on the device, sealed, and come into the composer of a group that a person
// chooses. A product of its own: other journeys run without a service worker.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Api } from "../support/api.mjs";
import { jpeg } from "../support/files.mjs";
import { look_at } from "../support/look.mjs";
import { PHONE, People } from "../support/people.mjs";
import { Product } from "../support/product.mjs";
import { box, post } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

let product;
let people;
let api;

before(async () => {
  product = await Product.start({});
  people = new People(product);
  api = new Api(product);
  await people.begin();
});

after(async () => {
  await people?.end();
  await product?.stop();
});

const WORDS = "退院時のお薬の写真です";
const ADDRESS = "https://example.jp/okusuri";

async function phone_of(login, serviceWorkers = "allow") {
  const context = await people.profile({ viewport: PHONE, serviceWorkers });
  const page = await context.newPage();
  await people.sign_in(page, login);
  if (serviceWorkers === "allow") await until("the service worker is in charge", () => page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
  return { context, page };
}

/** As the phone does it: a navigation by POST, from a page of the app's own address. */
async function share(page, { title = "", text = "", url = "", files = [] }) {
  await page.evaluate(
    (words) => {
      const form = document.createElement("form");
      Object.assign(form, { id: "as-the-phone", method: "post", enctype: "multipart/form-data", action: "/share" });
      for (const [name, value] of Object.entries(words)) form.append(Object.assign(document.createElement("input"), { name, value }));
      form.append(Object.assign(document.createElement("input"), { type: "file", name: "files", multiple: true }));
      document.body.append(form);
    },
    { title, text, url },
  );
  await page.locator('#as-the-phone input[type="file"]').setInputFiles(files);
  await page.evaluate(() => document.getElementById("as-the-phone").submit());
}

const thing = (page) => page.getByRole("region", { name: "共有されたもの" });
const nothing = (page) => page.getByRole("heading", { name: "共有されたものはありません" });

/** What lies there, as far as it can be read without the key. */
const on_the_device = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    if (!(await indexedDB.databases()).some(({ name }) => name === "renkei-shared")) return { rows: 0, text: "" };
    const base = await done(indexedDB.open("renkei-shared", 1));
    const rows = await done(base.transaction("things").objectStore("things").getAll());
    base.close();
    return { rows: rows.length, text: rows.map(({ data }) => new TextDecoder().decode(data)).join() };
  });

/** Puts back the clock of what lies there. */
const an_hour_later = (page) =>
  page.evaluate(async () => {
    const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
    const base = await done(indexedDB.open("renkei-shared", 1));
    const things = base.transaction("things", "readwrite").objectStore("things");
    const first = await done(things.get(0));
    await done(things.put({ ...first, at: first.at - 3_600_000 }, 0));
    base.close();
  });

journey("a nurse shares a photo and words, chooses a group, looks at them and sends them", async () => {
  const { group } = await api.team("kayano", "kuwabara", ["wakatsuki"]);
  const { context, page } = await phone_of("wakatsuki");
  const photo = await jpeg(page);
  const reached = [];
  context.on("request", (request) => request.method() === "POST" && !request.serviceWorker() && reached.push(new URL(request.url()).pathname));
  await share(page, { title: WORDS, text: WORDS, url: ADDRESS, files: [{ name: "okusuri.jpg", mimeType: "image/jpeg", buffer: photo }] });
  await thing(page).waitFor();
  assert.equal(new URL(page.url()).pathname, "/share");
  assert.equal(await thing(page).locator(".text").innerText(), `${WORDS}\n${ADDRESS}`);
  await thing(page).getByText("okusuri.jpg").waitFor();
  const there = await on_the_device(page);
  assert.ok(there.rows === 2 && !there.text.includes(WORDS) && !there.text.includes("JFIF"), "it lies there sealed");
  assert.ok(!reached.some((path) => path.startsWith("/api/v1/files")), "no file has gone anywhere");

  const found = [];
  await look_at(page, "/share-with-something", found, "wakatsuki");
  assert.deepEqual(found, []);
  await page.setViewportSize(PHONE);

  const rows = page.locator("#places > li");
  const row = rows.locator(`a[href*="${group}"]`);
  assert.match(await row.innerText(), /チーム \d+人が読みます。ご家族には見えません。/);
  const name = (await row.locator(".name").innerText()).split(" 様")[0];
  await page.getByRole("searchbox", { name: "患者・グループを名前でしぼる" }).fill(name);
  await row.click();
  await until("the words are in the box", async () => (await box(page).inputValue()).includes(ADDRESS));
  assert.equal(await box(page).inputValue(), `${WORDS}\n${ADDRESS}`);
  await page.locator(".composer .uploads").getByText("付けました").waitFor();
  await page.locator(".composer .uploads").getByText("okusuri.jpg").waitFor();
  assert.equal(new URL(page.url()).search, "", "a reload puts nothing in a second time");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/sharing-composer.png` });
  assert.deepEqual((await api.posts("wakatsuki", group)).filter(({ body }) => body?.includes(WORDS)), [], "nothing is sent by itself");
  await until("it is forgotten, once it was taken over", async () => (await on_the_device(page)).rows === 0);

  await page.getByRole("button", { name: "送る", exact: true }).click();
  await post(page, WORDS).locator("img, a[href*='/files/']").first().waitFor();
  await until("it is on the record", async () => (await api.posts("wakatsuki", group)).some(({ body, files }) => body === `${WORDS}\n${ADDRESS}` && files.length === 1));
  await page.goto("/share");
  await nothing(page).waitFor();
  await context.close();
});

journey("what was shared waits for a sign-in, and is gone after sign-out, after an hour, and when the person says so", async () => {
  const { context, page } = await phone_of("wakatsuki");
  await share(page, { text: "消す文" });
  await thing(page).waitFor();
  await page.getByRole("button", { name: "共有をやめて、消す" }).click();
  await nothing(page).waitFor();
  assert.equal((await on_the_device(page)).rows, 0);

  // The session is over, the person is still the one of this device.
  await context.clearCookies({ name: "__Host-renkei" });
  await share(page, { text: "待っている文" });
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await people.sign_in(page, "wakatsuki", "/share");
  await thing(page).getByText("待っている文").waitFor();

  await an_hour_later(page);
  await page.goto("/share");
  await nothing(page).waitFor();
  assert.equal((await on_the_device(page)).rows, 0);

  await share(page, { text: "サインアウトで消える文" });
  await thing(page).waitFor();
  await page.goto("/menu");
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out**");
  assert.equal((await on_the_device(page)).rows, 0);
  await people.sign_in(page, "wakatsuki", "/share");
  await nothing(page).waitFor();
  await context.close();
});

journey("without a service worker the page says to open the app once, with or without a session", async () => {
  const { context, page } = await phone_of("wakatsuki", "block");
  await share(page, { text: "届かない文" });
  await page.getByRole("heading", { name: "もう一度、共有してください" }).waitFor();
  assert.ok(!(await page.locator("body").innerText()).includes("届かない文"));
  const found = [];
  await look_at(page, "/share-not-taken", found, "nobody");
  assert.deepEqual(found, []);
  await page.getByRole("link", { name: "連携を開く" }).click();
  await page.waitForURL((url) => url.pathname === "/");
  await page.goto("/share");
  await nothing(page).waitFor();
  await context.close();
});
