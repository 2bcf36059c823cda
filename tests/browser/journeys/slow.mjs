// Tabs that are closed too early, and lines and machines that are slow: what was written arrives, once.
import assert from "node:assert/strict";
import { jpeg } from "../support/files.mjs";
import { PHONE } from "../support/people.mjs";
import { box, live, post, write } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { cut_off, journey } from "../support/world.mjs";

const times = async (api, group, text) => (await api.posts("kuwabara", group)).filter((one) => one.body === text).length;

journey("what was written without a line in a tab that is closed is sent by the next tabs, once", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kanzaki"]);
  const text = "圏外で書いて、閉じてしまった文。";
  const page = await j.open("kanzaki", `/groups/${group}`);
  await live(page);
  const context = page.context();
  await context.setOffline(true);
  await write(page, text);
  await post(page, text).getByText("送信待ち").waitFor();
  await page.close();
  assert.equal(await times(j.api, group, text), 0, "it had no line");
  await context.setOffline(false);

  // Two tabs at once find it: both may try, one post comes of it.
  const tabs = await Promise.all([j.open("kanzaki", `/groups/${group}`), j.open("kanzaki", `/groups/${group}`)]);
  for (const tab of tabs) {
    await post(tab, text).first().waitFor();
    await until("nothing waits any more", async () => (await tab.locator(".unsent").count()) === 0, 30_000);
    assert.equal(await post(tab, text).count(), 1);
  }
  assert.equal(await times(j.api, group, text), 1);
  await tabs[0].reload();
  await post(tabs[0], text).waitFor();
  assert.equal(await times(j.api, group, text), 1, "a later look sends nothing");
}, { expected: [cut_off], timeout: 120_000 });

/** As the browser's own tools name it: 400 kbit/s with two seconds of delay, and a processor of a quarter of the speed. */
const SLOW_3G = { offline: false, latency: 2_000, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const SLOWER = 4;
const PATIENCE = 150_000;

journey("on a slow line and a slow phone the timeline opens, a post and a picture arrive", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["kanzaki"]);
  await j.api.post("kuwabara", group, "先に書かれた文。");
  const page = await j.open("kanzaki", undefined, { viewport: PHONE });
  page.setDefaultTimeout(PATIENCE);
  const picture = await jpeg(page);
  const tools = await page.context().newCDPSession(page);
  await tools.send("Network.enable");
  await tools.send("Network.emulateNetworkConditions", SLOW_3G);
  await tools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });

  const measured = async (what, act) => {
    const began = performance.now();
    await act();
    j.t.diagnostic(`slow 3G, processor at 1/${SLOWER}: ${what} after ${Math.round(performance.now() - began)} ms`);
  };
  await measured("the timeline is open", async () => {
    await page.goto(`/groups/${group}`, { waitUntil: "commit", timeout: PATIENCE });
    await post(page, "先に書かれた文。").waitFor();
  });
  await measured("its live stream stands", () => until("the stream stands", () => page.streaming, PATIENCE));
  await measured("a post is in the record", async () => {
    await write(page, "遅い回線から。");
    await until("it is sent", () => times(j.api, group, "遅い回線から。"), PATIENCE);
    await until("nothing waits any more", async () => (await page.locator(".unsent").count()) === 0, PATIENCE);
  });
  await measured(`a picture of ${picture.length} bytes is attached and posted`, async () => {
    await page.setInputFiles("#attach", [{ name: "傷.jpg", mimeType: "image/jpeg", buffer: picture }]);
    await page.locator(".uploads li", { hasText: "付けました" }).waitFor();
    await box(page).fill("写真です。");
    await page.getByRole("button", { name: "送る", exact: true }).click();
    await until("it is in the record", () => times(j.api, group, "写真です。"), PATIENCE);
  });
  assert.equal(await times(j.api, group, "遅い回線から。"), 1);
  const [newest] = await j.api.posts("kuwabara", group);
  assert.equal(newest.files.length, 1);
  await tools.detach();
}, { timeout: 400_000 });
