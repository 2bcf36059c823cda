//! The master key opens what the database holds. A key that fits nothing is worse than none: it looks like one.

use std::sync::Arc;

use envelope::{FacilityKey, LocalKeyFile};
use uuid::Uuid;

use super::{Finding, Site, not_seen, words};

const NEWEST: &str = "SELECT facility_id, wrapped FROM care.facility_key ORDER BY created_at DESC LIMIT 1";

pub async fn check(site: &Site) -> Vec<Finding> {
    let Some(config) = site.config() else { return Vec::new() };
    let place = config.master_key_file.display();
    let wrapped = match newest(site).await {
        Ok(found) => found,
        Err(why) => return vec![not_seen("opens", place, &why)],
    };
    let Some((facility, wrapped)) = wrapped else {
        return vec![Finding::ok(
            "opens",
            place,
            words!("まだ施設がありません", "no facility yet: nothing to open"),
        )];
    };
    let opened = match LocalKeyFile::open(&config.master_key_file) {
        Ok(key) => {
            let key: Arc<dyn envelope::MasterKey> = Arc::new(key);
            FacilityKey::unwrapped_by(key.as_ref(), facility, &wrapped)
                .await
                .map(drop)
                .map_err(|e| e.to_string())
        }
        Err(why) => Err(why.to_string()),
    };
    vec![match opened {
        Ok(()) => Finding::ok("opens", place, words!("鍵で記録を開けます", "the key opens the records")),
        Err(why) => Finding::bad(
            "opens",
            place,
            words!("この鍵では記録を開けません：{why}", "this key does not open the records: {why}"),
            words!(
                "Renkei を止め、控えてある鍵ファイルを戻してください（docs/operations/lost-key.md）",
                "stop Renkei and put the kept copy of the key file back (docs/operations/lost-key.md)"
            ),
        ),
    }]
}

async fn newest(site: &Site) -> crate::Result<Option<(Uuid, Vec<u8>)>> {
    let row = site.connect("renkei_verify").await?.query_opt(NEWEST, &[]).await?;
    Ok(row.map(|r| (r.get(0), r.get(1))))
}
