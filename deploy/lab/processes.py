"""Processes on machines, and the supervisor that starts again what dies, as systemd does with Restart=always."""

import os
import pwd
import signal
import subprocess
import threading
import time

from network import inside, signal_all


def as_user(user):
    """The words before a command that shall not run as root."""
    return ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--init-groups"]


class Process:
    """One supervised process. `kill` leaves it to the supervisor; `stop` means it."""

    def __init__(self, machine, name, argv, user=None, env=None, restart_after=1.0):
        self.machine, self.name, self.argv, self.user = machine, name, argv, user
        self.env, self.restart_after = env or {}, restart_after
        self.wanted, self.running, self.died = False, None, None

    def start(self):
        path = os.path.join(self.machine.folder, f"{self.name}.log")
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": self.machine.folder, **self.env}
        with open(path, "ab") as log:
            self.running = subprocess.Popen(
                inside(self.machine.ns) + (as_user(self.user) if self.user else []) + self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=env, cwd="/", start_new_session=True)
        self.wanted, self.died = True, None

    @property
    def pid(self):
        return self.running.pid

    def kill(self, number=signal.SIGKILL):
        self.running.send_signal(number)

    def stop(self, seconds=20):
        """SIGTERM, and SIGKILL after a while."""
        self.wanted = False
        if self.running and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(seconds)
            except subprocess.TimeoutExpired:
                self.running.kill()
                self.running.wait()

    def look(self):
        """Called by the supervisor a few times a second."""
        if not self.wanted or self.running.poll() is None:
            return
        now = time.monotonic()
        if self.died is None:
            self.died = now
        if now - self.died >= self.restart_after:
            self.start()


class Machine:
    """A namespace with its processes."""

    def __init__(self, network, name, address, folder):
        self.network, self.name, self.address = network, name, address
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.ns = network.machine(name, address)
        self.processes = {}

    def add(self, name, argv, **options):
        self.processes[name] = Process(self, name, argv, **options)
        return self.processes[name]

    def lose(self):
        """Power off: everything ends at once and nobody starts it again."""
        for process in self.processes.values():
            process.wanted = False
        signal_all(self.ns, signal.SIGKILL)

    def back(self):
        for process in self.processes.values():
            if process.running is None or process.running.poll() is not None:
                process.start()

    def freeze(self):
        signal_all(self.ns, signal.SIGSTOP)

    def thaw(self):
        signal_all(self.ns, signal.SIGCONT)


class Supervisor(threading.Thread):
    def __init__(self, machines):
        super().__init__(daemon=True)
        self.machines, self.ended = machines, threading.Event()

    def run(self):
        while not self.ended.wait(0.1):
            for machine in self.machines:
                for process in list(machine.processes.values()):
                    process.look()
