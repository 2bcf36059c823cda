// Buttons that only work with script: copy a text, print the page. They stand hidden in the markup.
import { t } from "./dom.js";

const acts = {
  // A page of a patient's record: the access log knows of it first.
  print: () =>
    document.documentElement.dataset.view ? import("./views.js").then(({ print_noted }) => print_noted()) : window.print(),
  copy: async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const word = document.createTextNode(t("写しました"));
    button.replaceChildren(word);
    const live = document.getElementById("live");
    if (live) live.textContent = t("写しました");
  },
};

for (const button of document.querySelectorAll("button[data-act]")) {
  const act = acts[button.dataset.act];
  if (!act || (button.dataset.act === "copy" && !navigator.clipboard)) continue;
  button.hidden = false;
  button.addEventListener("click", () => act(button));
}
