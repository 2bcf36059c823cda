// What another app has shared: it lies on this device, sealed by the service worker (pwa/share.js), until it stands in a composer.
import { el, t } from "./dom.js";
import { key, open_bytes, run_in } from "./store.js";

const AN_HOUR = 3_600_000;
/** Where somebody has said that it goes: the page that the link of that group opens. */
const CHOSEN = "share-into";

const run = (mode, act) => run_in("renkei-shared", "things", mode, act);
const forget = () => run("readwrite", (things) => things.clear());

/** `{at, body, files, left}`, or null: nothing, too old, or sealed for somebody else. */
async function read_shared() {
  await key();
  const rows = await run("readonly", (things) => things.getAll());
  if (rows.length === 0) return null;
  if (Date.now() - rows[0].at >= AN_HOUR) return (await forget(), null);
  try {
    const [what, ...bytes] = await Promise.all(rows.map(open_bytes));
    const { body, files, left } = JSON.parse(new TextDecoder().decode(what));
    return { at: rows[0].at, body, files: files.map(({ name, type }, n) => new File([bytes[n]], name, { type })), left };
  } catch {
    return (await forget(), null);
  }
}

/** The page /share. */
export async function show_shared(page) {
  const part = (name) => page.querySelector(`[data-shared-${name}]`);
  const thing = await read_shared().catch(() => null);
  const none = () => {
    part("thing").hidden = part("places").hidden = true;
    part("none").hidden = false;
  };
  part("looking").hidden = true;
  if (!thing) return none();
  const slot = (name, there, ...content) => {
    const node = page.querySelector(`[data-slot="${name}"]`);
    node.hidden = !there;
    node.replaceChildren(...content);
  };
  slot("body", thing.body, thing.body);
  slot("files", thing.files.length > 0, ...thing.files.map(shown));
  slot("left", thing.left.length > 0, t("大きすぎるか多すぎるため、入れられないもの: {0}", thing.left.join(t("、"))));
  part("thing").hidden = part("places").hidden = false;
  part("places").addEventListener("click", ({ target }) => {
    const place = target.closest("a.group");
    if (place) sessionStorage.setItem(CHOSEN, place.pathname);
  });
  part("forget").addEventListener("click", async () => {
    await forget();
    none();
  });
  // Whoever leaves it open finds nothing here after the hour.
  setTimeout(() => location.reload(), Math.max(0, thing.at + AN_HOUR - Date.now()));
}

function shown(file) {
  const row = el("li", {}, el("span", { class: "name" }, file.name));
  if (file.type.startsWith("image/")) {
    const picture = el("img", { src: URL.createObjectURL(file), alt: "" });
    // Not every phone can draw every picture that it takes.
    picture.addEventListener("error", () => picture.remove());
    row.prepend(picture);
  }
  return row;
}

/** Puts it into the box of a group, below what stands there. Nothing is sent but the files, as if they had been chosen. */
export async function take_over(box) {
  const address = new URL(location.href);
  address.searchParams.delete("shared");
  history.replaceState(history.state, "", address);
  // An address can come from anywhere; a group is chosen on the page alone.
  if (sessionStorage.getItem(CHOSEN) !== location.pathname) return location.replace("/share");
  sessionStorage.removeItem(CHOSEN);
  const thing = await read_shared().catch(() => null);
  if (!thing) return box.note(t("共有されたものは、もうありません。"));
  const body = box.text.value;
  const more = thing.body && !body.includes(thing.body);
  if (more) box.text.value = [body, thing.body].filter(Boolean).join("\n\n");
  box.grow();
  box.uploads.add(thing.files);
  const kept = await box.save();
  box.text.focus();
  // It stands here, and nowhere else on this device: it stays where it was.
  if (!kept) return;
  box.note(t("共有されたものを入れました。確かめてから送ってください。"));
  // Until the server has the files they are only here: a page that is closed before can be opened from /share once more.
  const look = setInterval(async () => {
    if (!box.uploads.items.every(({ id }) => id)) return;
    clearInterval(look);
    const [first] = await run("readonly", (things) => things.getAll());
    if (first?.at === thing.at) await forget();
  }, 500);
}
