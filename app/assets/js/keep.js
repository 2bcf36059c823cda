// What is typed in a form survives a lock, a reload and an error: kept on the device, encrypted, until the server has it.
import { el, later, t } from "./dom.js";
import { draft_keys, drop_draft, read_draft, write_draft } from "./store.js";

/**
 * Keeps a form until the server has it: what was typed, under `data-keep` (which form, at which place), with the id that the form
 * sends. The page after it has done its work says so (`forget_form`).
 */
export async function keep_form(form) {
  const key = form.dataset.keep;
  const entries = () =>
    [...form.elements].filter((one) => one.name && !again_by_hand(one) && !["hidden", "submit", "password"].includes(one.type));
  // The id that the form sends, under whatever name; a form that sends none has one for its draft alone.
  const id = form.elements[form.dataset.keepId ?? "client_id"] ?? { value: form.dataset.draft };
  const renew = () => "draft" in form.dataset || (id.value = crypto.randomUUID());
  const line = form.querySelector(".saved") ?? el("p", { class: "saved small soft", role: "status" });
  if (!line.isConnected) form.prepend(line);
  const say = (text, ...more) => line.replaceChildren(text, ...more);
  let touched = false;
  let submitted = false;
  // What stands on the server by this page, and on what the text began: on that one it stays until it is saved.
  const newest = form.elements.version?.value ?? form.dataset.version;
  let began = form.dataset.began || newest;
  const store = async () => {
    if (!touched) return;
    const typed = entries().map((one) => [one.name, one.value, ...(checks(one) ? [one.checked] : [])]);
    try {
      await write_draft(key, { client_id: id.value, version: began, typed, submitted, files: has_files(form) });
      say(t("下書きを保存しました"));
    } catch {
      say(t("この端末には保存できません"));
    }
  };
  const save = later(store, 250);
  let with_files = false;
  const touch = (event) => {
    touched = true;
    // Other words than those that were sent are another act, and so is a file that was not among them; one that is chosen again is not.
    const again = with_files && event && again_by_hand(event.target);
    if (!again) {
      if (submitted) renew();
      submitted = false;
    }
    save();
  };
  form.addEventListener("input", touch);
  form.addEventListener("submit", () => {
    with_files = has_files(form);
    if (!with_files) send_words_alone(form);
    if (!touched) return;
    submitted = true;
    store();
  });
  addEventListener("pagehide", () => save.now());
  addEventListener("renkei:blank", ({ detail }) => detail.push(store()));
  const draft = await read_draft(key).catch(() => null);
  // What came back from the server stands already.
  if ("cameBack" in form.dataset) {
    began = draft?.version ?? began;
    return touch();
  }
  // The person was faster than the script: what stands there now is kept, and the draft is offered.
  const faster = touched || entries().some(differs);
  if (faster) touch();
  if (!draft) return;
  const put_draft_back = () => {
    put_back(entries(), draft.typed);
    if (!("draft" in form.dataset)) id.value = draft.client_id;
    began = draft.version ?? began;
    // It goes on from the version on which it began: the server joins it with what others have changed since, or shows both.
    if ("began" in form.dataset && draft.version) form.elements.version.value = draft.version;
    form.closest("details")?.setAttribute("open", "");
    touched = true;
    submitted = Boolean(draft.submitted);
    with_files = Boolean(draft.files);
  };
  if (faster) {
    save.cancel();
    const offered = el("button", { class: "btn quiet", type: "button" }, t("前の下書きに戻す"));
    offered.addEventListener("click", () => (put_draft_back(), say(t("下書きを戻しました"))));
    return say(t("前に書いた下書きがあります。いま書いているものは、送るか書き足すと残ります。"), offered);
  }
  put_draft_back();
  // A draft of the version before this one names none.
  const changed = draft.version !== undefined && draft.version !== newest;
  const now = changed && "version" in form.dataset ? standing(entries()) : [];
  const fresh = el("button", { class: "btn quiet", type: "button" }, t("下書きを消す"));
  fresh.addEventListener("click", async () => {
    save.cancel();
    await drop_draft(key);
    form.reset();
    began = newest;
    if (form.elements.version) form.elements.version.value = newest;
    renew();
    now.forEach((one) => one.remove());
    touched = submitted = false;
    say(t("下書きを消しました"));
  });
  if (changed) {
    line.after(...now);
    const what = form.dataset.changed ?? t("もとの内容が直されています。");
    return say(t("{0}書いたものを、同じ場所に戻しました。確かめてください。", what), fresh);
  }
  // A page cannot put files back into a form.
  const again = draft.files ? [" ", t("写真とファイルは、もう一度選んでください。")] : [];
  say(submitted ? t("下書きを戻しました。送れていないか、先に確かめてください。") : t("下書きを戻しました"), ...again, fresh);
}

/** As any form: so every answer, also a refusal at the door, can show what was typed. */
function send_words_alone(form) {
  const files = [...form.elements].filter((one) => one.type === "file");
  if (files.length === 0) return;
  const set = (alone) => {
    files.forEach((one) => (one.disabled = alone));
    form.enctype = alone ? "application/x-www-form-urlencoded" : "multipart/form-data";
  };
  set(true);
  // Once it is on its way: who stops it finds the form as it was.
  setTimeout(() => set(false));
}

const has_files = (form) =>
  [...form.elements].some((one) => again_by_hand(one) && (one.type === "file" ? one.files.length > 0 : one.checked));

/** Files, which no page can put back, and boxes that somebody ticks after a look at what stands beside them. */
const again_by_hand = (one) => one.type === "file" || "noKeep" in one.dataset;

/** The server asks for no version here: what stands there now is shown beside what was written. */
const standing = (entries) =>
  entries
    .filter((one) => !checks(one) && one.defaultValue && one.value !== one.defaultValue)
    .map((one) => el("p", { class: "text small" }, t("いまの文: {0}", one.defaultValue)));

const checks = (one) => ["checkbox", "radio"].includes(one.type);

/** Whether an entry shows something else than the server has sent. */
function differs(one) {
  if (checks(one)) return one.checked !== one.defaultChecked;
  if (!one.options) return one.value !== one.defaultValue;
  const chosen = [...one.options].findIndex((option) => option.defaultSelected);
  return one.selectedIndex !== Math.max(chosen, 0);
}

/**
 * Several boxes may have one name: they are told apart by their values. The moment of a measurement stays as the page was drawn: new
 * figures under an old time would be a wrong record.
 */
function put_back(entries, typed) {
  for (const [name, value, checked] of typed) {
    const one = entries.find((entry) => entry.name === name && (!checks(entry) || entry.value === value));
    if (!one || one.type === "datetime-local") continue;
    if (checks(one)) one.checked = checked;
    else one.value = value;
  }
}

/** The address says (`?sent=`, or `#sent=` where the page asks for a known query) which form has done its work: its draft has too. */
export async function forget_form(client_id) {
  const address = new URL(location.href);
  address.searchParams.delete("sent");
  if (address.hash.startsWith("#sent=")) address.hash = "";
  history.replaceState(history.state, "", address);
  for (const key of await draft_keys().catch(() => [])) {
    const draft = await read_draft(key).catch(() => null);
    if (draft?.client_id === client_id) await drop_draft(key);
  }
}
