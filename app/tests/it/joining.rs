//! Coming in by an admin's invitation: one link, one person, once.

mod csv;
mod json;
mod ties;

use renkei::jobs;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::sign_in::shown_key;
use crate::world::{
    Answer, Facility, PASSWORD, Person, World, browser, browser_on, device_of, id_of, smtp::Smtp,
};

/// A clinic with one admin and one nurse, a pharmacy with one admin.
pub struct Region {
    pub w: World,
    pub clinic: Facility,
    pub pharmacy: Facility,
    pub admin: Person,
    pub nurse: Person,
    pub pharmacist: Person,
}

pub async fn region_in(w: World) -> Region {
    let clinic = w.facility("clinic", "試験クリニック").await;
    let pharmacy = w.facility("pharmacy", "試験薬局").await;
    Region {
        admin: w.admin(clinic, "kanri", "clerk").await,
        nurse: w.staff(clinic, "kangoshi", "nurse").await,
        pharmacist: w.admin(pharmacy, "yakuzaishi", "pharmacist").await,
        clinic,
        pharmacy,
        w,
    }
}

pub async fn region() -> Region {
    region_in(World::new().await).await
}

/// With a mail server that takes everything.
async fn mailing() -> (Region, Smtp) {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(renkei::config::Security::None)).await;
    (region_in(w).await, smtp)
}

pub fn somebody() -> Value {
    json!({"client_id": Uuid::new_v4(), "name": "五十嵐 みずほ", "kana": "いがらし みずほ", "profession": "nurse"})
}

pub fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

impl Region {
    pub fn path(&self) -> String {
        format!("/api/v1/facilities/{}/staff-invitations", self.clinic.id)
    }

    pub async fn invite(&self, body: Value) -> Answer {
        self.w.as_(&self.admin).call("POST", &self.path(), body).await
    }

    /// Invites, and gives the path of the link.
    pub async fn link(&self, body: Value) -> String {
        let made = self.invite(body).await.expect(201).json();
        let link = made["link"].as_str().expect("a link");
        link.strip_prefix("http://localhost:8080").expect("a link to here").to_owned()
    }

    /// Puts through whatever letters wait; the newest to this address.
    async fn letter(&self, smtp: &Smtp, to: &str) -> String {
        while jobs::round(&self.w.app, &[renkei::mail::KIND]).await.expect("a round") > 0 {}
        let letters = smtp.letters();
        letters.iter().rev().find(|l| l.to == to).unwrap_or_else(|| panic!("no letter to {to}")).text()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.w.superuser().await.query_one(sql, &[]).await.expect(sql).get(0)
    }
}

const NEW: &str = "tsuki-mado-9-hagi";

/// The form behind a link as somebody new fills it in; `more` replaces or adds.
pub fn form<'a>(more: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let fixed = [
        ("login_id", "mizuho.i"),
        ("password", NEW),
        ("password_again", NEW),
        ("mail", ""),
        ("phone", "090-0000-0000"),
        ("sure", "on"),
    ];
    let kept = fixed.into_iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more.iter().copied()).collect()
}

/// Whoever holds this session.
pub fn holder(token: String) -> Person {
    let facility = Facility { id: Uuid::nil() };
    Person { id: Uuid::nil(), login_id: String::new(), name: String::new(), facility, secret: [0; 20], token }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_leads_to_an_account_that_can_do_nothing_before_its_second_factor() {
    let r = region().await;
    let link = r.link(somebody()).await;
    let page = r.w.nobody().get(&link).await.expect(200).text();
    for part in ["試験クリニックへの招待", "五十嵐 みずほ", "kanri 試子", "mizuho.igarashi"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("確認番号を送る"), "no address, no code");

    // What is wrong is said, what was typed is kept, and nothing is used up.
    let refused = [
        (form(&[("password", "kotori"), ("password_again", "kotori")]), "13文字以上"),
        (
            form(&[("password", "試験クリニック-mado-hagi"), ("password_again", "試験クリニック-mado-hagi")]),
            "IDや名前",
        ),
        (form(&[("password_again", "something-else")]), "2回の入力が違います"),
        (form(&[("login_id", "み")]), "IDは半角"),
        (form(&[("login_id", "KANGOSHI")]), "もう使われています"),
        (form(&[("phone", "")]), "どちらかを入れてください"),
        (form(&[("mail", "mizuho@")]), "形になっていません"),
    ];
    for (fields, words) in &refused {
        let page = r.w.nobody().form(&link, fields).await.expect(422).text();
        assert!(page.contains(words), "{words}");
        assert!(!page.contains(NEW), "no password comes back");
    }
    let unsure: Vec<_> = form(&[]).into_iter().filter(|(name, _)| *name != "sure").collect();
    assert!(r.w.nobody().form(&link, &unsure).await.expect(422).text().contains("印を付けてください"));

    let joined = r.w.nobody().form(&link, &form(&[])).await.expect(303);
    assert_eq!(joined.headers["location"], "/enrol");
    let new = holder(browser(&joined));
    // Nothing but the enrolment.
    r.w.as_(&new).get("/api/v1/me").await.expect_code(403, "must_enrol");
    r.w.as_(&new).get("/api/v1/groups").await.expect_code(403, "must_enrol");
    for page in ["/", "/patients", "/menu", "/menu/contact", "/menu/withdrawal", "/facility"] {
        let led = r.w.as_(&new).get(page).await;
        assert_eq!(led.status.as_u16(), 303, "{page}");
        assert_eq!(led.headers["location"], "/enrol", "{page}");
    }
    let secret = shown_key(&r.w.as_(&new).get("/enrol").await.expect(200).text());
    let code = renkei::auth::totp::code_at(&secret, r.w.app.unix_seconds()).expect("a code");
    let enrolled = r.w.as_(&new).form("/enrol", &[("code", &code)]).await.expect(200);
    let new = holder(browser_on(&enrolled, device_of(&new.token)));
    let me = r.w.as_(&new).get("/api/v1/me").await.expect(200).json();
    assert_eq!((&me["name"], &me["profession"]), (&json!("五十嵐 みずほ"), &json!("nurse")));
    assert_eq!(me["acting_facility"], json!(r.clinic.id));
    assert_eq!(me["roles"], json!(["staff"]));

    // The link is dead, for whomever; the admin's list is empty, and the staff's is not.
    assert!(r.w.nobody().get(&link).await.expect(410).text().contains("もう使えません"));
    r.w.nobody().form(&link, &form(&[("login_id", "another")])).await.expect(410);
    r.w.as_(&r.nurse).get(&link).await.expect(410);
    let gone = r.w.nobody().get(&link).await.text();
    assert!(!gone.contains("五十嵐") && !gone.contains("試験クリニック"), "a dead link tells nothing");
    let open = r.w.as_(&r.admin).get(&r.path()).await.expect(200).json();
    assert_eq!(open["items"], json!([]));
    assert!(r.w.as_(&r.admin).get("/facility").await.expect(200).text().contains("五十嵐 みずほ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_dies_with_its_makers_right_to_invite() {
    let r = region().await;
    let link = r.link(somebody()).await;
    let set = async |admin: bool| {
        let sql = "UPDATE care.staff SET admin = $2 WHERE account_id = $1 AND facility_id = $3";
        let changed = r.w.superuser().await.execute(sql, &[&r.admin.id, &admin, &r.clinic.id]).await;
        assert_eq!(changed.expect("a change of staff"), 1);
    };
    set(false).await;
    r.w.nobody().form(&link, &form(&[])).await.expect(410);
    assert_eq!(r.count("SELECT count(*) FROM care.account WHERE login_id = 'mizuho.igarashi'").await, 0);
    set(true).await;
    r.w.nobody().form(&link, &form(&[])).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_facilitys_admin_invites_and_the_same_client_id_is_one_invitation() {
    let r = region().await;
    let body = somebody();
    r.w.nobody().call("POST", &r.path(), body.clone()).await.expect_code(401, "not_signed_in");
    r.w.as_(&r.nurse).call("POST", &r.path(), body.clone()).await.expect_code(403, "facility_admin_only");
    r.w.as_(&r.pharmacist).call("POST", &r.path(), body.clone()).await.expect_code(404, "not_found");
    let first = r.invite(body.clone()).await.expect(201).json();
    let again = r.invite(body.clone()).await.expect(200).json();
    assert_eq!(first, again, "the link too: the first answer may have been lost");
    r.invite(with(body.clone(), "name", json!("別 の人")))
        .await
        .expect_code(409, "client_id_used_for_something_else");
    assert_eq!(r.count("SELECT count(*) FROM sec.staff_invitation").await, 1);
    let stored: Vec<u8> =
        r.w.superuser()
            .await
            .query_one("SELECT token_hash FROM sec.staff_invitation", &[])
            .await
            .unwrap()
            .get(0);
    let token = first["link"].as_str().unwrap().rsplit('/').next().unwrap();
    assert_eq!((token.len(), stored), (43, renkei::auth::token::hash(token).to_vec()));
    // Mass assignment: an unknown field is no field.
    for (field, value) in [
        ("facility_id", json!(r.pharmacy.id)),
        ("state", json!("joined")),
        ("invited_by", json!(r.nurse.id)),
        ("role", json!("facility_admin")),
    ] {
        r.invite(with(somebody(), field, value)).await.expect_code(400, "unreadable_json");
    }
    let wrong =
        r.invite(with(somebody(), "profession", json!("wizard"))).await.expect_code(422, "invalid").json();
    assert_eq!(wrong["errors"][0]["field"], "profession");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_in_cannot_make_more_of_the_invitation_than_it_is() {
    let r = region().await;
    let link = r.link(somebody()).await;
    let other = r.pharmacy.id.to_string();
    for more in [("admin", "on"), ("facility", other.as_str()), ("profession", "doctor"), ("name", "だれか")]
    {
        r.w.nobody().form(&link, &form(&[more])).await.expect(400);
    }
    r.w.nobody().form(&link, &form(&[])).await.expect(303);
    let staff = "SELECT s.admin, s.facility_id, v.profession, v.name FROM care.staff s JOIN care.account a ON a.id = s.account_id
      JOIN care.account_version v ON v.account_id = a.id WHERE a.login_id = 'mizuho.i'";
    let row = r.w.superuser().await.query_one(staff, &[]).await.expect("one tie");
    assert!(!row.get::<_, bool>(0));
    assert_eq!(row.get::<_, Uuid>(1), r.clinic.id);
    assert_eq!((row.get::<_, &str>(2), row.get::<_, &str>(3)), ("nurse", "五十嵐 みずほ"));
    // An admin is one because the admin said so.
    let admin = with(somebody(), "admin", json!(true));
    let link = r.link(with(admin, "name", json!("別 の人"))).await;
    let joined = r.w.nobody().form(&link, &form(&[("login_id", "kanri2")])).await.expect(303);
    assert_eq!(joined.headers["location"], "/enrol");
    assert_eq!(r.count("SELECT count(*) FROM care.staff WHERE admin AND state = 'active'").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_one_link_at_once_one_comes_in() {
    let r = region().await;
    let link = r.link(somebody()).await;
    let names: Vec<String> = (0..8).map(|n| format!("hitori{n}")).collect();
    let tries = names.iter().map(|name| {
        let fields: Vec<(&str, String)> = form(&[])
            .into_iter()
            .map(|(k, v)| (k, if k == "login_id" { name.clone() } else { v.to_owned() }))
            .collect();
        let (w, link) = (&r.w, &link);
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
            w.nobody().form(link, &fields).await.status.as_u16()
        }
    });
    let mut answers = futures_util::future::join_all(tries).await;
    answers.sort_unstable();
    assert_eq!(answers, [303, 410, 410, 410, 410, 410, 410, 410]);
    assert_eq!(r.count("SELECT count(*) FROM care.account WHERE login_id LIKE 'hitori%'").await, 1);
    assert_eq!(r.count("SELECT count(*) FROM sec.credential").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_die_by_time_by_the_admin_and_by_a_new_link() {
    let r = region().await;
    let body = somebody();
    let made = r.invite(body).await.expect(201).json();
    let first = made["link"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    let one = format!("{}/{}", r.path(), id_of(&made));
    r.w.as_(&r.pharmacist)
        .call("POST", &format!("{one}/link"), json!(null))
        .await
        .expect_code(404, "not_found");
    r.w.as_(&r.nurse)
        .call("POST", &format!("{one}/link"), json!(null))
        .await
        .expect_code(403, "facility_admin_only");
    r.w.nobody().get(&first).await.expect(200);
    let renewed =
        r.w.as_(&r.admin).call("POST", &format!("{one}/link"), json!(null)).await.expect(200).json();
    let second = renewed["link"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    r.w.nobody().get(&first).await.expect(404);
    r.w.nobody().get(&second).await.expect(200);

    let superuser = r.w.superuser().await;
    superuser
        .execute("UPDATE sec.staff_invitation SET expires_at = now() - interval '1 minute'", &[])
        .await
        .unwrap();
    r.w.nobody().get(&second).await.expect(410);
    r.w.nobody().form(&second, &form(&[])).await.expect(410);
    let listed = r.w.as_(&r.admin).get(&r.path()).await.expect(200).json();
    assert_eq!(listed["items"][0]["state"], "expired");

    r.w.as_(&r.pharmacist).call("DELETE", &one, json!(null)).await.expect_code(404, "not_found");
    let third = r.w.as_(&r.admin).call("POST", &format!("{one}/link"), json!(null)).await.expect(200).json();
    let third = third["link"].as_str().unwrap().strip_prefix("http://localhost:8080").unwrap().to_owned();
    r.w.nobody().get(&third).await.expect(200);
    r.w.as_(&r.admin).call("DELETE", &one, json!(null)).await.expect(204);
    r.w.as_(&r.admin).call("DELETE", &one, json!(null)).await.expect(204);
    r.w.nobody().form(&third, &form(&[])).await.expect(410);
    r.w.as_(&r.admin)
        .call("POST", &format!("{one}/link"), json!(null))
        .await
        .expect_code(409, "answered_already");
    r.w.nobody().get("/join/there-is-no-such-link").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_person_refuses_and_the_admin_sees_it() {
    let r = region().await;
    let link = r.link(somebody()).await;
    assert!(
        r.w.nobody().form(&format!("{link}/refusal"), &[]).await.expect(200).text().contains("断りました")
    );
    r.w.nobody().form(&format!("{link}/refusal"), &[]).await.expect(410);
    r.w.nobody().form(&link, &form(&[])).await.expect(410);
    let page = r.w.as_(&r.admin).get("/facility/staff/invitations").await.expect(200).text();
    assert!(page.contains("断られました") && page.contains("五十嵐 みずほ"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_address_a_link_alone_brings_nobody_in() {
    let (r, smtp) = mailing().await;
    let address = "mizuho@example.jp";
    let link = r.link(with(somebody(), "mail", json!(address))).await;
    let letter = r.letter(&smtp, address).await;
    assert!(letter.contains(&link), "the letter holds the link: {letter}");
    assert!(!letter.contains("五十嵐") && !letter.contains("試験クリニック"), "and nothing of anybody");
    let page = r.w.nobody().get(&link).await.expect(200).text();
    assert!(page.contains("m•••@example.jp") && page.contains("確認番号を送る"));

    // Passed on, the link is not enough: without the code that goes to the address nobody comes in.
    let passed_on = form(&[("mail", "somebody@example.jp"), ("code", "123456")]);
    r.w.nobody().form(&link, &passed_on).await.expect(422);
    let kept = r.w.nobody().form(&format!("{link}/code"), &form(&[("page", "new")])).await.expect(200).text();
    assert!(kept.contains("番号を送りました") && kept.contains("mizuho.i") && !kept.contains(NEW));
    r.w.nobody().form(&format!("{link}/code"), &form(&[("page", "new")])).await.expect(429);
    let letter = r.letter(&smtp, address).await;
    let code: String = letter.split("確認番号：").nth(1).expect("a code").chars().take(6).collect();
    let wrong = if code == "100000" { "100001" } else { "100000" };
    for _ in 0..4 {
        let page = r.w.nobody().form(&link, &form(&[("code", wrong)])).await.expect(422).text();
        assert!(page.contains("確認番号が違います"));
    }
    let joined =
        r.w.nobody().form(&link, &form(&[("mail", "Mizuho@example.jp"), ("code", &code)])).await.expect(303);
    assert_eq!(joined.headers["location"], "/enrol");
    let confirmed =
        "SELECT count(*) FROM sec.contact WHERE mail = 'Mizuho@example.jp' AND mail_confirmed_at IS NOT NULL";
    assert_eq!(r.count(confirmed).await, 1, "the code has shown that she reads it");
    assert_eq!(r.count("SELECT count(*) FROM sec.staff_invitation WHERE mail IS NOT NULL").await, 0);

    // Five wrong codes, and the right one is worth nothing any more.
    let other = with(with(somebody(), "name", json!("別 の人")), "mail", json!("betsu@example.jp"));
    let link = r.link(other).await;
    // Two letters that wait at once may come in either order.
    r.letter(&smtp, "betsu@example.jp").await;
    r.w.nobody().form(&format!("{link}/code"), &form(&[("page", "new")])).await.expect(200);
    let letter = r.letter(&smtp, "betsu@example.jp").await;
    let code: String = letter.split("確認番号：").nth(1).expect("a code").chars().take(6).collect();
    let wrong = if code == "100000" { "100001" } else { "100000" };
    let guesses = (0..12).map(|_| {
        let (w, link) = (&r.w, &link);
        async move {
            w.nobody().form(link, &form(&[("login_id", "betsu"), ("code", wrong)])).await.status.as_u16()
        }
    });
    assert!(futures_util::future::join_all(guesses).await.iter().all(|status| *status == 422));
    let page =
        r.w.nobody().form(&link, &form(&[("login_id", "betsu"), ("code", &code)])).await.expect(422).text();
    assert!(page.contains("もう使えません"), "{page}");
    let tries = "SELECT max(code_tries)::bigint FROM sec.staff_invitation";
    assert_eq!(r.count(tries).await, 5, "guesses at once are counted too");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_counts_when_its_link_was_opened_and_belongs_to_one_account() {
    let (r, smtp) = mailing().await;
    let change = |who: Person, mail: &'static str, password: &'static str| {
        let w = &r.w;
        async move {
            w.as_(&who)
                .form("/menu/contact", &[("mail", mail), ("phone", "03-0000-0000"), ("password", password)])
                .await
        }
    };
    let link_in = |letter: String| {
        let path = letter.split("http://localhost:8080").nth(1).expect("a link").split_whitespace().next();
        path.expect("a path").to_owned()
    };
    change(r.nurse.clone(), "first@example.jp", "wrong-wrong-wrong").await.expect(422);
    assert_eq!(r.count("SELECT count(*) FROM sec.contact").await, 0, "a refusal changes nothing");
    change(r.nurse.clone(), "first@example.jp", PASSWORD).await.expect(303);
    assert_eq!(r.count("SELECT count(*) FROM sec.contact WHERE mail_confirmed_at IS NOT NULL").await, 0);
    let first = link_in(r.letter(&smtp, "first@example.jp").await);
    // Looking confirms nothing: mail servers open links.
    r.w.nobody().get(&first).await.expect(200);
    assert_eq!(r.count("SELECT count(*) FROM sec.contact WHERE mail_confirmed_at IS NOT NULL").await, 0);
    r.w.nobody().form(&first, &[]).await.expect(200);
    r.w.nobody().form(&first, &[]).await.expect(410);
    assert_eq!(r.count("SELECT count(*) FROM sec.contact WHERE mail = 'first@example.jp' AND mail_confirmed_at IS NOT NULL").await, 1);

    // Another address: the old one is told, and stays until the new one is confirmed.
    change(r.nurse.clone(), "second@example.jp", PASSWORD).await.expect(303);
    let told = r.letter(&smtp, "first@example.jp").await;
    assert!(told.contains("申込みがありました") && !told.contains("second@example.jp"), "{told}");
    assert_eq!(r.count("SELECT count(*) FROM sec.contact WHERE mail = 'first@example.jp'").await, 1);
    let second = link_in(r.letter(&smtp, "second@example.jp").await);

    // Somebody else is faster with the same address.
    change(r.admin.clone(), "SECOND@example.jp", PASSWORD).await.expect(303);
    let theirs = link_in(r.letter(&smtp, "SECOND@example.jp").await);
    r.w.nobody().form(&theirs, &[]).await.expect(200);
    assert!(r.w.nobody().form(&second, &[]).await.expect(409).text().contains("別のアカウント"));
    let page = r.w.as_(&r.nurse).get("/menu/contact").await.expect(200).text();
    assert!(page.contains("first@example.jp") && page.contains("確認済み"), "{page}");
    r.w.nobody().get("/contact/confirm/there-is-no-such-link").await.expect(404);
}
