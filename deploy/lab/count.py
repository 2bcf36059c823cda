"""What the load saw, and what is there afterwards, through the API."""

import json
from collections import Counter
from datetime import datetime, timedelta, timezone


def longest_gap(times, begin, end):
    """Seconds without an answer between begin and end."""
    marks = [begin, *sorted(t for t in times if begin <= t <= end), end]
    return max(b - a for a, b in zip(marks, marks[1:]))


def everything(client, token, group, after):
    """A group's posts above a number."""
    posts = []
    while True:
        status, _, text = client.ask("GET", f"/api/v1/groups/{group}/posts?limit=100&after_seq={after}", token, timeout=20)
        if status != 200:
            raise RuntimeError(f"posts could not be read afterwards: {status}")
        page = json.loads(text)["items"]
        if not page:
            return posts
        posts += page
        after = page[-1]["seq"]


def out_of_order(posts):
    """How often a number is left out, a time does not lie after the one before it, or is far from now."""
    now, times = datetime.now(timezone.utc), [datetime.fromisoformat(p["created_at"]) for p in posts]
    pairs = zip(posts, posts[1:], times, times[1:])
    return (sum(b["seq"] != a["seq"] + 1 or there <= here for a, b, here, there in pairs)
            + sum(abs(now - at) > timedelta(minutes=15) for at in times))


def count(saw, people, client, struck, over):
    """The figures of one fault. `struck` and `over` are when it came and when all was whole again."""
    acknowledged = [a for w in saw["writers"] for a in w["acknowledged"]]
    given_up = sum(len(w["given_up"]) for w in saw["writers"])
    looks = [look for r in saw["readers"] for look in r["looks"]]
    lost = doubled = disordered = 0
    for group in {a[4] for a in acknowledged}:
        mine = [a for a in acknowledged if a[4] == group]
        there = everything(client, people.reader_of(group), group, min(a[5] for a in mine) - 1)
        ids, bodies = {p["id"] for p in there}, Counter(p["body"] for p in there)
        lost += sum(a[3] not in ids for a in mine)
        disordered += out_of_order(there)
        doubled += sum(n > 1 for body, n in bodies.items() if body and body.startswith("記録 "))
    missed = resets = moved = 0
    for stream in saw["listeners"]:
        heard = set(stream["heard"])
        missed += sum(a[3] not in heard for a in acknowledged if a[4] in stream["groups"] and a[0] > (stream["began"] or 0))
        resets += stream["resets"]
        moved += len(set(stream["nodes"])) > 1
    requests = len(acknowledged) + len(looks) + given_up
    in_time = sum(a[1] - a[0] <= 60 for a in acknowledged) + sum(x[1] - x[0] <= 60 for x in looks)
    return {
        "write_outage_s": round(longest_gap([a[1] for a in acknowledged], struck, over), 2),
        "read_outage_s": round(longest_gap([x[1] for x in looks], struck, over), 2),
        "longest_wait_write_s": round(max(a[1] - a[0] for a in acknowledged), 2),
        "longest_wait_read_s": round(max(x[1] - x[0] for x in looks), 2),
        "acknowledged": len(acknowledged), "read": len(looks), "read_from_standby": sum(bool(x[2]) for x in looks),
        "retries": sum(w["tries"] for w in saw["writers"]) - len(acknowledged),
        "lost": lost, "doubled": doubled, "disordered": disordered, "given_up": given_up,
        "within_60_s_percent": round(100 * in_time / max(requests, 1), 4),
        "streams": len(saw["listeners"]), "streams_moved": moved, "stream_resets": resets, "stream_posts_missed": missed,
    }
