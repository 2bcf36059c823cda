// What another app shares is taken here, before any server: sealed under the key of whoever uses 連携 on this device, until it is put into a
// composer (js/shared.js), or for an hour. Without that key nobody is known who could read it again, and nothing is kept.

const SHARE = "/share";
const AN_HOUR = 3_600_000;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** A base of this device, as js/store.js and js/shared.js make them, for one piece of work. */
async function with_base(name, stores, work) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => stores.forEach((store) => request.result.createObjectStore(store));
  const base = await done(request);
  // Sign-out deletes it and waits for nobody.
  base.onversionchange = () => base.close();
  try {
    return await work(base);
  } finally {
    base.close();
  }
}

const owner_key = () =>
  with_base("renkei", ["keys", "drafts", "outbox"], async (base) => (await done(base.transaction("keys").objectStore("keys").get("key")))?.key);

const with_shared = (work) => with_base("renkei-shared", ["things"], work);

/** All of it or nothing, in the place of what was shared before. */
const keep_shared = (rows) =>
  with_shared(
    (base) =>
      new Promise((resolve, reject) => {
        const transaction = base.transaction("things", "readwrite", { durability: "strict" });
        const things = transaction.objectStore("things");
        things.clear();
        rows.forEach((row, n) => things.put(row, n));
        transaction.oncomplete = resolve;
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      }),
  );

const forget_old = () =>
  with_shared(async (base) => {
    const things = base.transaction("things", "readwrite").objectStore("things");
    const first = await done(things.get(0));
    if (first && Date.now() - first.at >= AN_HOUR) await done(things.clear());
  }).catch(() => {});

async function take(request) {
  let to = SHARE;
  try {
    const key = await owner_key();
    if (!key) throw new Error("nobody is known here");
    await keep_shared(await sealed(await request.formData(), key));
  } catch {
    // What was shared before must not stand there as if it were this.
    await keep_shared([]).catch(() => {});
    to = `${SHARE}?lost=1`;
  }
  return Response.redirect(new URL(to, self.location), 303);
}

/** The first row says what there is, the others are the files. */
async function sealed(form, key) {
  const sent = form.getAll("files").filter((one) => one instanceof File);
  // Said on the page; the composer would take none of them either.
  const fits = (file, n) => file.size <= LARGEST && n < MOST;
  const files = sent.filter(fits);
  const what = {
    body: words(form),
    files: files.map(({ name, type }) => ({ name, type })),
    left: sent.filter((file, n) => !fits(file, n)).map(({ name }) => name),
  };
  const at = Date.now();
  const seal = async (bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { at, iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
  };
  const rows = [await seal(new TextEncoder().encode(JSON.stringify(what)))];
  // One after the other: a phone has little room for several at once.
  for (const file of files) rows.push(await seal(await file.arrayBuffer()));
  return rows;
}

/** Title, text and address, each once. */
function words(form) {
  const parts = ["title", "text", "url"].map((name) => form.get(name)).filter((one) => typeof one === "string" && one.trim());
  return parts.filter((one, n) => !parts.some((other, m) => (m === n ? false : other.includes(one) && (other !== one || m < n)))).join("\n");
}
