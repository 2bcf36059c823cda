//! Free groups: who opens them, what they are called, and the question before words that look like a patient.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Person, World, id_of};

/// Two facilities of one town: a host, colleagues, a stranger, and a patient of the host's own.
pub struct Town {
    pub w: World,
    pub admin: Person,
    pub host: Person,
    pub nurse: Person,
    pub stranger: Person,
    pub patient_group: Uuid,
}

pub async fn town() -> Town {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "admin", "clerk").await;
    let host = w.staff(clinic, "host", "doctor").await;
    let nurse = w.staff(station, "nurse", "nurse").await;
    let stranger = w.staff(station, "stranger", "physical_therapist").await;
    let patient_group = w.group(&admin, &host, "小野寺 ハル子").await;
    Town { w, admin, host, nurse, stranger, patient_group }
}

impl Town {
    pub async fn free(&self, host: &Person, title: &str) -> Uuid {
        let body = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": title});
        id_of(&self.w.as_(host).call("POST", "/api/v1/groups", body).await.expect(201).json())
    }

    pub async fn page(&self, as_: &Person, path: &str) -> String {
        self.w.as_(as_).get(path).await.expect(200).text()
    }
}

fn group(id: Uuid, rest: &str) -> String {
    format!("/api/v1/groups/{id}{rest}")
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_opens_a_free_group_and_is_its_host() {
    let t = town().await;
    let body = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "在宅緩和ケア 勉強会", "purpose": "月に1回、学びます"});
    let nurse = t.w.as_(&t.nurse);
    let sends =
        futures_util::future::join_all((0..6).map(|_| nurse.call("POST", "/api/v1/groups", body.clone())))
            .await;
    assert_eq!(sends.iter().filter(|a| a.status == 201).count(), 1);
    assert!(
        sends.iter().all(|a| a.status == 201 || a.status == 200),
        "{:?}",
        sends.iter().map(|a| a.text()).collect::<Vec<_>>()
    );
    let made = sends[0].json();
    let id = id_of(&made);
    assert!(sends.iter().all(|a| id_of(&a.json()) == id));
    assert_eq!(
        (&made["kind"], &made["title"], &made["my_role"], &made["patient_id"]),
        (&json!("free"), &json!("在宅緩和ケア 勉強会"), &json!("host"), &Value::Null)
    );
    let other = json!({"client_id": body["client_id"], "kind": "free", "title": "べつの会"});
    nurse.call("POST", "/api/v1/groups", other).await.expect_code(409, "client_id_used_for_something_else");
    let listed = nurse.get("/api/v1/groups?kind=free").await.expect(200).json();
    assert_eq!(listed["items"][0]["title"], "在宅緩和ケア 勉強会");
    assert_eq!(nurse.get("/api/v1/groups?kind=patient").await.json()["items"], json!([]));
    for (field, wrong) in [
        ("title", json!("")),
        ("title", json!("行\n行")),
        ("title", json!("あ".repeat(61))),
        ("purpose", json!("い".repeat(401))),
    ] {
        let mut bad = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "よい名前"});
        bad[field] = wrong;
        let answer = nurse.call("POST", "/api/v1/groups", bad).await.expect_code(422, "invalid").json();
        assert_eq!(answer["errors"][0]["field"], field);
    }
    let mixed = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "x", "host": t.host.id});
    nurse.call("POST", "/api/v1/groups", mixed).await.expect_code(400, "fields_of_another_kind");
    let direct = json!({"client_id": Uuid::new_v4(), "kind": "direct", "title": "x"});
    nurse.call("POST", "/api/v1/groups", direct).await.expect_code(422, "invalid");
    assert_eq!(nurse.get("/api/v1/groups").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_group_works_without_a_patient() {
    let t = town().await;
    let id = t.free(&t.host, "地域連携の会").await;
    t.w.join(&t.host, id, &t.nurse).await;
    let posted = t.w.as_(&t.nurse).post(id, "次回は金曜日です。").await.expect(201).json();
    t.w.as_(&t.host)
        .call(
            "PUT",
            &format!("/api/v1/posts/{}/acknowledgement", posted["id"].as_str().unwrap()),
            Value::Null,
        )
        .await
        .expect(204);
    t.w.as_(&t.host).call("POST", &group(id, "/read"), json!({"up_to_seq": 1})).await.expect(204);
    // There is no family timeline to read or to write.
    t.w.as_(&t.host).get(&group(id, "/posts?timeline=family")).await.expect_code(404, "not_found");
    let family = json!({"client_id": Uuid::new_v4(), "body": "x", "timeline": "family"});
    t.w.as_(&t.host).call("POST", &group(id, "/posts"), family).await.expect_code(404, "not_found");
    t.w.as_(&t.host)
        .call("POST", &group(id, "/read"), json!({"timeline": "family", "up_to_seq": 1}))
        .await
        .expect_code(404, "not_found");

    for path in [
        format!("/groups/{id}"),
        format!("/groups/{id}/files"),
        format!("/groups/{id}/members"),
        format!("/groups/{id}/archive"),
        format!("/groups/{id}/host"),
        format!("/groups/{id}/invitations/new"),
    ] {
        let page = t.page(&t.host, &path).await;
        assert!(page.contains("地域連携の会"), "{path}");
        assert!(!page.contains("地域連携の会 様") && !page.contains("基礎情報"), "{path}: {page}");
    }
    let timeline = t.page(&t.nurse, &format!("/groups/{id}")).await;
    assert!(
        timeline.contains("患者さんのことは書かない場所です")
            && timeline.contains("次回は金曜日です。")
            && timeline.contains("患者さんのことは書きません")
    );
    assert!(!t.page(&t.host, &format!("/groups/{}", t.patient_group)).await.contains("書かない場所"));
    assert!(t.page(&t.nurse, "/groups?show=free").await.contains("地域連携の会"));
    assert!(t.page(&t.nurse, "/notices").await.contains("地域連携の会のグループに参加しました"));

    // Hand-over, archive, and a stranger, as in any group.
    let to = json!({"client_id": Uuid::new_v4(), "account_id": t.nurse.id});
    t.w.as_(&t.host).call("PUT", &group(id, "/host"), to).await.expect(200);
    let close = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "年度が終わったため"});
    t.w.as_(&t.nurse).call("PUT", &group(id, "/archive"), close).await.expect(200);
    t.w.as_(&t.host).post(id, "まだ書けますか").await.expect_code(409, "archived");
    for path in ["", "/posts", "/members"] {
        t.w.as_(&t.nurse).get(&group(id, path)).await.expect(200);
        t.w.as_(&t.stranger).get(&group(id, path)).await.expect_code(404, "not_found");
    }
    // The admin of the facility that opened it keeps it too, and reads nothing.
    assert_eq!(t.w.as_(&t.admin).get(&group(id, "")).await.expect(200).json()["title"], "地域連携の会");
    t.w.as_(&t.admin).get(&group(id, "/posts")).await.expect_code(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_renames_and_the_old_name_stays() {
    let t = town().await;
    let id = t.free(&t.host, "前の名前の会").await;
    t.w.join(&t.host, id, &t.nurse).await;
    let body = |title: &str| json!({"client_id": Uuid::new_v4(), "title": title, "purpose": "新しい目的"});
    t.w.as_(&t.nurse).call("PUT", &group(id, "/title"), body("のっとり")).await.expect_code(403, "host_only");
    t.w.as_(&t.stranger)
        .call("PUT", &group(id, "/title"), body("のっとり"))
        .await
        .expect_code(404, "not_found");
    let same = body("新しい名前の会");
    for _ in 0..2 {
        assert_eq!(
            t.w.as_(&t.host).call("PUT", &group(id, "/title"), same.clone()).await.expect(200).json()["title"],
            "新しい名前の会"
        );
    }
    let mut other = same.clone();
    other["title"] = json!("べつの名前の会");
    t.w.as_(&t.host)
        .call("PUT", &group(id, "/title"), other)
        .await
        .expect_code(409, "client_id_used_for_something_else");
    t.w.as_(&t.host)
        .call("PUT", &group(t.patient_group, "/title"), body("患者の名前"))
        .await
        .expect_code(409, "not_a_free_group");
    let members = t.page(&t.nurse, &format!("/groups/{id}/members")).await;
    assert!(members.contains("新しい目的") && members.contains("前の名前の会"));
    assert_eq!(members.matches("前の名前 1件").count(), 1, "the retry wrote nothing");
    let timeline = t.page(&t.nurse, &format!("/groups/{id}")).await;
    assert!(timeline.contains("グループの名前を「新しい名前の会」にしました"));
    // By the page, with what was typed kept.
    let path = format!("/groups/{id}/title");
    let client = Uuid::new_v4().to_string();
    let wrong =
        t.w.as_(&t.host)
            .form(&path, &[("client_id", &client), ("title", ""), ("purpose", "残る目的")])
            .await
            .expect(422)
            .text();
    assert!(wrong.contains("入力してください") && wrong.contains("残る目的"));
    t.w.as_(&t.host)
        .form(&path, &[("client_id", &client), ("title", "三つめの会"), ("purpose", "")])
        .await
        .expect(303);
    assert_eq!(t.w.as_(&t.nurse).get(&group(id, "")).await.json()["title"], "三つめの会");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_learns_what_the_free_group_is_called_but_not_the_patient() {
    let t = town().await;
    let free = t.free(&t.host, "看取りを語る会").await;
    for (id, told) in [(free, true), (t.patient_group, false)] {
        let body = json!({"client_id": Uuid::new_v4(), "account_id": t.nurse.id, "facility_id": t.nurse.facility.id, "role": "member"});
        let invitation =
            id_of(&t.w.as_(&t.host).call("POST", &group(id, "/invitations"), body).await.expect(201).json());
        let page = t.page(&t.nurse, &format!("/invitations/{invitation}")).await;
        assert_eq!(page.contains("看取りを語る会"), told);
        assert!(!page.contains("ハル子"));
        t.w.as_(&t.stranger).get(&format!("/invitations/{invitation}")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_look_like_a_patient_are_asked_about_and_never_refused() {
    let t = town().await;
    let id = t.free(&t.host, "勉強会").await;
    t.w.join(&t.host, id, &t.nurse).await;
    let codes = |answer: Value| {
        answer["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let look = async |as_: &Person, group_id: Uuid, text: &str| {
        codes(
            t.w.as_(as_)
                .call("POST", &group(group_id, "/wording"), json!({"body": text}))
                .await
                .expect(200)
                .json(),
        )
    };
    assert_eq!(look(&t.host, id, "小野寺ハル子さん、生年月日は").await, ["known_name", "birth_date"]);
    assert!(look(&t.host, id, "次回の会場が決まりました").await.is_empty());
    // The name is known to whoever has the patient; in the patient's own group nothing is asked.
    assert!(look(&t.nurse, id, "小野寺ハル子さん").await.is_empty());
    assert!(look(&t.host, t.patient_group, "小野寺ハル子さん").await.is_empty());
    t.w.as_(&t.stranger)
        .call("POST", &group(id, "/wording"), json!({"body": "x"}))
        .await
        .expect_code(404, "not_found");

    // Without scripts: a page that asks, with everything typed; the second answer sends it, file and all.
    let path = format!("/groups/{id}/posts");
    let client = Uuid::new_v4();
    let text = "小野寺ハル子さんのことで相談です";
    let first = [
        ("client_id", None, client.to_string().into_bytes()),
        ("body", None, text.as_bytes().to_vec()),
        ("file_class", None, b"other".to_vec()),
        ("files", Some("memo.txt"), b"hello".to_vec()),
    ];
    let asked = t.w.as_(&t.host).multipart(&path, &first).await.expect(200).text();
    assert!(
        asked.contains("患者さんのことが書かれていませんか")
            && asked.contains(text)
            && asked.contains("担当する患者さんの名前"),
        "{asked}"
    );
    assert_eq!(t.w.as_(&t.host).get(&group(id, "/posts")).await.json()["items"], json!([]));
    let attached = asked
        .split("name=\"attached\" value=\"")
        .nth(1)
        .and_then(|rest| rest.get(..36))
        .expect("the file stays")
        .to_owned();
    let second = [
        ("client_id", None, client.to_string().into_bytes()),
        ("body", None, text.as_bytes().to_vec()),
        ("attached", None, attached.into_bytes()),
        ("sure", None, b"1".to_vec()),
    ];
    t.w.as_(&t.host).multipart(&path, &second).await.expect(303);
    let posts = t.w.as_(&t.host).get(&group(id, "/posts")).await.json();
    assert_eq!(
        (&posts["items"][0]["body"], posts["items"][0]["files"].as_array().unwrap().len()),
        (&json!(text), 1)
    );
    // Innocent words, and the same words in the patient's group, go at once.
    let innocent = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("body", None, "会場は公民館です".as_bytes().to_vec()),
    ];
    t.w.as_(&t.host).multipart(&path, &innocent).await.expect(303);
    let own = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("body", None, text.as_bytes().to_vec()),
    ];
    t.w.as_(&t.host).multipart(&format!("/groups/{}/posts", t.patient_group), &own).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_departing_host_leaves_the_free_group_to_a_successor() {
    let t = town().await;
    let id = t.free(&t.host, "引き継がれる会").await;
    let colleague = t.w.staff(t.host.facility, "colleague", "nurse").await;
    t.w.join(&t.host, id, &colleague).await;
    t.w.join(&t.host, id, &t.nurse).await;
    let ask = t.page(&t.admin, &format!("/facility/staff/{}/departure", t.host.id)).await;
    assert!(ask.contains("引き継がれる会"), "{ask}");
    let path = format!("/api/v1/facilities/{}/staff/{}/departure", t.host.facility.id, t.host.id);
    t.w.as_(&t.admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(200);
    assert_eq!(t.w.as_(&colleague).get(&group(id, "")).await.expect(200).json()["my_role"], "host");
    t.w.as_(&t.nurse).post(id, "これからも続けましょう").await.expect(201);
}

// ---- Connections and conversations of two ---------------------------------------------------------------------------

impl Town {
    async fn ask_with(&self, from: &Person, to: &Person, greeting: &str) -> crate::world::Answer {
        let body = json!({"client_id": Uuid::new_v4(), "account_id": to.id, "facility_id": to.facility.id, "greeting": greeting});
        self.w.as_(from).call("POST", "/api/v1/connections", body).await
    }

    async fn ask(&self, from: &Person, to: &Person) -> Uuid {
        id_of(&self.ask_with(from, to, "先日の会議でお会いしました").await.expect(201).json())
    }

    async fn answer(&self, who: &Person, connection: Uuid, decision: &str) -> crate::world::Answer {
        let path = format!("/api/v1/connections/{connection}/acceptance");
        self.w.as_(who).call("POST", &path, json!({"decision": decision})).await
    }

    async fn connect(&self, from: &Person, to: &Person) -> Uuid {
        let connection = self.ask(from, to).await;
        self.answer(to, connection, "accept").await.expect(204);
        connection
    }

    async fn converse(&self, who: &Person, connection: Uuid) -> crate::world::Answer {
        self.w
            .as_(who)
            .call("POST", &format!("/api/v1/connections/{connection}/conversation"), Value::Null)
            .await
    }

    async fn talk(&self, from: &Person, to: &Person) -> (Uuid, Uuid) {
        let connection = self.connect(from, to).await;
        (connection, id_of(&self.converse(from, connection).await.expect(201).json()))
    }

    async fn mine(&self, who: &Person) -> Vec<Value> {
        self.w.as_(who).get("/api/v1/connections").await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .clone()
    }

    async fn states(&self, who: &Person) -> Vec<String> {
        self.mine(who).await.iter().map(|c| c["state"].as_str().unwrap().to_owned()).collect()
    }

    async fn end(&self, who: &Person, connection: Uuid) -> crate::world::Answer {
        self.w.as_(who).call("DELETE", &format!("/api/v1/connections/{connection}"), Value::Null).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_asked_for_and_accepted() {
    let t = town().await;
    let body = json!({"client_id": Uuid::new_v4(), "account_id": t.nurse.id, "facility_id": t.nurse.facility.id, "greeting": "はじめまして"});
    let host = t.w.as_(&t.host);
    let made = host.call("POST", "/api/v1/connections", body.clone()).await.expect(201).json();
    let id = id_of(&made);
    assert_eq!(id_of(&host.call("POST", "/api/v1/connections", body.clone()).await.expect(200).json()), id);
    let mut other = body.clone();
    other["greeting"] = json!("べつのことば");
    host.call("POST", "/api/v1/connections", other)
        .await
        .expect_code(409, "client_id_used_for_something_else");
    assert_eq!(
        (&made["state"], &made["incoming"], &made["person"]["name"]),
        (&json!("asked"), &json!(false), &json!(t.nurse.name))
    );
    t.ask_with(&t.host, &t.nurse, "もう一度").await.expect_code(409, "asked_already");
    t.ask_with(&t.nurse, &t.host, "こちらから").await.expect_code(409, "asked_you_already");

    let seen = t.mine(&t.nurse).await;
    assert_eq!((&seen[0]["greeting"], &seen[0]["incoming"]), (&json!("はじめまして"), &json!(true)));
    for page in ["/", "/notices", "/connections"] {
        assert!(t.page(&t.nurse, page).await.contains("host 試子"), "{page}");
    }
    // Not the asker, nor anybody else, answers.
    t.answer(&t.host, id, "accept").await.expect_code(404, "not_found");
    t.answer(&t.stranger, id, "accept").await.expect_code(404, "not_found");
    t.converse(&t.host, id).await.expect_code(409, "no_connection");
    t.answer(&t.nurse, id, "accept").await.expect(204);
    t.answer(&t.nurse, id, "accept").await.expect(204);
    t.answer(&t.nurse, id, "decline").await.expect_code(409, "used_or_expired");
    assert_eq!(
        (t.states(&t.host).await, t.states(&t.nurse).await),
        (vec!["accepted".to_owned()], vec!["accepted".to_owned()])
    );
    t.ask_with(&t.nurse, &t.host, "もう一度").await.expect_code(409, "connected_already");
    assert!(t.page(&t.host, "/notices").await.contains("nurse 試子さんとつながりました"));
    assert!(t.mine(&t.stranger).await.is_empty());
    for (who, account, facility) in [
        (&t.host, t.host.id, t.host.facility.id),
        (&t.host, t.nurse.id, t.host.facility.id),
        (&t.host, Uuid::new_v4(), t.nurse.facility.id),
    ] {
        let wrong = json!({"client_id": Uuid::new_v4(), "account_id": account, "facility_id": facility});
        let answer =
            t.w.as_(who).call("POST", "/api/v1/connections", wrong).await.expect_code(422, "invalid").json();
        assert_eq!(answer["errors"][0]["field"], "account_id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_declined_is_not_told_and_does_not_ask_again_for_a_month() {
    let t = town().await;
    let first = t.ask(&t.host, &t.nurse).await;
    let other = t.ask(&t.host, &t.stranger).await;
    t.answer(&t.nurse, first, "decline").await.expect(204);
    // A request that was declined looks like one that waits, in everything that the asker can do with it.
    let of = |all: &[Value], id: Uuid| all.iter().find(|c| id_of(c) == id).cloned().expect("it stands");
    let all = t.mine(&t.host).await;
    let (declined, waiting) = (of(&all, first), of(&all, other));
    for field in ["state", "incoming", "connected_at", "ended_at", "ended_by", "group_id"] {
        assert_eq!(declined[field], waiting[field], "{field}");
    }
    assert!(t.mine(&t.nurse).await.is_empty() && t.states(&t.stranger).await == ["asked"]);
    for to in [&t.nurse, &t.stranger] {
        t.ask_with(&t.host, to, "もう一度").await.expect_code(409, "asked_already");
    }
    assert!(!t.page(&t.host, "/connections").await.contains("断"), "nothing says that somebody declined");
    // Taken back and asked again: it stands for the asker, and reaches only the one who did not decline.
    for (id, to, reaches) in [(first, &t.nurse, false), (other, &t.stranger, true)] {
        t.end(&t.host, id).await.expect(204);
        assert!(!t.mine(&t.host).await.iter().any(|c| id_of(c) == id));
        let again = t.ask(&t.host, to).await;
        assert_eq!(of(&t.mine(&t.host).await, again)["state"], "asked");
        assert_eq!(t.mine(to).await.len(), usize::from(reaches));
        if !reaches {
            t.answer(to, again, "accept").await.expect_code(404, "not_found");
        }
    }
    // The one who declined may ask at any time; and after a month she may be asked.
    let mine = t.ask(&t.nurse, &t.host).await;
    t.end(&t.nurse, mine).await.expect(204);
    let sql = "SELECT guard.open_window('1 minute', 'test'); UPDATE care.connection SET decided_at = decided_at - interval '31 days', expires_at = expires_at - interval '31 days' WHERE state = 'declined'; SELECT guard.close_windows()";
    t.w.superuser().await.batch_execute(sql).await.expect("time passes");
    t.ask(&t.host, &t.nurse).await;
    assert_eq!(t.states(&t.nurse).await, ["asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_a_request_back_and_asks_again_reaches_nobody_the_fourth_time() {
    let t = town().await;
    for time in 1..=5 {
        let asked = t.ask(&t.host, &t.nurse).await;
        let all = t.mine(&t.host).await;
        assert!(all.iter().any(|c| id_of(c) == asked && c["state"] == "asked"), "it stands for the asker");
        assert_eq!(t.mine(&t.nurse).await.len(), usize::from(time <= 3), "time {time}");
        t.end(&t.host, asked).await.expect(204);
    }
    // Somebody else still asks her, and she asks whom she likes.
    t.ask(&t.stranger, &t.nurse).await;
    t.ask(&t.nurse, &t.host).await;
    assert_eq!(t.states(&t.nurse).await, ["asked", "asked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_more_than_twenty_people_a_day() {
    let t = town().await;
    for n in 0..20 {
        let person = t.w.staff(t.nurse.facility, &format!("member{n}"), "nurse").await;
        t.ask(&t.host, &person).await;
    }
    t.ask_with(&t.host, &t.nurse, "").await.expect_code(409, "asked_enough_today");
    let form = [
        ("client_id", Uuid::new_v4().to_string()),
        ("facility", t.nurse.facility.id.to_string()),
        ("person", t.nurse.id.to_string()),
        ("greeting", "のこる言葉".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let page = t.w.as_(&t.host).form("/connections", &fields).await.expect(422).text();
    assert!(page.contains("1日に20件まで") && page.contains("のこる言葉"));
    t.w.as_(&t.stranger).form("/connections", &fields).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_have_one_conversation_without_a_host() {
    let t = town().await;
    let connection = t.connect(&t.host, &t.nurse).await;
    let sends = futures_util::future::join_all(
        (0..6).map(|n| t.converse(if n % 2 == 0 { &t.host } else { &t.nurse }, connection)),
    )
    .await;
    assert!(
        sends.iter().all(|a| a.status == 201 || a.status == 200),
        "{:?}",
        sends.iter().map(|a| a.text()).collect::<Vec<_>>()
    );
    assert_eq!(sends.iter().filter(|a| a.status == 201).count(), 1);
    let id = id_of(&sends[0].json());
    assert!(sends.iter().all(|a| id_of(&a.json()) == id));
    for (me, other) in [(&t.host, &t.nurse), (&t.nurse, &t.host)] {
        let shown = t.w.as_(me).get(&group(id, "")).await.expect(200).json();
        assert_eq!(
            (&shown["kind"], &shown["title"], &shown["my_role"]),
            (&json!("direct"), &json!(other.name), &json!("member"))
        );
        assert_eq!(
            t.w.as_(me).get("/api/v1/groups?kind=direct").await.json()["items"].as_array().unwrap().len(),
            1
        );
        t.w.as_(me).post(id, "こんにちは").await.expect(201);
        let page = t.page(me, &format!("/groups/{id}")).await;
        assert!(
            page.contains(&other.name)
                && page.contains("おふたりだけが読みます")
                && page.contains("患者さんのことは書かない場所です")
        );
        assert!(t.page(me, "/groups?show=direct").await.contains(&other.name));
        assert!(!t.page(me, &format!("/groups/{id}/members")).await.contains("ホスト"));
        assert!(!t.page(me, "/notices").await.contains(&format!("{}のグループに参加しました", other.name)));
        for path in ["/files", "/members"] {
            t.page(me, &format!("/groups/{id}{path}")).await;
        }
    }
    // Nobody invites, removes, hands over, leaves, archives or names; nor does the admin of the facility.
    let invite = json!({"client_id": Uuid::new_v4(), "account_id": t.stranger.id, "facility_id": t.stranger.facility.id, "role": "member"});
    let to = json!({"client_id": Uuid::new_v4(), "account_id": t.nurse.id});
    let close = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "x"});
    let name = json!({"client_id": Uuid::new_v4(), "title": "x"});
    for (who, status) in [(&t.host, 403), (&t.admin, 404), (&t.stranger, 404)] {
        t.w.as_(who).call("POST", &group(id, "/invitations"), invite.clone()).await.expect(status);
        t.w.as_(who).call("PUT", &group(id, "/host"), to.clone()).await.expect(status);
        t.w.as_(who).call("PUT", &group(id, "/archive"), close.clone()).await.expect(status);
        t.w.as_(who).call("PUT", &group(id, "/title"), name.clone()).await.expect(status);
        t.w.as_(who)
            .call("DELETE", &group(id, &format!("/members/{}", t.nurse.id)), Value::Null)
            .await
            .expect(status);
    }
    t.w.as_(&t.host)
        .call("DELETE", &group(id, &format!("/members/{}", t.host.id)), Value::Null)
        .await
        .expect_code(409, "end_the_connection");
    for who in [&t.admin, &t.stranger] {
        for path in ["", "/posts", "/members"] {
            t.w.as_(who).get(&group(id, path)).await.expect_code(404, "not_found");
        }
        for path in [format!("/groups/{id}"), format!("/groups/{id}/members"), format!("/groups/{id}/files")]
        {
            t.w.as_(who).get(&path).await.expect(404);
        }
        t.w.as_(who).post(id, "見えますか").await.expect_code(404, "not_found");
        t.converse(who, connection).await.expect_code(404, "not_found");
        t.end(who, connection).await.expect_code(404, "not_found");
        t.w.as_(who).get(&format!("/connections/{connection}/end")).await.expect(404);
    }
    let new = json!({"client_id": Uuid::new_v4(), "title": "相談", "body": "x"});
    t.w.as_(&t.host)
        .call("POST", &group(id, "/consultations"), new)
        .await
        .expect_code(409, "no_consultations_here");
    assert_eq!(t.w.as_(&t.host).get(&group(id, "/posts")).await.json()["items"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn either_ends_it_in_the_middle_of_the_conversation() {
    for host_ends in [true, false] {
        let fresh = town().await;
        let (ender, other) =
            if host_ends { (&fresh.host, &fresh.nurse) } else { (&fresh.nurse, &fresh.host) };
        let (connection, id) = fresh.talk(&fresh.host, &fresh.nurse).await;
        fresh.w.as_(other).post(id, "途中まで").await.expect(201);
        fresh.end(ender, connection).await.expect(204);
        fresh.end(ender, connection).await.expect(204);
        for who in [ender, other] {
            fresh.w.as_(who).post(id, "まだ書けますか").await.expect_code(409, "archived");
            let posts = fresh.w.as_(who).get(&group(id, "/posts")).await.expect(200).json();
            assert_eq!(
                posts["items"].as_array().unwrap().len(),
                1,
                "it stays to be read, and nothing more arrives"
            );
            assert!(
                fresh
                    .page(who, &format!("/groups/{id}"))
                    .await
                    .contains("つながりが終わったので、書き込めません")
            );
            assert_eq!(fresh.states(who).await, ["ended"]);
            assert_eq!(id_of(&fresh.converse(who, connection).await.expect(200).json()), id);
        }
        let post = fresh.w.as_(ender).get(&group(id, "/posts")).await.json()["items"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        fresh
            .w
            .as_(ender)
            .call("PUT", &format!("/api/v1/posts/{post}/acknowledgement"), Value::Null)
            .await
            .expect_code(409, "archived");
        assert!(fresh.page(other, "/notices").await.contains("とのつながりが終わりました"));
        // The one who ended it is not asked again at once; she herself may ask, and then it goes on where it was.
        fresh.ask(other, ender).await;
        assert_eq!(fresh.states(ender).await, ["ended"]);
        let again = fresh.connect(ender, other).await;
        assert_eq!(id_of(&fresh.converse(other, again).await.expect(201).json()), id);
        fresh.w.as_(other).post(id, "続きです").await.expect(201);
        let posts = fresh.w.as_(ender).get(&group(id, "/posts")).await.expect(200).json();
        assert_eq!(posts["items"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_being_written_does_not_land_behind_the_end() {
    let t = town().await;
    let (connection, id) = t.talk(&t.host, &t.nurse).await;
    let posts = futures_util::future::join_all((0..12).map(|n| {
        let t = &t;
        async move {
            if n == 5 {
                t.end(&t.nurse, connection).await.status.as_u16()
            } else {
                t.w.as_(&t.host).post(id, "いま").await.status.as_u16()
            }
        }
    }))
    .await;
    let taken = posts.iter().filter(|status| **status == 201).count();
    assert!(posts.iter().all(|status| [201, 204, 409].contains(status)), "{posts:?}");
    let late = "SELECT count(*) FROM care.post p JOIN care.connection c ON c.id = $1 WHERE p.group_id = $2 AND p.at > c.ended_at";
    let row = t.w.superuser().await.query_one(late, &[&connection, &id]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    assert_eq!(
        t.w.as_(&t.nurse).get(&group(id, "/posts")).await.json()["items"].as_array().unwrap().len(),
        taken
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_ends_with_the_tie_of_either() {
    let t = town().await;
    let (_, with_nurse) = t.talk(&t.host, &t.nurse).await;
    let (_, with_stranger) = t.talk(&t.stranger, &t.host).await;
    let (kept, beside) = t.talk(&t.nurse, &t.stranger).await;
    let admin = t.w.admin(t.nurse.facility, "chief", "nurse").await;
    let suspension = format!("/facility/staff/{}/suspension", t.stranger.id);
    t.w.as_(&admin).form(&suspension, &[("suspend", "yes")]).await.expect(303);
    t.w.as_(&t.host).post(with_stranger, "いますか").await.expect_code(409, "archived");
    t.w.as_(&t.nurse).post(beside, "いますか").await.expect_code(409, "archived");
    t.w.as_(&t.host).post(with_nurse, "こちらは続きます").await.expect(201);
    t.converse(&t.nurse, kept).await.expect(200);

    let path = format!("/api/v1/facilities/{}/staff/{}/departure", t.host.facility.id, t.host.id);
    t.w.as_(&t.admin).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.expect(200);
    t.w.as_(&t.nurse).post(with_nurse, "お疲れさまでした").await.expect_code(409, "archived");
    let posts = t.w.as_(&t.nurse).get(&group(with_nurse, "/posts")).await.expect(200).json();
    assert_eq!(posts["items"].as_array().unwrap().len(), 1, "what was written stays");
    assert!(t.states(&t.nurse).await.iter().all(|state| state == "ended"));
    t.w.as_(&t.host).get(&group(with_nurse, "/posts")).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_opens_no_conversation_without_a_connection() {
    let t = town().await;
    let (connection, id) = t.talk(&t.host, &t.nurse).await;
    let who = renkei::auth::Actor::from_token(&t.stranger.token);
    let seen = async |sql: &'static str| {
        let mut tx = t.w.app.db.acting(&who).await.expect("a session");
        tx.query(sql, &[]).await.map(|rows| rows.len())
    };
    assert_eq!(seen("SELECT 1 FROM care.direct").await.expect("row security"), 0);
    assert!(
        seen("SELECT 1 FROM care.connection").await.is_err(),
        "connections are read through functions alone"
    );
    assert_eq!(seen("SELECT 1 FROM act.my_connections()").await.expect("nobody's"), 0);
    let mut tx = t.w.app.db.acting(&who).await.expect("a session");
    let refused = tx.query("SELECT * FROM act.find_direct($1)", &[&connection]).await;
    assert!(matches!(refused, Err(renkei::Error::NotFound)));
    // A membership written behind everybody's back is no right either: the connection decides whether it is open.
    t.end(&t.nurse, connection).await.expect(204);
    let host = renkei::auth::Actor::from_token(&t.host.token);
    let mut tx = t.w.app.db.acting(&host).await.expect("a session");
    let none: Vec<Vec<u8>> = Vec::new();
    let ids = vec![Uuid::new_v4(); 3];
    let reopened = tx
        .query(
            "SELECT * FROM act.open_direct($1, $2, $3, $4, 1, $5, 'reopened', $4, $4, $5, $5)",
            &[&connection, &id, &Uuid::new_v4(), &ids, &none],
        )
        .await;
    assert!(
        matches!(&reopened, Err(renkei::Error::Conflict(reason)) if reason == "no_connection"),
        "{reopened:?}"
    );
}

// ---- Consultations ------------------------------------------------------------------------------------------------------

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_is_opened_talked_over_and_closed_on_the_record() {
    let t = town().await;
    t.w.join(&t.host, t.patient_group, &t.nurse).await;
    let other = t.w.staff(t.host.facility, "other", "nurse").await;
    t.w.join(&t.host, t.patient_group, &other).await;
    let path = group(t.patient_group, "/consultations");
    let body =
        json!({"client_id": Uuid::new_v4(), "title": "入浴の可否", "body": "熱が38度の日はどうしますか"});
    let made = t.w.as_(&t.nurse).call("POST", &path, body.clone()).await.expect(201).json();
    assert_eq!(id_of(&t.w.as_(&t.nurse).call("POST", &path, body).await.expect(200).json()), id_of(&made));
    let (id, post) = (id_of(&made), made["post_id"].as_str().unwrap().to_owned());
    let reply = json!({"client_id": Uuid::new_v4(), "body": "清拭がよいと思います", "reply_to": post});
    t.w.as_(&other).call("POST", &group(t.patient_group, "/posts"), reply).await.expect(201);

    let set = format!("/api/v1/consultations/{id}");
    let close = |words: &str| json!({"client_id": Uuid::new_v4(), "state": "closed", "words": words});
    t.w.as_(&other).call("PUT", &set, close("かってに")).await.expect_code(403, "opener_or_host_only");
    t.w.as_(&t.stranger).call("PUT", &set, close("かってに")).await.expect_code(404, "not_found");
    t.w.as_(&t.admin).call("PUT", &set, close("かってに")).await.expect_code(404, "not_found");
    t.w.as_(&t.nurse).call("PUT", &set, close("")).await.expect_code(422, "invalid");
    let sent = close("清拭にします");
    for _ in 0..2 {
        let after = t.w.as_(&t.nurse).call("PUT", &set, sent.clone()).await.expect(200).json();
        assert_eq!((&after["state"], &after["changed"]["words"]), (&json!("closed"), &json!("清拭にします")));
    }
    let mut changed = sent.clone();
    changed["words"] = json!("入浴にします");
    t.w.as_(&t.nurse).call("PUT", &set, changed).await.expect_code(409, "client_id_used_for_something_else");
    t.w.as_(&t.host).call("PUT", &set, close("もう一度")).await.expect_code(409, "so_already");
    let posts = t.w.as_(&other).get(&group(t.patient_group, "/posts")).await.expect(200).json();
    let bodies: Vec<_> = posts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (p["body"].as_str().unwrap(), p["reply_to"].as_str()))
        .collect();
    assert_eq!(
        bodies,
        [
            ("【解決】清拭にします", Some(post.as_str())),
            ("清拭がよいと思います", Some(post.as_str())),
            ("【相談】入浴の可否\n\n熱が38度の日はどうしますか", None)
        ]
    );

    let listed = async |who: &Person, state: &str| {
        t.w.as_(who).get(&format!("{path}?state={state}")).await.expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((listed(&other, "open").await, listed(&other, "closed").await), (0, 1));
    assert!(
        t.page(&other, &format!("/groups/{}/consultations?show=closed", t.patient_group))
            .await
            .contains("清拭にします")
    );
    t.w.as_(&t.stranger).get(&path).await.expect_code(404, "not_found");
    t.w.as_(&t.admin).get(&path).await.expect_code(404, "not_found");
    // The host reopens what another opened; an archived group stays as it is.
    let reopen = json!({"client_id": Uuid::new_v4(), "state": "open", "words": "また熱が出ました"});
    t.w.as_(&t.host).call("PUT", &set, reopen).await.expect(200);
    assert_eq!((listed(&other, "open").await, listed(&other, "closed").await), (1, 0));
    let archive = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "終了"});
    t.w.as_(&t.host).call("PUT", &group(t.patient_group, "/archive"), archive).await.expect(200);
    t.w.as_(&t.nurse).call("PUT", &set, close("遅い")).await.expect_code(409, "archived");
    let count = t.w.as_(&other).get(&group(t.patient_group, "/posts")).await.json()["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(count, 4, "what was refused left no post");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_by_the_pages_keeps_what_was_typed() {
    let t = town().await;
    let id = t.free(&t.host, "勉強会").await;
    let path = format!("/groups/{id}/consultations");
    let client = Uuid::new_v4().to_string();
    let typed = [("client_id", client.as_str()), ("title", ""), ("body", "のこる文")];
    let page = t.w.as_(&t.host).form(&path, &typed).await.expect(422).text();
    assert!(page.contains("のこる文") && page.contains("入力してください"));
    let doubtful = [("client_id", client.as_str()), ("title", "会場"), ("body", "山田さん(80)のこと")];
    let asked = t.w.as_(&t.host).form(&path, &doubtful).await.expect(200).text();
    assert!(asked.contains("患者さんのことが書かれていませんか") && asked.contains("山田さん(80)のこと"));
    let sure =
        [("client_id", client.as_str()), ("title", "会場"), ("body", "山田さん(80)のこと"), ("sure", "1")];
    t.w.as_(&t.host).form(&path, &sure).await.expect(303);
    assert!(t.page(&t.host, &path).await.contains("会場"));
    let listed = t.w.as_(&t.host).get(&group(id, "/consultations")).await.json();
    let set = format!("/consultations/{}/state", listed["items"][0]["id"].as_str().unwrap());
    assert!(t.page(&t.host, &set).await.contains("どう決まったか"));
    let again = Uuid::new_v4().to_string();
    let close = [("client_id", again.as_str()), ("state", "closed"), ("words", "公民館にします")];
    t.w.as_(&t.host).form(&set, &close).await.expect(303);
    assert!(t.page(&t.host, &format!("{path}?show=closed")).await.contains("公民館にします"));
    t.w.as_(&t.stranger).get(&set).await.expect(404);
    t.w.as_(&t.stranger).get(&path).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consultation_whose_post_was_withdrawn_says_only_that() {
    let t = town().await;
    let id = t.free(&t.host, "勉強会").await;
    let path = group(id, "/consultations");
    let body = json!({"client_id": Uuid::new_v4(), "title": "ひみつの題", "body": "どうしますか"});
    let made = t.w.as_(&t.host).call("POST", &path, body).await.expect(201).json();
    assert_eq!(made["title"], "ひみつの題");
    let close = json!({"client_id": Uuid::new_v4(), "state": "closed", "words": "ひみつの結果"});
    let set = format!("/api/v1/consultations/{}", made["id"].as_str().unwrap());
    let closed = t.w.as_(&t.host).call("PUT", &set, close).await.expect(200).json();
    assert_eq!(closed["changed"]["words"], "ひみつの結果");
    let pages = format!("/groups/{id}/consultations?show=closed");
    let seen = t.page(&t.host, &pages).await;
    assert!(seen.contains("ひみつの題") && seen.contains("ひみつの結果"));
    for (post, left, gone) in [
        (&made["post_id"], "ひみつの結果", "ひみつの題"),
        (&closed["changed"]["post_id"], "取り消されました", "ひみつの結果"),
    ] {
        let reason = json!({"client_id": Uuid::new_v4(), "reason": "書きまちがい"});
        let withdrawal = format!("/api/v1/posts/{}/withdrawal", post.as_str().unwrap());
        t.w.as_(&t.host).call("POST", &withdrawal, reason).await.expect(201);
        for path in [pages.clone(), path.clone()] {
            assert!(!t.page(&t.host, &path).await.contains(gone), "{path}");
        }
        assert!(t.page(&t.host, &pages).await.contains(left));
    }
    assert_eq!(t.w.as_(&t.host).get(&path).await.json()["items"][0]["title"], Value::Null);
    // Its state is asked about without the words.
    let asked = t.page(&t.host, &format!("/consultations/{}/state", made["id"].as_str().unwrap())).await;
    assert!(!asked.contains("ひみつ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_opens_more_than_twenty_free_groups_a_day() {
    let t = town().await;
    for n in 0..20 {
        t.free(&t.nurse, &format!("勉強会 {n}")).await;
    }
    let more = json!({"client_id": Uuid::new_v4(), "kind": "free", "title": "もう一つ"});
    t.w.as_(&t.nurse).call("POST", "/api/v1/groups", more).await.expect_code(409, "opened_enough_today");
    t.free(&t.host, "ほかの人").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_sees_how_many_conversations_a_departure_ends_and_no_more() {
    let t = town().await;
    let (_, talk) = t.talk(&t.host, &t.nurse).await;
    let group = t.free(&t.host, "勉強会").await;
    let page = t.page(&t.admin, &format!("/facility/staff/{}/departure", t.host.id)).await;
    let tail = |id: Uuid| id.simple().to_string()[26..].to_owned();
    assert!(page.contains(&group.to_string()) || page.contains(&tail(group)), "{page}");
    assert!(page.contains("1対1の会話が1件"), "{page}");
    assert!(!page.contains(&tail(talk)), "{page}");
}
