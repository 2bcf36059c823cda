"""Machines as network namespaces on one bridge, cut off from everything else. Nothing touches the root namespace."""

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import threading
import time

PREFIX = "rklab"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True).stdout


class Network:
    """A bridge and the machines plugged into it. Names carry this process's id, so that two labs do not meet."""

    def __init__(self):
        self.name = f"{PREFIX}-{os.getpid()}"
        self.switch = f"{self.name}-sw"
        self.machines = {}

    def up(self):
        sweep()
        ip("netns", "add", self.switch)
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge")
        ip("-n", self.switch, "link", "set", "br0", "up")

    def machine(self, name, address):
        ns = f"{self.name}-{name}"
        ip("netns", "add", ns)
        ip("link", "add", name, "netns", self.switch, "type", "veth", "peer", "name", "eth0", "netns", ns)
        ip("-n", self.switch, "link", "set", name, "master", "br0", "up")
        ip("-n", ns, "link", "set", "lo", "up")
        ip("-n", ns, "addr", "add", f"{address}/24", "dev", "eth0")
        ip("-n", ns, "link", "set", "eth0", "up")
        self.machines[name] = ns
        return ns

    def cable(self, name, plugged):
        ip("-n", self.switch, "link", "set", name, "up" if plugged else "down")

    def cut_from(self, name, addresses):
        """Drops what comes from and goes to these addresses; everybody else still gets through."""
        them = ", ".join(addresses)
        rules = f"""table inet cut {{
 chain i {{ type filter hook input priority 0; ip saddr {{ {them} }} drop; }}
 chain o {{ type filter hook output priority 0; ip daddr {{ {them} }} drop; }}
}}"""
        subprocess.run(inside(self.machines[name]) + ["nft", "-f", "-"], input=rules, text=True, check=True)

    def heal(self, name):
        subprocess.run(inside(self.machines[name]) + ["nft", "delete", "table", "inet", "cut"], check=True)

    def down(self):
        for ns in [*self.machines.values(), self.switch]:
            remove(ns)


def inside(ns):
    """The words before a command that shall run on a machine."""
    return ["nsenter", f"--net=/run/netns/{ns}"]


def pids(ns):
    return [int(p) for p in ip("netns", "pids", ns, check=False).split()]


def signal_all(ns, number):
    for pid in pids(ns):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def remove(ns):
    """Ends whatever still runs in a namespace of ours, then the namespace."""
    deadline = time.monotonic() + 10
    while pids(ns) and time.monotonic() < deadline:
        signal_all(ns, signal.SIGKILL)
        time.sleep(0.05)
    ip("netns", "del", ns, check=False)


def sweep():
    """Takes away what a lab left that was killed and could not clean up."""
    for line in ip("netns", "list").splitlines():
        name = line.split()[0]
        parts = name.split("-")
        if parts[0] == PREFIX and len(parts) == 3 and not os.path.exists(f"/proc/{parts[1]}"):
            remove(name)


def connect(ns, address, timeout):
    """A TCP connection that begins on a machine: a thread of its own goes there, makes it, and ends."""
    result = []

    def there():
        try:
            with open(f"/run/netns/{ns}", "rb") as f:
                if LIBC.setns(f.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(socket.create_connection(address, timeout))
        except OSError as error:
            result.append(error)

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    if isinstance(result[0], OSError):
        raise result[0]
    return result[0]


def request(ns, address, method, path, body=None, headers=None, timeout=5, site=None):
    """One HTTP request from a machine: (status, headers, bytes). By HTTPS to a site, plain without one."""
    connection = http.client.HTTPConnection(site.name if site else address[0], address[1], timeout=timeout)
    connection.sock = connect(ns, address, timeout)
    if site:
        connection.sock = site.secure(connection.sock)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()
