//! The configuration file, and what the server needs to hand its log over.

use std::fmt::Write as _;
use std::path::Path;

use crate::{Error, Options, Repository, S3, STANZA};

/// The file's text. Values go to the end of their line, so line breaks are refused.
pub(crate) fn text(options: &Options) -> Result<String, Error> {
    let mut text = String::from("# Rewritten on each start; changes made here are lost.\n[global]\n");
    let work = path(&options.work)?;
    let generations = options.generations.to_string();
    let mut set = |name: &str, value: &str| -> Result<(), Error> {
        if value.chars().any(char::is_control) {
            return Err(Error::BadSetting(name.to_owned()));
        }
        let _ = writeln!(text, "{name}={value}");
        Ok(())
    };
    repository(&options.repository, &mut set)?;
    for (name, value) in [
        ("repo1-cipher-type", "aes-256-cbc"),
        ("repo1-cipher-pass", options.pass.expose()),
        ("repo1-bundle", "y"),
        ("repo1-retention-full", &generations),
        ("compress-type", "zst"),
        ("compress-level", "3"),
        ("start-fast", "y"),
        // Two processes read and compress; the machine also serves.
        ("process-max", "2"),
        ("archive-timeout", "60"),
        ("log-level-console", "off"),
        ("log-level-stderr", "warn"),
        ("log-level-file", "info"),
        ("log-path", &format!("{work}/log")),
        ("lock-path", &format!("{work}/lock")),
        ("spool-path", &format!("{work}/spool")),
    ] {
        set(name, value)?;
    }
    text.push_str(&format!("[{STANZA}]\n"));
    let _ = writeln!(text, "pg1-path={}", path(&options.cluster)?);
    let _ = writeln!(text, "pg1-socket-path={}", path(&options.socket)?);
    let _ = writeln!(text, "pg1-port={}\npg1-user=postgres\npg1-database=postgres", options.port);
    Ok(text)
}

fn repository(at: &Repository, set: &mut impl FnMut(&str, &str) -> Result<(), Error>) -> Result<(), Error> {
    match at {
        Repository::Folder(folder) => set("repo1-path", &path(folder)?),
        Repository::S3(S3 { endpoint, bucket, region, folder, key, secret, ca_file }) => {
            let (host, port) = endpoint.rsplit_once(':').unwrap_or((endpoint, "443"));
            set("repo1-type", "s3")?;
            set("repo1-path", folder)?;
            set("repo1-s3-endpoint", host)?;
            set("repo1-storage-port", port)?;
            set("repo1-s3-bucket", bucket)?;
            set("repo1-s3-region", region)?;
            set("repo1-s3-uri-style", "path")?;
            set("repo1-s3-key", key)?;
            set("repo1-s3-key-secret", secret.expose())?;
            ca_file.as_ref().map_or(Ok(()), |file| set("repo1-storage-ca-file", &path(file)?))
        }
    }
}

/// What `archive_command` runs; the server runs it through a shell.
pub(crate) fn archive_command(config: &Path) -> Result<String, Error> {
    Ok(format!("pgbackrest --config={} --stanza={STANZA} archive-push \"%p\"", in_shell(config)?))
}

/// Paths that pgBackRest's file and the server's shell both take as they are.
fn in_shell(file: &Path) -> Result<String, Error> {
    let text = path(file)?;
    // `%` would begin a placeholder of the server's.
    if text.contains(['\'', '%', '\\']) {
        return Err(Error::BadPath(file.to_owned()));
    }
    Ok(format!("'{text}'"))
}

fn path(at: &Path) -> Result<String, Error> {
    match at.to_str() {
        Some(text) if at.is_absolute() && !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(Error::BadPath(at.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_in_their_quotes() {
        assert_eq!(in_shell(Path::new("/a b/c")).unwrap(), "'/a b/c'");
        for bad in ["/a'b", "/a%p", "relative", "/a\nb"] {
            assert!(matches!(in_shell(Path::new(bad)), Err(Error::BadPath(_))), "{bad}");
        }
    }
}
