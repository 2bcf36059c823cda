//! The doors for devices with certificates: whether they are open, and how long the authority is good.

use jiff::{SignedDuration, Timestamp};
use listen::tls_profile::not_after;

use super::{Finding, Site, not_seen, words};

const AUTHORITY: &str = "SELECT certificate FROM act.device_authority()";
/// Its certificates live a year: by then devices need others.
const SOON: SignedDuration = SignedDuration::from_hours(400 * 24);

pub async fn check(site: &Site) -> Vec<Finding> {
    let Some(config) = site.config() else { return Vec::new() };
    let place = "devices.app_listen";
    if !config.devices.has_doors() {
        return vec![Finding::ok(
            "door",
            place,
            words!("証明書の端末の入口はありません", "there is no door for devices with certificates"),
        )];
    }
    let certificate = match authority(site).await {
        Ok(found) => found,
        Err(why) => return vec![not_seen("authority", place, &why)],
    };
    let finding = match certificate.as_deref().map(not_after) {
        None => Finding::warning(
            "authority",
            place,
            words!(
                "端末の認証局がまだありません。だれも入れません",
                "there is no device authority yet: nobody can come in"
            ),
            words!("renkei device-ca init", "renkei device-ca init"),
        ),
        Some(Some(end)) if end.duration_since(Timestamp::now()) > SOON => Finding::ok(
            "authority",
            place,
            words!("端末の認証局は {end} まで有効です", "the device authority is good until {end}"),
        ),
        Some(end) => {
            let end = end.map(|e| e.to_string()).unwrap_or_default();
            Finding::warning(
                "authority",
                place,
                words!("端末の認証局の期限が近づいています：{end}", "the device authority ends soon: {end}"),
                words!("docs/operations/devices.md", "docs/operations/devices.md"),
            )
        }
    };
    vec![finding]
}

async fn authority(site: &Site) -> crate::Result<Option<Vec<u8>>> {
    let row = site.connect("renkei_job").await?.query_opt(AUTHORITY, &[]).await?;
    Ok(row.map(|r| r.get(0)))
}
