// Passkeys (WebAuthn): a form with data-passkey asks for a challenge, lets the browser answer it, and is sent with the answer.
// Without this script the form says what to do instead.
import { t } from "./dom.js";

const TO_ADD = "/api/v1/me/passkeys/challenge";
const FOR = "/api/v1/session/passkey/challenge";

/** Shows the buttons where the browser can do it. */
export function offer_passkeys(forms) {
  if (!globalThis.PublicKeyCredential) return;
  for (const form of forms) {
    form.querySelector("button").hidden = false;
    form.querySelector("[data-otherwise]")?.setAttribute("hidden", "");
    form.addEventListener("submit", (event) => {
      if (form.elements.passkey.value) return;
      event.preventDefault();
      answer(form);
    });
  }
}

async function answer(form) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  say(form, "");
  try {
    const { publicKey } = await challenge(form.dataset.passkey);
    const credential = publicKey.user
      ? await navigator.credentials.create({ publicKey: to_create(publicKey) })
      : await navigator.credentials.get({ publicKey: to_get(publicKey) });
    form.elements.passkey.value = JSON.stringify(as_json(credential));
    form.submit();
  } catch (refused) {
    say(form, words(refused));
    button.removeAttribute("aria-busy");
  }
}

/** The server did not give a challenge; `status` says why, 0 is no connection. */
class NoChallenge extends Error {
  constructor(status) {
    super(`answered ${status}`);
    this.status = status;
  }
}

async function challenge(purpose) {
  const asked = { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ for: purpose }) };
  const [address, more] = purpose === "add" ? [TO_ADD, {}] : [FOR, asked];
  const response = await fetch(address, { method: "POST", credentials: "same-origin", ...more }).catch(() => {
    throw new NoChallenge(0);
  });
  if (!response.ok) throw new NoChallenge(response.status);
  return response.json();
}

/** What happened, in the person's words. A browser tells little, so that no page can find out more. */
function words(refused) {
  if (refused instanceof NoChallenge) {
    return refused.status === 0
      ? t("つながりません。少したってから、もう一度押してください。")
      : t("時間がたちました。画面を読み込み直して、もう一度お試しください。");
  }
  if (refused.name === "InvalidStateError") return t("この端末のパスキーは、もう登録されています。");
  if (refused.name === "NotAllowedError" || refused.name === "AbortError") {
    return t("パスキーを確かめられませんでした。もう一度押すか、別の方法をお使いください。");
  }
  if (refused.name === "SecurityError") return t("このアドレスではパスキーを使えません。");
  return t("この端末ではパスキーを使えません。別の方法をお使いください。");
}

function say(form, text) {
  const line = form.querySelector(".error");
  line.querySelector("span").textContent = text;
  line.hidden = text === "";
}

const to_get = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  allowCredentials: options.allowCredentials.map(with_bytes),
});

const to_create = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  user: with_bytes(options.user),
  excludeCredentials: options.excludeCredentials.map(with_bytes),
});

const with_bytes = (named) => ({ ...named, id: bytes(named.id) });

/** As PublicKeyCredential.toJSON() writes it, which older browsers do not have. */
function as_json({ id, response }) {
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    parts.attestationObject = text(response.attestationObject);
    parts.transports = response.getTransports?.() ?? [];
  } else {
    parts.authenticatorData = text(response.authenticatorData);
    parts.signature = text(response.signature);
    parts.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return { id, type: "public-key", response: parts };
}

/** Base64url without padding. */
function bytes(encoded) {
  const plain = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
