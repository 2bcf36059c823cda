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
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "deploy", "lab"))

from demo_server import in_a_folder  # noqa: E402
from load import Load  # noqa: E402
from web import Loopback  # noqa: E402

WRITERS = 6
# No answer, come back later, unavailable.
REFUSALS = {0, 429, 503}


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
    sys.exit(in_a_folder("kill", options.renkei, lambda demo: loop(demo, options.rounds)))


def loop(demo, rounds):
    description = demo.start()
    tokens = {a["login_id"]: a["token"] for a in description["accounts"]}
    people, taken = [], set()
    for g in description["groups"]:
        free = [m for m in g["members"] if m not in taken]
        if free and len(people) < WRITERS:
            taken.add(free[0])
            people.append({"token": tokens[free[0]], "groups": [g["id"]]})
    load = Load({"site": Loopback, "address": ("127.0.0.1", demo.port), "pause": 0, "writers": people, "readers": [], "listeners": []})
    if not load.begin():
        print("the load did not begin")
        return 1
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
        while any(w.last_sent < killed for w in load.writers):
            if time.time() - began > 120:
                print("no post was acknowledged for two minutes after a kill")
                return 1
            time.sleep(0.01)
        outages.append(time.time() - began)
    saw = load.end()["writers"]
    lost = doubled = 0
    for w, person in zip(saw, people):
        there = everything(demo.port, person["token"], person["groups"][0])
        bodies = [body for _, _, body in there]
        ids = {post for post, _, _ in there}
        for _, _, client_id, post, _, _ in w["acknowledged"]:
            lost += post not in ids
            doubled += bodies.count(f"記録 {client_id}") > 1
        seqs = [seq for _, seq, _ in there]
        doubled += len(seqs) != len(set(seqs))
    acknowledged = sum(len(w["acknowledged"]) for w in saw)
    retries = sum(w["tries"] for w in saw) - acknowledged
    unexpected = {status for w in saw for status in w["refusals"]} - REFUSALS
    demo.stop()
    verified = subprocess.run([demo.renkei, "verify", "--data", demo.data], capture_output=True, text=True, check=False)
    outages.sort()
    print(f"kills {rounds}, acknowledged {acknowledged}, retries {retries}, lost {lost}, doubled {doubled}, "
          f"unexpected answers {sorted(unexpected) or 'none'}, "
          f"outage median {outages[len(outages) // 2]:.2f} s, max {outages[-1]:.2f} s")
    print(verified.stdout.strip())
    good = lost == 0 and doubled == 0 and not unexpected and verified.returncode == 0 and acknowledged > rounds
    print(f"kill_loop: {'1 passed, 0 failed' if good else '0 passed, 1 failed'}")
    return 0 if good else 1


if __name__ == "__main__":
    main()
