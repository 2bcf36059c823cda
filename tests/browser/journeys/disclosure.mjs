// The disclosure and what it stands on: walked through as operator, as staff, and as somebody from outside.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PC } from "../support/people.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

/** A signed-in operator's page. One context for all journeys: a code works once. */
let desk;
async function at_the_console(j, path) {
  if (!desk) {
    desk = await j.people.profile();
    const page = await desk.newPage();
    await j.people.sign_in_at_the_console(page, j.product.described.operator);
    await page.close();
  }
  const page = await desk.newPage();
  await page.goto(path);
  return page;
}

journey("a new version of the terms is published, its difference read and accepted; until then nothing else opens", async (j) => {
  const nurse = await j.open("igarashi", "/groups");
  const operator = await at_the_console(j, "/operator/policies/terms");
  const body = operator.getByLabel("本文");
  await body.fill(`${await body.inputValue()}\n\n## 9. 追加\n雷の日は窓から離れてください。`);
  await operator.getByLabel("変わったところ").fill("雷の日の約束を加えました");
  await operator.getByRole("button", { name: "版を公開する" }).click();
  await operator.getByText("公開しました。").waitFor();

  await nurse.goto("/groups");
  assert.equal(new URL(nurse.url()).pathname, "/terms");
  await nurse.getByText("雷の日の約束を加えました").waitFor();
  await nurse.locator(".difference .is", { hasText: "雷の日は窓から離れてください。" }).waitFor();
  assert.equal(await nurse.locator(".difference .was").count(), 0, "nothing went");
  const found = [];
  await look_at(nurse, "terms", found, "");
  assert.deepEqual(found, []);
  await j.api.get("igarashi", "/groups", 403);
  await nurse.setViewportSize(PC);
  await nurse.getByRole("button", { name: "同意して進む" }).click();
  await nurse.waitForURL("**/groups");

  await operator.getByRole("link", { name: /第2版/ }).click();
  await operator.getByText("五十嵐 みずほ").waitFor();
  await operator.locator(".difference .is", { hasText: "雷の日" }).waitFor();
  await operator.close();
  // Everybody else accepts, so that the journeys after this one go on.
  for (const { login_id } of j.product.described.accounts) {
    // Some have lost their session on the way.
    const { items = [] } = await j.api.get(login_id, "/terms", [200, 401]);
    for (const { id } of items) await j.api.create(login_id, `/terms/${id}/acceptance`);
  }
}, { timeout: 120_000 });

journey("from outside: the disclosure, the diagram, the operating rules and the leaflet", async (j) => {
  const context = await j.people.profile();
  const page = await context.newPage();
  const found = [];
  for (const path of ["/disclosure", "/disclosure/operating-rules", "/disclosure/leaflet", "/policies/terms"]) {
    await page.goto(path);
    await look_at(page, path, found, "public");
  }
  assert.deepEqual(found, []);
  await page.setViewportSize(PC);
  await page.goto("/disclosure");
  for (const heading of ["1-1 ", "1-4 ", "2-2 ", "2-13 ", "付録A", "付録B"]) await page.locator("h2", { hasText: heading }).waitFor();
  await page.locator("svg.system .name", { hasText: "データベース" }).waitFor();
  const blind = page.locator("tr", { hasText: "目的外の利用や、のぞき見の禁止" });
  await blind.last().locator(".no").waitFor();
  assert.match(await blind.last().innerText(), /root/, "with a key in a file it says so");
  await page.goto("/disclosure/operating-rules");
  await page.getByText("操作がないと15分で画面がロックされる").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Markdown" }).click()]);
  assert.equal(download.suggestedFilename(), "operating-rules.md");
  await context.close();
}, { timeout: 240_000 });

journey("the operator walks through risks, system, register and papers, and publishes an edition", async (j) => {
  const page = await at_the_console(j, "/operator/disclosure");
  const found = [];
  const paths = [
    "",
    "/policies",
    "/policies/terms",
    "/policies/terms/versions/1",
    "/register",
    "/register/new/person",
    "/papers",
    "/risks",
    "/system",
    "/works",
    "/work-orders",
    "/work-orders/new",
    "/regions",
    "/recoveries",
    "/applications",
    "/checklist",
    "/masters",
    "/templates",
    "/templates/new",
    "/facilities",
    "/watch",
    "/disclosure",
  ];
  for (const path of paths) {
    await page.goto(`/operator${path}`);
    await look_at(page, `operator${path}`, found, "");
  }
  assert.deepEqual(found, []);
  await page.setViewportSize(PC);
  await page.getByLabel("変わったところ").fill("最初の公開");
  await page.getByRole("button", { name: "版を公開する" }).click();
  await page.getByText("版を公開しました。").waitFor();
  await page.goto("/disclosure/editions/1");
  await page.locator("h1", { hasText: "安全管理に関する情報提供" }).waitFor();
  await page.goto("/operator/risks");
  await page.locator("h2", { hasText: "R-05" }).waitFor();
  await page.close();
}, { timeout: 300_000 });

journey("work is announced before it begins, stands on the status for everybody, and is called off", async (j) => {
  const operator = await at_the_console(j, "/operator/works");
  const local = (hours) => new Date(Date.now() + (hours + 9) * 3_600_000).toISOString().slice(0, 16);
  await operator.getByLabel("始まり").fill(local(-1));
  await operator.getByLabel("終わり").fill(local(29));
  await operator.getByLabel("何をするか").fill("雷の夜の点検");
  await operator.getByRole("button", { name: "お知らせする" }).click();
  await operator.getByText("24時間より先にしてください").first().waitFor();
  assert.equal(await operator.getByLabel("何をするか").inputValue(), "雷の夜の点検", "what was typed stays");
  await operator.getByLabel("始まり").fill(local(28));
  await operator.getByRole("button", { name: "お知らせする" }).click();
  await operator.getByText("お知らせしました。").waitFor();
  const context = await j.people.profile();
  const page = await context.newPage();
  // The page is gathered once a minute.
  const shown = (there) => async () => {
    await page.goto("/status");
    return (await page.getByText("雷の夜の点検").count() > 0) === there;
  };
  await until("the work stands on the status", shown(true), 90_000);
  await page.getByRole("heading", { name: "これからの作業" }).waitFor();
  await operator.getByRole("button", { name: "取りやめる" }).click();
  await operator.getByText("終えました。").waitFor();
  await until("it is gone from the status", shown(false), 90_000);
  await context.close();
  await operator.close();
}, { expected: [/status of 422/], timeout: 240_000 });
