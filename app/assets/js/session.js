// The end of looking: lock, sign-out, removal from a group. The page is emptied before anything else happens.
import { el, t } from "./dom.js";
import { unsent_count, wipe } from "./store.js";

/**
 * Empties the page at once and says why. Drafts and unsent posts stay on the device: whoever has something to keep
 * hears `renkei:blank` before and adds a promise to `event.detail`. Resolves when all is kept.
 */
export function blank(title, text, link) {
  const keeping = [];
  dispatchEvent(new CustomEvent("renkei:blank", { detail: keeping }));
  document.title = t("連携");
  const action = link ? [el("a", { class: "btn primary large", href: link.href }, link.text)] : [];
  document.body.replaceChildren(
    el(
      "main",
      { class: "blank", id: "main", role: "alert" },
      el("h1", {}, title),
      el("p", {}, text),
      ...action,
    ),
  );
  const a_second = new Promise((resolve) => setTimeout(resolve, 1_000));
  return Promise.race([Promise.allSettled(keeping), a_second]);
}

const here = () => location.pathname + location.search;

/** The session sleeps: nothing may be read until the person proves to be there. */
export async function locked() {
  const lock = `/lock?next=${encodeURIComponent(here())}`;
  await blank(t("画面をロックしました"), t("書きかけの文は、この端末に残っています。"), {
    href: lock,
    text: t("つづける"),
  });
  location.replace(lock);
}

/** The session is over: signed out elsewhere, ended by an admin, too old. */
export function ended() {
  // Whoever ended it may have lost the device: copies of pages go at once.
  import("./copies_store.js").then(({ destroy, marked }) => marked() && destroy());
  const back = `/sign-in?next=${encodeURIComponent(here())}`;
  blank(t("サインインが終わりました"), t("もう一度サインインすると、つづけられます。"), {
    href: back,
    text: t("サインインする"),
  });
}

/** The person is no longer a member of the open group. */
export function removed() {
  // The copy that this device may have of it goes too.
  const group = document.querySelector("main[data-copy-group]")?.dataset.copyGroup;
  if (group) import("./copies.js").then(({ forget_group }) => forget_group(group));
  blank(t("このグループの表示を終えました"), t("メンバーではなくなったため、ここの記録は読めません。"), {
    href: "/groups",
    text: t("グループの一覧へ"),
  });
}

/** What a 401 means; the API says `locked` in the code of its problem. */
export async function unauthorised(response) {
  const code = await response
    ?.clone()
    .json()
    .then(
      (problem) => problem.code,
      () => null,
    );
  code === "locked" ? locked() : ended();
}

/** Asks the server whether the session still lives; true when it does. */
export async function still_here() {
  try {
    const response = await fetch("/api/v1/me", {
      credentials: "same-origin",
      headers: { "X-Renkei-Background": "1" },
    });
    if (response.status === 401) await unauthorised(response);
    return response.status !== 401;
  } catch {
    return true;
  }
}

/** Signing out deletes the key and everything that it protected on this device. */
export function guard_sign_out() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (new URL(form.action).pathname !== "/sign-out") return;
    event.preventDefault();
    const unsent = await unsent_count();
    const question = t("送っていない文が{0}件あります。サインアウトすると、この端末から消えます。サインアウトしますか。", unsent);
    if (unsent > 0 && !confirm(question)) return;
    // Nothing travels any more, and what was read without a line is told as far as there is one.
    dispatchEvent(new CustomEvent("renkei:stop"));
    const { marked_read } = await import("./copies_store.js");
    if (marked_read()) await (await import("./copies.js")).tell_now();
    await wipe();
    form.submit();
  });
}
