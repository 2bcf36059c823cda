// What a person wrote and the server does not have yet: kept on this device, encrypted, until it is sent or signed out.
//
// The key is an AES-GCM key that cannot be exported. Deleting it at sign-out makes the rest unreadable.

const STORES = ["keys", "drafts", "outbox"];
// Whoever comes in by the family's door has a place of her own: on a shared phone neither clears away what the other wrote.
const kin = document.querySelector("[data-kin]")?.dataset.kin;
const account = kin ?? document.documentElement.dataset.account ?? "";
const PLACE = kin ? "renkei-family" : "renkei";
let opening;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(PLACE, 1);
    request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

/** One request in one transaction, done when it is on disk. */
async function run(store, mode, act) {
  const transaction = (await open()).transaction(store, mode, { durability: "strict" });
  const request = act(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const get = (store, key) => run(store, "readonly", (rows) => rows.get(key));
const put = (store, key, value) => run(store, "readwrite", (rows) => rows.put(value, key));
const drop = (store, key) => run(store, "readwrite", (rows) => rows.delete(key));

let key_promise;

/** The key of this person on this device; another person's leftovers on a shared device go first. */
export function key() {
  key_promise ??= (async () => {
    const kept = await get("keys", "key");
    if (kept?.account === account) return kept.key;
    if (kept) await wipe();
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    await put("keys", "key", { account, key: fresh });
    return fresh;
  })();
  return key_promise;
}

/** Bytes under the key of this person on this device, as `{iv, data}`. */
export async function seal_bytes(bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), bytes) };
}

/** What was sealed so; rejects where the key is another by now. */
export const open_bytes = async ({ iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), data);

const seal = (value) => seal_bytes(new TextEncoder().encode(JSON.stringify(value)));

/** One piece of work on the one store of a base beside this one, done when it is on disk; then the base is free to be deleted. */
export async function run_in(place, store, mode, act) {
  const base = await new Promise((resolve, reject) => {
    const request = indexedDB.open(place, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(store);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  base.onversionchange = () => base.close();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction(store, mode, { durability: "strict" });
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

async function unseal(row) {
  if (!row) return null;
  try {
    return JSON.parse(new TextDecoder().decode(await open_bytes(row)));
  } catch {
    return null; // sealed with a key that is gone
  }
}

/** The draft of a group: `{body, reply_to, reply_name, files, missing, must_acknowledge_by, to, urgent, error}`, or null. */
export const read_draft = async (group) => (await key(), unseal(await get("drafts", group)));
export const write_draft = async (group, draft) => put("drafts", group, await seal(draft));
export const drop_draft = (group) => drop("drafts", group);
/** Of which groups and forms there are drafts. */
export const draft_keys = () => run("drafts", "readonly", (rows) => rows.getAllKeys());

/**
 * A post on its way: `{client_id, group, body, reply_to, files, must_acknowledge_by, to, urgent, written_at}`; of its files those that the
 * server has as `{id, name}`, the others as `{local, name, kind}` (js/held.js).
 */
export const write_unsent = async (post) => put("outbox", post.client_id, await seal(post));
export const drop_unsent = (client_id) => drop("outbox", client_id);

/** What of it is still on its way: another page of this device may have sent it meanwhile. */
export const still_unsent = async (client_id) => unseal(await get("outbox", client_id));

/** Everything that is on its way, the oldest first. */
export async function read_unsent() {
  await key();
  const rows = await run("outbox", "readonly", (rows) => rows.getAll());
  const posts = await Promise.all(rows.map(unseal));
  return posts.filter(Boolean).sort((a, b) => a.written_at - b.written_at);
}

export const unsent_count = () => run("outbox", "readonly", (rows) => rows.count()).catch(() => 0);

/** Deletes the key first, then what it protected. */
export async function wipe() {
  try {
    for (const store of STORES) await run(store, "readwrite", (rows) => rows.clear());
  } catch {
    indexedDB.deleteDatabase(PLACE);
  } finally {
    // What another app has shared lies beside it, under the same key (js/shared.js).
    // So do files on their way (js/held.js), and copies of pages, under a code (js/copies_store.js).
    if (!kin) {
      indexedDB.deleteDatabase("renkei-shared");
      indexedDB.deleteDatabase("renkei-files");
      indexedDB.deleteDatabase("renkei-copies");
      localStorage.removeItem("renkei-copies");
    }
  }
}
