//! What a person and the facility's admins are told about signing in, and "that was not me".

use renkei::{auth::totp, config::Security, features::sign_in_notices};
use serde_json::json;

use crate::{
    recovery::{reachable, work},
    world::{PASSWORD, Person, World, smtp::Smtp},
};

async fn kinds(w: &World, person: &Person) -> Vec<String> {
    let sql = "SELECT kind FROM sec.sign_in_notice WHERE account_id = $1 ORDER BY at";
    let rows = w.superuser().await.query(sql, &[&person.id]).await.expect("the notices");
    rows.iter().map(|r| r.get(0)).collect()
}

async fn wrong(w: &World, login: &str) {
    let body = json!({"login_id": login, "password": "not-the-password"});
    w.nobody().call("POST", "/api/v1/session", body).await.expect_code(401, "wrong_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_is_told_to_the_person_by_letter_and_to_the_admin_in_the_list() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let elsewhere = w.facility("pharmacy", "試験薬局").await;
    let (admin, nurse) =
        (w.admin(clinic, "kanri", "clerk").await, w.staff(clinic, "igarashi", "nurse").await);
    let stranger = w.admin(elsewhere, "yakkyoku", "pharmacist").await;
    reachable(&w, &nurse).await;
    reachable(&w, &admin).await;
    assert!(kinds(&w, &nurse).await.is_empty(), "the first device of all is no news");

    let code = w.totp_now(&nurse);
    let body = json!({"login_id": "igarashi", "password": PASSWORD, "totp": code});
    w.nobody().call("POST", "/api/v1/session", body).await.expect(200);
    assert_eq!(kinds(&w, &nurse).await, ["new_device"]);
    work(&w).await;
    work(&w).await;
    let letters = smtp.letters();
    assert_eq!(letters.len(), 1, "one letter, however often the job runs; none to the admin");
    assert_eq!(letters[0].to, "igarashi@example.jp");
    let text = letters[0].text();
    assert!(text.contains("新しい端末") && text.contains("http://localhost:8080/menu/security"), "{text}");
    assert!(!text.contains("igarashi") && !text.contains("試験クリニック"));

    // It counts among the notices until it is seen.
    let counted = |page: &str| page.contains("まだ見ていないものが1件");
    assert!(counted(&w.as_(&nurse).get("/notices").await.expect(200).text()));
    let page = w.as_(&nurse).get("/menu/security").await.expect(200).text();
    assert!(page.contains("新しい端末からサインイン") && page.contains("新着"));
    assert!(!counted(&w.as_(&nurse).get("/notices").await.expect(200).text()));
    let seen = w.as_(&nurse).get("/menu/security").await.expect(200).text();
    assert!(seen.contains("新しい端末からサインイン") && !seen.contains("新着"));

    let list = w.as_(&admin).get("/facility/security").await.expect(200).text();
    assert!(list.contains("igarashi 試子") && list.contains("新しい端末からサインイン"));
    let other = w.as_(&stranger).get("/facility/security").await.expect(200).text();
    assert!(!other.contains("igarashi"), "not of this facility");
    w.as_(&nurse).get("/facility/security").await.expect(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_failures_are_told_once_an_hour_to_the_person_and_to_the_admin() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) =
        (w.admin(clinic, "kanri", "clerk").await, w.staff(clinic, "igarashi", "nurse").await);
    reachable(&w, &nurse).await;
    reachable(&w, &admin).await;
    for _ in 0..4 {
        wrong(&w, "igarashi").await;
    }
    assert_eq!(sign_in_notices::tell_of_failures(&w.app).await.expect("a look"), 0, "four are nothing");
    wrong(&w, "igarashi").await;
    for _ in 0..5 {
        wrong(&w, "nobody-here").await;
    }
    assert_eq!(sign_in_notices::tell_of_failures(&w.app).await.expect("a look"), 1);
    assert_eq!(sign_in_notices::tell_of_failures(&w.app).await.expect("a look"), 0, "once an hour");
    work(&w).await;
    let mut to: Vec<_> = smtp.letters().into_iter().map(|l| l.to).collect();
    to.sort();
    assert_eq!(to, ["igarashi@example.jp", "kanri@example.jp"]);
    // An hour later failures count anew.
    let superuser = w.superuser().await;
    superuser.batch_execute("UPDATE sec.sign_in_notice SET at = at - interval '61 minutes'").await.unwrap();
    assert_eq!(sign_in_notices::tell_of_failures(&w.app).await.expect("a look"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_was_not_me_shuts_the_account_until_a_new_password_is_made() {
    let smtp = Smtp::start(None).await;
    let w = World::with(smtp.carries(Security::None)).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let (admin, nurse) =
        (w.admin(clinic, "kanri", "clerk").await, w.staff(clinic, "igarashi", "nurse").await);
    let colleague = w.staff(clinic, "other", "nurse").await;
    reachable(&w, &nurse).await;
    reachable(&w, &admin).await;
    let sign_in = async |password: &str, totp: &str| {
        let body = json!({"login_id": "igarashi", "password": password, "totp": totp});
        w.nobody().call("POST", "/api/v1/session", body).await
    };
    // Somebody else who has both signs in, and is seen.
    let thief = sign_in(PASSWORD, &w.totp_now(&nurse)).await.expect(200).json();
    let thief = Person { token: thief["token"].as_str().expect("a token").to_owned(), ..nurse.clone() };
    w.as_(&thief).get("/api/v1/me").await.expect(200);
    let sql = "SELECT id FROM sec.sign_in_notice WHERE account_id = $1 AND kind = 'new_device'";
    let notice: uuid::Uuid = w.superuser().await.query_one(sql, &[&nurse.id]).await.expect("a notice").get(0);
    let path = format!("/menu/security/{notice}/not-me");
    assert!(w.as_(&nurse).get(&path).await.expect(200).text().contains("すべての端末から"));
    w.as_(&colleague).get(&path).await.expect(404);
    w.as_(&colleague).form(&path, &[]).await.expect(404);
    w.as_(&thief).get("/api/v1/me").await.expect(200);

    w.as_(&nurse).form(&path, &[]).await.expect(303);
    w.as_(&thief).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    w.as_(&nurse).get("/api/v1/me").await.expect_code(401, "not_signed_in");
    let unburn = "UPDATE sec.credential SET totp_last_step = 0";
    w.superuser().await.batch_execute(unburn).await.expect("a next code");
    sign_in(PASSWORD, &w.totp_now(&nurse)).await.expect_code(401, "wrong_credentials");
    work(&w).await;
    let to_admin = smtp.letters().into_iter().filter(|l| l.to.starts_with("kanri")).count();
    assert_eq!(to_admin, 1);
    assert!(w.as_(&admin).get("/facility/security").await.expect(200).text().contains("私ではない"));

    // The letter's way leads back in, and not with the password that was known.
    w.nobody().form("/forgotten", &[("login_id", "igarashi")]).await.expect(303);
    work(&w).await;
    let letter = smtp.letters().into_iter().rfind(|l| l.text().contains("/forgotten/")).expect("a letter");
    let text = letter.text();
    let link = text.lines().find_map(|l| l.strip_prefix("http://localhost:8080")).expect("a link").to_owned();
    let code = totp::code_at(&nurse.secret, w.app.unix_seconds()).expect("a code");
    let fields = |new: &'static str| {
        [("code", code.clone()), ("new_password", new.to_owned()), ("new_password_again", new.to_owned())]
    };
    let send = async |new: &'static str| {
        let fields = fields(new);
        let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        w.nobody().form(&link, &fields).await
    };
    assert!(send(PASSWORD).await.expect(422).text().contains("前に使った"));
    send("tsuki-mado-9-hagi").await.expect(200);
    w.superuser().await.batch_execute(unburn).await.expect("a next code");
    sign_in("tsuki-mado-9-hagi", &w.totp_now(&nurse)).await.expect(200);
}
