//! Proxy entry: what a system outside may enter, for whom, and what the person says to it.

use futures_util::future::join_all;
use renkei::{cli::verify, service::ServiceMode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Facility, Person, World, id_of};

struct Scene {
    w: World,
    clinic: Facility,
    admin: Person,
    doctor: Person,
    nurse: Person,
    patient: Uuid,
    group: Uuid,
    system: Uuid,
    token: String,
}

/// A doctor who lets the clinic's chart speak for her, and a nurse of another facility in the same team.
async fn scene() -> Scene {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "isha", "doctor").await;
    let nurse = w.admin(station, "kango", "nurse").await;
    let patient = w.patient(&admin, "試験 花子").await;
    let group = w.team(&admin, patient, &[&doctor, &nurse]).await;
    let mut s = Scene {
        w,
        clinic,
        admin,
        doctor,
        nurse,
        patient,
        group,
        system: Uuid::new_v4(),
        token: String::new(),
    };
    s.w.as_(&s.doctor).post(s.group, "訪問しました").await.expect(201);
    s.step_up(&s.admin).await;
    let body = json!({"client_id": s.system, "name": "電子カルテ「みどり」"});
    s.w.as_(&s.admin).call("POST", &s.systems(), body).await.expect(201);
    s.token = s.fresh_token().await.1;
    s.agree(&s.doctor, true).await.expect(204);
    s
}

impl Scene {
    async fn step_up(&self, person: &Person) {
        let sql = "UPDATE sec.session SET stepped_up_at = now() WHERE account_id = $1 AND state = 'active'";
        self.w.superuser().await.execute(sql, &[&person.id]).await.expect("stepped up");
    }

    fn systems(&self) -> String {
        format!("/api/v1/facilities/{}/outside-systems", self.clinic.id)
    }

    async fn fresh_token(&self) -> (Uuid, String) {
        let body = json!({"client_id": Uuid::new_v4(), "days": 365});
        let path = format!("{}/{}/tokens", self.systems(), self.system);
        let made = self.w.as_(&self.admin).call("POST", &path, body).await.expect(201).json();
        (id_of(&made), made["token"].as_str().expect("shown this once").to_owned())
    }

    async fn agree(&self, person: &Person, agreed: bool) -> Answer {
        self.step_up(person).await;
        let path = format!("/api/v1/me/outside-systems/{}/consent", self.system);
        self.w.as_(person).call("PUT", &path, json!({"agreed": agreed})).await
    }

    fn by(&self, token: &str) -> Client<'_> {
        self.w.with_token(token)
    }

    async fn enter_in(&self, group: Uuid, person: &Person, external_id: &str, body: &str) -> Answer {
        let entry = json!({"external_id": external_id, "on_behalf_of": person.id, "body": body});
        self.by(&self.token).call("POST", &format!("/api/v1/groups/{group}/proxy-entries"), entry).await
    }

    async fn enter(&self, external_id: &str, body: &str) -> Answer {
        self.enter_in(self.group, &self.doctor, external_id, body).await
    }

    async fn confirm(&self, person: &Person, post: Uuid) -> Answer {
        self.w.as_(person).call("PUT", &format!("/api/v1/posts/{post}/confirmation"), Value::Null).await
    }

    async fn shown(&self, person: &Person, post: Uuid) -> Value {
        self.w.as_(person).get(&format!("/api/v1/posts/{post}")).await.expect(200).json()
    }

    async fn asking(&self, person: &Person) -> Value {
        self.w.as_(person).get("/api/v1/me/outside-systems").await.expect(200).json()
    }

    async fn waiting(&self) -> usize {
        let found = self.w.as_(&self.doctor).get("/api/v1/me/proxy-entries").await.expect(200).json();
        assert_eq!(found["waiting"], found["items"].as_array().expect("a list").len());
        found["items"].as_array().expect("a list").len()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
    }

    async fn logged(&self, act: &str, outcome: &str) -> i64 {
        self.count(&format!(
            "SELECT count(*) FROM care.access_event WHERE act = '{act}' AND outcome = '{outcome}'"
        ))
        .await
    }

    async fn verifies(&self) -> verify::Report {
        let access = crate::world::cluster().await.config("renkei_verify", &self.w.database);
        verify::check(&access, &self.w.app.config, None).await.expect("it runs")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_the_persons_post_and_says_who_typed_it() {
    let s = scene().await;
    let typed = json!({"external_id": "2026-000123", "on_behalf_of": s.doctor.id, "body": "HbA1c 6.8", "typist": "事務 柚木"});
    let path = format!("/api/v1/groups/{}/proxy-entries", s.group);
    let entered = s.by(&s.token).call("POST", &path, typed).await.expect(201).json();
    assert_eq!(entered["state"], "waiting");
    let post = s.shown(&s.nurse, id_of(&entered)).await;
    assert_eq!(post["author"]["id"], s.doctor.id.to_string());
    assert_eq!(post["body"], "HbA1c 6.8");
    assert_eq!(
        post["proxy"],
        json!({"system": "電子カルテ「みどり」", "external_id": "2026-000123", "typist": "事務 柚木", "confirmed_at": null})
    );
    let page = s.w.as_(&s.nurse).get(&format!("/groups/{}", s.group)).await.expect(200).text();
    let words = format!("電子カルテ「みどり」から {}さんの代わりに", s.doctor.name);
    assert!(
        page.contains(&words) && page.contains("入力 事務 柚木") && page.contains("本人の確認待ち"),
        "{page}"
    );
    assert!(!page.contains("内容を確認しました"), "confirming is the person's");
    let sql = "SELECT p.entered_by, p.author = v.id, p.entered_by = s.id FROM care.post p JOIN care.account_version v ON v.account_id = p.author_id, care.outside_system s WHERE p.id = $1";
    let row = s.w.superuser().await.query_one(sql, &[&id_of(&entered)]).await.expect("the header");
    assert!(row.get::<_, Uuid>(0) == s.system && row.get(1) && row.get(2));
    let report = s.verifies().await;
    assert!(report.bad.is_empty() && report.records > 3, "{report:?}");
    // An own post says nothing of the kind, in clear and in its content.
    let own = s.w.as_(&s.doctor).post(s.group, "自分で書きました").await.expect(201).json();
    assert!(own.get("proxy").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_finds_a_post_whose_typist_is_no_system_of_the_facility() {
    let s = scene().await;
    s.enter("1", "一").await.expect(201);
    assert!(s.verifies().await.bad.is_empty());
    let sql = "SELECT guard.open_window('5 minutes', 'attack'); ALTER TABLE care.outside_system DISABLE TRIGGER USER; DELETE FROM care.outside_system";
    s.w.superuser().await.batch_execute(sql).await.expect("the system is taken away");
    let report = s.verifies().await;
    assert!(report.bad.iter().any(|bad| bad.contains("entered_by")), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_entry_twice_is_one_post_and_another_under_its_id_is_refused() {
    let s = scene().await;
    let first = s.enter("A-1", "検査の結果").await.expect(201).json();
    let again = s.enter("A-1", "検査の結果").await.expect(200).json();
    assert_eq!(first, again);
    s.enter("A-1", "ほかの結果").await.expect_code(409, "external_id_used_for_something_else");
    let patient = s.w.patient(&s.admin, "試験 次郎").await;
    let other = s.w.team(&s.admin, patient, &[&s.doctor]).await;
    s.enter_in(other, &s.doctor, "A-2", "そのグループには入る").await.expect(201);
    s.enter_in(other, &s.doctor, "A-1", "検査の結果")
        .await
        .expect_code(409, "external_id_used_for_something_else");
    s.confirm(&s.doctor, id_of(&first)).await.expect(204);
    assert_eq!(s.enter("A-1", "検査の結果").await.expect(200).json()["state"], "confirmed");
    // Another system's ids are its own.
    let second = Uuid::new_v4();
    let body = json!({"client_id": second, "name": "検査センター"});
    s.w.as_(&s.admin).call("POST", &s.systems(), body).await.expect(201);
    let posts = s.count("SELECT count(*) FROM care.post").await;
    assert_eq!(posts, 3, "one of her own, two entries");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sends_of_one_entry_at_once_make_one_post() {
    let s = scene().await;
    let sends = (0..16).map(|_| s.enter("同時", "一度だけ"));
    let answers: Vec<u16> = join_all(sends).await.iter().map(|a| a.status.as_u16()).collect();
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 201].contains(status)), "{answers:?}");
    let others = (0..8).map(|n| {
        let s = &s;
        async move { s.enter("奪い合い", &format!("内容{n}")).await.status.as_u16() }
    });
    let mut answers = join_all(others).await;
    answers.sort_unstable();
    assert_eq!(answers, [[201].as_slice(), &[409; 7]].concat());
    assert_eq!(s.waiting().await, 2);
    assert!(s.verifies().await.bad.is_empty());
}

/// Whatever moment the answer was lost in: the database took the whole entry or nothing of it, and the retry says which.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_whose_connection_is_cut_is_whole_or_not_there() {
    let s = scene().await;
    s.enter("暖機", "鍵が手元にある").await.expect(201);
    let cutter = s.w.superuser().await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'renkei_app' AND datname = current_database()";
    for n in 0..12 {
        let id = format!("切断-{n}");
        let send = s.enter(&id, "途中で切れる");
        let cutting = async {
            tokio::time::sleep(std::time::Duration::from_micros(n * 400)).await;
            cutter.execute(cut, &[]).await.expect("cut");
        };
        let (answer, ()) = tokio::join!(send, cutting);
        let retry = loop {
            let retry = s.enter(&id, "途中で切れる").await;
            if retry.status.as_u16() < 500 {
                break retry;
            }
        };
        match answer.status.as_u16() {
            201 => retry.expect(200),
            _ => {
                assert!([200, 201].contains(&retry.status.as_u16()), "{}", retry.text());
                retry
            }
        };
    }
    let sql = "SELECT count(*) FROM care.proxy_entry e JOIN care.post p ON p.id = e.post_id JOIN care.ask_notice n ON n.post_id = p.id AND n.kind = 'proxy'";
    assert_eq!(s.count(sql).await, 13);
    assert_eq!(s.count("SELECT count(*) FROM care.post WHERE entered_by <> author").await, 13);
    assert!(s.verifies().await.bad.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_in_without_consent_nor_after_it_was_taken_back() {
    let s = scene().await;
    s.enter("1", "認めている").await.expect(201);
    s.agree(&s.doctor, false).await.expect(204);
    s.agree(&s.doctor, false).await.expect(204);
    s.enter("2", "やめた後").await.expect_code(403, "no_consent");
    s.enter("1", "認めている").await.expect_code(403, "no_consent");
    s.agree(&s.doctor, true).await.expect(204);
    s.enter("2", "また認めた").await.expect(201);
    let colleague = s.w.staff(s.clinic, "dokan", "nurse").await;
    s.w.join(&s.doctor, s.group, &colleague).await;
    s.enter_in(s.group, &colleague, "3", "聞かれていない人").await.expect_code(403, "no_consent");
    s.agree(&colleague, true).await.expect(204);
    s.enter_in(s.group, &colleague, "3", "認めた人").await.expect(201);
    assert_eq!(s.logged("entered_by_proxy", "refused").await, 3);
    assert_eq!(s.logged("stopped_proxy_entry", "done").await, 1, "again says nothing new");
}

#[tokio::test(flavor = "multi_thread")]
async fn agreeing_is_the_persons_own_and_asks_again_who_it_is() {
    let s = scene().await;
    s.agree(&s.doctor, true).await.expect(204);
    let stale = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    s.w.superuser().await.execute(stale, &[&s.doctor.id]).await.expect("time passes");
    let path = format!("/api/v1/me/outside-systems/{}/consent", s.system);
    let as_doctor = s.w.as_(&s.doctor);
    as_doctor.call("PUT", &path, json!({"agreed": true})).await.expect_code(403, "step_up_required");
    as_doctor.call("PUT", &path, json!({"agreed": false})).await.expect(204);
    s.agree(&s.nurse, true).await.expect(404);
    assert_eq!(s.asking(&s.doctor).await["items"][0]["agreed"], false);
    assert_eq!(s.asking(&s.nurse).await["items"], json!([]), "another facility's systems are none of hers");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_for_members_of_its_facility_in_their_groups() {
    let s = scene().await;
    s.enter("1", "そのままなら入る").await.expect(201);
    s.enter_in(s.group, &s.nurse, "2", "ほかの施設の人").await.expect(404);
    let outside = s.w.staff(s.clinic, "soto", "nurse").await;
    s.agree(&outside, true).await.expect(204);
    s.enter_in(s.group, &outside, "3", "グループにいない人").await.expect(404);
    s.enter_in(Uuid::new_v4(), &s.doctor, "4", "ないグループ").await.expect(404);
    let patient = s.w.patient(&s.nurse, "試験 三郎").await;
    let other = s.w.team(&s.nurse, patient, &[&s.nurse]).await;
    s.enter_in(other, &s.doctor, "5", "いないグループ").await.expect(404);
    // Removed, and suspended.
    s.w.join(&s.doctor, s.group, &outside).await;
    s.enter_in(s.group, &outside, "6", "メンバーになった").await.expect(201);
    s.w.end_membership(&s.doctor, s.group, &outside).await;
    s.enter_in(s.group, &outside, "7", "外れた人").await.expect(404);
    s.enter("8", "ほかの人は変わらない").await.expect(201);
    let suspend = format!("/facility/staff/{}/suspension", s.doctor.id);
    s.w.as_(&s.admin).form(&suspend, &[("suspend", "yes")]).await.expect(303);
    s.enter("9", "止められた人").await.expect(404);
    assert_eq!(s.logged("entered_by_proxy", "refused").await, 6);
    let mine = "SELECT count(*) FROM care.access_event WHERE act = 'entered_by_proxy' AND outcome = 'refused' AND account_id IS NOT NULL";
    assert_eq!(s.count(mine).await, 0, "nobody is named whom the system may not know of");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_systems_token_opens_its_one_route_and_ends() {
    let s = scene().await;
    s.enter("1", "よいトークン").await.expect(201);
    let by = s.by(&s.token);
    for path in ["/api/v1/me", "/api/v1/groups", "/api/v1/me/proxy-entries"] {
        by.get(path).await.expect(403);
    }
    by.get(&format!("/api/v1/groups/{}/posts", s.group)).await.expect_code(403, "not_by_this_token");
    by.post(s.group, "ふつうの投稿").await.expect_code(403, "not_by_this_token");
    assert_eq!(s.logged("used_system_token", "refused").await, 5);
    // A person's own token, and a person, have no business at that route.
    s.step_up(&s.doctor).await;
    let body = json!({"client_id": Uuid::new_v4(), "name": "個人", "scope": "both", "days": 1});
    let personal = s.w.as_(&s.doctor).call("POST", "/api/v1/me/tokens", body).await.expect(201).json();
    let entry = json!({"external_id": "x", "on_behalf_of": s.doctor.id, "body": "x"});
    let path = format!("/api/v1/groups/{}/proxy-entries", s.group);
    let personal = personal["token"].as_str().expect("a token");
    s.by(personal).call("POST", &path, entry.clone()).await.expect_code(403, "not_by_this_token");
    s.w.as_(&s.doctor).call("POST", &path, entry.clone()).await.expect_code(403, "for_outside_systems_only");
    s.w.nobody().call("POST", &path, entry.clone()).await.expect(401);
    s.by("s.erfunden").call("POST", &path, entry.clone()).await.expect(401);

    let (id, second) = s.fresh_token().await;
    let one_more = json!({"client_id": Uuid::new_v4(), "days": 1});
    let tokens = format!("{}/{}/tokens", s.systems(), s.system);
    s.w.as_(&s.admin).call("POST", &tokens, one_more).await.expect_code(409, "too_many_tokens");
    s.by(&second).call("POST", &path, entry.clone()).await.expect(201);
    let past = "UPDATE sec.system_token SET made_at = now() - interval '2 days', expires_at = now() - interval '1 second' WHERE id = $1";
    s.w.superuser().await.execute(past, &[&id]).await.expect("it runs out");
    s.by(&second).call("POST", &path, entry.clone()).await.expect(401);

    let (id, third) = s.fresh_token().await;
    s.by(&third).call("POST", &path, entry.clone()).await.expect(200);
    s.w.as_(&s.doctor).call("DELETE", &format!("{tokens}/{id}"), Value::Null).await.expect(403);
    s.w.as_(&s.admin).call("DELETE", &format!("{tokens}/{id}"), Value::Null).await.expect(204);
    s.by(&third).call("POST", &path, entry.clone()).await.expect(401);

    s.enter("x", "x").await.expect(200);
    s.w.as_(&s.admin).call("DELETE", &format!("{}/{}", s.systems(), s.system), Value::Null).await.expect(204);
    s.enter("x", "x").await.expect(401);
    assert_eq!(s.waiting().await, 2, "what came in stays");
    let list = s.w.as_(&s.admin).get(&s.systems()).await.expect(200).json();
    assert!(list["items"][0]["ended_at"].is_string() && list["items"][0]["entered"] == 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_group_and_a_service_for_reading_alone_take_nothing_in() {
    let s = scene().await;
    s.enter("1", "ふだん").await.expect(201);
    crate::service_modes::set(&s.w, None, ServiceMode::ReadOnly).await;
    s.enter("2", "読むだけのとき").await.expect_code(503, "read_only");
    s.enter("1", "ふだん").await.expect(200);
    let path = format!("/api/v1/me/outside-systems/{}/consent", s.system);
    s.w.as_(&s.doctor).call("PUT", &path, json!({"agreed": false})).await.expect(204);
    s.step_up(&s.doctor).await;
    s.w.as_(&s.doctor).call("PUT", &path, json!({"agreed": true})).await.expect_code(503, "read_only");
    crate::service_modes::set(&s.w, None, ServiceMode::Normal).await;
    s.agree(&s.doctor, true).await.expect(204);
    s.enter("2", "またふだん").await.expect(201);
    s.w.archive(&s.doctor, s.group).await;
    s.enter("3", "アーカイブのあと").await.expect_code(409, "archived");
    assert_eq!(s.enter("2", "またふだん").await.expect(200).json()["state"], "waiting");
    assert!(s.verifies().await.bad.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_confirms_corrects_or_withdraws_and_nobody_else() {
    let s = scene().await;
    let posts: Vec<Uuid> = {
        let mut posts = Vec::new();
        for n in ["1", "2", "3"] {
            posts.push(id_of(&s.enter(n, &format!("入力{n}")).await.expect(201).json()));
        }
        posts
    };
    assert_eq!(s.waiting().await, 3);
    s.confirm(&s.nurse, posts[0]).await.expect_code(403, "the_author_only");
    s.confirm(&s.admin, posts[0]).await.expect(404);
    s.confirm(&s.doctor, posts[0]).await.expect(204);
    s.confirm(&s.doctor, posts[0]).await.expect(204);
    assert!(s.shown(&s.nurse, posts[0]).await["proxy"]["confirmed_at"].is_string());
    assert_eq!(s.count("SELECT count(*) FROM care.receipt WHERE kind = 'confirmed'").await, 1);
    let body = json!({"client_id": Uuid::new_v4(), "body": "入力2ではなく、こうです"});
    let corrected =
        s.w.as_(&s.doctor)
            .call("POST", &format!("/api/v1/posts/{}/corrections", posts[1]), body)
            .await
            .expect(201);
    assert!(corrected.json().get("proxy").is_none(), "the correction is her own");
    let body = json!({"client_id": Uuid::new_v4(), "reason": "ちがう患者さんの結果"});
    s.w.as_(&s.doctor)
        .call("POST", &format!("/api/v1/posts/{}/withdrawal", posts[2]), body)
        .await
        .expect(201);
    assert_eq!(s.waiting().await, 0);
    s.confirm(&s.doctor, posts[1]).await.expect_code(409, "withdrawn_or_corrected_already");
    assert_eq!(s.enter("3", "入力3").await.expect(200).json()["state"], "withdrawn");
    let own = id_of(&s.w.as_(&s.doctor).post(s.group, "自分の投稿").await.expect(201).json());
    s.confirm(&s.doctor, own).await.expect_code(409, "not_entered_by_proxy");
    assert_eq!(s.logged("confirmed_entry", "done").await, 1);
    assert_eq!(s.logged("confirmed_entry", "refused").await, 2);
    assert!(s.verifies().await.bad.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_nobodys_reading_nor_acknowledgement_and_tells_the_person() {
    let s = scene().await;
    let nurses = s.w.as_(&s.nurse).post(s.group, "ご確認ください").await.expect(201).json();
    let before = s.count("SELECT count(*) FROM care.receipt").await;
    let entered = s.enter("1", "代わりの入力").await.expect(201).json();
    assert_eq!(s.count("SELECT count(*) FROM care.receipt").await, before);
    let post = s.shown(&s.nurse, id_of(&entered)).await;
    assert_eq!(post["read_by"]["count"], 0);
    assert_eq!(post["acknowledgements"]["count"], 0);
    assert_eq!(
        s.shown(&s.nurse, id_of(&nurses)).await["read_by"]["count"],
        0,
        "what stood there is not read by it"
    );
    s.confirm(&s.doctor, id_of(&entered)).await.expect(204);
    let post = s.shown(&s.nurse, id_of(&entered)).await;
    assert_eq!(post["acknowledgements"]["count"], 0, "her word on her own post is no 了解");
    s.enter("2", "二つめ").await.expect(201);
    let notices = s.w.as_(&s.doctor).get("/notices").await.expect(200).text();
    assert!(notices.contains("外部システムが、あなたの代わりに投稿を入れました"), "{notices}");
    let home = s.w.as_(&s.doctor).get("/").await.expect(200).text();
    assert!(
        home.contains("代行入力の確認") && home.contains("二つめ") && !home.contains("代わりの入力"),
        "{home}"
    );
    let page = s.w.as_(&s.doctor).get("/proxy-entries").await.expect(200).text();
    assert!(page.contains("二つめ") && page.contains("電子カルテ「みどり」"));
    assert!(!s.w.as_(&s.nurse).get("/").await.expect(200).text().contains("代行入力の確認"));
    let post = id_of(&s.enter("2", "二つめ").await.expect(200).json());
    let answer =
        s.w.as_(&s.doctor).form(&format!("/posts/{post}/confirmation"), &[("from_list", "true")]).await;
    assert_eq!(answer.expect(303).headers["location"], "/proxy-entries?done=confirmed");
    let notices = s.w.as_(&s.doctor).get("/notices").await.expect(200).text();
    assert!(notices.contains("もう答えています") && !notices.contains("内容を確認してください"), "{notices}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_find_it_in_their_logs() {
    let s = scene().await;
    // The patient is managed by the station here, so that the two sides are two facilities.
    let patient = s.w.patient(&s.nurse, "試験 四郎").await;
    let group = s.w.team(&s.nurse, patient, &[&s.nurse, &s.doctor]).await;
    s.enter_in(group, &s.doctor, "1", "別の施設の患者さんへ").await.expect(201);
    for person in [&s.admin, &s.nurse] {
        let log = s.w.as_(person).get("/facility/access-log").await.expect(200).text();
        assert!(log.contains("外部システムが、代わりに投稿を入れました"), "{}", person.name);
        assert!(log.contains("外部システム「電子カルテ「みどり」」"), "{}", person.name);
        assert!(log.contains(&s.doctor.name));
    }
    s.step_up(&s.admin).await;
    let csv = s.w.as_(&s.admin).get(renkei::web::urls::access_log_csv()).await.expect(200).text();
    assert!(csv.contains("外部システムが、代わりに投稿を入れました"), "{csv}");
    let acts: Vec<String> = s.w.log_of(patient).await.into_iter().map(|(act, _)| act).collect();
    assert!(acts.contains(&"entered_by_proxy".to_owned()), "{acts:?}");
    assert!(!s.w.log_of(s.patient).await.iter().any(|(act, _)| act == "entered_by_proxy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn systems_are_registered_by_the_admin_who_has_just_shown_who_they_are() {
    let s = scene().await;
    let new = |name: &str| json!({"client_id": Uuid::new_v4(), "name": name});
    let again = json!({"client_id": s.system, "name": "電子カルテ「みどり」"});
    s.w.as_(&s.admin).call("POST", &s.systems(), again).await.expect(200);
    let other = json!({"client_id": s.system, "name": "別の名前"});
    s.w.as_(&s.admin).call("POST", &s.systems(), other).await.expect_code(409, "client_id_used_before");
    let twice = s.w.as_(&s.admin).call("POST", &s.systems(), new("電子カルテ「みどり」")).await;
    twice.expect_code(409, "a_system_of_this_name_already");
    s.w.as_(&s.admin).call("POST", &s.systems(), new("")).await.expect(422);
    s.w.as_(&s.doctor).call("POST", &s.systems(), new("無断")).await.expect_code(403, "facility_admin_only");
    s.step_up(&s.nurse).await;
    s.w.as_(&s.nurse).call("POST", &s.systems(), new("ほかの施設")).await.expect(404);
    let one = format!("{}/{}", s.systems(), s.system);
    let shown = s.w.as_(&s.admin).get(&one).await.expect(200);
    assert_eq!(shown.json()["spoken_for"][0]["id"], s.doctor.id.to_string());
    assert!(!shown.text().contains(&s.token));
    let tokens = format!("{one}/tokens");
    let days = |days: i32| json!({"client_id": Uuid::new_v4(), "days": days});
    for wrong in [0, 367] {
        s.w.as_(&s.admin).call("POST", &tokens, days(wrong)).await.expect(422);
    }
    let stale = "UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes' WHERE account_id = $1";
    s.w.superuser().await.execute(stale, &[&s.admin.id]).await.expect("time passes");
    s.w.as_(&s.admin).call("POST", &tokens, days(1)).await.expect_code(403, "step_up_required");
    s.w.as_(&s.admin).call("POST", &s.systems(), new("後日")).await.expect_code(403, "step_up_required");
    // The same on pages.
    s.step_up(&s.admin).await;
    let id = Uuid::new_v4().to_string();
    let page =
        s.w.as_(&s.admin)
            .form("/facility/systems", &[("client_id", id.as_str()), ("name", "電子カルテ「みどり」")])
            .await;
    assert!(page.expect(422).text().contains("見分けられる名前"));
    s.w.as_(&s.admin)
        .form("/facility/systems", &[("client_id", id.as_str()), ("name", "検査センター")])
        .await
        .expect(303);
    let fresh = Uuid::new_v4().to_string();
    let token = [("client_id", fresh.as_str()), ("days", "30")];
    let page = s.w.as_(&s.admin).form(&format!("/facility/systems/{id}"), &token).await.expect(200).text();
    assert!(page.contains("<code>s."), "shown this once");
    let page = s.w.as_(&s.admin).get(&format!("/facility/systems/{id}")).await.expect(200).text();
    assert!(!page.contains("<code>s.") && page.contains("検査センター"));
}

/// The text of the documentation is what works: its call is taken from there, with this scene's ids in it.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_call_works() {
    let s = scene().await;
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/proxy-entry.md"),
    )
    .expect("the documentation");
    let block = text.split("```sh\n").find(|part| part.contains("curl")).expect("an example");
    let block = block.split("```").next().expect("its end");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let app = renkei::router::router(s.w.app.clone());
    let serving = tokio::spawn(async move {
        axum::serve(listener, app.into_make_service()).await.expect("it serves");
    });
    let script = block
        .replace("https://renkei.example.jp", &base)
        .replace("GROUP", &s.group.to_string())
        .replace("PERSON", &s.doctor.id.to_string());
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("renkei-token"), &s.token).expect("the token");
    let run = |script: String| {
        let folder = folder.path().to_owned();
        async move {
            let out = tokio::process::Command::new("bash")
                .args(["-euc", &script])
                .current_dir(folder)
                .output()
                .await;
            let out = out.expect("bash runs");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            serde_json::from_slice::<Value>(&out.stdout).expect("JSON")
        }
    };
    let first = run(script.clone()).await;
    let again = run(script).await;
    assert_eq!(first, again, "the documented retry");
    assert!(s.shown(&s.nurse, id_of(&first)).await["proxy"].is_object());
    serving.abort();
}
