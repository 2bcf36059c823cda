"""The front (deploy/front) as a process before a running demo, and a client that speaks to it."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
DEPLOY = os.path.join(HERE, "..", "..", "deploy", "front")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(ready, what, seconds=180):
    deadline = time.time() + seconds
    while not ready():
        if time.time() > deadline:
            sys.exit(f"{what} was not ready in time")
        time.sleep(0.05)


class Place:
    """A demo and the front before it, in one folder that is gone afterwards."""

    def __init__(self, renkei, logged=False):
        self.folder = tempfile.mkdtemp(prefix="renkei-front-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.renkei, self.demo, self.front, self.logged = renkei, None, None, logged
        self.port, self.behind = free_port(), free_port()
        self.secret = os.path.join(self.folder, "front.secret")
        with open(self.secret, "w", encoding="ascii") as f:
            f.write(uuid.uuid4().hex + uuid.uuid4().hex + "\n")

    def start(self):
        self.configure()
        answer = os.path.join(self.folder, "demo.json")
        data = os.path.join(self.folder, "data")
        os.mkdir(data)
        with open(os.path.join(self.folder, "server.log"), "ab") as log:
            self.demo = subprocess.Popen(
                [self.renkei, "demo", "--data", data, "--listen", f"127.0.0.1:{self.behind}",
                 "--front-secret", self.secret, "--json", answer], stdout=log, stderr=log)
        wait_for(lambda: os.path.exists(answer) or self.demo.poll() is not None, "the demo")
        if self.demo.poll() is not None:
            sys.exit(f"the demo ended; see {self.folder}/server.log")
        config = os.path.join(self.folder, "front", "nginx.conf")
        subprocess.run(["nginx", "-t", "-q", "-c", config], check=True)
        self.front = subprocess.Popen(["nginx", "-c", config, "-g", "daemon off;"])
        wait_for(self.listens, "the front", 30)
        with open(answer, encoding="utf-8") as f:
            return json.load(f)

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def configure(self):
        """deploy/front as an installation has it, with this folder's paths and ports."""
        front = os.path.join(self.folder, "front")
        shutil.copytree(DEPLOY, front)
        run = os.path.join(self.folder, "run")
        os.makedirs(run)
        os.chmod(run, 0o777)
        moved = {"/etc/renkei/front": front, "/run/renkei-front": run, "/var/log/renkei-front": run}
        for root, _, names in os.walk(front):
            for name in names:
                path = os.path.join(root, name)
                with open(path, encoding="utf-8") as f:
                    text = f.read()
                for old, new in moved.items():
                    text = text.replace(old, new)
                if self.logged:
                    text = text.replace('SecDefaultAction "phase:2,nolog', 'SecDefaultAction "phase:2,log')
                    text = text.replace("error.log warn", "error.log info")
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
        site = os.path.join(front, "site")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{site}/key.pem",
             "-out", f"{site}/certificate.pem"], check=True, stderr=subprocess.DEVNULL)
        with open(self.secret, encoding="ascii") as f:
            secret = f.read().strip()
        written = {
            "address.conf": f"listen 127.0.0.1:{self.port} ssl http2;\nserver_name localhost;\n"
                            f"ssl_certificate {site}/certificate.pem;\nssl_certificate_key {site}/key.pem;\n",
            # The second node is down: nobody must notice.
            "nodes.conf": f"server 127.0.0.1:{self.behind} max_fails=2 fail_timeout=5s;\nserver 127.0.0.1:1 max_fails=2 fail_timeout=5s;\n",
            "hop.conf": "set $hop http;\n",
            "secret.conf": f'proxy_set_header X-Renkei-Front "{secret}";\n',
        }
        for name, text in written.items():
            with open(os.path.join(site, name), "w", encoding="utf-8") as f:
                f.write(text)

    def logs(self):
        run = os.path.join(self.folder, "run")
        text = ""
        for name in ("error.log", "access.log"):
            with open(os.path.join(run, name), encoding="utf-8", errors="replace") as f:
                text += f.read()
        return text

    def end_demo(self):
        self.demo.send_signal(signal.SIGTERM)
        self.demo.wait(60)

    def stop(self):
        for process, how in ((self.front, signal.SIGQUIT), (self.demo, signal.SIGTERM)):
            if process is not None and process.poll() is None:
                process.send_signal(how)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Answer:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body
        # What the front answers by itself bears no number of the product's.
        self.by_front = "x-request-id" not in response.headers

    @property
    def blocked(self):
        return self.by_front and self.status in (400, 403, 404, 405, 414, 431, 501, 505)

    def json(self):
        return json.loads(self.body)


class Client:
    """A browser, or a partner's system, with one connection that stays open."""

    def __init__(self, port, token=None, tls=True):
        self.port, self.token, self.tls = port, token, tls
        self.connection = None

    def connect(self):
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("localhost", self.port, timeout=60, context=context)

    def send(self, method, path, body=None, headers=None, stream=False):
        """One request. Who is faster than the front's rate waits as it is told to, like every client."""
        for _ in range(60):
            answer = self.send_once(method, path, body, headers, stream)
            if stream or answer.status != 429 or not answer.by_front:
                return answer
            time.sleep(float(answer.headers.get("retry-after") or 1))
        return answer

    def send_once(self, method, path, body, headers, stream):
        given = {"User-Agent": BROWSER, "Accept": "*/*", "Accept-Language": "ja", "Sec-Fetch-Site": "same-origin"}
        if self.token and path.startswith("/api/"):
            given["Authorization"] = f"Bearer {self.token}"
        elif self.token:
            given["Cookie"] = f"__Host-renkei={self.token}"
        given.update(headers or {})
        for last in (False, True):
            fresh = self.connection is None
            if fresh:
                self.connection = self.connect()
            try:
                self.connection.request(method, path, body, given)
                response = self.connection.getresponse()
                if stream:
                    self.connection = None
                    return response
                answer = Answer(response, response.read())
                if response.will_close:
                    self.connection = None
                return answer
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A connection that lay open may have been closed meanwhile; a fresh one may not.
                self.connection = None
                if fresh or last:
                    raise
        return None

    def get(self, path, headers=None):
        return self.send("GET", path, None, headers)

    def json(self, method, path, value, headers=None):
        body = json.dumps(value, ensure_ascii=False).encode()
        return self.send(method, path, body, {"Content-Type": "application/json", **(headers or {})})

    def form(self, path, fields):
        body = urllib.parse.urlencode(fields).encode()
        return self.send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def multipart(self, path, fields):
        """Fields as (name, file name or None, bytes)."""
        cut, body = uuid.uuid4().hex, b""
        for name, file, value in fields:
            more = f'; filename="{file}"\r\nContent-Type: application/octet-stream' if file else ""
            body += f'--{cut}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
        body += f"--{cut}--\r\n".encode()
        return self.send("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={cut}"})
