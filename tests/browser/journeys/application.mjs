// A facility comes in: from the application to the first post, with a secretariat between, over real letters.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PC } from "../support/people.mjs";
import { post, write } from "../support/timeline.mjs";
import { fresh_code } from "../support/totp.mjs";
import { until } from "../support/wait.mjs";
import { answered, journey } from "../support/world.mjs";

const MAIL = "shirayuri@example.jp";
const NAME = "訪問看護ステーション 白百合の丘 ことり市東部事業所";

async function looked_at(page, name, found) {
  await look_at(page, name, found, "application");
  await page.setViewportSize(PC);
}

async function apply(page, found) {
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "利用を申請" }).click();
  await page.waitForURL("**/facility-applications/new");
  await looked_at(page, "new", found);
  await page.getByLabel("施設の種別").selectOption({ label: "訪問看護ステーション" });
  await page.getByLabel("施設の名称").fill(NAME);
  await page.getByLabel("名称のふりがな").fill("ほうもんかんごすてーしょん しらゆりのおか");
  await page.getByLabel("郵便番号").fill("０００-００００");
  await page.getByLabel("所在地").fill("架空県ことり市東 0丁目7番1号");
  await page.getByLabel("電話番号").fill("000-000");
  await page.locator("#region").selectOption({ label: "ことり市医師会" });
  await page.getByLabel("責任者の氏名").fill("白石 ゆりえ");
  await page.getByLabel("氏名のふりがな").fill("しらいし ゆりえ");
  await page.getByLabel("責任者の職種").selectOption({ label: "看護師" });
  await page.getByLabel("責任者のメールアドレス").fill(MAIL);
  await page.getByLabel("誓約を読みました").check();
  await page.getByRole("button", { name: "申請する" }).click();
  await page.getByText("電話番号を市外局番から").first().waitFor();
  assert.equal(await page.getByLabel("施設の名称").inputValue(), NAME, "what was typed stays");
  await looked_at(page, "new refused", found);
  await page.getByLabel("電話番号").fill("000-0000-0000");
  await page.getByRole("button", { name: "申請する" }).click();
  await page.getByRole("heading", { name: "確認のメールを送りました" }).waitFor();
  await looked_at(page, "sent", found);
}

/** The secretariat's page of the application. */
async function review(j, found) {
  const context = await j.people.profile();
  const page = await context.newPage();
  await j.people.sign_in_at_the_console(page, j.product.described.secretariat);
  await looked_at(page, "office", found);
  for (const [name, word] of [["facilities", "施設"], ["policies", "方針の版"], ["notices", "お知らせ"], ["queue", "利用申請"]]) {
    await page.getByRole("navigation", { name: "地域事務局の画面" }).getByRole("link", { name: word, exact: true }).click();
    await page.locator("h1").waitFor();
    await looked_at(page, `office ${name}`, found);
  }
  await page.getByRole("link", { name: NAME }).click();
  await page.getByRole("heading", { name: NAME }).waitFor();
  await looked_at(page, "office application", found);
  return page;
}

async function ask(j, office, applicant, found) {
  await office.getByText("申請した人に尋ねる").click();
  await office.getByLabel("尋ねること").fill("事業所番号を教えてください。");
  await office.getByRole("button", { name: "尋ねる", exact: true }).click();
  await office.getByText("尋ねました。").waitFor();
  await applicant.goto(await j.mail.link(MAIL, 2));
  await applicant.getByText("事業所番号を教えてください。").waitFor();
  await looked_at(applicant, "asked", found);
  await applicant.getByLabel("答え").fill("0000000000 です。");
  await applicant.getByRole("button", { name: "答えを送る" }).click();
  await applicant.getByText("審査しています").waitFor();
}

async function approve(office, found) {
  await office.reload();
  await office.getByText("0000000000 です。").waitFor();
  await office.getByRole("button", { name: "承認する" }).click();
  await office.getByText("まだ印のないものがあります").first().waitFor();
  // Each one ticked takes its button from the open ones to the ticked ones.
  const open = office.getByRole("button", { name: /」確かめた$/ });
  const ticked = office.getByRole("button", { name: /」印を外す$/ });
  const all = await open.count();
  for (let n = 1; n <= all; n++) {
    await open.first().click();
    await until("it is ticked", async () => (await ticked.count()) === n);
  }
  await office.getByRole("button", { name: "承認する" }).click();
  await office.getByText("承認しました。").waitFor();
  await looked_at(office, "office approved", found);
}

async function become_admin(j, page, found) {
  await page.goto(await j.mail.link(MAIL, 3));
  await page.getByRole("heading", { name: "最初の管理者になる" }).waitFor();
  await looked_at(page, "first admin", found);
  assert.equal(await page.getByLabel("氏名").inputValue(), "白石 ゆりえ");
  await page.locator("#login_id").fill("yurie.shiraishi");
  await page.locator("#password").fill("oka-no-ue-7-fune");
  await page.getByLabel("パスワードをもう一度").fill("oka-no-ue-7-fune");
  await page.getByRole("button", { name: "アカウントを作る" }).click();
  await page.waitForURL("**/enrol");
  await page.getByText("読み取れないとき").click();
  const key = (await page.locator(".key code").innerText()).replace(/\s/g, "");
  await page.getByLabel("確認コード(6けた)").fill(await fresh_code(key));
  await page.getByRole("button", { name: "登録する", exact: true }).click();
  await page.getByLabel("10個の回復コードを").check();
  await page.getByRole("button", { name: "控えたので進む" }).click();
  await page.getByRole("button", { name: "同意して進む" }).click();
  await page.getByRole("navigation").first().waitFor();
}

async function first_post(page) {
  await page.goto("/patients/new");
  await page.getByLabel("名前").fill("白川 はじめ");
  await page.getByLabel("ふりがな").fill("しらかわ はじめ");
  await page.getByLabel("つづけてグループを開く").check();
  await page.getByRole("button", { name: "登録する", exact: true }).click();
  await page.waitForURL("**/open-group");
  await page.getByLabel("ホスト").selectOption({ index: 1 }).catch(() => {});
  await page.getByRole("button", { name: /開く/ }).click();
  await page.waitForURL(/\/groups\/[0-9a-f-]{36}/);
  await page.goto(new URL(page.url()).pathname.match(/^\/groups\/[0-9a-f-]{36}/)[0]);
  await write(page, "最初の訪問です。お元気でした。");
  await post(page, "最初の訪問です。お元気でした。").waitFor();
}

journey(
  "a facility applies, confirms its mail, is reviewed, and its first admin writes the first post",
  async (j) => {
    const found = [];
    const applicant = await (await j.people.profile()).newPage();
    await apply(applicant, found);
    const status = await j.mail.link(MAIL, 1);
    await applicant.goto(status);
    await looked_at(applicant, "unconfirmed", found);
    await applicant.getByRole("button", { name: "メールアドレスを確かめて" }).click();
    await applicant.getByText("審査しています").waitFor();
    const office = await review(j, found);
    await ask(j, office, applicant, found);
    await approve(office, found);
    await become_admin(j, applicant, found);
    await first_post(applicant);
    // The facility reads and accepts the policy of its region; the secretariat counts, and never reads.
    await applicant.goto("/facility/region");
    await applicant.getByRole("button", { name: "施設として同意する" }).click();
    await applicant.getByText("ことり市医師会・方針 第1版").waitFor();
    await looked_at(applicant, "region", found);
    await office.goto("/operator/facilities");
    const row = office.getByRole("row", { name: new RegExp(NAME) });
    assert.match(await row.innerText(), /第1版に同意\s+1\s+1\s+1\s+0/);
    assert.equal(await office.getByText("白川").count(), 0);
    // A link that was used opens nothing, and what is not of the region is not there.
    const other = await (await j.people.profile()).newPage();
    await other.goto(await j.mail.link(MAIL, 3));
    await other.getByText("もう使われました").waitFor();
    await office.goto("/operator/regions");
    await office.getByText("見つかりません").first().waitFor();
    assert.deepEqual(found, []);
    for (const page of [applicant, office, other]) await page.context().close();
  },
  { expected: [answered(404, 409, 410, 422)], timeout: 300_000 },
);
