// Passkeys with the browser's own virtual authenticator: registering, signing in, unlocking, proving oneself again.
import assert from "node:assert/strict";
import { fresh_code } from "../support/totp.mjs";
import { answered, journey } from "../support/world.mjs";

const NOT_DONE = "パスキーを確かめられませんでした。もう一度押すか、別の方法をお使いください。";

/** A phone's or laptop's own authenticator, as discoverable passkeys want it. */
async function authenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2",
    transport: "internal",
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  const send = (method, more = {}) => session.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    verifies: (isUserVerified) => send("setUserVerified", { isUserVerified }),
    passkeys: async () => (await send("getCredentials")).credentials,
    forget: () => send("clearCredentials"),
    remove: () => send("removeVirtualAuthenticator"),
  };
}

async function register(page, name) {
  await page.goto("/menu/passkeys");
  await page.getByRole("link", { name: "パスキーを登録する" }).click();
  await page.getByLabel("このパスキーの名前").fill(name);
  await page.getByRole("button", { name: "この端末で登録する" }).click();
  await page.getByText("パスキーを登録しました。").waitFor();
}

async function sign_out(page) {
  await page.goto("/menu");
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out");
}

journey(
  "a passkey is registered, signs in without ID and password, unlocks, and is taken away again",
  async ({ people }) => {
    const context = await people.profile();
    const page = await context.newPage();
    await people.sign_in(page, "minagawa", "/menu");
    const first = await authenticator(page);
    await register(page, "自分のスマートフォン");
    assert.equal((await first.passkeys()).length, 1);

    // The same device again: the browser itself says that it is there.
    await page.goto("/menu/passkeys/new");
    await page.getByRole("button", { name: "この端末で登録する" }).click();
    await page.getByRole("alert").getByText("この端末のパスキーは、もう登録されています。").waitFor();

    await sign_out(page);
    await page.goto("/sign-in?next=/patients");
    // A finger that is not the right one gets nobody in.
    await first.verifies(false);
    await page.getByRole("button", { name: "パスキーでサインイン" }).click();
    await page.getByRole("alert").getByText(NOT_DONE).waitFor();
    assert.match(page.url(), /sign-in/);
    await first.verifies(true);
    await page.getByRole("button", { name: "パスキーでサインイン" }).click();
    await page.waitForURL((url) => url.pathname === "/patients");
    const factors = await page.evaluate(() => fetch("/api/v1/me").then((answer) => answer.json()));
    assert.deepEqual(factors.factors, ["have", "are"]);

    await page.evaluate(() => void fetch("/lock", { method: "POST" }));
    await page.waitForURL(/lock.next=/);
    await page.getByRole("button", { name: "パスキーで続きに戻る" }).click();
    await page.waitForURL((url) => url.pathname === "/patients");

    // A second one from another authenticator; then the first one goes.
    await first.remove();
    const second = await authenticator(page);
    await register(page, "事務所のパソコン");
    await page.getByText("自分のスマートフォン").waitFor();
    await page.getByRole("link", { name: "自分のスマートフォンを外す" }).click();
    await page.getByRole("button", { name: "パスキーを外す" }).click();
    await page.getByText("パスキーを外しました。").waitFor();
    assert.equal(await page.getByText("自分のスマートフォン").count(), 0);

    // After the password the passkey takes the code's place.
    await sign_out(page);
    await page.goto("/sign-in?next=/patients");
    await people.first_step(page, "minagawa");
    await page.getByRole("button", { name: "パスキーでサインイン" }).click();
    await page.waitForURL((url) => url.pathname === "/patients");
    await second.forget();
    await context.close();
  },
  { expected: [answered(401, 409)] },
);

journey("who comes in on a remembered device shows who she is before a departure", async ({ people, product, api }) => {
  const context = await people.profile();
  const page = await context.newPage();
  await page.goto("/sign-in?next=/menu");
  await people.first_step(page, "minagawa");
  await page.getByLabel("この端末を覚える(30日)").check();
  await page.getByLabel("確認コード(6けた)").fill(await fresh_code(product.account("minagawa").totp_secret));
  await page.getByRole("button", { name: "サインイン", exact: true }).click();
  await page.waitForURL("**/menu");
  await authenticator(page);
  await register(page, "ステップアップの鍵");
  await sign_out(page);
  await page.goto("/sign-in?next=/menu");
  await people.first_step(page, "minagawa");
  await page.waitForURL("**/menu");

  const departure = `/facility/staff/${await api.id("yunoki")}/departure`;
  await page.goto(departure);
  await page.getByRole("heading", { name: "ご本人の確認" }).waitFor();
  assert.equal(await page.getByLabel("パスワード").count(), 0, "the password alone is not enough here");
  await page.getByRole("button", { name: "パスキーで確かめる" }).click();
  await page.waitForURL(`**${departure}`);
  await page.getByRole("button", { name: "この施設とのつながりを終える" }).waitFor();
  await page.goto("/menu/passkeys");
  await page.getByRole("link", { name: "ステップアップの鍵を外す" }).click();
  await page.getByRole("button", { name: "パスキーを外す" }).click();
  await page.getByText("パスキーを外しました。").waitFor();
  await context.close();
});

journey("without script the pages say what to do instead", async ({ people }) => {
  const context = await people.profile({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/sign-in");
  assert.equal(await page.getByRole("button", { name: "パスキーでサインイン" }).count(), 0);
  await people.sign_in(page, "minagawa", "/menu");
  await page.goto("/menu/passkeys/new");
  await page.getByText("このブラウザではパスキーを使えません。").waitFor();
  assert.equal(await page.getByRole("button", { name: "この端末で登録する" }).count(), 0);
  await context.close();
});
