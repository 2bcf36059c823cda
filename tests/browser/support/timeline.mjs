// What a hand does on a timeline.
import { until } from "./wait.mjs";

export const box = (page) => page.getByRole("textbox", { name: "チームに書く" });
export const post = (page, text) => page.locator("article.post", { hasText: text });
export const is_focused = (node) => node.evaluate((element) => element === document.activeElement);

export async function write(page, text) {
  await box(page).fill(text);
  await page.getByRole("button", { name: "送る", exact: true }).click();
}

/** Chooses from the menu of a post. A post that is drawn anew under the finger may swallow the touch: it touches again. */
export async function menu(page, of, word) {
  const link = of.getByRole("link", { name: word, exact: true });
  await until("the menu is open", async () => {
    if (await link.isVisible()) return true;
    await of.locator("details.menu > summary").first().click();
    return false;
  });
  await link.click();
}

/** Until the stream of live events stands: from then on everything comes at once. */
export const live = (page) => until("the stream stands", () => page.streaming);
