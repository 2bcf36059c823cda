//! What factors are worth, in pairs; and that one code is one code, however many try it at once.

use futures_util::future::join_all;
use renkei::auth::{
    factors::{self, Method},
    token, totp,
};
use serde_json::json;
use uuid::Uuid;

use crate::world::{Answer, PASSWORD, Person, World};

/// Written down by hand: what each method is.
const WORTH: [(Method, &[&str]); 7] = [
    (Method::Password, &["know"]),
    (Method::Totp, &["have"]),
    (Method::RecoveryCode, &["have"]),
    (Method::Passkey, &["have", "are"]),
    (Method::RememberedDevice, &["have"]),
    (Method::Outside, &["know"]),
    (Method::OutsideTwo, &["know", "have"]),
];

/// The pairs that open a session. Every other one does not, also each method with itself.
const ENOUGH: &[(Method, Method)] = &[
    (Method::Password, Method::Totp),
    (Method::Password, Method::RecoveryCode),
    (Method::Password, Method::RememberedDevice),
    (Method::Outside, Method::Totp),
    (Method::Outside, Method::RecoveryCode),
    (Method::Outside, Method::RememberedDevice),
];

fn are_enough(a: Method, b: Method) -> bool {
    // Each of these is two kinds by itself.
    let two = |m| matches!(m, Method::Passkey | Method::OutsideTwo);
    two(a) || two(b) || ENOUGH.iter().any(|pair| *pair == (a, b) || *pair == (b, a))
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_the_same_kind_never_count_as_two_neither_here_nor_in_the_database() {
    const DONE: &str = "SELECT enrolling FROM act.sign_in_done($1, $2, $3, NULL, $1, $2, 'token', NULL, $1, $2, '', false, $4, NULL, NULL, '15 minutes', '1 hour')";
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    let superuser = w.superuser().await;
    assert_eq!(WORTH.map(|(m, _)| m), Method::ALL, "every method is in the table");
    let mut open = 0;
    for (a, of_a) in WORTH {
        for (b, of_b) in WORTH {
            let enough = are_enough(a, b);
            let codes = factors::codes(&[a, b]);
            assert_eq!(factors::suffice(&[a, b]), enough, "{a:?} and {b:?}");

            let mut kinds: Vec<&str> = of_a.iter().chain(of_b).copied().collect();
            kinds.sort_unstable();
            kinds.dedup();
            let mut said: Vec<&str> = codes.iter().copied().filter(|c| *c != factors::REMEMBERED).collect();
            said.sort_unstable();
            assert_eq!(said, kinds, "{a:?} and {b:?}");
            let counted: i32 =
                superuser.query_one("SELECT sec.kinds_of($1)", &[&codes]).await.unwrap().get(0);
            assert_eq!(counted >= 2, enough, "the database, {a:?} and {b:?}: {codes:?}");
            // Whether a passkey asked for a finger or for a PIN changes no verdict.
            let by_pin: Vec<&str> = codes.iter().map(|c| if *c == "are" { "know" } else { c }).collect();
            let counted: i32 =
                superuser.query_one("SELECT sec.kinds_of($1)", &[&by_pin]).await.unwrap().get(0);
            assert_eq!(counted >= 2, enough, "with a PIN, {a:?} and {b:?}");

            let (id, hash) = (Uuid::now_v7(), token::random::<32>());
            let params: renkei::db::Params<'_> = &[&id, &hash.as_slice(), &nurse.id, &codes];
            let rows = w.app.db.signing_in(DONE, params).await.expect("the end of a sign-in");
            assert_eq!(!rows[0].get::<_, bool>(0), enough, "a session of {a:?} and {b:?}");
            open += i32::from(enough);
        }
    }
    assert_eq!(open, 12 + 24, "six pairs in either order, and every pair with one that is two by itself");
}

async fn world_with_nurse() -> (World, Person) {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    (w, nurse)
}

async fn all_at_once(w: &World, times: usize, code: &str) -> Vec<u16> {
    let body = json!({"login_id": "igarashi", "password": PASSWORD, "totp": code});
    let tries = (0..times).map(|_| {
        let (client, body) = (w.nobody(), body.clone());
        async move { client.call("POST", "/api/v1/session", body).await }
    });
    join_all(tries).await.iter().map(|a: &Answer| a.status.as_u16()).collect()
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|s| **s == status).count()
}

/// Wrong, made to wait, or not even let in while so many ask at once.
fn turned_away(statuses: &[u16]) -> usize {
    count(statuses, 401) + count(statuses, 429) + count(statuses, 503)
}

/// Tries that were checked at all: each has a row.
async fn verified(w: &World) -> i64 {
    w.superuser().await.query_one("SELECT count(*) FROM sec.attempt", &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_tries_with_one_right_code_exactly_one_gets_in() {
    let (w, nurse) = world_with_nurse().await;
    let statuses = all_at_once(&w, 100, &w.totp_now(&nurse)).await;
    assert_eq!(count(&statuses, 200), 1, "{statuses:?}");
    assert_eq!(turned_away(&statuses), 99, "{statuses:?}");
    // Five before the one that was right, five after it: then they wait.
    assert!(verified(&w).await <= 10, "{}", verified(&w).await);
    let replay = all_at_once(&w, 1, &w.totp_now(&nurse)).await;
    assert_ne!(replay, [200], "and never again");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_wrong_codes_five_are_looked_at() {
    let (w, _) = world_with_nurse().await;
    let statuses = all_at_once(&w, 100, "000000").await;
    assert_eq!((count(&statuses, 401), turned_away(&statuses)), (5, 100), "{statuses:?}");
    assert_eq!(verified(&w).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_lets_one_in_however_many_bring_it() {
    let (w, nurse) = world_with_nurse().await;
    let code = totp::fresh_recovery_codes().remove(0);
    let hash = totp::recovery_hash(nurse.id, &code).to_vec();
    let who = renkei::auth::Actor::from_token(&nurse.token);
    let renew = "SELECT act.renew_recovery_codes($1)";
    w.app.db.acting(&who).await.unwrap().query_and_commit(renew, &[&vec![hash]]).await.expect("codes");
    let statuses = all_at_once(&w, 100, &code).await;
    assert_eq!(count(&statuses, 200), 1, "{statuses:?}");
    assert!(verified(&w).await <= 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_step_ups_with_one_code_exactly_one_counts() {
    let (w, nurse) = world_with_nurse().await;
    let body = json!({"totp": w.totp_now(&nurse)});
    let tries = (0..100).map(|_| {
        let (client, body) = (w.as_(&nurse), body.clone());
        async move { client.call("POST", "/api/v1/session/step-up", body).await.status.as_u16() }
    });
    let statuses = join_all(tries).await;
    assert_eq!(count(&statuses, 200), 1, "{statuses:?}");
    assert!(verified(&w).await <= 10);
    // The code is burnt for signing in as well.
    assert_ne!(all_at_once(&w, 1, &w.totp_now(&nurse)).await, [200]);
}
