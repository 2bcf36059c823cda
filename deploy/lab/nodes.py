"""The Renkei nodes with their way to the database, the balancer in front, and the region that is planted first."""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import time

from cluster import CLIENT, FRONT, NODES, PORT, SITE, certify, owned_by, render, write
from network import inside, request
from processes import Machine, as_user

USER = "nobody"


class Client(Machine):
    """Where people sit: everything goes through the front, by HTTPS."""

    def __init__(self, network, folder, site):
        super().__init__(network, "client", CLIENT, folder)
        self.site = site

    def ask(self, method, path, token=None, body=None, timeout=5):
        """(status, headers, bytes)."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        body = None if body is None else json.dumps(body).encode()
        return request(self.ns, (FRONT, PORT), method, path, body, headers, timeout, self.site)


class Server(Machine):
    """A machine that answers /readyz when it can serve people."""

    def __init__(self, network, name, address, folder, site):
        super().__init__(network, name, address, folder)
        self.site = site

    def ready(self):
        try:
            return request(self.ns, (self.address, PORT), "GET", "/readyz", timeout=2, site=self.site)[0] == 200
        except OSError:
            return False

    def wait_ready(self, seconds=60):
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} is not ready; see {self.folder}/*.log")
            time.sleep(0.1)


class Node(Server):
    """One Renkei node: the program, and HAProxy on loopback that leads to the database."""

    def __init__(self, network, name, folder, values, shared, authority, site):
        super().__init__(network, name, NODES[name], folder, site)
        haproxy = os.path.join(self.folder, "haproxy.cfg")
        write(haproxy, render.fill("haproxy-database.cfg.in", values), mode=0o644)
        self.add("haproxy", ["haproxy", "-f", haproxy, "-db"])
        # Each node has its own copies of the keys; the folders of encrypted files and of the log are shared.
        key, secret = os.path.join(self.folder, "keys", "master"), os.path.join(self.folder, "front.secret")
        os.makedirs(os.path.dirname(key), exist_ok=True)
        sealer = os.path.join(os.path.dirname(key), "sealer")
        for copy in (key, sealer):
            shutil.copy(os.path.join(shared, "keys", os.path.basename(copy)), copy)
        write(secret, values["FRONT_SECRET"] + "\n", USER)
        for path in (os.path.dirname(key), key, sealer, self.folder):
            owned_by(path, USER)
        self.tls = certify(authority, self, [SITE], USER)
        self.text = render.fill("renkei.toml.in", {
            **values, "NAME": name, "ADDRESS": self.address, "BLOBS": f"{shared}/blobs", "LOG": f"{shared}/log", "MASTER_KEY": key,
            "SEALER_KEY": sealer, "SPOOL": os.path.join(self.folder, "spool"), "TLS": self.tls, "FRONT_SECRET_FILE": secret,
        })
        self.config, self.service = os.path.join(self.folder, "renkei.toml"), None

    def use(self, binary):
        """Which build this node runs from its next start on."""
        example = subprocess.run([binary, "example-config"], capture_output=True, text=True, check=True).stdout
        text = known(self.text, example)
        ends_tls = "[tls]" in example
        self.encrypt_for_it(not ends_tls)
        write(self.config, text if ends_tls else on_loopback(text), USER)
        argv = [binary, "serve", "--config", self.config]
        if self.service:
            self.service.argv = argv
        else:
            self.service = self.add("renkei", argv, user=USER)

    def encrypt_for_it(self, wanted):
        """A release before TLS stands behind a HAProxy of its own machine that ends TLS in its place."""
        if not wanted:
            proxy = self.processes.pop("tls", None)
            if proxy:
                proxy.stop()
        elif "tls" not in self.processes:
            both, config = one_file(self.tls), os.path.join(self.folder, "haproxy-tls.cfg")
            write(config, BEFORE_TLS.format(address=self.address, port=PORT, both=both))
            self.add("tls", ["haproxy", "-f", config, "-db"]).start()

    def run(self, binary, *words):
        """A command of the program on this node, with its configuration."""
        return subprocess.run([*inside(self.ns), *as_user(USER), binary, *words, "--config", self.config],
                              capture_output=True, text=True, check=False, cwd="/")


BEFORE_TLS = """defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend front
  bind {address}:{port} ssl crt {both} ssl-min-ver TLSv1.3
  default_backend renkei
backend renkei
  server renkei 127.0.0.1:8080
"""


def known(text, example):
    """The sections and settings that a build knows."""
    lines, here = [], True
    for line in text.splitlines():
        if line.startswith("["):
            here = line in example
        name = re.match(r"(\w+) = ", line)
        if here and (not name or re.search(rf"^(# )?{name[1]} = ", example, re.MULTILINE)):
            lines.append(line)
    return "\n".join(lines) + "\n"


def on_loopback(text):
    """For a build that knows no TLS."""
    text = re.sub(r"^listen = .*$", 'listen = "127.0.0.1:8080"', text, flags=re.MULTILINE)
    return re.sub(r"host=\S+ hostaddr=(\S+)", r"host=\1", text).replace(" sslmode=verify-full", "")


def one_file(tls):
    """Certificate and key in one, as HAProxy reads them."""
    path = os.path.join(tls, "both.pem")
    parts = [open(os.path.join(tls, name), encoding="utf-8").read() for name in ("certificate.pem", "key.pem")]
    write(path, "".join(parts))
    return path


class Front(Server):
    def __init__(self, network, folder, values, authority, site):
        super().__init__(network, "front", FRONT, folder, site)
        one_file(certify(authority, self, [SITE]))
        haproxy = os.path.join(self.folder, "haproxy.cfg")
        write(haproxy, render.fill("haproxy-front.cfg.in", values))
        self.add("haproxy", ["haproxy", "-f", haproxy, "-db"])


def plant(client, binary, folder, roles_sql):
    """A sample region on a single machine of its own; its cluster then becomes the first of the three hosts, as a
    deployment does that has outgrown one machine. Gives the demo's description."""
    data, description = os.path.join(folder, "shared"), os.path.join(folder, "demo.json")
    with open(os.path.join(folder, "demo.log"), "ab") as log:
        demo = subprocess.Popen([*inside(client.ns), binary, "demo", "--data", data, "--listen", "127.0.0.1:8080",
                                 "--json", description], stdout=log, stderr=log, cwd="/", start_new_session=True)
    try:
        deadline = time.monotonic() + 180
        while not os.path.exists(description):
            if demo.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the sample region was not planted; see {folder}/demo.log")
            time.sleep(0.1)
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", os.path.join(data, "run"), "-U", "postgres",
                        "-d", "postgres"], input=roles_sql, text=True, check=True, stdout=subprocess.DEVNULL)
    finally:
        if demo.poll() is None:
            demo.send_signal(signal.SIGTERM)
            demo.wait(60)
    sealer = os.path.join(data, "keys", "sealer")
    if not os.path.exists(sealer):
        write(sealer, base64.b64encode(os.urandom(32)).decode() + "\n")
    os.makedirs(os.path.join(data, "log"), exist_ok=True)
    for shared in ("blobs", "log"):
        for root, folders, files in os.walk(os.path.join(data, shared)):
            for entry in [root, *(os.path.join(root, f) for f in folders + files)]:
                owned_by(entry, USER)
    with open(description, encoding="utf-8") as f:
        return json.load(f)


def hand_over(folder, host):
    """The planted cluster becomes the first leader's data."""
    os.rename(os.path.join(folder, "shared", "cluster"), host.data)
