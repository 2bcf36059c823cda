#!/usr/bin/env python3
"""The repository in a bucket with Object Lock: backed up, listed, attacked with the bucket's own key, restored.

    TARGET/venv-s3/bin/python tests/backup_s3.py [--renkei target/debug/renkei]

The store is moto, on loopback, behind nginx, which speaks TLS with a certificate of an authority that is thrown away.
Needs nginx and openssl, and tests/requirements-s3.txt.
"""

import argparse
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import boto3
from botocore.exceptions import ClientError

from backup_attacks import Deployment, step
from demo_server import free_port

DAYS = 8
CHECKS = []


def check(name, well, told=""):
    CHECKS.append((name, well, str(told).strip().splitlines()[-1][:170] if str(told).strip() else ""))
    print(f"{name}: {'as it should' if well else 'NOT SO'}", flush=True)
    if not well:
        print(told)


def until(what, seconds, holds):
    """Waits for a fact, with a deadline."""
    deadline = time.time() + seconds
    while True:
        found = holds()
        if found:
            return found
        assert time.time() < deadline, what
        time.sleep(0.2)


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=2).close()
        return True
    except OSError:
        return False


class Store:
    """moto behind nginx."""

    def __init__(self, root):
        self.root, self.plain, self.port, self.processes = root, free_port(), free_port(), []
        self.certificates()
        python = os.path.join(os.path.dirname(sys.executable), "moto_server")
        self.start([python, "-H", "127.0.0.1", "-p", str(self.plain)], "moto.log")
        until("the store answers", 60, lambda: answers(f"http://127.0.0.1:{self.plain}/moto-api/"))
        self.nginx()
        self.s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{self.plain}", region_name="ap-northeast-1",
                               aws_access_key_id="key", aws_secret_access_key="secret")
        place = {"LocationConstraint": "ap-northeast-1"}
        self.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True, CreateBucketConfiguration=place)
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": DAYS}}
        self.s3.put_object_lock_configuration(
            Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
        self.s3.create_bucket(Bucket="unlocked", CreateBucketConfiguration=place)

    def start(self, command, log):
        with open(os.path.join(self.root, log), "ab") as out:
            self.processes.append(subprocess.Popen(command, stdout=out, stderr=out))

    def certificates(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.root)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        openssl("req", *curve, "-keyout", "store.key", "-out", "store.csr", "-subj", "/CN=localhost")
        with open(os.path.join(self.root, "store.ext"), "w", encoding="utf-8") as f:
            f.write("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        openssl("x509", "-req", "-in", "store.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "store.ext", "-out", "store.pem")

    def nginx(self):
        folder = os.path.join(self.root, "nginx")
        os.mkdir(folder)
        temporary = "".join(f"  {kind}_temp_path {folder};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="utf-8") as f:
            user = "user root;\n" if os.geteuid() == 0 else ""
            f.write(f"""{user}daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
{temporary}  access_log off; client_max_body_size 0;
  # With a lock S3 wants "Content-MD5 OR x-amz-checksum-"; moto knows the second only by the header that names the algorithm.
  map $http_x_amz_checksum_sha256 $algorithm {{ "" ""; default SHA256; }}
  server {{
    listen 127.0.0.1:{self.port} ssl;
    ssl_certificate {self.root}/store.pem; ssl_certificate_key {self.root}/store.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass http://127.0.0.1:{self.plain}; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_read_timeout 120s;
      proxy_set_header x-amz-sdk-checksum-algorithm $algorithm;
    }}
  }}
}}
""")
        self.start(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"], "nginx.log")

    def versions(self, bucket, prefix=""):
        """Every version and every delete marker."""
        versions, markers = [], []
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            versions += [(v["Key"], v["VersionId"]) for v in page.get("Versions", [])]
            markers += [(v["Key"], v["VersionId"]) for v in page.get("DeleteMarkers", [])]
        return versions, markers

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


class Served(Deployment):
    """A planted demo, served as an installation whose repository is a bucket."""

    def plant(self):
        super().start()
        self.demo.stop()
        # What the demo kept in its own folder is not what this is about.
        shutil.rmtree(self.path("backup"))

    def settle(self, store, bucket):
        secret = self.path("keys", "bucket")
        with open(secret, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write("secret\n")
        # pgBackRest reads it as the owner of the database's files.
        ca = os.path.join(self.root, "store-ca.pem")
        shutil.copy(os.path.join(store.root, "ca.pem"), ca)
        os.chmod(ca, 0o644)
        with open(self.path("renkei.toml"), "w", encoding="utf-8") as f:
            place = f"""endpoint = "localhost:{store.port}"
bucket = "{bucket}"
region = "ap-northeast-1"
key = "key"
secret_file = "{secret}"
ca_file = "{ca}"
"""
            f.write(f"""data = "{self.data}"
listen = "127.0.0.1:{self.demo.port}"
base_url = "http://localhost:{self.demo.port}"
[watch]
refuse_uploads_percent = 101
[backup]
generations = 3
[backup.s3]
{place}
[log.copies.s3]
{place}""")

    def serve(self):
        with open(os.path.join(self.root, "server.log"), "ab") as log:
            self.demo.process = subprocess.Popen([self.renkei, "serve", "--data", self.data], stdout=log, stderr=log)
        until("it answers", 120, lambda: answers(f"http://127.0.0.1:{self.demo.port}/healthz"))

    def log(self):
        with open(os.path.join(self.root, "server.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def doctor(self, name):
        _, said = self.run("doctor", "--data", self.data, "--all", "--json")
        report = json.loads(said[said.index("{"):said.rindex("}") + 1])
        found = [f for s in report["subjects"] for f in s["findings"] if f["name"] == name]
        return found[0]["state"] if found else "not there"


def locked(d, store):
    step("a bucket with Object Lock: the schedule makes the first generation")
    d.settle(store, "locked")
    d.serve()
    until("the first generation by the schedule", 180,
          lambda: " whole" in d.run("backup", "list", "--data", d.data)[1])
    d.post("バケットの中の記録")
    label = d.backup()
    said = until("the vault's word", 60, lambda: (lambda s: s if "cannot be changed: はい" in s else None)(
        d.must("backup", "list", "--data", d.data)))
    check("backup and list", label in said and "DAMAGED" not in said, said)
    check("the bucket says that nobody deletes", "lets nobody delete" in said, said)
    check("doctor: the copies", d.doctor("vault") == "ok", d.doctor("vault"))
    until("a checkpoint is copied", 120, lambda: store.versions("locked", "checkpoints/")[0])
    (name, _), = store.versions("locked", "checkpoints/")[0]
    copy = store.s3.get_object(Bucket="locked", Key=name)["Body"].read().decode()
    check("a checkpoint of the log is in the bucket", name.endswith(".txt") and copy.startswith("renkei/") and "\n\n\u2014 renkei/" in copy, copy)
    try:
        store.s3.put_object(Bucket="locked", Key=name, Body=b"another", IfNoneMatch="*")
        refused = False
    except ClientError as error:
        refused = error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    check("nothing is put over it", refused)
    late = "SELECT subject FROM act.watch_checkpoints() WHERE code = 'checkpoint_not_copied'"
    check("and nothing of it is missed", not d.sql(late), d.sql(late))
    d.demo.stop()
    code, said = d.run("verify", "--data", d.data)
    check("verify reads it, and the log contains it", code == 0 and "copies of checkpoints: the log contains 1" in said, said)


def attacked(d, store):
    step("with the bucket's own key: every version is to be deleted")
    versions, _ = store.versions("locked")
    refused = {}
    for key, version in versions:
        try:
            store.s3.delete_object(Bucket="locked", Key=key, VersionId=version)
            refused[key] = False
        except ClientError as error:
            refused[key] = error.response["Error"]["Code"] == "AccessDenied"
    gone = [key for key, held in refused.items() if not held]
    check("deleting a version is refused", versions and not gone,
          f"{len(versions) - len(gone)} of {len(versions)} versions refused {gone[:3]}")
    for key in refused:
        store.s3.delete_object(Bucket="locked", Key=key)
    code, said = d.run("restore", "--data", d.data, "--to", "newest", "--into", f"{d.root}/nothing")
    check("hidden by delete markers: it is said", code != 0 and "no generation" in said, said)
    shutil.rmtree(f"{d.root}/nothing", ignore_errors=True)
    _, markers = store.versions("locked")
    for key, version in markers:
        store.s3.delete_object(Bucket="locked", Key=key, VersionId=version)
    said = d.must("backup", "list", "--data", d.data)
    check("the markers taken off: everything is back", "whole" in said and "DAMAGED" not in said, said)


def restored(d):
    step("restored from the bucket")
    into = os.path.join(d.root, "restored")
    said = d.must("restore", "--data", d.data, "--to", "newest", "--into", into)
    check("restore", "everything that is back holds" in said and "nothing of what was published" in said, said)
    blobs = len([f for f in glob.glob(f"{into}/blobs/**", recursive=True) if os.path.isfile(f)])
    check("the uploaded files came out of the bucket", blobs > 0, f"{blobs} files")
    code, said = d.run("backup", "drill", "--quick", "--data", d.data)
    check("drill", code == 0 and "everything can be restored" in said, said)


def expired(d, store):
    step("three generations are kept; older ones go, though the bucket lets nothing be deleted")
    d.serve()
    before = len(store.versions("locked", "database/backup")[0])
    labels = [d.backup() for _ in range(3)]
    said = d.must("backup", "list", "--data", d.data)
    kept = [line.split()[0] for line in said.splitlines() if " MB stored " in line]
    check("old generations go without a failure", kept == labels and "DAMAGED" not in said, said)
    check("their versions stay for their days", len(store.versions("locked", "database/backup")[0]) > before, before)
    d.demo.stop()


def unlocked(d, store):
    step("a bucket without a lock")
    d.settle(store, "unlocked")
    d.serve()
    # Today's copy is in the other bucket.
    d.sql("""SELECT guard.open_window('5 minutes', 'test'); ALTER TABLE care.checkpoint_copy DISABLE TRIGGER USER;
      UPDATE care.checkpoint_copy SET at = at - interval '2 days';
      DO $$ DECLARE r record; BEGIN FOR r IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'care.checkpoint_copy'::regclass AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE care.checkpoint_copy ENABLE ALWAYS TRIGGER %I', r.tgname); END LOOP; END $$;
      SELECT guard.close_windows()""")
    until("the start says so", 60, lambda: "bucket_not_locked" in d.log())
    label = d.backup()
    said = d.must("backup", "list", "--data", d.data)
    check("backups are made all the same", label in said, said)
    check("and are not called immutable", "cannot be changed: いいえ" in said and "BAD the bucket has no default" in said, said)
    check("doctor: bad", d.doctor("vault") == "bad", d.doctor("vault"))
    late = "SELECT subject FROM act.watch_checkpoints() WHERE code = 'checkpoint_not_copied'"
    found = until("copies in a bucket without a lock are an alarm", 120, lambda: d.sql(late))
    check("a copy that can be deleted is an alarm", found == ["bucket_not_locked"], found)
    d.demo.stop()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--renkei", default=os.environ.get("RENKEI", "target/debug/renkei"))
    options = options.parse_args()
    d, store, begun, well = Served(os.path.abspath(options.renkei)), None, time.time(), False
    try:
        step("a planted deployment")
        d.plant()
        folder = os.path.join(d.root, "store")
        os.mkdir(folder)
        store = Store(folder)
        locked(d, store)
        attacked(d, store)
        restored(d)
        expired(d, store)
        unlocked(d, store)
        well = all(passed for _, passed, _ in CHECKS)
    finally:
        if d.demo.process and d.demo.process.poll() is None:
            d.demo.stop()
        if store:
            store.stop()
        if well:
            shutil.rmtree(d.root)
        else:
            print(f"left for looking: {d.root}")
    width = max(len(name) for name, _, _ in CHECKS)
    for name, passed, told in CHECKS:
        print(f"{name:<{width}}  {'as it should' if passed else 'NOT SO':<12}  {told}")
    print(f"backup_s3: {len(CHECKS)} checks in {time.time() - begun:.0f} s")
    sys.exit(not well)


if __name__ == "__main__":
    main()
