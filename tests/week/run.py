#!/usr/bin/env python3
"""A week in the life of the sample region: 25 people, about 1,500 acts, each day checked against a model.

    python3 tests/week/run.py [--renkei target/debug/renkei] [--days 7] [--seed 1]

Starts `renkei demo` in a folder of its own. Several people act at once, as they do. After each day every list of
everybody (unread, waiting for 了解, open items, tasks, the numbers on icon and bell) must be what the model says; after the week every timeline must hold
each acknowledged post once, with the right readers, visits and measurements must be what was done, a relative must see the
family's posts and nothing else, and `renkei verify` must find every chain whole. How long the pages
took is printed by day, and a page may not have become several times as slow over the week.
Python's standard library only.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import threading
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import follow  # noqa: E402
from acts import DAY  # noqa: E402
from demo_server import in_a_folder  # noqa: E402
from model import Group, Post, faults_of_a_day, faults_of_a_group  # noqa: E402
from person import Person  # noqa: E402

AT_ONCE = 6
ACTS_A_DAY = 9
# Over a week the timelines grow; a page that shows the newest of them does not.
SLOWER = 3


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def monday_morning(people, groups):
    """Everybody has read and acknowledged all that was there before; the model knows it."""
    for group in groups:
        members = [people[login] for login in group.members]
        group.patient = members[0].ask("GET", f"/api/v1/groups/{group.id}")["patient_id"]
        group.sheet = members[0].ask("GET", f"/api/v1/patients/{group.patient}/face-sheet")["version"]
        by_name = {person.name: person.login for person in people.values()}
        for shown in members[0].every(f"/api/v1/groups/{group.id}/posts?limit=100"):
            author = by_name.get(shown["author"]["name"], "")
            group.posts[shown["id"]] = Post(shown["id"], shown["seq"], author, False, shown["withdrawn"] is not None, True)
            if shown["must_acknowledge_by"] and shown["withdrawn"] is None:
                for member in members:
                    if member.login != author:
                        member.ask("PUT", f"/api/v1/posts/{shown['id']}/acknowledgement", None, (204,))
        for member in members:
            if last := group.last():
                member.ask("POST", f"/api/v1/groups/{group.id}/read", {"up_to_seq": last}, (204,))
                group.has_read(member.login, last)
            for shown in member.every(f"/api/v1/groups/{group.id}/posts?limit=100"):
                if shown["acknowledgements"]["mine"]:
                    group.posts[shown["id"]].acknowledged.add(member.login)
        for shown in members[0].every(f"/api/v1/groups/{group.id}/posts?limit=100"):
            post = group.posts[shown["id"]]
            post.acknowledged_by_others = shown["acknowledgements"]["count"] - len(post.acknowledged)
            post.read_by_others = shown["read_by"]["count"] - group.readers(post)


def day(number, people, groups, seed):
    """Everybody does their acts, a few people at a time; what went wrong, in words."""
    waiting, faults, lock = list(people.values()), [], threading.Lock()
    dice = random.Random(f"{seed}/{number}")
    dice.shuffle(waiting)
    acts, weights = zip(*DAY, *follow.DAY)

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                person = waiting.pop()
            own = random.Random(f"{seed}/{number}/{person.login}")
            mine = [group for group in groups if person.login in group.members]
            for act in own.choices(acts, weights, k=ACTS_A_DAY) if mine else []:
                try:
                    act(person, own.choice(mine), own)
                except Exception as error:  # pylint: disable=broad-exception-caught
                    with lock:
                        faults.append(f"{act.__name__}: {type(error).__name__} {error}")

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for group in groups:
        for relative in group.relatives:
            follow.family_day(relative, group)
    for person in people.values():
        mine = [group for group in groups if person.login in group.members]
        faults += [*faults_of_a_day(person, mine), *follow.faults_of_lists(person, mine), *follow.faults_of_counts(person)]
    return faults


def pages_of(people):
    """Seconds that pages took since the last call, and forgets them."""
    taken = [seconds for person in people.values() for _, seconds in person.pages]
    for person in people.values():
        person.pages = []
    return sorted(taken)


def week(demo, days, seed):
    described = demo.start()
    staff = [account for account in described["accounts"] if {"staff", "facility_admin"} & set(account["roles"])]
    people = {account["login_id"]: Person(demo.port, account) for account in staff}
    relatives = [Person(demo.port, account) for account in described["accounts"] if account not in staff]
    groups = [Group(group) for group in described["groups"] if group["kind"] == "patient"]
    for group in groups:
        group.members = [login for login in group.members if login in people]
    monday_morning(people, groups)
    follow.begin(people, relatives, groups)
    before = sum(person.acts for person in people.values())
    faults, quick, began = [], [], time.time()
    for number in range(days):
        found = day(number, people, groups, seed)
        faults += found
        took = pages_of(people)
        # The quicker quarter says how long a page takes by itself, whatever else the machine does meanwhile.
        quick.append(statistics.quantiles(took)[0])
        print(f"day {number + 1}: {len(found)} faults, {len(took)} pages, quarter within {1000 * quick[-1]:.0f} ms, "
              f"half within {1000 * statistics.median(took):.0f} ms, longest {1000 * took[-1]:.0f} ms", flush=True)
    for group in groups:
        first = people[group.members[0]]
        faults += [*faults_of_a_group(first, group), *follow.faults_of_what_follows(first, group)]
    acts = sum(person.acts for person in people.values()) - before
    posts = sum(len(group.posts) for group in groups)
    if quick[-1] > SLOWER * quick[0]:
        faults.append(f"pages became slower: {quick[0]:.3f} s on the first day, {quick[-1]:.3f} s on the last")
    print(f"{len(people)} people, {len(groups)} groups, {acts} requests in {time.time() - began:.0f} s, {posts} posts on the timelines")
    demo.stop()
    verified = subprocess.run([demo.renkei, "verify", "--data", demo.data], capture_output=True, text=True, check=False)
    print(verified.stdout.strip())
    if verified.returncode != 0:
        faults.append("renkei verify found a fault")
    if acts < 200 * days:
        faults.append(f"only {acts} requests: the week was too quiet to say anything")
    return faults


def main():
    asked = options()
    faults = in_a_folder("week", asked.renkei, lambda demo: week(demo, asked.days, asked.seed))
    for fault in faults[:40]:
        print(fault)
    print(f"week: {'1 passed, 0 failed' if not faults else f'0 passed, 1 failed ({len(faults)} faults)'}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
