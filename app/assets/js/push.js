// Push on this device: asked for by a tap, after words that say what it is; told to the server; kept alive.
import { BACKGROUND, register_worker, t } from "./dom.js";

/** Where it stands whether a device is to be reached, and where its subscription goes. */
const STAFF = { asked: "/api/v1/me/notification-settings", told: "/api/v1/me/push-subscriptions" };
export const FAMILY = { asked: "/family/notices/subscription", told: "/family/notices/subscription" };

/** The panel of the settings page. */
export async function offer_push(panel) {
  const start = panel.querySelector("[data-push-start]");
  if (!start) return;
  if (!globalThis.PushManager || !globalThis.Notification || !navigator.serviceWorker) return;
  if (Notification.permission === "denied") return say(panel, DENIED);
  start.hidden = false;
  panel.querySelector("[data-push-otherwise]")?.setAttribute("hidden", "");
  start.addEventListener("click", () => begin(panel, start));
}

const DENIED = t("このブラウザで、お知らせが止められています。ブラウザの設定で、このサイトの通知を許可してから、画面を読み込み直してください。");

async function begin(panel, button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  say(panel, "");
  try {
    // Before anything else: some browsers forget the tap at the first wait.
    if ((await Notification.requestPermission()) !== "granted") return say(panel, DENIED);
    const registration = await register_worker();
    if (!registration) return say(panel, t("この端末では使えません。メールのお知らせを使ってください。"));
    const status = await tell(await subscribe(registration, panel.dataset.push), panel.dataset.pushAt);
    if (status === 200 || status === 201) return location.reload();
    say(panel, status === 422 ? t("このブラウザのお知らせの仕組みは、この連携では使えません。メールのお知らせを使ってください。") : FAILED);
  } catch {
    say(panel, FAILED);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

const FAILED = t("登録できませんでした。電波の届くところで、もう一度押してください。");

async function subscribe(registration, key) {
  const wanted = bytes(key);
  const known = await registration.pushManager.getSubscription();
  if (known && same(new Uint8Array(known.options.applicationServerKey ?? []), wanted)) return known;
  // Of another deployment's key, or of one that was lost.
  await known?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

const same = (a, b) => a.length === b.length && a.every((byte, n) => byte === b[n]);

/** The status of the answer. */
async function tell(subscription, at = STAFF.told, headers = {}) {
  const { endpoint, keys } = subscription.toJSON();
  const body = { client_id: crypto.randomUUID(), endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
  const response = await fetch(at, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return response.status;
}

const LOOK_AGAIN = 6 * 60 * 60 * 1000;

/**
 * Where the permission stands. Browsers drop subscriptions now and then: in each tab it is looked whether the one that is wanted still stands, and again when an
 * app that stays open for days comes back to the front.
 */
export async function stay_reached(registration, door = STAFF) {
  if (!registration?.pushManager) return;
  const look = async () => {
    if (document.hidden || Date.now() - Number(sessionStorage.getItem(door.told)) < LOOK_AGAIN) return;
    if (await resubscribe(registration, door)) sessionStorage.setItem(door.told, String(Date.now()));
  };
  document.addEventListener("visibilitychange", look);
  await look();
}

/** Where this device was reached until a browser or a sign-out ended it, it is reached again, without a question. False: not known. */
async function resubscribe(registration, { asked, told }) {
  try {
    const response = await fetch(asked, { credentials: "same-origin", headers: BACKGROUND, redirect: "error" });
    if (!response.ok) return false;
    const { push } = await response.json();
    if (push.wanted && push.public_key) await tell(await subscribe(registration, push.public_key), told, BACKGROUND);
    return true;
  } catch {
    return false;
  }
}

function say(panel, text) {
  const line = panel.querySelector("[data-push-error]");
  line.querySelector("span").textContent = text;
  line.hidden = text === "";
}

/** Base64url without padding. */
function bytes(encoded) {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
