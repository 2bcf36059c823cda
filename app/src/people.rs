//! Names as of the time of writing. Versions of people and facilities never change, so once read they are kept.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;
use uuid::Uuid;

use crate::{Result, db::Tx};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub account_id: Uuid,
    pub name: String,
    pub profession: String,
}

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

const ACCOUNTS: &str = "SELECT v.id, v.account_id, coalesce(v.work_name, v.name), v.profession FROM care.account_version v WHERE v.id = ANY ($1)";
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
                known.insert(
                    row.get(0),
                    Arc::new(Person { account_id: row.get(1), name: row.get(2), profession: row.get(3) }),
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

    pub fn knows(&self, account: Uuid, facility: Uuid) -> bool {
        self.accounts.read().contains_key(&account) && self.facilities.read().contains_key(&facility)
    }

    pub fn person(&self, version: Uuid) -> Arc<Person> {
        self.accounts.read().get(&version).cloned().unwrap_or_else(|| {
            Arc::new(Person { account_id: Uuid::nil(), name: "?".into(), profession: "other".into() })
        })
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
