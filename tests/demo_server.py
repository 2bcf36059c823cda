"""`renkei demo` as a server under test: started, killed, stopped."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Demo:
    """The server under test."""

    def __init__(self, renkei, data, port):
        self.renkei, self.data, self.port = renkei, data, port
        self.json = os.path.join(data, "..", "demo.json")
        self.process = None

    def start(self):
        if os.path.exists(self.json):
            os.remove(self.json)
        log = open(os.path.join(self.data, "..", "server.log"), "ab")
        self.process = subprocess.Popen(
            [self.renkei, "demo", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--json", self.json],
            stdout=log, stderr=log)
        deadline = time.time() + 600
        while not os.path.exists(self.json):
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}; see {log.name}")
            if time.time() > deadline:
                sys.exit("the server was not ready in time")
            time.sleep(0.05)
        with open(self.json, encoding="utf-8") as f:
            return json.load(f)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def kill_database(self):
        with open(os.path.join(self.data, "cluster", "postmaster.pid"), encoding="utf-8") as f:
            os.kill(int(f.readline()), signal.SIGKILL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def in_a_folder(name, renkei, work):
    """What `work` gives for a demo in a folder of its own: its faults, if there are any. Then, or if it breaks off, the folder is left."""
    root = tempfile.mkdtemp(prefix=f"renkei-{name}-", dir="/tmp")
    data = os.path.join(root, "data")
    os.makedirs(data)
    for folder in (root, data):
        os.chmod(folder, 0o755)
    demo, faults = Demo(os.path.abspath(renkei), data, free_port()), True
    try:
        faults = work(demo)
    finally:
        if demo.process and demo.process.poll() is None:
            demo.stop()
        if faults:
            print(f"left for looking: {root}")
        else:
            shutil.rmtree(root)
    return faults
