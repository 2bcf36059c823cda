"""The Renkei nodes with their way to the database, the balancer in front, and the region that is planted first."""

import json
import os
import shutil
import signal
import subprocess
import time

from cluster import FRONT, NODES, owned_by, render, write
from network import inside, request
from processes import Machine, as_user

USER = "nobody"


class Server(Machine):
    """A machine that answers /readyz when it can serve people."""

    def ready(self):
        try:
            return request(self.ns, (self.address, 8080), "GET", "/readyz", timeout=2)[0] == 200
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

    def __init__(self, network, name, folder, values, shared):
        super().__init__(network, name, NODES[name], folder)
        haproxy = os.path.join(self.folder, "haproxy.cfg")
        write(haproxy, render.fill("haproxy-database.cfg.in", values), mode=0o644)
        self.add("haproxy", ["haproxy", "-f", haproxy, "-db"])
        # Each node has its own copy of the master key; the folder of encrypted files is shared.
        key = os.path.join(self.folder, "keys", "master")
        os.makedirs(os.path.dirname(key), exist_ok=True)
        shutil.copy(os.path.join(shared, "keys", "master"), key)
        for path in (os.path.dirname(key), key):
            owned_by(path, USER)
        owned_by(self.folder, USER)
        head = (f'listen = "{self.address}:8080"\nbase_url = "https://renkei.example.jp"\n'
                f'blobs = "{shared}/blobs"\nmaster_key_file = "{key}"\n')
        self.text = head + render.fill("renkei-database.toml.in", {**values, "SPOOL": os.path.join(self.folder, "spool")})
        self.config, self.service = os.path.join(self.folder, "renkei.toml"), None

    def use(self, binary):
        """Which build this node runs from its next start on. Its configuration holds the sections that it knows."""
        example = subprocess.run([binary, "example-config"], capture_output=True, text=True, check=True).stdout
        text, reading = self.text.split("\n[reading]\n")
        if "[reading]" in example:
            text += "\n[reading]\n" + reading
        known = [line for line in text.splitlines() if not line.startswith("operator =") or "operator =" in example]
        write(self.config, "\n".join(known) + "\n", USER)
        argv = [binary, "serve", "--config", self.config]
        if self.service:
            self.service.argv = argv
        else:
            self.service = self.add("renkei", argv, user=USER)

    def run(self, binary, *words):
        """A command of the program on this node, with its configuration."""
        return subprocess.run([*inside(self.ns), *as_user(USER), binary, *words, "--config", self.config],
                              capture_output=True, text=True, check=False, cwd="/")


class Front(Server):
    def __init__(self, network, folder, values):
        super().__init__(network, "front", FRONT, folder)
        haproxy = os.path.join(self.folder, "haproxy.cfg")
        write(haproxy, render.fill("haproxy-front.cfg.in", values), mode=0o644)
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
    for root, folders, files in os.walk(os.path.join(data, "blobs")):
        for entry in [root, *(os.path.join(root, f) for f in folders + files)]:
            owned_by(entry, USER)
    with open(description, encoding="utf-8") as f:
        return json.load(f)


def hand_over(folder, host):
    """The planted cluster becomes the first leader's data."""
    os.rename(os.path.join(folder, "shared", "cluster"), host.data)
