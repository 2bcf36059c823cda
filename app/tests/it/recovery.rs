//! A lost factor by two people, a forgotten password by letter or by the same two people.

mod json;

use renkei::{
    auth::totp,
    config::Security,
    features::{recovery, sign_in_notices},
    jobs, mail,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    sign_in::shown_key,
    world::{Answer, Facility, PASSWORD, Person, World, browser, browser_on, device_of, smtp::Smtp},
};

const NEW: &str = "tsuki-mado-9-hagi";

/// A confirmed address, as the first sign-in leaves one.
pub async fn reachable(w: &World, person: &Person) -> String {
    let mail = format!("{}@example.jp", person.login_id);
    let add = "INSERT INTO sec.contact VALUES ($1, $2, now(), '', now())";
    w.superuser().await.execute(add, &[&person.id, &mail]).await.expect("a contact");
    mail
}

/// Every job that waits, and those that they put in.
pub async fn work(w: &World) {
    let kinds = [sign_in_notices::KIND, recovery::LETTER, mail::KIND];
    while jobs::round(&w.app, &kinds).await.expect("a round") > 0 {}
}

struct Scene {
    w: World,
    clinic: Facility,
    first: Person,
    second: Person,
    nurse: Person,
    smtp: Smtp,
}

async fn scene() -> Scene {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (first, second) =
        (w.admin(clinic, "kanri1", "clerk").await, w.admin(clinic, "kanri2", "clerk").await);
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    Scene { w, clinic, first, second, nurse, smtp }
}

const LOST: [(&str, &str); 2] = [("reason", "lost"), ("identified", "in_person")];

impl Scene {
    async fn start(&self, by: &Person, about: &Person, what: &[(&str, &str)]) -> Answer {
        let client = Uuid::new_v4().to_string();
        let fields: Vec<_> =
            [("client_id", client.as_str())].into_iter().chain(what.iter().copied()).collect();
        self.w.as_(by).form(&format!("/facility/staff/{}/recovery", about.id), &fields).await
    }

    /// The newest of this person.
    async fn of(&self, person: &Person) -> Uuid {
        let sql = "SELECT id FROM sec.recovery WHERE account_id = $1 ORDER BY started_at DESC LIMIT 1";
        self.w.superuser().await.query_one(sql, &[&person.id]).await.expect("a recovery").get(0)
    }

    async fn act(&self, by: &Person, recovery: Uuid, what: &str) -> Answer {
        self.w.as_(by).form(&format!("/facility/recoveries/{recovery}/{what}"), &[]).await
    }

    /// Started by the first admin, confirmed by the second.
    async fn confirmed(&self, what: &[(&str, &str)]) -> Uuid {
        self.start(&self.first, &self.nurse, what).await.expect(303);
        let recovery = self.of(&self.nurse).await;
        self.act(&self.second, recovery, "confirmation").await.expect(303);
        recovery
    }

    async fn code(&self, recovery: Uuid) -> String {
        let page = self.act(&self.first, recovery, "code").await.expect(200).text();
        let shown = page.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code");
        shown.replace('-', "")
    }

    async fn redeem(&self, code: &str, login: &str, password: &str) -> Answer {
        let fields = [("login_id", login), ("password", password)];
        self.w.nobody().form(&format!("/recovery/{code}"), &fields).await
    }

    async fn sign_in(&self, password: &str, code: Option<&str>) -> u16 {
        let body = json!({"login_id": self.nurse.login_id, "password": password, "totp": code});
        self.w.nobody().call("POST", "/api/v1/session", body).await.status.as_u16()
    }

    async fn said(&self, kind: &str) -> i64 {
        let sql = "SELECT count(*) FROM sec.sign_in_notice WHERE account_id = $1 AND kind = $2";
        self.w.superuser().await.query_one(sql, &[&self.nurse.id, &kind]).await.expect("a count").get(0)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_give_a_person_a_new_factor_and_everything_from_before_is_void() {
    let s = scene().await;
    for person in [&s.first, &s.second, &s.nurse] {
        reachable(&s.w, person).await;
    }
    // The old factor works before.
    let old_code = s.w.totp_now(&s.nurse);
    assert_eq!(s.sign_in(PASSWORD, Some(&old_code)).await, 200);

    s.start(&s.first, &s.nurse, &LOST).await.expect(303);
    let recovery = s.of(&s.nurse).await;
    // Whoever started it does not confirm it; before somebody has, there is no code.
    s.act(&s.first, recovery, "confirmation").await.expect(403);
    s.act(&s.first, recovery, "code").await.expect(409);
    s.act(&s.second, recovery, "confirmation").await.expect(303);
    s.act(&s.second, recovery, "confirmation").await.expect(409);
    work(&s.w).await;
    let mut told: Vec<String> = s.smtp.letters().iter().map(|l| l.to.clone()).collect();
    told.sort();
    let twice = |to: &str| told.iter().filter(|t| t.starts_with(to)).count();
    assert_eq!((twice("igarashi"), twice("kanri1"), twice("kanri2")), (3, 2, 2), "{told:?}");
    for letter in s.smtp.letters() {
        assert!(!letter.text().contains("試子") && !letter.text().contains("試験クリニック"), "no names");
    }

    let code = s.code(recovery).await;
    // Until the code is used nothing has changed for the person.
    s.w.as_(&s.nurse).get("/api/v1/me").await.expect(200);
    // The password is asked for, of this very person, and the answer never says which part was wrong.
    let wrong = s.redeem(&code, "igarashi", "not-the-password").await.expect(401).text();
    let unknown = s.redeem(&code, "igarashj", PASSWORD).await.expect(401).text();
    let other = s.redeem(&code, "kanri1", PASSWORD).await.expect(401).text();
    let alike = |page: &str, login: &str| {
        let page = page.replace(&format!("value=\"{login}\""), "value=\"…\"");
        page.split("nonce=\"").map(|p| p.split_once('"').map_or(p, |(_, rest)| rest)).collect::<String>()
    };
    assert_eq!(alike(&wrong, "igarashi"), alike(&unknown, "igarashj"));
    assert_eq!(alike(&wrong, "igarashi"), alike(&other, "kanri1"));

    // A typed code leads to the same page.
    let typed = [("code", &*code.to_uppercase())];
    let led = s.w.nobody().form("/recovery", &typed).await.expect(303);
    assert_eq!(led.headers["location"], format!("/recovery/{code}"));
    let opened = s.redeem(&code, " Igarashi", PASSWORD).await.expect(303);
    assert_eq!(opened.headers["location"], "/enrol");
    s.w.as_(&s.nurse).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    s.redeem(&code, "igarashi", PASSWORD).await.expect(401);
    s.w.nobody().get(&format!("/recovery/{code}")).await.expect(410);
    // In between the password alone opens nothing, with the old code or without.
    let page = s.w.nobody().form("/sign-in", &[("login_id", "igarashi"), ("password", PASSWORD)]).await;
    assert_eq!(page.status.as_u16(), 401, "{}", page.text());

    let anew = Person { token: browser(&opened), ..s.nurse.clone() };
    let client = s.w.as_(&anew);
    let key = shown_key(&client.get("/enrol").await.expect(200).text());
    assert_ne!(key, s.nurse.secret, "a new secret");
    let new_code = totp::code_at(&key, s.w.app.unix_seconds()).expect("a code");
    let enrolled = client.form("/enrol", &[("code", &new_code)]).await.expect(200);
    let codes = enrolled.text();
    let anew = Person { token: browser_on(&enrolled, device_of(&anew.token)), ..anew.clone() };
    s.w.as_(&anew).get("/api/v1/me").await.expect(200);
    let recovery_code = codes.split("<code>").nth(1).and_then(|rest| rest.split('<').next()).expect("a code");
    // The old authenticator is worth nothing, the new one and its recovery codes are.
    let next = totp::code_at(&s.nurse.secret, s.w.app.unix_seconds() + 30).expect("a code");
    assert_eq!(s.sign_in(PASSWORD, Some(&next)).await, 401);
    assert_eq!(s.sign_in(PASSWORD, Some(recovery_code)).await, 200);
    // It is over: no further code of this one.
    s.act(&s.first, recovery, "code").await.expect(409);
    for kind in ["recovery_started", "recovery_confirmed", "recovery_used", "factor_removed", "factor_added"]
    {
        assert_eq!(s.said(kind).await, 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_voids_passkeys_and_identities_and_no_other_session_opens_until_the_new_factor_is_there() {
    let s = scene().await;
    let superuser = s.w.superuser().await;
    let nurse = s.nurse.id;
    let ways = format!(
        "INSERT INTO sec.passkey (id, account_id, credential_id, public_key, name, aaguid, transports, counter, backup_eligible, backed_up, made_at)
           VALUES (gen_random_uuid(), '{nurse}', '\\x00112233445566778899aabbccddeeff', '\\x00', '鍵', gen_random_uuid(), '{{}}', 0, false, false, now());
         INSERT INTO sec.linked_identity VALUES (gen_random_uuid(), '{nurse}', 'https://idp.example.jp', 'sub-1', now());"
    );
    superuser.batch_execute(&ways).await.expect("two more ways in");
    assert_eq!(s.said("factor_added").await, 2, "the person hears of each");
    let count = async || -> i64 {
        let sql = "SELECT (SELECT count(*) FROM sec.passkey WHERE account_id = $1 AND removed_at IS NULL)
            + (SELECT count(*) FROM sec.linked_identity WHERE account_id = $1)";
        superuser.query_one(sql, &[&nurse]).await.expect("a count").get(0)
    };
    let recovery = s.confirmed(&LOST).await;
    let code = s.code(recovery).await;
    assert_eq!(count().await, 2, "nothing is void before the code is used");
    let opened = s.redeem(&code, "igarashi", PASSWORD).await.expect(303);
    assert_eq!(count().await, 0);
    // By whatever factors: a session of anybody else does not open now.
    let done = "SELECT * FROM act.sign_in_done($1, $2, $3, NULL, $1, $2, 'token', NULL, $1, $2, '', false, ARRAY['have', 'are'], NULL, NULL, '15 minutes', '1 hour')";
    let (id, hash) = (Uuid::now_v7(), renkei::auth::token::random::<32>());
    let params: renkei::db::Params<'_> = &[&id, &hash.as_slice(), &nurse];
    s.w.app.db.signing_in(done, params).await.expect_err("only the recovered");
    let anew = Person { token: browser(&opened), ..s.nurse.clone() };
    let key = shown_key(&s.w.as_(&anew).get("/enrol").await.expect(200).text());
    let new_code = totp::code_at(&key, s.w.app.unix_seconds()).expect("a code");
    s.w.as_(&anew).form("/enrol", &[("code", &new_code)]).await.expect(200);
    let (id, hash) = (Uuid::now_v7(), renkei::auth::token::random::<32>());
    let params: renkei::db::Params<'_> = &[&id, &hash.as_slice(), &nurse];
    s.w.app.db.signing_in(done, params).await.expect("the recovery is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_starts_or_confirms_for_themselves_nor_for_another_facility() {
    let s = scene().await;
    let elsewhere = s.w.facility("pharmacy", "試験薬局").await;
    let stranger = s.w.admin(elsewhere, "yakkyoku", "pharmacist").await;
    s.start(&s.first, &s.nurse, &LOST).await.expect(303);
    let open = s.of(&s.nurse).await;
    s.start(&s.first, &s.first, &LOST).await.expect(403);
    s.start(&s.nurse, &s.second, &LOST).await.expect(403);
    s.start(&stranger, &s.second, &LOST).await.expect(404);
    s.w.as_(&stranger).get(&format!("/facility/staff/{}/recovery", s.nurse.id)).await.expect(404);
    s.act(&stranger, open, "confirmation").await.expect(404);
    s.act(&stranger, open, "cancellation").await.expect(404);
    s.act(&stranger, open, "code").await.expect(404);
    s.act(&s.nurse, open, "confirmation").await.expect(403);
    // An admin about whom it is does not confirm it either.
    s.start(&s.first, &s.second, &LOST).await.expect(303);
    let about_second = s.of(&s.second).await;
    s.act(&s.second, about_second, "confirmation").await.expect(403);
    s.act(&s.second, about_second, "code").await.expect(403);
    // The floor says so too, whoever writes the row.
    let by_one = "UPDATE sec.recovery SET confirmed_by = started_by, confirmed_at = now() WHERE id = $1";
    let refused = s.w.superuser().await.execute(by_one, &[&open]).await.expect_err("by two");
    assert!(refused.as_db_error().expect("the database").constraint() == Some("recovery_by_two"));
    // A form without an answer changes nothing and keeps what was chosen.
    let half = s.start(&s.first, &s.second, &[("reason", "broken")]).await.expect(422).text();
    assert!(half.contains("1つ選んでください"));
    // Whoever started it must still be an admin when it is confirmed.
    let demote = "UPDATE care.staff SET admin = false WHERE account_id = $1";
    s.w.superuser().await.execute(demote, &[&s.first.id]).await.expect("no admin any more");
    s.act(&s.second, open, "confirmation").await.expect(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_act_at_once_one_succeeds_and_a_sent_form_counts_once() {
    let s = scene().await;
    let third = s.w.admin(s.clinic, "kanri3", "clerk").await;
    for _ in 0..4 {
        let (a, b) = tokio::join!(s.start(&s.first, &s.nurse, &LOST), s.start(&s.second, &s.nurse, &LOST));
        let mut found = [a.status.as_u16(), b.status.as_u16()];
        found.sort_unstable();
        assert_eq!(found, [303, 409]);
        let recovery = s.of(&s.nurse).await;
        let mut others = [&s.first, &s.second].into_iter();
        let starter: Uuid =
            s.w.superuser()
                .await
                .query_one("SELECT started_by FROM sec.recovery WHERE id = $1", &[&recovery])
                .await
                .expect("a recovery")
                .get(0);
        let other = others.find(|p| p.id != starter).expect("the other one");
        let (a, b) =
            tokio::join!(s.act(other, recovery, "confirmation"), s.act(&third, recovery, "confirmation"));
        let mut found = [a.status.as_u16(), b.status.as_u16()];
        found.sort_unstable();
        assert_eq!(found, [303, 409]);
        s.act(&third, recovery, "cancellation").await.expect(303);
    }
    // The same form sent twice is one.
    let client = Uuid::new_v4().to_string();
    let fields = [("client_id", client.as_str()), LOST[0], LOST[1]];
    let path = format!("/facility/staff/{}/recovery", s.nurse.id);
    s.w.as_(&s.first).form(&path, &fields).await.expect(303);
    s.w.as_(&s.first).form(&path, &fields).await.expect(303);
    assert_eq!(s.said("recovery_started").await, 5);
    // One code, two browsers: one gets in.
    let recovery = s.of(&s.nurse).await;
    s.act(&s.second, recovery, "confirmation").await.expect(303);
    let code = s.code(recovery).await;
    let (a, b) = tokio::join!(s.redeem(&code, "igarashi", PASSWORD), s.redeem(&code, "igarashi", PASSWORD));
    let mut found = [a.status.as_u16(), b.status.as_u16()];
    found.sort_unstable();
    assert_eq!(found, [303, 401]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_it_is_void_and_the_person_can_stop_it_before() {
    let s = scene().await;
    let past = "UPDATE sec.recovery SET ends_at = now() - interval '1 second' WHERE account_id = $1";
    s.start(&s.first, &s.nurse, &LOST).await.expect(303);
    let unconfirmed = s.of(&s.nurse).await;
    s.w.superuser().await.execute(past, &[&s.nurse.id]).await.expect("a day passes");
    s.act(&s.second, unconfirmed, "confirmation").await.expect(409);
    // Nor does a code outlive the day.
    let recovery = s.confirmed(&LOST).await;
    let code = s.code(recovery).await;
    s.w.nobody().get(&format!("/recovery/{code}")).await.expect(200);
    s.w.superuser().await.execute(past, &[&s.nurse.id]).await.expect("a day passes");
    s.redeem(&code, "igarashi", PASSWORD).await.expect(401);
    s.w.nobody().get(&format!("/recovery/{code}")).await.expect(410);
    s.act(&s.first, recovery, "code").await.expect(409);
    s.w.as_(&s.nurse).get("/api/v1/me").await.expect(200);

    // The person sees it in an open session, and takes it back there.
    let recovery = s.confirmed(&LOST).await;
    let code = s.code(recovery).await;
    let page = s.w.as_(&s.nurse).get("/menu/security").await.expect(200).text();
    assert!(page.contains("回復が進んでいます") && page.contains("kanri1 試子"), "{page}");
    let path = format!("/menu/security/recoveries/{recovery}/cancellation");
    s.w.as_(&s.second).form(&path, &[]).await.expect(303);
    let recovery = s.confirmed(&LOST).await;
    let stranger = s.w.staff(s.clinic, "other", "nurse").await;
    let path = format!("/menu/security/recoveries/{recovery}/cancellation");
    s.w.as_(&stranger).form(&path, &[]).await.expect(404);
    s.w.as_(&s.nurse).form(&path, &[]).await.expect(303);
    s.w.as_(&s.nurse).form(&path, &[]).await.expect(409);
    s.redeem(&code, "igarashi", PASSWORD).await.expect(401);
    assert_eq!(s.said("recovery_cancelled").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_code_was_used_and_no_factor_came_only_a_new_code_helps() {
    let s = scene().await;
    let recovery = s.confirmed(&LOST).await;
    let code = s.code(recovery).await;
    let opened = s.redeem(&code, "igarashi", PASSWORD).await.expect(303);
    // The browser is closed before the new factor is there.
    let again = s.code(recovery).await;
    let second = s.redeem(&again, "igarashi", PASSWORD).await.expect(303);
    let first = Person { token: browser(&opened), ..s.nurse.clone() };
    s.w.as_(&first).get("/enrol").await.expect(303);
    let second = Person { token: browser(&second), ..s.nurse.clone() };
    s.w.as_(&second).get("/enrol").await.expect(200);
    // The day ends first: still no way in by the password alone, and a new recovery leads out.
    let past = "UPDATE sec.recovery SET ends_at = now() - interval '1 second' WHERE account_id = $1";
    s.w.superuser().await.execute(past, &[&s.nurse.id]).await.expect("a day passes");
    let door = [("login_id", "igarashi"), ("password", PASSWORD)];
    s.w.nobody().form("/sign-in", &door).await.expect(401);
    let next = s.confirmed(&LOST).await;
    let code = s.code(next).await;
    let opened = s.redeem(&code, "igarashi", PASSWORD).await.expect(303);
    let anew = Person { token: browser(&opened), ..s.nurse.clone() };
    let key = shown_key(&s.w.as_(&anew).get("/enrol").await.expect(200).text());
    let code = totp::code_at(&key, s.w.app.unix_seconds()).expect("a code");
    let enrolled = s.w.as_(&anew).form("/enrol", &[("code", &code)]).await.expect(200);
    let anew = Person { token: browser_on(&enrolled, device_of(&anew.token)), ..anew };
    s.w.as_(&anew).get("/api/v1/me").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_one_admin_an_operator_confirms_and_learns_no_name() {
    let s = scene().await;
    let alone = s.w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = s.w.admin(alone, "hitori", "nurse").await;
    let helper = s.w.staff(alone, "tetsudai", "helper").await;
    s.start(&admin, &helper, &LOST).await.expect(303);
    let recovery = s.of(&helper).await;
    let operator = s.w.operator("unei").await;
    let page = operator.get("/operator/recoveries").await.expect(200).text();
    assert!(page.contains("試験訪問看護") && page.contains("対面"));
    for name in ["tetsudai", "hitori", "試子", &helper.id.to_string()] {
        assert!(!page.contains(name), "{name}");
    }
    let path = format!("/operator/recoveries/{recovery}/confirmation");
    let unticked = operator.form(&path, &[]).await.expect(422).text();
    assert!(unticked.contains("印を付けて"));
    s.act(&admin, recovery, "code").await.expect(409);
    operator.form(&path, &[("called", "on")]).await.expect(303);
    operator.form(&path, &[("called", "on")]).await.expect(409);
    s.act(&admin, recovery, "code").await.expect(200);
    let log = operator.get("/operator/log").await.expect(200).text();
    assert!(log.contains("サインインの回復を確認した"));
    let seen =
        s.w.as_(&admin).get(&format!("/facility/staff/{}/recovery", helper.id)).await.expect(200).text();
    assert!(seen.contains("運営者"));
}

/// The link of the newest letter.
fn link(smtp: &Smtp) -> String {
    let letter = smtp.letters().pop().expect("a letter").text();
    let line = letter.lines().find(|l| l.contains("/forgotten/")).expect("a link").to_owned();
    line.split_once("http://localhost:8080").expect("ours").1.to_owned()
}

fn new_password<'a>(code: &'a str, new: &'a str) -> [(&'static str, &'a str); 3] {
    [("code", code), ("new_password", new), ("new_password_again", new)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_takes_the_letter_and_the_factor() {
    let s = scene().await;
    let address = reachable(&s.w, &s.nurse).await;
    s.w.nobody().form("/forgotten", &[("login_id", "Igarashi ")]).await.expect(303);
    work(&s.w).await;
    assert_eq!(s.smtp.letters().len(), 1);
    assert_eq!(s.smtp.letters()[0].to, address);
    let path = link(&s.smtp);
    // Neither the queue nor the table holds what opens it.
    let token = path.rsplit('/').next().expect("a token");
    let sql = "SELECT count(*) FROM care.job j WHERE j.payload::text LIKE '%' || $1 || '%'";
    let found: i64 = s.w.superuser().await.query_one(sql, &[&token]).await.expect("a count").get(0);
    assert_eq!(found, 0);
    s.w.nobody().get(&path).await.expect(200);
    let send = async |code: &str, new: &str| s.w.nobody().form(&path, &new_password(code, new)).await;
    let code = s.w.totp_now(&s.nurse);
    send(&code, "password12").await.expect(422);
    send(&code, "igarashi-7-hagi-mado").await.expect(422);
    send("000000", NEW).await.expect(401);
    // What the person has now is no new password; told only behind the factor.
    send("000000", PASSWORD).await.expect(401);
    assert!(send(&code, PASSWORD).await.expect(422).text().contains("前に使った"));
    assert_eq!(s.said("password_reset").await, 0);
    let (a, b) = tokio::join!(send(&code, NEW), send(&code, NEW));
    let mut found = [a.status.as_u16(), b.status.as_u16()];
    found.sort_unstable();
    assert!(found == [200, 410], "one link, one use: {found:?}");
    s.w.as_(&s.nurse).get("/api/v1/me").await.expect(401);
    s.w.nobody().get(&path).await.expect(410);
    send(&code, "yama-kaze-8-fude").await.expect(410);
    // The code is burnt, the old password is void, the new one opens with a next code.
    let step = "UPDATE sec.credential SET totp_last_step = 0 WHERE account_id = $1";
    assert_eq!(s.sign_in(NEW, Some(&code)).await, 401, "the code was used");
    s.w.superuser().await.execute(step, &[&s.nurse.id]).await.expect("unburnt");
    assert_eq!(s.sign_in(PASSWORD, Some(&code)).await, 401);
    assert_eq!(s.sign_in(NEW, Some(&code)).await, 200);
    assert_eq!(s.said("password_reset").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lives_half_an_hour_and_goes_only_to_a_confirmed_address_of_somebody_at_work() {
    let s = scene().await;
    let superuser = s.w.superuser().await;
    let ask = async |login: &str| {
        superuser
            .batch_execute("UPDATE sec.reset SET at = at - interval '1 day'")
            .await
            .expect("a day passes");
        let before = s.smtp.letters().len();
        s.w.nobody().form("/forgotten", &[("login_id", login)]).await.expect(303);
        work(&s.w).await;
        s.smtp.letters().len() - before
    };
    assert_eq!(ask("igarashi").await, 0, "no address");
    reachable(&s.w, &s.nurse).await;
    assert_eq!(ask("igarashi").await, 1);
    let path = link(&s.smtp);
    s.w.nobody().get(&path).await.expect(200);
    superuser
        .batch_execute("UPDATE sec.reset SET ends_at = now() WHERE ends_at IS NOT NULL")
        .await
        .expect("late");
    s.w.nobody().get(&path).await.expect(410);
    let code = s.w.totp_now(&s.nurse);
    s.w.nobody().form(&path, &new_password(&code, NEW)).await.expect(410);
    superuser.batch_execute("UPDATE sec.contact SET mail_confirmed_at = NULL").await.expect("unconfirmed");
    assert_eq!(ask("igarashi").await, 0, "not confirmed");
    superuser.batch_execute("UPDATE sec.contact SET mail_confirmed_at = now()").await.expect("confirmed");
    superuser
        .batch_execute("UPDATE care.staff SET state = 'suspended' WHERE NOT admin")
        .await
        .expect("stopped");
    assert_eq!(ask("igarashi").await, 0, "suspended");
    superuser.batch_execute("UPDATE care.staff SET state = 'active'").await.expect("again");
    assert_eq!(ask("igarashi").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_often_is_answered_alike_and_sends_no_more_than_three_an_hour() {
    let s = scene().await;
    reachable(&s.w, &s.nurse).await;
    for _ in 0..5 {
        s.w.nobody().form("/forgotten", &[("login_id", "igarashi")]).await.expect(303);
        s.w.nobody().form("/forgotten", &[("login_id", "nobody-here")]).await.expect(303);
    }
    work(&s.w).await;
    assert_eq!(s.smtp.letters().len(), 3);
    // A block of addresses that asks for very many has to wait, whomever it asks for.
    let many = "INSERT INTO sec.reset (id, login_hash, address_block, at) SELECT gen_random_uuid(), sha256(n::text::bytea), 'none', now() FROM generate_series(1, 30) n";
    s.w.superuser().await.batch_execute(many).await.expect("many");
    for login in ["igarashi", "nobody-here"] {
        let held = s.w.nobody().form("/forgotten", &[("login_id", login)]).await.expect(429);
        assert!(held.headers.contains_key("retry-after"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_two_people_and_the_factor_make_a_new_password() {
    let s = scene().await;
    let recovery = s.confirmed(&[("reason", "forgotten"), ("identified", "video")]).await;
    let code = s.code(recovery).await;
    let led = s.w.nobody().form("/recovery", &[("code", &code)]).await.expect(303);
    let path = led.headers["location"].to_str().expect("a path").to_owned();
    assert_eq!(path, format!("/forgotten/{code}"));
    // It is no way to a new factor, and a second code voids the first.
    s.redeem(&code, "igarashi", PASSWORD).await.expect(401);
    let again = s.code(recovery).await;
    s.w.nobody().get(&path).await.expect(410);
    let path = format!("/forgotten/{again}");
    let totp = s.w.totp_now(&s.nurse);
    s.w.nobody().form(&path, &new_password("000000", NEW)).await.expect(401);
    s.w.nobody().form(&path, &new_password(&totp, NEW)).await.expect(200);
    s.w.superuser()
        .await
        .execute("UPDATE sec.credential SET totp_last_step = 0 WHERE account_id = $1", &[&s.nurse.id])
        .await
        .expect("unburnt");
    assert_eq!(s.sign_in(NEW, Some(&totp)).await, 200);
    s.act(&s.first, recovery, "code").await.expect(409);
    // Taken back, its code is worth nothing.
    let recovery = s.confirmed(&[("reason", "forgotten"), ("identified", "video")]).await;
    let code = s.code(recovery).await;
    s.w.nobody().get(&format!("/forgotten/{code}")).await.expect(200);
    s.act(&s.second, recovery, "cancellation").await.expect(303);
    s.w.nobody().get(&format!("/forgotten/{code}")).await.expect(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn none_of_the_last_five_passwords_is_taken_again() {
    let s = scene().await;
    let passwords: Vec<String> = (0..7).map(|n| format!("kumo-fune-{n}-hagi-tane")).collect();
    let change = async |old: &str, new: &str| {
        let fields = [("password", old), ("new_password", new), ("new_password_again", new)];
        s.w.as_(&s.nurse).form("/menu/password", &fields).await
    };
    change(PASSWORD, &passwords[0]).await.expect(303);
    for n in 1..6 {
        change(&passwords[n - 1], &passwords[n]).await.expect(303);
    }
    for n in 0..5 {
        let page = change(&passwords[5], &passwords[n]).await.expect(422).text();
        assert!(page.contains("前に使った"), "{n}");
    }
    // What lies further back than five is forgotten.
    change(&passwords[5], PASSWORD).await.expect(303);
    assert_eq!(s.said("password_changed").await, 7);
}
