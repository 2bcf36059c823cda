// Coming in: invited on a PC, joined on a phone; and a list of fifty with three bad lines.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { fresh_code } from "../support/totp.mjs";
import { answered, journey } from "../support/world.mjs";

const PASSWORD = "tsuki-mado-9-hagi";
const INVITE = "/facility/staff/invitations/new";

/** An admin of the sample region. */
const admin_of = (product) => product.described.accounts.find((a) => a.roles.includes("facility_admin"));

journey(
  "an invited nurse comes in on her phone: password, app, contact, terms, first page",
  async ({ open, people, product }) => {
    const admin = admin_of(product);
    const desk = await open(admin.login_id, "/facility");
    await desk.getByRole("link", { name: "スタッフを招待する" }).click();
    await desk.getByRole("link", { name: "1人を招待する" }).click();
    await desk.getByLabel("氏名").fill("長曽我部 ジャクリーン 由紀");
    await desk.getByLabel("ふりがな").fill("ちょうそかべ ジャクリーン ゆき");
    await desk.getByLabel("職種").selectOption("nurse");
    await desk.getByRole("button", { name: "招待のリンクを作る" }).click();
    await desk.locator(".qr svg").waitFor();
    assert.equal(new URL(desk.url()).pathname, INVITE, "a reload shows the same link");
    const link = await desk.locator(".link-text code").innerText();

    const context = await people.profile({ at: 1, viewport: PHONE });
    const phone = await context.newPage();
    await phone.goto(new URL(link).pathname);
    await phone.getByText("長曽我部 ジャクリーン 由紀（").waitFor();
    const found = [];
    await look_at(phone, "join", found, "joining_");
    assert.equal(await phone.locator("#login_id").inputValue(), "yuki.chousokabe");

    // A slip keeps what was typed, and uses nothing up.
    await phone.getByLabel("電話番号").fill("090-0000-0000");
    await phone.locator("#password").fill("kotori-1");
    await phone.locator("#password_again").fill("kotori-1");
    await phone.getByLabel(/わたしは 長曽我部/).check();
    await phone.getByRole("button", { name: "登録して、アプリ認証へ進む" }).click();
    await phone.getByRole("alert").getByText("13文字以上").waitFor();
    await look_at(phone, "join_refused", found, "joining_");
    assert.equal(await phone.getByLabel("電話番号").inputValue(), "090-0000-0000");

    await phone.locator("#password").fill(PASSWORD);
    await phone.locator("#password_again").fill(PASSWORD);
    await phone.getByRole("button", { name: "登録して、アプリ認証へ進む" }).click();
    await phone.waitForURL("**/enrol");
    await phone.getByText("読み取れないとき").click();
    const key = (await phone.locator("p.key code").innerText()).replaceAll(" ", "");
    await phone.getByLabel("確認コード(6けた)").fill(await fresh_code(key));
    await phone.getByRole("button", { name: "登録する", exact: true }).click();
    await phone.getByText("10個の回復コードを").check();
    await phone.getByRole("button", { name: "控えたので進む" }).click();
    // The terms, where the deployment demands any.
    await phone.waitForURL((url) => ["/welcome/notices", "/terms"].includes(url.pathname));
    if (new URL(phone.url()).pathname === "/terms") {
      for (const box of await phone.getByRole("checkbox").all()) await box.check();
      await phone.getByRole("button", { name: "読みました。同意して進む" }).click();
    }
    // Three steps, once; each may be left for later.
    for (const step of ["notices", "protection", "practice"]) {
      await phone.waitForURL((url) => url.pathname === `/welcome/${step}`);
      await look_at(phone, `welcome_${step}`, found, "joining_");
      await phone.getByRole("button", { name: step === "protection" ? "済んだので、次へ" : "あとでする" }).click();
    }
    await phone.waitForURL((url) => url.pathname === "/");
    await phone.goto("/welcome");
    assert.equal(await phone.getByText("あとでにしました").count(), 2);
    await phone.goto("/menu/contact");
    await phone.getByText("090-0000-0000").first().waitFor();

    // The link is dead, and she is one of the staff.
    const gone = await phone.goto(new URL(link).pathname);
    assert.equal(gone.status(), 410);
    await look_at(phone, "join_gone", found, "joining_");
    await look_at(desk, "invitation_made", found, "joining_");
    assert.deepEqual(found, []);
    await desk.goto("/facility");
    await desk.getByText("長曽我部 ジャクリーン 由紀").first().waitFor();
    await context.close();
  },
  { expected: [answered(410, 422)], timeout: 180_000 },
);

/** Fifty people, three of whom cannot be invited. */
function list() {
  const kana = [..."あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめも"];
  const lines = ["氏名,ふりがな,職種,ID,メール,管理者"];
  for (let n = 0; n < 50; n += 1) {
    const reading = kana[n % kana.length] + kana[Math.floor(n / kana.length)];
    if (n === 7) lines.push("試験 七,しけん なな,魔法使い,,,");
    else if (n === 23) lines.push("試験 廿三,SHIKEN,看護師,,,");
    else if (n === 41) lines.push("試験 四一,しけん よんいち,看護師,,yon@,");
    else lines.push(`"試験, ${n}号",しけん ${reading},看護師,,,`);
  }
  return lines.join("\r\n");
}

journey("a list of fifty with three bad lines: said line by line, then forty-seven links", async ({ open, product }) => {
  const admin = admin_of(product);
  const page = await open(admin.login_id, "/facility/staff/invitations/csv");
  await page.getByLabel("CSVファイル").setInputFiles({ name: "staff.csv", mimeType: "text/csv", buffer: Buffer.from(list()) });
  await page.getByRole("button", { name: "内容を確かめる" }).click();
  await page.getByText("50行のうち、招待できるのは47人です").waitFor();
  const found = [];
  await look_at(page, "list_checked", found, "joining_");
  for (const line of ["9行目", "25行目", "43行目"]) await page.locator("table").first().getByText(line, { exact: true }).waitFor();
  const beside = await open(admin.login_id, "/facility/staff/invitations");
  assert.equal(await beside.getByText("試験, 0号").count(), 0, "nothing was made");
  await page.getByRole("button", { name: "47人を招待する" }).click();
  await page.getByText("47人を招待しました").waitFor();
  assert.equal(await page.locator(".link-text code").count(), 47);
  await look_at(page, "list_made", found, "joining_");
  assert.deepEqual(found, []);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "リンクをCSVで保存" }).click();
  assert.equal((await saving).suggestedFilename(), "staff-links.csv");
  await page.getByRole("button", { name: "手渡す紙を出す" }).click();
  await page.locator(".handout").first().waitFor();
  assert.equal(await page.locator(".handout .qr svg").count(), 47);
}, { timeout: 180_000 });
