use super::{Host, SignIn, devices, limits, proxy, reading};

/// The commented example configuration, with today's defaults.
pub fn example() -> String {
    let (sign_in, host) = (SignIn::default(), Host::default());
    let text = format!(
        r#"# Renkei: example configuration. Every key can also be set in the environment:
# RENKEI_BASE_URL=…, RENKEI_DATABASE__APP=…; a name ending in _FILE reads the value from that file.

# Address and port that the server listens on.
listen = "127.0.0.1:8080"

# How people reach it. Cookies and links follow it; https is required, except for http://localhost.
# Passkeys belong to its host name for ever: under another one everybody has to register a new one.
base_url = "https://renkei.example.jp"

# A clinic with one machine needs no database of its own: with `data`, Renkei manages a private PostgreSQL, the uploads
# and the key in this folder. Then leave out blobs, master_key_file and [database]. `renkei init` writes such a file.
# data = "/var/lib/renkei"

# Folder for uploaded files. They are encrypted before they are written.
blobs = "/var/lib/renkei/blobs"

# The master key (0600, made on the first start). Without it nothing can be read: keep a copy away from the database.
# Whoever is root on this host can read it.
master_key_file = "/var/lib/renkei/keys/master"

# clamd for scanning uploads ("unix:/run/clamav/clamd.ctl" or "127.0.0.1:3310"). Empty: files are marked as not scanned.
clamd = ""

# One role, one URL. Over the local socket PostgreSQL identifies the roles by peer: no passwords.
[database]
app = "host=/run/postgresql dbname=renkei user=renkei_app"
auth = "host=/run/postgresql dbname=renkei user=renkei_auth"
job = "host=/run/postgresql dbname=renkei user=renkei_job"
operator = "host=/run/postgresql dbname=renkei user=renkei_operator"
family = "host=/run/postgresql dbname=renkei user=renkei_family"
# Asked by `renkei bounce` alone (mail.bounces).
bounce = "host=/run/postgresql dbname=renkei user=renkei_bounce"
migrate = "host=/run/postgresql dbname=renkei user=renkei_migrate"
verify = "host=/run/postgresql dbname=renkei user=renkei_verify"
sealer = "host=/run/postgresql dbname=renkei user=renkei_sealer"
connections = {connections}
# A database on another host is reached by TLS 1.3 alone; its chain and name are verified ("host=db.example.jp …").
# PEM: the authorities it is recognised by. Empty: the system's.
root_certificate = ""
# PEM: certificate and key (0600) that are shown to it, where it asks for them.
certificate = ""
key = ""

{port}
{reading}
{limits}
[log]
# The tree of the record (RFC 9162), which shows outsiders that nothing was rewritten: a folder on one node, served at /log. Empty: none here.
folder = "/var/lib/renkei/log"
# The key that signs it (0600). Keep a copy apart from the backups of the database.
key_file = "/var/lib/renkei/keys/sealer"
seconds = 5
# Seconds between two looks at a part of what was sealed before; each takes two seconds at most.
patrol_seconds = 15
# Who cosigns; one section for each.
# [[log.witnesses]]
# url = "https://witness.example.jp"
# key = "as renkei witness prints it"
{copies}
[sign_in]
# Minutes without a touch until the session locks (1 to 30).
idle_minutes = {idle_minutes}
# Hours after which one signs in again (1 to 12).
session_hours = {session_hours}

[disclosure]
# How people call this deployment.
service_name = "連携"
# Who runs it for whom: "own" (one facility for itself), "association" or "provider". Decides whose duty each control is.
hosting = "association"
# Nodes that serve people at the same time.
service_nodes = 1

[host]
# TCP ports beside Renkei's own that may be open to other machines; `renkei doctor` reports any other one.
ports = {ports:?}

{proxy}"#,
        port = port(),
        copies = super::copies::EXAMPLE,
        reading = reading::example(),
        limits = limits::example(),
        proxy = proxy::EXAMPLE,
        connections = super::default_connections(),
        idle_minutes = sign_in.idle_minutes,
        session_hours = sign_in.session_hours,
        ports = host.ports,
    );
    [
        &text,
        super::single_sign_on::EXAMPLE,
        devices::EXAMPLE,
        super::mail::EXAMPLE,
        super::push::EXAMPLE,
        super::webhooks::EXAMPLE,
        super::support::EXAMPLE,
        super::maintenance::EXAMPLE,
        super::watch::EXAMPLE,
        super::status::EXAMPLE,
        super::android::EXAMPLE,
        &super::search::example(),
        &super::backup::example(),
    ]
    .concat()
}

/// What belongs to the port: TLS, certificates, connections.
fn port() -> String {
    let c = listen::Limits::default();
    format!(
        r#"[tls]
# PEM: the server's certificate, then its issuers; and its key (0600). Both are read again when they change.
# Empty, and no [acme]: plain HTTP, which is served on loopback only.
certificate = ""
key = ""
# Oldest version that is spoken to people and machines: "1.3", or "1.2" for devices that cannot do better.
minimum_version = "1.3"
# Switches the post-quantum hybrid X25519MLKEM768 on. The reason stands in the TLS sheet. Empty: off.
post_quantum_reason = ""
# PEM: authorities of client certificates. Given, nobody comes in without one.
client_ca = ""
# PEM: further authorities for the ACME authority's own server, beside the system's.
trusted_roots = ""
# A second port that only redirects to https, e.g. "0.0.0.0:80". Empty: none.
redirect_from = ""
# Who ends TLS when it is not this server: name and place of the proxy. Stands in the TLS sheet.
terminated_by = ""

# Certificates by ACME (tls-alpn-01: port 443 must lead here). Without this section: files.
# [acme]
# directory = "https://acme.example.jp/directory"
# contact = ["mailto:admin@example.jp"]
# domains = ["renkei.example.jp"]
# folder = "/var/lib/renkei/acme"

[connections]
# Connections at the same time: in total, and from one address block (IPv4 /24, IPv6 /48).
total = {total}
per_block = {per_block}
# Addresses or blocks that per_block does not count: proxies.
unlimited = ["127.0.0.0/8", "::1"]
# Seconds for a TLS handshake, for the head of a request, and for taking some of an answer.
handshake_seconds = {handshake_seconds}
header_seconds = {header_seconds}
write_seconds = {write_seconds}
# Header fields of a request, and bytes of its head.
headers = {headers}
header_bytes = {header_bytes}
# Requests at the same time on one HTTP/2 connection.
streams = {streams}
"#,
        total = c.total,
        per_block = c.per_block,
        handshake_seconds = c.handshake_seconds,
        header_seconds = c.header_seconds,
        write_seconds = c.write_seconds,
        headers = c.headers,
        header_bytes = c.header_bytes,
        streams = c.streams,
    )
}
