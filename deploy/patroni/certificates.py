#!/usr/bin/env python3
"""Makes the certificates that the machines show each other: a private authority, and one certificate for each database
host and each node. Writes them beside what render.py writes, under their final paths.

    python3 deploy/patroni/certificates.py deployment.json OUT

OUT/authority/ holds the authority's key: keep it offline; run this again with it for new certificates. What people see
at the front is not made here: that certificate comes from an authority that their devices know.
"""

import ipaddress
import json
import os
import subprocess
import sys

DAYS, AUTHORITY_DAYS = 800, 3650
FORM = """[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")


def form(folder, common_name, names="DNS:unused.invalid"):
    path = os.path.join(folder, "form.cnf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(FORM.format(common_name=common_name, names=names))
    return path


def kind(name):
    """What sort of name a certificate has to call it."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "DNS"
    return "IP"


class Authority:
    """ECDSA P-256; made on the first use of its folder."""

    def __init__(self, folder):
        self.folder = folder
        self.certificate, self.key = os.path.join(folder, "ca.pem"), os.path.join(folder, "ca.key")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not os.path.exists(self.key):
            openssl("req", "-x509", "-sha256", *KEY, "-days", str(AUTHORITY_DAYS), "-extensions", "authority",
                    "-config", form(folder, "Renkei private authority"), "-keyout", self.key, "-out", self.certificate)
        os.chmod(self.key, 0o600)

    def issue(self, folder, names):
        """certificate.pem, key.pem (0600) and ca.pem in a folder. `names`: DNS names and addresses, the first one foremost."""
        os.makedirs(folder, mode=0o755, exist_ok=True)
        key, request = os.path.join(folder, "key.pem"), os.path.join(self.folder, "request.pem")
        config = form(self.folder, names[0], ",".join(f"{kind(name)}:{name}" for name in names))
        openssl("req", "-new", *KEY, "-config", config, "-keyout", key, "-out", request)
        os.chmod(key, 0o600)
        openssl("x509", "-req", "-sha256", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", str(DAYS),
                "-CAcreateserial", "-extfile", config, "-extensions", "server", "-out", os.path.join(folder, "certificate.pem"))
        with open(self.certificate, encoding="utf-8") as ca, open(os.path.join(folder, "ca.pem"), "w", encoding="utf-8") as f:
            f.write(ca.read())


def names_of(deployment, machine):
    """Who a machine is to the others: a database host to its peers by address and to the nodes by the name that all three
    share; a node to the front by the name that people use."""
    databases = deployment["databases"]
    if machine in databases:
        return [deployment["database_name"], databases[machine]]
    return [deployment["site"]]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        deployment = json.load(f)
    os.umask(0o077)
    authority = Authority(os.path.join(sys.argv[2], "authority"))
    places = {**dict.fromkeys(deployment["databases"], "etc/patroni/tls"), **dict.fromkeys(deployment["nodes"], "etc/renkei/tls")}
    for machine, place in places.items():
        folder = os.path.join(sys.argv[2], machine, place)
        authority.issue(folder, names_of(deployment, machine))
        print(folder)
    ca = os.path.join(sys.argv[2], "front", "etc/haproxy/nodes-ca.pem")
    os.makedirs(os.path.dirname(ca), exist_ok=True)
    with open(authority.certificate, encoding="utf-8") as source, open(ca, "w", encoding="utf-8") as f:
        f.write(source.read())
    print(ca)


if __name__ == "__main__":
    main()
