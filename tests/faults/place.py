"""Where the faults happen: namespaces of their own for mounts and processes, so that nothing of it outlives the run and the
rest of the machine sees none of it; a small disk; and what is laid over libc."""

import mmap
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = "FAULTS_INSIDE"


def enter():
    """Goes on in the namespaces, as a child of the process that everything orphaned is left to. Says why when it cannot."""
    if os.environ.get(INSIDE) != "yes":
        if os.geteuid() != 0:
            return "only root may make namespaces and mounts"
        apart = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
        tried = subprocess.run([*apart, "true"], capture_output=True, text=True, check=False)
        if tried.returncode:
            return f"namespaces are not allowed here: {tried.stderr.strip()}"
        os.execvpe(apart[0], [*apart, sys.executable, "-u", *sys.argv], {**os.environ, INSIDE: "yes"})
    child = os.fork()
    if child == 0:
        return None
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(max(os.waitstatus_to_exitcode(status), 0))


def mount(*words):
    """What went wrong, or None."""
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    return done.stderr.strip() or f"mount {done.returncode}" if done.returncode else None


def small_disk(root, folder, mebibytes):
    """An ext4 of this size at the folder, in a file. What is wrong where there cannot be one."""
    image = os.path.join(root, "disk.img")
    with open(image, "wb") as f:
        f.truncate(mebibytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    wrong = mount("-o", "loop", image, folder)
    if wrong is None:
        os.rmdir(os.path.join(folder, "lost+found"))
        os.chmod(folder, 0o711)
    return wrong


class Shim:
    """Laid over libc for every program that starts in these namespaces; the program's own environment does not matter,
    because PostgreSQL is given a bare one."""

    def __init__(self, root):
        self.control = os.path.join(root, "control")
        with open(self.control, "wb") as f:
            f.write(bytes(24))
        os.chmod(self.control, 0o666)
        library = os.path.join(root, "shim.so")
        subprocess.run(["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", f'-DCONTROL="{self.control}"', "-o", library,
                        os.path.join(HERE, "shim.c")], check=True)
        over, work = os.path.join(root, "etc"), os.path.join(root, "etc-work")
        os.mkdir(over, 0o755)
        os.mkdir(work)
        with open(os.path.join(over, "ld.so.preload"), "w", encoding="utf-8") as f:
            f.write(library + "\n")
        self.wrong = mount("-t", "overlay", "-o", f"lowerdir=/etc,upperdir={over},workdir={work}", "overlay", "/etc")
        with open(self.control, "r+b") as f:
            self.shared = mmap.mmap(f.fileno(), 24)

    def _write(self, place, value):
        self.shared[8 * place:8 * place + 8] = struct.pack("=q", value)

    def slow(self, seconds):
        """Every fsync of PostgreSQL takes so much longer."""
        self._write(0, int(seconds * 1_000_000))

    def fail(self, times):
        """The next fsyncs of PostgreSQL are answered with EIO."""
        self._write(1, times)

    def failures_left(self):
        return struct.unpack("=q", self.shared[8:16])[0]

    def set_clock(self, seconds):
        """PostgreSQL's and Renkei's clock is so far ahead of the real one."""
        self._write(2, int(seconds * 1_000_000))
