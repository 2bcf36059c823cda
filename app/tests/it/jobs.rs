//! The queue and the leader: nothing is lost by a crash, nothing runs twice at once, and what gives up is seen.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use renkei::jobs::{self, Failure, Kind, Outcome, Schedule, When};
use serde_json::json;

use crate::world::World;

static DONE: AtomicUsize = AtomicUsize::new(0);

const WORKS: Kind = Kind {
    name: "works",
    tries: 3,
    lease: Duration::from_secs(30),
    run: |_, payload| {
        Box::pin(async move {
            DONE.fetch_add(payload["n"].as_u64().unwrap_or_default() as usize, Ordering::SeqCst);
            Ok(())
        })
    },
};
const FAILS: Kind = Kind {
    name: "fails",
    tries: 3,
    lease: Duration::from_secs(30),
    run: |_, _| Box::pin(async { Err(Failure::later("not_today")) }),
};
const PANICS: Kind =
    Kind { name: "panics", run: |_, _| Box::pin(async { panic!("a job's own mistake") }), ..FAILS };

async fn make_due(w: &World) {
    let sql = "UPDATE care.job SET run_at = now() - interval '1 second', leased_until = leased_until - interval '1 hour'";
    w.superuser().await.batch_execute(sql).await.expect("time passes");
}

async fn state(w: &World, kind: &str) -> (String, i32, Option<String>, String) {
    let sql = "SELECT state, tries, last_error, payload::text FROM care.job WHERE kind = $1";
    let row = w.superuser().await.query_one(sql, &[&kind]).await.expect("the job");
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_lives_and_dies_with_its_transaction_and_is_done_once() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験医院").await;
    let nurse = w.staff(clinic, "kango", "nurse").await;
    let who = renkei::auth::Actor::from_token(&nurse.token);
    let mut tx = w.app.db.acting(&who).await.expect("a transaction");
    jobs::enqueue(&mut tx, &WORKS, &json!({"n": 1000})).await.expect("it goes in");
    drop(tx);
    let mut tx = w.app.db.acting(&who).await.expect("a transaction");
    jobs::enqueue(&mut tx, &WORKS, &json!({"n": 1})).await.expect("it goes in");
    tx.commit().await.expect("a commit");
    let (one, two) = tokio::join!(jobs::round(&w.app, &[WORKS, FAILS]), jobs::round(&w.app, &[WORKS, FAILS]));
    assert_eq!(one.expect("a round") + two.expect("a round"), 1, "two workers, one job");
    assert_eq!(DONE.load(Ordering::SeqCst), 1, "the rolled back one never was");
    assert_eq!(
        state(&w, "works").await,
        ("done".into(), 1, None, "{}".into()),
        "nothing stays in a done job"
    );
    assert_eq!(jobs::round(&w.app, &[WORKS]).await.expect("a round"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_keeps_failing_is_tried_again_then_dead_and_seen() {
    let w = World::new().await;
    let id = jobs::enqueue_now(&w.app, &FAILS, &json!({})).await.expect("it goes in");
    for tries in 1..=3 {
        assert_eq!(jobs::round(&w.app, &[FAILS]).await.expect("a round"), 1);
        assert_eq!(jobs::round(&w.app, &[FAILS]).await.expect("a round"), 0, "not at once again");
        let wanted = if tries < 3 { "waiting" } else { "dead" };
        assert_eq!(state(&w, "fails").await, (wanted.into(), tries, Some("not_today".into()), "{}".into()));
        make_due(&w).await;
    }
    assert_eq!(jobs::round(&w.app, &[FAILS]).await.expect("a round"), 0, "the dead are left alone");
    let dead = jobs::dead(&w.app, 10).await.expect("the list");
    assert_eq!((dead.len(), dead[0].id, dead[0].last_error.as_deref()), (1, id, Some("not_today")));
    let counts = jobs::by_state(&w.app).await.expect("counts");
    assert!(counts.iter().any(|c| c.kind == "fails" && c.state == "dead" && c.number == 1));
    assert!(jobs::revive(&w.app, id).await.expect("revived"));
    assert_eq!(jobs::round(&w.app, &[FAILS]).await.expect("a round"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_worker_loses_its_lease_and_a_panic_is_a_failed_try() {
    let w = World::new().await;
    let id = jobs::enqueue_now(&w.app, &PANICS, &json!({})).await.expect("it goes in");
    // A worker takes it and is killed: nothing of it comes back.
    let job = w.role("renkei_job").await;
    let take = "SELECT id FROM act.take_jobs(ARRAY['panics'], 4, gen_random_uuid(), interval '30 seconds')";
    assert_eq!(job.query(take, &[]).await.expect("taken").len(), 1);
    assert_eq!(job.query(take, &[]).await.expect("nothing").len(), 0, "leased");
    make_due(&w).await;
    assert_eq!(jobs::round(&w.app, &[PANICS]).await.expect("a round"), 1, "another one takes over");
    assert_eq!(state(&w, "panics").await.2.as_deref(), Some("panicked"));
    let late = job.query_one("SELECT act.job_done($1, gen_random_uuid())", &[&id]).await.expect("an answer");
    assert!(!late.get::<_, bool>(0), "the word of a worker without the lease does not count");
    make_due(&w).await;
    assert_eq!(job.query(take, &[]).await.expect("taken").len(), 1, "the third and last try");
    make_due(&w).await;
    assert_eq!(jobs::round(&w.app, &[PANICS]).await.expect("a round"), 0);
    assert_eq!(state(&w, "panics").await.2.as_deref(), Some("lease_expired"), "dead, not forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_to_the_database_puts_no_job_in() {
    let w = World::new().await;
    let app = w.role("renkei_app").await;
    let enqueue = "SELECT act.enqueue('mail', '{}', interval '0', 3)";
    let refused = app.query_one(enqueue, &[]).await.expect_err("no identity");
    assert_eq!(refused.code().map(|c| c.code()), Some("RK401"));
    assert!(w.role("renkei_job").await.query_one(enqueue, &[]).await.is_ok());
    for sql in [
        "INSERT INTO care.job SELECT * FROM care.job",
        "SELECT * FROM care.job",
        "SELECT * FROM act.dead_jobs(1)",
    ] {
        assert!(app.query(sql, &[]).await.is_err(), "{sql}");
    }
}

fn count_runs(name: &'static str) -> Schedule {
    Schedule {
        name,
        when: When::Every(Duration::from_secs(1)),
        run: |app| {
            Box::pin(async move {
                let sql = "SELECT act.enqueue('ran', pg_catalog.jsonb_build_object('node', $1::text), interval '1 hour', 1)";
                app.db.job(sql, &[&app.config.base_url]).await.map(|_| Outcome::DONE)
            })
        },
    }
}

async fn runs_by_node(w: &World) -> Vec<(String, i64)> {
    let sql = "SELECT payload->>'node', count(*) FROM care.job WHERE kind = 'ran' GROUP BY 1 ORDER BY 1";
    w.superuser().await.query(sql, &[]).await.expect("runs").iter().map(|r| (r.get(0), r.get(1))).collect()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waited).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_have_one_leader_and_the_other_takes_over_when_it_is_gone() {
    let w = World::new().await;
    let config = crate::world::cluster().await.config("renkei_job", &w.database);
    let second = w.another_node(|config| config.base_url = "http://localhost:8081".into()).await;
    let first = tokio::spawn(jobs::lead(w.app.clone(), config.clone(), vec![count_runs("counts")]));
    until("the first leads", async || runs_by_node(&w).await.first().is_some_and(|r| r.1 >= 2)).await;
    let other = tokio::spawn(jobs::lead(second.clone(), config, vec![count_runs("counts")]));
    let before = runs_by_node(&w).await;
    until("it goes on", async || runs_by_node(&w).await[0].1 >= before[0].1 + 2).await;
    assert_eq!(runs_by_node(&w).await.len(), 1, "one node alone");
    // Its connection is cut: it stops, and whoever asks first is the next leader.
    first.abort();
    until("the second takes over", async || runs_by_node(&w).await.len() == 2).await;
    let (led, now) = (runs_by_node(&w).await[0].1, second.leader.load(Ordering::Relaxed));
    assert!(now);
    until("it goes on", async || runs_by_node(&w).await[1].1 >= 3).await;
    assert_eq!(runs_by_node(&w).await[0].1, led, "the first runs nothing any more");
    let run = &jobs::runs(&w.app).await.expect("runs")[0];
    assert_eq!((run.name.as_str(), run.outcome.as_deref()), ("counts", Some("done")));
    other.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_whose_lock_is_cut_runs_nothing_more_until_it_has_it_again() {
    let w = World::new().await;
    let config = crate::world::cluster().await.config("renkei_job", &w.database);
    let leader = tokio::spawn(jobs::lead(w.app.clone(), config, vec![count_runs("counts")]));
    until("it leads", async || !runs_by_node(&w).await.is_empty()).await;
    let superuser = w.superuser().await;
    let steal = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7236472 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(superuser.query(steal, &[]).await.expect("cut").len(), 1);
    superuser.query_one("SELECT pg_advisory_lock(7236472)", &[]).await.expect("taken away");
    until("it notices", async || !w.app.leader.load(Ordering::Relaxed)).await;
    let then = runs_by_node(&w).await;
    assert_eq!(runs_by_node(&w).await, then);
    superuser.query_one("SELECT pg_advisory_unlock(7236472)", &[]).await.expect("given back");
    until("it leads again", async || runs_by_node(&w).await != then).await;
    leader.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_does_not_end_holds_up_no_other() {
    let w = World::new().await;
    let config = crate::world::cluster().await.config("renkei_job", &w.database);
    let hangs = Schedule {
        name: "hangs",
        when: When::UntilWell { at: jiff::civil::Time::midnight(), first_at_once: true },
        run: |_| Box::pin(std::future::pending()),
    };
    let leader = tokio::spawn(jobs::lead(w.app.clone(), config.clone(), vec![hangs, count_runs("counts")]));
    let begun = async || {
        let runs = jobs::runs(&w.app).await.expect("runs");
        runs.iter().any(|r| r.name == "hangs" && r.started_at.is_some() && r.finished_at.is_none())
    };
    until("it hangs", begun).await;
    let before = runs_by_node(&w).await.first().map_or(0, |r| r.1);
    until("the other goes on", async || runs_by_node(&w).await.first().is_some_and(|r| r.1 >= before + 3))
        .await;
    assert!(begun().await, "and it still hangs");
    leader.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_by_command_is_the_one_that_was_due() {
    let w = World::new().await;
    let job = w.role("renkei_job").await;
    let note = "SELECT act.note_backup_run(gen_random_uuid(), 'backup', now() - interval '1 minute', $1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, $2)";
    let from = "SELECT went_well_from, finished_at FROM act.schedules_went_well(ARRAY['backup']) w JOIN act.schedule_runs() s ON s.name = w.name";
    job.query(note, &[&"failed", &Some("busy")]).await.expect("noted");
    assert!(job.query(from, &[]).await.expect("an answer").is_empty(), "a failure is none");
    job.query(note, &[&"done", &None::<&str>]).await.expect("noted");
    let row = job.query_one(from, &[]).await.expect("the schedule knows of it");
    let (began, ended): (jiff::Timestamp, jiff::Timestamp) = (row.get(0), row.get(1));
    assert!(ended.duration_since(began).as_secs() >= 60, "{began} to {ended}");
}
