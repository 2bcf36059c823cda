// Copies of pages (控え) on this device, to be read where there is no line. Each is sealed for a public key as it is shown; the private key
// lies beside them under a code that only the person knows, and is nowhere while nobody reads.

const PLACE = "renkei-copies";
const MARK = "renkei-copies";
/** There is something to tell the server. */
const READ = "renkei-copies-read";
const ROUNDS = 600_000;
/** Wrong codes until everything is deleted. */
export const TRIES = 5;
const MOST = 60;
const LARGEST = 1_500_000;
const A_MINUTE = 60_000;
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(PLACE, 1);
    request.onupgradeneeded = () => ["keys", "pages", "read"].forEach((name) => request.result.createObjectStore(name, { autoIncrement: name === "read" }));
    request.onsuccess = () => {
      // Sign-out deletes it and waits for nobody.
      request.result.onversionchange = () => (request.result.close(), (opening = undefined));
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(store, mode, act) {
  const transaction = (await open()).transaction(store, mode, { durability: "strict" });
  const request = act(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Changes a row in one step, where it is there; the row as it is then. */
async function change(key, how) {
  let after;
  await run("keys", "readwrite", (rows) => {
    const read = rows.get(key);
    read.onsuccess = () => read.result && rows.put((after = how(read.result)), key);
    return read;
  });
  return after;
}

/** Whether there may be any: the base is not opened, and so not made, where there are none. */
export function marked() {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}

const mark = (on) => (on ? localStorage.setItem(MARK, "1") : localStorage.removeItem(MARK));

/** Deletes the key first: what is left cannot be read by anybody. That something was read stays, until the server knows. */
export async function destroy() {
  try {
    for (const store of ["keys", "pages"]) await run(store, "readwrite", (rows) => rows.clear());
  } catch {
    indexedDB.deleteDatabase(PLACE);
  }
  mark(false);
}

async function lock_of(code, salt) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(code.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", iterations: ROUNDS, salt };
  return crypto.subtle.deriveKey(how, typed, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

const RSA = { name: "RSA-OAEP", hash: "SHA-256" };

/** From now on pages can be kept for `account`; what was there before is gone. */
export async function begin(account, code) {
  await destroy();
  const pair = await crypto.subtle.generateKey({ ...RSA, modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) }, true, ["wrapKey", "unwrapKey"]);
  const [salt, iv] = [16, 12].map((n) => crypto.getRandomValues(new Uint8Array(n)));
  const wrapped = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, await lock_of(code, salt), { name: "AES-GCM", iv });
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  await run("keys", "readwrite", (rows) => rows.put({ account, spki, salt, iv, wrapped, tries: 0, seen: Date.now() }, "key"));
  mark(true);
}

/** `{account, tries, …}`, or null. A clock that was set back would keep what is over: then all of it goes. */
export async function kept_key() {
  if (!marked()) return null;
  const row = await run("keys", "readonly", (rows) => rows.get("key"));
  if (!row) return null;
  if (Date.now() < row.seen - A_MINUTE) return (await destroy(), null);
  return row;
}

const touch = () => change("key", (row) => ({ ...row, seen: Math.max(row.seen, Date.now()) }));

/** Deletes what is over. `may(group)`: for how many milliseconds a copy of it may stay from when it was made. */
export async function clear_old(may = () => Infinity) {
  const row = await kept_key();
  if (!row) return;
  await touch();
  const now = Date.now();
  await run("pages", "readwrite", (rows) => {
    const walk = rows.openCursor();
    walk.onsuccess = () => {
      const cursor = walk.result;
      if (!cursor) return;
      const { at, until, group } = cursor.value;
      if (now >= Math.min(until, at + may(group)) || at > now + A_MINUTE) cursor.delete();
      cursor.continue();
    };
  });
}

export const forget_group = (group) => clear_old((one) => (one === group ? 0 : Infinity));

/** Seals `{title, html}` of the page at `path`, in the place of what was kept of it before. It is over at `until`. */
export async function keep({ group, path, until }, page) {
  const row = await kept_key();
  const text = new TextEncoder().encode(JSON.stringify(page));
  if (!row || text.length > LARGEST || Date.now() >= until) return;
  const shut = await crypto.subtle.importKey("spki", row.spki, RSA, false, ["wrapKey"]);
  const once = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, once, text);
  const key = await crypto.subtle.wrapKey("raw", once, shut, RSA);
  const at = Date.now();
  await run("pages", "readwrite", (rows) => rows.put({ group, at, until, key, iv, data }, path));
  const all = await pages();
  for (const { path } of all.slice(MOST)) await run("pages", "readwrite", (rows) => rows.delete(path));
}

/** The newest first, still sealed. */
async function pages() {
  const [keys, rows] = [await run("pages", "readonly", (all) => all.getAllKeys()), await run("pages", "readonly", (all) => all.getAll())];
  return rows.map((row, n) => ({ path: keys[n], ...row })).sort((a, b) => b.at - a.at);
}

export const count = async () => ((await kept_key()) ? run("pages", "readonly", (rows) => rows.count()) : 0);

/**
 * All pages, open; null where the code is wrong. One try less before it is looked at: closing the page in between does not give it back,
 * and after the last one everything is deleted.
 */
export async function read_all(code) {
  await clear_old();
  const row = await kept_key();
  if (!row) return [];
  const tried = await change("key", (kept) => ({ ...kept, tries: kept.tries + 1 }));
  if (!tried) return [];
  let shut;
  try {
    const lock = await lock_of(code, row.salt);
    shut = await crypto.subtle.unwrapKey("pkcs8", row.wrapped, lock, { name: "AES-GCM", iv: row.iv }, RSA, false, ["unwrapKey"]);
  } catch {
    if (tried.tries >= TRIES) await destroy();
    return null;
  }
  await change("key", (kept) => ({ ...kept, tries: 0 }));
  const open_one = async ({ path, group, at, until, key, iv, data }) => {
    const once = await crypto.subtle.unwrapKey("raw", key, shut, RSA, { name: "AES-GCM" }, false, ["decrypt"]);
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, once, data);
    return { path, group, at, until, account: row.account, ...JSON.parse(new TextDecoder().decode(text)) };
  };
  const opened = await Promise.allSettled((await pages()).map(open_one));
  return opened.flatMap(({ value }) => value ?? []);
}

/** That `account` opened a copy, until the server has been told. */
export async function note_read(account, group) {
  await run("read", "readwrite", (rows) => rows.add({ account, group, at: Date.now() }));
  localStorage.setItem(READ, "1");
}

const A_WEEK = 7 * 86_400_000;

/** Hands over what `account` read, at most 200 at once; it goes when `tell` has been done. What is older than a week is of no use to the server. */
export async function tell_read(account, tell) {
  if (!marked_read()) return;
  const [keys, notes] = [await run("read", "readonly", (rows) => rows.getAllKeys(null, 200)), await run("read", "readonly", (rows) => rows.getAll(null, 200))];
  const mine = notes.filter((note) => note.account === account && Date.now() - note.at < A_WEEK);
  if (mine.length > 0) await tell(mine.map(({ group }) => group));
  for (const [n, key] of keys.entries()) {
    if (mine.includes(notes[n]) || Date.now() - notes[n].at >= A_WEEK) await run("read", "readwrite", (rows) => rows.delete(key));
  }
  if (mine.length === notes.length && notes.length < 200) localStorage.removeItem(READ);
}

export function marked_read() {
  try {
    return localStorage.getItem(READ) !== null;
  } catch {
    return false;
  }
}
