//! 患者・家族, at its edges: links that programs fetch, a service that only reads, posts that were taken back, locks.

use renkei::{Error, features::service_modes::acts, service::ServiceMode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    family::{Room, family_post, field, room},
    world::{Answer, Client, World, id_of, kin::KIN_PASSWORD},
};

async fn count(w: &World, sql: &str) -> i64 {
    w.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
}

const OPENED: &str = "SELECT count(*) FROM care.access_event WHERE act = 'viewed_relative_invitation' AND outcome = 'done' AND account_id IS NULL";

#[tokio::test(flavor = "multi_thread")]
async fn a_link_names_nobody_until_somebody_asks_and_the_log_tells_of_it() {
    let r = room().await;
    let link = r.w.kin_link(&r.host, r.group, "family", "試験 美香").await;
    let (door, nobody) = (format!("/family/join/{link}"), r.w.nobody());
    let shown = nobody.get(&door).await.expect(200).text();
    assert!(shown.contains("続ける") && shown.contains("試験クリニック"), "{shown}");
    for name in ["美香", "太郎", "長女", "host 試子"] {
        assert!(!shown.contains(name), "{name}");
    }
    assert_eq!(count(&r.w, OPENED).await, 0);
    let opened = nobody.form(&format!("{door}/open"), &[]).await.expect(200).text();
    assert!(opened.contains("試験 美香") && opened.contains("試験 太郎") && opened.contains("長女"));
    assert_eq!(count(&r.w, OPENED).await, 1);
    // Whoever sends the form of the next page at once sees the names too.
    let empty = [("login_id", ""), ("password", ""), ("password_again", "")];
    assert!(nobody.form(&door, &empty).await.expect(422).text().contains("試験 美香"));
    assert_eq!(count(&r.w, OPENED).await, 2);
    nobody.form("/family/join/invented/open", &[]).await.expect(404);
    let old = "UPDATE care.relative_invitation SET expires_at = now() WHERE state = 'open'";
    r.w.superuser().await.execute(old, &[]).await.expect("the clock runs");
    nobody.get(&door).await.expect(410);
    nobody.form(&format!("{door}/open"), &[]).await.expect(410);
    assert_eq!(count(&r.w, OPENED).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_tells_of_ten_ids_that_are_taken_and_is_over() {
    let r = room().await;
    let link = r.w.kin_link(&r.host, r.group, "family", "試験 美香").await;
    let other = r.w.kin_link(&r.host, r.group, "family", "試験 健").await;
    let typed = |login: &'static str| {
        [
            ("login_id", login),
            ("password", KIN_PASSWORD),
            ("password_again", KIN_PASSWORD),
            ("sure", "on"),
            ("promised", "on"),
        ]
    };
    let (door, nobody) = (format!("/family/join/{link}"), r.w.nobody());
    for n in 1..10 {
        let page = nobody.form(&door, &typed("host")).await.expect(422).text();
        assert!(page.contains("もう 使われています"), "try {n}");
    }
    nobody.form(&door, &typed("host")).await.expect(410);
    nobody.form(&door, &typed("atarashii")).await.expect(410);
    let refused =
        "SELECT count(*) FROM care.access_event WHERE act = 'member_relative_joined' AND outcome = 'refused'";
    let ended = "SELECT count(*) FROM care.access_event WHERE act = 'cancelled_relative_invitation' AND account_id IS NULL";
    assert_eq!((count(&r.w, refused).await, count(&r.w, ended).await), (10, 1));
    // Another invitation is another count.
    nobody.form(&format!("/family/join/{other}"), &typed("host")).await.expect(422);
    nobody.form(&format!("/family/join/{other}"), &typed("ken")).await.expect(303);
}

impl Room {
    pub async fn set(&self, mode: ServiceMode) {
        let now = jiff::Timestamp::now();
        let change = acts::Change::checked(None, mode, "試験のため", None, now).expect("a change");
        acts::set_from_command(&self.w.app, &change).await.expect("set");
    }

    /// How many of the team and how many relatives have read the only post of the family timeline.
    async fn read_by(&self) -> (Value, i64) {
        let page = self.w.as_(&self.host).get(&self.family()).await.expect(200).json();
        let kin = "SELECT count(*) FROM care.read_position p JOIN care.relative r ON r.account_id = p.account_id WHERE p.up_to_seq > 0";
        (page["items"][0]["read_by"]["count"].clone(), count(&self.w, kin).await)
    }
}

async fn fetch(client: &Client<'_>, path: &str, headers: &[(&str, &str)]) -> Answer {
    let build = |mut b: axum::http::request::Builder| {
        for (name, value) in headers {
            b = b.header(*name, *value);
        }
        b.body(axum::body::Body::empty()).expect("a request")
    };
    client.raw(build, "GET", path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_post_is_shown_while_nothing_can_be_written_and_noted_afterwards() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.nurse));
    r.w.as_(&r.host).call("POST", &r.posts(), family_post("まだ読んでいない文")).await.expect(201);
    let hers = format!("/family/{}", r.group);
    r.set(ServiceMode::ReadOnly).await;
    for (who, path) in [(&mika, &hers), (&nurse, &r.tab())] {
        assert!(who.get(path).await.expect(200).text().contains("まだ読んでいない文"));
    }
    r.set(ServiceMode::Normal).await;
    assert_eq!(r.read_by().await, (json!(0), 0));
    for (who, path) in [(&mika, &hers), (&nurse, &r.tab())] {
        who.get(path).await.expect(200);
    }
    assert_eq!(r.read_by().await, (json!(1), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_looks_at_is_not_read() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.nurse));
    r.w.as_(&r.host).call("POST", &r.posts(), family_post("こんにちは")).await.expect(201);
    let hers = format!("/family/{}", r.group);
    let unseen: [&[(&str, &str)]; 3] = [
        &[("sec-purpose", "prefetch"), ("sec-fetch-site", "same-origin")],
        &[("sec-purpose", "prefetch;prerender")],
        &[("sec-fetch-site", "cross-site")],
    ];
    for headers in unseen {
        for (who, path) in [(&mika, &hers), (&nurse, &r.tab())] {
            assert!(fetch(who, path, headers).await.expect(200).text().contains("こんにちは"));
        }
        assert_eq!(r.read_by().await, (json!(0), 0), "{headers:?}");
    }
    fetch(&mika, &hers, &[("sec-fetch-site", "none")]).await.expect(200);
    fetch(&nurse, &r.tab(), &[("sec-fetch-site", "same-origin")]).await.expect(200);
    assert_eq!(r.read_by().await, (json!(1), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_post_that_changed_is_not_let_through_and_what_was_typed_stays() {
    let r = room().await;
    let (host, nurse) = (r.w.as_(&r.host), r.w.as_(&r.nurse));
    let posts = [host.post(r.group, "傷はきれいです").await, host.post(r.group, "熱が下がりました").await];
    let posts = posts.map(|answer| id_of(&answer.expect(201).json()));
    let path = |post: Uuid| format!("/posts/{post}/release");
    let send = async |post: Uuid, words: &str| {
        let id = Uuid::new_v4().to_string();
        nurse.form(&path(post), &[("client_id", &id), ("words", words)]).await
    };
    let first = Uuid::new_v4().to_string();
    let words = [("client_id", first.as_str()), ("words", "傷はよくなりました")];
    nurse.form(&path(posts[0]), &words).await.expect(303);
    let correction = json!({"client_id": Uuid::new_v4(), "body": "傷は赤いです"});
    let corrected = host.call("POST", &format!("/api/v1/posts/{}/corrections", posts[0]), correction).await;
    let corrected = id_of(&corrected.expect(201).json());
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方のことでした"});
    host.call("POST", &format!("/api/v1/posts/{}/withdrawal", posts[1]), reason).await.expect(201);
    // What was sent before is still the same post; new words are not let through from what does not stand.
    nurse.form(&path(posts[0]), &words).await.expect(303);
    let page = send(posts[0], "打った文その1").await.expect(409).text();
    assert!(page.contains("もとの投稿は訂正された") && page.contains("打った文その1"), "{page}");
    assert!(page.contains(&path(corrected)));
    let page = send(posts[1], "打った文その2").await.expect(409).text();
    assert!(page.contains("もとの投稿は取り消された") && page.contains("打った文その2"), "{page}");
    assert!(!page.contains("熱が下がりました"));
    nurse.get(&path(posts[1])).await.expect(404);
    assert_eq!(count(&r.w, "SELECT count(*) FROM care.release").await, 1);
    send(corrected, "傷はまだ赤いです").await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tab_says_that_what_was_let_through_does_not_stand_and_the_releaser_takes_it_back() {
    let r = room().await;
    let (host, nurse) = (r.w.as_(&r.host), r.w.as_(&r.nurse));
    let source = id_of(&host.post(r.group, "熱が下がりました").await.expect(201).json());
    let id = Uuid::new_v4().to_string();
    let words = [("client_id", id.as_str()), ("words", "お熱は下がりました")];
    nurse.form(&format!("/posts/{source}/release"), &words).await.expect(303);
    let marked = "もとの投稿は取り消されました";
    assert!(!nurse.get(&r.tab()).await.expect(200).text().contains(marked));
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "別の方のことでした"});
    host.call("POST", &format!("/api/v1/posts/{source}/withdrawal"), reason).await.expect(201);
    let copy = host.get(&r.family()).await.expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let link = format!("/posts/{copy}/withdrawal");
    let seen = host.get(&r.tab()).await.expect(200).text();
    assert!(seen.contains(marked) && !seen.contains(&link), "only the releaser takes it back");
    let seen = nurse.get(&r.tab()).await.expect(200).text();
    assert!(seen.contains(marked) && seen.contains(&link), "{seen}");
    let form = nurse.get(&link).await.expect(200).text();
    let fields = [("client_id", field(&form, "client_id")), ("reason", "もとが取り消されたため".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    nurse.form(&link, &fields).await.expect(303);
    let seen = nurse.get(&r.tab()).await.expect(200).text();
    assert!(!seen.contains(marked) && !seen.contains("お熱は下がりました"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_id_with_other_hours_is_a_conflict() {
    let r = room().await;
    let host = r.w.as_(&r.host);
    let path = format!("{}/hours", r.tab());
    let id = field(&host.get(&path).await.expect(200).text(), "id");
    // By both names: pages say the one that the release before takes.
    for name in ["id", "client_id"] {
        host.form(&path, &[(name, &id), ("words", "平日に読みます")]).await.expect(303);
    }
    let refused = host.form(&path, &[("id", &id), ("words", "土曜も読みます")]).await.expect(409).text();
    assert!(refused.contains("土曜も読みます"), "what was typed stays: {refused}");
    let second = r.w.group(&r.host, &r.host, "試験 花子").await;
    let elsewhere = format!("/groups/{second}/family/hours");
    host.form(&elsewhere, &[("id", &id), ("words", "平日に読みます")]).await.expect(409);
    assert!(host.get(&path).await.expect(200).text().contains("平日に読みます"));
    assert_eq!(count(&r.w, "SELECT count(*) FROM care.office_hours").await, 1);
}

/// Whoever posts waits for the timeline's head and holds nothing that an archiving needs next.
#[tokio::test(flavor = "multi_thread")]
async fn a_relatives_post_takes_its_locks_in_the_order_of_an_archiving() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let mika = r.w.as_kin(&kin);
    mika.call("POST", &r.posts(), family_post("はじめまして")).await.expect(201);
    let holder = r.w.superuser().await;
    let heads = format!(
        "BEGIN; SET LOCAL lock_timeout = '3s'; SELECT 1 FROM care.stream_head h JOIN care.stream s ON s.id = h.stream_id WHERE s.group_id = '{}' AND s.kind = 'family' FOR UPDATE OF h",
        r.group
    );
    holder.batch_execute(&heads).await.expect("the head");
    let path = r.posts();
    let writes = mika.call("POST", &path, family_post("待つ文"));
    let archives = async {
        let waits = "SELECT count(*) FROM pg_catalog.pg_stat_activity a
            WHERE a.wait_event_type = 'Lock' AND a.datname = pg_catalog.current_database()";
        let look = r.w.superuser().await;
        let mut tries = 0;
        while look.query_one(waits, &[]).await.expect("a count").get::<_, i64>(0) == 0 && tries < 200 {
            tries += 1;
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let state = format!("SELECT 1 FROM care.group_state WHERE group_id = '{}' FOR UPDATE", r.group);
        holder.batch_execute(&state).await.expect("nobody who waits holds the group's state");
        holder.batch_execute("ROLLBACK").await.expect("the end");
    };
    let (written, ()) = tokio::join!(writes, archives);
    written.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_a_deadlock_may_try_again() {
    let w = World::new().await;
    let superuser = w.superuser().await;
    for (code, transient) in [("40P01", true), ("40001", true), ("22012", false)] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$");
        let error = Error::from(superuser.batch_execute(&raise).await.expect_err("raised"));
        assert_eq!(matches!(error, Error::Unavailable(_)), transient, "{code}: {error}");
    }
}
