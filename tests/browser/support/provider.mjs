// A professional identity provider: oidc-provider (certified for OpenID Connect), with a sign-in page of its own. It stands on
// 127.0.0.1 while the product is localhost: another site, so that cookies must survive the way there and back as they do outside.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { free_port } from "./port.mjs";

export const LABEL = "試験医師会";
const { privateKey: signing_key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const TWO_FACTORS = "urn:example:two-factors";

export class Provider {
  /** Writes the product's side of it. The provider itself is started by whoever needs it. */
  static async prepare(product) {
    const provider = new Provider();
    Object.assign(provider, { product, port: await free_port(), secret: randomBytes(24).toString("hex") });
    provider.issuer = `http://127.0.0.1:${provider.port}`;
    const secret = join(product.folder, "client-secret");
    await writeFile(secret, provider.secret, { mode: 0o600 });
    provider.settings = join(product.folder, "single-sign-on.toml");
    const lines = [
      "[[single_sign_on.provider]]",
      'id = "association"',
      `label = "${LABEL}"`,
      `issuer = "${provider.issuer}"`,
      'client_id = "renkei"',
      `client_secret_file = "${secret}"`,
      "private = true",
      `two_factors_acr = ["${TWO_FACTORS}"]`,
    ];
    await writeFile(provider.settings, lines.join("\n"));
    return provider;
  }

  async start() {
    // Loaded here: the other journeys do without it.
    const { Provider: Oidc } = await import("oidc-provider");
    const oidc = new Oidc(this.issuer, this.configuration());
    this.server = createServer((request, response) => this.answer(oidc, request, response));
    await new Promise((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
  }

  /** As a power cut would; nothing when it is not up. */
  async stop() {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve()));
  }

  configuration() {
    const redirect_uri = `http://localhost:${this.product.port}/sign-in/with/association/callback`;
    return {
      clients: [{ client_id: "renkei", client_secret: this.secret, redirect_uris: [redirect_uri], response_types: ["code"] }],
      jwks: { keys: [{ ...signing_key.export({ format: "jwk" }), kid: "first", use: "sig", alg: "RS256" }] },
      cookies: { keys: [randomBytes(24).toString("hex")] },
      acrValues: [TWO_FACTORS],
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
      // The association's members have agreed once and for all.
      loadExistingGrant: async (ctx) => {
        const { client, session, provider } = ctx.oidc;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid");
        await grant.save();
        return grant;
      },
    };
  }

  async answer(oidc, request, response) {
    if (!request.url.startsWith("/interaction/")) return oidc.callback()(request, response);
    if (request.method === "GET") return sign_in_page(request, response);
    const form = new URLSearchParams(await text(request));
    const login = { accountId: form.get("member"), remember: false };
    if (form.get("two")) login.acr = TWO_FACTORS;
    return oidc.interactionFinished(request, response, form.get("no") ? refusal : { login });
  }
}

const refusal = { error: "access_denied", error_description: "the member said no" };

function sign_in_page(request, response) {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`<!doctype html><html lang="ja"><link rel="icon" href="data:,"><title>${LABEL}</title><h1>${LABEL}</h1>
    <form method="post" action="${request.url}"><label>会員番号 <input name="member" required></label>
    <button>パスワードだけで</button><button name="two" value="1">ICカードと暗証番号で</button>
    <button name="no" value="1" formnovalidate>やめる</button></form>`);
}

async function text(request) {
  let body = "";
  for await (const part of request) body += part;
  return body;
}
