// One key at a time, for whoever works with a keyboard. Comes with the first key; nothing is sent or recorded by a key alone.

const WAIT = 1_500;

/** After `g`. */
const PLACES = {
  h: () => location.assign("/"),
  p: () => location.assign("/groups"),
  o: () => location.assign("/notices"),
  m: () => location.assign("/menu"),
};

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  r: () => current()?.querySelector("a[data-reply]")?.click(),
  n: () => document.querySelector(".composer textarea")?.focus(),
  "/": () => search(),
  "?": () => location.assign("/help/keys"),
};

/** When `g` was pressed. Times begin with the page: 0 would be a `g` at its beginning. */
let leader = -Infinity;

export function press(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], [popover]")) return;
  const led = event.timeStamp - leader < WAIT;
  leader = event.key === "g" && !led ? event.timeStamp : -Infinity;
  const act = (led ? PLACES : ACTS)[event.key];
  if (!act || event.repeat) return;
  event.preventDefault();
  act();
}

const posts = () => [...document.querySelectorAll(".timeline [data-post]")];
const current = () => document.activeElement?.closest("[data-post]");

/** The post beside the one that has the focus; the first step takes the first that is in view. */
function step(by) {
  const all = posts();
  const at = all.indexOf(current());
  const seen = (post) => post.getBoundingClientRect().bottom > innerHeight / 4;
  const next = at < 0 ? all.find(seen) : all[at + by];
  if (!next) return;
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** The search of this page where it has one. */
function search() {
  const here = document.querySelector("main input[type=search]:not([hidden] *)");
  if (here) here.focus();
  else location.assign(document.querySelector('.topbar a[href^="/search"]')?.href ?? "/search");
}
