#!/usr/bin/env python3
"""Nothing leaves for a host that the configuration does not declare; and without any network the product starts and serves.

    python3 tests/egress.py [--renkei target/debug/renkei]

In network namespaces of its own (root only): the product's one way out leads to a sink that answers nothing and writes down
every packet. The main pages are walked through and a file is uploaded; then the sink's record is held against
`renkei egress`. Three runs:

  no network      a namespace with a loopback and nothing else: starts, serves, takes a post
  as it is        the demo's settings, which declare nobody: not one packet
  one too many    a scanner by name that the declared list does not hold: the check must find it, and must not when the list does

Python's standard library only.
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import uuid

HERE = f"rk-egress-{os.getpid()}"
SINK = f"{HERE}-sink"
NEAR, FAR = "198.18.7.1", "198.18.7.2"
PORT = 18_080
UNDECLARED = "scanner.undeclared.example"


def run(*command, check=True, **more):
    return subprocess.run(command, check=check, **more)


class Namespaces:
    """The product's, and the sink's at the other end of its only cable."""

    def __enter__(self):
        run("ip", "netns", "add", HERE)
        run("ip", "netns", "add", SINK)
        run("ip", "-n", HERE, "link", "set", "lo", "up")
        return self

    def connect(self):
        # No IPv6 chatter of the kernel's own.
        for name in (HERE, SINK):
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        run("ip", "-n", HERE, "link", "add", "out", "type", "veth", "peer", "name", "in", "netns", SINK)
        for name, device, address in ((HERE, "out", NEAR), (SINK, "in", FAR)):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "-n", HERE, "route", "add", "default", "via", FAR)
        os.makedirs(f"/etc/netns/{HERE}", exist_ok=True)
        with open(f"/etc/netns/{HERE}/resolv.conf", "w", encoding="ascii") as f:
            f.write(f"nameserver {FAR}\noptions timeout:1 attempts:1\n")

    def __exit__(self, *_):
        for name in (HERE, SINK):
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(f"/etc/netns/{HERE}", ignore_errors=True)


def listen(record):
    """Runs in the sink: one line for each packet or name asked for, until it is ended."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with open(record, "a", encoding="utf-8", buffering=1) as f:
        f.write("ready\n")
        while True:
            frame, link = s.recvfrom(65535)
            if link[2] == socket.PACKET_OUTGOING or frame[12:14] != b"\x08\x00":
                continue
            f.write(describe(frame[14:]) + "\n")


def describe(packet):
    header = (packet[0] & 15) * 4
    protocol, to = packet[9], socket.inet_ntoa(packet[16:20])
    if protocol not in (6, 17):
        return f"{to} protocol {protocol}"
    port = struct.unpack(">H", packet[header + 2:header + 4])[0]
    if protocol == 17 and port == 53:
        return f"name {asked(packet[header + 8 + 12:])}"
    return f"{to}:{port}"


def asked(question):
    labels = []
    while question and question[0]:
        labels.append(question[1:1 + question[0]].decode("ascii", "replace"))
        question = question[1 + question[0]:]
    return ".".join(labels)


class Product:
    """A process in the namespace, ready when it answers there."""

    def __init__(self, folder, *command):
        self.log = open(os.path.join(folder, "server.log"), "ab")
        self.process = subprocess.Popen(["ip", "netns", "exec", HERE, *command], stdout=self.log, stderr=self.log)
        self.folder = folder

    def wait(self):
        deadline = time.time() + 180
        while inside(request, "GET", "/readyz", None)[0] != 200:
            if self.process.poll() is not None or time.time() > deadline:
                sys.exit(f"the product is not ready: {open(self.log.name, encoding='utf-8').read()[-2000:]}")
            time.sleep(0.2)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def inside(work, *args):
    """Calls a function in the product's namespace, in a process of its own."""
    script = f"import json, sys; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); import egress; print(json.dumps(egress.{work.__name__}(*json.loads(sys.argv[1]))))"
    done = run("ip", "netns", "exec", HERE, sys.executable, "-c", script, json.dumps(args), capture_output=True, text=True)
    return json.loads(done.stdout)


def request(method, path, token, body=None, kind="application/json"):
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
    if token:
        headers |= {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {"Cookie": f"__Host-renkei={token}"}
    try:
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        c.request(method, path, body.encode() if body else None, headers)
        r = c.getresponse()
        return r.status, r.read().decode("utf-8", "replace")
    except OSError:
        return 0, ""


def walk(token, group):
    """The main pages, a post and an upload. Returns what was not as it should be."""
    wrong = []
    for path in ("/", "/groups", f"/groups/{group}", f"/groups/{group}/files", f"/groups/{group}/members", "/menu", "/patients",
                 "/notices", "/api/v1/me", f"/api/v1/groups/{group}/posts", "/api/v1/openapi.json"):
        status, _ = request("GET", path, token)
        if status != 200:
            wrong.append((path, status))
    body = json.dumps({"client_id": str(uuid.uuid4()), "body": "https://example.jp/ を見てください"})
    wrong += [("post", s) for s, _ in [request("POST", f"/api/v1/groups/{group}/posts", token, body)] if s != 201]
    parts = "".join(f'--cut\r\nContent-Disposition: form-data; name="{n}"{m}\r\n\r\n{v}\r\n' for n, m, v in (
        ("class", "", "other"), ("client_id", "", str(uuid.uuid4())), ("file", '; filename="memo.txt"', "https://example.jp/")))
    status, _ = request("POST", "/api/v1/files", token, parts + "--cut--\r\n", "multipart/form-data; boundary=cut")
    return wrong + ([("upload", status)] if status != 201 else [])


def violations(record, declared):
    """What the sink wrote down and nobody declared."""
    hosts = {line.split("\t")[0].rsplit(":", 1)[0] for line in declared.splitlines()}
    with open(record, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip() != "ready"]
    return sorted({line for line in lines if line.removeprefix("name ").rsplit(":", 1)[0] not in hosts}), lines


SETTINGS = """data = "{data}"
listen = "127.0.0.1:{port}"
base_url = "http://localhost:{port}"
{more}
[watch]
# Whatever else fills the disk of the machine that tests run on.
refuse_uploads_percent = 101
"""


def serve(renkei, folder, data, more, demo, seen):
    """One run of `serve` beside the sink: the sink's record, and the declared list."""
    with open(os.path.join(data, "renkei.toml"), "w", encoding="utf-8") as f:
        f.write(SETTINGS.format(port=PORT, data=data, more=more))
    record = os.path.join(folder, "record")
    open(record, "w", encoding="utf-8").close()
    sink = subprocess.Popen(["ip", "netns", "exec", SINK, sys.executable, os.path.abspath(__file__), "--listen", record])
    product = Product(folder, renkei, "serve", "--data", data)
    try:
        while "ready" not in open(record, encoding="utf-8").read():
            time.sleep(0.05)
        product.wait()
        wrong = inside(walk, *demo)
        if wrong:
            sys.exit(f"the walk went wrong: {wrong}")
        deadline = time.time() + 30
        while not seen(record) and time.time() < deadline:
            time.sleep(0.2)
    finally:
        product.stop()
        sink.terminate()
        sink.wait()
    return record, run(renkei, "egress", "--data", data, capture_output=True, text=True).stdout


def walked(demo):
    group = next(g for g in demo["groups"] if g["members"])
    token = next(a["token"] for a in demo["accounts"] if a["login_id"] == group["members"][0])
    return token, group["id"]


def without_network(renkei, folder, data):
    answer = os.path.join(folder, "demo.json")
    product = Product(folder, renkei, "demo", "--data", data, "--listen", f"127.0.0.1:{PORT}", "--json", answer)
    try:
        product.wait()
        deadline = time.time() + 60
        while not os.path.exists(answer) and time.time() < deadline:
            time.sleep(0.1)
        with open(answer, encoding="utf-8") as f:
            demo = walked(json.load(f))
        wrong = inside(walk, *demo)
        if wrong:
            sys.exit(f"without a network: {wrong}")
    finally:
        product.stop()
    print("no network:   started, served the pages, took a post and a file")
    return demo


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options.add_argument("--listen")
    options = options.parse_args()
    if options.listen:
        return listen(options.listen)
    if os.geteuid() != 0:
        print("SKIPPED: network namespaces are root's; run it as root to prove that nothing leaves")
        return None
    if run("unshare", "--net", "true", check=False, capture_output=True).returncode != 0:
        print("SKIPPED: this machine allows no network namespaces, so nothing was proved")
        return None
    renkei, folder = os.path.abspath(options.renkei), tempfile.mkdtemp(prefix="renkei-egress-", dir="/tmp")
    os.chmod(folder, 0o755)
    data = os.path.join(folder, "data")
    os.mkdir(data)
    try:
        with Namespaces() as names:
            demo = without_network(renkei, folder, data)
            names.connect()
            everything(renkei, folder, data, demo)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return None


def everything(renkei, folder, data, demo):
    record, declared = serve(renkei, folder, data, "", demo, lambda _: True)
    found, packets = violations(record, declared)
    print(f"as it is:     {len(declared.splitlines())} hosts declared, {len(packets)} packets left")
    if found:
        sys.exit(f"undeclared: {found}")
    scanner = f'clamd = "{UNDECLARED}:3310"'
    record, with_it = serve(renkei, folder, data, scanner, demo, lambda r: UNDECLARED in open(r, encoding="utf-8").read())
    found, packets = violations(record, declared)
    if f"name {UNDECLARED}" not in found:
        sys.exit(f"the check missed a host that nobody declared; the sink saw {packets}")
    print(f"one too many: found {found[0]!r}, which the old list does not hold ({len(packets)} packets)")
    found, _ = violations(record, with_it)
    if found:
        sys.exit(f"declared by the new settings, and still found: {found}")
    print("declared:     the same run against its own list: nothing found")


if __name__ == "__main__":
    main()
