// On pages of somebody who is signed in: keeps a copy of what may stay on this device, and clears away what may not.
import { BACKGROUND, el, t } from "./dom.js";
import * as store from "./copies_store.js";

const PATH = "/api/v1/me/copies";
const account = document.documentElement.dataset.account;
const call = (path, init = {}) => fetch(path, { credentials: "same-origin", headers: { ...BACKGROUND, "Content-Type": "application/json" }, ...init });
const set = (kept) => call(PATH, { method: "PUT", body: JSON.stringify({ kept }) });

/** On every page. */
export async function tend() {
  const panel = document.querySelector("[data-copies-settings]");
  if (panel) settings(panel);
  await tell_now();
  const key = await store.kept_key();
  if (key && key.account !== account) return store.destroy();
  const keeps = "copies" in document.documentElement.dataset;
  // Ended elsewhere; or the browser has cleared away what it had.
  if (!keeps) return key && store.destroy();
  if (!key) return panel ? undefined : void (await set(false).catch(() => {}));
  await store.clear_old();
  const main = document.querySelector("main[data-copy-group]");
  if (main) keep_page(main);
  if (location.pathname === "/") await ask().catch(() => {});
}

/** What was read without a line goes to the access log at the first page with one, and before anybody signs out. */
export const tell_now = () => store.tell_read(account, tell).catch(() => {});

/**
 * What the server says of this device: what may stay, and whether the session lives. "ok", "locked", "ended", "closed" where it answers
 * anything else, or "away" where nobody answers.
 */
export async function ask() {
  let response;
  try {
    response = await call(PATH, { signal: AbortSignal.timeout(4_000) });
  } catch {
    return "away";
  }
  if (response.status === 401) {
    const { code } = await response.json().catch(() => ({}));
    if (code === "locked") return "locked";
    await store.destroy();
    return "ended";
  }
  // What stands before the server, and the server without its database.
  if ([502, 504].includes(response.status)) return "away";
  if (!response.ok) return "closed";
  const { kept, groups } = await response.json();
  if (!kept) return (await store.destroy(), "ok");
  const hours = new Map(groups.map((one) => [one.group, one.hours]));
  await store.clear_old((group) => (hours.get(group) ?? 0) * 3_600_000);
  return "ok";
}

async function tell(groups) {
  const response = await call(`${PATH}/readings`, { method: "POST", body: JSON.stringify({ groups }), signal: AbortSignal.timeout(3_000) });
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

/** As the page stands when it has come to rest, and again when it is left: what has arrived meanwhile is in it. */
function keep_page(main) {
  const { copyGroup: group, copyHours } = main.dataset;
  // From when the server showed it: what is kept later of the same page is over at the same time.
  const until = Date.now() + Number(copyHours) * 3_600_000;
  const keep = () => {
    if (!main.isConnected) return;
    const title = main.querySelector("h1")?.textContent.trim() ?? "";
    store.keep({ group, path: location.pathname, until }, { title, html: plain(main) }).catch(() => {});
  };
  setTimeout(keep, 1_000);
  document.addEventListener("visibilitychange", () => document.hidden && keep());
}

const GONE = "form, button, input, textarea, select, dialog, script, style, template, nav, iframe, object, .no-print, .composer, .unsent, .menu, .icon-btn, .sr, [hidden]";

/** Without anything that acts or leads on, but telephone numbers; without pictures, which are not kept. */
function plain(main) {
  const copy = main.cloneNode(true);
  copy.querySelectorAll(GONE).forEach((node) => node.remove());
  copy.querySelectorAll("img, picture, video, audio, canvas").forEach((node) => node.replaceWith(t("［写真・ファイル］")));
  copy.querySelectorAll("a:not([href^='tel:'])").forEach((link) => {
    const words = document.createElement("span");
    words.append(...link.childNodes);
    words.className = link.className;
    link.replaceWith(words);
  });
  for (const node of copy.querySelectorAll("*")) {
    for (const { name } of [...node.attributes]) {
      if (/^(data-|on)|^(id|for|name|src|srcset|style|tabindex|action|aria-(controls|describedby|labelledby|live))$/.test(name)) node.removeAttribute(name);
    }
  }
  return copy.innerHTML;
}

function settings(panel) {
  panel.hidden = false;
  const wrong = panel.querySelector("[data-copies-error]");
  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };
  // As for exports: who sits here now is asked first.
  const prove = () => {
    say(t("先に、ご本人であることを確かめます。"));
    wrong.append(" ", el("a", { href: `/confirm?next=${encodeURIComponent(location.pathname)}` }, t("確かめる")));
  };
  const press = (button, work) =>
    button?.addEventListener("click", async () => {
      say("");
      button.disabled = true;
      try {
        await work();
      } catch {
        say(t("できませんでした。電波の届くところで、もう一度押してください。"));
      }
      button.disabled = false;
    });
  press(panel.querySelector("[data-copies-begin]"), async () => {
    const [field, repeated] = ["copies-code", "copies-again"].map((id) => document.getElementById(id));
    const [code, again] = [field.value, repeated.value];
    if (code.length < field.minLength) return say(t("合言葉は、8文字以上にしてください。"));
    if (/^[\d\s.\-/]*$/.test(code.normalize("NFKC"))) return say(t("数字だけの合言葉は、すぐに当てられます。文字も入れてください。"));
    if (new Set(code).size < 4) return say(t("同じ文字が多すぎます。ほかの合言葉にしてください。"));
    if (code !== again) return say(t("2つの合言葉が同じではありません。"));
    const response = await set(true);
    if (response.status === 403 && (await response.json()).code === "step_up_required") return prove();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    try {
      await store.begin(account, code);
    } catch (error) {
      await set(false);
      throw error;
    }
    location.reload();
  });
  press(panel.querySelector("[data-copies-end]"), async () => {
    await store.destroy();
    const response = await set(false);
    if (!response.ok) throw new Error(`answered ${response.status}`);
    location.reload();
  });
}

export { destroy, forget_group } from "./copies_store.js";
