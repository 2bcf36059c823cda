"""The Helm chart, rendered by Helm's own engine and held against Kubernetes' schemas, the compose file, the templates of
the redundant deployment, and which addresses the front counts as tries.

    target/venv-deploy/bin/python tests/deploy_files.py

What no cluster is needed for: that it renders, that every object has the shape that Kubernetes asks for, and that what
the operations manual promises of it is there. CloudNativePG's own kinds have no schema here; what they must say is
checked by name.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import helm_python
import kubernetes_validate
import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent / "deploy"
CHART = DEPLOY / "helm/renkei"
KUBERNETES = "1.33"
VALUES = {
    "image": {"repository": "registry.example/renkei"},
    "baseUrl": "https://renkei.example.jp",
    "masterKey": {"secretName": "renkei-master"},
    "tls": {"secretName": "renkei-tls"},
    "database": {
        "passwordsSecretName": "renkei-passwords",
        "backup": {"destinationPath": "s3://example/renkei", "secretName": "renkei-store"},
    },
    "egress": [{"name": "mail", "cidr": "192.0.2.25/32", "port": 587}],
}
seen = 0


def check(holds, what, detail=""):
    global seen
    seen += 1
    print(("ok   " if holds else "FAIL ") + what)
    if not holds:
        sys.exit(f"{what}: {detail}")


def rendered(values):
    with helm_python.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        files = chart.render(values, name="r1", namespace="care", revision=1, is_install=True)
    return [o for text in files.values() for o in yaml.safe_load_all(text) if o]


def refused(change, what):
    values = yaml.safe_load(yaml.safe_dump(VALUES))
    change(values)
    try:
        rendered(values)
    except Exception as error:  # the engine's own error, whatever its class
        check(True, f"{what} is refused ({str(error).strip().splitlines()[-1][:80]})")
    else:
        check(False, f"{what} is refused")


def the(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def pods(objects):
    return [o["spec"]["template"]["spec"] for o in objects if o["kind"] in ("Deployment", "Job")]


def chart():
    report = helm_python.lint(CHART, VALUES, strict=True)
    check(not report["errors"], "Helm's own lint finds nothing", report)
    objects = rendered(VALUES)
    for o in objects:
        if "cnpg.io" in o["apiVersion"]:
            continue
        kubernetes_validate.validate(o, KUBERNETES, strict=True)
        check(True, f"{o['kind']} {o['metadata']['name']} has the shape of Kubernetes {KUBERNETES}")

    for pod in pods(objects):
        everyone = pod["containers"] + pod.get("initContainers", [])
        closed = all(
            c["securityContext"]["readOnlyRootFilesystem"]
            and not c["securityContext"]["allowPrivilegeEscalation"]
            and c["securityContext"]["capabilities"]["drop"] == ["ALL"]
            for c in everyone
        )
        check(closed and pod["securityContext"]["runAsNonRoot"], "no container is root or writes to its root", pod)
        check(pod["automountServiceAccountToken"] is False, "no pod may talk to the cluster's own interface")
    nodes = the(objects, "Deployment", "r1")
    check(nodes["spec"]["replicas"] >= 2, "there are two nodes or more")
    apart = nodes["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]
    check("requiredDuringSchedulingIgnoredDuringExecution" in apart, "no two nodes share a machine")
    check(the(objects, "PodDisruptionBudget", "r1")["spec"]["minAvailable"] == 1, "a drain leaves one node")
    database = the(objects, "Cluster", "r1-database")["spec"]
    check(database["instances"] >= 3, "the database has three instances")
    check(database["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"},
          "an acknowledged write is on two machines")
    check(database["backup"]["barmanObjectStore"]["wal"]["encryption"] == "AES256", "its backup is encrypted")
    policy = the(objects, "NetworkPolicy", "r1")["spec"]
    blocks = [t["ipBlock"]["cidr"] for rule in policy["egress"] for t in rule["to"] if "ipBlock" in t]
    check(blocks == ["192.0.2.25/32"], "only what the list names can be called", blocks)
    env = {e["name"]: e.get("value") for e in nodes["spec"]["template"]["spec"]["containers"][0]["env"]}
    check("RENKEI_DATABASE__BOUNCE" not in env and "PASSWORD_BOUNCE" not in env, "a node does not hold the URL of the pipe for mail")
    migrate = next(o for o in objects if o["kind"] == "Job")["spec"]["template"]["spec"]["containers"][0]
    check("RENKEI_DATABASE__BOUNCE" in {e["name"] for e in migrate["env"]}, "the migration sets its password")
    check("RENKEI_DATABASE__SEALER" in env and "[log]" in the(objects, "ConfigMap", "r1-settings")["data"]["renkei.toml"], "the record is sealed")
    check(env["RENKEI_DATABASE__ROOT_CERTIFICATE"] == "/run/database/ca.crt", "the database's name is verified by its own CA")
    probes = nodes["spec"]["template"]["spec"]["containers"][0]
    schemes = {probes[p]["httpGet"]["scheme"] for p in ("startupProbe", "livenessProbe", "readinessProbe")}
    check(schemes == {"HTTPS"}, "every hop is encrypted, the probes' too")
    secrets = [o for o in objects if o["kind"] == "Secret"]
    check(not secrets, "the chart brings no secret of its own", secrets)

    none = rendered(VALUES | {"egress": []})
    rules = the(none, "NetworkPolicy", "r1")["spec"]["egress"]
    check(not any("ipBlock" in t for rule in rules for t in rule["to"]), "an empty list opens nothing")
    refused(lambda v: v.update(baseUrl="http://renkei.example.jp"), "an address without TLS")
    refused(lambda v: v.pop("masterKey"), "a release without a key")
    refused(lambda v: v.pop("tls"), "a release without a certificate")
    refused(lambda v: v.update(replicas=1), "a single node")
    refused(lambda v: v["database"].update(instances=2), "a database without a third instance")
    refused(lambda v: v["database"]["backup"].update(destinationPath=""), "a backup without a place")


def compose():
    whole = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text(encoding="utf-8"))
    services, named = whole["services"], set(whole["secrets"])
    for name, service in services.items():
        check(set(service.get("secrets", [])) <= named, f"{name}: every secret is declared")
        mounts = [v.split(":")[0] for v in service.get("volumes", [])]
        check(all(m.startswith(".") or m in whole["volumes"] for m in mounts), f"{name}: every volume is declared")
        check(set(service.get("depends_on", {})) <= set(services), f"{name}: what it waits for exists")
    made = (DEPLOY / "compose/prepare").read_text(encoding="utf-8")
    roles = re.search(r"for role in ([a-z ]+); do", made).group(1).split()
    check({f"{role}_url" for role in roles} == named - {"superuser", "superuser_url"}, "a password is made for every role", roles)
    for name in ("migrate", "renkei", "bounce"):
        check(services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"], f"{name}: read-only, no capability")
        files = {v.rsplit("/", 1)[1] for k, v in services[name]["environment"].items() if k.endswith("_FILE")}
        check(files <= set(services[name]["secrets"]), f"{name}: every secret that it reads is given to it")
    check("superuser_url" not in services["renkei"]["secrets"], "the server never sees the superuser")
    held = services["renkei"]["environment"]
    check("bounce_url" not in services["renkei"]["secrets"] and not any("BOUNCE" in k for k in held), "nor what the pipe for mail has")
    pipe = services["bounce"]
    check(pipe["secrets"] == ["bounce_url"] and pipe["profiles"] == ["bounce"] and pipe["network_mode"] == "none" and pipe["volumes"] == ["socket:/run/postgresql"],
          "the pipe for mail is started by name, and has its own URL and the database's socket alone")
    check(services["database"]["network_mode"] == "none" and "ports" not in services["database"],
          "the database has no way out and no port")
    settings = (DEPLOY / "compose/renkei.example.toml").read_text(encoding="utf-8")
    check(services["renkei"]["ports"] == ["443:8443"] and "[tls]" in settings, "the one port speaks TLS")
    check("[log]" in settings and "sealer_url" in services["renkei"]["secrets"], "the record is sealed")


def patroni():
    """The example is rendered twice as an administrator would: every name has a value, and every password is kept."""
    folder = DEPLOY / "patroni"
    with tempfile.TemporaryDirectory() as out:
        render = lambda: subprocess.run([sys.executable, folder / "render.py", folder / "deployment.example.json", out],
                                        check=False, capture_output=True, text=True)
        first = render()
        check(first.returncode == 0, "the templates of the redundant deployment are filled in", first.stderr)
        secrets = json.loads((pathlib.Path(out) / "secrets.json").read_text(encoding="utf-8"))
        roles = (pathlib.Path(out) / "roles.sql").read_text(encoding="utf-8")
        settings = (pathlib.Path(out) / "node1/etc/renkei/renkei.toml").read_text(encoding="utf-8")
        check("[log]" in settings and secrets["SEALER_PASSWORD"] in settings and secrets["SEALER_PASSWORD"] in roles, "the record is sealed")
        check(secrets["FAMILY_PASSWORD"] in settings and secrets["FAMILY_PASSWORD"] in roles, "a node knows its role's password")
        render()
        check(json.loads((pathlib.Path(out) / "secrets.json").read_text(encoding="utf-8")) == secrets, "rendered again, they stay")


def front():
    """nginx takes the first location by a pattern that fits. The doors that strangers may try stand behind the slower count."""
    text = (DEPLOY / "front/server.conf").read_text(encoding="utf-8")
    patterns = re.findall(r"^location ~ (\S+) \{\n +(\S+ \S+)", text, re.MULTILINE)
    first = lambda path: next((first for pattern, first in patterns if re.search(pattern, path)), "")
    for path in ("/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/code/passkey", "/operator/sign-in", "/family/sign-in", "/unlock", "/confirm",
                 "/confirm/first", "/menu/password", "/family/notices/mail/confirmation", "/api/v1/session", "/api/v1/session/unlock",
                 "/api/v1/session/step-up", "/forgotten", "/api/v1/forgotten", "/recovery", "/api/v1/recovery"):
        check(first(path) == "limit_req zone=trying", f"{path} is counted as a try, its page is not")
    for path in ("/sign-in/with/x/callback", "/family/join/x", "/family/join/x/open", "/contact/confirm/x", "/support/answers/x",
                 "/facility-applications/status/x", "/facility-applications/status/x/confirmation", "/api/v1/facility-applications/status/x",
                 "/join/x", "/join/x/account", "/join/x/code", "/api/v1/join/x", "/api/v1/join/x/account", "/api/v1/join/x/code",
                 "/first-admin/x", "/api/v1/first-admin/x", "/forgotten/x", "/api/v1/forgotten/x", "/recovery/x"):
        check(first(path) == "limit_req zone=signing_in", f"{path} is counted, also to look at")
    limits = (DEPLOY / "front/limits.conf").read_text(encoding="utf-8")
    check(re.search(r'map \$request_method \$tries \{\s+GET "";\s+HEAD "";\s+default \$who;\s+\}\s+limit_req_zone \$tries zone=trying:', limits) is not None,
          "a page that is only looked at has no key to be counted by")
    for path in ("/", "/groups", "/sign-in-x", "/sign-in/with/x", "/support", "/facility-applications/new", "/api/v1/facility-applications", "/menu/contact", "/family/notices/mail", "/operator/recoveries", "/api/v1/recoveries", "/api/v1/me/recoveries", "/api/v1/events", "/api/v1/files", "/menu/passkeys"):
        check(not first(path).startswith("limit_req"), f"{path} is not")


chart()
compose()
patroni()
front()
print(f"{seen} passed, 0 failed")
