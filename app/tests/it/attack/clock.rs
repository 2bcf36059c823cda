//! A database whose clock jumps: what the records would say is refused, and the service goes on by itself when the clock is
//! right again. The clock of this machine is left alone: the mark is moved instead, which to the database is the same.

use tokio_postgres::Client;
use uuid::Uuid;

use crate::world::{Person, World};

/// A team, and a machine that vouches for the clock.
struct Scene {
    w: World,
    nurse: Person,
    group: Uuid,
    machine: Client,
    superuser: Client,
}

impl Scene {
    async fn new() -> Self {
        let w = World::new().await;
        let clinic = w.facility("clinic", "試験医院").await;
        let nurse = w.admin(clinic, "kanri", "nurse").await;
        let group = w.group(&nurse, &nurse, "試験 一").await;
        let (machine, superuser) = (w.role("renkei_job").await, w.superuser().await);
        let s = Self { w, nurse, group, machine, superuser };
        assert!(s.mark("m", 1000.0).await, "the first word is believed");
        s.machine.query_one("SELECT pg_advisory_lock(2022, hashtext('m'))", &[]).await.expect("a lock");
        s
    }

    async fn mark(&self, boot: &str, uptime: f64) -> bool {
        self.machine
            .query_one("SELECT act.mark_clock($1, $2)", &[&boot, &uptime])
            .await
            .expect("a mark")
            .get(0)
    }

    /// As if the database's clock had been set by so many hours since the last mark.
    async fn set_clock(&self, hours: i32) {
        let sql = "UPDATE sec.clock_mark SET at = at - make_interval(hours => $1)";
        self.superuser.execute(sql, &[&hours]).await.expect("set");
    }

    #[track_caller]
    fn post(&self, status: u16) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.w.as_(&self.nurse).post(self.group, "記録").await;
            assert_eq!(answer.status.as_u16(), status, "{caller}: {}", answer.text());
        }
    }

    async fn posts(&self) -> i64 {
        self.superuser.query_one("SELECT count(*) FROM care.post", &[]).await.expect("a count").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_gets_no_record_until_it_is_right_again() {
    let s = Scene::new().await;
    s.post(201).await;
    let before = s.posts().await;
    for hours in [3, -3] {
        s.set_clock(hours).await;
        s.post(503).await;
        assert!(!s.mark("m", 1001.0).await, "the machine says that no hours have passed");
        assert!(!s.mark("fresh", 5.0).await, "a machine that has just started does not overrule it");
        s.post(503).await;
        assert_eq!(s.posts().await, before);
        s.set_clock(-hours).await;
        assert!(s.mark("m", 1002.0).await, "right again");
    }
    s.post(201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_that_has_really_passed_is_no_jump() {
    let s = Scene::new().await;
    s.set_clock(3).await;
    s.post(503).await;
    assert!(
        s.mark("m", 1000.0 + 3.0 * 3600.0).await,
        "the machine stood still for three hours, or the database did"
    );
    s.post(201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_accepts_a_clock_as_it_is() {
    let s = Scene::new().await;
    s.set_clock(3).await;
    assert!(!s.mark("m", 1001.0).await);
    s.post(503).await;
    renkei::watch::mark::accept(&s.w.app).await.expect("accepted");
    s.post(201).await;
    assert!(s.mark("m", 1002.0).await);
    s.post(201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_vouches_the_clock_is_believed() {
    let s = Scene::new().await;
    s.set_clock(3).await;
    s.post(503).await;
    // An older release serves again, or the machine is gone.
    s.machine.query_one("SELECT pg_advisory_unlock(2022, hashtext('m'))", &[]).await.expect("unlocked");
    s.post(201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_nodes_makes_marks_and_nobody_sets_one() {
    let s = Scene::new().await;
    for role in
        ["renkei_app", "renkei_auth", "renkei_operator", "renkei_family", "renkei_bounce", "renkei_verify"]
    {
        let client = s.w.role(role).await;
        for sql in ["SELECT act.mark_clock('m', 1)", "SELECT act.accept_clock()"] {
            let refused = client.query(sql, &[]).await.expect_err(sql);
            assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{role}: {sql}");
        }
    }
    for sql in [
        "UPDATE sec.clock_mark SET at = now()",
        "DELETE FROM sec.clock_mark",
        "SELECT sec.clock_is_doubtful()",
    ] {
        let refused = s.machine.query(sql, &[]).await.expect_err(sql);
        assert_eq!(refused.code().map(|c| c.code()), Some("42501"), "{sql}");
    }
    // Whatever a machine says of itself, the mark is the database's own time.
    assert!(s.mark("liar", 1e9).await);
    let far: i64 = s
        .superuser
        .query_one(
            "SELECT count(*) FROM sec.clock_mark WHERE abs(extract(epoch FROM clock_timestamp() - at)) > 60",
            &[],
        )
        .await
        .expect("a count")
        .get(0);
    assert_eq!(far, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_stood_still_is_overruled_by_one_that_did_not_but_not_by_a_newcomer() {
    let s = Scene::new().await;
    // Ten minutes go by, and the first machine's own time with them; then it is paused for six.
    s.superuser.execute("UPDATE sec.clock_mark SET at = at - interval '10 minutes'", &[]).await.expect("set");
    assert!(s.mark("m", 1600.0).await);
    let pause = "UPDATE sec.clock_mark SET at = at - interval '6 minutes' WHERE boot = 'm'";
    s.superuser.execute(pause, &[]).await.expect("set");
    // A machine that came meanwhile has no standing yet: it agrees with any clock.
    assert!(s.mark("newcomer", 5.0).await);
    assert!(!s.mark("m", 1601.0).await, "nobody else who knows says that the clock is right");
    let standing = "UPDATE sec.clock_mark SET since = since - 700 WHERE boot = 'newcomer'";
    s.superuser.execute(standing, &[]).await.expect("set");
    assert!(s.mark("m", 1602.0).await, "it was the machine that stood still");
    assert!(s.mark("another", 5.0).await, "nobody is disputed any more");
    s.post(201).await;
}
