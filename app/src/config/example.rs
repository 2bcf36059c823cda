use super::{Host, SignIn, limits, proxy};

/// The commented example configuration, with today's defaults.
pub fn example() -> String {
    let (sign_in, host) = (SignIn::default(), Host::default());
    let text = format!(
        r#"# Renkei: example configuration. Every key can also be set in the environment:
# RENKEI_BASE_URL=…, RENKEI_DATABASE__APP=…; a name ending in _FILE reads the value from that file.

# Address and port that the server listens on.
listen = "127.0.0.1:8080"

# How people reach it. Cookies and links follow it; https is required, except for http://localhost.
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
migrate = "host=/run/postgresql dbname=renkei user=renkei_migrate"
verify = "host=/run/postgresql dbname=renkei user=renkei_verify"
connections = {connections}

{limits}
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
        limits = limits::example(),
        proxy = proxy::EXAMPLE,
        connections = super::default_connections(),
        idle_minutes = sign_in.idle_minutes,
        session_hours = sign_in.session_hours,
        ports = host.ports,
    );
    [&text, super::mail::EXAMPLE, super::watch::EXAMPLE].concat()
}
