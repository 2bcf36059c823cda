//! The files of a team post, as they are offered to go along onto the family timeline.

use envelope::{DataKey, Secret};
use uuid::Uuid;

use super::{
    attach::Attached,
    model::{PostFile, asks_first, family_from_code},
    read,
};
use crate::words::t;
use crate::{Error, Result, app::App, db::Tx};

/// In the order of the post. Row security shows them to whoever reads the post.
const OF_POST: &str = "SELECT f.id, f.facility_id, f.name, f.class, f.media_type, f.family, f.bytes, f.sha256, f.sealed_sha256, f.thumbnail_sha256 IS NOT NULL AS has_thumbnail, s.state,
    x.stream_id, x.wrapped_key AS post_key
  FROM care.post_file x JOIN care.file f ON f.id = x.file_id JOIN care.file_state s ON s.file_id = f.id WHERE x.post_id = $1 ORDER BY x.position";

/// Why a file does not go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Barred {
    /// The family's door does not open it.
    Runs,
    /// The scan found something.
    Refused,
}

impl Barred {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Runs => t(
                "ご家族の画面では開けない種類（マクロ、プログラム、ホームページの形式）なので、見せられません。PDFか写真なら見せられます。",
            ),
            Self::Refused => t("危ないものが見つかったファイルなので、見せられません。"),
        }
    }
}

pub(crate) struct Offered {
    pub(crate) file: PostFile,
    pub(crate) barred: Option<Barred>,
    key: Secret,
    stored: Vec<u8>,
}

crate::opaque_debug!(Offered);

pub(crate) async fn of_post(app: &App, tx: &mut Tx, post: Uuid) -> Result<Vec<Offered>> {
    let rows = tx.query(OF_POST, &[&post]).await?;
    let mut offered = Vec::with_capacity(rows.len());
    for row in &rows {
        let stream = row.get("stream_id");
        let key = read::carried_key(&*app.keys.data_key(tx, stream).await?, stream, row.get("id"), row)?;
        let file = read::describe(row, &key)?;
        let barred = match file.state.as_str() {
            "refused" => Some(Barred::Refused),
            _ if asks_first(family_from_code(row.get("family"))) => Some(Barred::Runs),
            _ => None,
        };
        offered.push(Offered { file, barred, key, stored: row.get("sha256") });
    }
    Ok(offered)
}

/// Those that were chosen, in the order of the team post, for a post of this stream.
pub(crate) fn chosen(
    offered: &[Offered],
    ids: &[Uuid],
    stream: Uuid,
    key: &DataKey,
) -> Result<Vec<Attached>> {
    if ids.iter().any(|id| !offered.iter().any(|o| o.file.id == *id)) {
        let words = t("選んだファイルは、もとの投稿に付いていません。もう一度選んでください。");
        return Err(Error::invalid("files", "not_of_this_post", words));
    }
    let chosen = offered.iter().filter(|o| ids.contains(&o.file.id));
    chosen
        .map(|o| match o.barred {
            Some(why) => Err(Error::invalid("files", "not_for_family", why.words())),
            None => Attached::again(&o.file, &o.key, o.stored.clone(), stream, key),
        })
        .collect()
}
