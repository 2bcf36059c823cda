// Files: chosen, dropped, pasted or photographed; sent at once with progress; their ids go with the post.
import { el, t } from "./dom.js";

/** 24.9 MB, as the server says it. */
const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);

/** The files of one composer. `changed` is called when the finished ones change. */
export class Uploads {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
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
    this.kind.addEventListener("change", () => this.items.forEach((item) => item.file && this.start(item)));
    this.accept_drops();
    addEventListener("online", () => this.items.filter((item) => item.again).forEach((item) => this.start(item)));
    form.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  /** Finished files as `{id, name}`. */
  done = () => this.items.filter((item) => item.id).map(({ id, name }) => ({ id, name }));
  pending = () => this.items.some((item) => item.request);
  /** Some did not arrive: whoever sends now would believe that they go along. */
  failed = () => this.items.some((item) => !item.id && !item.request);

  /** Names of those that the server does not have. */
  missing = () => this.items.filter((item) => !item.id).map(({ name }) => name);

  /** Shows files that were finished before, for instance with a draft; and names what was not. */
  restore(files, missing = []) {
    this.items.forEach((item) => item.request?.abort());
    this.items = [];
    this.list.replaceChildren();
    files.forEach(({ id, name }) => this.show({ id, name }));
    missing.forEach((name) => this.fail(this.show({ name }), t("送り終わっていませんでした。もう一度選んでください。"), false));
    this.refresh();
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
      } else this.start(item);
    }
    this.refresh();
    this.changed();
  }

  start(item) {
    item.request?.abort();
    [item.id, item.again] = [undefined, false];
    item.node.querySelector(".bad")?.remove();
    const request = (item.request = new XMLHttpRequest());
    const data = new FormData();
    data.append("class", this.kind.value);
    data.append("file", item.file, item.name);
    request.open("POST", "/api/v1/files");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => (item.bar.value = loaded / total);
    request.onload = () => this.answered(item, request);
    request.onerror = () => this.fail(item, t("つながりませんでした。"), true);
    item.bar.hidden = false;
    item.bar.value = 0;
    request.send(data);
    this.refresh();
  }

  answered(item, request) {
    if (request !== item.request) return;
    const problem = request.response ?? {};
    if (request.status === 200 || request.status === 201) {
      item.request = undefined;
      item.id = problem.id;
      item.bar.hidden = true;
      item.state.textContent = t("付けました");
      this.refresh();
      this.changed();
    } else {
      const again = request.status >= 500 || request.status === 429;
      this.fail(item, problem.errors?.[0]?.message ?? problem.detail ?? t("送れませんでした。"), again);
    }
  }

  fail(item, text, again) {
    [item.request, item.again] = [undefined, again];
    item.bar.hidden = true;
    item.state.textContent = "";
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
