// Live events: the stream says that something happened, the ordinary door says what, and decides again who may see it.
import { BACKGROUND, Refused, el, fetch_fragment, later, t, toast } from "./dom.js";
import { refresh_counts } from "./app.js";
import { refresh_pins } from "./page.js";
import { ended, locked, removed, still_here } from "./session.js";
import { fetch_post, find_post, is_live, place_post } from "./timeline.js";

const AT_ONCE = 3;
const QUIET_BEFORE_NOTICE = 10_000;
/** Receipts come in swarms; one look in this time is enough. */
const RECEIPT_PAUSE = 2_000;

export function listen(timeline) {
  const group = timeline?.dataset.group;
  const account = document.documentElement.dataset.account;
  const wanted = new Map();
  const receipts = new Map();
  let running = 0;
  // Not from now, but from when this page was drawn.
  let last_id = document.documentElement.dataset.liveFrom ?? "";
  let stream;
  let retry = 1_000;
  let notice_timer;

  function connect() {
    stream = new EventSource(
      last_id ? `/api/v1/events?after=${encodeURIComponent(last_id)}` : "/api/v1/events",
    );
    stream.onopen = () => {
      retry = 1_000;
      clearTimeout(notice_timer);
      notice_timer = undefined;
      document.getElementById("offline")?.remove();
    };
    stream.onerror = lost;
    const on = (name, act) =>
      stream.addEventListener(name, (event) => {
        last_id = event.lastEventId || last_id;
        act(event.data ? JSON.parse(event.data) : {});
      });
    on("post.created", created);
    on("post.pinned", (event) => (changed(event), event.group_id === group && refresh_pins()));
    for (const name of ["corrected", "withdrawn", "acknowledged", "stamped", "handled", "called", "overdue", "confirmed"])
      on(`post.${name}`, changed);
    for (const name of ["quarantined", "lifted"]) on(`post.${name}`, hidden);
    on("post.changed", family_changed);
    on("receipt.read", receipt);
    on("notice", noticed);
    on("task.changed", tasks_changed);
    for (const name of ["member.joined", "member.approved", "member.removed", "member.left", "member.archived", "member.reopened"]) on(name, refresh_list);
    on("membership.ended", (event) => {
      if (!event.account_id || event.account_id === account)
        event.group_id === group ? removed() : refresh_list();
    });
    on("session.ended", ended);
    on("session.locked", locked);
    on("reset", () => location.reload());
  }

  function lost() {
    notice_timer ??= setTimeout(offline_notice, QUIET_BEFORE_NOTICE);
    if (stream.readyState !== EventSource.CLOSED) return;
    // The server answered with an error: the browser has given up, so we ask why and come back later.
    setTimeout(async () => (await still_here()) && connect(), retry);
    retry = Math.min(retry * 2, 60_000);
  }

  function created(event) {
    if (event.group_id === group && event.timeline !== "family" && is_live(group)) want(event.post_id);
    refresh_list();
    refresh_counts();
    if (!timeline && location.pathname === "/")
      toast(t("新しい投稿があります"), { href: "/", text: t("表示する") });
    // The team's page of the family's timeline is drawn once; what was typed on it stays until the reader goes on.
    const family = `/groups/${event.group_id}/family`;
    if (event.timeline === "family" && location.pathname === family)
      toast(t("新しい投稿があります"), { href: family, text: t("表示する") });
  }

  /** Something waits for this person: the number says so, and a page that lists it offers to show it. */
  function noticed() {
    refresh_counts();
    if (["/", "/notices"].includes(location.pathname))
      toast(t("新しいお知らせがあります"), { href: "/notices", text: t("表示する") });
  }

  function tasks_changed() {
    refresh_counts();
    if (/^\/tasks$|^\/groups\/[^/]+\/tasks$/.test(location.pathname))
      toast(t("やることが変わりました"), { href: location.pathname, text: t("表示する") });
  }

  function changed(event) {
    // The list beside it shows the newest words, which may be these.
    refresh_list();
    if (event.group_id !== group || event.timeline === "family") return;
    if (is_live(group) || find_post(event.post_id)) want(event.post_id);
  }

  /** A text is gone from everybody's sight, or back: also above the timeline, and from what this device keeps for days without a line. */
  function hidden(event) {
    changed(event);
    if (event.group_id === group) refresh_pins();
    import("./copies.js").then(({ forget_group }) => forget_group(event.group_id)).catch(() => {});
  }

  function family_changed(event) {
    const family = `/groups/${event.group_id}/family`;
    if (location.pathname === family) toast(t("このページの内容が変わりました"), { href: family, text: t("表示する") });
  }

  function receipt(event) {
    if (event.group_id !== group || event.timeline === "family") return;
    const posts = event.post_id
      ? [find_post(event.post_id)]
      : [...timeline.querySelectorAll(".post.mine[data-seq]")];
    const touched = posts.filter((post) => post && Number(post.dataset.seq) <= event.seq).slice(-3);
    for (const post of touched) look_again(post.dataset.post);
  }

  function look_again(id) {
    if (!receipts.has(id))
      receipts.set(
        id,
        later(() => (receipts.delete(id), want(id)), RECEIPT_PAUSE),
      );
    receipts.get(id)();
  }

  /** Many events about one post are one fetch. An event during the fetch asks once more. */
  function want(id) {
    wanted.set(id, true);
    work();
  }

  async function work() {
    if (running >= AT_ONCE || wanted.size === 0) return;
    const [id] = wanted.keys();
    wanted.delete(id);
    running += 1;
    try {
      const post = await fetch_post(group, id, BACKGROUND);
      // A reply to something older than what is loaded stands alone at the newest end.
      if (post && !place_post(post)) {
        const alone = await fetch_post(group, `${id}?alone=1`, BACKGROUND);
        if (alone) place_post(alone);
      }
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      if (refused.status === 401) await still_here();
      if (refused.status === 0 || refused.status >= 500) setTimeout(() => want(id), 3_000);
    } finally {
      running -= 1;
      work();
    }
  }

  connect();
  addEventListener("pagehide", () => stream.close());
  addEventListener("renkei:blank", () => stream.close());
}

/** The list of groups with its counts, as it stands now; a typed filter and the open group stay. */
const refresh_list = later(async () => {
  const list = document.querySelector("#groups");
  if (!list || list.contains(document.activeElement)) return;
  try {
    const page = await fetch_fragment(list_address(), { headers: BACKGROUND });
    const fresh = page.querySelector("#groups");
    if (!fresh) return;
    const current = list.querySelector("[aria-current]")?.dataset.group;
    fresh.querySelector(`[data-group="${current}"]`)?.setAttribute("aria-current", "page");
    list.replaceWith(document.adoptNode(fresh));
    document.querySelector("[data-filter-rows] input")?.dispatchEvent(new Event("input"));
  } catch {
    // the next event brings it
  }
}, 1_000);

/** Home shows the unread groups only; elsewhere the list stands as the address says. */
function list_address() {
  if (location.pathname === "/") return "/groups?show=unread";
  return `/groups${location.pathname === "/groups" ? location.search : ""}`;
}

function offline_notice() {
  if (document.getElementById("offline")) return;
  const text = t("接続が切れています。書いた文はこの端末に残っています。");
  document
    .querySelector(".pane-main")
    ?.prepend(el("p", { class: "offline", id: "offline", role: "status" }, text));
}
