//! Home, notices, and the flow of a group through pages and forms.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Person, World, id_of};

struct Region {
    w: World,
    admin: Person,
    host: Person,
    nurse: Person,
    group: Uuid,
}

async fn region() -> Region {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let host = w.staff(clinic, "host", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let group = w.group(&admin, &host, "試験 太郎").await;
    Region { w, admin, host, nurse, group }
}

impl Region {
    async fn page(&self, person: &Person, path: &str) -> String {
        self.w.as_(person).get(path).await.expect(200).text()
    }

    fn path(&self, rest: &str) -> String {
        format!("/groups/{}{rest}", self.group)
    }
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[at..];
    let from = rest.find("value=\"").unwrap() + 7;
    rest[from..].split('"').next().unwrap().to_owned()
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// A post with a deadline for 了解.
async fn must(r: &Region, by: &Person, text: &str, hours: i64) -> Uuid {
    let deadline = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    let body =
        json!({"client_id": Uuid::new_v4(), "body": text, "must_acknowledge_by": deadline.to_string()});
    id_of(
        &r.w.as_(by)
            .call("POST", &format!("/api/v1/groups/{}/posts", r.group), body)
            .await
            .expect(201)
            .json(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn home_shows_what_waits_in_the_order_of_deadlines() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    assert!(r.page(&r.nurse, "/").await.contains("いま急ぐことはありません"));
    let later = must(&r, &r.host, "あさってまでに読んでください", 48).await;
    must(&r, &r.host, "二時間以内に読んでください", 2).await;
    let withdrawn = must(&r, &r.host, "取り消すお願い", 1).await;
    let reason = json!({"client_id": Uuid::new_v4(), "reason": "まちがい"});
    r.w.as_(&r.host).call("POST", &format!("/api/v1/posts/{withdrawn}/withdrawal"), reason).await.expect(201);

    let home = r.page(&r.nurse, "/").await;
    let at = |words: &str| home.find(words).unwrap_or_else(|| panic!("no {words}"));
    assert!(at("二時間以内に読んでください") < at("あさってまでに読んでください"));
    assert!(!home.contains("取り消すお願い"));
    assert!(home.contains("試験 太郎 様"));
    assert!(
        !r.page(&r.host, "/").await.contains("二時間以内に読んでください"),
        "nobody acknowledges the own post"
    );

    let path = format!("/api/v1/posts/{later}/acknowledgement");
    r.w.as_(&r.nurse).call("PUT", &path, Value::Null).await.expect(204);
    let home = r.page(&r.nurse, "/").await;
    assert_eq!(home.matches("class=\"due\"").count(), 1);
    let list = r.w.as_(&r.nurse).get("/api/v1/groups").await.json();
    assert_eq!(list["items"][0]["must_acknowledge"], 1);
    r.w.nobody().get("/").await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_lead_to_the_answer_and_vanish_with_it() {
    let r = region().await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": r.nurse.id, "facility_id": r.nurse.facility.id, "role": "member"});
    let path = format!("/api/v1/groups/{}/invitations", r.group);
    let invitation = id_of(&r.w.as_(&r.admin).call("POST", &path, body).await.expect(201).json());

    let home = r.page(&r.nurse, "/").await;
    let href = format!("/invitations/{invitation}");
    assert!(home.contains(&href) && home.contains("グループに招待しています"));
    assert!(!home.contains("試験 太郎"), "the patient is not named before the joining");
    let notices = r.page(&r.nurse, "/notices").await;
    assert!(notices.contains(&href) && !notices.contains("試験 太郎"));
    let page = r.page(&r.nurse, &href).await;
    assert!(page.contains("ホストの承認を待ちます") && !page.contains("試験 太郎"));
    let fields = [("client_id", hidden(&page, "client_id")), ("decision", "accept".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    for _ in 0..2 {
        let answer = r.w.as_(&r.nurse).form(&format!("{href}/acceptance"), &fields).await.expect(303);
        assert_eq!(location(&answer), href);
    }
    assert!(r.page(&r.nurse, &href).await.contains("ホストの承認を待っています"));
    assert!(!r.page(&r.nurse, "/").await.contains(&href));

    let home = r.page(&r.host, "/").await;
    assert!(home.contains("参加の承認を待っています") && home.contains("試験 太郎 様"));
    let notices = r.page(&r.host, "/notices").await;
    let fields = [("client_id", hidden(&notices, "client_id")), ("decision", "approve".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let action = r.path(&format!("/members/{}/approval", r.nurse.id));
    assert!(notices.contains(&action));
    for _ in 0..2 {
        let answer = r.w.as_(&r.host).form(&action, &fields).await.expect(303);
        assert!(r.page(&r.host, &location(&answer)).await.contains("承認しました"));
    }
    let notices = r.page(&r.nurse, "/notices").await;
    assert!(notices.contains("試験 太郎 様のグループに参加しました"));

    let path = format!("/api/v1/groups/{}/members/{}", r.group, r.nurse.id);
    r.w.as_(&r.host).call("DELETE", &path, Value::Null).await.expect(204);
    let notices = r.page(&r.nurse, "/notices").await;
    assert!(notices.contains("1つのグループから外れました") && !notices.contains("試験 太郎"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_not_mine_looks_like_one_that_never_was() {
    let r = region().await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": r.nurse.id, "facility_id": r.nurse.facility.id, "role": "member"});
    let path = format!("/api/v1/groups/{}/invitations", r.group);
    let invited = r.w.as_(&r.host).call("POST", &path, body).await.expect(201).json();
    let link = invited["link"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    assert!(r.page(&r.nurse, &link).await.contains("すぐに参加します"));
    let strip = |answer: Answer| {
        let text = answer.text();
        text[text.find("<main").unwrap()..text.find("</main").unwrap()].to_owned()
    };
    let others = strip(r.w.as_(&r.admin).get(&link).await.expect(404));
    let never = strip(r.w.as_(&r.admin).get("/invitations/never-was").await.expect(404));
    assert_eq!(others, never);
    assert!(others.contains("この招待は使えません"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_opened_kept_and_archived_through_forms() {
    let r = region().await;
    let patient = r.w.patient(&r.admin, "試験 次郎").await;
    let ask = format!("/patients/{patient}/open-group");
    r.w.as_(&r.host).get(&ask).await.expect(404);
    let page = r.page(&r.admin, &ask).await;
    let (client_id, patient_id) = (hidden(&page, "client_id"), patient.to_string());
    let form = |host: &str| {
        vec![
            ("client_id".to_owned(), client_id.clone()),
            ("patient".to_owned(), patient_id.clone()),
            ("host".to_owned(), host.to_owned()),
        ]
    };
    let wrong = send(&r, &r.admin, "/groups", &form("")).await.expect(422).text();
    assert!(wrong.contains("ホストを選んでください") && wrong.contains(&client_id));
    let opened = send(&r, &r.admin, "/groups", &form(&r.host.id.to_string())).await.expect(303);
    let members = location(&opened);
    assert_eq!(
        location(&send(&r, &r.admin, "/groups", &form(&r.host.id.to_string())).await.expect(303)),
        members
    );
    assert!(r.page(&r.admin, &members).await.contains("グループを開きました"));
    let again = r.w.as_(&r.admin).get(&ask).await.expect(303);
    let group = location(&again).trim_start_matches("/groups/").trim_end_matches("/members").to_owned();

    let new = format!("/groups/{group}/invitations/new");
    let found = r.page(&r.host, &format!("{new}?q=%EF%BD%BC%EF%BD%B9%EF%BE%9D%E8%A8%AA%E5%95%8F")).await;
    assert!(!found.contains("試験訪問看護"), "a reading does not stand for kanji: {found}");
    let station = r.nurse.facility.id.to_string();
    assert!(
        r.page(&r.host, &format!("{new}?q=%E8%A8%AA%E5%95%8F"))
            .await
            .contains(&format!("?facility={station}"))
    );
    let people = r.page(&r.host, &format!("{new}?facility={station}&q=NURSE")).await;
    assert!(people.contains(&format!("person={}", r.nurse.id)));
    let step = r.page(&r.host, &format!("{new}?facility={station}&person={}", r.nurse.id)).await;
    let mut form = vec![
        ("client_id".to_owned(), hidden(&step, "client_id")),
        ("facility".to_owned(), station),
        ("person".to_owned(), r.nurse.id.to_string()),
        ("role".to_owned(), "guest".to_owned()),
        ("until".to_owned(), String::new()),
        ("history".to_owned(), "all".to_owned()),
    ];
    assert!(send(&r, &r.host, &new, &form).await.expect(422).text().contains("いつまで参加するか"));
    form[4].1 = "2099-01-01".to_owned();
    let first = send(&r, &r.host, &new, &form).await.expect(200).text();
    let link = |page: &str| hidden_link(page);
    assert_eq!(link(&first), link(&send(&r, &r.host, &new, &form).await.expect(200).text()));
    let path = link(&first).strip_prefix("http://localhost:8080").unwrap().to_owned();
    let page = r.page(&r.nurse, &path).await;
    assert!(page.contains("2099年1月1日まで"));
    let answer = vec![
        ("client_id".to_owned(), hidden(&page, "client_id")),
        ("decision".to_owned(), "accept".to_owned()),
    ];
    assert_eq!(
        location(&send(&r, &r.nurse, &format!("{path}/acceptance"), &answer).await.expect(303)),
        format!("/groups/{group}")
    );

    let removal = format!("/groups/{group}/members/{}/removal", r.nurse.id);
    let members = r.page(&r.nurse, &format!("/groups/{group}/members")).await;
    assert!(
        members.contains("一時参加")
            && members.contains("グループから抜ける")
            && !members.contains("ホストの仕事")
    );
    let page = r.page(&r.nurse, &removal).await;
    let mut form =
        vec![("client_id".to_owned(), hidden(&page, "client_id")), ("reason".to_owned(), String::new())];
    send(&r, &r.nurse, &removal, &form).await.expect(422);
    form[1].1 = "異動のため".to_owned();
    assert_eq!(location(&send(&r, &r.nurse, &removal, &form).await.expect(303)), "/groups");
    r.w.as_(&r.nurse).get(&format!("/groups/{group}/members")).await.expect(404);

    let archive = format!("/groups/{group}/archive");
    let page = r.page(&r.host, &archive).await;
    let form =
        vec![("client_id".to_owned(), hidden(&page, "client_id")), ("reason".to_owned(), "転居".to_owned())];
    send(&r, &r.host, &archive, &form).await.expect(303);
    assert!(!r.page(&r.host, "/groups").await.contains("試験 次郎"));
    assert!(r.page(&r.host, "/groups?show=archived").await.contains("試験 次郎"));
    let page = r.page(&r.host, &format!("/groups/{group}/reopening")).await;
    let form = vec![
        ("client_id".to_owned(), hidden(&page, "client_id")),
        ("reason".to_owned(), "戻られた".to_owned()),
    ];
    send(&r, &r.host, &format!("/groups/{group}/reopening"), &form).await.expect(303);
    assert!(r.page(&r.host, "/groups").await.contains("試験 次郎"));
}

fn hidden_link(page: &str) -> String {
    let at = page.find("id=\"link\" value=\"").expect("the link is shown") + 17;
    page[at..].split('"').next().unwrap().to_owned()
}

async fn send(r: &Region, person: &Person, path: &str, fields: &[(String, String)]) -> Answer {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    r.w.as_(person).form(path, &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_is_handed_over_on_a_page() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    let path = r.path("/host");
    r.w.as_(&r.nurse).get(&path).await.expect(403);
    r.w.as_(&r.host).get(&r.path(&format!("/members/{}/removal", r.host.id))).await.expect(409);
    let page = r.page(&r.host, &path).await;
    let mut form = vec![
        ("client_id".to_owned(), hidden(&page, "client_id")),
        ("host".to_owned(), String::new()),
        ("reason".to_owned(), "退職".to_owned()),
    ];
    assert!(send(&r, &r.host, &path, &form).await.expect(422).text().contains("引き継ぐ人を選んでください"));
    form[1].1 = r.nurse.id.to_string();
    let done = send(&r, &r.host, &path, &form).await.expect(303);
    assert!(r.page(&r.host, &location(&done)).await.contains("ホストを引き継ぎました"));
    assert!(r.page(&r.nurse, "/notices").await.contains("試験 太郎 様のグループのホストになりました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_finds_active_staff_and_tells_no_login() {
    let r = region().await;
    let stopped = r.w.staff(r.nurse.facility, "stopped", "nurse").await;
    let find = |q: &str| format!("/api/v1/facilities?q={q}");
    let items = |answer: Answer| answer.expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!(items(r.w.as_(&r.host).get(&find("%E8%A9%A6%E9%A8%93")).await), 2);
    assert_eq!(items(r.w.as_(&r.host).get(&find("%EF%BE%8B%EF%BE%9F%E3%81%97%E3%81%9B%E3%81%A4")).await), 0);
    // しせつ is the reading; typed here as half-width katakana.
    assert_eq!(items(r.w.as_(&r.host).get(&find("%EF%BD%BC%EF%BD%BE%EF%BE%82")).await), 2);
    r.w.nobody().get(&find("x")).await.expect_code(401, "not_signed_in");

    let staff = format!("/api/v1/facilities/{}/staff?q=", r.nurse.facility.id);
    let all = r.w.as_(&r.host).get(&staff).await.expect(200);
    assert_eq!(all.json()["items"].as_array().unwrap().len(), 2);
    assert!(!all.text().contains("login"));
    let sql = "UPDATE care.staff SET state = 'suspended' WHERE account_id = $1";
    r.w.superuser().await.execute(sql, &[&stopped.id]).await.unwrap();
    let left = r.w.as_(&r.host).get(&format!("{staff}%EF%BC%AEURSE")).await.expect(200).json();
    assert_eq!(id_of(&left["items"][0]), r.nurse.id);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    let none = format!("/api/v1/facilities/{}/staff", Uuid::new_v4());
    r.w.as_(&r.host).get(&none).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_need_a_session_and_connections_are_there() {
    let r = region().await;
    for path in ["/", "/groups", "/notices", "/connections", &r.path("/members")] {
        r.w.as_(&r.host).get(path).await.expect(200);
        let answer = r.w.nobody().get(path).await;
        assert!(answer.status == 303 || answer.status == 401, "{path}: {}", answer.status);
    }
    r.w.as_(&r.nurse).get(&r.path("/members")).await.expect(404);
    for rest in ["/host", "/archive", "/invitations/new"] {
        r.w.as_(&r.host).get(&r.path(rest)).await.expect(200);
        r.w.as_(&r.nurse).get(&r.path(rest)).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_family_writes_counts_apart_and_leads_to_its_own_timeline() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    let way = format!("class=\"family-way\" href=\"/groups/{}/family\"", r.group);
    for path in ["/", "/groups"] {
        assert!(!r.page(&r.nurse, path).await.contains(&way), "{path}: nothing yet");
    }
    let body = json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": "食事は半分ほどです。"});
    let posts = format!("/api/v1/groups/{}/posts", r.group);
    r.w.as_(&r.host).call("POST", &posts, body).await.expect(201);
    for path in ["/", "/groups", "/groups?show=unread"] {
        assert!(r.page(&r.nurse, path).await.contains(&way), "{path}");
        assert!(!r.page(&r.host, path).await.contains(&way), "{path}: the author's own words are no news");
    }
    let group = r.w.as_(&r.nurse).get(&format!("/api/v1/groups/{}", r.group)).await.expect(200).json();
    assert_eq!((&group["unread"], &group["family_unread"]), (&json!(0), &json!(1)));
    let read = json!({"timeline": "family", "up_to_seq": 1});
    r.w.as_(&r.nurse).call("POST", &format!("/api/v1/groups/{}/read", r.group), read).await.expect(204);
    assert!(!r.page(&r.nurse, "/").await.contains(&way), "it was on the screen");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_own_tasks_are_always_one_tap_away_with_what_is_late() {
    let r = region().await;
    r.w.join(&r.host, r.group, &r.nurse).await;
    for path in ["/", "/menu"] {
        assert!(r.page(&r.nurse, path).await.contains("href=\"/tasks\""), "{path}");
    }
    let late = json!({"client_id": Uuid::new_v4(), "what": "残薬を数える", "due_date": "2026-01-05", "owner": r.nurse.id});
    let path = format!("/api/v1/groups/{}/tasks", r.group);
    r.w.as_(&r.host).call("POST", &path, late).await.expect(201);
    for path in ["/", "/menu"] {
        assert!(r.page(&r.nurse, path).await.contains("期限を過ぎたもの 1件"), "{path}");
    }
}
