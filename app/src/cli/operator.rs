//! `renkei operator`: who may use the operator's console.

use clap::{Args, Subcommand};

use super::{
    ask::{asked, asked_in_secret},
    deployment::Reached,
    serve,
    which::Which,
};
use crate::{
    Error, Result,
    app::App,
    auth::{password, totp},
    features::operators::acts,
};

#[derive(Debug, Args)]
pub struct Operator {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Makes an operator, or a secretariat with `--region`: asks for the password, prints the key for the authenticator, asks for its first code.
    Add {
        #[arg(long)]
        login_id: String,
        #[arg(long)]
        name: String,
        /// Makes the account of a secretariat instead: it reviews, sees and tells what is of this region (its name or id) alone.
        #[arg(long)]
        region: Option<String>,
    },
    /// Ends an operator's or a secretariat's access and sessions at once.
    Suspend {
        #[arg(long)]
        login_id: String,
    },
}

pub async fn operator(options: Operator) -> Result<()> {
    let config = options.which.load()?;
    let reached = Reached::of(&config).await?;
    let done = async {
        let app = serve::open(config.clone(), &reached.access(&config)?).await?;
        carry_out(&app, options.what).await
    };
    let done = done.await;
    reached.leave().await?;
    done
}

async fn carry_out(app: &App, what: What) -> Result<()> {
    match what {
        What::Add { login_id, name, region } => {
            let typed = asked_in_secret(&format!("Password of {login_id}"))?;
            if let Some(why) = password::refusal(&typed, false, &[&login_id, &name]) {
                return Err(Error::Internal(why.into()));
            }
            let secret = totp::fresh_secret();
            let key = totp::enrolment(&secret, &login_id)?.key;
            println!("Put this key into an authenticator app: {key}");
            let code = asked("The six digits it shows now")?;
            if totp::check(&secret, &code, app.unix_seconds())?.is_none() {
                return Err(Error::Internal("that is not the present code; nothing was made".into()));
            }
            let hash = password::hash(typed).await?;
            let (what, id) = match &region {
                None => ("operator", acts::add(app, &login_id, &name, &hash, &secret).await?),
                Some(region) => {
                    let added = acts::add_secretariat(app, region, &login_id, &name, &hash, &secret).await;
                    let unknown = || Error::Internal(format!("there is no region {region}"));
                    (
                        "secretariat",
                        added.map_err(|e| if matches!(e, Error::NotFound) { unknown() } else { e })?,
                    )
                }
            };
            println!("{what} {id}: sign in at {}/operator/sign-in", app.config.base_url);
        }
        What::Suspend { login_id } => {
            if !acts::suspend(app, &login_id).await? {
                return Err(Error::Internal(format!("there is no operator {login_id}")));
            }
            println!("{login_id} may not sign in any more; open sessions have ended");
        }
    }
    Ok(())
}
