//! Several facilities, coming back, who administrates, and leaving by oneself.

use renkei::auth::token;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{NEW, Region, form, holder, region, somebody, with};
use crate::world::{PASSWORD, Person};

impl Region {
    async fn link_for(&self, person: &Person) -> String {
        let body = with(with(somebody(), "name", json!(person.name)), "kana", json!("べつのよみ"));
        self.link(body).await
    }

    async fn tie_of(&self, person: &Person) -> Option<(bool, String)> {
        let sql = "SELECT admin, state FROM care.staff WHERE facility_id = $1 AND account_id = $2";
        let rows = self.w.superuser().await.query(sql, &[&self.clinic.id, &person.id]).await.unwrap();
        rows.first().map(|r| (r.get(0), r.get(1)))
    }

    async fn events(&self, person: &Person) -> Vec<String> {
        let sql = "SELECT kind FROM care.staff_event WHERE facility_id = $1 AND account_id = $2 ORDER BY id";
        let rows = self.w.superuser().await.query(sql, &[&self.clinic.id, &person.id]).await.unwrap();
        rows.iter().map(|r| r.get(0)).collect()
    }

    async fn set_admin(&self, by: &Person, whom: &Person, admin: bool) -> u16 {
        let path = format!("/api/v1/facilities/{}/staff/{}/admin", self.clinic.id, whom.id);
        self.w.as_(by).call("PUT", &path, json!({"admin": admin})).await.status.as_u16()
    }

    async fn depart(&self, by: &Person, whom: &Person) -> u16 {
        let path = format!("/api/v1/facilities/{}/staff/{}/departure", self.clinic.id, whom.id);
        self.w.as_(by).call("POST", &path, json!({"client_id": Uuid::new_v4()})).await.status.as_u16()
    }

    async fn withdraw(&self, who: &Person, place: &str, password: &str) -> crate::world::Answer {
        let id = Uuid::new_v4().to_string();
        let fields = [("client_id", id.as_str()), ("place", place), ("password", password), ("sure", "on")];
        self.w.as_(who).form("/menu/withdrawal", &fields).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_another_facility_is_tied_and_chooses_in_whose_name_it_writes() {
    let r = region().await;
    let link = r.link_for(&r.pharmacist).await;
    let page = r.w.as_(&r.pharmacist).get(&link).await.expect(200).text();
    assert!(page.contains("このアカウントで加わる"));
    // Somebody else who is signed in can do nothing with it.
    let other = r.w.as_(&r.nurse).get(&link).await.expect(200).text();
    assert!(other.contains("別の方あて") && !other.contains("このアカウントで加わる"));
    assert!(
        r.w.as_(&r.nurse).form(&format!("{link}/tie"), &[]).await.expect(409).text().contains("別の方あて")
    );
    r.w.as_(&r.pharmacist).form(&format!("{link}/tie"), &[("admin", "on")]).await.expect(400);
    assert!(r.tie_of(&r.pharmacist).await.is_none());
    let done = r.w.as_(&r.pharmacist).form(&format!("{link}/tie"), &[]).await.expect(303);
    assert_eq!(done.headers["location"], "/menu?done=joined");
    assert_eq!(r.tie_of(&r.pharmacist).await, Some((false, "active".into())));
    r.w.as_(&r.pharmacist).form(&format!("{link}/tie"), &[]).await.expect(410);

    // In whose name: the switch, and what the composer and the record say.
    let group = r.w.group(&r.admin, &r.nurse, "試験 一郎").await;
    let clinic = r.clinic.id.to_string();
    r.w.as_(&r.pharmacist).form("/menu/acting-facility", &[("facility", &clinic)]).await.expect(303);
    let acting = Person { facility: r.clinic, ..r.pharmacist.clone() };
    r.w.join(&r.nurse, group, &acting).await;
    let page = r.w.as_(&acting).get(&format!("/groups/{group}")).await.expect(200).text();
    let composer = page.split("id=\"compose\"").nth(1).expect("a composer");
    assert!(composer.contains("試験クリニック"), "the composer says in whose name");
    let posted = r.w.as_(&acting).post(group, "お薬を確かめました。").await.expect(201).json();
    assert_eq!(posted["author"]["facility"], "試験クリニック");
    // Whoever works there already is not tied twice.
    let again = r.link_for(&r.pharmacist).await;
    let page = r.w.as_(&r.pharmacist).form(&format!("{again}/tie"), &[]).await.expect(409).text();
    assert!(page.contains("もうこの施設のスタッフ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_left_everywhere_comes_back_with_the_old_account() {
    let r = region().await;
    assert_eq!(r.depart(&r.admin, &r.nurse).await, 200);
    assert_eq!(r.tie_of(&r.nurse).await, Some((false, "left".into())));
    let link = r.link_for(&r.nurse).await;
    let path = format!("{link}/account");
    let code = r.w.totp_now(&r.nurse);
    let fields = |password: &'static str, code: &str| {
        [("login_id", "Kangoshi".to_owned()), ("password", password.to_owned()), ("totp", code.to_owned())]
    };
    let send = |fields: [(&'static str, String); 3]| {
        let (w, path) = (&r.w, &path);
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.nobody().form(path, &fields).await
        }
    };
    send(fields("wrong-wrong-wrong", &code)).await.expect(401);
    send(fields(PASSWORD, "000000")).await.expect(401);
    // The right person of another account is the wrong person here.
    let stranger = [
        ("login_id", r.pharmacist.login_id.clone()),
        ("password", PASSWORD.to_owned()),
        ("totp", r.w.totp_now(&r.pharmacist)),
    ];
    assert!(send(stranger).await.expect(409).text().contains("別の方あて"));
    assert_eq!(r.tie_of(&r.nurse).await, Some((false, "left".into())), "nothing has happened");
    let back = send(fields(PASSWORD, &code)).await.expect(303);
    assert_eq!(back.headers["location"], "/menu/contact?done=joined");
    let nurse = holder(crate::world::browser(&back));
    let me = r.w.as_(&nurse).get("/api/v1/me").await.expect(200).json();
    assert_eq!((&me["id"], &me["acting_facility"]), (&json!(r.nurse.id), &json!(r.clinic.id)));
    assert_eq!(r.events(&r.nurse).await, ["joined", "left", "joined"]);
    send(fields(PASSWORD, &code)).await.expect(410);
    // And the command line can do the same.
    assert_eq!(r.depart(&r.admin, &r.nurse).await, 200);
    renkei::features::facilities::acts::add_staff(&r.w.app, r.clinic.id, r.nurse.id, true)
        .await
        .expect("back again");
    assert_eq!(r.tie_of(&r.nurse).await, Some((true, "active".into())));
    let twice = renkei::features::facilities::acts::add_staff(&r.w.app, r.clinic.id, r.nurse.id, true).await;
    assert!(matches!(twice, Err(renkei::Error::Conflict(_))), "{twice:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_behind_a_link_runs_into_the_throttle_of_signing_in() {
    let r = region().await;
    let link = r.link_for(&r.nurse).await;
    let fields = [("login_id", "kangoshi"), ("password", "wrong-wrong-wrong"), ("totp", "")];
    for _ in 0..5 {
        r.w.nobody().form(&format!("{link}/account"), &fields).await.expect(401);
    }
    r.w.nobody().form(&format!("{link}/account"), &fields).await.expect(429);
    // An ID that nobody has answers the same.
    let link = r.link(somebody()).await;
    let fields = [("login_id", "dare-mo-inai"), ("password", "wrong-wrong-wrong"), ("totp", "")];
    for _ in 0..5 {
        r.w.nobody().form(&format!("{link}/account"), &fields).await.expect(401);
    }
    r.w.nobody().form(&format!("{link}/account"), &fields).await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_are_made_and_unmade_but_the_last_one_stays() {
    let r = region().await;
    assert_eq!(r.set_admin(&r.nurse, &r.nurse, true).await, 403, "nobody makes herself one");
    assert_eq!(r.set_admin(&r.pharmacist, &r.nurse, true).await, 404);
    assert_eq!(r.set_admin(&r.admin, &r.pharmacist, true).await, 404, "staff of another facility");
    assert_eq!(r.set_admin(&r.admin, &r.admin, false).await, 409, "the last one");
    assert_eq!(r.depart(&r.admin, &r.admin).await, 409);
    assert_eq!(r.set_admin(&r.admin, &r.nurse, true).await, 204);
    assert_eq!(r.set_admin(&r.admin, &r.nurse, true).await, 204, "asked twice, done once");
    r.w.as_(&r.nurse).get("/facility").await.expect(200);
    assert_eq!(r.set_admin(&r.nurse, &r.admin, false).await, 204);
    r.w.as_(&r.admin).get("/facility").await.expect(403);
    assert_eq!(r.set_admin(&r.nurse, &r.nurse, false).await, 409);
    assert_eq!(r.events(&r.nurse).await, ["joined", "made_admin"]);
    assert_eq!(r.events(&r.admin).await, ["joined", "made_staff"]);
    // A suspended admin is no successor, and nobody who is suspended is made one.
    assert_eq!(r.set_admin(&r.nurse, &r.admin, true).await, 204);
    let path = format!("/facility/staff/{}/suspension", r.admin.id);
    r.w.as_(&r.nurse).form(&path, &[("suspend", "yes")]).await.expect(303);
    assert_eq!(r.set_admin(&r.nurse, &r.nurse, false).await, 409);
    assert_eq!(r.set_admin(&r.nurse, &r.admin, false).await, 409, "suspended");
    r.w.as_(&r.nurse)
        .call(
            "PUT",
            &format!("/api/v1/facilities/{}/staff/{}/admin", r.clinic.id, r.admin.id),
            json!({"admin": true, "state": "active"}),
        )
        .await
        .expect_code(400, "unreadable_json");
}

/// What two admins do to each other, or both to themselves, at the same moment.
#[derive(Debug, Clone, Copy)]
enum Act {
    Demote,
    Suspend,
    Depart,
    StepBack,
    Withdraw,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_at_once_never_leave_a_facility_without_one() {
    let r = region().await;
    for (round, act) in
        [Act::Demote, Act::Suspend, Act::Depart, Act::StepBack, Act::Withdraw].into_iter().enumerate()
    {
        for turn in 0..4 {
            let facility = r.w.facility("clinic", "試験二人医院").await;
            let one = r.w.admin(facility, &format!("one{round}{turn}"), "clerk").await;
            let two = r.w.admin(facility, &format!("two{round}{turn}"), "clerk").await;
            let go = |by: Person, whom: Person| {
                let r = &r;
                async move {
                    match act {
                        Act::Demote | Act::StepBack => {
                            let path = format!("/api/v1/facilities/{}/staff/{}/admin", facility.id, whom.id);
                            r.w.as_(&by).call("PUT", &path, json!({"admin": false})).await.status.as_u16()
                        }
                        Act::Suspend => {
                            let path = format!("/facility/staff/{}/suspension", whom.id);
                            r.w.as_(&by).form(&path, &[("suspend", "yes")]).await.status.as_u16()
                        }
                        Act::Depart => {
                            let path =
                                format!("/api/v1/facilities/{}/staff/{}/departure", facility.id, whom.id);
                            r.w.as_(&by)
                                .call("POST", &path, json!({"client_id": Uuid::new_v4()}))
                                .await
                                .status
                                .as_u16()
                        }
                        Act::Withdraw => {
                            let place = facility.id.to_string();
                            let answer = r.withdraw(&by, &place, PASSWORD).await;
                            // Leaving leads on; the page that refuses is a conflict.
                            answer.status.as_u16()
                        }
                    }
                }
            };
            let myself = matches!(act, Act::StepBack | Act::Withdraw);
            let (a, b) = if myself { (one.clone(), two.clone()) } else { (two.clone(), one.clone()) };
            let (first, second) = tokio::join!(go(one.clone(), a), go(two.clone(), b));
            let sql = "SELECT count(*) FROM care.staff WHERE facility_id = $1 AND admin AND state = 'active'";
            let left: i64 = r.w.superuser().await.query_one(sql, &[&facility.id]).await.unwrap().get(0);
            assert_eq!(left, 1, "{act:?}: {first} and {second}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_a_new_version_and_records_keep_the_old_one() {
    let r = region().await;
    let group = r.w.group(&r.admin, &r.nurse, "試験 一郎").await;
    let old = r.w.as_(&r.nurse).post(group, "前の職種で書きました。").await.expect(201).json();
    let path = format!("/api/v1/facilities/{}/staff/{}", r.clinic.id, r.nurse.id);
    let body = json!({"profession": "public_health_nurse", "licence_note": "保健師免許 確認済み"});
    r.w.as_(&r.nurse).call("PUT", &path, body.clone()).await.expect_code(403, "facility_admin_only");
    r.w.as_(&r.pharmacist).call("PUT", &path, body.clone()).await.expect_code(404, "not_found");
    r.w.as_(&r.admin)
        .call("PUT", &path, with(body.clone(), "name", json!("別 の人")))
        .await
        .expect_code(400, "unreadable_json");
    r.w.as_(&r.admin)
        .call("PUT", &path, with(body.clone(), "profession", json!("wizard")))
        .await
        .expect_code(422, "invalid");
    r.w.as_(&r.admin).call("PUT", &path, body).await.expect(204);
    let new = r.w.as_(&r.nurse).post(group, "新しい職種で書きました。").await.expect(201).json();
    let profession = |post: Value| {
        let (w, nurse) = (&r.w, &r.nurse);
        async move {
            let path = format!("/api/v1/posts/{}", post["id"].as_str().unwrap());
            w.as_(nurse).get(&path).await.expect(200).json()["author"]["profession"].clone()
        }
    };
    assert_eq!(profession(old).await, "nurse");
    assert_eq!(profession(new).await, "public_health_nurse");
    let page = r.w.as_(&r.admin).get(&format!("/facility/staff/{}", r.nurse.id)).await.expect(200).text();
    assert!(page.contains("保健師免許 確認済み") && page.contains("保健師"));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_by_oneself_hands_over_what_one_hosts_and_frees_the_address_at_once() {
    let r = region().await;
    renkei::features::facilities::acts::add_staff(&r.w.app, r.pharmacy.id, r.nurse.id, false).await.unwrap();
    let group = r.w.group(&r.admin, &r.nurse, "試験 一郎").await;
    r.w.as_(&r.nurse).post(group, "最後の記録です。").await.expect(201);
    let superuser = r.w.superuser().await;
    let contact = "INSERT INTO sec.contact VALUES ($1, 'mizuho@example.jp', now(), '', now())";
    superuser.execute(contact, &[&r.nurse.id]).await.unwrap();
    let page = r.w.as_(&r.nurse).get("/menu/withdrawal").await.expect(200).text();
    assert!(page.contains("1のグループのホストは、kanri 試子さんに引き継ぎます"), "{page}");

    let clinic = r.clinic.id.to_string();
    r.withdraw(&r.nurse, &clinic, "wrong-wrong-wrong").await.expect(422);
    r.withdraw(&r.nurse, &Uuid::nil().to_string(), PASSWORD).await.expect(422);
    assert_eq!(r.tie_of(&r.nurse).await, Some((false, "active".into())));
    // The database asks for the proof itself.
    superuser
        .execute("UPDATE sec.session SET stepped_up_at = now() - interval '6 minutes'", &[])
        .await
        .unwrap();
    let who = renkei::auth::Actor::from_token(&r.nurse.token);
    let stale =
        renkei::features::departures::acts::withdraw(&r.w.app, &who, r.clinic.id, Uuid::new_v4()).await;
    assert!(matches!(stale, Err(renkei::Error::Forbidden(_))), "{stale:?}");

    r.withdraw(&r.nurse, &clinic, PASSWORD).await.expect(303);
    assert_eq!(r.tie_of(&r.nurse).await, Some((false, "left".into())));
    let members = r.w.as_(&r.admin).get(&format!("/api/v1/groups/{group}/members")).await.expect(200).json();
    let items = members["items"].as_array().unwrap();
    assert!(items.iter().any(|m| m["id"] == json!(r.admin.id) && m["role"] == "host"), "{items:?}");
    assert!(items.iter().all(|m| m["id"] != json!(r.nurse.id)));
    let reports =
        r.w.as_(&r.admin)
            .get(&format!("/api/v1/facilities/{}/departures", r.clinic.id))
            .await
            .expect(200)
            .json();
    assert_eq!(reports["items"][0]["by"], json!(r.nurse.id));
    assert_eq!(r.count("SELECT count(*) FROM sec.contact").await, 1, "she still works in the pharmacy");
    let access = crate::world::cluster().await.config("renkei_verify", &r.w.database);
    let report = renkei::cli::verify::check(&access, &r.w.app.config, None).await.expect("it runs");
    assert!(report.bad.is_empty(), "{report:?}");

    // The rest: everything ends, and the address is anybody's.
    let token = r.w.session(&r.nurse).await;
    let there = Person { token, ..r.nurse.clone() };
    r.withdraw(&there, "all", PASSWORD).await.expect(303);
    r.w.as_(&there).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    let body = json!({"login_id": "kangoshi", "password": PASSWORD, "totp": r.w.totp_now(&r.nurse)});
    r.w.nobody().call("POST", "/api/v1/session", body).await.expect_code(401, "wrong_credentials");
    assert_eq!(r.count("SELECT count(*) FROM sec.contact").await, 0);
    superuser.execute(contact, &[&r.admin.id]).await.expect("the address is free at once");
    // The last admin cannot go.
    let page = r.withdraw(&r.admin, &clinic, PASSWORD).await.expect(409).text();
    assert!(page.contains("先に"), "{page}");
    assert_eq!(r.tie_of(&r.admin).await, Some((true, "active".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_knows_who_may_invite_and_leave_whatever_the_program_asks() {
    let r = region().await;
    let who = |p: &Person| renkei::auth::Actor::from_token(&p.token);
    let hash = token::hash("x").to_vec();
    let invite = "SELECT act.invite_staff(ARRAY[gen_random_uuid()], ARRAY[gen_random_uuid()], ARRAY['a'], ARRAY['a'], ARRAY['nurse'], ARRAY[''], ARRAY[NULL::text], ARRAY[NULL::text], ARRAY[true], ARRAY[$1::bytea], ARRAY[NULL::jsonb])"
        .replace("gen_random_uuid", "pg_catalog.gen_random_uuid");
    let as_nurse = r.w.app.db.acting(&who(&r.nurse)).await.unwrap().query_and_commit(&invite, &[&hash]).await;
    assert!(matches!(as_nurse, Err(renkei::Error::Forbidden(_))), "{as_nurse:?}");
    r.w.app
        .db
        .acting(&who(&r.admin))
        .await
        .unwrap()
        .query_and_commit(&invite, &[&hash])
        .await
        .expect("an admin may");
    // Nobody leaves for somebody else's facility.
    let theirs = "SELECT act.withdrawal_groups($1)";
    let refused =
        r.w.app.db.acting(&who(&r.nurse)).await.unwrap().query_and_commit(theirs, &[&r.pharmacy.id]).await;
    assert!(matches!(refused, Err(renkei::Error::NotFound)), "{refused:?}");
    r.w.app
        .db
        .acting(&who(&r.nurse))
        .await
        .unwrap()
        .query_and_commit(theirs, &[&r.clinic.id])
        .await
        .expect("her own");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_in_leaves_no_half_open_session_behind() {
    let r = region().await;
    let enrolling = "SELECT count(*) FROM sec.session WHERE state = 'enrolling'";
    let session = "__Host-renkei";
    // One begins in a browser and goes away; another one comes in there.
    let browser = r.w.browser();
    browser.form(&r.link(somebody()).await, &form(&[])).await.expect(303);
    let old = browser.cookie(session).expect("a session");
    browser.get("/enrol").await.expect(200);
    let other = with(somebody(), "name", json!("別 の人"));
    let link = r.link(other.clone()).await;
    browser.form(&link, &form(&[("login_id", "betsu"), ("phone", "")])).await.expect(422);
    browser.get("/enrol").await.expect(200);
    browser.form(&link, &form(&[("login_id", "betsu")])).await.expect(303);
    let new = browser.cookie(session).expect("a session");
    assert_ne!(old, new);
    browser.get("/enrol").await.expect(200);
    browser.set(session, &old);
    let led = browser.get("/enrol").await.expect(303);
    assert!(led.headers["location"].to_str().unwrap().starts_with("/sign-in"), "the one before is over");
    assert_eq!(r.count(enrolling).await, 1);

    // The same for whoever comes back with an account, by the page and by JSON, which hands no such session out.
    browser.set(session, &new);
    assert!(r.depart_of("betsu").await);
    let account =
        format!("{}/account", r.link(with(other.clone(), "client_id", json!(Uuid::new_v4()))).await);
    browser.form(&account, &[("login_id", "betsu"), ("password", NEW)]).await.expect(303);
    assert_eq!(r.count(enrolling).await, 1);
    assert_ne!(browser.cookie(session).as_deref(), Some(new.as_str()));
    assert!(r.depart_of("betsu").await);
    let link = r.link(with(other, "client_id", json!(Uuid::new_v4()))).await;
    let body = json!({"login_id": "betsu", "password": NEW});
    let joined = browser.call("POST", &format!("/api/v1{link}/account"), &body).await.expect(200).json();
    assert_eq!(joined["session"], Value::Null);
    assert_eq!(r.count(enrolling).await, 0);
    r.w.nobody().call("POST", "/api/v1/session", body).await.expect_code(403, "must_enrol");
    assert_eq!(r.count(enrolling).await, 0, "nor at the door");
}

impl Region {
    /// The facility's only tie of this ID is over.
    async fn depart_of(&self, login: &str) -> bool {
        let sql = "UPDATE care.staff SET state = 'left' WHERE account_id = (SELECT id FROM care.account WHERE login_id = $1)";
        self.w.superuser().await.execute(sql, &[&login]).await.expect("it ends") == 1
    }
}
