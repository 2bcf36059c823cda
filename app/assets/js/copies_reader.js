// On the page that stands in for one that did not come: the copies on this device, after their code.
import { el, parse, t } from "./dom.js";
import { ask } from "./copies.js";
import * as store from "./copies_store.js";

/** Without a touch for so long, the code is asked for again. */
const IDLE = 5 * 60_000;
const when = (at) => new Date(at).toLocaleString(document.documentElement.lang, { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" });

export async function offer_copies(place) {
  const show = (...content) => {
    place.replaceChildren(...content);
    place.querySelector("input, h2")?.focus();
  };
  const closed = t("控えは、この画面では開けません。");
  if (!(await store.kept_key().catch(() => null))) return;
  // Where the server answers it decides: a session that sleeps or is over is not woken by a code of this device.
  const away = async () => {
    const state = await ask().catch(() => "closed");
    if (state === "away" || state === "ok") return true;
    show(el("p", { role: "alert" }, closed, state === "locked" ? t("「もう一度開く」を押して、ロックを外してください。") : ""));
    return false;
  };
  if (!(await away())) return;
  addEventListener("online", away);
  await store.clear_old();
  if ((await store.count()) > 0) ask_code(show, away, t("この端末に、前に開いたページの控えがあります。"));
}

function ask_code(show, away, words) {
  const code = el("input", { class: "input", id: "code", type: "password", autocomplete: "off", maxlength: 64, required: true });
  const line = el("p", { role: "status" }, words);
  const open = el("button", { class: "btn large block", type: "submit" }, t("控えを開く"));
  const form = el(
    "form",
    { class: "stack" },
    el("h2", { tabindex: -1 }, t("控えを読む")),
    line,
    el("div", { class: "field" }, el("label", { for: "code" }, t("控えの合言葉")), code),
    open,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    open.disabled = true;
    line.textContent = t("開いています…");
    if (!(await away())) return;
    const pages = await store.read_all(code.value).catch(() => []);
    open.disabled = false;
    code.value = "";
    if (pages === null) {
      const left = store.TRIES - ((await store.kept_key())?.tries ?? store.TRIES);
      if (left <= 0) return show(el("p", { role: "alert" }, t("合言葉が続けて違ったため、控えを消しました。電波の届くところで開いてください。")));
      line.textContent = t("合言葉が違います。あと{0}回違うと、控えは消えます。", left);
      return code.focus();
    }
    read(show, away, pages);
  });
  show(form);
}

function read(show, away, pages) {
  let over;
  const again = (words) => {
    clearTimeout(over);
    ask_code(show, away, words);
  };
  watch(() => again(t("しばらく触られなかったので、控えを閉じました。")), pages);
  const list = () => (clearTimeout(over), show(el("h2", { tabindex: -1 }, t("控えのあるページ")), el("ul", { class: "panel flush rows" }, ...pages.map(row))));
  const row = (page) => {
    const words = el("span", {}, el("b", {}, t("{0}（{1}）", page.title, kind(page.path))), el("small", {}, t("{0}のもの・{1}に消えます", when(page.at), when(page.until))));
    const open = el("button", { class: "way", type: "button" }, words);
    open.addEventListener("click", () => one(page));
    return el("li", {}, open);
  };
  const one = async (page) => {
    if (Date.now() >= page.until) return again(t("この控えは、時間が過ぎて消えました。"));
    await store.note_read(page.account, page.group);
    // Also while it is open.
    clearTimeout(over);
    over = setTimeout(() => again(t("この控えは、時間が過ぎて消えました。")), Math.min(page.until - Date.now(), 2 ** 31 - 1));
    const back = el("button", { class: "btn", type: "button" }, t("控えの一覧へ"));
    back.addEventListener("click", list);
    const copy = el("article", { class: "copy" });
    copy.append(...parse(page.html).body.childNodes);
    const old = el("div", { class: "callout caution" }, el("p", {}, el("b", {}, t("{0}の控えです。", when(page.at))), t("そのあとの連絡は入っていません。写真とファイルも見られません。")));
    show(el("h2", { tabindex: -1 }, page.title), old, back, copy);
    scrollTo(0, 0);
  };
  const here = pages.find(({ path }) => path === location.pathname);
  here ? one(here) : list();
}

/** `kind` of a page, by its address. */
function kind(path) {
  if (path.endsWith("/face-sheet")) return t("フェイスシート");
  return path.endsWith("/before-visit") ? t("訪問の前に") : t("連絡");
}

/** Calls `close` once when nobody has touched the page for a while, also while the device slept; what was open is let go. */
function watch(close, pages) {
  let last = Date.now();
  const check = () => {
    if (Date.now() - last < IDLE) return;
    end.abort();
    clearInterval(clock);
    pages.length = 0;
    close();
  };
  const end = new AbortController();
  const clock = setInterval(check, 5_000);
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => (check(), (last = Date.now())), { passive: true, capture: true, signal: end.signal });
  }
  document.addEventListener("visibilitychange", check, { signal: end.signal });
}
