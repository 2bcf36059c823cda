use super::{Backup, Limits, SignIn};

/// The commented example configuration, with today's defaults.
pub fn example() -> String {
    let (limits, sign_in, backup) = (Limits::default(), SignIn::default(), Backup::default());
    format!(
        r#"# Renkei: example configuration. Every key can also be set in the environment:
# RENKEI_BASE_URL=…, RENKEI_DATABASE__APP=…; a name ending in _FILE reads the value from that file.

# Address and port that the server listens on.
listen = "127.0.0.1:8080"

# How people reach it. Cookies and links follow it; https is required, except for http://localhost.
base_url = "https://renkei.example.jp"

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

[limits]
# Largest upload, in bytes.
file_bytes = {file_bytes}
# Seconds that one request may take.
request_seconds = {request_seconds}
# Seconds that a request with files in it may take.
upload_seconds = {upload_seconds}

[sign_in]
# Minutes without a touch until the session locks (1 to 30).
idle_minutes = {idle_minutes}
# Hours after which one signs in again (1 to 12).
session_hours = {session_hours}

# Daily backups with the log in between: any second can be restored. Needs pgBackRest on the database's host, and runs as
# the owner of the database's files. See docs/operations/backup.md.
[backup]
# Folder of the backups, best on another disk. Empty: no backups.
repository = ""
# Made with the first backup. Put it into shares (renkei backup keys split): without it no backup can be restored.
key_file = "/var/lib/renkei/keys/backup"
# The PostgreSQL data directory.
cluster = "/var/lib/postgresql/15/main"
# Working folder of pgBackRest.
engine = "/var/lib/postgresql/renkei-pgbackrest"
# A second place, on another disk, for what the deployment last published about its record.
published = ""
# Folder of the vault, if its host shares it with this one (read-only): its state is shown.
vault = ""
# Times in Asia/Tokyo.
at = "{backup_at}"
drill_at = "{drill_at}"
# Daily generations that are kept.
generations = {generations}
"#,
        connections = super::default_connections(),
        file_bytes = limits.file_bytes,
        request_seconds = limits.request_seconds,
        upload_seconds = limits.upload_seconds,
        idle_minutes = sign_in.idle_minutes,
        session_hours = sign_in.session_hours,
        backup_at = backup.at,
        drill_at = backup.drill_at,
        generations = backup.generations,
    )
}
