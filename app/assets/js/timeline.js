// The open timeline: posts come and change without moving what is being read.
import { announce, el, fetch_fragment, t } from "./dom.js";

const FOCUSABLE = "a[href], button, summary, input, select, textarea";
const WEEKDAYS = t("日,月,火,水,木,金,土").split(",");
let timeline;
let unseen = 0;

/** Opens at the place that the address names, else at the newest end. */
export function open_timeline(node) {
  timeline = node;
  const jump = timeline.querySelector(".jump");
  jump.addEventListener("click", (event) => {
    event.preventDefault();
    to_newest();
  });
  addEventListener("scroll", () => at_end() && forget_unseen(), { passive: true, capture: true });
  if (!location.hash && timeline.hasAttribute("data-live")) to_newest();
}

const is_thread = () => timeline?.hasAttribute("data-thread") ?? false;
/** Whether the timeline is the live end of this group. */
export const is_live = (group) => timeline?.dataset.group === group && timeline.hasAttribute("data-live");
export const find_post = (id) => document.getElementById(`post-${id}`)?.closest("[data-post]") ?? null;

/** Fetches one post as it stands now, as an element. */
export async function fetch_post(group, id, headers) {
  const whole = is_thread() && !id.includes("?") ? "?thread=1" : "";
  const page = await fetch_fragment(`/groups/${group}/posts/${id}${whole}`, { headers });
  return page.querySelector("[data-post]");
}

/** Puts a fetched post in its place; `mine` was written here and is shown at once. False when its place is not loaded. */
export function place_post(post, { mine = false } = {}) {
  const old = find_post(post.dataset.post);
  if (old) {
    replace_post(old, post);
    return true;
  }
  // The page of one post: everything else stands on the timeline.
  if (is_thread()) return true;
  const seq = Number(post.dataset.seq);
  const posts = [...timeline.querySelectorAll("[data-seq]")];
  // Older than what is loaded: it comes when one scrolls there.
  if (posts.length && seq < Number(posts[0].dataset.seq) && timeline.querySelector("[data-older]")) return false;
  const follow = mine || at_end();
  const after = posts.findLast((one) => Number(one.dataset.seq) < seq);
  keep_place(() => insert(post, after), follow);
  if (follow) show(post, mine);
  else count_unseen();
  if (!mine) announce(t("新しい投稿があります"));
  return true;
}

/** Swaps a post for its newer state; what is open stays open, and the focus stays where it was. */
export function replace_post(old, post) {
  const focused = [...old.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
  // By a key (keys.js).
  const itself = document.activeElement === old;
  const open = [...old.querySelectorAll("details[open]")].map((details) => details.className);
  post.querySelectorAll("details").forEach((details) => (details.open ||= open.includes(details.className)));
  keep_place(() => old.replaceWith(document.adoptNode(post)));
  if (itself) {
    post.tabIndex = -1;
    post.focus({ preventScroll: true });
  }
  if (focused >= 0) [...post.querySelectorAll(FOCUSABLE)][focused]?.focus({ preventScroll: true });
}

function insert(post, after) {
  const day = post.querySelector(".aside time")?.dateTime.slice(0, 10);
  const node = document.adoptNode(post);
  if (after) after.after(node);
  else timeline.querySelector("#newest").before(node);
  if (day && !timeline.querySelector(`.day[data-day="${day}"]`)) node.before(day_line(day));
}

function day_line(day) {
  const date = new Date(`${day}T00:00:00+09:00`);
  const [, month, number] = day.split("-").map(Number);
  const weekday = WEEKDAYS[new Date(date.getTime() + 9 * 3_600_000).getUTCDay()];
  return el("div", { class: "day", "data-day": day }, el("h2", {}, t("今日 {0}月{1}日({2})", month, number, weekday)));
}

/** The element that scrolls: the pane on the PC, the page on the phone. */
function scroller() {
  const pane = timeline.closest(".scroll");
  return getComputedStyle(pane).overflowY === "auto" ? pane : document.scrollingElement;
}

/** Keeps the first visible entry where it is while `change` happens around it. */
export function keep_place(change, skip = false) {
  const pane = scroller();
  const top = pane === document.scrollingElement ? 0 : pane.getBoundingClientRect().top;
  const anchor = [...timeline.children].find((child) => child.getBoundingClientRect().bottom > top + 8);
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (skip || !anchor?.isConnected) return;
  const moved = anchor.getBoundingClientRect().top - before;
  if (Math.abs(moved) > 0.5) pane.scrollTop += moved;
}

function at_end() {
  const pane = scroller();
  const end = timeline.querySelector("#newest").getBoundingClientRect().top;
  const bottom =
    pane === document.scrollingElement
      ? innerHeight - composer_height()
      : pane.getBoundingClientRect().bottom;
  return end <= bottom + 64;
}

const composer_height = () => document.querySelector(".composer")?.offsetHeight ?? 0;

/** Follows to a new post, but never past its first line. */
function show(post, mine) {
  to_newest();
  const pane = scroller();
  const top = pane === document.scrollingElement ? 140 : pane.getBoundingClientRect().top;
  const above = top - post.getBoundingClientRect().top;
  if (!mine && above > 0) pane.scrollTop -= above;
}

export function to_newest() {
  const pane = scroller();
  // The pane of the PC counts from its end (column-reverse), the page of the phone from its top.
  pane.scrollTop = pane === document.scrollingElement ? pane.scrollHeight : 0;
  forget_unseen();
}

function count_unseen() {
  unseen += 1;
  const jump = timeline.querySelector(".jump");
  jump.hidden = false;
  jump.querySelector("span").textContent = t("新しい投稿 {0}件", unseen);
}

function forget_unseen() {
  unseen = 0;
  timeline.querySelector(".jump").hidden = true;
}
