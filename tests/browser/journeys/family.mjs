// The family: invited by the host, in on a phone, and nothing of the team's anywhere.
import assert from "node:assert/strict";
import { jpeg } from "../support/files.mjs";
import { look_at } from "../support/look.mjs";
import { PC, PHONE } from "../support/people.mjs";
import { fresh_code } from "../support/totp.mjs";
import { answered, journey } from "../support/world.mjs";

const PASSWORD = "ume-no-hana-37-saku";

/** The host takes him off one family's page. */
async function take_off(host, group, look = () => {}) {
  await host.goto(`/groups/${group}/family`);
  await host.getByRole("link", { name: "小野寺 アレクサンドル 健太郎さんを外す" }).click();
  await look();
  await host.getByLabel("外す理由").fill("ご本人の希望");
  await host.getByRole("button", { name: "外す", exact: true }).click();
  await host.getByText("患者・家族タイムラインから外しました。").first().waitFor();
}

/** What he typed outlives a reload; the photo goes with his words; he corrects one post and takes another back. */
async function changes_and_sends_a_photo(phone, found) {
  const write = phone.getByRole("textbox", { name: "書く" });
  await write.fill("母の足の写真です。");
  await phone.getByText("下書きを保存しました").waitFor();
  await phone.reload();
  await phone.getByText("下書きを戻しました").waitFor();
  assert.equal(await write.inputValue(), "母の足の写真です。");
  await phone.setInputFiles("#files", [{ name: "右かかと.jpg", mimeType: "image/jpeg", buffer: await jpeg(phone) }]);
  await phone.getByRole("button", { name: /人に 送る/ }).click();
  await phone.locator("article.note a.picture img").waitFor();
  assert.equal(await write.inputValue(), "", "what was sent is no draft");
  const photo = phone.locator("article.note", { hasText: "母の足の写真です。" });
  await photo.getByRole("link", { name: "直す" }).click();
  await look_at(phone, "correction", found, "family_");
  await phone.getByLabel("直した 文").fill("母の右足の写真です。長い長い名前の薬局のアレクサンドルさんにも見せてください。");
  await phone.getByRole("button", { name: "この 文に 直す" }).click();
  await phone.getByText("母の右足の写真です。").waitFor();
  await phone.getByText("この文は、あとで 直されました。").waitFor();
  await write.fill("まちがえて書きました。");
  await phone.getByRole("button", { name: /人に 送る/ }).click();
  await phone.locator("article.note", { hasText: "まちがえて書きました。" }).getByRole("link", { name: "取り消す" }).click();
  await phone.getByLabel("どうして 取り消しますか").fill("べつの 日の ことでした");
  await look_at(phone, "withdrawal", found, "family_");
  await phone.getByRole("button", { name: "取り消す", exact: true }).click();
  await phone.getByText("べつの 日の ことでした").waitFor();
  assert.equal(await phone.getByText("まちがえて書きました。").count(), 0);
}

/** What the team writes appears on the open page, and what is being typed there stays; of the team's own talk nothing comes. */
async function goes_on_by_itself(phone, api, group, found) {
  const write = phone.getByRole("textbox", { name: "書く" });
  await write.fill("書いている とちゅう");
  await api.create("igarashi", `/groups/${group.id}/posts`, { body: "チームだけの ひみつの 話" });
  await api.create("igarashi", `/groups/${group.id}/posts`, { body: "土曜日、お待ちしています。", timeline: "family" });
  await phone.locator("#notes").getByText("土曜日、お待ちしています。").waitFor();
  await phone.getByText("あたらしい ものが とどきました").first().waitFor();
  assert.equal(await write.inputValue(), "書いている とちゅう");
  assert.equal(await phone.getByText("ひみつ").count(), 0);
  await look_at(phone, "timeline_photo", found, "family_");
  await write.fill("");
}

journey(
  "a son is invited, comes in on his phone, writes; a team post is let through, and the rest stays with the team",
  async ({ open, people, product, api }) => {
    const group = product.described.groups.find((one) => one.title.includes("小野寺"));
    const found = [];
    const host = await open("kuwabara", `/groups/${group.id}/family`, { viewport: PC });
    await host.getByText("患者さん・ご家族と話すところ").waitFor();
    await look_at(host, "team_tab", found, "family_");
    await host.getByRole("link", { name: "ご本人・ご家族を招待する" }).click();
    await host.getByLabel("ご家族", { exact: true }).check();
    await host.getByLabel("お名前").fill("小野寺 アレクサンドル 健太郎");
    await look_at(host, "invite", found, "family_");
    await host.getByLabel("続柄").fill("長男");
    await host.getByRole("button", { name: "招待のリンクを作る" }).click();
    await host.locator(".qr svg").waitFor();
    await look_at(host, "invited", found, "family_");
    const link = await host.locator(".link-text code").innerText();

    const context = await people.profile({ at: 1, viewport: PHONE });
    const phone = await context.newPage();
    await phone.goto(new URL(link).pathname);
    await phone.getByText("からの 招待です").waitFor();
    assert.equal(await phone.getByText("健太郎").count(), 0);
    await look_at(phone, "door", found, "family_");
    await phone.getByRole("button", { name: "続ける" }).click();
    await phone.getByText("小野寺 アレクサンドル 健太郎（").waitFor();
    await look_at(phone, "join", found, "family_");
    await phone.getByLabel(/わたしは 小野寺/).check();
    await phone.locator("#login_id").fill("kentaro");
    await phone.locator("#password").fill("kotori-1");
    await phone.locator("#password_again").fill("kotori-1");
    await phone.getByRole("button", { name: "登録して、次へ" }).click();
    await phone.getByRole("alert").first().waitFor();
    assert.equal(await phone.locator("#login_id").inputValue(), "kentaro");
    await phone.locator("#password").fill(PASSWORD);
    await phone.locator("#password_again").fill(PASSWORD);
    await phone.getByLabel("約束を 読みました。守ります").check();
    await phone.getByRole("button", { name: "登録して、次へ" }).click();
    await phone.waitForURL("**/family/app");
    await look_at(phone, "app", found, "family_");
    await phone.getByText("四角を 読み取れない とき").click();
    const key = await phone.locator("p.key code").innerText();
    await phone.getByLabel("6けたの 数字").fill(await fresh_code(key));
    await phone.getByRole("button", { name: "登録して はじめる" }).click();
    await phone.waitForURL(`**/family/${group.id}`);
    await phone.getByText("小野寺 ハル子 様").first().waitFor();
    await phone.getByText("急ぎの ときは、電話を してください。").waitFor();
    await phone.getByText("ほか").first().waitFor();
    await look_at(phone, "timeline", found, "family_");
    await phone.getByRole("link", { name: "だれが 読むか" }).click();
    await phone.getByText("次の 人だけが 読みます").waitFor();
    await look_at(phone, "readers", found, "family_");
    await phone.getByRole("link", { name: "もどる" }).click();
    await phone.getByRole("textbox", { name: "書く" }).fill("健太郎です。今週の土曜に様子を見に行きます。");
    await phone.getByRole("button", { name: /人に 送る/ }).click();
    await phone.getByText("今週の土曜に様子を見に行きます。").waitFor();
    await changes_and_sends_a_photo(phone, found);
    await goes_on_by_itself(phone, api, group, found);
    await phone.goto("/family/account");
    await look_at(phone, "account", found, "family_");
    await phone.getByRole("link", { name: "お知らせの 設定" }).click();
    await phone.getByText("まだ 知らせません。").or(phone.getByText("ここでは 使えません。")).first().waitFor();
    await look_at(phone, "notices", found, "family_");
    await phone.getByLabel("いつでも 知らせる").check();
    await phone.getByRole("button", { name: "保存する" }).click();
    await phone.getByText("設定を 保存しました。").waitFor();
    assert.equal(await phone.getByLabel("いつでも 知らせる").isChecked(), true);
    await phone.goto("/family/account");
    await phone.getByLabel("大きい").check();
    await phone.getByRole("button", { name: "この 見え方に する" }).click();
    await phone.waitForURL("**/family/account");
    assert.equal(await phone.locator("html").getAttribute("data-text"), "large");

    // A nurse answers, and lets a post of the team's through in other words.
    const posted = await api.create("igarashi", `/groups/${group.id}/posts`, { body: "右踵の発赤は消退。家族には負担感あり。" });
    const nurse = await open("igarashi", `/groups/${group.id}/family`);
    await nurse.getByText("今週の土曜に様子を見に行きます。").waitFor();
    await nurse.getByText("読む人:").waitFor();
    await nurse.goto(`/posts/${posted.id}/release`);
    await look_at(nurse, "release", found, "family_");
    await nurse.locator("#words").fill("右のかかとの赤みは、消えました。");
    await nurse.getByRole("button", { name: /人に見せる/ }).click();
    await nurse.getByText("ご家族のページに出しました。").waitFor();
    await nurse.getByText("から見せました").first().waitFor();
    await phone.goto("/family");
    await phone.getByText("右のかかとの赤みは、消えました。").waitFor();
    assert.equal(await phone.getByText("負担感").count(), 0);
    for (const path of [`/groups/${group.id}`, "/", "/patients", `/posts/${posted.id}/release`]) {
      await phone.goto(path);
      await phone.waitForURL(/sign-in/);
    }

    // A second page of another patient: he chooses, until he is taken off there.
    const { group: second } = await api.team("kayano", "kuwabara", []);
    await host.goto(`/groups/${second}/family/invitations/new`);
    await host.getByLabel("ご家族", { exact: true }).check();
    await host.getByLabel("お名前").fill("小野寺 アレクサンドル 健太郎");
    await host.getByLabel("続柄").fill("おい");
    await host.getByRole("button", { name: "招待のリンクを作る" }).click();
    await phone.goto(new URL(await host.locator(".link-text code").innerText()).pathname);
    await phone.getByRole("button", { name: "続ける" }).click();
    await phone.getByRole("button", { name: /この ページにも 入る/ }).click();
    await phone.goto("/family");
    await phone.getByRole("heading", { name: "どなたの ページを 見ますか" }).waitFor();
    assert.equal(await phone.locator("a.way").count(), 2);
    await look_at(phone, "choice", found, "family_");
    await take_off(host, second);

    // The host takes him off: the next tap leads to the door.
    await take_off(host, group.id, () => look_at(host, "removal", found, "family_"));
    await phone.goto(`/family/${group.id}`);
    await phone.waitForURL(/family.sign-in/);
    await look_at(phone, "sign_in", found, "family_");
    assert.deepEqual(found, []);
    await context.close();
  },
  { expected: [answered(422)], timeout: 180_000 },
);

/** The sample's daughter, on her phone. */
async function daughter(people) {
  const context = await people.profile({ at: 1, viewport: PHONE });
  const phone = await context.newPage();
  await people.sign_in_as_a_relative(phone, "mika");
  await phone.getByText("小野寺 ハル子 様").first().waitFor();
  return { context, phone };
}

const photo = async (page, name, colour) => ({ name, mimeType: "image/jpeg", buffer: await jpeg(page, colour) });

/** She writes with a photo. A file of a wrong kind leaves her words where they are; so does a reload, which forgets the file and says so. */
async function writes_with_a_photo(nurse, group, found) {
  await nurse.goto(`/groups/${group}/family`);
  const write = nurse.getByRole("textbox", { name: "患者さん・ご家族に書く" });
  const send = nurse.getByRole("button", { name: /ご本人・ご家族 .*送る/ });
  await write.fill("今朝のかかとです。赤みがひきました。");
  await nurse.setInputFiles("#files", [{ name: "計算.docm", mimeType: "application/zip", buffer: Buffer.from("PK\x05\x06" + "\0".repeat(18)) }]);
  await send.click();
  await nurse.getByText("ご家族の画面では開けないので、送れません").waitFor();
  await nurse.getByText("写真とファイルは、もう一度選んでください。").waitFor();
  assert.equal(await write.inputValue(), "今朝のかかとです。赤みがひきました。");
  await nurse.locator("#write").scrollIntoViewIfNeeded();
  await look_at(nurse, "team_refused", found, "family_");
  await nurse.setViewportSize(PHONE);
  await nurse.goto(`/groups/${group}/family`);
  await nurse.getByText("下書きを戻しました").waitFor();
  await nurse.setInputFiles("#files", [await photo(nurse, "今朝.jpg")]);
  await nurse.getByText("下書きを保存しました").waitFor();
  await nurse.goto(`/groups/${group}/family`);
  await nurse.getByText("下書きを戻しました").waitFor();
  await nurse.getByText("写真とファイルは、もう一度選んでください。").waitFor();
  assert.equal(await write.inputValue(), "今朝のかかとです。赤みがひきました。");
  await nurse.setInputFiles("#files", [await photo(nurse, "今朝.jpg")]);
  await nurse.locator("#write").scrollIntoViewIfNeeded();
  await look_at(nurse, "team_form", found, "family_");
  await nurse.setViewportSize(PHONE);
  await send.click();
  await nurse.locator("article.note", { hasText: "赤みがひきました。" }).locator("a.picture img").waitFor();
  assert.equal(await write.inputValue(), "", "what was sent is no draft");
  await look_at(nurse, "team_photo", found, "family_");
  await nurse.setViewportSize(PHONE);
}

journey(
  "a nurse on her phone writes to the family with a photo and lets one of two photos through; the daughter opens exactly those",
  async ({ open, people, product, api }) => {
    const group = product.described.groups.find((one) => one.title.includes("小野寺")).id;
    const found = [];
    const nurse = await open("igarashi", "/", { viewport: PHONE });
    const { context, phone } = await daughter(people);
    await writes_with_a_photo(nurse, group, found);

    // A colleague's post of the team's, with two photos and a file that no family opens.
    const files = [];
    for (const [name, colour] of [["仙骨部.jpg", "#7a3b8f"], ["お部屋.jpg", "#3b6eb5"]])
      files.push(await api.upload("kuwabara", name, "image/jpeg", await jpeg(nurse, colour)));
    files.push(await api.upload("kuwabara", "計算表.docm", "application/zip", Buffer.from("PK\x05\x06" + "\0".repeat(18))));
    const posted = await api.post("kuwabara", group, "仙骨部の発赤あり。お部屋の手すりは設置済み。", { files });
    await nurse.goto(`/posts/${posted.id}/release`);
    await nurse.getByText("いっしょに見せる写真・ファイル").waitFor();
    assert.equal(await nurse.locator("fieldset.along input:checked").count(), 0);
    assert.equal(await nurse.locator("fieldset.along input").count(), 2);
    await nurse.getByText("計算表.docm").waitFor();
    await nurse.locator("#words").fill("お部屋に手すりがつきました。");
    await nurse.getByRole("checkbox", { name: /お部屋/ }).check();
    await nurse.locator("fieldset.along").scrollIntoViewIfNeeded();
    await look_at(nurse, "release_files", found, "family_");
    await nurse.setViewportSize(PHONE);
    await nurse.getByRole("button", { name: /人に見せる/ }).click();
    await nurse.getByText("ご家族のページに出しました。").waitFor();

    await phone.goto("/family");
    const note = (words) => phone.locator("article.note", { hasText: words });
    await note("手すりがつきました。").locator("a.picture img").waitFor();
    await note("赤みがひきました。").locator("a.picture img").waitFor();
    assert.equal(await note("手すりがつきました。").locator("a.picture").count(), 1);
    assert.equal(await phone.getByText("仙骨部").count(), 0);
    assert.equal(await phone.getByText("計算表").count(), 0);
    await note("手すりがつきました。").scrollIntoViewIfNeeded();
    await look_at(phone, "daughter_photos", found, "family_");
    const door = (id, more = "") => phone.evaluate((path) => fetch(path).then((answer) => answer.status), `/family/files/${id}${more}`);
    for (const more of ["", "/thumbnail"]) {
      assert.equal(await door(files[1], more), 200);
      assert.equal(await door(files[0], more), 404);
      assert.equal(await door(files[2], more), 404);
    }

    // Taken back on the tab: the daughter's page opens it no more.
    await nurse.locator("article.note", { hasText: "手すりがつきました。" }).getByRole("link", { name: "取り消す" }).click();
    await nurse.getByLabel(/理由/).fill("別のお部屋の写真でした");
    await nurse.getByRole("button", { name: /取り消す/ }).click();
    await nurse.getByText("別のお部屋の写真でした").waitFor();
    assert.equal(await door(files[1]), 404);
    assert.deepEqual(found, []);
    await context.close();
  },
  { expected: [answered(422, 404)], timeout: 180_000 },
);
