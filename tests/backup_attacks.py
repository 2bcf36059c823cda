#!/usr/bin/env python3
"""A deployment is destroyed and brought back to a noted second; then its backups are attacked, and each attack must be named.
Before that the schedule has to make a backup and a drill by itself; after it a bad result must not take the place of the present one.

    python3 tests/backup_attacks.py [--renkei target/debug/renkei]

Prints a table: attack -> what the product said. Before each attack the same command succeeds on the untouched repository.
Python's standard library only.
"""

import argparse
import datetime
import glob
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

from demo_server import Demo, free_port
from kill_loop import everything

TABLE = []


class Deployment:
    """A demo, its folder, and the commands of an administrator."""

    def __init__(self, renkei):
        self.root = tempfile.mkdtemp(prefix="renkei-backup-", dir="/tmp")
        os.chmod(self.root, 0o755)
        self.data = os.path.join(self.root, "data")
        os.makedirs(self.data, mode=0o755)
        self.renkei = renkei
        self.demo = Demo(renkei, self.data, free_port())
        self.description = None

    def start(self):
        self.description = self.demo.start()
        group = next(g for g in self.description["groups"] if g["members"])
        tokens = {a["login_id"]: a["token"] for a in self.description["accounts"]}
        self.group, self.token = group["id"], tokens[group["members"][0]]

    def post(self, text):
        connection = http.client.HTTPConnection("127.0.0.1", self.demo.port, timeout=60)
        body = json.dumps({"client_id": str(uuid.uuid4()), "body": text}).encode()
        connection.request("POST", f"/api/v1/groups/{self.group}/posts", body,
                           {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        read = answer.read()
        assert answer.status in (200, 201), (answer.status, read[:300])

    def posts(self):
        return [body for _, _, body in everything(self.demo.port, self.token, self.group)]

    def run(self, *arguments):
        """Exit code and everything that was said."""
        environment = dict(os.environ, RUST_LOG="error")
        done = subprocess.run([self.renkei, *arguments], capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr

    def must(self, *arguments):
        code, said = self.run(*arguments)
        assert code == 0, f"renkei {' '.join(arguments)}: {said}"
        return said

    def backup(self):
        said = self.must("backup", "now", "--data", self.data)
        return said.split("generation ")[1].split(":")[0]

    def path(self, *parts):
        return os.path.join(self.data, *parts)

    def sql(self, text):
        """As the database's superuser; one value of each line."""
        with open(self.path("cluster", "postmaster.pid"), encoding="utf-8") as f:
            lines = f.read().splitlines()
        done = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", lines[4], "-p", lines[3], "-U", "postgres",
                               "-d", "renkei", "-c", text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (text, done.stderr)
        return done.stdout.split()

    def until(self, what, text, seconds=180):
        """Waits for a fact in the database, with a deadline."""
        deadline = time.time() + seconds
        while not (found := self.sql(text)):
            assert time.time() < deadline, what
            time.sleep(0.1)
        return found[0]


def step(text):
    print(f"-- {text}", flush=True)


def note(name, well, told=""):
    TABLE.append((name, "as it should" if well else "NOT NAMED", (str(told).strip().splitlines() or [""])[-1].strip()[:170]))
    print(f"{name}: {TABLE[-1][1]}", flush=True)
    if not well:
        print(told)
    return int(not well)


def engine_at_work(d):
    """The process that makes a backup of this deployment; 0 while there is none."""
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{folder}/cmdline", "rb") as f:
                words = f.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0].endswith("pgbackrest") and f"--config={d.path('pgbackrest/pgbackrest.conf')}" in words and "backup" in words:
            return int(os.path.basename(folder))
    return 0


def two_days_later(d, schedule):
    d.sql("UPDATE care.schedule_run SET known_at = known_at - interval '2 days', started_at = started_at - interval '2 days', "
          "finished_at = finished_at - interval '2 days', went_well_at = went_well_at - interval '2 days', "
          f"went_well_from = went_well_from - interval '2 days' WHERE name = '{schedule}'")


def nightly(d):
    """The last runs were two days ago: the schedule makes a backup and then a drill, and while the backup hangs the rest goes on."""
    step("two days have passed: the schedule has to make a backup and a drill by itself")
    began = d.sql("SELECT extract(epoch FROM clock_timestamp())")[0]
    newer = f"started_at >= to_timestamp({began}) AND outcome = 'done'"
    two_days_later(d, "backup")
    deadline = time.time() + 60
    while not (process := engine_at_work(d)):
        assert time.time() < deadline, "the schedule begins a backup"
        time.sleep(0.02)
    os.kill(process, signal.SIGSTOP)
    stopped = d.sql("SELECT extract(epoch FROM clock_timestamp())")[0]
    try:
        for what, fact in (("files", f"SELECT 1 FROM care.schedule_run WHERE name = 'backup_files' AND went_well_from > to_timestamp({stopped})"),
                           ("a heartbeat", f"SELECT 1 FROM care.heartbeat WHERE at > to_timestamp({stopped})")):
            d.until(f"{what}, though a backup hangs", fact, 60)
        hangs = d.sql("SELECT count(*) FROM care.schedule_run WHERE name = 'backup' AND finished_at IS NULL")[0]
    finally:
        os.kill(process, signal.SIGCONT)
    failed = note("schedule: a hanging backup holds up neither files nor heartbeat", hangs == "1")
    label = d.until("a backup by the schedule", f"SELECT generation FROM care.backup_run WHERE kind = 'backup' AND {newer}")
    two_days_later(d, "backup_drill")
    drill = f"SELECT generation FROM care.backup_run WHERE kind = 'drill' AND {newer}"
    failed += note("schedule: a backup and a drill of it, both noted", d.until("a drill by the schedule", drill) == label, label)
    d.until("both ended well", "SELECT 1 FROM care.schedule_run WHERE name IN ('backup', 'backup_drill') AND outcome = 'done' HAVING count(*) = 2")
    failed += note("schedule: the generations that are kept are noted",
                   d.sql("SELECT cardinality(whole) >= 2 AND damaged = 0 FROM care.generations_kept") == ["t"])
    return label, failed


def bring_back(d):
    """The promise of the whole: post, note the time, post, destroy, restore to the noted time."""
    d.post("障害の前の記録")
    time.sleep(1.1)
    noted = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    d.post("障害の後の記録")
    # Within half a minute the log is in the repository by itself; a backup brings it there at once.
    second = d.backup()
    step(f"destroying the cluster and the files; restoring to {noted}")
    with open(d.path("cluster", "postmaster.pid"), encoding="utf-8") as f:
        postmaster = int(f.readline())
    d.demo.kill()
    os.kill(postmaster, 9)
    while os.path.exists(f"/proc/{postmaster}"):
        time.sleep(0.02)
    shutil.rmtree(d.path("cluster"))
    shutil.rmtree(d.path("blobs"))
    began = time.time()
    said = d.must("restore", "--data", d.data, "--to", noted)
    minutes = (time.time() - began) / 60
    print(said)
    d.start()
    posts = d.posts()
    assert "障害の前の記録" in posts, "the post of before is back"
    assert "障害の後の記録" not in posts, "the post of after is not"
    assert "everything holds" in d.must("verify", "--data", d.data)
    print(f"restored to {noted} in {minutes:.2f} minutes: the post of before is there, the one of after is not, the record verifies")
    return second


def flip(path, at=0.5):
    """Turns one bit over in the middle of a file."""
    with open(path, "r+b") as f:
        f.seek(int(os.path.getsize(path) * at))
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 1]))


def largest(pattern):
    return max(glob.glob(pattern, recursive=True), key=os.path.getsize)


def segments(d):
    return sorted(glob.glob(d.path("backup/database/archive/renkei/*/*/*.zst")))


class Attacks:
    """Each on a fresh copy of the good repository."""

    def __init__(self, d, labels):
        self.d, self.labels, self.failed = d, labels, 0
        shutil.copytree(d.path("backup"), d.path("backup.good"), copy_function=copy_with_owner)
        own_like(d.path("backup"), d.path("backup.good"))

    def again(self):
        shutil.rmtree(self.d.path("backup"))
        shutil.copytree(self.d.path("backup.good"), self.d.path("backup"), copy_function=copy_with_owner)
        own_like(self.d.path("backup.good"), self.d.path("backup"))

    def tried(self, name, expected, command=None, good=False):
        """Runs the drill (or another command) and looks for the words that name the attack."""
        began = time.time()
        code, said = self.d.run(*(command or ("backup", "drill", "--quick", "--data", self.d.data)))
        told = [line for line in said.splitlines() if any(word in line for word in expected)]
        told.sort(key=lambda line: not line.startswith(("BAD", "renkei:")))
        well = bool(told) and (code == 0) == good
        self.failed += not well
        TABLE.append((name, "as it should" if well else "NOT NAMED", (told or said.splitlines()[-3:] or [""])[0].strip()[:170]))
        print(f"{name}: {TABLE[-1][1]} ({time.time() - began:.1f} s)", flush=True)
        if not well:
            print(said)

    def attack(self, name, expected, act, command=None):
        self.again()
        act()
        self.tried(name, expected, command)

    def all(self):
        d, (first, second, third) = self.d, self.labels
        backups = d.path("backup/database/backup/renkei")
        into = d.path("elsewhere")
        restore = ("restore", "--data", d.data, "--to", "newest", "--into", into)
        self.tried("untouched: drill", ["everything can be restored"], ("backup", "drill", "--data", d.data), good=True)
        self.tried("untouched: restore", ["everything that is back holds"], restore, good=True)
        shutil.rmtree(into)
        self.attack("a bit flipped in the newest bundle", [third], lambda: flip(largest(f"{backups}/{third}/bundle/*")))
        self.tried("the same, restored", ["the backup is damaged"], restore)
        shutil.rmtree(into, ignore_errors=True)
        self.attack("a bit flipped in the engine's manifest", ["backup.manifest"],
                    lambda: flip(f"{backups}/{third}/backup.manifest"))
        self.attack("a bit flipped in the signed list", ["changed after it was signed"],
                    lambda: flip(d.path(f"backup/generations/{third}/manifest.json")))
        self.attack("a bit flipped in an uploaded file", ["uploads/"], lambda: flip(largest(d.path("backup/uploads/**/*"))))
        self.attack("a bit flipped in the log", ["the database's log is damaged or missing"], lambda: flip(segments(d)[-1]))
        self.attack("a segment of the log deleted", ["log segment"], lambda: os.remove(segments(d)[-2]))
        self.attack("a generation deleted", [second], lambda: shutil.rmtree(f"{backups}/{second}"))
        self.attack("the two newest generations poisoned", [f"as they were written: {first}"],
                    lambda: [flip(largest(f"{backups}/{label}/bundle/*")) for label in (second, third)])
        self.tried("the same, restored from the third", ["everything that is back holds"],
                   (*restore, "--generation", first), good=True)
        shutil.rmtree(into)
        self.wrong_key()
        self.old_backup()
        self.again()
        self.tried("untouched again: drill", ["everything can be restored"], good=True)

    def wrong_key(self):
        self.again()
        key = self.d.path("keys/backup")
        with open(key, encoding="utf-8") as f:
            right = f.read()
        with open(key, "w", encoding="utf-8") as f:
            f.write("0" * 63 + "1\n")
        self.tried("the wrong backup key", ["does not open this repository"])
        with open(key, "w", encoding="utf-8") as f:
            f.write(right)

    def old_backup(self):
        """Somebody puts an old copy of the whole repository in place: whole in itself, but not the newest."""
        shutil.rmtree(self.d.path("backup"))
        shutil.copytree(self.d.path("backup.old"), self.d.path("backup"), copy_function=copy_with_owner)
        own_like(self.d.path("backup.old"), self.d.path("backup"))
        self.tried("an old backup in place of the new one", ["are missing that were published"])


def copy_with_owner(source, target):
    shutil.copy2(source, target)
    found = os.stat(source)
    os.chown(target, found.st_uid, found.st_gid)


def own_like(source, target):
    """Folders belong to whom they belonged to."""
    for folder, _, _ in os.walk(source):
        found = os.stat(folder)
        os.chown(os.path.join(target, os.path.relpath(folder, source)), found.st_uid, found.st_gid)


def second_way(d):
    """Exported, imported into a new folder, and whole there; a flipped bit and another key are refused."""
    file, into = os.path.join(d.root, "record.renkei"), os.path.join(d.root, "imported")
    d.must("backup", "export", "--data", d.data, "--into", file)
    said = d.must("backup", "import", "--from", file, "--keys", d.path("keys"), "--into", into)
    whole = "everything that was exported holds" in said and " 0 are missing" in said
    TABLE.append(("second way: export and import", "as it should" if whole else "NOT NAMED", said.splitlines()[-2].strip()))
    flip(file)
    code, said = d.run("backup", "import", "--from", file, "--keys", d.path("keys"), "--into", f"{into}-damaged")
    named = code != 0 and "damaged" in said
    TABLE.append(("a bit flipped in the export", "as it should" if named else "NOT NAMED", said.splitlines()[-1].strip()[:170]))
    return (not whole) + (not named)


def vault(d, labels):
    """Pulled onto a file system with the immutable flag: what is there can be neither changed nor deleted, whoever asks."""
    if os.geteuid() != 0:
        print("SKIPPED, because only root can mount a file system and set the immutable flag: vault")
        return 0
    image, mount = os.path.join(d.root, "vault.img"), os.path.join(d.root, "vault")
    os.mkdir(mount)
    subprocess.run(["truncate", "-s", "512M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    place = os.path.join(mount, "renkei")
    try:
        return vault_holds(d, place, labels)
    finally:
        # Without the flag again, so that the rest can be thrown away.
        subprocess.run(["chattr", "-R", "-i", place], check=False)
        subprocess.run(["umount", mount], check=True)


def vault_holds(d, place, labels):
    pull = ("vault", "pull", "--from", d.path("backup"), "--vault", place)
    said = d.must(*pull)
    assert "nobody can change them: はい" in said, said
    targets = [largest(f"{place}/database/backup/renkei/*/bundle/*"), largest(f"{place}/uploads/*/*"),
               glob.glob(f"{place}/generations/*/manifest.json")[0], glob.glob(f"{place}/database/archive/renkei/*/*/*.zst")[0]]
    refused = 0
    for target in targets:
        for attack in (lambda: os.remove(target), lambda: open(target, "r+b").close(), lambda: os.rename(target, target + "x")):
            try:
                attack()
            except PermissionError:
                refused += 1
    wrong = refused != 3 * len(targets)
    TABLE.append(("vault: change, rename, delete as root", "NOT NAMED" if wrong else "as it should",
                  f"{refused} of {3 * len(targets)} attempts refused by the file system"))
    # The database's host is taken over: the repository is poisoned and half deleted. The vault keeps what it has, and says so.
    flip(largest(d.path("backup/database/backup/renkei/*/bundle/*")))
    shutil.rmtree(sorted(glob.glob(d.path("backup/generations/*")))[0])
    code, said = d.run(*pull)
    named = code != 0 and "is gone from the repository; the vault has it" in said
    whole = d.must("backup", "verify-vault", "--vault", place)
    kept = all(label in whole for label in labels) and "はい" in whole
    TABLE.append(("vault: the repository poisoned", "as it should" if named and kept else "NOT NAMED", said.splitlines()[2].strip()[:170]))
    if not (named and kept):
        print(said, whole)
    return wrong + (not (named and kept))


def present(d):
    """What a restore must leave alone: the cluster, every uploaded file, and what lies beside them."""
    files = {}
    for folder, _, names in os.walk(d.path("blobs")):
        for name in names:
            with open(os.path.join(folder, name), "rb") as f:
                files[os.path.join(folder, name)] = f.read()
    return os.stat(d.path("cluster")).st_ino, files, sorted(glob.glob(d.path("*.replaced-*")))


def held_back(d):
    """A result that does not hold stays where it was made; the present deployment is as it was."""
    step("a restore in place whose result does not hold")
    d.start()
    d.post("無事な記録")
    time.sleep(1.1)
    noted = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    code, said = d.run("restore", "--data", d.data, "--to", noted)
    failed = note("restore: while the database runs", code != 0 and "the database is running" in said, said)
    d.sql("SELECT guard.open_window('10 minutes', 'attack'); ALTER TABLE care.post DISABLE TRIGGER no_row_change; "
          "UPDATE care.post SET envelope = set_byte(envelope, length(envelope) / 2, get_byte(envelope, length(envelope) / 2) # 1) "
          "WHERE id = (SELECT id FROM care.post ORDER BY at DESC LIMIT 1); "
          "ALTER TABLE care.post ENABLE ALWAYS TRIGGER no_row_change; SELECT guard.close_windows()")
    d.demo.stop()
    restore = ("restore", "--data", d.data, "--to")
    before = present(d)
    code, said = d.run(*restore, "newest")
    room = [line.split("lies in ")[1].split(" (")[0] for line in said.splitlines() if "lies in " in line]
    kept = code != 0 and "NOT PUT IN PLACE" in said and present(d) == before
    whole = len(room) == 1 and all(os.path.isdir(os.path.join(room[0], part)) for part in ("cluster", "blobs"))
    failed += note("restore: a changed record, nothing is replaced", kept and whole, said)
    code, said = d.run(*restore, "newest", "--even-if-bad")
    taken = code != 0 and present(d)[0] != before[0] and len(present(d)[2]) == len(before[2]) + 2
    failed += note("restore: taken all the same, when asked to", taken and "what was there before is in" in said, said)
    upload = largest(d.path("backup/uploads/**/*"))
    flip(upload)
    before = present(d)
    code, said = d.run(*restore, noted)
    named = os.path.join("blobs", os.path.relpath(upload, d.path("backup/uploads")))
    kept = code != 0 and "NOT PUT IN PLACE" in said and f"the one that was here is {d.path(named)}" in said
    failed += note("restore: a poisoned upload, the good one stays", kept and present(d) == before, said)
    flip(upload)
    code, said = d.run(*restore, noted)
    failed += note("restore: the sound state of before is put in place", code == 0 and "everything that is back holds" in said, said)
    d.start()
    failed += note("and it serves", "無事な記録" in d.posts() and "everything holds" in d.must("verify", "--data", d.data))
    d.demo.stop()
    return failed


def shares(d):
    """Two pages restore both keys, one does not, a mistyped one is refused."""
    pages, back = os.path.join(d.root, "pages"), os.path.join(d.root, "joined")
    d.must("backup", "keys", "split", "--data", d.data, "--into", pages)
    one, two, three = (os.path.join(pages, f"share-{n}-of-3.txt") for n in (1, 2, 3))
    for n, pair in enumerate([(one, two), (one, three), (two, three)]):
        into = f"{back}-{n}"
        d.must("backup", "keys", "join", *pair, "--into", into)
        for name in ("master", "backup"):
            with open(os.path.join(into, name), encoding="utf-8") as a, open(d.path("keys", name), encoding="utf-8") as b:
                assert a.read().split() == b.read().split(), name
    code, said = d.run("backup", "keys", "join", one, "--into", f"{back}-x")
    assert code != 0 and "2 different shares are needed" in said, said
    with open(two, encoding="utf-8") as f:
        text = f.read()
    at = text.index("begins ----") + 40
    wrong = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
    with open(two, "w", encoding="utf-8") as f:
        f.write(wrong)
    code, said = d.run("backup", "keys", "join", one, two, "--into", f"{back}-x")
    assert code != 0 and "share 2" in said, said
    print("keys: any two of three pages restore both, one does not, a damaged one is refused by its number")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options = options.parse_args()
    d = Deployment(os.path.abspath(options.renkei))
    failed = 1
    try:
        failed = run(d)
    finally:
        if d.demo.process and d.demo.process.poll() is None:
            d.demo.stop()
        if failed:
            print(f"left for looking: {d.root}")
        else:
            shutil.rmtree(d.root)
    sys.exit(failed)


def run(d):
    step("a demo and its first generation")
    d.start()
    # Nobody asks for it: where there is none, the first backup does not wait for its time.
    d.until("a first backup at once", "SELECT generation FROM care.backup_run WHERE kind = 'backup' AND outcome = 'done'")
    shares(d)
    shutil.copytree(d.path("backup"), d.path("backup.old"), copy_function=copy_with_owner)
    own_like(d.path("backup"), d.path("backup.old"))
    first, failed = nightly(d)
    second = bring_back(d)
    step("a third generation, and something after it")
    d.post("三つめの世代の前")
    third = d.backup()
    d.post("三つめの世代の後")
    d.demo.stop()
    attacks = Attacks(d, (first, second, third))
    attacks.failed += failed
    attacks.all()
    attacks.failed += held_back(d)
    attacks.failed += second_way(d)
    attacks.failed += vault(d, (first, second, third))
    width = max(len(row[0]) for row in TABLE)
    print()
    for name, verdict, said in TABLE:
        print(f"{name:<{width}}  {verdict:<12}  {said}")
    print(f"backup_attacks: {len(TABLE) - attacks.failed} as they should, {attacks.failed} not")
    return 1 if attacks.failed else 0


if __name__ == "__main__":
    main()
