// The running product: `renkei demo` in a folder of its own, on a port of its own.
import { spawn } from "node:child_process";
import { chmod, mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { free_port } from "./port.mjs";
import { Provider } from "./provider.mjs";
import { until } from "./wait.mjs";

const STARTS_WITHIN = 300_000;

export class Product {
  /**
   * Plants the sample region and answers when the server does. Letters go to a mail server on this machine at `mail_port`; with
   * `devices` it serves HTTPS, with the ports for devices with certificates and for enrolling them; with `push` it takes push services on
   * this machine; `webhooks` is a file that lists receivers.
   */
  static async start({ mail_port, devices = false, push = false, webhooks } = {}) {
    const product = new Product();
    product.mail = mail_port ? ["--mail-port", String(mail_port)] : [];
    if (push) product.mail.push("--push-here");
    if (webhooks) product.mail.push("--webhooks", webhooks);
    product.folder = await mkdtemp(join(tmpdir(), "renkei-browser-"));
    // The database runs as another user when the tests run as root: it has to get through.
    await chmod(product.folder, 0o755);
    product.port = await free_port();
    product.provider = await Provider.prepare(product);
    if (devices) product.doors = { app: await free_port(), enrol: await free_port() };
    await product.begin();
    return product;
  }

  /** Starts the server on what is in the folder. */
  async begin() {
    const json = join(this.folder, "demo.json");
    await rm(json, { force: true });
    const log = await open(join(this.folder, "log"), "a");
    const listen = `127.0.0.1:${this.port}`;
    const asked = ["demo", "--data", join(this.folder, "data"), "--listen", listen, "--json", json, ...this.mail];
    asked.push("--single-sign-on", this.provider.settings);
    if (this.doors) {
      const { app, enrol } = this.doors;
      asked.push("--tls", "--devices", `127.0.0.1:${app}`, "--devices", `127.0.0.1:${enrol}`);
    }
    this.process = spawn(process.env.RENKEI ?? "../../target/debug/renkei", asked, {
      stdio: ["ignore", log.fd, log.fd],
    });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    await log.close();
    this.described = await until("the demo is ready", () => this.description(json), STARTS_WITHIN);
    this.url = this.described.base_url;
  }

  async description(json) {
    if (this.process.exitCode !== null) throw new Error(`the demo ended:\n${await this.last_words()}`);
    return readFile(json, "utf8").then(JSON.parse, () => null);
  }

  async last_words() {
    const log = await readFile(join(this.folder, "log"), "utf8");
    return log.split("\n").slice(-20).join("\n");
  }

  /** As a power cut would end the server; its database is left behind. */
  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill("SIGTERM");
    await this.ended;
    await this.stop_database();
    await this.provider.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Only there when the server was killed and not started again. */
  async stop_database() {
    const file = join(this.folder, "data/cluster/postmaster.pid");
    const pid = await readFile(file, "utf8").then((text) => Number(text.split("\n")[0]), () => 0);
    if (!pid) return;
    process.kill(pid, "SIGINT");
    await until("the database is down", () => readFile(file).then(() => false, () => true));
  }

  account(login_id) {
    return this.described.accounts.find((account) => account.login_id === login_id);
  }

  /** The open group of a patient of the sample region, by a part of the name. */
  group(part) {
    return this.described.groups.find((group) => group.title.includes(part));
  }
}
