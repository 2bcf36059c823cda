// Files: chosen, dropped, pasted or photographed; sent at once with progress; their ids go with the post.
import { el, t } from "./dom.js";
import { held, hold, let_go, new_local } from "./held.js";

/** 24.9 MB, as the server says it. */
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** Whether it goes along with a post: the server has it, or this device holds it until the server does. */
const goes = ({ id, held }) => Boolean(id || held);

/** Sends one file; `{id}`, or `{again, text}`: whether another try may help, and what to tell. */
export function upload(file, name, kind, { onprogress, request = new XMLHttpRequest() } = {}) {
  const data = new FormData();
  data.append("class", kind);
  data.append("file", file, name);
  return new Promise((resolve) => {
    request.open("POST", "/api/v1/files");
    request.responseType = "json";
    request.upload.onprogress = onprogress;
    request.onload = () => {
      const answer = request.response ?? {};
      if (request.status === 200 || request.status === 201) return resolve({ id: answer.id });
      // Whoever signs in again finds it here.
      const again = request.status >= 500 || [401, 408, 429].includes(request.status);
      const wait = Number(request.getResponseHeader("Retry-After")) * 1_000;
      resolve({ again, wait, status: request.status, text: answer.errors?.[0]?.message ?? answer.detail ?? t("送れませんでした。") });
    };
    request.onerror = request.onabort = () => resolve({ again: true, text: t("つながりませんでした。") });
    request.send(data);
  });
}

/** The files of one composer. `changed` is called when those that go along change; `save` keeps them at once. */
export class Uploads {
  constructor(form, changed, save) {
    this.form = form;
    [this.changed, this.save] = [changed, save];
    this.list = form.querySelector(".uploads");
    this.kind = form.elements.file_class;
    this.limit = Number(form.dataset.maxFileBytes);
    this.items = [];
    form.querySelectorAll('input[type="file"]').forEach((input) =>
      input.addEventListener("change", () => {
        this.add(input.files);
        input.value = "";
      }),
    );
    this.kind.addEventListener("change", () => this.items.filter((item) => item.file).forEach((item) => ((item.kind = this.kind.value), this.start(item))));
    this.accept_drops();
    addEventListener("online", () => this.items.filter((item) => item.again).forEach((item) => this.start(item)));
    form.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  /** Those that go along: `{id, name}` where the server has it, `{local, name, kind}` where this device holds it until then. */
  ready = () => this.items.filter(goes).map(({ id, local, name, kind }) => (id ? { id, name } : { local, name, kind }));
  pending = () => this.items.some((item) => item.request);
  /** On their way, and nowhere but in this page: whoever sends now would lose them. */
  waited_for = () => this.items.some((item) => item.request && !goes(item));
  /** Some will not arrive: whoever sends now would believe that they go along. */
  failed = () => this.items.some((item) => !item.request && !goes(item));

  /** Names of those that neither the server nor this device has. */
  missing = () => this.items.filter((item) => !goes(item)).map(({ name }) => name);

  /** The box is emptied: what goes along goes its own way from here. By `local`, what this page has of each, and what of it is under way. */
  hand_over() {
    const at_hand = new Map(this.items.map(({ local, file, request, arriving }) => [local, { file, request, arriving: request && arriving }]));
    this.clear();
    return at_hand;
  }

  /** Nothing is sent from here any more. */
  stop() {
    this.stopped = true;
    this.items.forEach((item) => item.request?.abort());
    this.clear();
  }

  clear() {
    this.items = [];
    this.list.replaceChildren();
    this.refresh();
  }

  /** Shows files that were there before, for instance with a draft, and goes on with those on their way; names what is nowhere. */
  async restore(files, missing = [], at_hand = new Map()) {
    this.items.forEach((item) => item.request?.abort());
    this.clear();
    const kind = files.find((file) => file.kind)?.kind;
    if (kind) this.kind.value = kind;
    const begun = files.map(({ id, local, name, kind }) => this.show({ id, local, name, kind, held: Boolean(local) }));
    missing.forEach((name) => this.lost(this.show({ name })));
    this.refresh();
    for (const item of begun.filter(({ local }) => local)) {
      item.file = at_hand.get(item.local)?.file ?? (await held(item.local).catch(() => null));
      if (!this.items.includes(item) || this.stopped) continue;
      if (item.file) this.start(item);
      else this.lost(item);
    }
  }

  lost(item) {
    item.held = false;
    this.fail(item, t("送り終わっていませんでした。もう一度選んでください。"), false);
  }

  add(files) {
    if (files.length && [...files].every((file) => !file.type.startsWith("image/")))
      this.kind.value = "other";
    for (const file of files) {
      const item = this.show({ file, name: file.name });
      if (file.size > this.limit) {
        this.fail(
          item,
          t("大きすぎます({0})。1つのファイルは {1} までです。", size(file.size), size(this.limit)),
          false,
        );
      } else if (file.size === 0) {
        this.fail(item, t("中身がありません。"), false);
      } else this.begin(item);
    }
    this.refresh();
    this.changed();
  }

  /** Held on this device while it is sent: whichever is done first, it can go along. */
  async begin(item) {
    item.local = new_local();
    this.start(item);
    item.held = await hold(item.local, item.file).then(
      () => true,
      () => false,
    );
    // It has arrived, or was taken off, meanwhile.
    if (item.id || !this.items.includes(item)) return this.drop(item);
    this.changed();
  }

  async start(item) {
    item.request?.abort();
    if (this.stopped) return;
    [item.id, item.again] = [undefined, false];
    // As it was chosen for, also when it comes back from a draft.
    item.kind ??= this.kind.value;
    item.node.querySelector(".bad")?.remove();
    const request = (item.request = new XMLHttpRequest());
    item.bar.hidden = false;
    item.bar.value = 0;
    this.refresh();
    const onprogress = ({ loaded, total }) => (item.bar.value = loaded / total);
    item.arriving = upload(item.file, item.name, item.kind, { onprogress, request });
    const answer = await item.arriving;
    if (request !== item.request || !this.items.includes(item)) return;
    if (!answer.id) return this.fail(item, answer.text, answer.again);
    item.request = undefined;
    item.id = answer.id;
    item.bar.hidden = true;
    item.state.textContent = t("付けました");
    this.refresh();
    // First the draft that names what the server has, then the file may go.
    if (await this.save()) this.drop(item);
  }

  drop(item) {
    if (item.held) let_go(item.local);
    item.held = false;
  }

  fail(item, text, again) {
    [item.request, item.again] = [undefined, again];
    item.bar.hidden = true;
    item.state.textContent = "";
    if (!again) this.drop(item);
    const retry = el(
      "button",
      { class: "link-btn", type: "button", click: () => this.start(item) },
      t("もう一度送る"),
    );
    item.node.querySelector(".bad")?.remove();
    item.node.append(el("p", { class: "bad", role: "alert" }, text, ...(again ? [" ", retry] : [])));
    this.refresh();
  }

  show(item) {
    item.bar = el("progress", {
      max: 1,
      value: 0,
      hidden: true,
      "aria-label": t("{0} を送っています", item.name),
    });
    item.state = el("span", { class: "soft" }, item.id ? t("付けました") : "");
    const remove = el(
      "button",
      {
        class: "icon-btn",
        type: "button",
        "aria-label": t("{0} を付けない", item.name),
        click: () => this.remove(item),
      },
      "×",
    );
    item.node = el("li", {}, el("span", { class: "name" }, item.name), item.state, remove, item.bar);
    this.list.append(item.node);
    this.items.push(item);
    return item;
  }

  remove(item) {
    item.request?.abort();
    this.drop(item);
    item.node.remove();
    this.items = this.items.filter((other) => other !== item);
    this.refresh();
    this.changed();
  }

  refresh() {
    this.list.hidden = this.items.length === 0;
    this.form.classList.toggle("has-files", this.items.length > 0);
    this.form.querySelector(".send").setAttribute("aria-busy", String(this.pending()));
  }

  accept_drops() {
    const area = this.form.closest(".pane-main") ?? this.form;
    const carries_files = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    area.addEventListener("dragover", (event) => {
      if (!carries_files(event)) return;
      event.preventDefault();
      this.form.classList.add("dropping");
    });
    for (const kind of ["dragleave", "drop"])
      area.addEventListener(kind, () => this.form.classList.remove("dropping"));
    area.addEventListener("drop", (event) => {
      if (!carries_files(event)) return;
      event.preventDefault();
      this.add(event.dataTransfer.files);
    });
  }
}
