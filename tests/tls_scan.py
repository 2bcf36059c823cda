"""An outside opinion: testssl.sh looks at the running product, and nothing it finds may be worse than OK, except what
tests/tls_scan_allowed.toml excuses with a reason. An excuse that nothing needs any more fails too.

    python3 tests/tls_scan.py --renkei target/debug/renkei
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import tomllib

HERE = pathlib.Path(__file__).parent
# TLS 1.2 is switched on for the scan: what is then found covers the stricter default.
CONFIG = """
listen = "127.0.0.1:0"
base_url = "https://localhost"
data = "{0}/data"
[tls]
certificate = "{0}/certificate.pem"
key = "{0}/key.pem"
minimum_version = "1.2"
"""
FINE = {"OK", "INFO", "DEBUG"}


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more)


def make_certificate(folder):
    """A leaf of an authority that nobody knows: the scan ends in "chain of trust", and in nothing else."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]
    run("openssl", "req", "-x509", *curve, "-days", "300", "-subj", "/CN=Renkei test authority",
        "-keyout", "root.key", "-out", "root.pem", cwd=folder)
    run("openssl", "req", *curve, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem", cwd=folder)
    (folder / "extensions").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n")
    run("openssl", "x509", "-req", "-in", "request.pem", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
        "-sha256", "-days", "90", "-extfile", "extensions", "-out", "certificate.pem", cwd=folder)
    (folder / "key.pem").chmod(0o600)


def start(renkei, folder):
    """The server and its port."""
    (folder / "renkei.toml").write_text(CONFIG.format(folder))
    server = subprocess.Popen([renkei, "serve", "--config", folder / "renkei.toml"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if '"ready"' in line:
            threading.Thread(target=lambda: [None for _ in server.stderr], daemon=True).start()
            return server, json.loads(line)["fields"]["address"].rsplit(":", 1)[1]
    sys.exit(f"the server did not start (exit {server.wait()})")


def scan(port, folder, *what):
    """The findings. Its own sockets know no extended master secret, without which our TLS 1.2 speaks to nobody; `what`
    may ask it to look at versions and suites through OpenSSL."""
    report = folder / f"report{len(what)}.json"
    subprocess.run(["testssl", "--quiet", "--warnings", "off", "--color", "0", "--ip", "127.0.0.1", *what,
                    "--jsonfile", report, f"localhost:{port}/sign-in"],
                   stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=600)
    return json.loads(report.read_text())


def judge(findings, allowed):
    """Prints a table; the faults."""
    excused = {entry["id"]: entry["reason"] for entry in allowed["allowed"]}
    faults, used, counts = [], set(), {}
    for finding in findings:
        severity, name = finding["severity"], finding["id"]
        counts[severity] = counts.get(severity, 0) + 1
        if severity in FINE:
            continue
        verdict = "allowed" if name in excused else "FAULT"
        used.add(name)
        print(f"{verdict:8} {severity:8} {name:32} {finding['finding']}")
        if name not in excused:
            faults.append(name)
    faults += [f"{name}: excused, but not found any more" for name in excused.keys() - used]
    print(f"{len(findings)} findings: " + ", ".join(f"{n} {s}" for s, n in sorted(counts.items())))
    return faults


def must_hold(findings, wanted):
    """The scan has really looked: these answers are the profile."""
    by_id = {f["id"]: f["finding"] for f in findings}
    faults = []
    for name, answer in wanted.items():
        found = by_id.get(name) or "nothing"
        print(f"{name:24} {found}")
        if not found.startswith(answer):
            faults.append(f"{name}: {found}, not {answer}")
    return faults


SOCKETS = {"SSLv2": "not offered", "SSLv3": "not offered", "TLS1": "not offered", "TLS1_1": "not offered",
           "TLS1_3": "offered", "secure_client_renego": "not vulnerable", "CRIME_TLS": "not vulnerable"}
OPENSSL = {
    "TLS1": "not offered", "TLS1_1": "not offered", "TLS1_2": "offered", "TLS1_3": "offered",
    "cipherorder_TLSv1_3": "TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 TLS_AES_128_GCM_SHA256",
    "cipherorder_TLSv1_2": "ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-ECDSA-AES128-GCM-SHA256",
    "PFS_ECDHE_curves": "prime256v1 secp384r1 X25519",
}
# What OpenSSL of today cannot even offer was offered through sockets.
NATIVE = ["--ssl-native", "--protocols", "--std", "--pfs", "--server-preference"]


def unable(finding):
    return finding["severity"] == "WARN" and "local" in finding["finding"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--renkei", required=True)
    renkei = pathlib.Path(parser.parse_args().renkei).resolve()
    with tempfile.TemporaryDirectory(prefix="renkei-scan-") as name:
        folder = pathlib.Path(name)
        # Under root the database runs as another user, who must be able to pass.
        folder.chmod(0o711)
        make_certificate(folder)
        server, port = start(renkei, folder)
        try:
            sockets = scan(port, folder)
            native = [f for f in scan(port, folder, *NATIVE) if not unable(f)]
        finally:
            server.terminate()
            server.wait()
    faults = must_hold(sockets, SOCKETS) + must_hold(native, OPENSSL)
    faults += judge(sockets + native, tomllib.loads((HERE / "tls_scan_allowed.toml").read_text()))
    for fault in faults:
        print("FAULT", fault)
    sys.exit(1 if faults else 0)


main()
