//! Stamps, pins, bookmarks, and a talk with many replies.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Client, Person, World, id_of};

struct Scene {
    w: World,
    host: Person,
    nurse: Person,
    colleague: Person,
    stranger: Person,
    group: Uuid,
    post: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let host = w.admin(clinic, "doctor", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let colleague = w.staff(station, "colleague", "nurse").await;
    let stranger = w.staff(station, "stranger", "nurse").await;
    let group = w.group(&host, &host, "試験 太郎").await;
    for person in [&nurse, &colleague] {
        w.join(&host, group, person).await;
    }
    let post = id_of(&w.as_(&host).post(group, "明日の訪問は10時です。").await.expect(201).json());
    Scene { w, host, nurse, colleague, stranger, group, post }
}

async fn put(client: &Client<'_>, path: &str) -> crate::world::Answer {
    client.call("PUT", path, Value::Null).await
}

impl Scene {
    fn path(&self, rest: &str) -> String {
        format!("/api/v1/posts/{}/{rest}", self.post)
    }

    async fn stamps(&self, who: &Person) -> Value {
        self.w.as_(who).get(&self.path("stamps")).await.expect(200).json()["items"].clone()
    }

    /// Records of the receipts stream, by kind.
    async fn records(&self, kind: &str) -> i64 {
        let sql = "SELECT count(*) FROM care.receipt r WHERE r.group_id = $1 AND r.kind = $2";
        self.w.superuser().await.query_one(sql, &[&self.group, &kind]).await.expect("counted").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_is_one_of_each_kind_and_person_and_is_taken_back() {
    let s = scene().await;
    let nurse = s.w.as_(&s.nurse);
    for _ in 0..3 {
        put(&nurse, &s.path("stamps/thanks")).await.expect(204);
    }
    put(&nurse, &s.path("stamps/will_check")).await.expect(204);
    put(&s.w.as_(&s.colleague), &s.path("stamps/thanks")).await.expect(204);
    assert_eq!(s.records("stamped").await, 3, "again writes nothing");
    let seen = s.stamps(&s.nurse).await;
    assert_eq!(
        (&seen[0]["code"], &seen[0]["count"], &seen[0]["mine"]),
        (&json!("thanks"), &json!(2), &json!(true))
    );
    assert_eq!(seen[0]["by"][0]["id"], json!(s.nurse.id));
    assert_eq!(seen[1]["word"], "確認します");

    nurse.call("DELETE", &s.path("stamps/thanks"), Value::Null).await.expect(204);
    nurse.call("DELETE", &s.path("stamps/thanks"), Value::Null).await.expect(204);
    assert_eq!(s.records("unstamped").await, 1);
    assert_eq!(s.stamps(&s.host).await[0]["count"], 1);
    put(&nurse, &s.path("stamps/thanks")).await.expect(204);
    assert_eq!(s.stamps(&s.host).await[0]["count"], 2);
    put(&nurse, &s.path("stamps/acknowledged")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamp_never_counts_as_an_acknowledgement() {
    let s = scene().await;
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(5);
    let body = json!({"client_id": Uuid::new_v4(), "body": "休薬です。", "must_acknowledge_by": soon});
    let must = id_of(&s.w.as_(&s.host).call("POST", &path, body).await.expect(201).json());
    let nurse = s.w.as_(&s.nurse);
    let open =
        async || nurse.get("/api/v1/groups").await.expect(200).json()["items"][0]["must_acknowledge"].clone();
    let before = open().await;
    for code in ["thanks", "will_check", "well_done", "take_care", "great", "consult"] {
        put(&nurse, &format!("/api/v1/posts/{must}/stamps/{code}")).await.expect(204);
    }
    let seen = nurse.get(&format!("/api/v1/posts/{must}")).await.expect(200).json();
    assert_eq!(seen["acknowledgements"], json!({"count": 0, "mine": false}));
    assert_eq!(open().await, before, "it still waits for her");
    put(&nurse, &format!("/api/v1/posts/{must}/acknowledgement")).await.expect(204);
    let seen = nurse.get(&format!("/api/v1/posts/{must}")).await.expect(200).json();
    assert_eq!(seen["acknowledgements"], json!({"count": 1, "mine": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_on_a_post_by_whoever_may_not_read_it() {
    let s = scene().await;
    put(&s.w.as_(&s.nurse), &s.path("stamps/thanks")).await.expect(204);
    put(&s.w.as_(&s.nurse), &s.path("pin")).await.expect(204);
    s.w.as_(&s.nurse).call("PUT", &s.path("bookmark"), json!({})).await.expect(204);
    let refused = async |who: &Person| {
        let client = s.w.as_(who);
        put(&client, &s.path("stamps/great")).await.expect_code(404, "not_found");
        client.get(&s.path("stamps")).await.expect(404);
        put(&client, &s.path("pin")).await.expect(404);
        client.call("DELETE", &s.path("pin"), Value::Null).await.expect(404);
        client.call("PUT", &s.path("bookmark"), json!({})).await.expect(404);
        client.get(&format!("/api/v1/groups/{}/pins", s.group)).await.expect(404);
        client
            .form(&format!("/posts/{}/stamps", s.post), &[("stamp", "great"), ("on", "true")])
            .await
            .expect(404);
        client.get(&format!("/posts/{}/bookmark", s.post)).await.expect(404);
    };
    refused(&s.stranger).await;
    let list = s.w.as_(&s.nurse).get("/api/v1/bookmarks").await.expect(200).json();
    assert_eq!(list["items"][0]["group_title"], "試験 太郎 様");
    s.w.end_membership(&s.host, s.group, &s.nurse).await;
    refused(&s.nurse).await;
    let list = s.w.as_(&s.nurse).get("/api/v1/bookmarks").await.expect(200).json();
    assert_eq!(list["items"], json!([]), "a bookmark of a group that was left is not shown");
    // In an archived group everything stays as it is.
    put(&s.w.as_(&s.colleague), &s.path("stamps/great")).await.expect(204);
    s.w.archive(&s.host, s.group).await;
    put(&s.w.as_(&s.colleague), &s.path("stamps/thanks")).await.expect_code(409, "archived");
    s.w.as_(&s.colleague)
        .call("DELETE", &s.path("stamps/great"), Value::Null)
        .await
        .expect_code(409, "archived");
    assert_eq!(s.stamps(&s.colleague).await[0]["code"], "thanks");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_posts_are_pinned_and_the_host_takes_others_pins_away() {
    let s = scene().await;
    let nurse = s.w.as_(&s.nurse);
    let mut posts = vec![s.post];
    for n in 0..5 {
        posts.push(id_of(&s.w.as_(&s.host).post(s.group, &format!("お知らせ{n}")).await.expect(201).json()));
    }
    let pin = |post: Uuid| format!("/api/v1/posts/{post}/pin");
    for post in &posts[..5] {
        put(&nurse, &pin(*post)).await.expect(204);
        put(&nurse, &pin(*post)).await.expect(204);
    }
    assert_eq!(s.records("pinned").await, 5);
    put(&nurse, &pin(posts[5])).await.expect_code(409, "five_pins_already");
    let pins =
        s.w.as_(&s.colleague).get(&format!("/api/v1/groups/{}/pins", s.group)).await.expect(200).json();
    assert_eq!(pins["items"].as_array().map(Vec::len), Some(5));
    assert_eq!(pins["items"][0]["post_id"], json!(posts[4]));
    // Another member's pin is not a colleague's to take away; the host's it is.
    s.w.as_(&s.colleague).call("DELETE", &pin(posts[4]), Value::Null).await.expect(403);
    s.w.as_(&s.host).call("DELETE", &pin(posts[4]), Value::Null).await.expect(204);
    nurse.call("DELETE", &pin(posts[3]), Value::Null).await.expect(204);
    assert_eq!(s.records("unpinned").await, 2);
    let page = nurse.get(&format!("/groups/{}", s.group)).await.expect(200).text();
    assert!(page.contains("固定 <span class=\"num\">3</span>件"), "{page}");
    // Many at once: no more than five.
    let sends = posts.iter().map(|post| async { put(&nurse, &pin(*post)).await.status.as_u16() });
    let answers = futures_util::future::join_all(sends).await;
    assert!(answers.iter().all(|a| *a == 204 || *a == 409), "{answers:?}");
    let pins = nurse.get(&format!("/api/v1/groups/{}/pins", s.group)).await.expect(200).json();
    assert_eq!(pins["items"].as_array().map(Vec::len), Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_post_shows_its_correction() {
    let s = scene().await;
    put(&s.w.as_(&s.nurse), &s.path("pin")).await.expect(204);
    let body = json!({"client_id": Uuid::new_v4(), "body": "明日の訪問は11時です。"});
    s.w.as_(&s.host).call("POST", &s.path("corrections"), body).await.expect(201);
    let strip = s.w.as_(&s.nurse).get(&format!("/groups/{}", s.group)).await.expect(200).text();
    let (_, strip) = strip.split_once("id=\"pins\"").expect("the strip");
    let (strip, _) = strip.split_once("</section>").expect("its end");
    assert!(strip.contains("11時") && !strip.contains("10時"), "{strip}");
    put(&s.w.as_(&s.nurse), &s.path("stamps/thanks")).await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_see_a_stamp_live_and_the_form_answers_with_the_post() {
    let s = scene().await;
    let form = [("stamp", "thanks"), ("on", "true")];
    let path = format!("/posts/{}/stamps", s.post);
    let nurse = s.w.as_(&s.nurse);
    nurse.form(&path, &form).await.expect(303);
    let sql =
        "SELECT e.kind FROM care.event e WHERE e.group_id = $1 AND e.post_id = $2 ORDER BY e.id DESC LIMIT 1";
    let event = s.w.superuser().await.query_one(sql, &[&s.group, &s.post]).await.expect("an event");
    assert_eq!(event.get::<_, &str>(0), "post.stamped");
    let page = s.w.as_(&s.colleague).get(&format!("/groups/{}", s.group)).await.expect(200).text();
    assert!(page.contains("ありがとう <span class=\"num\">1</span>"), "{page}");
    assert!(page.contains(&s.nurse.name), "who gave it");
    nurse.form(&path, &[("stamp", "acknowledged"), ("on", "true")]).await.expect(400);
    // On a reply too: it stands under its post.
    let body = json!({"client_id": Uuid::new_v4(), "body": "了解しました、伺います。", "reply_to": s.post});
    let replies = format!("/api/v1/groups/{}/posts", s.group);
    let reply = id_of(&s.w.as_(&s.colleague).call("POST", &replies, body).await.expect(201).json());
    put(&nurse, &format!("/api/v1/posts/{reply}/stamps/well_done")).await.expect(204);
    let page = s.w.as_(&s.host).get(&format!("/groups/{}", s.group)).await.expect(200).text();
    assert!(page.contains("おつかれさま <span class=\"num\">1</span>"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bookmark_and_its_note_are_seen_by_their_person_alone() {
    let s = scene().await;
    let nurse = s.w.as_(&s.nurse);
    nurse.call("PUT", &s.path("bookmark"), json!({"note": "家族に聞く"})).await.expect(204);
    nurse.call("PUT", &s.path("bookmark"), json!({"note": "家族に聞いた。次は薬局"})).await.expect(204);
    let list = nurse.get("/api/v1/bookmarks").await.expect(200).json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["items"][0]["note"], "家族に聞いた。次は薬局");
    assert_eq!(list["items"][0]["excerpt"], "明日の訪問は10時です。");
    assert!(nurse.get("/bookmarks").await.expect(200).text().contains("次は薬局"));
    for other in [&s.host, &s.colleague] {
        assert_eq!(s.w.as_(other).get("/api/v1/bookmarks").await.expect(200).json()["items"], json!([]));
        let page = s.w.as_(other).get(&format!("/groups/{}", s.group)).await.expect(200).text();
        assert!(!page.contains("しおりを外す"), "{page}");
    }
    assert!(nurse.get(&format!("/groups/{}", s.group)).await.text().contains("しおりを外す"));
    let long = "あ".repeat(301);
    let page = nurse
        .form(&format!("/posts/{}/bookmark", s.post), &[("on", "true"), ("note", &long)])
        .await
        .expect(422)
        .text();
    assert!(page.contains(&long), "what was typed is kept");
    // Nothing is sent that the release before does not take; the draft goes by the post.
    assert!(page.contains(&format!("data-draft=\"{}\"", s.post)) && !page.contains("client_id"), "{page}");
    let saved = [("on", "true"), ("note", "家族に聞いた")];
    let done = nurse.form(&format!("/posts/{}/bookmark", s.post), &saved).await.expect(303);
    assert_eq!(done.headers["location"], format!("/bookmarks?done=saved&sent={}", s.post));
    nurse.form(&format!("/posts/{}/bookmark", s.post), &[("on", "false"), ("note", "")]).await.expect(303);
    assert_eq!(nurse.get("/api/v1/bookmarks").await.json()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_talk_has_a_page_of_its_own_and_its_end_stands_on_the_timeline() {
    let s = scene().await;
    let path = format!("/api/v1/groups/{}/posts", s.group);
    let mut last = s.post;
    for n in 1..=30 {
        let body = json!({"client_id": Uuid::new_v4(), "body": format!("返信その{n}番"), "reply_to": s.post});
        last = id_of(&s.w.as_(&s.nurse).call("POST", &path, body).await.expect(201).json());
    }
    let colleague = s.w.as_(&s.colleague);
    let timeline = format!("/groups/{}", s.group);
    let page = colleague.get(&timeline).await.expect(200).text();
    assert!(
        page.contains("返信その1番") && !page.contains("前の返信"),
        "what is new is never folded away: {page}"
    );
    let read = json!({"up_to_seq": 25});
    colleague.call("POST", &format!("/api/v1/groups/{}/read", s.group), read).await.expect(204);
    let page = colleague.get(&timeline).await.expect(200).text();
    assert!(page.contains("返信その30番") && page.contains("返信その11番"), "{page}");
    assert!(!page.contains("返信その10番") && page.contains("前の返信 10件も読む"), "{page}");
    // A reply leads to the post that it answers.
    for id in [s.post, last] {
        let talk = colleague.get(&format!("/groups/{}/posts/{id}/thread", s.group)).await.expect(200).text();
        for n in [1, 10, 11, 30] {
            assert!(talk.contains(&format!("返信その{n}番")), "{n}");
        }
        assert!(talk.contains(&format!("name=\"reply_to\" value=\"{}\"", s.post)), "the box answers it");
    }
    s.w.as_(&s.stranger).get(&format!("/groups/{}/posts/{}/thread", s.group, s.post)).await.expect(404);
}
