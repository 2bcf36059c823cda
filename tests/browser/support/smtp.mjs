// A mail server that keeps what it gets (RFC 5321, as far as the product speaks it).
import { createServer } from "node:net";
import { until } from "./wait.mjs";

export class Smtp {
  static async start() {
    const smtp = new Smtp();
    [smtp.letters, smtp.all] = [[], []];
    smtp.server = createServer((socket) => smtp.talk(socket));
    await new Promise((resolve) => smtp.server.listen(0, "127.0.0.1", resolve));
    smtp.port = smtp.server.address().port;
    return smtp;
  }

  /** The first letter to an address, taken off the pile, in which `words` stand; waits for it. */
  async next_letter(to, words = "") {
    const fits = (letter) => letter.to === to && letter.text.includes(words);
    await until(`a letter to ${to}`, () => this.letters.some(fits), 30_000);
    return this.letters.splice(this.letters.findIndex(fits), 1)[0];
  }

  /** The link in the `n`th letter to somebody since the beginning, from 1, as a path. */
  async link(to, n) {
    const of = () => this.all.filter((letter) => letter.to === to)[n - 1];
    const letter = await until(`letter ${n} to ${to} is here`, of, 30_000);
    return new URL(letter.text.match(/^http\S+/m)[0]).pathname;
  }

  stop = () => new Promise((resolve) => this.server.close(resolve));

  talk(socket) {
    let [pending, to, data] = ["", null, null];
    const say = (line) => socket.write(`${line}\r\n`);
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const lines = (pending + chunk).split("\r\n");
      pending = lines.pop();
      for (const line of lines) {
        if (data && line === ".") {
          const letter = { to, text: body(data) };
          this.letters.push(letter);
          this.all.push(letter);
          data = null;
          say("250 taken");
        } else if (data) data.push(line.replace(/^\./, ""));
        else if (/^EHLO/i.test(line)) say("250-sink\r\n250 8BITMIME");
        else if (/^RCPT/i.test(line)) (to = line.match(/<(.*)>/)[1]), say("250 ok");
        else if (/^DATA/i.test(line)) (data = []), say("354 go on");
        else if (/^QUIT/i.test(line)) say("221 bye"), socket.end();
        else say("250 ok");
      }
    });
    say("220 sink");
  }
}

/** The text as a person reads it. */
function body(lines) {
  const end = lines.indexOf("");
  const head = lines.slice(0, end).join("\r\n");
  const text = lines.slice(end + 1).join("\r\n");
  const coding = head.match(/^Content-Transfer-Encoding: (.*)$/im)?.[1].trim();
  if (coding === "base64") return Buffer.from(text, "base64").toString("utf8");
  if (coding !== "quoted-printable") return Buffer.from(text, "latin1").toString("utf8");
  const bytes = text.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
