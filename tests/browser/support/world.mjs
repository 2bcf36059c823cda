// One running product for all journeys, and how a journey is written down.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Api } from "./api.mjs";
import { People } from "./people.mjs";
import { Product } from "./product.mjs";
import { Smtp } from "./smtp.mjs";

export const world = {};

before(async () => {
  world.mail = await Smtp.start();
  world.product = await Product.start({ mail_port: world.mail.port });
  world.api = new Api(world.product);
  world.people = new People(world.product);
  await world.people.begin();
});

after(async () => {
  await world.people?.end();
  await world.product?.stop();
  await world.mail?.stop();
});

/** Answers of the server that a journey provokes on purpose: the browser reports them as errors. */
export const answered = (...statuses) =>
  new RegExp(`Failed to load resource: the server responded with a status of (${statuses.join("|")})`);
/** Connections that a journey cuts on purpose. */
export const cut_off = /net::ERR_/;

/** A journey. It closes its pages; the console must have been silent but for what is `expected`. */
export function journey(name, act, { expected = [], timeout = 90_000 } = {}) {
  test(name, { timeout: 2 * timeout + 60_000 }, async (t) => {
    try {
      await walk(t, act, expected, timeout);
    } catch (error) {
      if (!waited_in_vain(error)) throw error;
      // A machine that was busy elsewhere is not the product's fault; what is, happens again. Both are told.
      t.diagnostic(`"${name}" is walked a second time, since the first one ended with: ${error.message.split("\n")[0]}`);
      await walk(t, act, expected, timeout);
    }
  });
}

const waited_in_vain = ({ name, message }) => name === "TimeoutError" || / in vain until |^not done within /.test(message);

async function walk(t, act, expected, timeout) {
  world.people.take_troubles([]);
  const opened = [];
  const open = async (...person) => {
    const page = await world.people.open(...person);
    opened.push(page);
    return page;
  };
  try {
    await in_time(act({ ...world, open, t }), timeout);
  } catch (error) {
    for (const page of opened) t.diagnostic(await last_look(page));
    throw error;
  } finally {
    // Whoever was cut off when it failed must not be so in the next one.
    await Promise.all(opened.map((page) => page.context().setOffline(false).catch(() => {})));
    await Promise.all(opened.map((page) => shut(page, t)));
  }
  assert.deepEqual(world.people.take_troubles(expected), [], "the console is silent");
}

/** A journey that hangs fails a little before the runner gives it up, so that it can still say where it stood. */
function in_time(act, milliseconds) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([act, late]).finally(() => clearTimeout(timer));
}

/** The browser sometimes forgets to close a page that is going elsewhere at that moment; it goes with its browser at the end. */
async function shut(page, t) {
  await in_time(page.close(), 15_000).catch((error) => t.diagnostic(`a page did not close: ${error.message}`));
}

/** What stood on a page when its journey failed. */
async function last_look(page) {
  const text = await page.locator("body").innerText({ timeout: 1_000 }).catch(() => "(gone)");
  return `${page.url()}: ${text.replace(/\s+/g, " ").slice(0, 600)}`;
}
