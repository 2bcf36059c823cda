// The work that follows a post, on the phone of a nurse between two houses.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PC, PHONE } from "../support/people.mjs";
import { menu, post } from "../support/timeline.mjs";
import { journey } from "../support/world.mjs";

const in_days = (days) => new Date(Date.now() + (9 + 24 * days) * 3_600_000).toISOString().slice(0, 10);

journey("a post becomes a task, the task a result, and the colleague sees it", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  await j.api.post("kuwabara", group, "残薬を数えてください。\n来週までで結構です。");
  const her = await j.open("tachibana", `/groups/${group}`, { at: 1, viewport: PHONE });
  await menu(her, post(her, "残薬を数えて"), "やることにする");
  assert.equal(await her.getByLabel("すること").inputValue(), "残薬を数えてください。");
  await her.getByRole("button", { name: "やることを作る" }).click();
  await her.getByText("今日").first().waitFor();
  await her.goto("/");
  await her.getByRole("link", { name: "残薬を数えてください。", exact: true }).click();
  await her.getByLabel("結果").fill("12日分でした。薬局に伝えました。");
  await her.getByRole("button", { name: "対応済にする" }).click();
  await her.getByText("対応済にしました。").waitFor();

  const me = await j.open("kido", `/groups/${group}/tasks`);
  await me.getByRole("link", { name: "残薬を数えてください。" }).click();
  await me.getByText("12日分でした。薬局に伝えました。").first().waitFor();
});

journey("a visit record, its next date in the calendar with one tap, and the page before the next visit", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  const her = await j.open("tachibana", `/groups/${group}/visit-records/new`, { at: 1, viewport: PHONE });
  await her.getByLabel("行ったこと").fill("清拭と、右かかとの処置。");
  await her.getByRole("radio", { name: "あり" }).check();
  await her.getByLabel("変えた内容").fill("処置を隔日にします。");
  await her.getByLabel("留意点").fill("右かかとを浮かせてください。");
  await her.getByLabel("次回の訪問の日").fill(in_days(3));
  await her.getByLabel("時刻(決まっていれば)").fill("10:00");
  await her.getByRole("button", { name: "記録する" }).click();
  await her.getByRole("button", { name: "この日を予定に入れる" }).click();
  await her.getByText("予定を入れました").waitFor();

  // The doctor comes ten minutes after her: the calendar says so.
  const visit = { kind: "medical", date: in_days(3), start: "10:40", end: "11:00" };
  await j.api.create("kuwabara", `/groups/${group}/visits`, visit);
  await her.goto(`/groups/${group}/schedule?week=${in_days(3)}`);
  await her.getByText("訪問が重なるか、間が15分ないところがあります").waitFor();
  assert.equal(await her.locator(".visit .badge.must").count(), 2);
  const width = await her.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= PHONE.width, `${width} px on a phone`);

  await j.api.post("kuwabara", group, "夕方、電話をお願いします。");
  await her.goto(`/groups/${group}/before-visit`);
  await her.getByText("夕方、電話をお願いします。").waitFor();
  await her.getByText("右かかとを浮かせてください。").first().waitFor();
});

journey("the calendar of one's phone gets times and no name", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"], { name: "深海 みえない", kana: "ふかみ みえない" });
  const visit = { kind: "nursing", date: in_days(1), start: "14:00", end: "14:40", note: "鍵は右の箱" };
  await j.api.create("tachibana", `/groups/${group}/visits`, visit);
  // A link that opens without a sign-in is only made by whoever has just shown both factors.
  const context = await j.people.profile({ at: 1, viewport: PHONE });
  const her = await context.newPage();
  await j.people.sign_in(her, "tachibana", "/menu/calendar");
  await her.getByRole("button", { name: "リンクを作る" }).click();
  const address = await her.locator(".feed code").innerText();
  const feed = await fetch(`${j.product.url}${new URL(address).pathname}`);
  assert.equal(feed.status, 200);
  const text = (await feed.text()).replaceAll("\r\n ", "");
  assert.match(text, /SUMMARY:訪問\(看護\)/);
  assert.ok(!text.includes("深海") && !text.includes("鍵"), text);
  await her.goto("/menu/calendar");
  await her.getByRole("button", { name: "リンクを使えなくする" }).click();
  await her.getByRole("button", { name: "リンクを作る" }).waitFor();
  const gone = await fetch(`${j.product.url}${new URL(address).pathname}`);
  assert.equal(gone.status, 404);
  await context.close();
});

journey("a visit of every week from one form, one of them left out, and the month on a PC", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  const her = await j.open("tachibana", `/groups/${group}/schedule`, { at: 1, viewport: PHONE });
  await her.goto(`/groups/${group}/visits/new`);
  await her.getByLabel("だれが行く").selectOption({ index: 1 });
  await her.locator("[name=date]").fill(in_days(1));
  await her.getByLabel("始まり").fill("09:30");
  await her.getByLabel("終わり").fill("10:10");
  await her.getByLabel("毎週・何週ごと").check();
  await her.getByRole("button", { name: "予定を入れる" }).click();
  await her.getByText("予定を入れました").waitFor();

  const week = (days) => her.goto(`/groups/${group}/schedule?week=${in_days(days)}`);
  const visits = her.locator(".calendar a.visit");
  for (const days of [1, 8, 15]) {
    await week(days);
    assert.equal(await visits.count(), 1, `in ${days} days`);
    assert.match(await visits.innerText(), /9:30〜10:10/);
  }
  await week(8);
  await visits.click();
  await her.getByText("この日の訪問を休みにする").click();
  await her.locator("#cancel-reason").fill("入院のため");
  await her.getByRole("button", { name: "休みにする", exact: true }).click();
  await her.getByText("この日の訪問をお休みにしました。").waitFor();
  await week(15);
  assert.equal(await her.getByText("お休み").count(), 0, "only that one");

  const pc = await j.open("kuwabara", `/groups/${group}/schedule?week=${in_days(8)}`, { viewport: PC });
  await pc.locator(".calendar a.visit", { hasText: "お休み" }).waitFor();
  await pc.getByRole("link", { name: "月で見る" }).click();
  await pc.locator(".calendar a.visit", { hasText: "9:30〜10:10" }).first().waitFor();
  const found = [];
  await look_at(pc, "month", found, "work_");
  assert.deepEqual(found, []);
});
