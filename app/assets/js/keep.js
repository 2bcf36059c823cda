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
    [...form.elements].filter((one) => one.name && !["hidden", "submit", "password", "file"].includes(one.type));
  const line = form.querySelector(".saved") ?? el("p", { class: "saved small soft", role: "status" });
  if (!line.isConnected) form.prepend(line);
  const say = (text, ...more) => line.replaceChildren(text, ...more);
  let touched = false;
  let submitted = false;
  const newest = form.elements.version?.value;
  const store = async () => {
    if (!touched) return;
    const typed = entries().map((one) => [one.name, one.value, ...(checks(one) ? [one.checked] : [])]);
    const version = form.elements.version?.value;
    try {
      await write_draft(key, { client_id: form.elements.client_id.value, version, typed, submitted, files: has_files(form) });
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
    const again = event?.target.type === "file" && with_files;
    if (!again) {
      if (submitted) form.elements.client_id.value = crypto.randomUUID();
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
  // What came back from the server stands already.
  if ("cameBack" in form.dataset) return touch();
  const draft = await read_draft(key).catch(() => null);
  // The person was faster than the script: what stands there now is kept, and the draft is offered.
  const faster = touched || entries().some(differs);
  if (faster) touch();
  if (!draft) return;
  const put_draft_back = () => {
    put_back(entries(), draft.typed);
    form.elements.client_id.value = draft.client_id;
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
  const fresh = el("button", { class: "btn quiet", type: "button" }, t("下書きを消す"));
  fresh.addEventListener("click", async () => {
    save.cancel();
    await drop_draft(key);
    form.reset();
    if (newest !== undefined) form.elements.version.value = newest;
    form.elements.client_id.value = crypto.randomUUID();
    touched = submitted = false;
    say(t("下書きを消しました"));
  });
  if (draft.version !== newest) {
    const changed = form.dataset.changed ?? t("もとの内容が直されています。");
    return say(t("{0}書いたものを、同じ場所に戻しました。確かめてください。", changed), fresh);
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

const has_files = (form) => [...form.elements].some((one) => one.type === "file" && one.files.length > 0);

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

/** The address says which form has done its work: its draft has too. */
export async function forget_form(client_id) {
  const address = new URL(location.href);
  address.searchParams.delete("sent");
  history.replaceState(history.state, "", address);
  for (const key of await draft_keys().catch(() => [])) {
    const draft = await read_draft(key).catch(() => null);
    if (draft?.client_id === client_id) await drop_draft(key);
  }
}
