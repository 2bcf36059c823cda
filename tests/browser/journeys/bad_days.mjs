// Bad days: the server dies, the connection breaks, nobody sits at the screen. Nothing typed is lost, nothing doubled.
import assert from "node:assert/strict";
import { jpeg } from "../support/files.mjs";
import { box, live, post, write } from "../support/timeline.mjs";
import { until } from "../support/wait.mjs";
import { answered, cut_off, journey } from "../support/world.mjs";

const stands_once = async (api, group, text) =>
  assert.equal((await api.posts("kuwabara", group)).filter((one) => one.body === text).length, 1);

const draft_saved = (page) => page.getByText("下書きを保存しました").waitFor();

journey("the server is killed while one types and while a post is on its way", async (j) => {
  const { api, product } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kanzaki", "ota"]);
  const page = await j.open("kanzaki", `/groups/${group}`);
  const hers = await j.open("ota", `/groups/${group}`, { at: 1 });
  await Promise.all([live(page), live(hers)]);
  await box(hers).fill("打ちかけの文");
  await draft_saved(hers);

  await product.kill();
  await write(page, "夕方の薬は飲まれました。");
  await post(page, "夕方の薬").getByText("送信待ち").waitFor();
  await box(page).fill("つづきを書いています");
  await draft_saved(page);
  await product.begin();

  await until("it is sent", async () => (await page.locator(".unsent").count()) === 0, 70_000);
  await post(page, "夕方の薬").waitFor();
  assert.equal(await post(page, "夕方の薬").count(), 1);
  await stands_once(api, group, "夕方の薬は飲まれました。");
  await post(hers, "夕方の薬").waitFor();
  assert.equal(await box(page).inputValue(), "つづきを書いています");
  assert.equal(await box(hers).inputValue(), "打ちかけの文");
  await hers.reload();
  await hers.getByText("下書きを戻しました").waitFor();
  assert.equal(await box(hers).inputValue(), "打ちかけの文");
}, { expected: [cut_off, answered(502, 503)], timeout: 120_000 });

journey("an answer that is lost on the way makes no second post", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  let lost = 0;
  await page.route("**/api/v1/groups/*/posts", async (route) => {
    if (route.request().method() !== "POST" || lost > 0) return route.continue();
    lost += 1;
    await route.fetch();
    await route.abort("connectionreset");
  });
  await write(page, "一度だけ残る文です。");
  await until("it is sent again", async () => lost === 1 && (await page.locator(".unsent").count()) === 0);
  await post(page, "一度だけ残る文です。").waitFor();
  assert.equal(await post(page, "一度だけ残る文です。").count(), 1);
  await stands_once(api, group, "一度だけ残る文です。");
}, { expected: [cut_off] });

journey("a post does not leave without its photograph that broke on the way", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  let broken = 0;
  await page.route("**/api/v1/files", (route) => (broken++ > 1 ? route.continue() : route.abort("connectionreset")));
  await page.setInputFiles("#attach", [{ name: "右かかと.jpg", mimeType: "image/jpeg", buffer: await jpeg(page) }]);
  await page.getByText("つながりませんでした。").waitFor();
  await write(page, "赤みの写真です。");
  await post(page, "赤みの写真です。").getByText("送信待ち").waitFor();
  await post(page, "赤みの写真です。").locator("img").first().waitFor();
  assert.equal(broken, 3, "once in the box, once as it was sent, then it arrived");
  await stands_once(api, group, "赤みの写真です。");
  assert.equal(await box(page).inputValue(), "");
}, { expected: [cut_off] });

journey("a file that the server does not take keeps its words in the box", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  await page.context().setOffline(true);
  await page.setInputFiles("#attach", [{ name: "壊れた写真.jpg", mimeType: "image/jpeg", buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, ...Array(400).fill(7)]) }]);
  await page.getByText("つながりませんでした。").waitFor();
  await write(page, "書類を送ります。");
  await post(page, "書類を送ります。").getByText("送信待ち").waitFor();
  await page.context().setOffline(false);
  await page.getByText("文はそのまま残っています。").waitFor();
  assert.equal(await box(page).inputValue(), "書類を送ります。");
  assert.equal((await api.posts("kuwabara", group)).length, 0);
}, { expected: [cut_off, answered(422)] });

/** What this device holds for whoever uses it; drafts of other groups may have some. */
const held_files = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const request = indexedDB.open("renkei-files", 1);
        request.onupgradeneeded = () => request.result.createObjectStore("files");
        request.onsuccess = ({ target: { result } }) => {
          result.transaction("files").objectStore("files").getAllKeys().onsuccess = ({ target }) => (result.close(), resolve(target.result));
        };
      }),
  );

journey("a photograph taken where there is no line outlives its page, and goes along from another", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  await live(page);
  const before = await held_files(page);
  const buffer = await jpeg(page);
  const photo = (name) => ({ name, mimeType: "image/jpeg", buffer });
  await page.context().setOffline(true);
  await page.setInputFiles("#attach", [photo("玄関.jpg")]);
  await page.getByText("つながりませんでした。").waitFor();
  await write(page, "玄関の段差です。");
  await post(page, "玄関の段差です。").getByText("送信待ち").waitFor();
  // The next one is not even sent.
  await page.setInputFiles("#attach", [photo("浴室.jpg")]);
  await page.getByText("つながりませんでした。").waitFor();
  await box(page).fill("浴室はこうなっています。");
  await draft_saved(page);
  await page.close();
  assert.equal((await api.posts("kuwabara", group)).length, 0);

  await (await j.open("kido")).context().setOffline(false);
  const again = await j.open("kido", `/groups/${group}`);
  await post(again, "玄関の段差です。").locator("img").first().waitFor();
  await stands_once(api, group, "玄関の段差です。");
  assert.equal(await box(again).inputValue(), "浴室はこうなっています。");
  await again.getByText("付けました").waitFor();
  await again.getByRole("button", { name: "送る", exact: true }).click();
  await post(again, "浴室はこうなっています。").locator("img").first().waitFor();
  await stands_once(api, group, "浴室はこうなっています。");
  // Nothing of it stays on the device.
  await until("it has let go", async () => (await held_files(again)).every((local) => before.includes(local)));
}, { expected: [cut_off] });

journey("what is taken back stands above what is in the box, with the files of both", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  const buffer = await jpeg(page);
  const photo = (name) => ({ name, mimeType: "image/jpeg", buffer });
  await page.context().setOffline(true);
  await page.locator("[name=file_class]").selectOption({ index: 1 }, { force: true });
  const kind = await page.locator("[name=file_class]").inputValue();
  for (const [name, text] of [["一枚目.jpg", "一つ目の文。"], ["二枚目.jpg", "二つ目の文。"]]) {
    await page.setInputFiles("#attach", [photo(name)]);
    await page.getByText("つながりませんでした。").waitFor();
    await write(page, text);
    await post(page, text).getByText("送信待ち").waitFor();
  }
  await page.setInputFiles("#attach", [photo("三枚目.jpg")]);
  await page.getByText("つながりませんでした。").waitFor();
  await box(page).fill("三つ目の文。");
  for (const text of ["二つ目の文。", "一つ目の文。"]) {
    await post(page, text).getByRole("button", { name: "書き直す" }).click();
    await until(`${text} is back`, async () => (await box(page).inputValue()).startsWith(text));
  }
  await until("all stand in the box", async () => (await page.locator(".uploads li").count()) === 3);
  const all = await box(page).inputValue();
  for (const text of ["一つ目の文。", "二つ目の文。", "三つ目の文。"]) assert.ok(all.includes(text), all);
  await draft_saved(page);
  // Also in another page, each as what it was chosen for.
  await page.context().setOffline(false);
  await page.goto(`/groups/${group}`);
  await until("all have arrived", async () => (await page.getByText("付けました").count()) === 3);
  await page.getByRole("button", { name: "送る", exact: true }).click();
  await until("one post with three pictures", async () => (await api.posts("kuwabara", group))[0]?.files?.length === 3);
  const posts = await api.posts("kuwabara", group);
  assert.equal(posts.length, 1);
  assert.deepEqual(posts[0].files.map((file) => file.class), [kind, kind, kind]);
}, { expected: [cut_off] });

journey("two pages send what waits once, with one file", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido", `/groups/${group}`);
  await page.context().setOffline(true);
  await page.setInputFiles("#attach", [{ name: "薬.jpg", mimeType: "image/jpeg", buffer: await jpeg(page) }]);
  await page.getByText("つながりませんでした。").waitFor();
  await write(page, "残薬の写真です。");
  await post(page, "残薬の写真です。").getByText("送信待ち").waitFor();
  let uploads = 0;
  await page.context().route("**/api/v1/files", (route) => ((uploads += 1), setTimeout(() => route.continue(), 500)));
  await page.context().setOffline(false);
  const others = await Promise.all([1, 2].map(() => j.open("kido", `/groups/${group}`)));
  await Promise.all([page, ...others].map((one) => post(one, "残薬の写真です。").locator("img").first().waitFor()));
  await until("nothing waits anywhere", async () => (await Promise.all([page, ...others].map((one) => one.locator(".unsent").count()))).every((n) => n === 0));
  await stands_once(api, group, "残薬の写真です。");
  assert.equal(uploads, 1);
  await page.context().unroute("**/api/v1/files");
}, { expected: [cut_off] });

journey("a broken connection resumes without loss or doubles", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido", "tachibana"]);
  const page = await j.open("tachibana", `/groups/${group}`, { at: 1 });
  await live(page);
  await api.post("kido", group, "切れる前の文。");
  await post(page, "切れる前の文。").waitFor();

  await page.context().setOffline(true);
  await write(page, "圏外で書いた文。");
  await post(page, "圏外で書いた文。").getByText("送信待ち").waitFor();
  for (const n of [1, 2, 3]) await api.post("kido", group, `切れている間の文${n}。`);
  await page.context().setOffline(false);

  await until("all is there", async () => (await page.locator("article.post[data-seq]").count()) >= 5, 30_000);
  await until("her own is sent", async () => (await page.locator(".unsent").count()) === 0, 30_000);
  const seqs = await page.locator("article.post").evaluateAll((all) => all.map((one) => Number(one.dataset.seq)));
  assert.deepEqual(seqs, [1, 2, 3, 4, 5], "each once, in order");
  await stands_once(api, group, "圏外で書いた文。");
}, { expected: [cut_off] });

journey("what happens while a page is on its way is not missed", async (j) => {
  const { api } = j;
  const { group } = await api.team("kayano", "kuwabara", ["kido"]);
  const page = await j.open("kido");
  const held = deferred();
  await page.route("**/api/v1/events*", async (route) => {
    await held.promise;
    await route.continue();
  });
  await page.goto(`/groups/${group}`);
  await api.post("kuwabara", group, "ちょうどその間の文。");
  assert.equal(await post(page, "ちょうどその間の文。").count(), 0);
  held.resolve();
  await post(page, "ちょうどその間の文。").waitFor();
});

function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

journey("after quiet minutes the page is blank; the draft waits behind the password", async (j) => {
  const { api, product } = j;
  const { group } = await api.team("kayano", "kuwabara", ["wakatsuki"]);
  await api.post("kuwabara", group, "あおばさんの体温は36.4度。");
  const page = await j.open("wakatsuki");
  await page.clock.install();
  const unlock = async () => {
    await page.getByLabel("パスワード").fill(product.account("wakatsuki").password);
    await page.getByRole("button", { name: "続きに戻る" }).click();
  };
  await page.goto(`/groups/${group}`);
  // Walked before, and no further than the lock.
  if (page.url().includes("/lock")) await unlock();
  await post(page, "体温").waitFor();
  await box(page).fill("ロックの前に書いた文");
  await page.clock.fastForward("16:00");

  await page.getByRole("heading", { name: "画面をロックしました" }).waitFor();
  const left = await page.evaluate(() => document.documentElement.textContent + document.title);
  for (const word of ["青葉", "体温", "ロックの前"]) assert.ok(!left.includes(word), word);
  await page.waitForURL("**/lock?next=*");
  await page.goto(`/groups/${group}`);
  assert.match(page.url(), /\/lock/, "the session sleeps on the server too");

  await unlock();
  await post(page, "体温").waitFor();
  await until("the draft is back", async () => (await box(page).inputValue()) === "ロックの前に書いた文");
}, { expected: [answered(401)] });
