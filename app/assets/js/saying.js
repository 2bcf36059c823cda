// Templates and pasted text: nothing is changed without a tap.
import { el, fetch_fragment, t } from "./dom.js";

/** 定型文 opens over the timeline; the page behind the link stays for whoever opens it in another tab. */
export function open_chooser(link) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !HTMLElement.prototype.showPopover) return;
    event.preventDefault();
    try {
      const page = await fetch_fragment(link.href);
      const list = page.querySelector(".choices");
      if (!list) return location.assign(link.href);
      document.getElementById("chooser")?.remove();
      const title = el("h2", { id: "chooser-title" }, link.dataset.chooser);
      const close = el("button", { class: "btn", type: "button", click: () => dialog.hidePopover() }, t("閉じる"));
      const dialog = el(
        "div",
        { class: "dialog", id: "chooser", popover: "auto", role: "dialog", "aria-labelledby": "chooser-title" },
        title,
        document.adoptNode(list),
        el("div", { class: "acts" }, close),
      );
      document.body.append(dialog);
      dialog.showPopover();
      dialog.querySelector("a, button").focus();
    } catch {
      location.assign(link.href);
    }
  });
}

/** Offers to tidy what was pasted from another system. */
export function offer_tidying(text) {
  let button;
  text.addEventListener("paste", () =>
    setTimeout(() => {
      const tidy = tidied(text.value);
      button?.remove();
      if (tidy === text.value) return;
      const before = text.value;
      button = el("button", { class: "act", type: "button" }, t("見やすく整える"));
      button.addEventListener("click", () => {
        const undo = text.value === before;
        text.value = undo ? tidied(before) : before;
        button.textContent = undo ? t("元に戻す") : t("見やすく整える");
        text.dispatchEvent(new Event("input", { bubbles: true }));
        text.focus();
      });
      text.closest("form").querySelector(".tools").prepend(button);
    }),
  );
  text.form.addEventListener("submit", () => button?.remove());
  text.addEventListener("input", () => text.value === "" && button?.remove());
}

/** Line ends, tabs, spaces at the ends of lines, bullets and runs of empty lines; the words stay. */
export function tidied(text) {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/\t+/g, " ")
    .split("\n")
    .map((line) => line.replace(/[ \u3000\u00a0]+$/u, "").replace(/^[ \u3000\u00a0]+/u, ""))
    .map((line) => line.replace(/[ \u3000\u00a0]{2,}/gu, " "))
    .map((line) => line.replace(/^[•●◦‣▪*･][ \u3000]*/u, "・"))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
