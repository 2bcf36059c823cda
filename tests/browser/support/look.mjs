// Looks at a page as everybody's eyes do: accessible, no wider than the screen, at both sizes and in both schemes.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { PC, PHONE } from "./people.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NARROWEST = { width: 320, height: 640 };
/** Where screenshots of every page are put, if they are wanted. */
const shots = process.env.SHOTS;

/** Everything in light; in dark only what the colours change. */
async function violations(page, scheme) {
  await page.evaluate(`globalThis.axe ? 0 : (() => { ${axe} })()`);
  const { violations } = await page.evaluate((dark) => {
    const rules = { "target-size": { enabled: true } };
    const how = dark ? { runOnly: ["color-contrast", "link-in-text-block"] } : { rules };
    return axe.run(document, { resultTypes: ["violations"], ...how });
  }, scheme === "dark");
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}

const too_wide = (page) =>
  page.evaluate(() => {
    const wide = document.scrollingElement.scrollWidth - innerWidth;
    return wide > 0 ? [`${wide} px wider than ${innerWidth}`] : [];
  });

/** Words that got no room: a name of which every letter has a line of its own. */
const crushed = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("main :is(b, p, span, small, a, dd, td, h2)")]
      .filter((e) => e.checkVisibility() && !e.closest(".visually-hidden, svg, rt") && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim().length > 3))
      .filter((e) => {
        const range = document.createRange();
        range.selectNodeContents(e);
        const { width, height } = range.getBoundingClientRect();
        const em = parseFloat(getComputedStyle(e).fontSize);
        return width > 1 && width < 2.5 * em && height > 5 * em;
      })
      .map((e) => `no room for ${e.localName}.${e.className} in ${e.parentElement.className}`),
  );

/** The page that stands there now, at both sizes and in both schemes. */
export async function look_at(page, path, found, who) {
  for (const viewport of [PHONE, PC]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const name = `${path} ${viewport.width} ${colorScheme}`;
      for (const text of [...(await violations(page, colorScheme)), ...(await too_wide(page)), ...(await crushed(page))]) found.push(`${name}: ${text}`);
      if (shots) await shoot(page, who, path, viewport, colorScheme);
    }
  }
  await page.setViewportSize(NARROWEST);
  for (const text of await too_wide(page)) found.push(`${path}: ${text}`);
}

async function shoot(page, who, path, { width }, scheme) {
  await mkdir(shots, { recursive: true });
  const name = path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID").replace(/[^\w.-]+/g, "_");
  await page.screenshot({ path: `${shots}/${who}${name}_${width}_${scheme}.png` });
}
