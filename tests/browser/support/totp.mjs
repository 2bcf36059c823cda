// App authentication as an app on a phone does it: RFC 6238, SHA-1, six digits, 30 seconds.
import { createHmac } from "node:crypto";
import { until } from "./wait.mjs";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const last_steps = new Map();
const step_now = () => Math.floor(Date.now() / 30_000);

/** A code that the server has not seen. It takes one step to either side, each step once and in their order. */
export async function fresh_code(secret) {
  // The step before is taken for as long as it surely still is when the code has been typed and sent.
  const first = Date.now() % 30_000 < 15_000 ? step_now() - 1 : step_now();
  const step = Math.max(first, (last_steps.get(secret) ?? 0) + 1);
  await until("the next code may be used", () => step <= step_now() + 1, 61_000);
  last_steps.set(secret, step);
  return code(secret, step);
}

/** Six digits that are no code of now. */
export function wrong_code(secret) {
  const near = [-2, -1, 0, 1, 2, 3].map((away) => code(secret, step_now() + away));
  return ["135790", "246801", "975310", "864202", "112233", "445566", "778899"].find((c) => !near.includes(c));
}

function code(secret, step) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", key).update(counter).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
