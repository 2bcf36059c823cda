// Writing: what is typed is kept on the device, what is sent is stored first and sent until the server has it.
import { el, fetch_fragment, later, t, toast } from "./dom.js";
import { unauthorised } from "./session.js";
import { drop_draft, drop_unsent, read_draft, read_unsent, write_draft, write_unsent } from "./store.js";
import { fetch_post, find_post, keep_place, place_post, to_newest } from "./timeline.js";
import { Uploads } from "./upload.js";

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;
const waiting = new Map();
let box;

/** Wakes the box if the page has one, and sends what earlier pages could not. */
export async function start_composer(timeline) {
  const form = document.querySelector("form.composer");
  if (form) box = new Box(form);
  addEventListener("online", () => waiting.forEach((post) => send(post)));
  // The next person on this device must never send what this one wrote: it stays stored until its writer is back.
  addEventListener("renkei:blank", () => {
    waiting.forEach(({ timer }) => clearTimeout(timer));
    waiting.clear();
  });
  await box?.restore();
  if (box && new URLSearchParams(location.search).has("shared")) (await import("./shared.js")).take_over(box);
  for (const post of await read_unsent().catch(() => [])) queue(post, timeline);
}

/** Shows a stored post as 送信待ち and sends it. */
function queue(post, timeline = document.querySelector(".timeline")) {
  if (waiting.has(post.client_id)) return;
  const shown = timeline?.dataset.group === post.group ? show_unsent(post, timeline) : null;
  const entry = { ...post, shown, delay: FIRST_DELAY, sending: false };
  waiting.set(post.client_id, entry);
  send(entry);
}

function show_unsent(post, timeline) {
  const copy = document.getElementById("unsent")?.content.cloneNode(true).firstElementChild;
  if (!copy) return null;
  copy.querySelector('[data-slot="body"]').textContent = post.body;
  const files = copy.querySelector('[data-slot="files"]');
  files.hidden = post.files.length === 0;
  files.textContent = t("ファイル {0}件", post.files.length);
  copy
    .querySelector('[data-act="resend"]')
    .addEventListener("click", () => send(waiting.get(post.client_id)));
  copy
    .querySelector('[data-act="take-back"]')
    .addEventListener("click", () => take_back(waiting.get(post.client_id)));
  timeline.querySelector("#newest").before(copy);
  to_newest();
  return copy;
}

async function send(post) {
  if (!post || post.sending || !waiting.has(post.client_id)) return;
  post.sending = true;
  clearTimeout(post.timer);
  say(post, t("送っています…"));
  let response;
  try {
    response = await fetch(`/api/v1/groups/${post.group}/posts`, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(message(post)),
    });
  } catch {
    return try_again(post);
  } finally {
    post.sending = false;
  }
  if (response.ok) return sent(post, await response.json().catch(() => ({})));
  if (response.status === 401) {
    say(post, t("サインインし直すと、自動で送ります。"));
    return unauthorised(response);
  }
  if (response.status === 408 || response.status === 429 || response.status >= 500) {
    return try_again(post, Number(response.headers.get("Retry-After")) * 1_000);
  }
  return refused(post, await response.json().catch(() => ({})));
}

/** A box of the chooser says `account:ID`; the API takes `{"account": "ID"}`. */
const mention = (code) => {
  const cut = code.indexOf(":");
  return { [code.slice(0, cut)]: code.slice(cut + 1) };
};

function message({ client_id, body, reply_to, files, must_acknowledge_by, to = [], urgent }) {
  const ids = files.map((file) => file.id);
  return {
    client_id,
    body,
    ...(reply_to && { reply_to }),
    ...(ids.length > 0 && { files: ids }),
    ...(must_acknowledge_by && { must_acknowledge_by }),
    ...(to.length > 0 && { mentions: to.map(mention) }),
    ...(urgent && { urgent: true }),
  };
}

function try_again(post, asked = 0) {
  const delay = Math.max(asked || 0, post.delay);
  post.delay = Math.min(post.delay * 2, LONGEST_DELAY);
  post.timer = setTimeout(() => send(post), delay);
  say(post, t("つながりしだい、自動で送ります。"));
}

/** The server has it: forget the copy, show what stands in the record. */
async function sent(post, { id }) {
  waiting.delete(post.client_id);
  await drop_unsent(post.client_id);
  const fragment = post.shown && id ? await fetch_post(post.group, id).catch(() => null) : null;
  keep_place_if(post.shown, () => post.shown?.remove());
  if (fragment) place_post(fragment, { mine: !find_post(id) });
}

const keep_place_if = (shown, change) => (shown?.isConnected ? keep_place(change, true) : change());

/** The server will never take it as it is: the text goes back to the box with the reason. */
async function refused(post, problem) {
  const reason = problem.errors?.[0]?.message ?? problem.detail ?? problem.title ?? t("送れませんでした。");
  await hand_back(post, t("{0} 文はそのまま残っています。", reason));
}

const take_back = (post) => post && !post.sending && hand_back(post, "");

async function hand_back(post, error) {
  const { client_id, group, body, reply_to, reply_name, files, must_acknowledge_by, to, urgent } = post;
  clearTimeout(post.timer);
  waiting.delete(client_id);
  const open = box?.group === group;
  const kept = open ? box.read() : await read_draft(group).catch(() => null);
  const both = kept?.body ? `${body}\n\n${kept.body}` : body;
  const draft = { body: both, reply_to, reply_name, files, must_acknowledge_by, to, urgent, error };
  await write_draft(group, draft);
  await drop_unsent(client_id);
  post.shown?.remove();
  if (open) box.fill(draft);
  else toast(t("送れなかった文があります。"), { href: `/groups/${group}#compose`, text: t("見る") });
}

function say(post, text) {
  const state = post.shown?.querySelector('[data-slot="state"]');
  if (state) state.textContent = text;
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
    this.uploads = new Uploads(form, () => this.keep());
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
    addEventListener("renkei:blank", ({ detail }) => detail.push(this.save()));
  }

  /** What stands in the box. */
  read() {
    return {
      body: this.text.value,
      reply_to: this.form.elements.reply_to.value || null,
      reply_name: this.answering.querySelector("b").textContent,
      files: this.uploads.done(),
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

  fill({ body = "", reply_to, reply_name, files = [], missing, must_acknowledge_by, to = [], urgent = false, error }) {
    this.text.value = body;
    this.reply(reply_to, reply_name);
    this.uploads.restore(files, missing);
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
    if (this.uploads.pending()) return this.complain(t("ファイルを送っています。終わるまでお待ちください。"));
    if (this.uploads.failed()) return this.complain(t("付けられなかったファイルがあります。もう一度送るか、×で外してください。"));
    const { body, ...rest } = this.read();
    if (!body.trim() && rest.files.length === 0) return this.text.focus();
    this.busy = true;
    // What is typed while the wording is looked at would be in no post, and gone with the emptied box.
    this.text.readOnly = true;
    const doubtful = await this.doubtful(body).finally(() => (this.text.readOnly = false));
    if (doubtful) return (this.busy = false);
    const post = { client_id: crypto.randomUUID(), group: this.group, body, ...rest, written_at: Date.now() };
    try {
      await write_unsent(post);
    } catch {
      // No storage on this device: it is sent all the same, and stands as 送信待ち while this page is open.
    }
    this.fill({});
    this.keep();
    this.keep.now();
    queue(post);
    this.busy = false;
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
