//! Tasks: from a post to the result, from hand to hand, and what becomes of them when somebody leaves.

use jiff::ToSpan;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Facility, Person, World, id_of};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    host: Person,
    nurse: Person,
    stranger: Person,
    group: Uuid,
}

async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "shujii", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let stranger = w.staff(station, "tanin", "nurse").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    w.join(&host, group, &nurse).await;
    Scene { w, clinic, admin, host, nurse, stranger, group }
}

/// A day from today, as forms send it.
fn day(from_today: i32) -> String {
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date();
    today.checked_add(from_today.days()).expect("a day").to_string()
}

fn task(what: &str, due: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "what": what, "due_date": due})
}

impl Scene {
    async fn make(&self, by: &Person, body: Value) -> Value {
        let path = format!("/api/v1/groups/{}/tasks", self.group);
        self.w.as_(by).call("POST", &path, body).await.expect(201).json()
    }

    async fn mine(&self, who: &Person) -> Vec<String> {
        let page = self.w.as_(who).get("/api/v1/tasks").await.expect(200).json();
        let what = |t: &Value| t["what"].as_str().expect("words").to_owned();
        page["items"].as_array().expect("a list").iter().map(what).collect()
    }

    async fn change(&self, by: &Person, task: Uuid, body: Value) -> crate::world::Answer {
        self.w.as_(by).call("PUT", &format!("/api/v1/tasks/{task}"), body).await
    }

    async fn task(&self, by: &Person, task: Uuid) -> Value {
        let all = self.w.as_(by).get("/api/v1/tasks?owner=anyone").await.expect(200).json();
        let closed = self.w.as_(by).get("/api/v1/tasks?owner=anyone&state=closed").await.expect(200).json();
        let items = [all, closed].map(|page| page["items"].as_array().expect("a list").clone()).concat();
        items.into_iter().find(|t| id_of(t) == task).expect("the task")
    }

    async fn kinds(&self, task: Uuid) -> Vec<String> {
        let sql = "SELECT kind FROM care.task_event WHERE task_id = $1 ORDER BY version";
        let rows = self.w.superuser().await.query(sql, &[&task]).await.expect("events");
        rows.iter().map(|r| r.get(0)).collect()
    }
}

fn with(kind: Value) -> Value {
    let mut body = json!({"client_id": Uuid::new_v4()});
    body.as_object_mut().expect("an object").extend(kind.as_object().expect("an object").clone());
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_becomes_a_task_and_the_task_a_result() {
    let s = scene().await;
    let post = id_of(
        &s.w.as_(&s.host).post(s.group, "\n残薬を数えてください。\n急ぎません。").await.expect(201).json(),
    );
    let form = s.w.as_(&s.nurse).get(&format!("/groups/{}/tasks/new?post={post}", s.group)).await.expect(200);
    assert!(
        form.text().contains("残薬を数えてください。") && !form.text().contains("急ぎません"),
        "{}",
        form.text()
    );
    let body = json!({"client_id": Uuid::new_v4(), "due_date": day(0), "due_time": "23:59"});
    let path = format!("/api/v1/posts/{post}/tasks");
    let made = s.w.as_(&s.nurse).call("POST", &path, body.clone()).await.expect(201).json();
    assert_eq!((&made["what"], &made["owner"]["id"]), (&json!("残薬を数えてください。"), &json!(s.nurse.id)));
    // A retry gives the first; the same id with something else is a mistake.
    let again = s.w.as_(&s.nurse).call("POST", &path, body.clone()).await.expect(200).json();
    assert_eq!(again["id"], made["id"]);
    let other = json!({"client_id": body["client_id"], "due_date": day(1)});
    s.w.as_(&s.nurse).call("POST", &path, other).await.expect_code(409, "client_id_used_for_something_else");
    // She sees it at home, on her page and on the group's; the host on the group's alone.
    let id = id_of(&made);
    for path in ["/", "/tasks", &format!("/groups/{}/tasks", s.group), &format!("/tasks/{id}")] {
        assert!(
            s.w.as_(&s.nurse).get(path).await.expect(200).text().contains("残薬を数えてください。"),
            "{path}"
        );
    }
    assert!(s.mine(&s.host).await.is_empty());
    assert!(
        s.w.as_(&s.host).get(&format!("/groups/{}/tasks", s.group)).await.text().contains("残薬を数えて")
    );
    let done = with(json!({"state": "done", "text": "残薬は12日分。"}));
    let answer = s.change(&s.nurse, id, done.clone()).await.expect(200).json();
    assert_eq!((&answer["state"], &answer["text"]), (&json!("done"), &json!("残薬は12日分。")));
    s.change(&s.nurse, id, done).await.expect(200);
    assert_eq!(s.kinds(id).await, ["made", "done"], "a retry writes nothing");
    s.change(&s.host, id, with(json!({"state": "done"}))).await.expect_code(409, "task_is_closed");
    assert!(s.mine(&s.nurse).await.is_empty());
    let page = s.w.as_(&s.host).get(&format!("/tasks/{id}")).await.expect(200).text();
    assert!(page.contains("残薬は12日分。") && page.contains("対応済"), "{page}");
    // Open again, other words, dropped: each stands in the history.
    s.change(&s.host, id, with(json!({"state": "open", "text": "もう一度"}))).await.expect(200);
    let stale = with(json!({"what": "x", "due_date": day(2), "version": 1}));
    s.change(&s.host, id, stale).await.expect_code(412, "stale");
    let (id_of_form, due) = (Uuid::new_v4().to_string(), day(2));
    let typed = [
        ("client_id", id_of_form.as_str()),
        ("kind", "words"),
        ("version", "1"),
        ("what", "残薬をもう一度"),
        ("due_date", &due),
        ("due_time", ""),
    ];
    let page = s.w.as_(&s.host).form(&format!("/tasks/{id}/change"), &typed).await.expect(422).text();
    assert!(page.contains("残薬をもう一度") && page.contains("ほかの人が変えました"), "{page}");
    assert!(page.contains("data-began=\"1\"") && page.contains("name=\"version\" value=\"3\""), "{page}");
    let words = with(json!({"what": "残薬を数え直す", "due_date": day(2), "version": 3}));
    assert_eq!(s.change(&s.host, id, words).await.expect(200).json()["what"], "残薬を数え直す");
    s.change(&s.host, id, with(json!({"state": "dropped"}))).await.expect(422);
    s.change(&s.host, id, with(json!({"state": "dropped", "text": "入院のため"}))).await.expect(200);
    assert_eq!(s.kinds(id).await, ["made", "done", "reopened", "changed", "dropped"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_stands_first_and_says_so() {
    let s = scene().await;
    s.make(&s.nurse, task("あさって", &day(2))).await;
    s.make(&s.nurse, task("きのうまで", &day(-1))).await;
    s.make(&s.nurse, task("今日", &day(0))).await;
    s.make(&s.nurse, task("来年", &day(300))).await;
    assert_eq!(s.mine(&s.nurse).await, ["きのうまで", "今日", "あさって", "来年"]);
    let page = s.w.as_(&s.nurse).get("/tasks").await.expect(200).text();
    let at = |word: &str| page.find(word).unwrap_or_else(|| panic!("{word} in {page}"));
    assert!(at("期限を過ぎています") < at("きのうまで") && at("きのうまで") < at("今日"));
    let home = s.w.as_(&s.nurse).get("/").await.expect(200).text();
    assert!(home.contains("きのうまで") && home.contains(">今日<") && !home.contains("来年"), "{home}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_goes_from_hand_to_hand_within_the_team_alone() {
    let s = scene().await;
    let id = id_of(&s.make(&s.host, task("血液検査の結果を伝える", &day(1))).await);
    let to = |whom: &Person| with(json!({"owner": whom.id, "text": "お願いします"}));
    s.change(&s.host, id, to(&s.stranger)).await.expect(422);
    s.change(&s.host, id, to(&s.host)).await.expect_code(409, "owner_already");
    let moved = s.change(&s.host, id, to(&s.nurse)).await.expect(200).json();
    assert_eq!(moved["owner"]["id"], json!(s.nurse.id));
    assert_eq!(s.mine(&s.nurse).await, ["血液検査の結果を伝える"]);
    // A form to somebody who is no member comes back with what was typed.
    let client = Uuid::new_v4().to_string();
    let stranger = s.stranger.id.to_string();
    let fields = [
        ("client_id", client.as_str()),
        ("what", "書きかけ"),
        ("owner", &stranger),
        ("due_date", &day(1)),
        ("due_time", ""),
    ];
    let page = s.w.as_(&s.host).form(&format!("/groups/{}/tasks", s.group), &fields).await.expect(422).text();
    assert!(page.contains("書きかけ") && page.contains("メンバーではありません"), "{page}");
    let bad = [
        ("client_id", client.as_str()),
        ("what", ""),
        ("owner", ""),
        ("due_date", "x"),
        ("due_time", "25:00"),
    ];
    let page = s.w.as_(&s.host).form(&format!("/groups/{}/tasks", s.group), &bad).await.expect(422).text();
    assert!(page.contains("入力してください。") && page.contains("2026-12-01 の形"), "{page}");
    // A stranger, and the managing facility's admin, find nothing.
    for other in [&s.stranger, &s.admin] {
        s.w.as_(other).get(&format!("/tasks/{id}")).await.expect(404);
        s.w.as_(other).get(&format!("/groups/{}/tasks", s.group)).await.expect(404);
        s.change(other, id, with(json!({"state": "done"}))).await.expect(404);
        assert!(s.mine(other).await.is_empty());
        let all = s.w.as_(other).get("/api/v1/tasks?owner=anyone").await.expect(200).json();
        assert_eq!(all["items"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_group_passes_the_open_tasks_on_to_the_host() {
    let s = scene().await;
    let open = id_of(&s.make(&s.nurse, task("褥瘡の写真", &day(1))).await);
    let done = id_of(&s.make(&s.nurse, task("済んだこと", &day(1))).await);
    s.change(&s.nurse, done, with(json!({"state": "done"}))).await.expect(200);
    let elsewhere = s.w.group(&s.admin, &s.host, "試験 次郎").await;
    s.w.join(&s.host, elsewhere, &s.nurse).await;
    let path = format!("/api/v1/groups/{elsewhere}/tasks");
    let other = s.w.as_(&s.nurse).call("POST", &path, task("別の方のこと", &day(1))).await.expect(201).json();
    s.w.end_membership(&s.host, s.group, &s.nurse).await;
    let passed = s.task(&s.host, open).await;
    assert_eq!((&passed["owner"]["id"], &passed["passed_on"]), (&json!(s.host.id), &json!(true)));
    assert_eq!(s.kinds(open).await, ["made", "passed_on"]);
    assert_eq!(s.kinds(done).await, ["made", "done"], "what is closed stays as it is");
    assert_eq!(s.mine(&s.nurse).await, ["別の方のこと"]);
    assert_eq!(s.task(&s.nurse, id_of(&other)).await["owner"]["id"], json!(s.nurse.id));
    let page = s.w.as_(&s.host).get(&format!("/tasks/{open}")).await.expect(200).text();
    assert!(page.contains("グループを抜けたので"), "{page}");
    s.w.as_(&s.nurse).get(&format!("/tasks/{open}")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_the_facility_passes_them_on_to_the_next_host() {
    let s = scene().await;
    let successor = s.w.staff(s.clinic, "koukei", "doctor").await;
    s.w.join(&s.host, s.group, &successor).await;
    let id = id_of(&s.make(&s.host, task("指示書の更新", &day(3))).await);
    let path = format!("/api/v1/facilities/{}/staff/{}/departure", s.clinic.id, s.host.id);
    s.w.as_(&s.admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(200);
    let task = s.task(&successor, id).await;
    assert_eq!((&task["owner"]["id"], &task["passed_on"]), (&json!(successor.id), &json!(true)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_from_now_on_sees_no_earlier_task_but_what_is_hers() {
    let s = scene().await;
    // Where nothing has been written yet, "from now on" is from the beginning.
    s.w.as_(&s.host).post(s.group, "前の投稿").await.expect(201);
    let before = id_of(&s.make(&s.nurse, task("前からのこと", &day(1))).await);
    let handed = id_of(&s.make(&s.nurse, task("引き継ぐこと", &day(1))).await);
    let body = json!({"client_id": Uuid::new_v4(), "account_id": s.stranger.id, "facility_id": s.stranger.facility.id, "role": "member", "from_now_on": true});
    let path = format!("/api/v1/groups/{}/invitations", s.group);
    let invitation = id_of(&s.w.as_(&s.host).call("POST", &path, body).await.expect(201).json());
    let accept = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    s.w.as_(&s.stranger)
        .call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), accept)
        .await
        .expect(200);
    s.make(&s.nurse, task("これからのこと", &day(1))).await;
    s.change(&s.nurse, handed, with(json!({"owner": s.stranger.id}))).await.expect(200);
    let all = s.w.as_(&s.stranger).get("/api/v1/tasks?owner=anyone").await.expect(200).json();
    let mut seen: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|t| t["what"].as_str().unwrap().to_owned()).collect();
    seen.sort();
    assert_eq!(seen, ["これからのこと", "引き継ぐこと"]);
    s.w.as_(&s.stranger).get(&format!("/tasks/{before}")).await.expect(404);
    s.change(&s.stranger, before, with(json!({"state": "done"}))).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_group_keeps_its_tasks_as_they_are_and_presses_nobody() {
    let s = scene().await;
    let id = id_of(&s.make(&s.nurse, task("訪問", &day(-1))).await);
    assert_eq!(s.mine(&s.nurse).await.len(), 1);
    s.w.archive(&s.host, s.group).await;
    assert!(s.mine(&s.nurse).await.is_empty());
    assert!(
        s.w.as_(&s.nurse)
            .get(&format!("/groups/{}/tasks", s.group))
            .await
            .expect(200)
            .text()
            .contains("訪問")
    );
    s.change(&s.nurse, id, with(json!({"state": "done"}))).await.expect_code(409, "archived");
    let path = format!("/api/v1/groups/{}/tasks", s.group);
    s.w.as_(&s.nurse).call("POST", &path, task("あとから", &day(1))).await.expect_code(409, "archived");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_itself_lets_nobody_rewrite_what_became_of_a_task() {
    let s = scene().await;
    let id = id_of(&s.make(&s.nurse, task("記録", &day(1))).await);
    let app = s.w.role("renkei_app").await;
    for sql in [
        "UPDATE care.task SET state = 'done'",
        "DELETE FROM care.task",
        "DELETE FROM care.task_event",
        "INSERT INTO care.task_event SELECT * FROM care.task_event",
    ] {
        assert_eq!(
            app.batch_execute(sql).await.expect_err(sql).code().expect("a refusal").code(),
            "42501",
            "{sql}"
        );
    }
    let superuser = s.w.superuser().await;
    superuser.batch_execute("UPDATE care.task_event SET kind = 'done'").await.expect_err("append-only");
    superuser.batch_execute("DELETE FROM care.task").await.expect_err("never deleted");
    assert_eq!(s.kinds(id).await, ["made"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_three_hundred_open_tasks_at_most() {
    let s = scene().await;
    let first = s.make(&s.nurse, task("いちばん", &day(1))).await;
    for n in 1..300 {
        s.make(&s.nurse, task(&format!("{n}番目"), &day(2))).await;
    }
    let path = format!("/api/v1/groups/{}/tasks", s.group);
    s.w.as_(&s.nurse)
        .call("POST", &path, task("多すぎる", &day(0)))
        .await
        .expect_code(409, "too_many_open_tasks");
    let id = first["id"].as_str().expect("an id").parse().expect("an id");
    let done = json!({"state": "done", "text": "済み"});
    assert_eq!(s.mine(&s.nurse).await[0], "いちばん");
    s.change(&s.nurse, id, with(done)).await.expect(200);
    s.make(&s.nurse, task("また入る", &day(0))).await;
}
