// How long a page of a patient's record is on the screen, and that it goes to paper. What was opened the server knows; these two only the browser.
import { BACKGROUND, t, toast } from "./dom.js";

const EVERY = 60_000;
const { view } = document.documentElement.dataset;

let on_screen = 0;
let since = document.hidden ? undefined : performance.now();
/** Printing by our own button was told before; the browser says so once more. */
let told = false;

async function tell(what, body) {
  const headers = { ...BACKGROUND, "Content-Type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body), keepalive: true, credentials: "same-origin" };
  return fetch(`/api/v1/me/views/${view}/${what}`, init);
}

function stay() {
  if (since === undefined) return;
  const now = performance.now();
  on_screen += now - since;
  since = document.hidden ? undefined : now;
  const seconds = Math.round(on_screen / 1000);
  // Nobody waits for it: whoever is offline looks at what she has opened before.
  if (seconds > 0) tell("stay", { seconds }).catch(() => {});
}

export function watch_view() {
  setInterval(() => document.hidden || stay(), EVERY);
  addEventListener("visibilitychange", () => {
    if (document.hidden) stay();
    else since = performance.now();
  });
  addEventListener("pagehide", stay);
  addEventListener("beforeprint", () => {
    if (!told) tell("print", {}).catch(() => {});
    told = false;
  });
}

/** By our own button: what cannot be written down is not printed. */
export async function print_noted() {
  const written = await tell("print", {}).then((answer) => answer.ok, () => false);
  if (!written) return toast(t("印刷したことを記録できないので、印刷を始めません。つながってから、もう一度お試しください。"));
  told = true;
  window.print();
}
