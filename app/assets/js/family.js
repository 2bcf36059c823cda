// The pages of patients and relatives: what was written meanwhile appears, and what is typed is kept on this phone until it is sent.
import { BACKGROUND, Refused, announce, fetch_fragment, later, register_worker, t, toast } from "./dom.js";
import { forget_form, keep_form } from "./keep.js";
import { wipe } from "./store.js";

export async function start_family() {
  const out = document.querySelector("form[data-family-out]");
  // First what is kept here, then the session.
  out?.addEventListener("submit", (event) => (event.preventDefault(), wipe().finally(() => out.submit())));
  const notes = document.querySelector("#notes[data-family]");
  if (notes) follow(notes);
  const sent = new URLSearchParams(location.search).get("sent");
  // First, so that the form does not bring back what was just sent.
  if (sent) await forget_form(sent).catch(() => {});
  document.querySelectorAll("form[data-keep]").forEach((form) => keep_form(form));
  if (notes && globalThis.Notification?.permission === "granted") {
    const { FAMILY, stay_reached } = await import("./push.js");
    stay_reached(await register_worker(), FAMILY);
  }
}

const NEWS = ["post.created", "post.corrected", "post.withdrawn", "post.changed", "post.acknowledged", "receipt.read", "file.scanned"];

/** The stream says that something happened on this page; the page itself says what. */
function follow(notes) {
  let last = document.documentElement.dataset.liveFrom ?? "";
  let pause = 2_000;
  let stream;
  function connect() {
    stream = new EventSource(`/family/events?after=${encodeURIComponent(last)}`);
    const on = (name, act) =>
      stream.addEventListener(name, (event) => {
        last = event.lastEventId || last;
        act(event.data ? JSON.parse(event.data) : {});
      });
    for (const name of NEWS) on(name, (event) => event.group_id === notes.dataset.family && look());
    for (const name of ["membership.ended", "session.ended"]) on(name, () => location.reload());
    on("reset", () => look());
    stream.onopen = () => (pause = 2_000);
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 60_000);
    };
  }
  connect();
  addEventListener("pagehide", () => stream.close());
}

/** What nobody sees is not fetched: fetching it says that it was read. */
const look = later(async () => {
  if (document.hidden) return addEventListener("visibilitychange", () => look(), { once: true });
  try {
    const page = await fetch_fragment(location.pathname, { headers: BACKGROUND });
    const fresh = page.querySelector("#notes");
    // Signed out, or on this page no more.
    if (!fresh) return location.reload();
    put_in(fresh);
  } catch (refused) {
    if (refused instanceof Refused && refused.status >= 400 && refused.status < 500) location.reload();
  }
}, 400);

/** New ones at the end, changed ones in their place; what a finger or the keyboard is on stays. */
function put_in(fresh) {
  const notes = document.querySelector("#notes");
  let first;
  for (const row of [...fresh.children]) {
    const id = row.firstElementChild.id;
    const old = document.getElementById(id)?.closest("li");
    if (!old) {
      notes.append(document.adoptNode(row));
      if (!row.querySelector(".mine")) first ??= id;
    } else if (old.innerHTML !== row.innerHTML && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(row));
  }
  document.querySelector("#nothing")?.remove();
  if (!first) return;
  announce(t("あたらしい ものが とどきました"));
  toast(t("あたらしい ものが とどきました"), { href: `#${first}`, text: t("見る") });
}
