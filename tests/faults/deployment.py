"""An installation on one machine, as `renkei serve --data` runs it, started again by what plays the service manager."""

import glob
import http.client
import json
import os
import pwd
import signal
import subprocess
import threading
import time

from demo_server import Demo, free_port
from people import my_groups
from web import Loopback

WRITERS, READERS, LISTENERS = 8, 4, 2
# As in deploy/systemd/renkei.service.
RESTART_AFTER = 2
BALLAST_MEBIBYTES = 48
SETTINGS = """data = "{data}"
listen = "127.0.0.1:{port}"
base_url = "http://localhost:{port}"
[database]
connections = 6
[limits]
session_per_second = 0
block_per_second = 0
[watch]
ballast = "{data}/ballast"
ballast_mebibytes = {ballast}
"""


class Supervisor(threading.Thread):
    """`Restart=on-failure`. Counts how often it had to."""

    def __init__(self, deployment):
        super().__init__(daemon=True)
        self.deployment, self.restarts, self.over = deployment, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            if self.deployment.process.poll() is not None and not self.over.wait(RESTART_AFTER):
                self.restarts += 1
                self.deployment.launch()


class Deployment:
    def __init__(self, renkei, root, data, shim):
        self.renkei, self.data, self.port, self.shim = renkei, data, free_port(), shim
        self.site, self.address = Loopback, ("127.0.0.1", self.port)
        self.log, self.process, self.supervisor = os.path.join(root, "server.log"), None, None

    def plant(self):
        """The sample region, whose people's tokens hold on; then the settings of an installation."""
        demo = Demo(self.renkei, self.data, self.port)
        description = demo.start()
        demo.stop()
        with open(os.path.join(self.data, "renkei.toml"), "w", encoding="utf-8") as f:
            f.write(SETTINGS.format(data=self.data, port=self.port, ballast=BALLAST_MEBIBYTES))
        self.tokens = [a["token"] for a in description["accounts"]]

    def start(self):
        self.launch()
        self.supervisor = Supervisor(self)
        self.supervisor.start()
        self.wait_ready()
        self.people = People(self, self.tokens)

    def launch(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.renkei, "serve", "--data", self.data], stdout=log, stderr=log)

    def process_kill(self):
        """The server alone; the supervisor brings it back."""
        self.process.kill()

    def stop(self):
        if self.supervisor:
            self.supervisor.over.set()
            self.supervisor.join()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)

    def wait_ready(self, seconds=90):
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"not ready after {seconds} s; see {self.log}")
            time.sleep(0.1)

    def ask(self, method, path, token=None, timeout=5):
        """(status, headers, bytes)."""
        c = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            c.request(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
            r = c.getresponse()
            return r.status, dict(r.getheaders()), r.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            c.close()

    def run(self, *words):
        return subprocess.run([self.renkei, *words, "--data", self.data], capture_output=True, text=True, check=False)

    def postmaster(self):
        with open(os.path.join(self.data, "cluster", "postmaster.pid"), encoding="utf-8") as f:
            return int(f.readline())

    def database_processes(self):
        """The postmaster, and its children."""
        postmaster = self.postmaster()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(postmaster)], capture_output=True, text=True, check=False)
        return [postmaster, *map(int, children.stdout.split())]

    def sql(self, statement, check=True):
        """As superuser, over the server's private socket."""
        return self.psql(subprocess.run, input=statement, capture_output=True, text=True, check=check, timeout=60)

    def psql(self, how, **options):
        owner = pwd.getpwuid(os.stat(os.path.join(self.data, "cluster")).st_uid)
        psql = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))[-1]
        return how([psql, "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", os.path.join(self.data, "run"), "-U", "postgres",
                    "-d", "renkei"], user=owner.pw_uid, group=owner.pw_gid, extra_groups=[], cwd="/", **options)

    def database_log(self):
        """What PostgreSQL has said so far."""
        with open(os.path.join(self.data, "run", "postgresql.log"), encoding="utf-8", errors="replace") as f:
            return f.read()


class People:
    """Whose tokens are used, each with the groups that they see; the first of these is theirs alone to write in."""

    def __init__(self, deployment, tokens):
        self.people, taken = [], set()
        for token in tokens:
            groups = my_groups(deployment, token)
            own = next((g for g in groups if g not in taken), None)
            if own and len(self.people) < WRITERS:
                taken.add(own)
                self.people.append({"token": token, "groups": [own, *(g for g in groups if g != own)]})

    def plan(self, deployment, pause):
        widest = sorted(self.people, key=lambda p: -len(p["groups"]))
        return {"site": deployment.site, "address": deployment.address, "pause": pause, "writers": self.people,
                "readers": self.people[:READERS], "listeners": widest[:LISTENERS]}

    def reader_of(self, group):
        return next(p["token"] for p in self.people if group in p["groups"])


