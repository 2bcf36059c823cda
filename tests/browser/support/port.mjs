// A free port of this machine.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below those that systems give to outgoing connections: one of them could take it before it is listened on. */
const [FIRST, LAST] = [20_000, 32_000];

export async function free_port() {
  const port = randomInt(FIRST, LAST);
  const server = createServer();
  const free = await new Promise((resolve) => server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)));
  await new Promise((resolve) => server.close(resolve));
  return free ? port : free_port();
}
