//! The TLS sheet of this deployment.

use listen::Live;
use tls_profile::{Front, Sheet};

use crate::words::t;
use crate::{
    Result,
    config::{Config, set},
    db, outbound,
};

/// `max-age` of Strict-Transport-Security: two years.
pub const HSTS_SECONDS: u64 = 63_072_000;

/// Fills the checklist from what is live. `live` is the port's, or one that was opened for looking.
///
/// # Errors
/// A database URL that would send records in the clear.
pub fn sheet(config: &Config, live: Option<&Live>) -> Result<Sheet> {
    let (server, status) = (live.and_then(Live::config), live.map(Live::status).unwrap_or_default());
    let front = Front {
        server: server.as_ref(),
        certificate: status.facts.as_ref(),
        terminated_by: &config.tls.terminated_by,
        hsts: config.secure().then_some(HSTS_SECONDS),
        client_certificates: set(&config.tls.client_ca).is_some(),
        post_quantum_reason: &config.tls.post_quantum_reason,
        outbound: outbound::tls::PROFILE,
        database: database(config)?,
        now: jiff::Timestamp::now(),
    };
    Ok(Sheet::fill(&front))
}

fn database(config: &Config) -> Result<(&'static str, bool)> {
    let address = db::address(&config.database.app)?;
    Ok(if db::is_local(&address) {
        (t("この機械の中だけで通信する（ソケットまたはループバック）"), true)
    } else {
        (t("TLS 1.3 のみ、証明書と名前を必ず検証、チャネルバインディングあり"), true)
    })
}
