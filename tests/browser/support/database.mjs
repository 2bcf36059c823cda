// The demo's own database, for what a journey takes for granted and no page can make.
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs statements as the superuser of the demo's cluster. What the last one gives, as text. */
export async function sql(product, statements) {
  const [, , , port, socket] = (await readFile(join(product.folder, "data/cluster/postmaster.pid"), "utf8")).split("\n");
  const args = ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h", socket, "-p", port, "-U", "postgres", "-d", "renkei", "-c", statements];
  return (await run(await psql(), args)).stdout.trim();
}

async function psql() {
  const versions = await readdir("/usr/lib/postgresql").catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest ? `/usr/lib/postgresql/${newest}/bin/psql` : "psql";
}
