// Entry point. Every page works without it; each module wakes up only where its markup is.
import { close_menus, filter_rows, lazy_details, quick_acts } from "./page.js";
import { watch_idle } from "./idle.js";
import { guard_sign_out } from "./session.js";

/** As js/copies_store.js says it: nobody loads that who keeps none and has read none. */
function marked() {
  try {
    return ["renkei-copies", "renkei-copies-read"].some((mark) => localStorage.getItem(mark) !== null);
  } catch {
    return false;
  }
}

// Copies of pages for where there is no line.
const copies = () => import("./copies.js");
const has_copies = marked();
const signed_in = Boolean(document.documentElement.dataset.account);
const timeline = document.querySelector(".timeline[data-group]");

close_menus();
filter_rows();
// A page that comes back from the browser's memory may show what its reader may no longer see.
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (signed_in) {
  if ("keys" in document.documentElement.dataset) {
    let press = (event) => import("./keys.js").then((keys) => (press = keys.press)(event));
    addEventListener("keydown", (event) => press(event));
  }
  watch_idle();
  if (has_copies || "copies" in document.documentElement.dataset || document.querySelector("[data-copies-settings]"))
    copies().then(({ tend }) => tend());
  guard_sign_out();
  if (document.documentElement.dataset.view) import("./views.js").then(({ watch_view }) => watch_view());
  quick_acts();
  lazy_details();
  if (timeline) {
    import("./timeline.js").then(({ open_timeline }) => open_timeline(timeline));
    import("./older.js").then(({ load_older }) => load_older(timeline));
    // What is read of one talk alone is not read up to there.
    if (!timeline.hasAttribute("data-thread"))
      import("./read.js").then(({ watch_reading }) => watch_reading(timeline));
  }
  const chooser = document.querySelector("a[data-chooser]");
  const kept = document.querySelectorAll("form[data-keep]");
  const text = document.querySelector(".composer textarea");
  const sent = [location.search, location.hash.slice(1)].map((part) => new URLSearchParams(part).get("sent")).find(Boolean);
  if (chooser) {
    import("./saying.js").then((saying) => {
      saying.open_chooser(chooser);
      if (text) saying.offer_tidying(text);
    });
  }
  if (kept.length > 0 || sent) {
    import("./keep.js").then(async ({ forget_form, keep_form }) => {
      // First, so that a form on the same page does not bring back what was just sent.
      if (sent) await forget_form(sent);
      kept.forEach(keep_form);
    });
  }
  const shared = document.querySelector("[data-shared]");
  if (shared) import("./shared.js").then(({ show_shared }) => show_shared(shared));
  import("./composer.js").then(({ start_composer }) => start_composer(timeline));
  import("./live.js").then(({ listen }) => listen(timeline));
  import("./app.js").then(({ start_app }) => start_app());
} else {
  const offline = document.querySelector("[data-offline]");
  if (offline && has_copies) import("./copies_reader.js").then(({ offer_copies }) => offer_copies(offline));
  // Whoever stands before the door is nobody: what the last one kept goes.
  else if (has_copies && ["/sign-in", "/signed-out"].includes(location.pathname)) copies().then(({ destroy }) => destroy());
  import("./app.js").then(({ clear_count }) => clear_count());
  if (document.querySelector("[data-kin]")) import("./family.js").then(({ start_family }) => start_family());
}

const push_panel = document.querySelector("[data-push]");
if (push_panel) import("./push.js").then(({ offer_push }) => offer_push(push_panel));

if (document.querySelector("button[data-act][hidden]")) import("./handy.js");

const passkey_forms = document.querySelectorAll("form[data-passkey]");
if (passkey_forms.length > 0) import("./passkeys.js").then(({ offer_passkeys }) => offer_passkeys(passkey_forms));
