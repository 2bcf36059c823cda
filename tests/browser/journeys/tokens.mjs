// A token for a program of one's own: made, used for what it may, refused what it may not, ended.
import assert from "node:assert/strict";
import { look_at } from "../support/look.mjs";
import { PHONE } from "../support/people.mjs";
import { answered, journey } from "../support/world.mjs";

journey("a nurse makes a token that reads, a program reads with it and cannot write, and she ends it", async (j) => {
  const { group } = await j.api.team("kayano", "kuwabara", ["tachibana"]);
  await j.api.post("kuwabara", group, "明日の朝、採血です。");
  // Only whoever has just shown both factors makes one.
  const context = await j.people.profile({ at: 1, viewport: PHONE });
  const page = await context.newPage();
  await j.people.sign_in(page, "tachibana", "/menu/tokens");
  const found = [];
  await page.getByLabel("名前").fill("訪問記録の表");
  await page.getByRole("radio", { name: "読むだけ" }).check();
  await page.getByLabel("使える日数").fill("400");
  await page.getByRole("button", { name: "トークンを作る" }).click();
  await page.getByRole("alert").first().waitFor();
  assert.equal(await page.getByLabel("名前").inputValue(), "訪問記録の表", "nothing typed is lost");
  await page.getByLabel("使える日数").fill("7");
  await page.getByRole("button", { name: "トークンを作る" }).click();
  await page.getByText("トークンができました").waitFor();
  const token = await page.locator(".feed code").innerText();
  await look_at(page, "made", found, "tokens_");

  const call = (method, body) =>
    fetch(`${j.product.url}/api/v1/groups/${group}/posts`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: body && JSON.stringify(body),
    });
  const read = await call("GET");
  assert.equal(read.status, 200);
  assert.equal((await read.json()).items[0].body, "明日の朝、採血です。");
  const written = await call("POST", { client_id: crypto.randomUUID(), body: "書けないはずの文" });
  assert.equal(written.status, 403);

  await page.goto("/menu/tokens");
  assert.equal(await page.getByText(token).count(), 0, "shown once");
  await page.getByRole("button", { name: "訪問記録の表を使えなくする" }).click();
  await page.getByText("トークンはありません").waitFor();
  assert.equal((await call("GET")).status, 401);
  assert.deepEqual(found, []);
  await context.close();
}, { expected: [answered(422)] });
