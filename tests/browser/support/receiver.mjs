// A facility's program that is told of things: HTTPS, and it checks the signature as the standard has it, in another language than ours.
import { execFile } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "./wait.mjs";

const ONE_DAY = ["-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"];

export class Receiver {
  /** With a certificate of its own; `settings` is the file by which a demo knows it. */
  static async start() {
    const receiver = new Receiver();
    [receiver.calls, receiver.status, receiver.silent] = [[], 204, false];
    receiver.folder = await mkdtemp(join(tmpdir(), "renkei-receiver-"));
    const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(receiver.folder, name));
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...ONE_DAY];
    await promisify(execFile)("openssl", [...made, "-keyout", key, "-out", cert]);
    const tls = { key: await readFile(key), cert: await readFile(cert) };
    receiver.server = createServer(tls, (request, response) => receiver.take(request, response));
    await new Promise((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    const { port } = receiver.server.address();
    receiver.url = `https://localhost:${port}/renkei`;
    receiver.settings = join(receiver.folder, "webhooks.toml");
    const lines = ["[webhooks]", `private_hosts = "localhost:${port}"`, `ca_file = "${cert}"`];
    await writeFile(receiver.settings, lines.join("\n"));
    return receiver;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  async take(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    this.calls.push({ headers: request.headers, body: Buffer.concat(parts).toString("utf8") });
    // Silent: it has the call and never says so.
    if (!this.silent) response.writeHead(this.status).end();
  }

  /** The `n`th call since the beginning, from 1. */
  nth = (n) => until(`call ${n} is here`, () => this.calls[n - 1], 90_000);
}

/** Whether one of a call's signatures is of this secret (Standard Webhooks 1.0). */
export function is_signed({ headers, body }, secret) {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const wanted = createHmac("sha256", key).update(content).digest();
  const equal = (given) => given.length === wanted.length && timingSafeEqual(given, wanted);
  const given = headers["webhook-signature"].split(" ").filter((one) => one.startsWith("v1,"));
  return given.some((one) => equal(Buffer.from(one.slice(3), "base64")));
}
