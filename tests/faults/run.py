#!/usr/bin/env python3
"""Faults of one machine under load, one after the other, and a table of what each cost.

    python3 tests/faults/run.py [--short | --all] [--fault NAME]… [--renkei target/debug/renkei]

An installation (`renkei serve --data`) on a small disk of its own; people who write, read and listen through the JSON API and
retry with the same client id. After each fault every acknowledged post must be there exactly once, in order, read back
through the API, and `renkei verify` must find everything whole; what was refused was refused with 503 or 507, or not answered.
As root alone: mounts and processes live in namespaces of their own, which end with the run. Python's standard library only.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "deploy", "lab")]

import place  # noqa: E402
from count import count  # noqa: E402
from deployment import Deployment  # noqa: E402
from faults import FAULTS, answered  # noqa: E402
from load import Load  # noqa: E402

DISK_MEBIBYTES = 1024
# No answer, come back later, unavailable, no room: nothing else may come.
REFUSALS = {0, 429, 503, 507}
COLUMNS = [
    ("fault", "fault"), ("write outage s", "write_outage_s"), ("back after s", "back_s"), ("read outage s", "read_outage_s"),
    ("acknowledged", "acknowledged"), ("retries", "retries"), ("refused with", "refused"), ("restarts", "restarts"),
    ("lost", "lost"), ("doubled", "doubled"), ("out of order", "disordered"), ("verify", "verify"), ("good", "good"),
]


def say(text):
    print(f"== {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def one(d, name, hold, pause):
    """One fault under load, as a row."""
    words, _, _, act = FAULTS[name]
    say(words)
    load = Load(d.people.plan(d, pause))
    if not load.begin():
        raise RuntimeError("the load did not begin")
    time.sleep(1)
    before, struck = d.supervisor.restarts, time.time()
    mended = act(d, load, hold)
    answered(load, mended)
    d.wait_ready()
    over = time.time()
    saw = load.end()
    figures = count(saw, d.people, d, struck, over)
    verified = d.run("verify")
    if verified.returncode:
        print(verified.stdout, verified.stderr, file=sys.stderr)
    statuses = {s for who in ("writers", "readers") for w in saw[who] for s in w["refusals"]}
    first = min((a[1] for w in saw["writers"] for a in w["acknowledged"] if a[1] > mended), default=over)
    row = {"fault": name, **figures, "back_s": round(first - mended, 2), "restarts": d.supervisor.restarts - before,
           "refused": " ".join("none" if s == 0 else str(s) for s in sorted(statuses)) or "-",
           "verify": "whole" if verified.returncode == 0 else "BROKEN"}
    row["good"] = (statuses <= REFUSALS and verified.returncode == 0
                   and not any(row[k] for k in ("lost", "doubled", "disordered", "given_up", "stream_posts_missed")))
    return row


def table(rows):
    cells = [[title for title, _ in COLUMNS]]
    cells += [[{True: "yes", False: "NO"}.get(row[k], str(row[k])) if k == "good" else str(row[k]) for _, k in COLUMNS]
              for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def parse():
    options = argparse.ArgumentParser()
    options.add_argument("--short", action="store_true", help="the most telling ones, held for a short time (the default)")
    options.add_argument("--all", action="store_true", help="every one, held for longer")
    options.add_argument("--fault", action="append", choices=list(FAULTS), default=[])
    options.add_argument("--hold", type=float, help="seconds that a fault lasts")
    options.add_argument("--pause", type=float, default=0.05, help="seconds between two posts of one person")
    options.add_argument("--place", default="/tmp", help="where the small disk lies while it runs; /dev/shm on a busy machine")
    options.add_argument("--out", help="a folder for faults.json and faults.md")
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options = options.parse_args()
    options.names = options.fault or [n for n, (_, short, _, _) in FAULTS.items() if short or options.all]
    if options.hold is None:
        options.hold = 20 if options.all else 4
    return options


def run(d, options, have):
    rows = []
    d.plant()
    d.start()
    for name in options.names:
        needs = FAULTS[name][2]
        if needs and have[needs]:
            say(f"skipped: {name}: {have[needs]}")
            continue
        rows.append(one(d, name, options.hold, options.pause))
        say(", ".join(f"{title} {rows[-1][k]}" for title, k in COLUMNS[1:]))
    print(table(rows))
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        with open(os.path.join(options.out, "faults.json"), "w", encoding="utf-8") as f:
            json.dump(rows, f, ensure_ascii=False, indent=1)
        with open(os.path.join(options.out, "faults.md"), "w", encoding="utf-8") as f:
            f.write(table(rows) + "\n")
    bad = sum(not row["good"] for row in rows)
    print(f"faults: {len(rows) - bad} passed, {bad} failed")
    return bad == 0 and len(rows) > 0


def main():
    options = parse()
    wrong = place.enter()
    if wrong:
        print(f"faults: skipped: {wrong}")
        return 0
    root = tempfile.mkdtemp(prefix="renkei-faults-", dir=options.place)
    try:
        os.chmod(root, 0o755)
        return 0 if in_folder(root, options) else 1
    finally:
        shutil.rmtree(root)


def in_folder(root, options):
    data = os.path.join(root, "data")
    os.mkdir(data, 0o711)
    shim = place.Shim(root)
    have = {"disk": place.small_disk(root, data, DISK_MEBIBYTES), "shim": shim.wrong}
    # A copy that no build replaces.
    d = Deployment(shutil.copy(options.renkei, os.path.join(root, "renkei")), root, data, shim)
    good = False
    try:
        good = run(d, options, have)
    finally:
        d.stop()
        if not good:
            leave(root, data)
        if have["disk"] is None:
            subprocess.run(["umount", "--lazy", data], check=False)
    return good


def leave(root, data):
    """The logs for looking; the disk goes with the namespace."""
    kept = tempfile.mkdtemp(prefix="renkei-faults-left-", dir="/tmp")
    for file in [os.path.join(root, "server.log"), os.path.join(data, "run", "postgresql.log")]:
        if os.path.exists(file):
            shutil.copy(file, kept)
    print(f"left for looking: {kept}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
