// Push on a phone, from the tap to the notice; what a browser keeps; no line. A product of its own, with a push service on this machine.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Api } from "../support/api.mjs";
import { PHONE, People } from "../support/people.mjs";
import { Product } from "../support/product.mjs";
import { PushService } from "../support/push.mjs";
import { sql } from "../support/database.mjs";
import { until } from "../support/wait.mjs";
import { cut_off, journey } from "../support/world.mjs";

let product;
let people;
let service;
let api;

before(async () => {
  product = await Product.start({ push: true });
  service = await PushService.start();
  people = new People(product);
  api = new Api(product);
  await people.begin();
});

after(async () => {
  await people?.end();
  await product?.stop();
  await service?.stop();
});

/** The browser's own push service is out of reach here: it is given ours. Everything else is the browser's. */
function with_our_service(subscription) {
  const made = (key) => ({
    ...subscription,
    options: { applicationServerKey: key.buffer ?? key },
    toJSON: () => subscription,
    unsubscribe: async () => (localStorage.removeItem("pushed"), true),
  });
  PushManager.prototype.subscribe = async (wanted) => {
    localStorage.setItem("pushed", btoa(String.fromCharCode(...new Uint8Array(wanted.applicationServerKey))));
    return made(wanted.applicationServerKey);
  };
  PushManager.prototype.getSubscription = async () => {
    const kept = localStorage.getItem("pushed");
    return kept ? made(Uint8Array.from(atob(kept), (char) => char.charCodeAt(0))) : null;
  };
}

async function phone_of(login, sign_in = people.sign_in) {
  const context = await people.profile({ viewport: PHONE, serviceWorkers: "allow" });
  await context.grantPermissions(["notifications"]);
  await context.addInitScript(with_our_service, service.subscription);
  const page = await context.newPage();
  await sign_in.call(people, page, login);
  return { context, page };
}

/** Hands a push to the service worker as the browser's own push service would. */
async function deliver(page, data) {
  const cdp = await page.context().newCDPSession(page);
  const found = new Promise((resolve) =>
    cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && resolve(registrations[0])),
  );
  await cdp.send("ServiceWorker.enable");
  const { registrationId } = await found;
  await cdp.send("ServiceWorker.deliverPushMessage", { origin: product.url, registrationId, data });
}

/** Where pictures are wanted, as for every page (`look.mjs`). */
const keep_picture = (page, name) => process.env.SHOTS && page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });

const shown = (page) =>
  page.evaluate(async () => {
    const { title, body, tag } = (await (await navigator.serviceWorker.ready).getNotifications())[0] ?? {};
    return title ? { title, body, tag } : null;
  });

const kept = (page) =>
  page.evaluate(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });

journey("a nurse asks for push by a tap, is told without a word of the record, and her phone says that it came", async () => {
  const { context, page } = await phone_of("igarashi");
  await page.goto("/menu/notifications");
  await keep_picture(page, "notify-before");
  await page.getByRole("button", { name: "この端末で受け取る" }).click();
  await page.getByText("この端末で受け取っています").waitFor();

  await page.getByRole("button", { name: "この端末に試しに送る" }).click();
  await page.getByText("試しの結果").waitFor();
  const push = await service.nth(1);
  assert.match(push.text, /^\{"v":1,"t":"[\w-]{22}","k":"p"\}$/);
  await page.getByRole("link", { name: "いまの結果を見る" }).click();
  await page.getByText("お知らせのサービスが受け取りました").waitFor();
  await deliver(page, push.text);
  assert.deepEqual(await until("it is shown", () => shown(page)), {
    title: "連携",
    body: "新しいお知らせがあります",
    tag: "renkei",
  });
  await until("the phone has said so", async () => {
    await page.goto("/menu/notifications");
    return page.getByText("試しの結果：この端末に届きました").isVisible();
  });
  await keep_picture(page, "notify-after");

  // A push that holds nothing, or nonsense, is shown too: a browser takes push away from whoever stays silent.
  for (const data of ["", "nonsense"]) {
    await page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach((n) => n.close()));
    await until("nothing is shown", async () => !(await shown(page)));
    await deliver(page, data);
    await until("it is shown", () => shown(page));
  }

  await page.getByRole("button", { name: "受け取るのをやめる" }).click();
  await page.getByText("この端末では、受け取っていません").waitFor();
  await context.close();
});

journey("a phone that lost its subscription is reached again at the next page, and one that said no is left alone", async () => {
  const { context, page } = await phone_of("igarashi");
  await page.goto("/menu/notifications");
  await page.getByRole("button", { name: "この端末で受け取る" }).click();
  await page.getByText("この端末で受け取っています").waitFor();
  await page.getByRole("link", { name: "メニューに戻る" }).click();
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out**");
  await people.sign_in(page, "igarashi", "/menu/notifications");
  await until("it is reached again", async () => {
    await page.goto("/menu/notifications");
    return page.getByText("この端末で受け取っています").isVisible();
  });
  // The push service says that the browser has given it up (410), while the app stays open for a day.
  await sql(product, "UPDATE sec.push_subscription SET ended_at = now(), ended_why = 'gone', endpoint = NULL, p256dh = NULL, auth = NULL WHERE ended_at IS NULL");
  await page.goto("/menu/notifications");
  await page.getByText("この端末では、受け取っていません").waitFor();
  await page.evaluate(() => {
    localStorage.removeItem("pushed");
    sessionStorage.setItem("/api/v1/me/push-subscriptions", String(Date.now() - 24 * 60 * 60 * 1000));
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await until("it is reached again, without another page", () => page.evaluate(() => localStorage.getItem("pushed") !== null));
  await until("the server knows", async () => {
    await page.reload();
    return page.getByText("この端末で受け取っています").isVisible();
  });
  await page.getByRole("button", { name: "受け取るのをやめる" }).click();
  await page.getByText("この端末では、受け取っていません").waitFor();
  const again = await context.newPage();
  await again.goto("/menu/notifications");
  await again.getByText("この端末では、受け取っていません").waitFor();
  await context.close();
});

/** The push service says that the browser has given its subscription up (410). */
const gone = (table) =>
  sql(product, `UPDATE sec.${table} SET ended_at = now(), ended_why = 'gone', endpoint = NULL, p256dh = NULL, auth = NULL WHERE ended_at IS NULL`);

/** The browser tells the service worker, which sees no page. Its push service is ours, as it is for pages. */
async function browser_gives_up(context) {
  const [worker] = context.serviceWorkers();
  await worker.evaluate(async (subscription) => {
    PushManager.prototype.subscribe = async () => ({ toJSON: () => subscription });
    const event = new ExtendableEvent("pushsubscriptionchange");
    let handled = Promise.reject(new Error("nobody handles it"));
    event.waitUntil = (promise) => (handled.catch(() => {}), (handled = promise));
    self.dispatchEvent(event);
    await handled;
  }, service.subscription);
}

journey("a phone whose browser gives its subscription up is reached again at either door, with no page open, if it is wanted", async () => {
  const { context, page } = await phone_of("igarashi");
  const living = async (table) => Number(await sql(product, `SELECT count(*) FROM sec.${table} WHERE ended_at IS NULL`));
  await page.evaluate(() => navigator.serviceWorker.ready);
  await browser_gives_up(context);
  assert.equal(await living("push_subscription"), 0, "nobody asked for it");
  await page.goto("/menu/notifications");
  await page.getByRole("button", { name: "この端末で受け取る" }).click();
  await page.getByText("この端末で受け取っています").waitFor();
  await page.goto("/sw.js");
  await gone("push_subscription");
  await browser_gives_up(context);
  assert.equal(await living("push_subscription"), 1, "the nurse's phone is reached again");
  assert.equal(await living("relative_subscription"), 0, "nobody asked for it at the other door");
  await context.close();

  const { context: other, page: phone } = await phone_of("mika", people.sign_in_as_a_relative);
  const timeline = phone.url();
  await phone.goto("/family/notices");
  await phone.getByRole("button", { name: "この スマートフォンで 知らせる" }).click();
  await phone.getByText("この スマートフォンで 知らせます").waitFor();
  await gone("relative_subscription");
  await phone.evaluate(() => sessionStorage.clear());
  await phone.goto(timeline);
  await until("her page reaches her phone again", async () => (await living("relative_subscription")) === 1);
  await phone.goto("/sw.js");
  await gone("relative_subscription");
  await browser_gives_up(other);
  assert.equal(await living("relative_subscription"), 1, "it is reached again without a page");
  await other.close();
});

journey(
  "a browser keeps hashed files and the page without a line, and nothing of a record",
  async () => {
    const { context, page } = await phone_of("igarashi");
    const { id: group } = product.described.groups.find((g) => g.members.includes("igarashi"));
    await page.evaluate(() => navigator.serviceWorker.ready);
    await until("it controls the page", () => page.evaluate(() => Boolean(navigator.serviceWorker.controller)));
    for (const path of ["/", `/groups/${group}`, "/patients", "/menu/notifications"]) await page.goto(path);
    const paths = await kept(page);
    assert.ok(paths.length > 20 && paths.includes("/offline"), paths.join(" "));
    assert.deepEqual(paths.filter((path) => path !== "/offline" && !/^\/assets\/.+\.[\w-]{8,}\.\w+$/.test(path)), []);
    await context.setOffline(true);
    await page.goto(`/groups/${group}`);
    await page.getByRole("heading", { name: "つながりません" }).waitFor();
    await keep_picture(page, "notify-offline");
    await context.setOffline(false);
    await page.getByRole("link", { name: "もう一度開く" }).click();
    await page.waitForURL((url) => url.pathname === "/");
    // Signing out leaves nothing behind.
    await page.goto("/menu");
    await page.getByRole("button", { name: "この端末からサインアウト" }).click();
    await page.waitForURL("**/signed-out**");
    assert.deepEqual(await kept(page), []);
    await context.close();
  },
  { expected: [cut_off] },
);
