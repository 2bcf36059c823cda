//! `renkei enlist`: the first facility of a new deployment and its first admin, from the command line.

use std::{io::BufRead as _, path::PathBuf};

use clap::Args;
use uuid::Uuid;

use super::serve;
use crate::{
    Error, Result,
    auth::password,
    config::Config,
    db::Access,
    features::{facilities::acts, sign_in::acts::fold_login},
};

#[derive(Debug, Args)]
pub struct Enlist {
    #[arg(long)]
    config: PathBuf,
    /// The facility's name as people read it.
    #[arg(long)]
    facility: String,
    /// Its reading in katakana.
    #[arg(long)]
    facility_kana: String,
    /// clinic, hospital, visiting_nurse_station, pharmacy, care_plan_office, care_provider …
    #[arg(long)]
    kind: String,
    /// The admin's personal ID for signing in.
    #[arg(long)]
    login_id: String,
    #[arg(long)]
    name: String,
    #[arg(long)]
    kana: String,
    /// doctor, nurse, pharmacist, care_manager, clerk …
    #[arg(long)]
    profession: String,
}

/// Reads the first password from standard input; app authentication is set up at the first sign-in.
pub async fn enlist(options: Enlist) -> Result<()> {
    let config = Config::load(&options.config)?;
    let access = Access { connections: 2, ..Access::of(&config.database)? };
    let app = serve::open(config, &access).await?;
    eprint!("First password of {}: ", options.login_id);
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed).map_err(Error::internal)?;
    let typed = typed.trim_end_matches(['\n', '\r']).to_owned();
    if let Some(why) =
        password::refusal(&typed, false, &[&options.login_id, &options.name, &options.facility])
    {
        return Err(Error::Internal(why.into()));
    }
    let hash = password::hash(typed).await?;
    let (facility, account) = (Uuid::now_v7(), Uuid::now_v7());
    acts::add(&app, facility, &options.kind, &options.facility, &options.facility_kana, "").await?;
    let login_id = fold_login(&options.login_id);
    let new = acts::NewAccount {
        id: account,
        login_id: &login_id,
        name: &options.name,
        kana: &options.kana,
        profession: &options.profession,
        password_hash: &hash,
        totp_secret: None,
    };
    acts::add_account(&app, &new).await?;
    acts::add_staff(&app, facility, account, true).await?;
    println!("facility {facility}, account {account}: sign in as {login_id} and set up app authentication");
    Ok(())
}
