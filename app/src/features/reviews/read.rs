//! What the pages and the API show. One statement for each list.

use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{
    model::{Ending, Item, Mine, Review, Waiting},
    proof::Sealed,
    rules,
};
use crate::{Result, db::Tx};

const REVIEWS: &str = "SELECT id, quarter, opened_by, opened_at, due_at, closed_at, items, answers, accounts, accounts_left FROM act.reviews()";
const REVIEW: &str = "SELECT id, facility_id, quarter, opened_at, due_at, closed_at, items, answers, list, result, public, wrapped, signature
  FROM act.review($1)";
const ITEMS: &str = "SELECT id, n, kind, account_id, name, profession, login_id, facility_id, facility, role, state, used_at, group_id, host, until, there, tie,
  answer, by_account, by_name, at, place, item, digest FROM act.review_items($1)";
const MINE: &str = "SELECT id, review_id, due_at, group_id, account_id, name, profession, facility, role, used_at, until, there, answer FROM act.my_review_items()";
const WAITING: &str = "SELECT review_id, as_host, opened_at, due_at, remaining FROM act.my_reviews()";
const ENDING: &str = "SELECT group_id, account_id, name, profession, facility, until
  FROM act.ending_soon(pg_catalog.make_interval(secs => $1))";

/// Those of the caller's facility, the newest first. `Forbidden` unless the caller is its admin.
pub async fn all(tx: &mut Tx) -> Result<Vec<Review>> {
    let read = |r: &Row| Review {
        id: r.get(0),
        quarter: r.get(1),
        opened_by: r.get(2),
        opened_at: r.get(3),
        due_at: r.get(4),
        closed_at: r.get(5),
        items: r.get(6),
        answers: r.get(7),
        accounts: r.get(8),
        accounts_left: r.get(9),
    };
    Ok(tx.query(REVIEWS, &[]).await?.iter().map(read).collect())
}

/// What is hashed and signed of one review. `NotFound` for those of other facilities.
pub async fn sealed(tx: &mut Tx, review: Uuid) -> Result<Sealed> {
    let r = tx.one(REVIEW, &[&review]).await?;
    Ok(Sealed {
        id: r.get(0),
        facility: r.get(1),
        quarter: r.get(2),
        opened_at: r.get(3),
        due_at: r.get(4),
        closed_at: r.get(5),
        items: r.get(6),
        answers: r.get(7),
        list: r.get(8),
        result: r.get(9),
        public: r.get(10),
        wrapped: r.get(11),
        signature: r.get(12),
    })
}

/// In the order of the list.
pub async fn items(tx: &mut Tx, review: Uuid) -> Result<Vec<Item>> {
    Ok(tx.query(ITEMS, &[&review]).await?.iter().map(item).collect())
}

fn item(r: &Row) -> Item {
    Item {
        id: r.get(0),
        n: r.get(1),
        kind: r.get(2),
        account_id: r.get(3),
        name: r.get(4),
        profession: r.get(5),
        login_id: r.get(6),
        facility_id: r.get(7),
        facility: r.get(8),
        role: r.get(9),
        state: r.get(10),
        used_at: r.get(11),
        group_id: r.get(12),
        host: r.get(13),
        until: r.get(14),
        there: r.get(15),
        tie: r.get(16),
        answer: r.get(17),
        by_account: r.get(18),
        by_name: r.get(19),
        at: r.get(20),
        place: r.get(21),
        digest: hex::encode(r.get::<_, &[u8]>(22)),
        chain: r.get::<_, Option<&[u8]>>(23).map(hex::encode),
    }
}

/// The memberships that the caller answers as host, group by group.
pub async fn mine(tx: &mut Tx) -> Result<Vec<Mine>> {
    let read = |r: &Row| Mine {
        id: r.get(0),
        review: r.get(1),
        due_at: r.get(2),
        group: r.get(3),
        account: r.get(4),
        name: r.get(5),
        profession: r.get(6),
        facility: r.get(7),
        role: r.get(8),
        used_at: r.get(9),
        until: r.get(10),
        there: r.get(11),
        answer: r.get(12),
    };
    Ok(tx.query(MINE, &[]).await?.iter().map(read).collect())
}

/// For the notices: reviews that wait for the caller.
pub async fn waiting(tx: &mut Tx) -> Result<Vec<Waiting>> {
    let read = |r: &Row| Waiting {
        review: r.get(0),
        as_host: r.get(1),
        opened_at: r.get(2),
        due_at: r.get(3),
        remaining: r.get(4),
    };
    Ok(tx.query(WAITING, &[]).await?.iter().map(read).collect())
}

/// For the notices: guests of the caller's groups whose date is near.
pub async fn ending(tx: &mut Tx) -> Result<Vec<Ending>> {
    let read = |r: &Row| Ending {
        group: r.get(0),
        account: r.get(1),
        name: r.get(2),
        profession: r.get(3),
        facility: r.get(4),
        until: r.get::<_, Timestamp>(5),
    };
    let within = rules::GUEST_NOTICE.as_secs_f64();
    Ok(tx.query(ENDING, &[&within]).await?.iter().map(read).collect())
}
