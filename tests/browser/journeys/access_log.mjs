// The access log as the facility's admin uses it: who opened which chart, whose records were shown, the month's review; and what a relative is told.
import assert from "node:assert/strict";
import { sql } from "../support/database.mjs";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { until } from "../support/wait.mjs";
import { journey } from "../support/world.mjs";

const LONG = { timeout: 300_000 };

/** The facility that manages the sample's patient with a daughter, and one of its admins. */
async function manager(j) {
  const { id: group } = j.product.group("小野寺");
  const facility = await sql(j.product, `SELECT facility_id FROM care.groups WHERE id = '${group}'`);
  const admins = j.product.described.accounts.filter((a) => a.facility_id === facility && a.roles.includes("facility_admin"));
  assert.ok(admins.length > 0, "the facility has an admin");
  return { group, facility, admin: admins[0].login_id };
}

/** As if this month were over: the sample's people have worked in it. */
const ask_to_look = (j, facility) =>
  sql(
    j.product,
    `INSERT INTO care.access_review SELECT '${facility}', date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo')::date, now(), now() + interval '14 days' ON CONFLICT DO NOTHING;
     SELECT to_char(month, 'YYYY-MM') FROM care.access_review WHERE facility_id = '${facility}' ORDER BY month DESC LIMIT 1`,
  );

journey("an admin asks the log who opened which chart, and whose records somebody was shown", async (j) => {
  const { admin } = await manager(j);
  const found = [];
  const page = await j.open(admin, "/facility/access-log");
  await look_at(page, "log", found, "access_log");
  await page.getByRole("link", { name: "患者さんごとの回数" }).click();
  await page.getByRole("heading", { name: /人の記録が、.*回開かれました/ }).waitFor();
  await look_at(page, "charts", found, "access_log");
  await page.locator(".counts a").first().click();
  await page.getByRole("heading", { name: /様の記録を開いた人/ }).waitFor();
  await look_at(page, "readers", found, "access_log");
  await page.locator(".counts a").first().click();
  await page.getByRole("heading", { name: /^記録 / }).waitFor();
  await page.goto("/facility/access-log/shown");
  await page.getByRole("button", { name: "調べる" }).click();
  await page.getByText("人か端末を選んでください。").first().waitFor({ timeout: 2_000 }).catch(() => {});
  const people = page.getByLabel("人", { exact: true });
  await people.selectOption({ index: 1 });
  await page.getByRole("button", { name: "調べる" }).click();
  await page.getByRole("heading", { name: /見られた患者さん/ }).first().waitFor();
  await look_at(page, "shown", found, "access_log");
  const saved = page.waitForEvent("download");
  await page.goto("/facility/access-log");
  await page.getByRole("link", { name: "FHIRのAuditEventで保存" }).click();
  assert.equal((await saved).suggestedFilename(), "audit-events.ndjson");
  assert.deepEqual(found, []);
}, LONG);

journey("an admin looks at the month's figures and signs", async (j) => {
  const { admin, facility } = await manager(j);
  const month = await ask_to_look(j, facility);
  const found = [];
  const page = await j.open(admin, "/notices");
  await page.getByText("アクセス記録を点検してください").waitFor();
  await look_at(page, "notices", found, "access_log");
  await page.getByRole("link", { name: "数字を見る" }).click();
  await page.getByRole("heading", { name: "署名する" }).waitFor();
  await look_at(page, "month", found, "access_log");
  await page.getByLabel("確かめたこと（書かなくてもかまいません）").fill("夜間の閲覧は、当番の看護師の訪問と合っていました。");
  await page.getByRole("button", { name: "数字を確かめました（署名する）" }).click();
  await page.getByText("署名しました。数字も、いまのまま残しました。").waitFor();
  await page.getByText("夜間の閲覧は、当番の看護師の訪問と合っていました。").waitFor();
  await look_at(page, "signed", found, "access_log");
  await page.goto("/facility/access-reviews");
  await page.getByText(/署名しました・/).waitFor();
  await look_at(page, "reviews", found, "access_log");
  assert.match(month, /^\d{4}-\d{2}$/);
  assert.deepEqual(found, []);
}, LONG);

journey("a facility lets the family see who read, and the daughter sees days and no times", async (j) => {
  const { admin, facility, group } = await manager(j);
  const found = [];
  const page = await j.open(admin, "/facility/reader-policy");
  await page.getByText("いまは見せていません。").waitFor();
  await page.getByLabel("患者さん・ご家族に見せる").check();
  await page.getByLabel("お名前も見せる").check();
  await page.getByLabel("何を見たかも見せる").check();
  await page.getByLabel("理由").fill("患者会の要望で、連携先に知らせたうえで始めます。");
  await page.getByRole("button", { name: "この決まりにする" }).click();
  await page.getByText("この決まりにしました。").waitFor();
  await look_at(page, "policy", found, "access_log");
  // The policy has stood for forty days.
  await sql(
    j.product,
    `SELECT guard.open_window('1 minute', 'journey'); ALTER TABLE care.reader_policy DISABLE TRIGGER no_row_change;
     UPDATE care.reader_policy SET at = now() - interval '40 days' WHERE facility_id = '${facility}';
     ALTER TABLE care.reader_policy ENABLE ALWAYS TRIGGER no_row_change; SELECT guard.close_windows()`,
  );
  await sql(
    j.product,
    `INSERT INTO care.access_event (id, at, act, account_id, account, facility_id, owner_facility_id, group_id, patient_id, leaf)
     SELECT gen_random_uuid(), now() - make_interval(days => n), a.act, m.account_id, p.version, m.facility_id, g.facility_id, g.id, g.patient_id, sha256('')
     FROM care.groups g JOIN care.membership m ON m.group_id = g.id AND m.ended_at IS NULL JOIN care.person_now p ON p.account_id = m.account_id
     CROSS JOIN (VALUES (3, 'viewed_timeline'), (3, 'viewed_face_sheet'), (5, 'viewed_file')) a(n, act) WHERE g.id = '${group}'`,
  );
  const context = await j.people.profile({ at: 1, viewport: PHONE });
  const phone = await context.newPage();
  await j.people.sign_in_as_a_relative(phone, "mika");
  await phone.getByText("小野寺 ハル子 様").first().waitFor();
  await phone.getByRole("link", { name: "だれが 見たか" }).click();
  await phone.getByRole("heading", { name: "だれが 記録を 見たか" }).waitFor();
  await phone.getByText("毎日の 記録").first().waitFor();
  assert.doesNotMatch(await phone.locator("main").innerText(), /\d{1,2}:\d{2}/, "no time of day");
  await look_at(phone, "who_read", found, "access_log");
  const tab = await j.open(admin, `/groups/${group}/family`).catch(() => undefined);
  if (tab && (await tab.getByText("日おくれて見られます").count()) > 0) await look_at(tab, "team", found, "access_log");
  // Off again, at once.
  await page.goto("/facility/reader-policy");
  await page.getByLabel("患者さん・ご家族に見せる").uncheck();
  await page.getByLabel("理由").fill("見直します。");
  await page.getByRole("button", { name: "この決まりにする" }).click();
  await page.getByText("いまは見せていません。").first().waitFor();
  const answer = await phone.goto(`/family/${group}/who-read`);
  assert.equal(answer.status(), 404);
  await context.close();
  assert.deepEqual(found, []);
}, { ...LONG, expected: [/status of 404/] });

journey("how long a chart was on the screen stands in the log, and what is printed stands there first", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  const page = await j.open("tachibana", `/patients/${patient}/face-sheet`);
  const rows = (act) => sql(j.product, `SELECT count(*) FROM care.access_event WHERE act = '${act}' AND patient_id = '${patient}'`);
  await page.waitForTimeout(1_500);
  await page.goto(`/groups/${group}`);
  await until("the browser has told how long", async () => (await rows("viewing_page")) === "1");
  // Our own button: the log first, then the printer.
  await page.evaluate(() => {
    globalThis.printed = 0;
    globalThis.print = () => (globalThis.printed += 1);
  });
  const button = page.locator('button[data-act="print"]').first();
  await page.evaluate(() => {
    const menus = document.querySelectorAll("details");
    for (const menu of menus) menu.open = true;
  });
  await button.click();
  await until("it is printed", () => page.evaluate(() => globalThis.printed === 1));
  assert.equal(await rows("printed_page"), "1");
  // What cannot be written down is not printed by it.
  await page.context().setOffline(true);
  await button.click();
  await page.getByText("印刷したことを記録できないので、印刷を始めません。").waitFor();
  assert.equal(await page.evaluate(() => globalThis.printed), 1);
  await page.context().setOffline(false);
}, { ...LONG, expected: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|Failed to load resource/] });
