// Signing in with a professional identity provider, through a real one.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { LABEL } from "../support/provider.mjs";
import { fresh_code } from "../support/totp.mjs";
import { until } from "../support/wait.mjs";
import { answered, journey } from "../support/world.mjs";

const LOGIN = "saeki";
const MEMBER = "M-2026-0007";

/** At the provider's own page. */
async function at_the_provider(page, member, button) {
  await page.waitForURL((url) => url.hostname === "127.0.0.1");
  await page.getByRole("heading", { name: LABEL }).waitFor();
  await page.getByLabel("会員番号").fill(member);
  await page.getByRole("button", { name: button }).click();
}

/** As a member who is not signed in at the provider any more. */
async function with_the_provider(page, member, button) {
  await page.context().clearCookies({ domain: "127.0.0.1" });
  await page.goto("/sign-in?next=/patients");
  await page.getByRole("button", { name: `${LABEL}でサインイン` }).click();
  await at_the_provider(page, member, button);
}

/** The provider is up, and the product has forgotten that it was away. */
async function come_up(context, provider) {
  await provider.start();
  const ask = () => context.request.post("/sign-in/with/association", { form: { next: "/" } });
  await until("the product finds the provider", async () => (await ask()).status() === 200, 45_000);
}

async function sign_out(page) {
  await page.goto("/menu");
  await page.getByRole("button", { name: "この端末からサインアウト" }).click();
  await page.waitForURL("**/signed-out");
}

journey(
  "an identity is linked once, is one factor or two, and is never needed",
  async ({ people, product }) => {
    const found = [];
    const { provider } = product;
    const context = await people.profile({ at: 1 });
    await come_up(context, provider);
    const page = await context.newPage();

    await with_the_provider(page, MEMBER, "パスワードだけで");
    await page.getByText("この連携IDはまだ結び付けられていません。").waitFor();
    await look_at(page, "not-linked", found, "sso_");

    await people.sign_in(page, LOGIN);
    await page.goto("/menu");
    await page.getByRole("link", { name: "連携ID" }).click();
    await look_at(page, "identities", found, "sso_");
    await page.getByRole("link", { name: LABEL }).click();
    await look_at(page, "link", found, "sso_");
    await page.getByLabel("いまのパスワード").fill(product.account(LOGIN).password);
    await page.context().clearCookies({ domain: "127.0.0.1" });
    await page.getByRole("button", { name: "次へ" }).click();
    await at_the_provider(page, MEMBER, "パスワードだけで");
    await page.waitForURL("**/menu/identities?done=linked");
    await page.getByText("連携IDを結び付けました。").waitFor();
    await look_at(page, "linked", found, "sso_");
    await page.getByRole("link", { name: `${LABEL}を外す` }).click();
    await look_at(page, "end", found, "sso_");

    // One factor from there, and ours.
    await sign_out(page);
    await with_the_provider(page, MEMBER, "パスワードだけで");
    await page.waitForURL(/sign-in.code/);
    await page.getByLabel("確認コード(6けた)").fill(await fresh_code(product.account(LOGIN).totp_secret));
    await page.getByRole("button", { name: "サインイン" }).click();
    await page.waitForURL((url) => url.pathname === "/patients");
    assert.equal(await page.locator("html[data-account]").count(), 1, "signed in");

    // Two factors from there.
    await sign_out(page);
    await with_the_provider(page, MEMBER, "ICカードと暗証番号で");
    await page.waitForURL((url) => url.pathname === "/patients");
    assert.equal(await page.locator("html[data-account]").count(), 1, "signed in");

    // Somebody who thinks better of it.
    await sign_out(page);
    await with_the_provider(page, MEMBER, "やめる");
    await page.getByText("取りやめになりました").waitFor();

    // The provider is gone: the page says so, and the own factors work as ever.
    await provider.stop();
    const ask = () => context.request.post("/sign-in/with/association", { form: { next: "/" } });
    await until("the product notices", async () => (await ask()).status() === 503, 45_000);
    await page.goto("/sign-in?next=/patients");
    await page.getByRole("button", { name: `${LABEL}でサインイン` }).click();
    await page.getByText("連携先に、いまつながりません。").waitFor();
    await look_at(page, "away", found, "sso_");
    await people.first_step(page, LOGIN);
    await page.getByLabel("確認コード(6けた)").fill(await fresh_code(product.account(LOGIN).totp_secret));
    await page.getByRole("button", { name: "サインイン" }).click();
    await page.waitForURL((url) => url.pathname === "/patients");

    assert.deepEqual(found, []);
    await context.close();
  },
  { expected: [answered(401, 503)], timeout: 300_000 },
);

journey("linking and signing in need no JavaScript", async ({ people, product }) => {
  const context = await people.profile({ javaScriptEnabled: false });
  await come_up(context, product.provider);
  const page = await context.newPage();
  await with_the_provider(page, MEMBER, "ICカードと暗証番号で");
  await page.waitForURL((url) => url.pathname === "/patients");
  await page.goto("/menu/identities");
  await page.getByRole("link", { name: `${LABEL}を外す` }).click();
  await page.getByLabel("いまのパスワード").fill(product.account(LOGIN).password);
  await page.getByRole("button", { name: "結び付けを外す" }).click();
  await page.waitForURL("**/menu/identities?done=unlinked");
  await context.close();
  await product.provider.stop();
});
