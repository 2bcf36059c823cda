// A facility's program is told: made, tried, seen to arrive, given another key, kept through a crash, stopped, taken away. A product of its
// own, whose operator lists a receiver on this machine.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Api } from "../support/api.mjs";
import { sql } from "../support/database.mjs";
import { look_at } from "../support/look.mjs";
import { PC, People } from "../support/people.mjs";
import { Product } from "../support/product.mjs";
import { Receiver, is_signed } from "../support/receiver.mjs";
import { fresh_code } from "../support/totp.mjs";
import { cut_off, journey } from "../support/world.mjs";

const ADMIN = "kayano";
let product;
let people;
let receiver;
let api;

before(async () => {
  receiver = await Receiver.start();
  product = await Product.start({ webhooks: receiver.settings });
  people = new People(product);
  api = new Api(product);
  await people.begin();
});

after(async () => {
  await people?.end();
  await product?.stop();
  await receiver?.stop();
});

/** A walk that is walked again begins with nothing. */
async function forget() {
  await sql(product, "DELETE FROM sec.webhook_call; DELETE FROM sec.webhook");
  receiver.calls.length = 0;
  receiver.silent = false;
}

/** What is typed waits while the admin shows again who it is. */
async function make(page) {
  await page.goto("/facility/webhooks");
  await sql(product, "UPDATE sec.session SET stepped_up_at = NULL");
  await page.getByLabel("アドレス").fill(receiver.url);
  await page.getByLabel("訪問の変更").check();
  await page.getByRole("button", { name: "登録する" }).click();
  await page.getByRole("heading", { name: "ご本人の確認" }).waitFor();
  await page.getByLabel("認証アプリの確認コード(6けた)").fill(await fresh_code(product.account(ADMIN).totp_secret));
  await page.getByRole("button", { name: "確かめて進む" }).click();
  await page.getByRole("button", { name: "続ける" }).click();
  return secret_of(page);
}

/** Shown this once. */
async function secret_of(page) {
  await page.getByText("署名の鍵ができました").waitFor();
  const secret = await page.locator(".callout code").innerText();
  assert.match(secret, /^whsec_[\w+/]{43}=$/);
  return secret;
}

async function try_out(page, n) {
  await page.getByRole("button", { name: "試しに呼び出す" }).click();
  await page.getByText("試しに呼び出します。").waitFor();
  const call = await receiver.nth(n);
  assert.equal(JSON.parse(call.body).type, "test");
  await page.getByRole("link", { name: "読み込み直す" }).click();
  await page.getByText("最近の呼び出し").click();
  await page.getByText("届きました").first().waitFor();
  return call;
}

/** The server dies with a call in hand: the receiver gets it again, under the same id. */
async function crash(group, n) {
  receiver.silent = true;
  await api.post("tokiwa", group, "二度目の言葉");
  const lost = await receiver.nth(n);
  await product.kill();
  receiver.silent = false;
  await product.begin();
  const again = await receiver.nth(n + 1);
  assert.equal(again.headers["webhook-id"], lost.headers["webhook-id"]);
  assert.equal(again.body, lost.body);
}

journey(
  "an admin has a program told: made, tried, seen to arrive, another key, a crash, stopped, and taken away",
  async () => {
    const found = [];
    await forget();
    const page = await people.open(ADMIN, "/facility/webhooks", { viewport: PC });
    await look_at(page, "none", found, "webhooks_");
    const first = await make(page);
    await look_at(page, "made", found, "webhooks_");
    assert.ok(is_signed(await try_out(page, 1), first));
    await look_at(page, "tried", found, "webhooks_");

    const { group } = await api.team(ADMIN, ADMIN, ["tokiwa"]);
    await api.post("tokiwa", group, "カナリアの言葉");
    const told = await receiver.nth(2);
    assert.deepEqual(Object.keys(JSON.parse(told.body)).sort(), ["data", "timestamp", "type"]);
    assert.equal(JSON.parse(told.body).type, "post.created");
    assert.ok(!JSON.stringify(told).includes(group) && !told.body.includes("カナリア"));

    await page.getByText("署名の鍵を替える").click();
    await page.getByRole("button", { name: "鍵を替える" }).click();
    const second = await secret_of(page);
    assert.notEqual(second, first);
    const both = await try_out(page, 3);
    assert.ok(is_signed(both, first) && is_signed(both, second), "for a time both are good");

    await page.goto("about:blank");
    await crash(group, 4);
    await page.goto("/facility/webhooks");
    await page.getByRole("button", { name: "止める" }).click();
    await page.getByText("止まっています").waitFor();
    await look_at(page, "stopped", found, "webhooks_");
    await api.post("tokiwa", group, "止まっているあいだの言葉");
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assert.equal(receiver.calls.length, 5, "nothing leaves");
    await page.getByRole("button", { name: "登録を外す" }).click();
    await page.getByText("登録はありません").waitFor();
    assert.deepEqual(found, []);
    await page.close();
  },
  { timeout: 300_000, expected: [cut_off] },
);
