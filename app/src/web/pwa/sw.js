// The service worker: shows that there is something new when a push comes, and a page when there is no line.
// It keeps files that everybody may have, and nothing of a record: no page, no answer of the API, no name.

// The page without a line speaks one language.
const KEPT = `renkei-${VERSION}-${WORDS.lang}`;
const OFFLINE = "/offline";

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

async function keep() {
  const cache = await caches.open(KEPT);
  const asked = (url, headers = {}) => new Request(url, { cache: "reload", credentials: "omit", headers });
  await cache.addAll([...ASSETS.map((url) => asked(url)), asked(OFFLINE, { "Accept-Language": WORDS.lang })]);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)));
}

const known = new Set(ASSETS);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  // From another app, by the phone (share.js).
  if (request.method === "POST" && url.origin === self.location.origin && url.pathname === SHARE) return event.respondWith(take(request));
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (known.has(url.pathname)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === "navigate") {
    event.waitUntil(forget_old());
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE, { ignoreVary: true }).then((page) => page ?? Response.error())));
  }
});

// Every push is shown, whatever it holds: a browser takes the right to push away from whoever stays silent.
self.addEventListener("push", (event) => event.waitUntil(told(event.data)));

async function told(data) {
  const { t: token, k: kind } = read(data);
  await self.registration.showNotification(WORDS.title, {
    body: WORDS.body,
    lang: WORDS.lang,
    tag: "renkei",
    renotify: true,
    icon: ICON,
    badge: BADGE,
    // Never an address from outside: one of three pages.
    data: { open: { n: "/notices", f: "/family" }[kind] ?? "/" },
  });
  await self.navigator.setAppBadge?.().catch(() => {});
  if (typeof token === "string") await confirm(token);
}

/** A token and the letter of a kind; nothing where it is something else. */
function read(data) {
  try {
    return data.json() ?? {};
  } catch {
    return {};
  }
}

/** Says that the notice is on this device. It names nobody: the token is all there is. */
async function confirm(token) {
  await fetch("/push/confirmations", {
    method: "POST",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token }),
  }).catch(() => {});
}

// The browser has given up how this phone is reached, while no page is open: whoever wanted it is reached again, at either door. Where
// that fails, the next page that is opened looks (app.js, family.js).
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(reach_again()));

async function reach_again() {
  const options = { credentials: "same-origin", redirect: "error" };
  for (const { asked, told } of DOORS) {
    try {
      const response = await fetch(asked, { ...options, headers: { "X-Renkei-Background": "1" } });
      if (!response.ok) continue;
      const { push } = await response.json();
      if (!push.wanted || !push.public_key) continue;
      const made = await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: push.public_key });
      const { endpoint, keys } = made.toJSON();
      await fetch(told, {
        ...options,
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Renkei-Background": "1" },
        body: JSON.stringify({ client_id: crypto.randomUUID(), endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }),
      });
    } catch {
      // nobody is signed in there, or there is no line
    }
  }
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.open ?? "/"));
});

/** The start page, the notices or the family's page show what is new; a page on which somebody may be writing is left alone. */
async function open(path) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === path);
  // As it was drawn then it may not know of what has just come.
  if (there) return (await there.navigate(path).catch(() => there))?.focus();
  return self.clients.openWindow(path);
}
