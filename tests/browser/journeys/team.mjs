// A team comes together across facilities, by hand: register, open, invite, accept, approve.
import assert from "node:assert/strict";
import { live, post, write } from "../support/timeline.mjs";
import { journey } from "../support/world.mjs";

/** The three steps of an invitation; leaves the page that shows the link. */
async function invite(j, page, group, login) {
  const { facility, name } = j.product.account(login);
  await page.goto(`/groups/${group}/invitations/new`);
  await page.getByRole("searchbox").fill(facility.slice(0, 6));
  await page.getByRole("button", { name: "探す" }).click();
  await page.getByRole("link", { name: facility }).click();
  await page.getByRole("searchbox", { name: "人を探す" }).fill(name.split(" ")[0]);
  await page.getByRole("button", { name: "探す" }).click();
  await page.getByRole("link", { name: `${name}さんを選ぶ` }).click();
  await page.getByRole("button", { name: "招待する" }).click();
  await page.getByText("招待しました", { exact: true }).waitFor();
  return page.getByLabel("リンク", { exact: true }).inputValue();
}

journey("an admin registers a patient and opens the group; a team of three facilities comes in", async (j) => {
  const admin = await j.open("kayano", "/patients/new");
  await admin.getByLabel("名前").fill("若葉 こころみ");
  await admin.getByLabel("ふりがな").fill("わかば こころみ");
  await admin.getByLabel("生年月日").fill("1941-02");
  await admin.getByRole("button", { name: "登録する" }).click();
  await admin.waitForURL("**/open-group");
  await admin.getByLabel("ホスト").selectOption(await j.api.id("kuwabara"));
  await admin.getByRole("button", { name: "グループを開く" }).click();
  await admin.waitForURL(/\/groups\/[0-9a-f-]{36}/);
  const group = new URL(admin.url()).pathname.split("/")[2];

  // Own staff, by the admin: joins at once, in the product.
  await invite(j, admin, group, "tokiwa");
  const tokiwa = await j.open("tokiwa", "/notices", { at: 1 });
  await tokiwa.getByRole("link", { name: "茅野 みどりさんの招待を見る" }).first().click();
  await tokiwa.getByRole("button", { name: "参加する" }).click();
  await tokiwa.waitForURL(`**/groups/${group}`);

  // Another facility, by the admin, by the link: the host has to approve.
  const link = await invite(j, admin, group, "tachibana");
  const tachibana = await j.open("tachibana", new URL(link).pathname, { at: 1 });
  assert.equal(await tachibana.getByText("若葉").count(), 0, "not named before the approval");
  await tachibana.getByRole("button", { name: "参加する" }).click();
  await tachibana.getByText("ホストの承認を待っています").first().waitFor();
  assert.equal((await tachibana.goto(`/groups/${group}`)).status(), 404);

  const host = await j.open("kuwabara", "/notices");
  await host.getByRole("button", { name: "橘 志保さんを承認する" }).first().click();
  await host.waitForURL(`**/groups/${group}/members*`);
  await host.getByRole("listitem").filter({ hasText: "橘 志保" }).first().waitFor();

  // Once for one person: the link is spent.
  const again = await j.open("tokiwa", new URL(link).pathname, { at: 1 });
  await again.getByText("この招待は使えません").waitFor();

  await tachibana.goto(`/groups/${group}`);
  await tokiwa.goto(`/groups/${group}`);
  await live(tokiwa);
  await write(tachibana, "はじめまして。木曜に伺います。");
  await post(tokiwa, "木曜に伺います").waitFor();
  await j.api.get("kayano", `/groups/${group}/posts`, 404); // the admin is no member and reads nothing
}, { expected: [/status of 404/], timeout: 90_000 });

journey("the host removes a member by hand; her open page goes blank within a second", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  await j.api.post("kuwabara", group, "今朝の食事は全量。");
  const her = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await post(her, "全量").waitFor();
  await live(her);
  const host = await j.open("kuwabara", `/groups/${group}/members`);
  await host.getByRole("link", { name: "橘 志保さんを外す" }).click();
  await host.getByLabel("外す理由").fill("担当の交代");
  await host.getByRole("button", { name: "グループから外す" }).click();
  await her.getByRole("heading", { name: "このグループの表示を終えました" }).waitFor();
  const left = await her.evaluate(() => document.documentElement.textContent);
  assert.ok(!left.includes("全量") && !left.includes("青葉"));
});

journey("the host hands over, archives and reopens with a reason; an archived group is read-only", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["tokiwa"]);
  const host = await j.open("kuwabara", `/groups/${group}/archive`);
  await host.getByLabel("理由").fill("入院のため、いったん終えます");
  await host.locator("form button[type=submit]").last().click();
  await host.waitForURL((url) => !url.pathname.endsWith("/archive"));
  const member = await j.open("tokiwa", `/groups/${group}`, { at: 1 });
  await member.locator(".composer.closed").waitFor();
  assert.equal(await member.getByRole("textbox", { name: "チームに書く" }).count(), 0);
  await host.goto(`/groups/${group}/reopening`);
  await host.getByLabel("理由").fill("退院しました");
  await host.locator("form button[type=submit]").last().click();
  await host.waitForURL((url) => !url.pathname.endsWith("/reopening"));
  await host.goto(`/groups/${group}/host`);
  await host.getByLabel("新しいホスト").selectOption(await api.id("tokiwa"));
  if (await host.getByLabel("理由").count()) await host.getByLabel("理由").fill("異動のため");
  await host.getByRole("button", { name: "ホストを引き継ぐ" }).click();
  await host.waitForURL((url) => !url.pathname.endsWith("/host"));
  await member.reload();
  await write(member, "きょうから引き継ぎます。");
  await post(member, "引き継ぎます").waitFor();
  const { items } = await api.get("tokiwa", `/groups/${group}/members`);
  assert.equal(items.find((one) => one.name === "常盤 佳奈子").role, "host");
});
