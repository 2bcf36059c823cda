// People at their own browsers. Two browsers run; everybody has a profile of his own in one of them.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { fresh_code } from "./totp.mjs";

const QUIET = [
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  // What a service worker asks for itself follows the browser, not the profile.
  "--accept-lang=ja-JP,ja",
];
export const PHONE = { width: 360, height: 800 };
export const PC = { width: 1440, height: 900 };

export class People {
  constructor(product) {
    this.product = product;
    this.known = new Map();
    this.troubles = [];
  }

  async begin() {
    const args = process.getuid?.() === 0 ? [...QUIET, "--no-sandbox"] : QUIET;
    const one = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
    this.browsers = await Promise.all([one(), one()]);
  }

  end = () => Promise.all((this.browsers ?? []).map((browser) => browser.close()));

  /** A profile in which nobody is signed in yet. `at`: 0 or 1, the browser. */
  async profile({ at = 0, viewport = PC, ...more } = {}) {
    const context = await this.browsers[at].newContext({
      viewport,
      locale: "ja-JP",
      timezoneId: "Asia/Tokyo",
      reducedMotion: "reduce",
      // It has a journey of its own (`notify`); what it answers, a journey that cuts lines could not see.
      serviceWorkers: "block",
      baseURL: this.product.url,
      ...more,
    });
    context.setDefaultTimeout(15_000);
    context.on("page", (page) => this.watch(page));
    return context;
  }

  /** What the console of every page says: a journey fails on anything that it did not announce. */
  watch(page) {
    page.on("response", (response) => (page.streaming ||= response.url().includes("/api/v1/events")));
    page.on("pageerror", (error) => this.troubles.push(`${page.url()}: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type())) return;
      if (message.text().includes("Service Worker registration blocked by Playwright")) return;
      this.troubles.push(`${page.url()}: ${message.text()} (${message.location().url})`);
    });
  }

  /** The troubles since the last look, without those that are expected. */
  take_troubles(expected) {
    return this.troubles.splice(0).filter((trouble) => !expected.some((known) => known.test(trouble)));
  }

  /** A new page of a person who has signed in, on a path of the product. Who goes without scripts has a profile for that. */
  async open(login, path, { at = 0, viewport = PC, ...more } = {}) {
    const profile = more.javaScriptEnabled === false ? `${login} without scripts` : login;
    if (!this.known.has(profile)) this.known.set(profile, this.arrive(login, { at, viewport, ...more }));
    const context = await this.known.get(profile);
    const page = await context.newPage();
    await page.setViewportSize(viewport);
    if (path) await page.goto(path);
    return page;
  }

  async arrive(login, options) {
    const context = await this.profile(options);
    const page = await context.newPage();
    await this.sign_in(page, login);
    await page.close();
    return context;
  }

  /** Through the pages, with both factors. */
  async sign_in(page, login, next = "/patients") {
    const { totp_secret } = this.product.account(login);
    await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await this.first_step(page, login);
    await page.getByLabel("確認コード(6けた)").fill(await fresh_code(totp_secret));
    await page.getByRole("button", { name: "サインイン", exact: true }).click();
    await page.waitForURL((url) => url.pathname === next);
    assert.equal(await page.locator("html[data-account]").count(), 1, "signed in");
  }

  /** The same at the door of operators and secretariats, as the demo describes them. */
  async sign_in_at_the_console(page, { login_id, password, totp_secret }) {
    await page.goto("/operator/sign-in");
    await page.getByLabel("運営者ID").fill(login_id);
    await page.getByLabel("パスワード").fill(password);
    await page.getByLabel("アプリ認証の6けたの数字").fill(await fresh_code(totp_secret));
    await page.getByRole("button", { name: "サインイン" }).click();
    await page.waitForURL("**/operator");
  }

  /** At the door of patients and relatives. The code with which she joined is used up, and may be the one of now. */
  async sign_in_as_a_relative(page, login) {
    const { password, totp_secret } = this.product.account(login);
    await page.goto("/family/sign-in");
    do {
      await page.getByLabel("ID", { exact: true }).fill(login);
      await page.getByLabel("パスワード").fill(password);
      await page.getByLabel("認証アプリの 6けたの 数字").fill(await fresh_code(totp_secret));
      await page.getByRole("button", { name: "サインイン" }).click();
      await page.waitForLoadState();
    } while (page.url().includes("sign-in") && (await page.getByRole("alert").count()));
    await page.waitForURL((url) => url.pathname !== "/family/sign-in");
  }

  async first_step(page, login) {
    await page.getByLabel("ID", { exact: true }).fill(login);
    await page.getByLabel("パスワード").fill(this.product.account(login).password);
    await page.getByRole("button", { name: "次へ" }).click();
  }
}
