//! The summary card (患者連携サマリー): the section `summary` of the sheet, which of its versions changed it, and who has read it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use record::{Content, Read};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    fields::{self, Fields, Section},
    merge::{self, Change},
    model::{Save, Sheet, Version},
    read, store,
};
use crate::words::t;
use crate::{Error, FieldError, Result, app::App, auth::Actor, db::Tx, opaque_debug, people::StaffBody};

/// Versions of the sheet in which changes of the card are looked for.
const LOOKED_THROUGH: i64 = 300;

/// One version that changed the card.
#[derive(Clone)]
pub struct Entry {
    pub version: Version,
    pub changes: Vec<Change>,
}

/// A member, and when she read the card as it stands now.
#[derive(Clone, Serialize, ToSchema)]
pub struct ReadBy {
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
}

/// The card with its history.
#[derive(Clone)]
pub struct Card {
    pub sheet: Sheet,
    /// Newest first; empty while nobody has written anything.
    pub history: Vec<Entry>,
    /// The members of now; empty for whoever is no member.
    pub readers: Vec<ReadBy>,
}

opaque_debug!(Entry, ReadBy, Card);

/// The card's part of a sheet.
pub fn of(sheet: &Fields) -> Fields {
    let mine = |key: &str| fields::find(key).is_some_and(|f| f.section == Section::Summary);
    sheet.iter().filter(|(key, _)| mine(key)).map(|(key, text)| (key.clone(), text.clone())).collect()
}

impl Card {
    /// The text as it stands.
    pub fn fields(&self) -> Fields {
        of(&self.sheet.newest().fields)
    }

    /// Which version of the sheet last changed the card; 0 while nobody has written anything.
    pub fn since(&self) -> i64 {
        self.history.first().map_or(0, |entry| entry.version.number)
    }

    /// Whether this member has read the card as it stands.
    pub fn is_read_by(&self, account: Uuid) -> bool {
        self.readers.iter().any(|r| r.id == account && r.read_at.is_some())
    }
}

/// The card of a patient: two statements, and what the sheet needs.
pub async fn card(app: &App, tx: &mut Tx, patient: Uuid) -> Result<Card> {
    let sheet = read::sheet(app, tx, patient, read::NEWEST, LOOKED_THROUGH).await?;
    let history = history(&sheet.versions);
    let mut card = Card { sheet, history, readers: Vec::new() };
    if let Some(group) = card.sheet.open_group() {
        card.readers = readers(app, tx, patient, group, card.history.first()).await?;
    }
    Ok(card)
}

/// The versions that changed the card, from all versions, newest first.
fn history(versions: &[Version]) -> Vec<Entry> {
    let nothing = Fields::new();
    let entry = |(n, version): (usize, &Version)| {
        // The oldest one at hand is compared with nothing only where it is the first of all.
        let before = match versions.get(n + 1) {
            Some(before) => of(&before.fields),
            None if version.number == 1 => nothing.clone(),
            None => return None,
        };
        let changes = merge::diff(&before, &of(&version.fields));
        (!changes.is_empty()).then(|| Entry { version: version.clone(), changes })
    };
    versions.iter().enumerate().filter_map(entry).collect()
}

/// Who has read it: by her own word, or because she wrote it.
async fn readers(
    app: &App,
    tx: &mut Tx,
    patient: Uuid,
    group: Uuid,
    newest: Option<&Entry>,
) -> Result<Vec<ReadBy>> {
    let stream: Uuid = tx.one(store::STREAM, &[&patient]).await?.get(0);
    let rows = tx.query(store::READ_BY, &[&group, &stream]).await?;
    let wrote =
        newest.map(|e| (e.version.number, app.people.person(e.version.author).account_id, e.version.at));
    let reader = |r: &tokio_postgres::Row| {
        let id: Uuid = r.get("account_id");
        let read_at = wrote.and_then(|(number, author, at)| {
            let read = r.get::<_, Option<i64>>("up_to_seq").is_some_and(|up_to| up_to >= number);
            if read { r.get("at") } else { (author == id).then_some(at) }
        });
        ReadBy {
            id,
            name: r.get("name"),
            profession: r.get("profession"),
            facility: r.get("facility"),
            read_at,
        }
    };
    Ok(rows.iter().map(reader).collect())
}

/// Notes that the caller has read the sheet's card as version `seen` shows it. Again is fine and writes nothing.
///
/// # Errors
/// `NotFound` for whoever is no member of the patient's group; `Invalid` for a version that there is not.
pub async fn mark_read(app: &App, who: &Actor, patient: Uuid, seen: i64) -> Result<()> {
    let up_to_seq = u64::try_from(seen).map_err(|_| none())?;
    let mut tx = app.db.acting(who).await?;
    let sheet = read::sheet(app, &mut tx, patient, read::NEWEST, 1).await?;
    let group = sheet.open_group().ok_or(Error::NotFound)?;
    let stream: Uuid = tx.one(store::STREAM, &[&patient]).await?.get(0);
    let content = Content::Read(Read { stream, up_to_seq });
    let s = app.keys.seal_receipt(&mut tx, group, Uuid::new_v4(), &content, &[]).await?;
    let rows = tx
        .query_and_commit(store::READ, &[&patient, &seen, &s.id, &s.client_id, &s.commitment, &s.envelope])
        .await?;
    if rows.first().is_some_and(|row| row.get(0)) {
        app.hub.wake();
    }
    Ok(())
}

fn none() -> Error {
    Error::invalid("version", "impossible", t("その版はありません。"))
}

/// Body of `PUT /patients/{id}/summary`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardBody {
    pub client_id: Option<Uuid>,
    /// `currentState`, `goals`, `cautions`, `agreements`; what is left out is emptied.
    pub fields: BTreeMap<String, String>,
    pub reason: String,
}

opaque_debug!(CardBody);

/// The whole sheet with another card on it.
pub fn laid_over(sheet: &Fields, card: &BTreeMap<String, String>) -> Result<Fields, Vec<FieldError>> {
    let foreign = |key: &&String| fields::find(key).is_none_or(|f| f.section != Section::Summary);
    let unknown: Vec<FieldError> = card
        .keys()
        .filter(foreign)
        .map(|key| FieldError::new(key.clone(), "unknown_field", t("連携サマリーにない項目です。")))
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let typed: Fields = card.iter().map(|(key, text)| (key.clone(), text.clone())).collect();
    fields::read(merge::with_section(sheet, Section::Summary, &typed))
        .map_err(|problems| problems.into_iter().map(Into::into).collect())
}

/// What is to be saved, over the newest sheet.
pub fn wanted(sheet: &Sheet, body: CardBody, reason: String) -> Result<Save> {
    let fields = laid_over(&sheet.newest().fields, &body.fields).map_err(Error::Invalid)?;
    let client_id = body.client_id.unwrap_or_else(Uuid::new_v4);
    Ok(Save { client_id, seen: sheet.newest().number, fields, reason })
}

/// Who changed it last, named as of that time.
pub fn changed_by(app: &App, entry: &Entry) -> StaffBody {
    entry.version.changed_by(&app.people)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i64, fields: &[(&str, &str)]) -> Version {
        Version {
            id: Uuid::nil(),
            number,
            fields: fields.iter().map(|(k, t)| ((*k).to_owned(), (*t).to_owned())).collect(),
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            client_id: Uuid::nil(),
            author: Uuid::nil(),
            facility: Uuid::nil(),
        }
    }

    #[test]
    fn only_versions_that_changed_the_card_are_its_history() {
        let versions = [
            version(4, &[("name", "A"), ("goals", "歩く"), ("diet", "並")]),
            version(3, &[("name", "A"), ("goals", "歩く")]),
            version(2, &[("name", "A"), ("diet", "きざみ")]),
            version(1, &[("name", "A")]),
        ];
        let numbers = |all: &[Version]| history(all).iter().map(|e| e.version.number).collect::<Vec<_>>();
        assert_eq!(numbers(&versions), [3]);
        assert_eq!(numbers(&versions[..2]), [] as [i64; 0], "what stands before it is not known");
        assert_eq!(numbers(&[version(1, &[("cautions", "x")])]), [1]);
    }

    #[test]
    fn a_card_is_laid_over_the_rest_of_the_sheet() {
        let sheet = version(1, &[("name", "A"), ("diet", "並"), ("goals", "x")]).fields;
        let card =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(k, t)| ((*k).to_owned(), (*t).to_owned())).collect();
        let laid = laid_over(&sheet, &card(&[("currentState", "退院して2週間")])).unwrap();
        assert_eq!(laid.get("diet").map(String::as_str), Some("並"));
        assert_eq!(laid.get("currentState").map(String::as_str), Some("退院して2週間"));
        assert!(!laid.contains_key("goals"), "what is left out is emptied");
        assert!(laid_over(&sheet, &card(&[("diet", "きざみ")])).is_err());
    }
}
