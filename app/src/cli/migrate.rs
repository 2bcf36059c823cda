//! `renkei migrate`: applies what is missing, or prints what a database administrator runs once.

use std::path::PathBuf;

use clap::Args;
use tokio_postgres::Config as PgConfig;

use super::which::{self, Which};
use crate::{Error, Result, config::Config, db};

#[derive(Debug, Args)]
pub struct Migrate {
    /// Prints the SQL that a superuser runs once: roles for the cluster, then schemas and guards for the database.
    #[arg(long)]
    bootstrap: bool,
    /// A file with the superuser's URL: bootstrap, change window and the roles' passwords are then done too.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bootstrap", "superuser_env"])]
    superuser_url_file: Option<PathBuf>,
    /// As --superuser-url-file, from a variable of the environment.
    #[arg(long, value_name = "NAME", conflicts_with = "bootstrap")]
    superuser_env: Option<String>,
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
    if let Some(superuser) = superuser(&options)? {
        return all_at_once(&config, &superuser).await;
    }
    let mut client = which::connect(&config, "renkei_migrate").await?;
    let applied = db::migrate(&mut client).await.map_err(|error| {
        Error::Internal(format!(
            "{error}; is a change window open? As superuser: SELECT guard.open_window('10 minutes', 'why');"
        ))
    })?;
    report(&applied);
    Ok(())
}

fn report(applied: &[String]) {
    for name in applied {
        println!("applied {name}");
    }
    println!("{} migration(s) applied", applied.len());
}

fn superuser(options: &Migrate) -> Result<Option<PgConfig>> {
    let url = match (&options.superuser_url_file, &options.superuser_env) {
        (Some(file), _) => std::fs::read_to_string(file).map_err(Error::internal)?,
        (None, Some(name)) => std::env::var(name).map_err(Error::internal)?,
        (None, None) => return Ok(None),
    };
    // The text holds a password: an error must not repeat it.
    db::address(url.trim()).map(Some).map_err(|_| Error::Internal("the superuser's URL is not valid".into()))
}

/// Roles with the passwords of their URLs, guards, what the release adds, and its migrations. Safe to run again.
async fn all_at_once(config: &Config, superuser: &PgConfig) -> Result<()> {
    let root = db::Tls::of(&config.database)?.connect(superuser).await?;
    db::bootstrap_roles(&root).await?;
    for role in db::LOGIN_ROLES {
        let Ok(access) = which::role(config, role) else { continue };
        if let Some(password) = access.get_password() {
            db::set_password(&root, role, &String::from_utf8_lossy(password)).await?;
        }
    }
    db::bootstrap_database(&root).await?;
    let mut migrator = which::connect(config, "renkei_migrate").await?;
    report(&db::migrate_in(&root, &mut migrator, "migrate").await?);
    Ok(())
}
