//! The directory (施設と職員): whom one may invite. Facilities of this network and their active staff; nothing that
//! helps to sign in as them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::words::t;
use crate::{
    Error, Result,
    db::Tx,
    web::{
        input::{folded, is_found},
        ui::Profession,
    },
};

const FACILITIES: &str = "SELECT f.facility_id, f.name, f.kana, f.kind FROM care.facility_now f";
const FACILITY: &str =
    "SELECT f.facility_id, f.name, f.kana, f.kind FROM care.facility_now f WHERE f.facility_id = $1";
const STAFF: &str = "SELECT s.account_id, p.name, p.kana, p.profession FROM care.staff s JOIN care.person_now p ON p.account_id = s.account_id
  WHERE s.facility_id = $1 AND s.state = 'active'";

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Facility {
    pub id: Uuid,
    pub name: String,
    pub kana: String,
    /// A code, e.g. `clinic`, `hospital`, `visiting_nurse_station`, `pharmacy`, `care_plan_office`, `care_provider`.
    pub kind: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Colleague {
    /// The account.
    pub id: Uuid,
    pub name: String,
    pub kana: String,
    pub profession: String,
}

/// Facilities whose name, reading or kind holds every word of `q`, in the order of their readings.
pub async fn facilities(tx: &mut Tx, q: &str) -> Result<Vec<Facility>> {
    let rows = tx.query(FACILITIES, &[]).await?;
    let mut found: Vec<Facility> = rows.iter().map(facility_of).collect();
    found.retain(|f| is_found(q, &[&f.name, &f.kana, kind_label(&f.kind)]));
    found.sort_by_cached_key(|f| (folded(&f.kana), f.id));
    Ok(found)
}

/// One facility; `NotFound` where there is none.
pub async fn facility(tx: &mut Tx, id: Uuid) -> Result<Facility> {
    tx.one(FACILITY, &[&id]).await.map(|row| facility_of(&row))
}

fn facility_of(r: &tokio_postgres::Row) -> Facility {
    Facility { id: r.get(0), name: r.get(1), kana: r.get(2), kind: r.get(3) }
}

/// Active staff of a facility whose name, reading or profession holds every word of `q`, in the order of their readings.
pub async fn staff(tx: &mut Tx, facility: Uuid, q: &str) -> Result<Vec<Colleague>> {
    let rows = tx.query(STAFF, &[&facility]).await?;
    let mut found: Vec<Colleague> = rows
        .iter()
        .map(|r| Colleague { id: r.get(0), name: r.get(1), kana: r.get(2), profession: r.get(3) })
        .collect();
    found.retain(|c| is_found(q, &[&c.name, &c.kana, Profession::of(&c.profession).label()]));
    found.sort_by_cached_key(|c| (folded(&c.kana), c.id));
    Ok(found)
}

/// What kind of facility it is, in words.
pub fn kind_label(code: &str) -> &'static str {
    match code {
        "clinic" => t("診療所"),
        "hospital" => t("病院"),
        "dental_clinic" => t("歯科診療所"),
        "visiting_nurse_station" => t("訪問看護ステーション"),
        "pharmacy" => t("薬局"),
        "care_plan_office" => t("居宅介護支援事業所"),
        "care_provider" => t("介護サービス事業所"),
        "community_support_center" => t("地域包括支援センター"),
        "care_home" => t("介護施設"),
        _ => t("施設"),
    }
}

/// Items of one answer.
const PAGE: usize = 50;

/// Cuts a page out of a whole list. The cursor is the place of the next item.
pub fn page<T>(items: Vec<T>, cursor: Option<&str>) -> Result<(Vec<T>, Option<String>)> {
    let unknown = || Error::BadRequest("unknown_cursor".into());
    let from = match cursor {
        None => 0,
        Some(text) => text.strip_prefix('n').and_then(|n| n.parse().ok()).ok_or_else(unknown)?,
    };
    let next = (items.len().saturating_sub(from) > PAGE).then(|| format!("n{}", from + PAGE));
    Ok((items.into_iter().skip(from).take(PAGE).collect(), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all: Vec<usize> = (0..120).collect();
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (items, next) = page(all.clone(), cursor.as_deref()).unwrap();
            seen.extend(items);
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all);
        assert!(page(all.clone(), Some("x")).is_err());
        assert_eq!(page(all, Some("n999")).unwrap(), (Vec::new(), None));
    }
}
