//! Labels on posts: who may set and take away, what stays on record, and how posts are found by them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Person, World, id_of};

struct Scene {
    w: World,
    admin: Person,
    nurse: Person,
    outsider: Person,
    group: Uuid,
    post: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "isha", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let outsider = w.staff(station, "yoso", "nurse").await;
    let patient = w.patient(&admin, "試験 花子").await;
    let group = w.team(&admin, patient, &[&admin, &nurse]).await;
    let post = id_of(&w.as_(&admin).post(group, "痛み止めを変えました").await.expect(201).json());
    Scene { w, admin, nurse, outsider, group, post }
}

impl Scene {
    async fn set(&self, by: &Person, code: &str, on: bool) -> Answer {
        let method = if on { "PUT" } else { "DELETE" };
        let path = format!("/api/v1/posts/{}/labels/{code}", self.post);
        self.w.as_(by).call(method, &path, json!({})).await
    }

    async fn labels(&self, by: &Person) -> Value {
        self.w.as_(by).get(&format!("/api/v1/posts/{}/labels", self.post)).await.expect(200).json()
    }

    async fn found(&self, body: Value) -> usize {
        let found = self.w.as_(&self.nurse).call("POST", "/api/v1/search", body).await.expect(200).json();
        found["items"].as_array().expect("items").len()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect(sql).get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_set_and_take_away_labels_and_every_act_stays() {
    let s = scene().await;
    let rings = "SELECT (SELECT count(*) FROM care.delivery) + (SELECT count(*) FROM care.receipt)";
    let rung = s.count(rings).await;
    s.set(&s.admin, "medication", true).await.expect(204);
    s.set(&s.admin, "medication", true).await.expect(204);
    s.set(&s.nurse, "pain", true).await.expect(204);
    // Whoever set it: any member takes it away.
    s.set(&s.nurse, "medication", false).await.expect(204);
    let labels = s.labels(&s.nurse).await;
    assert_eq!(labels["items"], json!(["pain"]));
    let acts: Vec<_> = labels["acts"]
        .as_array()
        .expect("acts")
        .iter()
        .map(|a| (a["code"].as_str().unwrap_or_default(), a["given"] == true, a["by"].clone()))
        .collect();
    assert_eq!(
        acts,
        [
            ("medication", false, json!(s.nurse.id)),
            ("pain", true, json!(s.nurse.id)),
            ("medication", true, json!(s.admin.id))
        ]
    );
    assert_eq!(s.count("SELECT count(*) FROM care.post_label").await, 3, "a repetition writes nothing");
    assert_eq!(s.count("SELECT count(*) FROM care.event WHERE kind = 'post.labelled'").await, 3);
    assert_eq!(s.count("SELECT count(*) FROM care.access_event WHERE act = 'labelled'").await, 2);
    assert_eq!(s.count("SELECT count(*) FROM care.access_event WHERE act = 'unlabelled'").await, 1);
    assert_eq!(s.count(rings).await, rung, "nobody is rung, no receipt is written");
    // Nobody else, and nothing that is no label.
    s.set(&s.outsider, "skin", true).await.expect(404);
    s.w.as_(&s.outsider).get(&format!("/api/v1/posts/{}/labels", s.post)).await.expect(404);
    s.w.as_(&s.outsider).get(&format!("/groups/{}/labels", s.group)).await.expect(404);
    s.set(&s.nurse, "other", true).await.expect(404);
    // What was done is changed by nobody.
    let changed = s.w.superuser().await.execute("UPDATE care.post_label SET given = true", &[]).await;
    assert!(changed.is_err());
    assert!(s.w.superuser().await.execute("DELETE FROM care.post_label", &[]).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_are_found_by_label_on_their_page_in_the_api_and_in_the_search() {
    let s = scene().await;
    let other = id_of(&s.w.as_(&s.nurse).post(s.group, "痛みは落ち着いています").await.expect(201).json());
    s.set(&s.nurse, "medication", true).await.expect(204);
    let nurse = s.w.as_(&s.nurse);
    let found = nurse.get(&format!("/api/v1/groups/{}/labels?label=medication", s.group)).await.expect(200);
    let ids = |found: &Value| -> Vec<Uuid> {
        let items = found["items"].as_array().expect("items").iter();
        items.map(|one| one["post_id"].as_str().expect("an id").parse().expect("an id")).collect()
    };
    assert_eq!(ids(&found.json()), [s.post]);
    let all = nurse.get(&format!("/api/v1/groups/{}/labels", s.group)).await.expect(200).json();
    assert_eq!(ids(&all), [s.post]);
    let none = nurse.get(&format!("/api/v1/groups/{}/labels?label=skin", s.group)).await.expect(200).json();
    assert!(ids(&none).is_empty());
    nurse.get(&format!("/api/v1/groups/{}/labels?label=other", s.group)).await.expect(400);

    let page = nurse.get(&format!("/groups/{}", s.group)).await.expect(200).text();
    assert_eq!(page.matches("class=\"label\"").count(), 1, "{page}");
    let page = nurse.get(&format!("/groups/{}/labels?label=medication", s.group)).await.expect(200).text();
    assert!(page.contains("痛み止めを変えました") && !page.contains("落ち着いています"), "{page}");
    let form = [("label", "pain"), ("on", "true")];
    nurse.form(&format!("/posts/{other}/labels"), &form).await.expect(303);
    let page = nurse.get(&format!("/posts/{other}/labels")).await.expect(200).text();
    assert!(page.contains("だれが付けたか") && page.contains("aria-pressed=\"true\""), "{page}");

    // Both hold the word; with the label it is one, with another none, and a face sheet has none.
    assert_eq!(s.found(json!({"q": "痛み"})).await, 2);
    assert_eq!(s.found(json!({"q": "痛み", "label": "medication"})).await, 1);
    assert_eq!(s.found(json!({"q": "痛み", "label": "skin"})).await, 0);
    assert_eq!(s.found(json!({"q": "試験"})).await, 1);
    assert_eq!(s.found(json!({"q": "試験", "label": "medication"})).await, 0);
    nurse.call("POST", "/api/v1/search", json!({"q": "痛み", "label": "other"})).await.expect(422);
    let page = nurse.form("/search", &[("q", "痛み"), ("label", "pain")]).await.expect(200).text();
    assert!(page.contains("落ち着いています") && !page.contains("止めを変えました"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_labelled_posts_come_page_by_page_and_none_is_left_out() {
    let s = scene().await;
    let nurse = s.w.as_(&s.nurse);
    for n in 0..62 {
        let post = id_of(&nurse.post(s.group, &format!("記録 {n}")).await.expect(201).json());
        // Two labels on one post are one line.
        for code in ["medication", "pain"] {
            let path = format!("/api/v1/posts/{post}/labels/{code}");
            nurse.call("PUT", &path, json!({})).await.expect(204);
        }
    }
    let page = async |query: &str| {
        let path = format!("/api/v1/groups/{}/labels?{query}", s.group);
        s.w.as_(&s.nurse).get(&path).await.expect(200).json()
    };
    for query in ["", "label=pain"] {
        let first = page(query).await;
        let cursor = first["next"].as_str().expect("there are more").to_owned();
        let second = page(&format!("{query}&cursor={cursor}")).await;
        assert!(second["next"].is_null(), "{second}");
        let lines = |page: &Value| page["items"].as_array().cloned().expect("items");
        let all = [lines(&first), lines(&second)].concat();
        assert_eq!((lines(&first).len(), all.len()), (60, 62));
        let excerpts: Vec<_> = all.iter().map(|one| one["excerpt"].as_str().expect("words")).collect();
        let wanted: Vec<_> = (0..62).rev().map(|n| format!("記録 {n}")).collect();
        assert_eq!(excerpts, wanted);
        assert!(all.iter().all(|one| one["codes"] == json!(["medication", "pain"])), "{all:?}");
    }
    let cursor = page("label=pain").await["next"].as_str().expect("a cursor").to_owned();
    let path = format!("/groups/{}/labels?label=pain", s.group);
    let shown = nurse.get(&path).await.expect(200).text();
    assert!(
        shown.contains(&format!("label=pain&amp;before={cursor}")) && !shown.contains("記録 1<"),
        "{shown}"
    );
    let older = nurse.get(&format!("{path}&before={cursor}")).await.expect(200).text();
    assert!(older.contains("記録 1<") && !older.contains("before="), "{older}");
    nurse.get(&format!("/api/v1/groups/{}/labels?cursor=nonsense", s.group)).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_keeps_its_labels_and_gets_no_new_ones() {
    let s = scene().await;
    s.set(&s.nurse, "medication", true).await.expect(204);
    let body = json!({"client_id": Uuid::new_v4(), "body": "痛み止めを夕方だけに変えました"});
    let path = format!("/api/v1/posts/{}/corrections", s.post);
    s.w.as_(&s.admin).call("POST", &path, body).await.expect(201);
    s.set(&s.nurse, "pain", true).await.expect(409);
    s.set(&s.nurse, "medication", false).await.expect(204);
    s.set(&s.nurse, "medication", false).await.expect(204);
    s.w.archive(&s.admin, s.group).await;
    s.set(&s.nurse, "pain", true).await.expect(409);
    assert_eq!(s.labels(&s.nurse).await["acts"].as_array().map(Vec::len), Some(2));
    // A member no more.
    s.w.end_membership(&s.admin, s.group, &s.nurse).await;
    s.w.as_(&s.nurse).get(&format!("/api/v1/posts/{}/labels", s.post)).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_stand_over_names_for_whoever_set_that() {
    let s = scene().await;
    let pages = [format!("/groups/{}", s.group), format!("/groups/{}/members", s.group)];
    for page in &pages {
        assert!(!s.w.as_(&s.nurse).get(page).await.expect(200).text().contains("<ruby>"), "{page}");
    }
    s.w.as_(&s.nurse).form("/menu/habits", &[("readings", "on")]).await.expect(303);
    for page in &pages {
        assert!(s.w.as_(&s.nurse).get(page).await.expect(200).text().contains("<ruby>"), "{page}");
        assert!(!s.w.as_(&s.admin).get(page).await.expect(200).text().contains("<ruby>"), "{page}");
    }
    // The API has the name as it was.
    let posts = s.w.as_(&s.nurse).get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect(200).json();
    assert!(posts["items"][0]["author"].get("reading").is_none());
}
