// Entry point. Every page works without it; each module wakes up only where its markup is.
import { close_menus, filter_rows, lazy_details, quick_acts } from "./page.js";
import { watch_idle } from "./idle.js";
import { guard_sign_out } from "./session.js";

const signed_in = Boolean(document.documentElement.dataset.account);
const timeline = document.querySelector(".timeline[data-group]");

close_menus();
filter_rows();
// A page that comes back from the browser's memory may show what its reader may no longer see.
addEventListener("pageshow", (event) => event.persisted && location.reload());

if (signed_in) {
  watch_idle();
  guard_sign_out();
  quick_acts();
  lazy_details();
  if (timeline) {
    import("./timeline.js").then(({ open_timeline }) => open_timeline(timeline));
    import("./older.js").then(({ load_older }) => load_older(timeline));
    import("./read.js").then(({ watch_reading }) => watch_reading(timeline));
  }
  import("./composer.js").then(({ start_composer }) => start_composer(timeline));
  import("./live.js").then(({ listen }) => listen(timeline));
  import("./app.js").then(({ start_app }) => start_app());
} else {
  import("./app.js").then(({ clear_count }) => clear_count());
}

const push_panel = document.querySelector("[data-push]");
if (push_panel) import("./push.js").then(({ offer_push }) => offer_push(push_panel));

if (document.querySelector("button[data-act][hidden]")) import("./handy.js");

const passkey_forms = document.querySelectorAll("form[data-passkey]");
if (passkey_forms.length > 0) import("./passkeys.js").then(({ offer_passkeys }) => offer_passkeys(passkey_forms));
