// English screens: asked for by the browser, chosen with the account, and as light and as accessible as the Japanese ones.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PC } from "../support/people.mjs";
import { scales } from "../support/scales.mjs";
import { fresh_code } from "../support/totp.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const JAPANESE = /[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]/;
const language = (page) => page.locator("html").getAttribute("lang");

async function sign_in(j, page, login) {
  const { password, totp_secret } = j.product.account(login);
  await page.goto("/sign-in?next=/menu");
  await page.getByLabel("ID", { exact: true }).fill(login);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Code (6 digits)").fill(await fresh_code(totp_secret));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL("**/menu");
}

journey("the language comes from the browser, changes at a tap, and follows the account", async (j) => {
  const context = await j.people.profile({ locale: "en-GB" });
  const page = await context.newPage();
  await page.goto("/sign-in");
  assert.equal(await language(page), "en");
  await page.getByRole("button", { name: "日本語" }).click();
  await page.getByRole("heading", { name: "サインイン" }).first().waitFor();
  assert.equal(await language(page), "ja");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Sign in" }).first().waitFor();
  await sign_in(j, page, "momoi");
  await page.getByRole("button", { name: "English" }).click();
  await page.waitForURL("**/menu");
  // A browser that asks for Japanese learns the account's choice.
  const other = await j.people.profile();
  const elsewhere = await other.newPage();
  await j.people.sign_in(elsewhere, "momoi", "/menu");
  assert.equal(await language(elsewhere), "en");
  await elsewhere.getByRole("button", { name: "日本語" }).click();
  await until("it is Japanese again", async () => (await language(elsewhere)) === "ja");
  await Promise.all([context.close(), other.close()]);
}, { expected: [/status of 401/] });

journey("a nurse works in English: the scripts speak it too, and the page stays light", async (j) => {
  const { id: group } = j.product.group("小野寺 ハル子");
  const context = await j.people.profile({ locale: "en-GB", viewport: PC });
  const page = await context.newPage();
  await sign_in(j, page, "igarashi");
  const weigh = await scales(context, page);
  await page.goto(`/groups/${group}`);
  await until("scripts are there", () => page.streaming);
  const { all, script } = weigh();
  j.t.diagnostic(`timeline in English ${all} bytes (script ${script})`);
  assert.ok(all <= 100_000 && script <= 60_000, `${all} bytes`);
  await page.getByRole("textbox", { name: "Write to the team" }).fill("Visited today. All is well.");
  await page.getByText("Draft saved").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("article.post", { hasText: "All is well." }).waitFor();
  await context.close();
});

journey("pages in English are accessible and no wider than the screen", async (j) => {
  const { id: group } = j.product.group("小野寺 ハル子");
  const { patient_id: patient } = await j.api.get("igarashi", `/groups/${group}`);
  const context = await j.people.profile({ locale: "en-GB" });
  const page = await context.newPage();
  await sign_in(j, page, "igarashi");
  const found = [];
  const paths = ["/", "/groups", `/groups/${group}`, `/patients/${patient}/face-sheet`, `/patients/${patient}/vitals`, `/groups/${group}/members`,
    `/groups/${group}/schedule`, "/notices", "/menu", "/menu/notifications"];
  for (const path of paths) {
    await page.goto(path);
    assert.ok(!JAPANESE.test((await page.title()).replace(/.*\|/, "")), path);
    await look_at(page, path, found, "english_");
  }
  await context.close();
  assert.deepEqual(found, []);
}, { timeout: 300_000 });
