// 既読: what has been on the screen of a person who is there.
import { later } from "./dom.js";

export function watch_reading(timeline) {
  const group = timeline.dataset.group;
  let seen = 0;
  let told = 0;

  const tell = later(async () => {
    if (seen <= told || document.hidden) return;
    const up_to_seq = seen;
    try {
      const response = await fetch(`/api/v1/groups/${group}/read`, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", "X-Renkei-Background": "1" },
        body: JSON.stringify({ up_to_seq }),
      });
      if (response.ok) told = Math.max(told, up_to_seq);
    } catch {
      // told again with the next post that is seen
    }
  }, 1000);

  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) seen = Math.max(seen, Number(target.dataset.lastSeq ?? target.dataset.seq));
    }
    tell();
  });

  const watch = (root) => root.querySelectorAll("[data-seq]").forEach((post) => watcher.observe(post));
  watch(timeline);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) node.matches?.("[data-seq]") && watcher.observe(node);
    }
  }).observe(timeline, { childList: true });
  document.addEventListener("visibilitychange", () => !document.hidden && tell());
}
