// A phone's push service that opens what it gets, as a browser does (RFC 8291 and RFC 8188): a second opinion in another language.
import { createDecipheriv, createECDH, hkdfSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { until } from "./wait.mjs";

export class PushService {
  static async start() {
    const service = new PushService();
    service.ecdh = createECDH("prime256v1");
    service.ecdh.generateKeys();
    [service.auth, service.pushes] = [randomBytes(16), []];
    service.server = createServer((request, response) => service.take(request, response));
    await new Promise((resolve) => service.server.listen(0, "127.0.0.1", resolve));
    service.endpoint = `http://127.0.0.1:${service.server.address().port}/push/${randomBytes(16).toString("hex")}`;
    return service;
  }

  stop = () => new Promise((resolve) => this.server.close(resolve));

  /** What `PushSubscription.toJSON()` says. */
  get subscription() {
    const keys = { p256dh: this.ecdh.getPublicKey("base64url"), auth: this.auth.toString("base64url") };
    return { endpoint: this.endpoint, expirationTime: null, keys };
  }

  async take(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    this.pushes.push({ headers: request.headers, raw: body, text: this.open(body) });
    response.writeHead(201).end();
  }

  open(body) {
    const [salt, sender] = [body.subarray(0, 16), body.subarray(21, 21 + body[20])];
    const shared = this.ecdh.computeSecret(sender);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.ecdh.getPublicKey(), sender]);
    const secret = hkdfSync("sha256", shared, this.auth, info, 32);
    const derive = (name, length) => Buffer.from(hkdfSync("sha256", secret, salt, `Content-Encoding: ${name}\0`, length));
    const cipher = createDecipheriv("aes-128-gcm", derive("aes128gcm", 16), derive("nonce", 12));
    cipher.setAuthTag(body.subarray(-16));
    const padded = Buffer.concat([cipher.update(body.subarray(21 + body[20], -16)), cipher.final()]);
    return padded.subarray(0, padded.lastIndexOf(2)).toString("utf8");
  }

  /** The `n`th push since the beginning, from 1. */
  nth = (n) => until(`push ${n} is here`, () => this.pushes[n - 1], 30_000);
}
