//! Names as of the time of writing. Versions of people and facilities never change, so once read they are kept.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use uuid::Uuid;

use envelope::{Aad, open_text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result, db::Tx, seal::Keys};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub account_id: Uuid,
    pub name: String,
    pub profession: String,
    /// How the name is read; empty where that is not known: of a name for work, and of patients and relatives.
    pub reading: String,
    /// 続柄 of a relative, empty for the patient; `None` for staff, and for a relative whose name is not opened yet.
    pub relation: Option<String>,
}

/// Of a patient or relative what is sealed: the deployment knows them by a word alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    pub relation: String,
    /// Whose group it is, as the host wrote it on inviting.
    pub patient: String,
}

crate::opaque_debug!(Named);

impl Named {
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("three texts")
    }

    /// From the row of the version in its family stream.
    pub fn open(key: &envelope::DataKey, stream: Uuid, version: Uuid, sealed: &[u8]) -> Result<Self> {
        let place = Aad { table: "relative", stream, row: version };
        let text = open_text(key, &place, "person", sealed).map_err(Error::internal)?;
        serde_json::from_str(&text).map_err(Error::internal)
    }
}

/// The words that stand for a profession with those who come in by the family's door.
pub const KIN: [&str; 2] = ["patient", "family"];

/// Somebody as JSON names her.
#[derive(Clone, Serialize, ToSchema)]
pub struct PersonBody {
    /// The account.
    pub id: Uuid,
    pub name: String,
    pub profession: String,
}

/// Somebody as JSON names her, with the facility for which she acts.
#[derive(Clone, Serialize, ToSchema)]
pub struct StaffBody {
    /// The account.
    pub id: Uuid,
    pub name: String,
    pub profession: String,
    pub facility: String,
}

crate::opaque_debug!(PersonBody, StaffBody);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facility {
    pub facility_id: Uuid,
    pub name: String,
}

#[derive(Debug, Default)]
pub struct People {
    accounts: RwLock<HashMap<Uuid, Arc<Person>>>,
    facilities: RwLock<HashMap<Uuid, Arc<Facility>>>,
}

const ACCOUNTS: &str = "SELECT v.id, v.account_id, coalesce(v.work_name, v.name), v.profession, CASE WHEN v.work_name IS NULL THEN v.kana ELSE '' END FROM care.account_version v WHERE v.id = ANY ($1)";
const RELATIVES: &str = "SELECT r.version, r.person, s.id FROM care.relative r JOIN care.stream s ON s.group_id = r.group_id AND s.kind = 'family'
  WHERE r.version = ANY ($1)";
const FACILITIES: &str =
    "SELECT v.id, v.facility_id, v.name FROM care.facility_version v WHERE v.id = ANY ($1)";

impl People {
    /// Makes sure that these versions are known: no statement when they are, one for each kind otherwise.
    pub async fn learn(&self, tx: &mut Tx, accounts: &[Uuid], facilities: &[Uuid]) -> Result<()> {
        let accounts = missing(&self.accounts, accounts);
        let facilities = missing(&self.facilities, facilities);
        if !accounts.is_empty() {
            let rows = tx.query(ACCOUNTS, &[&accounts]).await?;
            let mut known = self.accounts.write();
            for row in rows {
                let profession: String = row.get(3);
                let kin = KIN.contains(&profession.as_str());
                known.insert(
                    row.get(0),
                    Arc::new(Person {
                        account_id: row.get(1),
                        name: row.get(2),
                        profession,
                        reading: if kin { String::new() } else { row.get(4) },
                        relation: None,
                    }),
                );
            }
        }
        if !facilities.is_empty() {
            let rows = tx.query(FACILITIES, &[&facilities]).await?;
            let mut known = self.facilities.write();
            for row in rows {
                known.insert(row.get(0), Arc::new(Facility { facility_id: row.get(1), name: row.get(2) }));
            }
        }
        Ok(())
    }

    /// Opens the names of the patients and relatives among these. No statement where there are none, or all are open.
    pub async fn learn_relatives(&self, keys: &Keys, tx: &mut Tx, versions: &[Uuid]) -> Result<()> {
        let mut closed: Vec<Uuid> = {
            let known = self.accounts.read();
            let is_closed = |p: &Arc<Person>| p.relation.is_none() && KIN.contains(&p.profession.as_str());
            versions.iter().filter(|v| known.get(*v).is_some_and(is_closed)).copied().collect()
        };
        closed.sort_unstable();
        closed.dedup();
        if closed.is_empty() {
            return Ok(());
        }
        for row in tx.query(RELATIVES, &[&closed]).await? {
            let (version, stream): (Uuid, Uuid) = (row.get(0), row.get(2));
            let key = keys.data_key(tx, stream).await?;
            let named = Named::open(&key, stream, version, row.get(1))?;
            if let Some(person) = self.accounts.write().get_mut(&version) {
                let of = Person { name: named.name, relation: Some(named.relation), ..(**person).clone() };
                *person = Arc::new(of);
            }
        }
        Ok(())
    }

    pub fn knows(&self, account: Uuid, facility: Uuid) -> bool {
        self.accounts.read().contains_key(&account) && self.facilities.read().contains_key(&facility)
    }

    pub fn person(&self, version: Uuid) -> Arc<Person> {
        self.accounts.read().get(&version).cloned().unwrap_or_else(|| {
            Arc::new(Person {
                account_id: Uuid::nil(),
                name: "?".into(),
                profession: "other".into(),
                reading: String::new(),
                relation: None,
            })
        })
    }

    /// Somebody of a facility, each as of its version.
    pub fn staff(&self, person: Uuid, facility: Uuid) -> StaffBody {
        let (person, facility) = (self.person(person), self.facility(facility));
        StaffBody {
            id: person.account_id,
            name: person.name.clone(),
            profession: person.profession.clone(),
            facility: facility.name.clone(),
        }
    }

    pub fn facility(&self, version: Uuid) -> Arc<Facility> {
        self.facilities
            .read()
            .get(&version)
            .cloned()
            .unwrap_or_else(|| Arc::new(Facility { facility_id: Uuid::nil(), name: "?".into() }))
    }
}

fn missing<T>(known: &RwLock<HashMap<Uuid, T>>, wanted: &[Uuid]) -> Vec<Uuid> {
    let known = known.read();
    let mut list: Vec<Uuid> = wanted.iter().filter(|id| !known.contains_key(*id)).copied().collect();
    list.sort_unstable();
    list.dedup();
    list
}
