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
  for (const post of await read_unsent().catch(() => [])) queue({ ...post, stored: true }, timeline);
  clear_away().catch(() => {});
}

addEventListener("online", send_all);
// The next person on this device must never send what this one wrote: it stays stored until its writer is back.
addEventListener("renkei:blank", stop);
addEventListener("renkei:stop", stop);

function send_all() {
  new Set([...waiting.values()].map(({ group }) => group)).forEach(send_those_of);
}

function stop() {
  for (const post of waiting.values()) {
    clearTimeout(post.timer);
    post.request?.abort();
  }
  waiting.clear();
}

/** Files of posts and drafts that are no more. The outbox is read before and after: a post may leave the box meanwhile. */
async function clear_away() {
  const before = await read_unsent();
  const drafts = await Promise.all((await draft_keys()).map(read_draft));
  const files = [...before, ...drafts, ...(await read_unsent())].flatMap((one) => (Array.isArray(one?.files) ? one.files : []));
  await let_go_but(new Set(files.map(({ local }) => local)));
}

/** Shows a stored post as 送信待ち and sends it. `at_hand`: by `local`, the files that the box still had, and those of them that are under way. */
export function queue(post, timeline = document.querySelector(".timeline"), at_hand = new Map()) {
  if (waiting.has(post.client_id)) return;
  const shown = timeline?.dataset.group === post.group ? show_unsent(post, timeline) : null;
  waiting.set(post.client_id, { ...post, at_hand, shown, delay: FIRST_DELAY });
  send_those_of(post.group);
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
    .addEventListener("click", () => send_those_of(post.group));
  copy
    .querySelector('[data-act="take-back"]')
    .addEventListener("click", () => take_back(waiting.get(post.client_id)));
  timeline.querySelector("#newest").before(copy);
  to_newest();
  return copy;
}

const at_work = new Set();

/** The oldest of a group first, since the record keeps the order: what is behind one that does not get through waits with it. */
async function send_those_of(group) {
  if (at_work.has(group)) return;
  at_work.add(group);
  try {
    await alone(`renkei-send-${group}`, async () => {
      for (let post = oldest(group); post; post = oldest(group)) {
        clearTimeout(post.timer);
        await deliver(post).catch(() => try_again(post));
        if (waiting.get(post.client_id) === post) return;
      }
    });
  } finally {
    at_work.delete(group);
  }
}

const oldest = (group) => [...waiting.values()].filter((post) => post.group === group).sort((a, b) => a.written_at - b.written_at)[0];

/** One page of this device at a time: two would send a file twice, and then two different posts under one id. */
const alone = (name, act) => (navigator.locks ? navigator.locks.request(name, act) : act());

/** Done when it has left `waiting`; else it waits for its time. */
async function deliver(post) {
  say(post, t("送っています…"));
  if (post.stored) {
    const kept = await still_unsent(post.client_id);
    if (!kept) return gone(post);
    post.files = kept.files;
  }
  // Also while its files travelled, the page may have been left to somebody else, or the post taken back.
  if (!(await send_files(post)) || !going(post)) return;
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

const going = (post) => waiting.has(post.client_id) && !post.taken_back;

/** Another page of this device has sent it, or has taken it back. */
function gone(post) {
  waiting.delete(post.client_id);
  keep_place_if(post.shown, () => post.shown?.remove());
}

/** Files that this device holds go first; what the server has of them is kept before anything else. True when it has all. */
async function send_files(post) {
  for (const file of post.files.filter(({ id }) => !id)) {
    const answer = await send_file(post, file);
    if (!going(post)) return false;
    if (!answer) return (await without(post, file), false);
    if (!answer.id) return (await stopped(post, answer), false);
    const { local } = file;
    file.id = answer.id;
    delete file.local;
    // Without room for that the device would send it twice: from here on this page remembers.
    post.stored &&= await write_unsent(to_store(post)).then(
      () => (let_go(local), true),
      () => false,
    );
  }
  return true;
}

/** As the box had it, under way or not, else as it is held; null where it is nowhere. */
async function send_file(post, { local, name, kind }) {
  const { file, arriving, request } = post.at_hand.get(local) ?? {};
  // What was under way and has failed is sent anew the next time.
  if (arriving) {
    post.at_hand.set(local, { file });
    post.request = request;
    return arriving;
  }
  const bytes = file ?? (await held(local));
  if (!bytes) return null;
  post.request = new XMLHttpRequest();
  const onprogress = ({ loaded, total }) => say(post, t("ファイルを送っています… {0}%", Math.floor((100 * loaded) / total)));
  return upload(bytes, name, kind, { onprogress, request: post.request });
}

/** The file is nowhere any more: the words go back to the box, and it is named there. */
async function without(post, { local, name }) {
  post.files = post.files.filter((file) => file.local !== local);
  post.missing = [name];
  await hand_back(post, t("付けられなかったファイルがあります。もう一度送るか、×で外してください。"));
}

/** A file did not arrive. */
async function stopped(post, { status, again, wait, text }) {
  if (status === 401) {
    say(post, t("サインインし直すと、自動で送ります。"));
    return (await still_here()) && try_again(post);
  }
  if (again) return try_again(post, wait);
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
  if (!going(post)) return;
  const delay = Math.max(asked || 0, post.delay);
  post.delay = Math.min(post.delay * 2, LONGEST_DELAY);
  post.timer = setTimeout(() => send_those_of(post.group), delay);
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

/** At once: what travels is stopped. One that is there already by then stands in the record. */
async function take_back(post) {
  if (!post || post.taken_back) return;
  post.taken_back = true;
  clearTimeout(post.timer);
  post.request?.abort();
  await alone(`renkei-send-${post.group}`, async () => {
    if (!waiting.has(post.client_id)) return;
    if (post.stored && !(await still_unsent(post.client_id).catch(() => post))) return gone(post);
    await hand_back(post, "");
  });
  send_those_of(post.group);
}

let handing = Promise.resolve();

/** One after the other: what goes back to a box stands above what is in it, and nothing of either is lost. */
function hand_back(post, error) {
  handing = handing.then(() => into_the_box(post, error)).catch(() => {});
  return handing;
}

async function into_the_box(post, error) {
  const { client_id, group, body, reply_to, reply_name, files, missing = [], must_acknowledge_by, to, urgent } = post;
  const open = box?.group === group;
  const kept = open ? { ...box.read(), missing: box.uploads.missing() } : await read_draft(group).catch(() => null);
  const draft = {
    body: kept?.body ? `${body}\n\n${kept.body}` : body,
    reply_to,
    reply_name,
    files: [...files, ...(kept?.files ?? [])],
    missing: [...missing, ...(kept?.missing ?? [])],
    must_acknowledge_by,
    to,
    urgent,
    error,
  };
  clearTimeout(post.timer);
  const kept_there = await write_draft(group, draft).then(
    () => true,
    () => false,
  );
  if (!kept_there && !open) {
    post.taken_back = false;
    return say(post, t("この端末には保存できません"));
  }
  waiting.delete(client_id);
  if (kept_there) await drop_unsent(client_id);
  post.shown?.remove();
  if (open) box.fill(draft, post.at_hand);
  else toast(t("送れなかった文があります。"), { href: `/groups/${group}#compose`, text: t("見る") });
}

function say(post, text) {
  const state = post.shown?.querySelector('[data-slot="state"]');
  if (state) state.textContent = text;
}
