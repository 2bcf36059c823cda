// Templates and pasted text: what is typed in a form is kept on the device, and nothing is changed without a tap.
import { el, fetch_fragment, later } from "./dom.js";
import { draft_keys, drop_draft, read_draft, write_draft } from "./store.js";

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
      const close = el("button", { class: "btn", type: "button", click: () => dialog.hidePopover() }, "閉じる");
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

/** Keeps a long form until the server has it: its entries, under the id that the form sends. */
export async function keep_form(form) {
  const key = `template/${form.dataset.keep}`;
  const entries = () =>
    [...form.elements].filter((one) => one.name && one.type !== "hidden" && one.type !== "submit");
  const say = (text) => (form.querySelector(".saved").textContent = text);
  const store = async () => {
    const typed = entries().map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]);
    const version = form.elements.version.value;
    try {
      await write_draft(key, { client_id: form.elements.client_id.value, version, typed });
      say("下書きを保存しました");
    } catch {
      say("この端末には保存できません");
    }
  };
  const save = later(store, 250);
  form.addEventListener("input", save);
  addEventListener("pagehide", () => save.now());
  addEventListener("renkei:blank", ({ detail }) => detail.push(store()));
  // What came back from the server stands already.
  if (form.querySelector("[aria-invalid]") || document.querySelector(".callout")) return save();
  const draft = await read_draft(key).catch(() => null);
  if (!draft) return;
  for (const [name, value] of draft.typed) {
    const one = form.elements[name];
    if (one?.type === "checkbox") one.checked = value;
    else if (one) one.value = value;
  }
  form.elements.client_id.value = draft.client_id;
  const same = draft.version === form.elements.version.value;
  say(same ? "下書きを戻しました" : "定型文が直されています。書いたものを、同じ場所に戻しました。確かめてください。");
}

/** The address says which form has become a post: its draft has done its work. */
export async function forget_form(group, client_id) {
  const address = new URL(location.href);
  address.searchParams.delete("sent");
  history.replaceState(history.state, "", address);
  for (const key of await draft_keys().catch(() => [])) {
    if (!String(key).startsWith(`template/${group}/`)) continue;
    const draft = await read_draft(key).catch(() => null);
    if (draft?.client_id === client_id) await drop_draft(key);
  }
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
      button = el("button", { class: "act", type: "button" }, "見やすく整える");
      button.addEventListener("click", () => {
        const undo = text.value === before;
        text.value = undo ? tidied(before) : before;
        button.textContent = undo ? "元に戻す" : "見やすく整える";
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
