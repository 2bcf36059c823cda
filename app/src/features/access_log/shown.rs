//! Whose records an account, a device or a session was shown: what is asked first when a password or a phone is in somebody else's hands.

use jiff::Timestamp;
use serde::Deserialize;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{filter, store};
use crate::words::t;
use crate::{FieldError, Result, db::Tx};

/// As typed: at least one of the three, and a period.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typed {
    pub account: String,
    pub device: String,
    pub session: String,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Suspicion {
    pub account: Option<Uuid>,
    pub device: Option<Uuid>,
    pub session: Option<Uuid>,
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Typed {
    /// Nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.account.is_empty() && self.device.is_empty() && self.session.is_empty()
    }

    pub fn read(&self, now: Timestamp) -> Result<Suspicion, Vec<FieldError>> {
        let period = filter::Typed {
            account: self.account.clone(),
            device: self.device.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            ..filter::Typed::default()
        };
        let session = match self.session.trim() {
            "" => Ok(None),
            id => id.parse().map(Some).map_err(|_| {
                FieldError::new("session", "unreadable", t("記録にあるサインインのIDを入れてください。"))
            }),
        };
        let mut problems = Vec::new();
        if self.is_empty() {
            problems.push(FieldError::new("account", "whom", t("人か端末を選んでください。")));
        }
        match (period.read(now), session) {
            (Ok(f), Ok(session)) if problems.is_empty() => {
                Ok(Suspicion { account: f.account, device: f.device, session, from: f.from, to: f.to })
            }
            (period, session) => {
                problems.extend(period.err().unwrap_or_default());
                problems.extend(session.err());
                Err(problems)
            }
        }
    }

    /// The same question as a query string with `?`. Ids and days only.
    pub fn query(&self) -> String {
        let own = [
            ("account", &self.account),
            ("device", &self.device),
            ("session", &self.session),
            ("from", &self.from),
            ("to", &self.to),
        ];
        let pairs = own.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", crate::web::urls::encode(value))).collect();
        format!("?{}", pairs.join("&"))
    }
}

/// A patient whose record was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub patient: Uuid,
    /// The facility's own patient.
    pub mine: bool,
    /// The record itself was opened or changed; else the name stood on a list.
    pub opened: bool,
    /// Codes of the access log.
    pub acts: Vec<String>,
    pub events: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Opened ones first, within each the latest. `Forbidden` unless the caller is the facility's admin.
pub async fn patients(tx: &mut Tx, s: &Suspicion) -> Result<Vec<Shown>> {
    let rows = tx.query(store::SHOWN, &[&s.from, &s.to, &s.account, &s.device, &s.session]).await?;
    let shown = |r: &Row| Shown {
        patient: r.get(0),
        mine: r.get(1),
        opened: r.get::<_, &str>(2) == "opened",
        acts: r.get(3),
        events: r.get(4),
        first_at: r.get(5),
        last_at: r.get(6),
    };
    Ok(rows.iter().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_or_something_must_be_suspected() {
        let now = "2026-11-17T05:32:00Z".parse().unwrap();
        assert_eq!(Typed::default().read(now).unwrap_err()[0].code, "whom");
        let id = Uuid::new_v4();
        let typed = Typed { session: id.to_string(), from: "2026-11-01".into(), ..Typed::default() };
        assert_eq!(typed.read(now).unwrap().session, Some(id));
        assert_eq!(typed.query(), format!("?session={id}&from=2026-11-01"));
        let odd = Typed { account: "x".into(), session: "y".into(), to: "z".into(), ..Typed::default() };
        let fields: Vec<_> = odd.read(now).unwrap_err().into_iter().map(|p| p.field).collect();
        assert_eq!(fields, ["account", "to", "session"]);
    }
}
