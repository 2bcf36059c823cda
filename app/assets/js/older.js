// Older posts come as one scrolls towards them; without scripts the same link leads to their page.
import { fetch_fragment } from "./dom.js";
import { keep_place } from "./timeline.js";

export function load_older(timeline) {
  const near = new IntersectionObserver(
    (entries) => entries.some((entry) => entry.isIntersecting) && load(),
    {
      rootMargin: "800px 0px",
    },
  );
  let busy = false;

  async function load() {
    const link = timeline.querySelector("[data-older]");
    if (!link || busy) return;
    busy = true;
    link.setAttribute("aria-busy", "true");
    try {
      const page = await fetch_fragment(link.href);
      const older = page.querySelector(".timeline");
      if (older) keep_place(() => prepend(timeline, link, older));
      watch();
    } catch {
      link.removeAttribute("aria-busy"); // the link still works as a link
    } finally {
      busy = false;
    }
  }

  function watch() {
    near.disconnect();
    const link = timeline.querySelector("[data-older]");
    if (link) near.observe(link);
  }

  watch();
}

function prepend(timeline, link, older) {
  older.querySelectorAll("#unread, #newest, .jump, [data-newer]").forEach((node) => node.remove());
  const days = [...older.querySelectorAll(".day")];
  const last = days.at(-1)?.dataset.day;
  timeline.querySelector(`.day[data-day="${last}"]`)?.remove();
  link.closest(".older").replaceWith(...[...older.children].map((child) => document.adoptNode(child)));
  // A reply that stood alone now stands under what it answers.
  timeline.querySelectorAll("[data-alone]").forEach((post) => {
    if (timeline.querySelector(`[data-reply-id="${post.dataset.post}"]`)) post.remove();
  });
}
