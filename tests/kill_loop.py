#!/usr/bin/env python3
"""Kills the server and PostgreSQL with -9 under load, again and again. Nothing acknowledged may be lost or doubled.

    python3 tests/kill_loop.py [--rounds 20] [--renkei target/debug/renkei]

Starts `renkei demo` in a folder of its own, posts from several members with a client id each, retries with the same id
until it is acknowledged, and kills the server (even rounds) or the postmaster (odd rounds) in between. Then every
acknowledged post must be there exactly once, and `renkei verify` must find every chain and file whole.
Python's standard library only.
"""

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

WRITERS = 6


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Demo:
    """The server under test."""

    def __init__(self, renkei, data, port):
        self.renkei, self.data, self.port = renkei, data, port
        self.json = os.path.join(data, "..", "demo.json")
        self.process = None

    def start(self):
        if os.path.exists(self.json):
            os.remove(self.json)
        log = open(os.path.join(self.data, "..", "server.log"), "ab")
        self.process = subprocess.Popen(
            [self.renkei, "demo", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--json", self.json],
            stdout=log, stderr=log)
        deadline = time.time() + 600
        while not os.path.exists(self.json):
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}; see {log.name}")
            if time.time() > deadline:
                sys.exit("the server was not ready in time")
            time.sleep(0.05)
        with open(self.json, encoding="utf-8") as f:
            return json.load(f)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def kill_database(self):
        with open(os.path.join(self.data, "cluster", "postmaster.pid"), encoding="utf-8") as f:
            os.kill(int(f.readline()), signal.SIGKILL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Writer(threading.Thread):
    """Posts one after the other; an answer that does not come is asked for again with the same client id."""

    def __init__(self, port, token, group, stop):
        super().__init__(daemon=True)
        self.port, self.token, self.group, self.stop = port, token, group, stop
        self.acknowledged, self.retries, self.last_sent = {}, 0, 0.0

    def run(self):
        while not self.stop.is_set():
            client_id = str(uuid.uuid4())
            body = json.dumps({"client_id": client_id, "body": f"記録 {client_id}"}).encode()
            while True:
                sent = time.time()
                answer = self.send(body)
                if answer is not None:
                    self.last_sent = sent
                    self.acknowledged[client_id] = answer
                    break
                if self.stop.is_set():
                    return
                self.retries += 1
                time.sleep(0.05 + random.random() * 0.1)

    def send(self, body):
        try:
            c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            c.request("POST", f"/api/v1/groups/{self.group}/posts", body,
                      {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
            r = c.getresponse()
            text = r.read()
            c.close()
        except (OSError, http.client.HTTPException):
            return None
        if r.status in (200, 201):
            return json.loads(text)["id"]
        if r.status in (429, 503, 500):
            return None
        sys.exit(f"unexpected answer {r.status}: {text[:300]!r}")


def get(port, token, path):
    """Reads, and asks again while the database comes up."""
    deadline = time.time() + 60
    while True:
        try:
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            c.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            r = c.getresponse()
            text = r.read()
        except (OSError, http.client.HTTPException):
            r = None
        if r is not None and r.status == 200:
            return json.loads(text)
        assert r is None or r.status == 503, (path, r.status)
        assert time.time() < deadline, path
        time.sleep(0.1)


def everything(port, token, group):
    """All posts of a group as (id, seq, body)."""
    posts, after = [], 0
    while True:
        page = get(port, token, f"/api/v1/groups/{group}/posts?limit=100&after_seq={after}")["items"]
        if not page:
            return posts
        posts += [(p["id"], p["seq"], p["body"]) for p in page]
        after = page[-1]["seq"]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options = options.parse_args()
    root = tempfile.mkdtemp(prefix="renkei-kill-", dir="/tmp")
    os.chmod(root, 0o755)
    data = os.path.join(root, "data")
    os.makedirs(data)
    os.chmod(data, 0o755)
    demo = Demo(os.path.abspath(options.renkei), data, free_port())
    failed = 1
    try:
        failed = loop(demo, options.rounds)
    finally:
        if demo.process and demo.process.poll() is None:
            demo.stop()
        if failed:
            print(f"left for looking: {root}")
        else:
            shutil.rmtree(root)
    sys.exit(failed)


def loop(demo, rounds):
    description = demo.start()
    tokens = {a["login_id"]: a["token"] for a in description["accounts"]}
    places = [(tokens[m], g["id"]) for g in description["groups"] for m in g["members"]]
    random.seed(7)
    chosen = random.sample(places, WRITERS)
    stop = threading.Event()
    writers = [Writer(demo.port, token, group, stop) for token, group in chosen]
    for w in writers:
        w.start()
    outages = []
    for n in range(rounds):
        time.sleep(0.6 + 0.2 * (n % 4))
        began = time.time()
        if n % 2 == 0:
            demo.kill()
            demo.start()
        else:
            demo.kill_database()
        killed = time.time()
        # Over when every writer has had an answer to something sent after the kill.
        while any(w.last_sent < killed for w in writers):
            if time.time() - began > 120:
                print("no post was acknowledged for two minutes after a kill")
                return 1
            time.sleep(0.01)
        outages.append(time.time() - began)
    stop.set()
    for w in writers:
        w.join(30)
    lost = doubled = 0
    for w in writers:
        there = everything(demo.port, w.token, w.group)
        bodies = [body for _, _, body in there]
        ids = {post for post, _, _ in there}
        for client_id, post in w.acknowledged.items():
            lost += post not in ids
            doubled += bodies.count(f"記録 {client_id}") > 1
        seqs = [seq for _, seq, _ in there]
        doubled += len(seqs) != len(set(seqs))
    acknowledged = sum(len(w.acknowledged) for w in writers)
    retries = sum(w.retries for w in writers)
    demo.stop()
    verified = subprocess.run([demo.renkei, "verify", "--data", demo.data], capture_output=True, text=True, check=False)
    outages.sort()
    print(f"kills {rounds}, acknowledged {acknowledged}, retries {retries}, lost {lost}, doubled {doubled}, "
          f"outage median {outages[len(outages) // 2]:.2f} s, max {outages[-1]:.2f} s")
    print(verified.stdout.strip())
    good = lost == 0 and doubled == 0 and verified.returncode == 0 and acknowledged > rounds
    print(f"kill_loop: {'1 passed, 0 failed' if good else '0 passed, 1 failed'}")
    return 0 if good else 1


if __name__ == "__main__":
    main()
