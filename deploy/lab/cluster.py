"""The three database hosts: etcd and Patroni from the templates of deploy/patroni, and what one may ask of them."""

import base64
import json
import os
import pwd
import shutil
import subprocess
import sys
import time

from network import request
from processes import Machine

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "patroni"))
import render  # noqa: E402
from certificates import Authority  # noqa: E402, F401

NET = "10.77.0"
DATABASES = {f"db{i}": f"{NET}.{i}" for i in (1, 2, 3)}
NODES = {"node1": f"{NET}.11", "node2": f"{NET}.12"}
FRONT, CLIENT = f"{NET}.20", f"{NET}.30"
SITE, PORT = "renkei.example.jp", 8443


def settings(pg_bin, folder, node_access):
    """The deployment that the lab is."""
    tls = os.path.join(folder, "front", "tls")
    return {
        "scope": "rklab", "site": SITE, "databases": DATABASES, "database_name": "database.renkei.example.jp",
        "nodes": NODES, "node_port": PORT, "node_access": node_access, "fronts": [FRONT],
        "database_network": f"{NET}.0/28", "node_network": f"{NET}.0/28", "watchdog": "off", "pg_bin": pg_bin,
        "front_bind": f"{FRONT}:{PORT} ssl crt {tls}/both.pem", "nodes_ca": f"{tls}/ca.pem",
    }


def write(path, text, owner=None, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    if owner:
        owned_by(path, owner)


def owned_by(path, user):
    """The user's, and the user's own group's."""
    person = pwd.getpwnam(user)
    os.chown(path, person.pw_uid, person.pw_gid)


def certify(authority, machine, names, user=None):
    """The machine's certificate and key, in the folder that this gives."""
    folder = os.path.join(machine.folder, "tls")
    authority.issue(folder, names)
    if user:
        owned_by(os.path.join(folder, "key.pem"), user)
    return folder


class DatabaseHost(Machine):
    def __init__(self, network, name, folder, values, python, authority):
        super().__init__(network, name, DATABASES[name], folder)
        for sub in ("etcd", "run"):
            os.makedirs(os.path.join(self.folder, sub), mode=0o700, exist_ok=True)
        for sub in ("", "etcd", "run"):
            owned_by(os.path.join(self.folder, sub), "postgres")
        self.data = os.path.join(self.folder, "data")
        mine = {
            **values, "NAME": name, "ADDRESS": self.address, "ETCD_DATA": os.path.join(self.folder, "etcd"),
            "PG_DATA": self.data, "PG_PASS": os.path.join(self.folder, "pgpass"),
            "PG_SOCKETS": os.path.join(self.folder, "run"),
            "TLS": certify(authority, self, [values["DATABASE_NAME"], self.address], "postgres"),
        }
        self.password = values["REST_PASSWORD"]
        etcd = dict(line.split("=", 1) for line in render.fill("etcd.env.in", mine).splitlines()
                    if line and not line.startswith("#"))
        self.add("etcd", ["etcd"], user="postgres", env=etcd)
        file = os.path.join(self.folder, "patroni.yml")
        write(file, render.fill("patroni.yml.in", mine), "postgres")
        self.add("patroni", [*python, "-m", "patroni", file], user="postgres", env={"PYTHONPATH": python.packages})

    def ask(self, method, path, body=None, timeout=3):
        token = base64.b64encode(f"patroni:{self.password}".encode()).decode()
        return request(self.ns, (self.address, 8008), method, path, body and json.dumps(body).encode(),
                       {"Authorization": f"Basic {token}", "Content-Type": "application/json"}, timeout)

    def postmaster(self):
        with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as f:
            return int(f.readline())

    def server_processes(self):
        """The postmaster and its children."""
        postmaster = self.postmaster()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True,
                                  check=False).stdout.split()
        return [postmaster, *map(int, children)]

    def sql(self, statement, database="renkei"):
        """As superuser on the host itself."""
        run = subprocess.run(
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "psql", "-X", "-At", "-v",
             "ON_ERROR_STOP=1", "-h", os.path.join(self.folder, "run"), "-U", "postgres", "-d", database], input=statement,
            capture_output=True, text=True, check=False, cwd="/")
        if run.returncode:
            raise RuntimeError(f"{self.name}: {run.stderr.strip()}")
        return run.stdout.strip()


class Python(list):
    """The words that start Patroni's Python. The server's user may not see the checkout, so the packages are copied."""

    def __init__(self, venv, folder):
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.packages = os.path.join(folder, "python")
        shutil.copytree(os.path.join(venv, "lib", version, "site-packages"), self.packages)
        super().__init__([os.path.realpath(os.path.join(venv, "bin", "python3"))])


class Cluster:
    def __init__(self, hosts):
        self.hosts = hosts

    def members(self):
        """What the first host that answers says about all of them."""
        for host in self.hosts.values():
            try:
                status, _, body = host.ask("GET", "/cluster")
            except OSError:
                continue
            if status == 200:
                return json.loads(body)["members"]
        return []

    def leader(self):
        for host in self.hosts.values():
            try:
                if host.ask("GET", "/primary", timeout=1)[0] == 200:
                    return host
            except OSError:
                pass
        return None

    def sync_standby(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for member in self.members():
                if member["role"] == "sync_standby":
                    return self.hosts[member["name"]]
            time.sleep(0.2)
        raise RuntimeError(f"there is no synchronous standby: {self.members()}")

    def etcd_leader(self):
        endpoints = ",".join(f"http://{h.address}:2379" for h in self.hosts.values())
        any_host = next(iter(self.hosts.values()))
        out = subprocess.run(
            ["nsenter", f"--net=/run/netns/{any_host.ns}", "etcdctl", "--endpoints", endpoints, "endpoint", "status", "-w", "json"],
            env={"ETCDCTL_API": "3", "PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True).stdout
        for entry in json.loads(out):
            status = entry["Status"]
            if status["leader"] == status["header"]["member_id"]:
                address = entry["Endpoint"].split("//")[1].split(":")[0]
                return next(h for h in self.hosts.values() if h.address == address)
        raise RuntimeError("etcd has no leader")

    def whole(self):
        """A leader, everybody streaming from it on one timeline, and a synchronous standby."""
        members = self.members()
        followers = [m for m in members if m["role"] != "leader"]
        return (len(members) == len(self.hosts) and len(followers) == len(members) - 1
                and all(m["state"] == "streaming" for m in followers) and len({m.get("timeline") for m in members}) == 1
                and any(m["role"] == "sync_standby" for m in followers) and self.leader() is not None)

    def in_the_clear(self):
        """Who is connected to the leader over the network without TLS 1.3, as the leader sees it; and how many are in all."""
        seen = self.leader().sql(
            "SELECT count(*), coalesce(string_agg(usename, ' ') FILTER (WHERE s.version IS DISTINCT FROM 'TLSv1.3'), '') "
            "FROM pg_catalog.pg_stat_activity a LEFT JOIN pg_catalog.pg_stat_ssl s USING (pid) WHERE a.client_addr IS NOT NULL")
        total, clear = seen.split("|")
        return clear.split(), int(total)

    def wait_whole(self, seconds=120):
        """Whole, and still so three seconds later: a host that has just come back says for a moment what was true before."""
        began = since = time.monotonic()
        while time.monotonic() - since < 3:
            if not self.whole():
                since = time.monotonic()
            if time.monotonic() - began > seconds:
                raise RuntimeError(f"the cluster is not whole after {seconds} s: {self.members()}")
            time.sleep(0.3)
        return time.monotonic() - began

    def switch(self):
        """A planned switch, as `patronictl switchover` asks for it: to the synchronous standby."""
        standby, leader = self.sync_standby(), self.leader()
        status, _, body = leader.ask("POST", "/switchover", {"leader": leader.name, "candidate": standby.name}, timeout=60)
        if status != 200:
            raise RuntimeError(f"switchover refused: {status} {body!r}")
