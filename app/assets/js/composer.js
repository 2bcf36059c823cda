// Writing: what is typed is kept on the device; what is sent goes the way of the outbox.
import { el, fetch_fragment, later, t, toast } from "./dom.js";
import { queue, start_outbox, to_store } from "./outbox.js";
import { drop_draft, read_draft, write_draft, write_unsent } from "./store.js";
import { Uploads } from "./upload.js";

/** Wakes the box if the page has one, and sends what earlier pages could not. */
export async function start_composer(timeline) {
  const form = document.querySelector("form.composer");
  const box = form && new Box(form);
  await box?.restore();
  if (box && new URLSearchParams(location.search).has("shared")) (await import("./shared.js")).take_over(box);
  await start_outbox(timeline, box);
}

async function look_at_wording(group, body) {
  try {
    const response = await fetch(`/api/v1/groups/${group}/wording`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ body }),
      signal: AbortSignal.timeout(3_000),
    });
    return response.ok ? (await response.json()).findings : [];
  } catch {
    return [];
  }
}

/** The box at the foot of the timeline. */
class Box {
  constructor(form) {
    this.form = form;
    this.group = form.dataset.group;
    this.text = form.elements.body;
    this.must = form.elements.must_acknowledge_by;
    this.answering = form.querySelector(".answering");
    this.uploads = new Uploads(
      form,
      () => this.keep(),
      () => this.save(),
    );
    this.keep = later(() => this.save(), 250);
    this.grow = CSS.supports("field-sizing", "content") ? () => {} : () => this.fit();
    form.classList.add("scripted");
    // The box grows small when it loses the focus. Not while a finger is down elsewhere: what it aims at would move away under it.
    const held = () => form.matches(":focus-within");
    addEventListener("pointerdown", () => form.classList.toggle("held", held()), true);
    for (const end of ["click", "pointercancel"])
      addEventListener(end, () => setTimeout(() => form.classList.remove("held")), true);
    form.addEventListener("submit", (event) => (event.preventDefault(), this.submit()));
    form.addEventListener("input", () => (this.keep(), this.grow()));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing)
        form.requestSubmit();
    });
    form.addEventListener(
      "toggle",
      ({ target }) => target.open && target.dataset?.addressees && this.fetch_chooser(target),
      true,
    );
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("visibilitychange", () => document.hidden && this.keep.now());
    addEventListener("pagehide", () => this.keep.now());
    addEventListener("renkei:blank", ({ detail }) => detail.push(this.save().finally(() => this.stop())));
    addEventListener("renkei:stop", () => this.stop());
  }

  /** Whoever comes next at this browser is somebody else: nothing of this page is sent or kept any more. */
  stop() {
    this.stopped = true;
    this.keep.cancel();
    this.uploads.stop();
  }

  /** What stands in the box. */
  read() {
    return {
      body: this.text.value,
      reply_to: this.form.elements.reply_to.value || null,
      reply_name: this.answering.querySelector("b").textContent,
      files: this.uploads.ready(),
      must_acknowledge_by: this.must.value || null,
      to: this.chosen(),
      urgent: this.form.elements.urgent.checked,
    };
  }

  /** The boxes of the chooser, once somebody has opened it. */
  boxes() {
    return [...this.form.querySelectorAll('[name="to"]')];
  }

  chosen() {
    const boxes = this.boxes();
    return boxes.length > 0 ? boxes.filter((box) => box.checked).map((box) => box.value) : (this.wanted ?? []);
  }

  /** Ticks these; what a draft had chosen waits until the boxes are there. */
  choose(to) {
    this.wanted = to;
    this.boxes().forEach((box) => (box.checked = to.includes(box.value)));
    const chooser = this.form.querySelector("details.to");
    if (chooser) chooser.open = to.length > 0;
  }

  async fetch_chooser(details) {
    try {
      const page = await fetch_fragment(details.dataset.addressees);
      const chooser = page.querySelector(".to");
      if (!chooser || !details.isConnected) return;
      details.replaceWith(document.adoptNode(chooser));
      this.boxes().forEach((box) => (box.checked = (this.wanted ?? []).includes(box.value)));
      chooser.querySelector("summary")?.focus({ preventScroll: true });
    } catch {
      toast(t("宛先を読み込めませんでした。もう一度押してください。"));
      details.open = false;
    }
  }

  fill({ body = "", reply_to, reply_name, files = [], missing, must_acknowledge_by, to = [], urgent = false, error }, at_hand) {
    this.text.value = body;
    this.reply(reply_to, reply_name);
    this.uploads.restore(files, missing, at_hand);
    // A deadline that is no longer offered has passed or come too near.
    const offered = [...this.must.options].some((option) => option.value === must_acknowledge_by);
    this.must.value = offered ? must_acknowledge_by : "";
    this.choose(to);
    this.form.elements.urgent.checked = urgent;
    this.complain(error);
    this.grow();
  }

  /** Lets the box grow with its text where the stylesheet cannot. */
  fit() {
    this.text.style.blockSize = "auto";
    this.text.style.blockSize = `${this.text.scrollHeight + 2}px`;
  }

  async restore() {
    const draft = this.text.value ? null : await read_draft(this.group).catch(() => null);
    if (!draft || (!draft.body && !draft.files?.length && !draft.missing?.length)) return;
    if (this.text.value) return; // the person was faster
    const answering = this.form.elements.reply_to.value;
    this.fill(
      answering
        ? { ...draft, reply_to: answering, reply_name: this.answering.querySelector("b").textContent }
        : draft,
    );
    this.note(t("下書きを戻しました"));
  }

  /** Whether the device has it. */
  async save() {
    if (this.stopped) return false;
    const draft = { ...this.read(), missing: this.uploads.missing() };
    try {
      if (draft.body || draft.files.length || draft.missing.length) await write_draft(this.group, draft);
      else await drop_draft(this.group);
      this.note(draft.body ? t("下書きを保存しました") : "");
      return true;
    } catch {
      this.note(t("この端末には保存できません"));
      return false;
    }
  }

  /** Stored first, then sent. A second press meets the first and does nothing. */
  async submit() {
    if (this.busy) return;
    if (!this.may_go()) return;
    const { body, files, ...rest } = this.read();
    if (!body.trim() && files.length === 0) return this.text.focus();
    this.busy = true;
    // What is typed while the wording is looked at would be in no post, and gone with the emptied box.
    this.text.readOnly = true;
    const doubtful = await this.doubtful(body).finally(() => (this.text.readOnly = false));
    if (doubtful || !this.may_go()) return (this.busy = false);
    const post = { client_id: crypto.randomUUID(), group: this.group, body, ...rest, written_at: Date.now(), stored: true };
    // As they stand now, and no longer the box's to look after: one may have arrived meanwhile.
    post.files = this.uploads.ready();
    const at_hand = this.uploads.hand_over();
    try {
      await write_unsent(to_store(post));
    } catch {
      // No storage on this device: it is sent all the same, and stands as 送信待ち while this page is open.
      post.stored = false;
    }
    this.fill({});
    this.keep();
    this.keep.now();
    queue(post, undefined, at_hand);
    this.busy = false;
  }

  /** Whether every file goes along; asked again after the wording was looked at, since much may happen meanwhile. */
  may_go() {
    const waited = this.uploads.waited_for() && t("ファイルを送っています。終わるまでお待ちください。");
    const why = waited || (this.uploads.failed() && t("付けられなかったファイルがあります。もう一度送るか、×で外してください。"));
    this.complain(why);
    return !why;
  }

  click(event) {
    const answer = event.target.closest?.("[data-reply]");
    if (answer) {
      event.preventDefault();
      this.reply(answer.dataset.reply, answer.dataset.replyName);
      this.text.focus();
      this.keep();
    } else if (event.target.closest?.("[data-stop-reply]")) {
      event.preventDefault();
      this.reply(null);
      this.keep();
    }
  }

  reply(id, name = "") {
    this.form.elements.reply_to.value = id ?? "";
    this.answering.hidden = !id;
    this.answering.querySelector("b").textContent = name;
    this.answering.querySelector(".soft").textContent = "";
  }

  /** Where no patient is written about, the server looks at the words first. Asked once for one text; no answer is no doubt. */
  async doubtful(body) {
    this.form.querySelector(".wording")?.remove();
    if (!("wording" in this.form.dataset) || body === this.sure || !body.trim()) return false;
    const found = await look_at_wording(this.group, body);
    if (found.length === 0) return false;
    const send = el("button", { class: "btn", type: "button" }, t("患者さんのことではないので送る"));
    send.addEventListener("click", () => ((this.sure = this.text.value), this.submit()));
    const words = found.map(({ message }) => message).join(t("、"));
    const ask = [
      el("p", {}, t("患者さんのことが書かれていませんか。"), t("{0}のように見えるところがあります。ここは患者さんのことを書かない場所です。", words)),
      send,
    ];
    this.form.querySelector(".line").before(el("div", { class: "wording", role: "alert" }, el("div", {}, ...ask)));
    this.text.focus();
    return true;
  }

  complain(text) {
    this.form.querySelector(".composer-error")?.remove();
    if (text)
      this.form.querySelector(".line").before(el("p", { class: "composer-error", role: "alert" }, text));
  }

  note(text) {
    this.form.querySelector(".saved").textContent = text;
  }
}
