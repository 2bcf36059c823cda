//! Membership as plain rows, for tests of capabilities that only ask who is a member.

use uuid::Uuid;

use super::{Person, World};

const GROUP: &str = "INSERT INTO care.groups SELECT $1, 'patient', p.id, p.facility_id, $3, $1, pg_catalog.now() FROM care.patient p WHERE p.id = $2";
const STATE: &str = "INSERT INTO care.group_state VALUES ($1, $2, NULL)";
const MEMBER: &str = "INSERT INTO care.membership (group_id, account_id, facility_id, role, since) VALUES ($1, $2, $3, 'member', pg_catalog.now())";
const LEFT: &str =
    "UPDATE care.membership SET ended_at = pg_catalog.now() WHERE group_id = $1 AND account_id = $2";
const ARCHIVED: &str = "UPDATE care.group_state SET archived_at = pg_catalog.now() WHERE group_id = $1";

impl World {
    /// A group of this patient with these members.
    pub async fn team(&self, patient: Uuid, members: &[&Person]) -> Uuid {
        let (group, db) = (Uuid::now_v7(), self.superuser().await);
        let host = members[0].id;
        db.execute(GROUP, &[&group, &patient, &host]).await.expect("a group");
        db.execute(STATE, &[&group, &host]).await.expect("its state");
        for member in members {
            db.execute(MEMBER, &[&group, &member.id, &member.facility.id]).await.expect("a member");
        }
        group
    }

    pub async fn end_membership(&self, group: Uuid, person: &Person) {
        self.superuser().await.execute(LEFT, &[&group, &person.id]).await.expect("an end");
    }

    pub async fn archive(&self, group: Uuid) {
        self.superuser().await.execute(ARCHIVED, &[&group]).await.expect("an archive");
    }

    /// Acts in the access log about this patient, oldest first: act and outcome.
    pub async fn log_of(&self, patient: Uuid) -> Vec<(String, String)> {
        let rows = self.superuser().await;
        let rows = rows
            .query(
                "SELECT act, outcome FROM care.access_event WHERE patient_id = $1 ORDER BY at",
                &[&patient],
            )
            .await
            .expect("the log");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}
