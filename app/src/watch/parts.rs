//! What this node is made of: the program's file, and the configuration as it works, without what is secret in it.

use std::path::Path;

use aws_lc_rs::digest;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::config::Config;

/// `{"binary": …, "configuration": …}`, SHA-256 in hexadecimal digits. A file that cannot be read has no digest.
pub(super) async fn measure(binary: &Path, config: &Config) -> Value {
    let digest = file(binary).await.unwrap_or_default();
    json!({"binary": digest, "configuration": configuration(config)})
}

async fn file(path: &Path) -> std::io::Result<String> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut context, mut piece) = (digest::Context::new(&digest::SHA256), vec![0; 1 << 18]);
    loop {
        match file.read(&mut piece).await? {
            0 => return Ok(hex::encode(context.finish())),
            n => context.update(&piece[..n]),
        }
    }
}

/// Addresses of databases may hold passwords: they are left out of them. Other secrets stand in files of their own, of which
/// the configuration has the path.
fn configuration(config: &Config) -> String {
    let mut config = config.clone();
    let d = &mut config.database;
    for url in [&mut d.app, &mut d.auth, &mut d.job, &mut d.operator, &mut d.migrate, &mut d.verify] {
        // Its own Debug leaves the password out.
        *url = url.parse::<tokio_postgres::Config>().map(|c| format!("{c:?}")).unwrap_or_default();
    }
    let text = format!("{config:?}");
    hex::encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_counts_its_passwords_do_not() {
        let with = |app: &str, idle: &str| {
            let set = [("RENKEI_DATABASE__APP", app), ("RENKEI_SIGN_IN__IDLE_MINUTES", idle)];
            let set = set.map(|(k, v)| (k.to_owned(), v.to_owned()));
            configuration(
                &Config::parse(&crate::config::example(), set.into_iter()).expect("a configuration"),
            )
        };
        let one = with("host=db user=renkei_app password=a", "15");
        assert_eq!(one, with("host=db user=renkei_app password=b", "15"));
        assert_ne!(one, with("host=other user=renkei_app password=a", "15"));
        assert_ne!(one, with("host=db user=renkei_app password=a", "14"));
    }
}
