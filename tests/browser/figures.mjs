// How the pages feel on a slow phone: the figures of Lighthouse's mobile run, measured in Chromium by its own observers.
//
//   cd tests/browser; RENKEI=../../target/release/renkei node figures.mjs [TIMES]
//
// Slow 4G (150 ms, 1.6 Mbit/s down, 750 kbit/s up), a processor of a quarter of the speed, 360 × 800, nothing in the cache; medians. The weight is
// without the pictures of posts.
// It prints a table and fails nothing: timings are reported, not tested.
import { Api } from "./support/api.mjs";
import { People, PHONE } from "./support/people.mjs";
import { Product } from "./support/product.mjs";
import { scales } from "./support/scales.mjs";

const TIMES = Number(process.argv[2] ?? 5);
const LINE = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const SLOWER = 4;
/** What Lighthouse calls good: milliseconds, and the shift as it is. */
const GOOD = { first: 1_800, largest: 2_500, blocked: 200, shift: 0.1 };

/** Runs in the page, before anything of it. */
function observe() {
  const seen = (globalThis.seen = { first: 0, largest: 0, blocked: 0, shift: 0 });
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch("paint", (e) => { if (e.name === "first-contentful-paint") seen.first = e.startTime; });
  watch("largest-contentful-paint", (e) => (seen.largest = e.startTime));
  // Blocked is what a task takes beyond 50 ms.
  watch("longtask", (e) => (seen.blocked += e.duration - 50));
  watch("layout-shift", (e) => { if (!e.hadRecentInput) seen.shift += e.value; });
}

async function once(context, path) {
  const page = await context.newPage();
  await page.setViewportSize(PHONE);
  await page.addInitScript(observe);
  const tools = await context.newCDPSession(page);
  await tools.send("Network.enable");
  const weigh = await scales(context, page);
  await tools.send("Network.emulateNetworkConditions", LINE);
  await tools.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await page.goto(path, { waitUntil: "load" });
  // The page is at rest when nothing has blocked it for a while.
  await page.waitForTimeout(2_000);
  const seen = { ...(await page.evaluate(() => globalThis.seen)), kB: weigh().all / 1_000 };
  await page.close();
  return seen;
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = (name, value) => (name === "shift" ? value.toFixed(3) : name === "kB" ? value.toFixed(1) : Math.round(value));

const product = await Product.start();
const people = new People(product);
try {
  await people.begin();
  const api = new Api(product);
  const nobody = await people.profile({ viewport: PHONE });
  const nurse = await people.arrive("kanzaki", { viewport: PHONE });
  const [group] = (await api.get("kanzaki", "/groups?kind=patient")).items;
  const pages = [
    ["sign-in", nobody, "/sign-in"],
    ["home", nurse, "/"],
    ["timeline", nurse, `/groups/${group.id}`],
    ["face sheet", nurse, `/patients/${group.patient_id}/face-sheet`],
    ["visits", nurse, `/groups/${group.id}/visits`],
    ["search", nurse, "/search"],
  ];
  console.log(`medians of ${TIMES}; good is at most ${GOOD.first} / ${GOOD.largest} / ${GOOD.blocked} ms and ${GOOD.shift}\n`);
  console.log("| page | first paint ms | largest paint ms | blocked ms | shift | kB |\n|---|---|---|---|---|---|");
  for (const [name, context, path] of pages) {
    const runs = [];
    for (let n = 0; n < TIMES; n++) runs.push(await once(context, path));
    const cell = (figure) => {
      const value = median(runs.map((run) => run[figure]));
      return `${rounded(figure, value)}${value > (GOOD[figure] ?? Infinity) ? " (!)" : ""}`;
    };
    console.log(`| ${name} | ${["first", "largest", "blocked", "shift", "kB"].map(cell).join(" | ")} |`);
  }
} finally {
  await people.end();
  await product.stop();
}
