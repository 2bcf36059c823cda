// The installed app: its service worker, the number on its icon, and a device that keeps being reached.
import { BACKGROUND, el, later, register_worker, t } from "./dom.js";

/** On every page of somebody who is signed in. */
export async function start_app() {
  if (location.pathname === "/") refresh_counts();
  const registration = await register_worker();
  // Nobody else loads what only they need.
  if (globalThis.Notification?.permission === "granted") {
    const { stay_reached } = await import("./push.js");
    await stay_reached(registration);
  }
}

/** The numbers beside お知らせ and on the icon, as they stand now: on the start page, and whenever something has happened. */
export const refresh_counts = later(async () => {
  // A page that nobody sees asks when it is looked at again.
  if (document.hidden) return addEventListener("visibilitychange", () => refresh_counts(), { once: true });
  try {
    const response = await fetch("/api/v1/me/counts", { credentials: "same-origin", headers: BACKGROUND });
    if (!response.ok) return;
    const { notices, unread, family_unread } = await response.json();
    show_notices(notices);
    await navigator.setAppBadge?.(notices + unread + family_unread);
  } catch {
    // the next event brings it
  }
}, 500);

function show_notices(count) {
  const spot = document.querySelector("nav a[data-notices] .spot");
  spot?.querySelector(".count")?.remove();
  if (count > 0) spot?.append(el("span", { class: "count" }, String(count), el("span", { class: "sr" }, t("件の新しいお知らせ"))));
}

/** Nobody is signed in: the number on the icon would be somebody's. A page that stands in for one that did not come says nothing. */
export function clear_count() {
  if (["/sign-in", "/signed-out"].includes(location.pathname)) navigator.clearAppBadge?.().catch(() => {});
}
