//! Live events when the database's server goes away and comes back.

use std::time::Duration;

use axum::response::Response;
use http_body_util::BodyExt;

use crate::world::{World, id_of};

/// What comes next; `None` at the end. The limit is only for a test that would hang.
async fn next(stream: &mut Response) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(60), stream.body_mut().frame());
    let frame = frame.await.expect("the stream goes on or ends")?;
    let data = frame.expect("a whole frame").into_data().expect("data");
    Some(String::from_utf8(data.to_vec()).expect("text"))
}

fn id_in(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id")
}

/// A server that died may give out the numbers of its last transactions again, so whoever fed readers up to such a number has to
/// look back. A pool would put a new connection in the place of the dead one without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_between_two_looks_is_noticed_and_nothing_is_missed() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) = (w.admin(clinic, "kanri", "clerk").await, w.staff(clinic, "kango", "nurse").await);
    let group = w.group(&admin, &nurse, "試験 花子").await;
    let mut stream = w.listen(&nurse, None).await;
    assert_eq!(stream.status().as_u16(), 200);
    let hello = next(&mut stream).await.expect("the first id");
    let first = id_of(&w.as_(&nurse).post(group, "一つめ").await.expect(201).json());
    let mut heard = next(&mut stream).await.expect("an event");
    while !heard.contains(&first.to_string()) {
        heard = next(&mut stream).await.expect("an event");
    }
    let gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'renkei_job' AND datname = current_database()";
    let ended: i64 = w.superuser().await.query_one(gone, &[]).await.expect("they end").get(0);
    assert!(ended > 0, "there were connections to end");
    while next(&mut stream).await.is_some() {}
    let second = id_of(&w.as_(&nurse).post(group, "二つめ").await.expect(201).json());
    let mut stream = w.listen(&nurse, Some(id_in(&hello))).await;
    assert_eq!(stream.status().as_u16(), 200);
    let mut all = String::new();
    while !all.contains(&second.to_string()) {
        all += &next(&mut stream).await.expect("an event");
    }
    assert!(all.contains(&first.to_string()), "{all}");
}
