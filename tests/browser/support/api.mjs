// Set-up calls through the JSON API: what a journey takes for granted is made here, not clicked together.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export class Api {
  constructor(product) {
    this.product = product;
    this.ids = new Map();
  }

  /** Calls as a person of the sample region; the answer must have the expected status. */
  async call(login, method, path, body, expected = [200, 201, 204], headers = {}) {
    const response = await fetch(`${this.product.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.product.account(login).token}`,
        ...(body && { "Content-Type": "application/json" }),
        ...headers,
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    assert.ok([expected].flat().includes(response.status), `${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  }

  get = (login, path, expected) => this.call(login, "GET", path, undefined, expected);
  create = (login, path, body) => this.call(login, "POST", path, { client_id: randomUUID(), ...body });

  /** A file that a post can carry. */
  async upload(login, name, type, bytes) {
    const form = new FormData();
    form.set("client_id", randomUUID());
    form.set("class", type.startsWith("image/") ? "picture" : "other");
    form.set("file", new File([bytes], name, { type }));
    const response = await fetch(`${this.product.url}/api/v1/files`, {
      method: "POST",
      headers: { Authorization: `Bearer ${this.product.account(login).token}` },
      body: form,
      signal: AbortSignal.timeout(20_000),
    });
    assert.equal(response.status, 201, `${name}: ${response.status}`);
    return (await response.json()).id;
  }

  async id(login) {
    if (!this.ids.has(login)) this.ids.set(login, (await this.get(login, "/me")).id);
    return this.ids.get(login);
  }

  /** A fresh patient with a group: `admin` registers, `host` hosts, `members` have joined. */
  async team(admin, host, members, fields = {}) {
    const name = { name: "青葉 ためし", kana: "あおば ためし", ...fields };
    const patient = await this.create(admin, "/patients", { fields: name });
    const asked = { kind: "patient", patient_id: patient.id, host: await this.id(host) };
    const group = await this.create(admin, "/groups", asked);
    for (const member of members) await this.join(group.id, host, member);
    return { group: group.id, patient: patient.id };
  }

  async join(group, host, member) {
    const { facility_id } = this.product.account(member);
    const asked = { account_id: await this.id(member), facility_id, role: "member" };
    const invited = await this.create(host, `/groups/${group}/invitations`, asked);
    await this.create(member, `/invitations/${invited.id}/acceptance`, { decision: "accept" });
  }

  post = (login, group, body, more = {}) => this.create(login, `/groups/${group}/posts`, { body, ...more });

  /** The posts of a group, newest first. */
  posts = async (login, group) => (await this.get(login, `/groups/${group}/posts`)).items;
}
