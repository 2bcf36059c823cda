// The idle lock: after so many minutes without a touch in any tab the page is emptied and the session sleeps.
import { locked } from "./session.js";

export function watch_idle() {
  const limit = Number(document.documentElement.dataset.idleMinutes) * 60_000;
  if (!(limit > 0)) return;
  const tabs = new BroadcastChannel("renkei-idle");
  let last = Date.now();
  let told = last;
  let told_server = last;
  let done = false;

  const touch = () => {
    last = Date.now();
    if (last - told < 5_000) return;
    told = last;
    tabs.postMessage("here");
    if (last - told_server < 60_000) return;
    // Somebody who writes for long asks the server for nothing: tell it that a person is there.
    told_server = last;
    fetch("/api/v1/me", { credentials: "same-origin" }).catch(() => {});
  };
  const lock = () => {
    if (done) return;
    done = true;
    fetch("/lock", { method: "POST", credentials: "same-origin", keepalive: true, redirect: "manual" }).catch(
      () => {},
    );
    tabs.postMessage("locked");
    locked();
  };
  const check = () => Date.now() - last >= limit && lock();

  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, () => (check(), touch()), { passive: true, capture: true });
  }
  tabs.onmessage = ({ data }) => {
    if (data === "here") last = Date.now();
    else if (data === "locked" && !done) {
      done = true;
      locked();
    }
  };
  // A device that slept wakes with an old clock: the first look is the check.
  document.addEventListener("visibilitychange", check);
  addEventListener("focus", check);
  setInterval(check, 5_000);
}
