#!/usr/bin/env python3
"""Load of signed-in people through the JSON API, from the clients' machine. Told what to do by a JSON file; says
"steady" when everybody has been answered, goes on until a line comes on standard input, then writes what it saw.

Writers retry with the same client id until they are acknowledged, readers ask again, live streams come back with the
last id that they saw: what the page in the browser does. All of it by HTTPS. Python's standard library only.
"""

import http.client
import json
import random
import socket
import sys
import threading
import time
import uuid

from web import Site

CONNECT, POST, READ, STREAM = 2, 8, 2.5, 20


def connection(site, address):
    """A connection to the front, made and checked within CONNECT seconds."""
    made = http.client.HTTPConnection(site.name, address[1], timeout=CONNECT)
    made.sock = socket.create_connection(address, CONNECT)
    made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.sock = site.secure(made.sock)
    return made


class Client:
    """One person's connection, made anew after anything that went wrong."""

    def __init__(self, site, address, token):
        self.site, self.address, self.token, self.open = site, address, token, None

    def ask(self, method, path, body=None, timeout=POST):
        """(status, JSON or None); 0 when there was no answer."""
        try:
            if self.open is None or self.open.sock is None:
                self.open = connection(self.site, self.address)
            self.open.sock.settimeout(timeout)
            headers = {"Authorization": f"Bearer {self.token}"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            self.open.request(method, path, body, headers)
            answer = self.open.getresponse()
            text = answer.read()
            mode = answer.getheader("renkei-mode")
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, None, None
        if answer.status >= 500:
            self.close()
        good = answer.status in (200, 201)
        return answer.status, json.loads(text) if good else None, mode

    def close(self):
        if self.open is not None:
            self.open.close()
        self.open = None


class Person(threading.Thread):
    def __init__(self, plan, user, stop):
        super().__init__(daemon=True)
        self.site, self.address = plan["site"], tuple(plan["address"])
        self.token, self.groups = user["token"], user["groups"]
        self.stop, self.client, self.refusals = stop, Client(self.site, self.address, self.token), {}

    def refused(self, status):
        self.refusals[status] = self.refusals.get(status, 0) + 1


class Writer(Person):
    """One post after the other. Notes for each: when first sent, when acknowledged, client id, id, group, number."""

    def __init__(self, plan, user, stop):
        super().__init__(plan, user, stop)
        self.pause, self.acknowledged, self.given_up, self.tries, self.last_sent = plan["pause"], [], [], 0, 0.0

    def run(self):
        group = self.groups[0]
        while not self.stop.is_set():
            client_id, first = str(uuid.uuid4()), time.time()
            body = json.dumps({"client_id": client_id, "body": f"記録 {client_id}"}).encode()
            while True:
                self.tries, sent = self.tries + 1, time.time()
                status, post, _ = self.client.ask("POST", f"/api/v1/groups/{group}/posts", body)
                if post is not None:
                    self.last_sent = sent
                    self.acknowledged.append((first, time.time(), client_id, post["id"], group, post["seq"]))
                    break
                self.refused(status)
                # Whoever stops in the middle of an outage waits for the end of it, up to a minute.
                if time.time() - first > 60 and self.stop.is_set():
                    self.given_up.append((first, client_id, group))
                    return
                time.sleep(0.1 + random.random() * 0.1)
            time.sleep(self.pause)


class Reader(Person):
    """Looks at the newest posts again and again. Notes when each look began and when it was answered, and how."""

    def __init__(self, plan, user, stop):
        super().__init__(plan, user, stop)
        self.pause, self.looks = plan["pause"], []

    def run(self):
        while not self.stop.is_set():
            group, first = random.choice(self.groups), time.time()
            while not (self.stop.is_set() and time.time() - first > 60):
                status, page, mode = self.client.ask("GET", f"/api/v1/groups/{group}/posts?limit=20", timeout=READ)
                if page is not None:
                    self.looks.append((first, time.time(), mode == "reading"))
                    break
                self.refused(status)
                time.sleep(0.1)
            time.sleep(self.pause)


class Listener(Person):
    """A live stream that comes back with its last id. Notes which posts it heard of and which node served it."""

    def __init__(self, plan, user, stop):
        super().__init__(plan, user, stop)
        self.heard, self.nodes, self.resets, self.began, self.last = {}, [], 0, None, None

    def run(self):
        while not self.stop.is_set():
            try:
                self.listen()
            except (OSError, http.client.HTTPException):
                pass
            if not self.stop.is_set():
                time.sleep(0.3)

    def listen(self):
        stream = connection(self.site, self.address)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
            if self.last:
                headers["Last-Event-ID"] = self.last
            stream.request("GET", "/api/v1/events", headers=headers)
            stream.sock.settimeout(STREAM)
            answer = stream.getresponse()
            if answer.status != 200:
                self.refused(answer.status)
                return
            node = answer.getheader("x-served-by")
            if not self.nodes or self.nodes[-1] != node:
                self.nodes.append(node)
            self.read(answer)
        finally:
            stream.close()

    def read(self, answer):
        event, data, given = "message", "", None
        while not self.stop.is_set():
            line = answer.readline()
            if not line:
                return
            line = line.decode().rstrip("\r\n")
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "data":
                data = value
            elif name == "id":
                given = value
            elif line == "":
                if data:
                    self.take(event, json.loads(data), given)
                event, data, given = "message", "", None

    def take(self, event, data, given):
        if given:
            self.last = given
        if event == "reset":
            self.resets += 1
        if self.began is None:
            self.began = time.time()
        if event == "post.created" and data.get("post_id"):
            self.heard.setdefault(data["post_id"], time.time())


class Load:
    """Everybody of a plan at work. `begin` returns when all have been answered, `end` what they saw."""

    def __init__(self, plan):
        self.stop, self.quiet = threading.Event(), threading.Event()
        self.listeners = [Listener(plan, u, self.quiet) for u in plan["listeners"]]
        self.writers = [Writer(plan, u, self.stop) for u in plan["writers"]]
        self.readers = [Reader(plan, u, self.stop) for u in plan["readers"]]

    def begin(self, seconds=60):
        deadline = time.time() + seconds
        for thread in self.listeners:
            thread.start()
        while any(x.began is None for x in self.listeners) and time.time() < deadline:
            time.sleep(0.05)
        for thread in self.writers + self.readers:
            thread.start()
        while time.time() < deadline and not self.steady():
            time.sleep(0.05)
        return self.steady()

    def steady(self):
        return all(len(w.acknowledged) > 2 for w in self.writers) and all(len(r.looks) > 2 for r in self.readers)

    def end(self):
        self.stop.set()
        for thread in self.writers + self.readers:
            thread.join(70)
        # The streams may take a moment longer than the last acknowledgement.
        wanted = {a[3]: a[4] for w in self.writers for a in w.acknowledged}
        patience = time.time() + 20
        while time.time() < patience and any(
                post not in x.heard for x in self.listeners for post, group in wanted.items() if group in x.groups):
            time.sleep(0.2)
        self.quiet.set()
        return {
            "writers": [{"acknowledged": w.acknowledged, "given_up": w.given_up, "tries": w.tries, "refusals": w.refusals}
                        for w in self.writers],
            "readers": [{"looks": r.looks, "refusals": r.refusals, "groups": r.groups} for r in self.readers],
            "listeners": [{"heard": list(x.heard), "nodes": x.nodes, "resets": x.resets, "began": x.began, "groups": x.groups}
                          for x in self.listeners],
        }


def main():
    plan = json.load(open(sys.argv[1], encoding="utf-8"))
    plan["site"] = Site(plan["name"], plan["authority"])
    load = Load(plan)
    load.begin()
    print("steady", flush=True)
    sys.stdin.readline()
    json.dump(load.end(), open(sys.argv[2], "w", encoding="utf-8"))
    print("done", flush=True)


if __name__ == "__main__":
    main()
