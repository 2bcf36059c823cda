// The one place where text of the server becomes nodes, and the small helpers around it.

const WORKER = "/sw.js";
const policy = globalThis.trustedTypes?.createPolicy("renkei", {
  createHTML: (html) => html,
  createScriptURL: (url) => {
    if (url !== WORKER) throw new TypeError("not our service worker");
    return url;
  },
});

/** Japanese stands in the scripts; an English page brings its words along. */
const words = JSON.parse(document.getElementById("spoken-words")?.textContent ?? "{}");

/** A text in the language of the page, with its {0}, {1} … filled. */
export function t(text, ...values) {
  return (words[text] ?? text).replace(/\{(\d)\}/g, (_, n) => values[n]);
}

/** The answer of the server was not a fragment; `status` says why, 0 is no connection. */
export class Refused extends Error {
  constructor(status) {
    super(`answered ${status}`);
    this.status = status;
  }
}

/** Headers of a request that a person did not ask for: it does not keep the session awake. */
export const BACKGROUND = { "X-Renkei-Background": "1" };

/** Fetches one of our own pages or fragments as a document. Throws `Refused`. */
export async function fetch_fragment(path, { headers = {}, ...init } = {}) {
  const url = new URL(path, location.href);
  if (url.origin !== location.origin) throw new Refused(0);
  let response;
  try {
    response = await fetch(url, {
      ...init,
      headers: { "X-Renkei-Fragment": "1", ...headers },
      credentials: "same-origin",
    });
  } catch {
    throw new Refused(0);
  }
  const ours = new URL(response.url).origin === location.origin;
  const html = (response.headers.get("content-type") ?? "").startsWith("text/html");
  if (!response.ok || !ours || !html) throw new Refused(response.status);
  return parse(await response.text());
}

/** A document of text that one of our own pages was; nothing in it runs. */
export const parse = (text) => new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");

/** The service worker's registration, or null where the browser has none. */
export async function register_worker() {
  if (!navigator.serviceWorker) return null;
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(WORKER) : WORKER);
    return await navigator.serviceWorker.ready;
  } catch {
    return null;
  }
}

/** An element with attributes, properties by value type, and children (text or nodes). */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(key, value);
    else if (value !== false && value != null) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Tells screen readers; never says content. */
export function announce(text) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 50);
}

/** A short message at the foot of the page, with an optional link. */
export function toast(text, link) {
  const box = el("div", { class: "toast", role: "status" }, el("span", {}, text));
  if (link) box.append(el("a", { class: "btn", href: link.href }, link.text));
  document.getElementById("toasts")?.replaceChildren(box);
  setTimeout(() => box.remove(), link ? 20_000 : 8_000);
}

/** Calls `act` once, so long after the last call; `now()` calls at once what is waiting, `cancel()` forgets it. */
export function later(act, milliseconds) {
  let timer;
  const run = () => {
    timer = undefined;
    act();
  };
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
  call.now = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    run();
  };
  call.cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return call;
}
