// The installed app: its service worker, the number on its icon, and a device that keeps being reached.
import { register_worker } from "./dom.js";

/** On every page of somebody who is signed in. */
export async function start_app() {
  show_count();
  const registration = await register_worker();
  if (registration) await stay_reached(registration);
}

/** The start page knows how much is unread; elsewhere the number stays as it is. */
function show_count() {
  if (location.pathname !== "/" || !navigator.setAppBadge) return;
  const counts = [...document.querySelectorAll("main [data-unread] .count")];
  const unread = counts.reduce((sum, count) => sum + (Number.parseInt(count.textContent, 10) || 0), 0);
  navigator.setAppBadge(unread).catch(() => {});
}

/** Browsers drop subscriptions now and then: once in each tab it is looked whether the one that is wanted still stands. */
async function stay_reached(registration) {
  if (globalThis.Notification?.permission !== "granted" || !registration.pushManager) return;
  if (sessionStorage.getItem("push-looked")) return;
  sessionStorage.setItem("push-looked", "1");
  const { resubscribe } = await import("./push.js");
  await resubscribe(registration);
}

/** Nobody is signed in: the number on the icon would be somebody's. A page that stands in for one that did not come says nothing. */
export function clear_count() {
  if (["/sign-in", "/signed-out"].includes(location.pathname)) navigator.clearAppBadge?.().catch(() => {});
}
