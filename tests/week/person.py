"""One member of staff, as a client of the JSON API and of the pages. Python's standard library only."""

import http.client
import json
import time
import uuid


class Refused(Exception):
    """An answer that was not expected; the text holds no words of the record, only where and what."""


class Person:
    def __init__(self, port, account):
        self.login, self.name, self.profession = account["login_id"], account["name"], account["profession"]
        self.roles, self.facility = account["roles"], account["facility_id"]
        self.headers = {"Authorization": f"Bearer {account['token']}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.acts, self.pages = 0, []

    def send(self, method, path, data, headers):
        """An answer and its bytes. A connection that the server closed is made anew, once."""
        self.acts += 1
        for again in (True, False):
            try:
                self.connection.request(method, path, data, self.headers | headers)
                answer = self.connection.getresponse()
                return answer, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection.close()
                if not again:
                    raise

    def ask(self, method, path, body=None, expect=(200,), raw=None, kind="application/json"):
        """The JSON (or None) of an answer with an expected status."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        answer, text = self.send(method, path, data, {"Content-Type": kind} if data is not None else {})
        if answer.status not in expect:
            code = json.loads(text).get("code") if text[:1] == b"{" else None
            raise Refused(f"{self.login}: {method} {path}: {answer.status} {code}")
        return json.loads(text) if text and "json" in answer.getheader("content-type", "") else None

    @staticmethod
    def fresh():
        return str(uuid.uuid4())

    def post(self, path, expect=(201,), **body):
        return self.ask("POST", path, {"client_id": self.fresh(), **body}, expect)

    def open(self, path):
        """Opens a page as a browser would, and notes how long the server took."""
        began = time.perf_counter()
        answer, text = self.send("GET", path, None, {"Accept": "text/html"})
        self.pages.append((path.split("/")[1] or "home", time.perf_counter() - began))
        if answer.status != 200:
            raise Refused(f"{self.login}: page {path}: {answer.status}")
        return text.decode()

    def upload(self, name, data):
        """A text file as one part of a form; its id."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="class"\r\n\r\nother\r\n'.encode(),
            f'--{mark}\r\nContent-Disposition: form-data; name="client_id"\r\n\r\n{uuid.uuid4()}\r\n'.encode(),
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: text/plain\r\n\r\n".encode() + data + b"\r\n",
            f"--{mark}--\r\n".encode(),
        ]
        kind = f"multipart/form-data; boundary={mark}"
        return self.ask("POST", "/api/v1/files", expect=(201,), raw=b"".join(parts), kind=kind)["id"]

    def every(self, path):
        """All items of a list that pages by cursor."""
        items, cursor, mark = [], None, "&" if "?" in path else "?"
        while True:
            page = self.ask("GET", path + (f"{mark}cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items
