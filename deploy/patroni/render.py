#!/usr/bin/env python3
"""Fills the templates beside this file in for one deployment and writes them into a folder, one part per machine.

    python3 deploy/patroni/render.py deployment.json OUT

`deployment.example.json` shows the settings. Passwords that are not given are made and written to OUT/secrets.json
(0600): keep it, and render again with it. The lab (`deploy/lab/run`) renders the very same templates.
"""

import ipaddress
import json
import os
import re
import secrets
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PASSWORDS = ("REST", "REPLICATION", "REWIND", "APP", "AUTH", "JOB", "FAMILY", "BOUNCE", "OPERATOR", "MIGRATE", "VERIFY", "SEALER")
SECRETS = (*(f"{p}_PASSWORD" for p in PASSWORDS), "FRONT_SECRET")


def fill(template, values):
    """The template's text with every @NAME@ replaced; a name without a value is an error."""
    with open(os.path.join(HERE, template), encoding="utf-8") as f:
        return re.sub(r"@([A-Z_]+)@", lambda m: str(values[m.group(1)]), f.read())


def passwords(known=None):
    """One password for each role and the front's secret, kept where known."""
    known = known or {}
    return {name: known.get(name) or secrets.token_urlsafe(32) for name in SECRETS}


def common(deployment):
    """What all machines share."""
    databases, nodes, port = deployment["databases"], deployment["nodes"], deployment.get("node_port", 8443)
    lines = lambda servers, port: "\n".join(f"  server {n} {a}:{port}" for n, a in servers.items())
    return {
        "SCOPE": deployment["scope"],
        "ETCD_CLUSTER": ",".join(f"{n}=http://{a}:2380" for n, a in databases.items()),
        "ETCD_HOSTS": ", ".join(f'"{a}:2379"' for a in databases.values()),
        "DATABASE_NETWORK": deployment["database_network"],
        "NODE_NETWORK": deployment["node_network"],
        "DATABASE_SERVERS": lines(databases, 5432),
        "DATABASE_NAME": deployment["database_name"],
        # "host" lets nodes in that do not encrypt, as long as a release before TLS still runs on one.
        "NODE_ACCESS": deployment.get("node_access", "hostssl"),
        "SITE": deployment["site"], "NODE_PORT": port, "NODE_COUNT": len(nodes), "NODE_SERVERS": lines(nodes, port),
        "FRONT_BIND": deployment["front_bind"], "FRONTS": json.dumps(deployment["fronts"]),
        "FRONT_NETWORKS": json.dumps([str(ipaddress.ip_network(a)) for a in deployment["fronts"]]),
        "NODES_CA": deployment.get("nodes_ca", "/etc/haproxy/nodes-ca.pem"),
        "WATCHDOG": deployment.get("watchdog", "automatic"),
        "PG_BIN": deployment.get("pg_bin", "/usr/lib/postgresql/15/bin"),
        "ETCD_STATE": "new",
    }


def database_host(name, address):
    """Paths and names of one database host, as Debian has them."""
    return {
        "NAME": name, "ADDRESS": address, "ETCD_DATA": "/var/lib/etcd/renkei", "PG_DATA": "/var/lib/postgresql/renkei",
        "PG_PASS": "/var/lib/postgresql/.pgpass-patroni", "PG_SOCKETS": "/run/postgresql",
        "TLS": "/etc/patroni/tls",
    }


def node(name, address):
    """Paths and names of one node."""
    return {
        "NAME": name, "ADDRESS": address, "BLOBS": "/var/lib/renkei/blobs", "MASTER_KEY": "/var/lib/renkei/keys/master",
        "LOG": "/var/lib/renkei/log", "SEALER_KEY": "/var/lib/renkei/keys/sealer", "SPOOL": "/var/lib/renkei/spool", "TLS": "/etc/renkei/tls", "FRONT_SECRET_FILE": "/etc/renkei/front.secret",
    }


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        deployment = json.load(f)
    out = sys.argv[2]
    os.makedirs(out, mode=0o700, exist_ok=True)
    kept = os.path.join(out, "secrets.json")
    known = json.load(open(kept, encoding="utf-8")) if os.path.exists(kept) else {}
    values = {**common(deployment), **passwords(known)}

    def write(path, text):
        path = os.path.join(out, path)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)
        print(path)

    write("secrets.json", json.dumps({name: values[name] for name in SECRETS}, indent=1))
    write("roles.sql", fill("roles.sql.in", values))
    for name, address in deployment["databases"].items():
        host = {**values, **database_host(name, address)}
        write(f"{name}/etc/default/etcd", fill("etcd.env.in", host))
        write(f"{name}/etc/patroni/patroni.yml", fill("patroni.yml.in", host))
        write(f"{name}/etc/systemd/system/patroni.service", fill("patroni.service", host))
        write(f"{name}/etc/systemd/system/etcd.service.d/restart.conf", fill("restart.conf", host))
    for name, address in deployment["nodes"].items():
        write(f"{name}/etc/haproxy/haproxy.cfg", fill("haproxy-database.cfg.in", values))
        write(f"{name}/etc/renkei/renkei.toml", fill("renkei.toml.in", {**values, **node(name, address)}))
        write(f"{name}/etc/renkei/front.secret", values["FRONT_SECRET"] + "\n")
        for unit in ("haproxy", "renkei"):
            write(f"{name}/etc/systemd/system/{unit}.service.d/restart.conf", fill("restart.conf", values))
    write("front/etc/haproxy/haproxy.cfg", fill("haproxy-front.cfg.in", values))
    write("front/etc/systemd/system/haproxy.service.d/restart.conf", fill("restart.conf", values))


if __name__ == "__main__":
    main()
