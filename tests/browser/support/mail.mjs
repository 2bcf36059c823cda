// A mail server that keeps what it gets: RFC 5321 as far as one client on this machine needs it.
import { createServer } from "node:net";
import { until } from "./wait.mjs";

export class Mail {
  static async start() {
    const mail = new Mail();
    mail.letters = [];
    mail.server = createServer((socket) => mail.talk(socket));
    await new Promise((resolve) => mail.server.listen(0, "127.0.0.1", resolve));
    mail.port = mail.server.address().port;
    return mail;
  }

  stop() {
    this.server.close();
  }

  talk(socket) {
    const answer = (line) => socket.write(`${line}\r\n`);
    let [rest, to, data] = ["", "", null];
    answer("220 test");
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      rest += bytes.toString("utf8");
      for (let end; (end = rest.indexOf("\r\n")) >= 0; ) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data) {
          if (line !== ".") data.push(line.replace(/^\./, ""));
          else {
            this.letters.push({ to, text: read(data) });
            data = null;
            answer("250 taken");
          }
          continue;
        }
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === "RCPT") to = line.match(/<(.*)>/)[1];
        if (verb === "DATA") data = [];
        answer({ EHLO: "250 8BITMIME", DATA: "354 go on", QUIT: "221 bye" }[verb] ?? "250 ok");
        if (verb === "QUIT") socket.end();
      }
    });
  }

  /** The link in the `n`th letter to somebody, from 1, as a path. */
  async link(to, n) {
    const of = () => this.letters.filter((letter) => letter.to === to)[n - 1];
    const letter = await until(`letter ${n} to ${to} is here`, of, 30_000);
    return new URL(letter.text.match(/^http\S+/m)[0]).pathname;
  }
}

/** The text of a message in one part (RFC 2045). */
function read(lines) {
  const empty = lines.indexOf("");
  const encoding = lines.slice(0, empty).find((line) => /^content-transfer-encoding:/i.test(line)) ?? "";
  const body = lines.slice(empty + 1);
  if (/base64/i.test(encoding)) return Buffer.from(body.join(""), "base64").toString("utf8");
  if (!/quoted-printable/i.test(encoding)) return body.join("\n");
  const plain = body.join("\n").replace(/=\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(plain, "latin1").toString("utf8");
}
