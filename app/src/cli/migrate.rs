//! `renkei migrate`: applies what is missing, or prints what a database administrator runs once.

use clap::Args;

use super::{
    deployment,
    which::{self, Which},
};
use crate::{Error, Result, db};

#[derive(Debug, Args)]
pub struct Migrate {
    /// Prints the SQL that a superuser runs once: roles for the cluster, then schemas and guards for the database.
    #[arg(long)]
    bootstrap: bool,
    #[command(flatten)]
    which: Which,
}

pub async fn migrate(options: Migrate) -> Result<()> {
    if options.bootstrap {
        println!("-- 1. Once per cluster, as superuser:\n{}", db::BOOTSTRAP_ROLES);
        println!(
            "-- 2. Once in the Renkei database (CREATE DATABASE renkei TEMPLATE template0), as superuser:\n{}",
            db::BOOTSTRAP_DATABASE
        );
        println!(
            "-- 3. In the Renkei database, also before every upgrade, as superuser:\n{}",
            db::BOOTSTRAP_ADDITIONS
        );
        println!(
            "-- 4. Before each `renkei migrate`, as superuser, open a change window:\n-- SELECT guard.open_window('10 minutes', 'why');"
        );
        return Ok(());
    }
    let config = options.which.load()?;
    if config.data.is_some() {
        return Err(Error::Internal(
            "an installation in one folder migrates by itself when it starts".into(),
        ));
    }
    let mut client = deployment::connect(&which::role(&config, "renkei_migrate")?).await?;
    let applied = db::migrate(&mut client).await.map_err(|error| {
        Error::Internal(format!(
            "{error}; is a change window open? As superuser: SELECT guard.open_window('10 minutes', 'why');"
        ))
    })?;
    for name in &applied {
        println!("applied {name}");
    }
    println!("{} migration(s) applied", applied.len());
    Ok(())
}
