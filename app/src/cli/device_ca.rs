//! `renkei device-ca` and `renkei sign-in-policy`: what whoever runs the deployment does for devices.

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{place::Place, which::Which};
use crate::{
    Error, Result,
    features::devices::{acts, certificates},
};

#[derive(Debug, Args)]
pub struct DeviceCa {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: CaAct,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum CaAct {
    /// Makes the authority of device certificates, if there is none yet, and prints its certificate (PEM).
    Init,
}

pub async fn device_ca(options: DeviceCa) -> Result<()> {
    let CaAct::Init = options.what;
    let place = Place::open(&options.which).await?;
    print!("{}", certificates::acts::authority(&place.app).await?);
    place.close().await
}

#[derive(Debug, Args)]
pub struct SignInPolicy {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: PolicyAct,
}

#[derive(Debug, Subcommand)]
enum PolicyAct {
    /// Lets every device and every hour in again, for a facility that has shut itself out. A new version in its history.
    Relax {
        /// The facility's id.
        facility: Uuid,
    },
}

pub async fn sign_in_policy(options: SignInPolicy) -> Result<()> {
    let PolicyAct::Relax { facility } = options.what;
    let place = Place::open(&options.which).await?;
    let version = acts::relax(&place.app, facility).await?;
    place.close().await?;
    match version {
        Some(version) => {
            println!("version {version}: every device, every hour; second factor and idle time as before")
        }
        None => {
            return Err(Error::Internal(format!("{facility} never set a sign-in policy: nothing to relax")));
        }
    }
    Ok(())
}
