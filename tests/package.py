"""The Debian package, installed for real: into a copy of this system that is thrown away, on a network that leads nowhere.

    sudo python3 tests/package.py target/package/renkei_0.1.0-1_amd64.deb

The copy is an overlay of the running root in a mount namespace of its own; nothing of it reaches the machine. There
`dpkg` installs the package, and as its own user an installation is made and served by `renkei serve` without arguments,
as the unit does. Then the package is installed again over it, and purged: the records stay.
"""

import argparse
import os
import pathlib
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ANSWERS = ["https://renkei.example.jp", "試験医院", "シケンイイン", "clinic", "first", "試験 花子", "シケン ハナコ",
           "doctor", "kagami-nazo-8-fune"]
AS_RENKEI = ["setpriv", "--reuid=renkei", "--regid=renkei", "--clear-groups", "--no-new-privs"]


def check(holds, what, detail=""):
    print(("ok   " if holds else "FAIL ") + what, flush=True)
    if not holds:
        raise SystemExit(f"{what}: {detail}")


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def must(*words):
    done = run(*words)
    check(done.returncode == 0, " ".join(words[:3]), done.stdout + done.stderr)
    return done.stdout


def enter_copy(deb):
    """The overlay's own layers lie in memory; the package is handed in through it."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="renkei-package-"))
    must("mount", "-t", "tmpfs", "tmpfs", str(scratch))
    upper, work, root = (scratch / n for n in ("upper", "work", "root"))
    for folder in (upper, work, root):
        folder.mkdir()
    must("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", str(root))
    for bound in ("proc", "dev"):
        must("mount", "--rbind", f"/{bound}", str(root / bound))
    for fresh in ("tmp", "run"):
        must("mount", "-t", "tmpfs", "tmpfs", str(root / fresh))
        (root / fresh).chmod(0o1777 if fresh == "tmp" else 0o755)
    (root / "tmp/renkei.deb").write_bytes(deb.read_bytes())
    # Services of the copy would be started by a service manager that it does not have.
    policy = root / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    os.chroot(root)
    os.chdir("/")


def owner(path):
    found = os.stat(path)
    import pwd
    return pwd.getpwuid(found.st_uid).pw_name, stat.S_IMODE(found.st_mode)


def answers(path):
    request = urllib.request.Request("http://127.0.0.1:8080" + path, headers={"Host": "renkei.example.jp"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def serving():
    server = subprocess.Popen([*AS_RENKEI, "/usr/bin/renkei", "serve"], stderr=subprocess.DEVNULL)
    began = time.monotonic()
    while time.monotonic() - began < 60 and server.poll() is None:
        if answers("/readyz"):
            return server
        time.sleep(0.02)
    raise SystemExit("the installed server did not become ready")


def installed():
    install = ["dpkg", "--install", "--force-depends", "/tmp/renkei.deb"]
    said = must(*install)
    check("not set up" in said, "the package says what to do next", said)
    check(owner("/var/lib/renkei") == ("renkei", 0o700), "the data's folder belongs to the service alone")
    check(owner("/etc/renkei")[1] == 0o750, "the settings' folder is closed to others")
    unit = "/usr/lib/systemd/system/renkei.service"
    verified = run("systemd-analyze", "verify", unit)
    check("renkei" not in verified.stderr, "the unit is well-formed", verified.stderr)
    figure = run("systemd-analyze", "security", "--offline=true", unit).stdout.strip().splitlines()[-1]
    check("OK" in figure, figure.strip("→ "))
    unfinished = run(*AS_RENKEI, "renkei", "serve")
    check(unfinished.returncode != 0 and "renkei init" in unfinished.stderr, "unfinished, it does not start", unfinished.stderr)

    made = run(*AS_RENKEI, "renkei", "init", input="\n".join(ANSWERS) + "\n")
    check(made.returncode == 0, "its user makes an installation", made.stderr)
    as_root = run("renkei", "doctor")
    check("sudo -u renkei" in as_root.stdout, "root is told whose installation it is", as_root.stdout)
    server = serving()
    check("サインイン" in answers("/sign-in"), "the sign-in page answers")
    looked = run(*AS_RENKEI, "renkei", "doctor", "--lang", "en", "--all")
    check("the key opens the records" in looked.stdout, "doctor looks at it", looked.stdout + looked.stderr)
    check(run(*AS_RENKEI, "renkei", "alive").returncode == 0, "it says that it is alive")
    must(*install)
    server.send_signal(signal.SIGTERM)
    check(server.wait(timeout=60) == 0, "it stops in order")
    server = serving()
    server.send_signal(signal.SIGTERM)
    check(server.wait(timeout=60) == 0, "installed again over itself, it starts and stops")
    must("dpkg", "--purge", "renkei")
    check(pathlib.Path("/var/lib/renkei/keys/master").exists(), "purged, it leaves records and key")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deb", type=pathlib.Path)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        os.execvp("unshare", [*words, sys.executable, __file__, "--inside", str(options.deb.absolute())])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    enter_copy(options.deb)
    installed()


main()
