#!/usr/bin/env python3
"""The front before the real product: no ordinary sentence is refused, and how many attacks are, by class.

    python3 tests/front/run.py [--renkei target/debug/renkei] [--json FILE] [--show]

Starts `renkei demo` and nginx with deploy/front before it, and sends through it: every sentence as JSON and as a form, files,
pages, a live stream, an export, a face sheet, odd passwords; then the attacks. Prints a table, and fails when a sentence is
refused, or fewer attacks of a class than the recorded floor. Needs nginx, ModSecurity and the Core Rule Set (Debian packages).
"""

import argparse
import collections
import json
import os
import re
import shutil
import socket
import ssl
import struct
import sys
import uuid
import zlib

from attacks import AT_ADDRESS, PROBES, SCANNERS, SMUGGLING, XXE, in_address
from front import BROWSER, Client, Place, wait_for
from sentences import sentences

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# Refused, in per cent of a class: (by the front alone, by front and product together). A run below them fails.
FLOORS = {
    "SQL injection: address": (100, 100),
    "cross-site scripting: address": (100, 100),
    "command injection: address": (100, 100),
    "traversal, inclusion: address": (100, 100),
    "request forgery (SSRF): address": (100, 100),
    "Java, Log4Shell: address": (100, 100),
    # What passes here is kept as text: bound as a parameter, escaped when it is shown.
    "SQL injection: free text": (95, 95),
    "cross-site scripting: free text": (95, 95),
    "command injection: free text": (95, 95),
    "traversal, inclusion: free text": (95, 95),
    "request forgery (SSRF): free text": (80, 80),
    "Java, Log4Shell: free text": (95, 95),
    "XML entities": (100, 100),
    "scanners": (90, 90),
    "scanners, on uploads": (90, 100),
    "probes": (95, 100),
    "protocol, smuggling": (90, 90),
}


class Tally:
    """Refused attacks by class."""

    def __init__(self, show):
        self.rows, self.show = {}, show

    def add(self, kind, name, by_front, refused):
        row = self.rows.setdefault(kind, [0, 0, 0])
        row[0] += 1
        row[1] += by_front
        row[2] += refused
        if self.show and not by_front:
            print(f"    passed the front ({'refused by the product' if refused else 'kept as text'}): {kind}: {name[:90]!r}")

    def table(self):
        lines = [f"{'attack':<34} {'sent':>5} {'front':>7} {'with product':>13} {'floor':>9}"]
        for kind, (sent, front, both) in self.rows.items():
            floor = FLOORS.get(kind, (0, 0))
            lines.append(f"{kind:<34} {sent:>5} {100 * front // sent:>6}% {100 * both // sent:>12}% {floor[0]:>4}/{floor[1]:<3}%")
        sent, front, both = (sum(row[i] for row in self.rows.values()) for i in range(3))
        lines.append(f"{'all':<34} {sent:>5} {100 * front // sent:>6}% {100 * both // sent:>12}%")
        return "\n".join(lines)

    def under_the_floor(self):
        for kind, (sent, front, both) in self.rows.items():
            floor = FLOORS.get(kind, (0, 0))
            if 100 * front < floor[0] * sent or 100 * both < floor[1] * sent:
                yield kind


def expect(answer, *statuses):
    if answer.status not in statuses:
        sys.exit(f"answered {answer.status} {'by the front' if answer.by_front else ''} instead of {statuses}: {answer.body[:300]!r}")
    return answer


def ordinary(me, group, show):
    """Every sentence as JSON, then as the form that corrects it. Returns what was refused."""
    refused, all_of_them = [], sentences()
    assert len(all_of_them) >= 600, len(all_of_them)
    for text in all_of_them:
        body = {"client_id": str(uuid.uuid4()), "body": text}
        posted = me.json("POST", f"/api/v1/groups/{group}/posts", body)
        if posted.status != 201:
            refused.append(("JSON", posted.status, text))
            body["body"] = "この文のかわり"
            posted = me.json("POST", f"/api/v1/groups/{group}/posts", body)
        path = f"/posts/{expect(posted, 201).json()['id']}/correction"
        corrected = me.form(path, {"client_id": str(uuid.uuid4()), "body": text + "（訂正）"})
        if corrected.status != 303:
            refused.append(("form", corrected.status, text))
    for how, status, text in refused if show else refused[:20]:
        print(f"    refused ({how}, {status}): {text[:100]!r}")
    return len(all_of_them), refused




def png():
    """A small picture."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(range(48)) for _ in range(16))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


PDF = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
       b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")


def office():
    """A small spreadsheet, as its writers make it."""
    import io
    import zipfile
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>')
        z.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def files(me, group):
    """Photo, document and spreadsheet, by the API and by the page; a large one streams."""
    texts = b"select * from x; <script>alert(1)</script> ../../etc/passwd\n" * 2_000
    for name, content in (("写真 (1).png", png()), ("計画書.pdf", PDF), ("一覧.xlsx", office()), ("記録; drop.txt", texts)):
        fields = [("class", None, b"other"), ("client_id", None, str(uuid.uuid4()).encode()), ("file", name, content)]
        uploaded = expect(me.multipart("/api/v1/files", fields), 201, 200).json()
        body = {"client_id": str(uuid.uuid4()), "body": f"{name} を送ります", "files": [uploaded["id"]]}
        expect(me.json("POST", f"/api/v1/groups/{group}/posts", body), 201)
    large = b"0123456789abcde\n" * (20 << 16)
    fields = [("class", None, b"other"), ("client_id", None, str(uuid.uuid4()).encode()), ("file", "大きい.txt", large)]
    expect(me.multipart("/api/v1/files", fields), 201)


def pages(me, admin, group):
    for path in ("/", "/groups", f"/groups/{group}", f"/groups/{group}/files", f"/groups/{group}/members", "/menu", "/patients",
                 "/api/v1/me", f"/api/v1/groups/{group}/posts?limit=50", "/api/v1/openapi.json", "/api/v1/facilities"):
        answer = expect(me.get(path), 200)
        if answer.headers.get_all("strict-transport-security", []) not in ([], ["max-age=63072000; includeSubDomains; preload"]):
            sys.exit(f"{path}: HSTS is set twice")
    export = expect(admin.get("/facility/access-log.csv"), 200)
    if "text/csv" not in export.headers["content-type"]:
        sys.exit("the export is not CSV")


def status(place, me):
    """The status page comes from a node while one answers, and from its newest copy when none does."""
    expect(me.get("/status"), 200)
    copy = os.path.join(place.folder, "data", "run", "status")
    wait_for(lambda: os.path.exists(os.path.join(copy, "index.html")), "the copy of the status page", 90)
    kept = os.path.join(place.folder, "front", "pages", "-", "status")
    shutil.rmtree(kept)
    shutil.copytree(copy, kept)
    place.end_demo()
    answer = expect(me.get("/status"), 503)
    if not answer.by_front or "サーバーが答えていません".encode() not in answer.body or "月ごとの稼働率".encode() not in answer.body:
        sys.exit(f"no copy of the status page: {answer.body[:300]!r}")


def face_sheet(admin, me):
    """A patient with odd words in every free field."""
    body = {"client_id": str(uuid.uuid4()), "fields": {"name": "試験 <太郎>", "kana": "シケン タロウ"}}
    patient = expect(admin.json("POST", "/api/v1/patients", body), 201).json()["id"]
    sheet = f"/api/v1/patients/{patient}/face-sheet"
    read = expect(admin.get(sheet), 200)
    fields = {"name": "試験 <太郎>", "kana": "シケン タロウ", "allergies": "ペニシリン -- 1990年; 'drop'疹 <全身>", "address": "C:棟 1-2-3 && 201"}
    fields = {**read.json()["fields"], **fields}
    saved = admin.json("PUT", sheet, {"client_id": str(uuid.uuid4()), "fields": fields, "reason": "転居 -> <新居>"}, {"If-Match": read.headers["etag"]})
    expect(saved, 200, 201)


def stream(port, me, group):
    """An event reaches a reader through the front at once, though the answer never ends."""
    response = Client(port, me.token).send("GET", "/api/v1/events", stream=True)
    if response.status != 200:
        sys.exit(f"the stream answered {response.status}")
    posted = expect(me.json("POST", f"/api/v1/groups/{group}/posts", {"client_id": str(uuid.uuid4()), "body": "流れる文"}), 201)
    wanted = posted.json()["id"].encode()
    while wanted not in response.readline():
        pass
    response.close()


def passwords(port):
    """Odd passwords and codes are the product's business: it says no, not the front."""
    odd = ["' OR '1'='1' --", "<script>alert(1)</script>", "../../etc/passwd", "$(id);`id`|cat /etc/passwd", "1; DROP TABLE users", "${jndi:ldap://x}", "日本語のパスワード😀", "a%00b%0d%0a"]
    nobody = Client(port)
    for i, word in enumerate(odd):
        answer = nobody.form("/sign-in", {"login_id": f"nobody-{i}", "password": word, "next": "/"})
        expect(answer, 401)
        answer = nobody.json("POST", "/api/v1/session", {"login_id": f"nobody-{i}", "password": word, "totp": "ABCD-EFGH-JKLM"})
        expect(answer, 401)
        expect(nobody.form("/sign-in/code", {"code": "000000", "recovery_code": word}), 401)


def attack(port, me, group, tally):
    nobody = Client(port)
    for kind, payloads in AT_ADDRESS.items():
        for payload in payloads:
            answer = me.get(in_address(payload))
            tally.add(f"{kind}: address", payload, answer.blocked, answer.blocked or answer.status >= 400)
    for kind, payloads in AT_ADDRESS.items():
        for payload in payloads:
            answer = me.json("POST", f"/api/v1/groups/{group}/posts", {"client_id": str(uuid.uuid4()), "body": payload})
            tally.add(f"{kind}: free text", payload, answer.blocked, answer.blocked or answer.status >= 400)
    for payload in XXE:
        answer = me.send("POST", f"/api/v1/groups/{group}/posts", payload.encode(), {"Content-Type": "application/xml"})
        tally.add("XML entities", payload, answer.blocked, answer.blocked or answer.status >= 400)
    for agent in SCANNERS:
        answer = nobody.get("/sign-in", {"User-Agent": agent})
        tally.add("scanners", agent, answer.blocked, answer.blocked or answer.status >= 400)
        # The same on the way of files, whose bodies the front does not look into.
        answer = nobody.send("POST", "/api/v1/files", b"x", {"User-Agent": agent, "Content-Type": "multipart/form-data; boundary=x"})
        tally.add("scanners, on uploads", agent, answer.blocked, answer.blocked or answer.status >= 400)
    for path in PROBES:
        answer = nobody.get(path)
        tally.add("probes", path, answer.blocked, answer.blocked or answer.status >= 400)
    for name, request in SMUGGLING.items():
        status, by_front = raw(port, request)
        tally.add("protocol, smuggling", name, by_front and status >= 400, status >= 400)


def raw(port, request):
    """Sends bytes as they are. A closed connection counts as 400."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 20) as plain, context.wrap_socket(plain, server_hostname="localhost") as s:
        s.sendall(request.format(host=f"localhost:{port}").encode("latin-1"))
        answer = b""
        try:
            while b"\r\n\r\n" not in answer and (more := s.recv(65536)):
                answer += more
        except (ConnectionResetError, TimeoutError):
            pass
    head = answer.split(b"\r\n\r\n")[0].lower()
    parts = head.split(b" ")
    status = int(parts[1]) if head.startswith(b"http/") else 400
    return status, b"x-request-id" not in head


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options.add_argument("--json")
    options.add_argument("--show", action="store_true", help="every attack that passes the front")
    options.add_argument("--rules", action="store_true", help="only which rules notice ordinary sentences; for changing the exclusions")
    options = options.parse_args()
    place = Place(os.path.abspath(options.renkei), logged=options.rules)
    try:
        demo = place.start()
        me, group, admin = people(place.port, demo)
        count, refused = ordinary(me, group, options.show)
        if options.rules:
            return rules(place.logs())
        files(me, group)
        pages(me, admin["client"], group)
        face_sheet(admin["client"], me)
        stream(place.port, me, group)
        passwords(place.port)
        tally = Tally(options.show)
        attack(place.port, me, group, tally)
        written = sentences() + [payload for payloads in AT_ADDRESS.values() for payload in payloads]
        log = place.logs()
        # Who already writes in percent stands in the line of the request itself; that is the scanner's own address.
        leaked = [text for text in written if len(text) > 12 and "%" not in text and text in log]
        status(place, me)
    finally:
        place.stop()
    print(f"\n{count} ordinary sentences, each as JSON and as a form: {len(refused)} refused")
    print("files, pages, export, face sheet, live stream, odd passwords: all through; the status page, too, when no node answers")
    for text in leaked:
        print("    logged:", text[:60], "|", next(line for line in log.splitlines() if text in line)[:400])
    print(f"texts found in the front's logs: {len(leaked)}\n")
    print(tally.table())
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({"sentences": count, "refused": len(refused), "attacks": tally.rows}, f, indent=1)
    low = list(tally.under_the_floor())
    if refused or leaked or low:
        sys.exit("\n" + "; ".join(filter(None, [refused and "ordinary sentences were refused", leaked and "text was logged", low and f"under the floor: {', '.join(low)}"])))


def rules(log):
    noticed = collections.Counter(re.findall(r'\[id "(\d+)"\].*?\[msg "([^"]*)"', log))
    for (rule, message), count in sorted(noticed.items()):
        print(f"{rule} {count:>5} {message}")


def people(port, demo):
    """Somebody who may post in a group, and a facility's admin."""
    by_login = {a["login_id"]: a for a in demo["accounts"]}
    group = next(g for g in demo["groups"] if g["members"])
    me = Client(port, by_login[group["members"][0]]["token"])
    admin = next(a for a in demo["accounts"] if "facility_admin" in a["roles"])
    admin["client"] = Client(port, admin["token"])
    return me, group["id"], admin


if __name__ == "__main__":
    main()
