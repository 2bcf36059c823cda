// Small comforts of every page.
import { BACKGROUND, Refused, announce, fetch_fragment, t, toast } from "./dom.js";
import { still_here } from "./session.js";
import { replace_post } from "./timeline.js";

/** An open menu closes at a touch elsewhere and at Escape. */
export function close_menus() {
  const close = (except) =>
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));
  document.addEventListener("click", (event) => close(event.target.closest?.("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details.menu[open]");
    close();
    open?.querySelector("summary").focus();
  });
}

/** Filters the rows of a list by what is typed; names never leave the page. */
export function filter_rows() {
  document.querySelectorAll("[data-filter-rows]").forEach((box) => {
    box.hidden = false;
    const input = box.querySelector("input");
    input.addEventListener("input", () => {
      const wanted = fold(input.value);
      const rows = document.querySelectorAll(`#${box.dataset.filterRows} > li`);
      rows.forEach(
        (row) => (row.hidden = !fold(row.querySelector(".name")?.textContent ?? "").includes(wanted)),
      );
    });
  });
}

const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

/** Fills a list when it is opened: `<details data-lazy="/address">`. */
export function lazy_details() {
  document.addEventListener(
    "toggle",
    async ({ target }) => {
      if (!target.matches?.("details[data-lazy]") || !target.open) return;
      try {
        const page = await fetch_fragment(target.dataset.lazy);
        const list = page.querySelector(".readers");
        if (list) target.replaceChildren(target.querySelector("summary"), list);
      } catch (refused) {
        explain(refused);
      }
    },
    true,
  );
}

const DONE = {
  acknowledge: t("了解を記録しました"),
  stamp: t("スタンプを記録しました"),
  pin: t("固定を変えました"),
  bookmark: t("しおりを変えました"),
};

/** 了解, stamps, pins, bookmarks without leaving the page: the answer is the post as it stands now. */
export function quick_acts() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!DONE[form.dataset.act]) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const page = await fetch_fragment(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
      });
      const post = page.querySelector("[data-post]");
      if (!post) return location.reload();
      // A menu that has done its work closes.
      form.closest("details.menu")?.removeAttribute("open");
      replace_post(form.closest("[data-post]"), post);
      announce(DONE[form.dataset.act]);
      if (form.dataset.act === "pin") refresh_pins();
    } catch (refused) {
      button.removeAttribute("aria-busy");
      if ([403, 409].includes(refused.status) && form.dataset.refused) return toast(form.dataset.refused);
      explain(refused);
    }
  });
}

/** The strip of pinned posts, as it stands now. */
export async function refresh_pins() {
  const strip = document.getElementById("pins");
  if (!strip) return;
  try {
    const page = await fetch_fragment(strip.dataset.pins, { headers: BACKGROUND });
    const fresh = page.getElementById("pins");
    if (!fresh) return;
    if (strip.querySelector("details")?.open) fresh.querySelector("details")?.setAttribute("open", "");
    strip.replaceWith(document.adoptNode(fresh));
  } catch {
    // the next event brings it
  }
}

function explain(refused) {
  if (!(refused instanceof Refused)) throw refused;
  if (refused.status === 401) return void still_here();
  toast(
    refused.status === 0
      ? t("つながりません。少したってから、もう一度押してください。")
      : t("できませんでした。画面を読み込み直してください。"),
  );
}
