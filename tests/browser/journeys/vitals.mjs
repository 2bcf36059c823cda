// Vital signs on the phone: from the words of a post to a chart.
import assert from "node:assert/strict";
import { jpeg } from "../support/files.mjs";
import { PHONE } from "../support/people.mjs";
import { box, live, post, write } from "../support/timeline.mjs";
import { journey } from "../support/world.mjs";

const phone = { viewport: PHONE };

journey("what was typed in a post becomes data after one tap, and the chart shows it", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["chosokabe"]);
  await j.api.call("kuwabara", "PUT", `/patients/${patient}/reference-ranges`, {
    client_id: crypto.randomUUID(), code: "8310-5", high: 37.5, reason: "早く知るため",
  });
  const nurse = await j.open("chosokabe", `/groups/${group}`, phone);
  const doctor = await j.open("kuwabara", `/groups/${group}`, { at: 1 });
  await Promise.all([live(nurse), live(doctor)]);
  await box(nurse).focus();
  const text = "定期訪問。BP 130/80 P 72 T 38.2 SpO2 96。食事は8割です。";
  await write(nurse, text);
  const strip = post(nurse, text).locator("form.vital-strip");
  await strip.getByText("バイタルとして記録しますか").waitFor();
  await post(doctor, text).waitFor();
  assert.equal(await post(doctor, text).locator(".vital-strip").count(), 0, "nobody else is asked");

  await strip.getByRole("button", { name: "記録する" }).click();
  await post(nurse, text).getByText("バイタルに記録しました").waitFor();
  await post(nurse, text).getByText("範囲より高い").waitFor();
  await post(nurse, text).getByRole("link", { name: "グラフを見る" }).click();

  const chart = nurse.locator("svg", { hasText: "体温のグラフ" });
  await chart.waitFor();
  assert.match(await chart.textContent(), /38\.2℃ 範囲より高い/);
  assert.match(await nurse.getByRole("region", { name: "体温の表" }).innerText(), /38\.2/);
  const shown = await chart.evaluate((svg) => svg.querySelector("text").getBoundingClientRect().height);
  assert.ok(shown >= 11, `words of ${shown} px`);

  await doctor.goto(`${j.product.url}/notices`);
  await doctor.getByText("青葉 ためし 様のバイタルに、範囲をこえた値があります").waitFor();
  assert.ok(!(await doctor.locator("main").innerText()).includes("38.2"), "never the value");
});

journey("the form on the phone: previous values beside, rare ones asked about, a withdrawal with its reason", async (j) => {
  const { patient } = await j.api.team("kayano", "kuwabara", ["chosokabe"]);
  const measured = (value) => j.api.create("chosokabe", `/patients/${patient}/observations`, { code: "8310-5", value });
  await measured(36.4);
  const page = await j.open("chosokabe", `/patients/${patient}/vitals`, phone);
  await page.getByRole("link", { name: "値を記録する" }).click();
  await page.getByText("前回 36.4").waitFor();
  await page.getByLabel("体温").fill("33.1");
  await page.getByLabel("最高血圧").fill("128");
  await page.getByLabel("最低血圧").fill("76");
  await page.getByRole("button", { name: "記録する" }).click();
  await page.getByRole("alert").getByText("めったにない値です").waitFor();
  assert.equal(await page.getByLabel("最高血圧").inputValue(), "128", "what was typed stays");
  await page.getByLabel("体温は、この値で記録する").check();
  await page.getByRole("button", { name: "記録する" }).click();
  await page.getByText("記録しました。").waitFor();
  await page.getByRole("link", { name: "取り消す (体温 33.1)" }).click();
  await page.getByLabel("取り消す理由").fill("腋からずれていました");
  await page.getByRole("button", { name: "取り消す" }).click();
  await page.getByText("理由: 腋からずれていました").waitFor();
  const items = (await j.api.get("kuwabara", `/patients/${patient}/observations?code=8310-5`)).items;
  assert.deepEqual(items.map((one) => one.status).sort(), ["entered-in-error", "final"]);
}, { expected: [/status of 422/] });

journey("without scripts: values, a list from a file, and the pictures of a wound", async (j) => {
  const { group, patient } = await j.api.team("kayano", "kuwabara", ["chosokabe"]);
  const page = await j.open("chosokabe", `/patients/${patient}/vitals/csv`, { javaScriptEnabled: false, ...phone });
  await page.getByLabel("または、表を貼り付ける").fill("日付\t時刻\t体温\n2026/01/05\t8:30\t36.5\n2026/01/06\t8:30\t73.2\n");
  await page.getByRole("button", { name: "内容を確かめる" }).click();
  await page.getByText("2行のうち、取り込めるのは1行").waitFor();
  await page.getByText("ありえない値").waitFor();
  await page.getByLabel("取り込める1行だけ取り込む").check();
  await page.getByRole("button", { name: "取り込む", exact: true }).click();
  await page.getByText("取り込みました。").waitFor();
  assert.equal((await j.api.get("kuwabara", `/patients/${patient}/observations`)).items.length, 1);

  const drawing = await j.open("kuwabara", `/groups/${group}`, { at: 1 });
  await drawing.setInputFiles("#attach", [{ name: "右かかと.jpg", mimeType: "image/jpeg", buffer: await jpeg(drawing) }]);
  await drawing.locator(".uploads li", { hasText: "付けました" }).waitFor();
  await write(drawing, "右かかとの写真です。");
  await post(drawing, "右かかとの写真です").locator(".photo").waitFor();
  await page.goto(`${j.product.url}/patients/${patient}/wounds`);
  await page.getByLabel("傷の場所").first().selectOption({ label: "右かかと" });
  await page.getByRole("button", { name: "場所を付ける" }).click();
  await page.getByRole("heading", { name: "右かかと" }).waitFor();
}, { expected: [/status of 422/] });
