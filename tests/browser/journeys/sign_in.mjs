// Signing in: two factors, one message for everything wrong, codes that work once, devices that are remembered.
import assert from "node:assert/strict";
import { fresh_code, wrong_code } from "../support/totp.mjs";
import { answered, journey } from "../support/world.mjs";

const WRONG = "IDかパスワード、または確認コードが違います。";
const CODE = "確認コード(6けた)";

async function send_code(page, code) {
  await page.getByLabel(CODE).fill(code);
  await page.getByRole("button", { name: "サインイン" }).click();
}

journey(
  "sign-in takes a password and a code, each code once, and remembers a device",
  async ({ people, product }) => {
    const { totp_secret } = product.account("momoi");
    const context = await people.profile();
    const page = await context.newPage();

    await page.goto("/sign-in?next=/patients");
    await people.first_step(page, "momoi");
    await send_code(page, wrong_code(totp_secret));
    await page.getByRole("alert").getByText(WRONG).waitFor();

    const code = await fresh_code(totp_secret);
    await page.getByLabel("この端末を覚える(30日)").check();
    await send_code(page, code);
    await page.waitForURL((url) => url.pathname === "/patients");

    await page.evaluate(() => fetch("/sign-out", { method: "POST" }));
    await page.goto("/patients");
    assert.match(page.url(), /\/sign-in/, "signed out");

    await people.first_step(page, "momoi");
    await page.waitForURL((url) => url.pathname === "/patients");

    const stranger = await people.profile({ at: 1 });
    const elsewhere = await stranger.newPage();
    await elsewhere.goto("/sign-in?next=/patients");
    await people.first_step(elsewhere, "momoi");
    await send_code(elsewhere, code);
    await elsewhere.getByRole("alert").getByText(WRONG).waitFor();
    await send_code(elsewhere, await fresh_code(totp_secret));
    await elsewhere.waitForURL((url) => url.pathname === "/patients");

    await Promise.all([context.close(), stranger.close()]);
  },
  { expected: [answered(401)] },
);

journey(
  "a wrong password and an unknown ID get the same words, and what leads elsewhere is ignored",
  async ({ people }) => {
    const context = await people.profile();
    const page = await context.newPage();
    for (const login_id of ["momoi", "nobody-of-that-name"]) {
      await page.goto("/sign-in?next=https://elsewhere.example/");
      const ways = await page.locator('input[name="next"]').evaluateAll((fields) => fields.map((field) => field.value));
      assert.deepEqual([...new Set(ways)], ["/"]);
      await page.getByLabel("ID", { exact: true }).fill(login_id);
      await page.getByLabel("パスワード").fill("machigatta-kotoba-9");
      await page.getByRole("button", { name: "次へ" }).click();
      await page.getByRole("alert").getByText(WRONG).waitFor();
      assert.equal(await page.getByLabel("パスワード").inputValue(), "", "a password never comes back");
    }
    await context.close();
  },
  { expected: [answered(401)] },
);
