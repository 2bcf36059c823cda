// Files that the server does not have yet: they lie on this device, sealed under the key of whoever uses it, until they have arrived or are
// taken off. A page that is closed before, or a phone without a line, does not lose the photograph.
import { key, open_bytes, run_in, seal_bytes } from "./store.js";

const run = (mode, act) => run_in("renkei-files", "files", mode, act);

let before = Promise.resolve();

/** Holds a file under `local`, an id of this device. Rejects where there is no room. One after the other: a phone has little room for several at once. */
export function hold(local, file) {
  const now = before.then(() => put(local, file));
  before = now.catch(() => {});
  return now;
}

async function put(local, file) {
  const what = await seal_bytes(new TextEncoder().encode(JSON.stringify({ name: file.name, type: file.type })));
  const bytes = await seal_bytes(await file.arrayBuffer());
  await run("readwrite", (files) => files.put({ what, bytes }, local));
}

/** The file, or null: let go, or sealed for somebody else. Rejects where the device does not say. */
export async function held(local) {
  const row = await run("readonly", (files) => files.get(local));
  if (!row) return null;
  // A device that does not give its key has not said that the file is gone.
  await key();
  try {
    const { name, type } = JSON.parse(new TextDecoder().decode(await open_bytes(row.what)));
    return new File([await open_bytes(row.bytes)], name, { type });
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
