// A lost authenticator by two people, and a forgotten password by letter: without script where the person stands at the door.
import assert from "node:assert/strict";
import { sql } from "../support/database.mjs";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { fresh_code } from "../support/totp.mjs";
import { answered, journey } from "../support/world.mjs";

const CODE = "確認コード(6けた)";

async function door(page, login, password) {
  await page.getByLabel("ID", { exact: true }).fill(login);
  await page.getByLabel("パスワード").fill(password);
  await page.getByRole("button", { name: "次へ" }).click();
}

async function give_code(page, code) {
  await page.getByLabel(CODE).fill(code);
  await page.getByRole("button", { name: "サインイン" }).click();
}

journey(
  "a lost authenticator: one admin starts, another confirms, the person sets up a new app and the old one is worth nothing",
  async (j) => {
    const found = [];
    const { password, totp_secret: old } = j.product.account("hanabusa");
    const first = await j.open("sano", "/facility");
    await first.getByRole("link", { name: "英 俊彦さんのサインインの回復" }).click();
    await first.getByRole("button", { name: "回復を始める" }).click();
    assert.equal(await first.getByText("始めました").count(), 0, "nothing begins without an answer");
    await first.getByLabel("端末がこわれた").check();
    await first.getByLabel("対面").check();
    await look_at(first, "start", found, "recovery_");
    await first.getByRole("button", { name: "回復を始める" }).click();
    await first.getByText("もう一人の確認がいります").waitFor();
    await look_at(first, "waiting", found, "recovery_");

    const second = await j.open("togashi", "/facility/security", { at: 1 });
    await look_at(second, "facility_security", found, "recovery_");
    await second.getByRole("link", { name: "英 俊彦さんの回復を開く" }).click();
    await second.getByRole("button", { name: "確かめました。確認する" }).click();
    await second.getByText("確認しました。").waitFor();

    await first.reload();
    await first.getByRole("button", { name: "本人に渡すコードを作る" }).click();
    await first.getByRole("heading", { name: "英 俊彦さんのコード" }).waitFor();
    await look_at(first, "code", found, "recovery_");
    const code = (await first.locator(".key code").innerText()).trim();

    const context = await j.people.profile({ viewport: PHONE });
    const page = await context.newPage();
    await page.goto("/recovery");
    await look_at(page, "enter_code", found, "recovery_");
    await page.getByLabel("コード").fill(code.toUpperCase());
    await page.getByRole("button", { name: "次へ" }).click();
    await page.getByRole("heading", { name: "認証アプリの登録をやり直す" }).waitFor();
    await look_at(page, "redeem", found, "recovery_");
    await door(page, "hanabusa", password);
    await page.waitForURL("**/enrol");
    const secret = (await page.locator(".key code").textContent()).replace(/\s/g, "");
    await page.getByLabel(CODE).fill(await fresh_code(secret));
    await page.getByRole("button", { name: "登録する", exact: true }).click();
    await page.getByRole("heading", { name: /回復コード/ }).first().waitFor();
    await page.goto("/menu/security");
    await page.getByText("サインインの回復が確認されました").waitFor();
    await look_at(page, "menu_security", found, "recovery_");
    await page.getByRole("link", { name: /私ではない：回復のコード/ }).click();
    await page.getByRole("heading", { name: "ボタンを押すと、すぐに起きること" }).waitFor();
    await look_at(page, "not_me", found, "recovery_");

    const stranger = await (await j.people.profile()).newPage();
    await stranger.goto("/sign-in?next=/patients");
    await door(stranger, "hanabusa", password);
    await give_code(stranger, await fresh_code(old));
    await stranger.getByRole("alert").waitFor();
    await give_code(stranger, await fresh_code(secret));
    await stranger.waitForURL((url) => url.pathname === "/patients");
    await Promise.all([context.close(), stranger.context().close()]);
    assert.deepEqual(found, []);
  },
  { expected: [answered(401, 422)], timeout: 180_000 },
);

journey(
  "a forgotten password: a letter, the authenticator, a new password, and no script",
  async (j) => {
    const found = [];
    const { totp_secret, password } = j.product.account("yaegashi");
    const mail = "yaegashi@example.jp";
    const id = await j.api.id("yaegashi");
    await sql(j.product, `INSERT INTO sec.contact VALUES ('${id}', '${mail}', now(), '', now())
        ON CONFLICT (account_id) DO UPDATE SET mail = excluded.mail, mail_confirmed_at = now()`);
    const context = await j.people.profile({ javaScriptEnabled: false, viewport: PHONE });
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByText("サインインできないとき").click();
    await page.getByRole("link", { name: "新しく決めるリンク" }).click();
    await page.getByLabel("ID", { exact: true }).fill("yaegashi");
    await page.getByRole("button", { name: "リンクを送る" }).click();
    await page.getByText("受け付けました").waitFor();
    const letter = await j.mail.next_letter(mail, "/forgotten/");
    assert.ok(!letter.text.includes("八重樫"), "no name in a letter");
    const link = letter.text.match(/https?:\/\/[^\s]+(\/forgotten\/[\w-]+)/)[1];
    await page.goto(link);
    await page.getByLabel(CODE).fill(await fresh_code(totp_secret));
    await page.getByLabel("新しいパスワード", { exact: true }).fill(password);
    await page.getByLabel("新しいパスワード(もう一度)").fill(password);
    await page.getByRole("button", { name: "パスワードを変える" }).click();
    await page.getByRole("alert").first().waitFor();
    const changed = "kumo-fune-4-hagi-tane";
    await page.getByLabel(CODE).fill(await fresh_code(totp_secret));
    await page.getByLabel("新しいパスワード", { exact: true }).fill(changed);
    await page.getByLabel("新しいパスワード(もう一度)").fill(changed);
    await page.getByRole("button", { name: "パスワードを変える" }).click();
    await page.getByRole("heading", { name: "パスワードを変えました" }).waitFor();
    await j.mail.next_letter(mail, "パスワードが作り直されました");
    assert.equal((await page.goto(link)).status(), 410);
    await page.goto("/sign-in?next=/patients");
    await door(page, "yaegashi", changed);
    await give_code(page, await fresh_code(totp_secret));
    await page.waitForURL((url) => url.pathname === "/patients");
    await context.close();
    assert.deepEqual(found, []);
  },
  { expected: [answered(410, 422)], timeout: 240_000 },
);
