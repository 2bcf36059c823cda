//! `renkei enlist`: the first facility of a new deployment and its first admin, from the command line.

use clap::Args;
use uuid::Uuid;

use super::{
    ask::{asked_in_secret, given_or_asked},
    deployment::Reached,
    serve,
    which::Which,
};
use crate::{
    Error, Result,
    app::App,
    auth::password,
    features::{facilities::acts, sign_in::acts::fold_login},
};

#[derive(Debug, Args)]
pub struct Enlist {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    facility: Facility,
}

/// A facility and its first admin. What is not given is asked for.
#[derive(Debug, Default, Args)]
pub struct Facility {
    /// The facility's name as people read it.
    #[arg(long)]
    facility: Option<String>,
    /// Its reading in katakana.
    #[arg(long)]
    facility_kana: Option<String>,
    /// clinic, hospital, visiting_nurse_station, pharmacy, care_plan_office, care_provider …
    #[arg(long)]
    kind: Option<String>,
    /// The admin's personal ID for signing in.
    #[arg(long)]
    login_id: Option<String>,
    #[arg(long)]
    name: Option<String>,
    #[arg(long)]
    kana: Option<String>,
    /// doctor, nurse, pharmacist, care_manager, clerk …
    #[arg(long)]
    profession: Option<String>,
}

/// Reads the first password from standard input; app authentication is set up at the first sign-in.
pub async fn enlist(options: Enlist) -> Result<()> {
    let config = options.which.load()?;
    let reached = Reached::of(&config).await?;
    let made = async {
        let app = serve::open(config.clone(), &reached.access(&config)?).await?;
        make(&app, options.facility).await
    };
    let made = made.await;
    reached.leave().await?;
    made
}

/// Asks for what is missing and makes both.
pub async fn make(app: &App, given: Facility) -> Result<()> {
    let facility = given_or_asked(given.facility, "施設の名前")?;
    let facility_kana = given_or_asked(given.facility_kana, "施設の名前（カタカナ）")?;
    let kind =
        given_or_asked(given.kind, "施設の種類（clinic, hospital, visiting_nurse_station, pharmacy, …）")?;
    let login_id = given_or_asked(given.login_id, "管理者のID（半角の英数字）")?;
    let name = given_or_asked(given.name, "管理者の氏名")?;
    let kana = given_or_asked(given.kana, "管理者の氏名（カタカナ）")?;
    let profession = given_or_asked(given.profession, "管理者の職種（doctor, nurse, pharmacist, clerk, …）")?;
    let typed = asked_in_secret(&format!("{login_id} の最初のパスワード（13文字以上）"))?;
    if let Some(why) = password::refusal(&typed, false, &[&login_id, &name, &facility]) {
        return Err(Error::Internal(why.into()));
    }
    let hash = password::hash(typed).await?;
    let login_id = fold_login(&login_id);
    let (facility_id, account) = (Uuid::now_v7(), Uuid::now_v7());
    acts::add(app, facility_id, &kind, &facility, &facility_kana, "").await?;
    let new = acts::NewAccount {
        id: account,
        login_id: &login_id,
        name: &name,
        kana: &kana,
        profession: &profession,
        password_hash: &hash,
        totp_secret: None,
    };
    acts::add_account(app, &new).await?;
    acts::add_staff(app, facility_id, account, true).await?;
    println!(
        "facility {facility_id}, account {account}: sign in as {login_id} and set up app authentication"
    );
    Ok(())
}
