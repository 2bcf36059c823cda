// All journeys share one product and run one after the other; each makes the groups that it changes.
// ONLY=pages,team runs the named ones alone; PART=1 or 2 every second one; SHOTS=DIR keeps a picture of every page.
import "./support/world.mjs";

const ALL = [
  "sign_in",
  "single_sign_on",
  "team",
  "timeline",
  "sheet",
  "drafts",
  "no_script",
  "bad_days",
  "copies",
  "kept",
  "slow",
  "joining",
  "passkeys",
  "leaver",
  "recovery",
  "devices",
  "notify",
  "sharing",
  "saying",
  "everyday",
  "vitals",
  "search",
  "duty",
  "proxy_entry",
  "quarantine",
  "spaces",
  "family",
  "tokens",
  "webhooks",
  "access_log",
  "print",
  "pages",
  "work",
  "disclosure",
  "application",
  "english",
];
const wanted = process.env.ONLY?.split(",") ?? ALL;
const part = Number(process.env.PART ?? 0);
const unknown = wanted.filter((one) => !ALL.includes(one));
// What is mistyped must not look like a run without faults.
if (unknown.length > 0 || ![0, 1, 2].includes(part)) throw new Error(`ONLY has no ${unknown}, or PART is not 1 or 2: ${part}`);
const mine = (_, n) => part === 0 || n % 2 === part - 1;
for (const name of ALL.filter((one) => wanted.includes(one)).filter(mine)) await import(`./journeys/${name}.mjs`);
