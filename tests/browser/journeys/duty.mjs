// Nobody misses it, on a phone: an urgent post to chosen people, who is missing, a call, 了解, 対応済, and the hand-over of the duty.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { box, post } from "../support/timeline.mjs";
import { answered, journey } from "../support/world.mjs";

const TEXT = "39度の熱です。折り返し電話をください。";

/** A way in by hand: the address bar is no part of the journey. */
const at_phone = (page) => page.setViewportSize(PHONE);

async function looked_at(page, name, found) {
  await look_at(page, name, found, "duty");
  await at_phone(page);
}

journey(
  "an urgent post to chosen people is seen at home, answered, called about, and done",
  async (j) => {
    const found = [];
    const { group } = await j.api.team("kayano", "kuwabara", ["igarashi", "ayanokoji", "tachibana"]);

    // The doctor chooses whom it asks, until when, and that it is urgent.
    const doctor = await j.open("kuwabara", `/groups/${group}`, { viewport: PHONE });
    await box(doctor).fill(TEXT);
    await doctor.locator("details.to > summary").click();
    await doctor.getByRole("checkbox", { name: /そらまめ訪問看護ステーション 2人/ }).check();
    await doctor.getByRole("checkbox", { name: "緊急" }).check();
    await doctor.locator("select[name=must_acknowledge_by]").selectOption({ index: 1 });
    await looked_at(doctor, `composer`, found);
    await doctor.getByRole("button", { name: "送る", exact: true }).click();
    // For a moment the one that waits to be sent may stand beside it.
    const sent = post(doctor, TEXT).and(doctor.locator("[data-post]"));
    await sent.getByText("宛先").waitFor();
    await sent.getByText("緊急").waitFor();
    assert.match(await sent.innerText(), /0\/2 人/);
    assert.equal(await doctor.getByRole("checkbox", { name: "緊急" }).isChecked(), false, "the box is empty again");
    await looked_at(doctor, `post`, found);

    // It waits on the home of those who are asked, and of nobody else.
    const nurse = await j.open("igarashi", "/", { at: 1, viewport: PHONE });
    const card = nurse.locator("article.due", { hasText: TEXT });
    await card.getByText("緊急").waitFor();
    await looked_at(nurse, `home`, found);
    const other = await j.open("tachibana", "/", { at: 1, viewport: PHONE });
    await other.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await other.locator("article.due", { hasText: TEXT }).count(), 0);

    await card.getByRole("link", { name: /読んで了解する/ }).click();
    await post(nurse, TEXT).getByRole("button", { name: "読みました。了解する" }).click();
    await post(nurse, TEXT).getByText("1/2 人").waitFor();
    await post(nurse, TEXT).getByRole("link", { name: /対応済にする/ }).click();
    await looked_at(nurse, `handled`, found);
    await nurse.getByLabel("何をしましたか").fill("電話しました。17時に伺います。");
    await nurse.getByRole("button", { name: "対応済にする" }).click();
    await post(nurse, "17時に伺います").waitFor();

    // The doctor sees who is missing, and notes a call.
    await doctor.goto("/open-items");
    await looked_at(doctor, `open items`, found);
    await doctor.locator("article.due", { hasText: TEXT }).getByRole("link", { name: /連絡する/ }).click();
    await doctor.getByRole("heading", { name: "綾小路 千恵子" }).waitFor();
    assert.equal(await doctor.getByRole("heading", { name: "五十嵐 みずほ" }).count(), 0);
    assert.match(await doctor.getByRole("link", { name: /電話をかける/ }).first().getAttribute("href"), /^tel:\d+$/);
    await doctor.getByText("電話したことを記録する").click();
    await doctor.getByRole("radio", { name: "伝言を残した" }).check();
    await doctor.getByLabel(/ひとこと/).fill("ご家族に伝えました");
    await looked_at(doctor, `asked`, found);
    await doctor.getByRole("button", { name: "電話した" }).click();
    await doctor.getByText("伝言を残しました").waitFor();
    await doctor.goto(`/groups/${group}`);
    await post(doctor, TEXT).getByText("ご家族に伝えました").waitFor();
    await doctor.goto(`/posts/${(await j.api.posts("kuwabara", group))[0].id}/readers`);
    await doctor.getByRole("heading", { name: "それぞれの意味" }).waitFor();
    await looked_at(doctor, `readers`, found);

    // The last 了解 ends it on every list.
    const id = (await j.api.posts("kuwabara", group))[0].id;
    const asked = async () => (await j.api.get("ayanokoji", "/me/open-items")).items.filter((one) => one.post_id === id);
    assert.equal((await asked()).length, 1, "who has not answered is asked still");
    await j.api.call("ayanokoji", "PUT", `/posts/${id}/acknowledgement`);
    assert.deepEqual(await asked(), []);
    const mine = await j.api.get("kuwabara", "/me/open-items");
    assert.equal(mine.waiting.filter((one) => one.post_id === id).length, 0);
    assert.deepEqual(found, []);
  },
  { timeout: 180_000 },
);

journey("whoever is on duty hands it over in one form, and a mention of the duty reaches the next", async (j) => {
  const found = [];
  const { group } = await j.api.team("kayano", "kuwabara", ["chosokabe", "ayanokoji"]);
  const nurse = await j.open("chosokabe", "/duty", { viewport: PHONE });
  await nurse.getByText("（あなた）").waitFor();
  await looked_at(nurse, "duty", found);
  await nurse.getByLabel("次の当番").selectOption(await j.api.id("ayanokoji"));
  await nurse.getByRole("button", { name: "当番を引き継ぐ" }).click();
  await nurse.getByText("当番を引き継ぎました。").waitFor();
  assert.equal(await nurse.getByText("（あなた）").count(), 0);
  await nurse.getByLabel("代理の人").selectOption(await j.api.id("ayanokoji"));
  await nurse.getByRole("button", { name: "代理を保存する" }).click();
  await nurse.getByText("代理の人を保存しました。").waitFor();
  await nurse.getByLabel("仕事の電話番号").fill("いつでも");
  await nurse.getByRole("button", { name: "電話番号を保存する" }).click();
  await nurse.getByText("電話番号の形になっていません").first().waitFor();
  assert.equal(await nurse.getByLabel("仕事の電話番号").inputValue(), "いつでも", "what was typed stays");
  await looked_at(nurse, "duty refused", found);

  const { facility_id } = j.product.account("ayanokoji");
  await j.api.post("kuwabara", group, "当番の方へ。夜に一度お願いします。", { mentions: [{ on_duty: facility_id }] });
  const next = await j.open("ayanokoji", "/", { at: 1, viewport: PHONE });
  await next.locator("article.due", { hasText: "当番の方へ" }).getByText("あなた宛て").waitFor();
  const items = (await j.api.get("chosokabe", "/me/open-items")).items;
  assert.equal(items.filter((one) => one.group_id === group).length, 0, "who handed it over is not asked");
  assert.deepEqual(found, []);
}, { expected: [answered(422)], timeout: 120_000 });

journey("without scripts the chooser, the urgent box and 対応済 work the same", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["igarashi"]);
  const context = await j.people.profile({ javaScriptEnabled: false, viewport: PHONE });
  const page = await context.newPage();
  await j.people.sign_in(page, "kuwabara", `/groups/${group}`);
  await page.getByRole("textbox", { name: "チームに書く" }).fill("スクリプトなしの宛先");
  await page.locator("details.to > summary").click();
  await page.getByRole("button", { name: "だれに送るか選ぶ" }).click();
  assert.equal(await page.getByRole("textbox", { name: "チームに書く" }).inputValue(), "スクリプトなしの宛先", "what was typed stays");
  await page.getByRole("checkbox", { name: /五十嵐 みずほ/ }).check();
  await page.getByRole("button", { name: "送る", exact: true }).click();
  await page.getByText("五十嵐 みずほさん").first().waitFor();
  const items = (await j.api.get("igarashi", "/me/open-items")).items;
  assert.equal(items.filter((one) => one.group_id === group && one.why === "mentioned").length, 1);
  await context.close();
});
