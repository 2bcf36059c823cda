"""The faults. Each happens while people work, proves that it struck, and puts right what it did; it returns when that was."""

import os
import signal
import subprocess
import time

FAULTS = {}
HOURS = 3600


def fault(words, short=True, needs=None):
    """`needs`: the part of the place without which it cannot be done."""
    def note(act):
        FAULTS[act.__name__.replace("_", "-")] = (words, short, needs, act)
        return act
    return note


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def answered(load, since, seconds=120):
    """Waits until everybody who writes has been acknowledged something that was sent later than that."""
    wait_for("every writer acknowledged again", lambda: all(w.last_sent > since for w in load.writers), seconds)


def kill(pids, number=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def again_and_again(load, strike, times=3):
    for _ in range(times):
        strike()
        struck = time.time()
        answered(load, struck)
    return struck


@fault("the server killed with -9, three times")
def server_killed(d, load, seconds):
    return again_and_again(load, d.process_kill)


@fault("PostgreSQL killed with -9, three times")
def database_killed(d, load, seconds):
    return again_and_again(load, lambda: kill([d.postmaster()]))


@fault("everything killed with -9 at once, three times", short=False)
def all_killed(d, load, seconds):
    def strike():
        kill(d.database_processes())
        d.process_kill()
    return again_and_again(load, strike)


@fault("PostgreSQL frozen (SIGSTOP)")
def database_frozen(d, load, seconds):
    frozen = d.database_processes()
    kill(frozen, signal.SIGSTOP)
    time.sleep(seconds)
    kill(frozen, signal.SIGCONT)
    return time.time()


@fault("a foreign lock on the heads of all streams: every connection waits, the pool is exhausted")
def pool_exhausted(d, load, seconds):
    locker = d.psql(subprocess.Popen, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    locker.stdin.write("BEGIN; LOCK TABLE care.stream_head IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
    locker.stdin.flush()
    if locker.stdout.readline().strip() != "locked":
        raise RuntimeError("the lock was not had")
    time.sleep(max(seconds, 6))
    locker.communicate("ROLLBACK;\n", timeout=10)
    return time.time()


@fault("the disk full: a foreign file takes everything; then the ballast is given up", needs="disk")
def disk_full(d, load, seconds):
    foreign, begun = os.path.join(d.data, "foreign"), time.time()
    take_everything(foreign)

    def held():
        # What is prepared of the log is used up: PostgreSQL must ask the disk for more.
        d.sql("SELECT pg_catalog.pg_switch_wal()", check=False)
        time.sleep(0.3)
        return sum(w.refusals.get(503, 0) for w in load.writers) > 0 and time.time() > begun + seconds
    wait_for("writing is refused on a full disk", held, 120)
    freed = d.run("ballast", "free")
    if freed.returncode or not any(c.isdigit() and c != "0" for c in freed.stdout):
        raise RuntimeError(f"ballast free: {freed.stdout} {freed.stderr}")
    room = time.time()
    answered(load, room)
    os.remove(foreign)
    return room


def take_everything(file):
    """Every block that is free, in smaller and smaller pieces."""
    with open(file, "wb") as f:
        piece, length = 64 << 20, 0
        while piece >= 4096:
            try:
                os.posix_fallocate(f.fileno(), length, piece)
                length += piece
            except OSError:
                piece //= 2


@fault("a slow disk: 400 ms more for every fsync of PostgreSQL", needs="shim")
def disk_slow(d, load, seconds):
    before = time.time()
    d.shim.slow(0.4)
    time.sleep(max(seconds, 5))
    d.shim.slow(0)
    if not any(a[0] > before and a[1] - a[0] > 0.4 for w in load.writers for a in w.acknowledged):
        raise RuntimeError("the disk was not slow")
    return time.time()


@fault("an fsync of PostgreSQL answered with EIO, three times", needs="shim")
def fsync_fails(d, load, seconds):
    def strike():
        said = len(d.database_log())
        d.shim.fail(1)
        wait_for("PostgreSQL panics", lambda: "PANIC" in d.database_log()[said:])
    return again_and_again(load, strike)


# A node says how its clock does four times a minute, and the alarms are looked at as often.
WORD = 15
JUMPED = "SELECT count(*) FROM care.alarm WHERE code = 'clock_jumped' AND ended_at IS NULL"


# For about a second after the database came back nobody vouches for its clock (docs/decisions/0017).
VOUCHED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 2022 AND granted"


def clock_set(d, seconds, hours):
    wait_for("a node vouches for the clock", lambda: d.sql(VOUCHED).stdout.strip() != "0", 30)
    d.shim.set_clock(hours * HOURS)
    time.sleep(seconds)
    d.shim.set_clock(0)
    right = time.time()
    if seconds > WORD:
        wait_for("the alarm is raised", lambda: d.sql(JUMPED).stdout.strip() != "0", 60)
    return right


@fault("the clock set 3 h ahead, and back", needs="shim")
def clock_ahead(d, load, seconds):
    return clock_set(d, seconds, 3)


@fault("the clock set 3 h behind, and right again", needs="shim")
def clock_behind(d, load, seconds):
    return clock_set(d, seconds, -3)
