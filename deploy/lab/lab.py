#!/usr/bin/env python3
"""The redundancy lab; start it by `deploy/lab/run`, which installs what it needs."""

import argparse
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cluster as database
from cluster import Authority, Cluster, DatabaseHost, Python, render
from count import count
from faults import FAULTS, SHORT
from network import Network, inside
from nodes import Client, Front, Node, hand_over, plant
from people import People
from processes import Supervisor
from report import judge, keep, surroundings, table
from web import Site

HERE = os.path.dirname(os.path.abspath(__file__))


def say(text):
    print(f"== {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Lab:
    """Everything that runs, and the order in which it starts and ends."""

    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix=f"rklab-{os.getpid()}-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.network, self.supervisor, self.failed = Network(), None, True
        self.binary, self.previous = self.keep_binary(options.renkei, "new"), None
        if options.previous:
            self.previous = self.keep_binary(options.previous, "old")
        # The newest server that is installed.
        self.pg_bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: int(p.split("/")[4]))[-1]

    def keep_binary(self, binary, name):
        """A copy that the unprivileged user can reach and no build replaces."""
        kept = os.path.join(self.folder, f"renkei-{name}")
        shutil.copy(binary, kept)
        os.chmod(kept, 0o755)
        return kept

    def up(self):
        began = time.monotonic()
        deployment = database.settings(self.pg_bin, self.folder, "host" if self.upgrades else "hostssl")
        values = {**render.common(deployment), **render.passwords()}
        authority = Authority(os.path.join(self.folder, "authority"))
        site = Site(database.SITE, authority.certificate)
        self.network.up()
        self.client = Client(self.network, self.folder, site)
        python = Python(self.options.patroni, self.folder)
        first = self.previous if self.upgrades else self.binary
        hosts = {n: DatabaseHost(self.network, n, self.folder, values, python, authority) for n in database.DATABASES}
        say("planting a sample region")
        self.roles = render.fill("roles.sql.in", values)
        description = plant(self.client, first, self.folder, self.roles)
        shared = os.path.join(self.folder, "shared")
        self.nodes = [Node(self.network, n, self.folder, values, shared, authority, site) for n in database.NODES]
        self.front = Front(self.network, self.folder, values, authority, site)
        self.cluster = Cluster(hosts)
        self.supervisor = Supervisor([*hosts.values(), *self.nodes, self.front])
        say("starting three database hosts")
        self.start_database(hosts)
        for node in self.nodes:
            node.use(first)
            node.back()
        self.front.back()
        self.supervisor.start()
        self.settle()
        self.people = People(self.client, description)
        self.check_encrypted()
        say(f"up after {time.monotonic() - began:.0f} s: leader {self.cluster.leader().name}, {len(self.people.people)} people signed in")

    def check_encrypted(self):
        """Nobody is in the clear; a node from before TLS may be."""
        clear, total = self.cluster.in_the_clear()
        say(f"{total} connections to the leader over the network, {len(clear)} of them in the clear")
        if not total or (clear and not self.upgrades):
            raise RuntimeError(f"not encrypted: {clear or 'nobody is connected'}")

    @property
    def upgrades(self):
        return self.previous and "rolling-upgrade" in self.options.faults

    def start_database(self, hosts):
        for host in hosts.values():
            host.processes["etcd"].start()
        first, *others = hosts.values()
        hand_over(self.folder, first)
        first.processes["patroni"].start()
        deadline = time.monotonic() + 60
        while self.cluster.leader() is not first:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the first host does not lead; see {first.folder}/patroni.log")
            time.sleep(0.2)
        for host in others:
            host.processes["patroni"].start()

    def settle(self):
        """Everybody up, every part in its place."""
        for machine in [*self.cluster.hosts.values(), *self.nodes, self.front]:
            machine.back()
        self.cluster.wait_whole()
        for machine in [*self.nodes, self.front]:
            machine.wait_ready()

    def roll(self, binary):
        """The nodes one after the other onto a build, each drained and ready again before the next."""
        for node in self.nodes:
            node.service.stop()
            node.use(binary)
            node.service.start()
            node.wait_ready()
            # The balancer looks twice a second.
            time.sleep(1.5)

    def migrate(self):
        """As an upgrade is done: what the superuser runs before it, then the migrations in an open window."""
        leader = self.cluster.leader()
        printed = subprocess.run([self.binary, "migrate", "--bootstrap"], capture_output=True, text=True, check=True).stdout
        part = {text[0]: text.partition("\n")[2] for text in re.split(r"^-- (?=\d\. )", printed, flags=re.M) if text}
        leader.sql(part["1"])
        leader.sql(part["3"])
        leader.sql(self.roles, "postgres")
        leader.sql("SELECT guard.open_window('10 minutes', 'lab')")
        done = self.nodes[0].run(self.binary, "migrate")
        leader.sql("SELECT guard.close_windows()")
        if done.returncode:
            raise RuntimeError(f"migrate: {done.stderr}")
        say(done.stdout.strip().splitlines()[-1])

    def verified(self):
        done = self.nodes[0].run(self.binary, "verify")
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)
        return done.returncode == 0

    def one(self, name):
        """One fault under load: (figures, seconds until all was whole again)."""
        plan, out = os.path.join(self.folder, "plan.json"), os.path.join(self.folder, "saw.json")
        with open(plan, "w", encoding="utf-8") as f:
            json.dump(self.people.plan(self.options.pause), f)
        load = subprocess.Popen([*inside(self.client.ns), sys.executable, os.path.join(HERE, "load.py"), plan, out],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            if load.stdout.readline().strip() != "steady":
                raise RuntimeError("the load did not begin")
            time.sleep(2)
            struck = time.time()
            FAULTS[name][2](self)
            self.settle()
            whole = time.time() - struck
            # Long enough for whoever still waits to be answered.
            time.sleep(3)
            over = time.time()
            load.stdin.write("stop\n")
            load.stdin.flush()
            if load.stdout.readline().strip() != "done":
                raise RuntimeError("the load did not end well")
        finally:
            load.kill()
            load.wait()
        with open(out, encoding="utf-8") as f:
            return count(json.load(f), self.people, self.client, struck, over), whole

    def down(self):
        if self.supervisor and self.supervisor.is_alive():
            self.supervisor.ended.set()
            self.supervisor.join()
        self.network.down()
        if self.failed:
            print(f"left for looking: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder)


def run(lab):
    rows = []
    lab.up()
    for name in lab.options.faults:
        kind, words, _ = FAULTS[name]
        tries = []
        for _ in range(lab.options.tries if name != "rolling-upgrade" else 1):
            say(words)
            figures, whole = lab.one(name)
            say(f"whole again after {whole:.1f} s: writes {figures['write_outage_s']} s, reads {figures['read_outage_s']} s, "
                f"{figures['acknowledged']} acknowledged, {figures['lost']} lost, {figures['doubled']} doubled")
            tries.append(figures)
        rows.append(judge(name, kind, tries, lab.verified()))
        keep(lab.options.out, rows, surroundings(lab.pg_bin))
    print(table(rows))
    good = [row["nothing_lost"] and (row["in_time"] or not lab.options.strict) for row in rows]
    print(f"lab: {sum(good)} passed, {len(good) - sum(good)} failed; "
          f"{sum(row['in_time'] for row in rows)} of {len(rows)} within their times")
    return all(good)


def parse():
    options = argparse.ArgumentParser(prog="deploy/lab/run")
    options.add_argument("--short", action="store_true")
    options.add_argument("--all", action="store_true")
    options.add_argument("--fault", action="append", choices=list(FAULTS), default=[])
    options.add_argument("--list", action="store_true")
    options.add_argument("--tries", type=int, default=1, help="medians of several")
    options.add_argument("--pause", type=float, default=0.1, help="seconds between two posts of one person")
    options.add_argument("--previous", help="the previous release, for the rolling upgrade")
    options.add_argument("--strict", action="store_true", help="fail when a time is missed, too")
    options.add_argument("--out", default=os.path.join(HERE, "..", "..", "target", "lab"))
    options.add_argument("--renkei", required=True)
    options.add_argument("--patroni", required=True)
    options = options.parse_args()
    names = list(FAULTS) if options.all else SHORT if options.short else []
    names += [f for f in options.fault if f not in names]
    if not options.previous and "rolling-upgrade" in names:
        names.remove("rolling-upgrade")
        say("no rolling upgrade: say --previous BINARY")
    # The upgrade comes first: everything after it runs on the release under test.
    options.faults = sorted(names, key=lambda name: name != "rolling-upgrade")
    return options


def main():
    options = parse()
    if options.list or not options.faults:
        for name, (kind, words, _) in FAULTS.items():
            print(f"{name:22} {kind:8} {words}")
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    lab = Lab(options)
    try:
        lab.failed = not run(lab)
    finally:
        lab.down()
    return 1 if lab.failed else 0


if __name__ == "__main__":
    sys.exit(main())
