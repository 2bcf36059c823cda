"""The table: printed, and written as JSON and Markdown."""

import json
import os
import platform
import statistics
import subprocess

from faults import FAULTS, READS, TARGETS


def judge(name, kind, tries, verified):
    """One row out of one or several tries: medians of the times, sums of the counts."""
    row = {"fault": name, "words": FAULTS[name][1], "kind": kind, "tries": len(tries)}
    for key in tries[0]:
        values = [t[key] for t in tries]
        if key == "within_60_s_percent":
            row[key] = min(values)
        else:
            row[key] = round(statistics.median(values), 2) if key.endswith("_s") else sum(values)
    row.update(target_write_s=TARGETS[kind], target_read_s=READS, verified=verified)
    row["nothing_lost"] = not (row["lost"] or row["doubled"] or row["disordered"] or row["given_up"] or row["stream_posts_missed"]) and verified
    row["in_time"] = row["write_outage_s"] <= TARGETS[kind] and row["read_outage_s"] <= READS
    row["met"] = row["nothing_lost"] and row["in_time"]
    return row


COLUMNS = [
    ("fault", "fault"), ("write s", "write_outage_s"), ("target", "target_write_s"), ("read s", "read_outage_s"),
    ("target", "target_read_s"), ("acknowledged", "acknowledged"), ("lost", "lost"), ("doubled", "doubled"),
    ("≤ 60 s %", "within_60_s_percent"), ("stream missed", "stream_posts_missed"), ("standby reads", "read_from_standby"),
    ("verified", "verified"), ("met", "met"),
]


def words(value):
    return {True: "yes", False: "NO"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def markdown(rows):
    lines = ["| " + " | ".join(title for title, _ in COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(words(row[key]) for _, key in COLUMNS) + " |" for row in rows]
    return "\n".join(lines)


def table(rows):
    cells = [[title for title, _ in COLUMNS]] + [[words(row[key]) for _, key in COLUMNS] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)


def version(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip().splitlines()[0]


def surroundings(pg_bin):
    return {
        "processors": os.cpu_count(), "kernel": platform.release(), "postgresql": version(f"{pg_bin}/postgres", "--version"),
        "etcd": version("etcd", "--version"), "haproxy": version("haproxy", "-v"), "patroni": "4.1.5",
    }


def keep(folder, rows, about):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lab.json"), "w", encoding="utf-8") as f:
        json.dump({"about": about, "faults": rows}, f, ensure_ascii=False, indent=1)
    with open(os.path.join(folder, "lab.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(f"* {k}: {v}" for k, v in about.items()) + "\n\n" + markdown(rows) + "\n")
