// Posts on their way: stored first, shown as 送信待ち, and sent with their files until the server has them, by whichever page is open then.
import { t, toast } from "./dom.js";
import { held, let_go, let_go_but } from "./held.js";
import { still_here, unauthorised } from "./session.js";
import { draft_keys, drop_unsent, read_draft, read_unsent, still_unsent, write_draft, write_unsent } from "./store.js";
import { fetch_post, find_post, keep_place, place_post, to_newest } from "./timeline.js";
import { upload } from "./upload.js";

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;
const waiting = new Map();
let box;

/** Sends what earlier pages could not. `its_box`: the box of this page, where what cannot be sent goes back to. */
export async function start_outbox(timeline, its_box) {
  box = its_box;
  const unsent = await read_unsent().catch(() => []);
  for (const post of unsent) queue({ ...post, stored: true }, timeline);
  clear_away(unsent).catch(() => {});
}

addEventListener("online", () => waiting.forEach((post) => send(post)));
// The next person on this device must never send what this one wrote: it stays stored until its writer is back.
addEventListener("renkei:blank", () => {
  waiting.forEach(({ timer }) => clearTimeout(timer));
  waiting.clear();
});

/** Files of posts and drafts that are no more. */
async function clear_away(unsent) {
  const drafts = await Promise.all((await draft_keys()).map(read_draft));
  const files = [...unsent, ...drafts].flatMap((one) => (Array.isArray(one?.files) ? one.files : []));
  await let_go_but(new Set(files.map(({ local }) => local)));
}

/** Shows a stored post as 送信待ち and sends it. */
export function queue(post, timeline = document.querySelector(".timeline")) {
  if (waiting.has(post.client_id)) return;
  const shown = timeline?.dataset.group === post.group ? show_unsent(post, timeline) : null;
  const entry = { ...post, shown, delay: FIRST_DELAY, sending: false };
  waiting.set(post.client_id, entry);
  send(entry);
}

/** Of a post what outlives the page. */
export const to_store = ({ client_id, group, body, reply_to, reply_name, files, must_acknowledge_by, to, urgent, written_at }) => ({
  client_id,
  group,
  body,
  reply_to,
  reply_name,
  files,
  must_acknowledge_by,
  to,
  urgent,
  written_at,
});

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
  try {
    await alone(`renkei-send-${post.client_id}`, () => deliver(post));
  } finally {
    post.sending = false;
  }
}

/** One page of this device at a time: two would send a file twice, and then two different posts under one id. */
const alone = (name, act) => (navigator.locks ? navigator.locks.request(name, act) : act());

async function deliver(post) {
  if (!waiting.has(post.client_id)) return;
  if (post.stored) {
    const kept = await still_unsent(post.client_id).catch(() => post);
    if (!kept) return gone(post);
    post.files = kept.files;
  }
  // Also while its files travelled, the page may have been left to somebody else.
  if (!(await send_files(post)) || !waiting.has(post.client_id)) return;
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

/** Another page of this device has sent it, or has taken it back. */
function gone(post) {
  waiting.delete(post.client_id);
  keep_place_if(post.shown, () => post.shown?.remove());
}

/** Files that this device holds go first; what the server has of them is kept before anything else. True when it has all. */
async function send_files(post) {
  for (const file of post.files.filter(({ id }) => !id)) {
    if (!waiting.has(post.client_id)) return false;
    const onprogress = ({ loaded, total }) => say(post, t("ファイルを送っています… {0}%", Math.floor((100 * loaded) / total)));
    const under_way = post.under_way?.get(file.local);
    post.under_way?.delete(file.local);
    const bytes = under_way ? null : await held(file.local);
    if (!under_way && !bytes) return (await without(post, file), false);
    const answer = await (under_way ?? upload(bytes, file.name, file.kind, { onprogress }));
    if (!answer.id) return (await stopped(post, answer), false);
    const { local } = file;
    file.id = answer.id;
    delete file.local;
    await write_unsent(to_store(post)).then(
      () => let_go(local),
      () => {},
    );
  }
  return true;
}

/** The file is nowhere any more: the words go back to the box, and it is named there. */
async function without(post, { local, name }) {
  post.files = post.files.filter((file) => file.local !== local);
  post.missing = [name];
  await hand_back(post, t("付けられなかったファイルがあります。もう一度送るか、×で外してください。"));
}

/** A file did not arrive. */
async function stopped(post, { status, again, text }) {
  if (status === 401) {
    say(post, t("サインインし直すと、自動で送ります。"));
    return still_here();
  }
  if (again) return try_again(post);
  await hand_back(post, t("{0} 文はそのまま残っています。", text));
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
  const { client_id, group, body, reply_to, reply_name, files, missing, must_acknowledge_by, to, urgent } = post;
  clearTimeout(post.timer);
  waiting.delete(client_id);
  const open = box?.group === group;
  const kept = open ? box.read() : await read_draft(group).catch(() => null);
  const both = kept?.body ? `${body}\n\n${kept.body}` : body;
  const draft = { body: both, reply_to, reply_name, files, missing, must_acknowledge_by, to, urgent, error };
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
