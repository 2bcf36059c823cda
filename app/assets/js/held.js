// Files that the server does not have yet: they lie on this device, sealed under the key of whoever uses it, until they have arrived or are
// taken off. A page that is closed before, or a phone without a line, does not lose the photograph.
import { key } from "./store.js";

const PLACE = "renkei-files";

/** One piece of work, done when it is on disk; then the base is free to be deleted. */
async function run(mode, act) {
  const base = await new Promise((resolve, reject) => {
    const request = indexedDB.open(PLACE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  base.onversionchange = () => base.close();
  try {
    const transaction = base.transaction("files", mode, { durability: "strict" });
    const request = act(transaction.objectStore("files"));
    return await new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

let before = Promise.resolve();

/** Holds a file under `local`, an id of this device. Rejects where there is no room. One after the other: a phone has little room for several at once. */
export function hold(local, file) {
  const now = before.then(() => put(local, file));
  before = now.catch(() => {});
  return now;
}

async function put(local, file) {
  const mine = await key();
  const seal = async (bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, mine, bytes) };
  };
  const what = await seal(new TextEncoder().encode(JSON.stringify({ name: file.name, type: file.type })));
  const bytes = await seal(await file.arrayBuffer());
  await run("readwrite", (files) => files.put({ what, bytes }, local));
}

/** The file, or null: let go, or sealed for somebody else. Rejects where the device does not say. */
export async function held(local) {
  const row = await run("readonly", (files) => files.get(local));
  if (!row) return null;
  const mine = await key();
  const open = ({ iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, mine, data);
  try {
    const { name, type } = JSON.parse(new TextDecoder().decode(await open(row.what)));
    return new File([await open(row.bytes)], name, { type });
  } catch {
    return null;
  }
}

export const let_go = (local) => run("readwrite", (files) => files.delete(local)).catch(() => {});

/** An id that says when it was made. */
export const new_local = () => `${Date.now()}/${crypto.randomUUID()}`;

const AN_HOUR = 3_600_000;

/** Lets go of what neither a draft nor a post on its way names any more. What is fresh may belong to a page that has yet to say so. */
export async function let_go_but(named) {
  const all = await run("readonly", (files) => files.getAllKeys()).catch(() => []);
  const old = all.filter((local) => !named.has(local) && Date.now() - Number.parseInt(local) > AN_HOUR);
  for (const local of old) await let_go(local);
}
