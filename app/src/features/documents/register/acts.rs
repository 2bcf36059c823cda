//! Reading and writing the register. Every SQL statement on it stands here.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use tokio_postgres::{Row, types::Json};
use uuid::Uuid;

use super::{Kind, Takes, words};
use crate::{Error, FieldError, Result, app::App, auth::Operator, db::Tx, web::input, words::t};

const REGISTER: &str = "SELECT entry_id, n, kind, fields, at FROM act.register()";
const VERSIONS: &str = "SELECT n, kind, fields, removed, at, by_name FROM op.entry_versions($1)";
const SAVE: &str = "SELECT op.save_entry($1, $2, $3, $4, $5, $6)";

/// Field to text.
pub type Fields = BTreeMap<String, String>;

/// An entry as it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: Uuid,
    pub n: i32,
    pub kind: String,
    pub fields: Fields,
    pub at: Timestamp,
}

impl Entry {
    /// A field's text; empty where it has none.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    /// The words of a field that takes one of a list, else its text.
    pub fn words(&self, field: &str) -> String {
        let takes = super::kind(&self.kind).and_then(|k| k.fields.iter().find(|f| f.code == field));
        match takes.map(|f| f.takes) {
            Some(Takes::One(list)) => words(list, self.get(field)).to_owned(),
            _ => self.get(field).to_owned(),
        }
    }

    /// Whether it holds on a day: begun, and not past its end.
    pub fn holds_on(&self, day: Date) -> bool {
        let date = |field| self.get(field).parse::<Date>().ok();
        date("from").is_none_or(|from| from <= day) && date("to").is_none_or(|to| day <= to)
    }
}

/// All entries that stand, of every kind. Public: people are named here in their office.
pub async fn register(app: &App) -> Result<Vec<Entry>> {
    let rows = app.db.job(REGISTER, &[]).await?;
    let read = |r: &Row| Entry {
        id: r.get(0),
        n: r.get(1),
        kind: r.get(2),
        fields: r.get::<_, Json<Fields>>(3).0,
        at: r.get(4),
    };
    Ok(rows.iter().map(read).collect())
}

/// One version of an entry.
#[derive(Debug, Clone)]
pub struct Version {
    pub n: i32,
    pub kind: String,
    pub fields: Fields,
    pub removed: bool,
    pub at: Timestamp,
    pub by: Option<String>,
}

/// Newest first; `NotFound` for an entry that never was.
pub async fn versions(tx: &mut Tx, entry: Uuid) -> Result<Vec<Version>> {
    let rows = tx.query(VERSIONS, &[&entry]).await?;
    let read = |r: &Row| Version {
        n: r.get(0),
        kind: r.get(1),
        fields: r.get::<_, Json<Fields>>(2).0,
        removed: r.get(3),
        at: r.get(4),
        by: r.get(5),
    };
    if rows.is_empty() { Err(Error::NotFound) } else { Ok(rows.iter().map(read).collect()) }
}

/// What was typed, checked against the kind's fields: everything that is wrong at once.
pub fn parse(kind: &Kind, typed: &Fields) -> Result<Fields> {
    let (mut fields, mut wrong) = (Fields::new(), Vec::new());
    for field in kind.fields {
        let raw = typed.get(field.code).map_or("", String::as_str);
        if raw.trim().is_empty() && !field.required {
            continue;
        }
        let parsed = match field.takes {
            Takes::Line => input::line(field.code, raw, 120),
            Takes::Text => input::text(field.code, raw, 4000),
            Takes::Date => raw
                .parse::<Date>()
                .map(|d| d.to_string())
                .map_err(|_| FieldError::new(field.code, "date", t("日付を入れてください。"))),
            Takes::One(list) => list
                .iter()
                .find(|(code, _)| *code == raw)
                .map(|(code, _)| (*code).to_owned())
                .ok_or_else(|| FieldError::new(field.code, "unknown", t("選んでください。"))),
        };
        match parsed {
            Ok(text) => drop(fields.insert(field.code.to_owned(), text)),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() { Ok(fields) } else { Err(Error::Invalid(wrong)) }
}

/// A new version of an entry, or the first of a new one (`n` is 1). `Stale` where somebody else was first.
#[derive(Debug, Clone)]
pub struct Save {
    pub entry: Uuid,
    pub n: i32,
    pub kind: &'static Kind,
    pub fields: Fields,
    pub removed: bool,
}

pub async fn save(app: &App, who: &Operator, save: &Save) -> Result<()> {
    let tx = app.db.operating(who).await?;
    let (id, fields) = (Uuid::now_v7(), Json(&save.fields));
    tx.query_and_commit(SAVE, &[&id, &save.entry, &save.n, &save.kind.code, &fields, &save.removed]).await?;
    app.board.look_again().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn an_entry_has_all_its_fields_or_says_what_is_missing() {
        let kind = super::super::kind("person").unwrap();
        let good =
            typed(&[("role", "final"), ("name", "試験 太郎"), ("duty", "全体"), ("from", "2026-04-01")]);
        assert_eq!(parse(kind, &good).unwrap(), good);
        let bad = typed(&[("role", "king"), ("from", "4月1日")]);
        let Err(Error::Invalid(wrong)) = parse(kind, &bad) else { panic!("accepted") };
        let fields: Vec<_> = wrong.iter().map(|w| w.field.as_ref()).collect();
        assert_eq!(fields, ["role", "name", "duty", "from"]);
    }

    #[test]
    fn an_entry_holds_from_its_first_to_its_last_day() {
        let fields = typed(&[("from", "2026-04-01"), ("to", "2027-03-31")]);
        let entry =
            Entry { id: Uuid::nil(), n: 1, kind: "certificate".into(), fields, at: Timestamp::UNIX_EPOCH };
        let on = |day: &str| entry.holds_on(day.parse().unwrap());
        assert!(on("2026-04-01") && on("2027-03-31"));
        assert!(!on("2026-03-31") && !on("2027-04-01"));
    }
}
