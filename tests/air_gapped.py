"""An installation on one machine, from nothing to a sign-in page, on a network that leads nowhere.

    python3 tests/air_gapped.py target/debug/renkei

Starts itself again in a network namespace that holds nothing but the loopback device: no route, no name service. There
it makes an installation, serves it, asks for the page, has `renkei doctor` look at it, takes the key away and puts it
back. Prints what it saw; exits non-zero when something is not as it should be.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

PORT = 18290
BASE = f"http://127.0.0.1:{PORT}"
ANSWERS = ["試験医院", "シケンイイン", "clinic", "first", "試験 花子", "シケン ハナコ", "doctor", "kagami-nazo-8-fune"]
# What the machine of a test may lack: a synchronised clock, room on its disk.
OF_THE_MACHINE = {"clock", "disk"}


def enter_namespace(argv):
    """root may make a namespace; anybody else makes a user namespace around it, keeping the own name."""
    own = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    os.execvp("unshare", ["unshare", *own, "--net", sys.executable, __file__, "--inside", *argv])


def run(renkei, *words, **options):
    return subprocess.run([renkei, *words], capture_output=True, text=True, check=False, **options)


def get(path):
    request = urllib.request.Request(BASE + path, headers={"Host": "renkei.example.jp"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def check(holds, what, detail=""):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        raise SystemExit(f"{what}: {detail}")


def serve(renkei, data):
    """The running server and the seconds until it was ready."""
    log = open(data / "serve.log", "a+", encoding="utf-8")
    began = time.monotonic()
    server = subprocess.Popen([renkei, "serve", "--data", data], stderr=log)
    while time.monotonic() - began < 60:
        if get("/readyz")[0] == 200:
            return server, time.monotonic() - began
        if server.poll() is not None:
            break
        time.sleep(0.01)
    server.kill()
    raise SystemExit("the server did not become ready: " + (data / "serve.log").read_text())


def stop(server):
    server.send_signal(signal.SIGTERM)
    return server.wait(timeout=30)


def no_way_out():
    routes = subprocess.run(["ip", "route", "show", "table", "all"], capture_output=True, text=True, check=True)
    away = [line for line in routes.stdout.splitlines() if "dev lo" not in line]
    check(not away, "no route leads out of this namespace", away)


def installation(renkei, data):
    no_way_out()
    version = run(renkei, "--version")
    check(version.returncode == 0, f"{version.stdout.strip()}", version.stderr)
    init = ["init", "--data", data, "--listen", f"127.0.0.1:{PORT}"]
    made = run(renkei, *init, input="\n".join(["https://renkei.example.jp", *ANSWERS]) + "\n")
    check(made.returncode == 0, "an installation with a first facility is made", made.stderr)
    again = run(renkei, *init, input="https://renkei.example.jp\n")
    check(again.returncode != 0 and "exists already" in again.stderr, "a second one over it is refused", again.stderr)

    server, seconds = serve(renkei, data)
    print(f"     ready after {seconds:.2f} s; {memory(server.pid)} MiB resident")
    status, page = get("/sign-in")
    check(status == 200 and "サインイン" in page, "the sign-in page answers", page)
    looked_at(renkei, data)
    check(stop(server) == 0, "it stops when it is asked to")
    check(run(renkei, "verify", "--data", data).returncode == 0, "the record verifies while it is stopped")

    lost_key(renkei, data)
    server, seconds = serve(renkei, data)
    print(f"     ready again after {seconds:.2f} s")
    check(stop(server) == 0, "with its key back it starts and stops")


def looked_at(renkei, data):
    report = json.loads(run(renkei, "doctor", "--data", data, "--json").stdout)
    bad = [f for s in report["subjects"] if s["name"] not in OF_THE_MACHINE for f in s["findings"] if f["state"] == "bad"]
    seen = sum(len(s["findings"]) for s in report["subjects"])
    check(not bad and seen > 25, f"doctor finds nothing bad in {seen} checks", bad)


def lost_key(renkei, data):
    key, kept = data / "keys/master", data / "kept"
    key.rename(kept)
    refused = run(renkei, "serve", "--data", data, timeout=60)
    check(refused.returncode != 0 and "no new key is made" in refused.stderr, "without its key it refuses to start", refused.stderr)
    check(not key.exists(), "and makes no new one")
    kept.rename(key)


def memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renkei")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        enter_namespace(sys.argv[1:])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # A short path that the database's own user can pass.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="renkei-air-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        installation(pathlib.Path(options.renkei).absolute(), folder / "data")
    finally:
        shutil.rmtree(folder)


main()
