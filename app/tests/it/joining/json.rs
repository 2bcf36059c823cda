//! The same by JSON: a list with a dry run, and what opens behind a link.

use super::*;

/// As its page's address, for programs.
fn api(link: &str) -> String {
    format!("/api/v1{link}")
}

impl Region {
    async fn by_json(&self, who: Option<&Person>, path: &str, body: Value) -> Answer {
        let client = who.map_or_else(|| self.w.nobody(), |person| self.w.as_(person));
        client.call("POST", path, body).await
    }

    async fn link_of(&self, person: &Person) -> String {
        let body = with(with(somebody(), "name", json!(person.name)), "kana", json!("べつのよみ"));
        api(&self.link(body).await)
    }

    async fn token(&self, person: &Person) -> String {
        let body = json!({"client_id": Uuid::new_v4(), "name": "試験", "scope": "both", "days": 1});
        let made = self.w.as_(person).call("POST", "/api/v1/me/tokens", body).await.expect(201).json();
        made["token"].as_str().expect("shown this once").to_owned()
    }

    async fn depart_nurse(&self) {
        let path = format!("/api/v1/facilities/{}/staff/{}/departure", self.clinic.id, self.nurse.id);
        self.by_json(Some(&self.admin), &path, json!({"client_id": Uuid::new_v4()})).await.expect(200);
    }
}

const INVITATIONS: &str = "SELECT count(*) FROM sec.staff_invitation";

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_first_and_invites_whoever_can_be_as_the_page_does() {
    let r = region().await;
    let path = format!("{}/import", r.path());
    let csv = "氏名,ふりがな,職種,ID,メール,管理者\r\n五十嵐 みずほ,いがらし みずほ,看護師,mizuho.i,,\r\n桑原 誠,くわはら まこと,魔法使い,,,\r\n見本 花子,みほん はなこ,薬剤師,,,はい\r\n";
    let body = json!({"client_id": Uuid::new_v4(), "csv": csv});
    let dry = with(body.clone(), "dry_run", json!(true));
    let read = r.by_json(Some(&r.admin), &path, dry).await.expect(200).json();
    let lines = read["lines"].as_array().expect("lines");
    assert_eq!(lines.iter().map(|l| l["line"].clone()).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(lines.iter().all(|l| l["invitation"].is_null()));
    assert_eq!((&lines[0]["errors"], &lines[2]["errors"]), (&json!([]), &json!([])));
    assert!(lines[1]["errors"][0].as_str().is_some_and(|why| why.contains("魔法使い")), "{read}");
    assert_eq!(r.count(INVITATIONS).await, 0, "a dry run makes nothing");

    let made = r.by_json(Some(&r.admin), &path, body.clone()).await.expect(200).json();
    assert_eq!(r.count(INVITATIONS).await, 2);
    assert_eq!(r.count("SELECT count(*) FROM sec.staff_invitation WHERE admin").await, 1);
    assert!(made["lines"][1]["invitation"].is_null() && made["lines"][1]["errors"][0].is_string(), "{made}");
    let again = r.by_json(Some(&r.admin), &path, body.clone()).await.expect(200).json();
    assert_eq!(again, made, "the same links");
    let link = made["lines"][0]["invitation"]["link"].as_str().expect("a link");
    let link = api(link.strip_prefix("http://localhost:8080").expect("a link to here"));
    assert_eq!(r.w.nobody().get(&link).await.expect(200).json()["login_id"], "mizuho.i");

    // The page leaves the same in the access log.
    let lines = "SELECT count(*) FROM care.access_event WHERE act = 'invited_staff' AND outcome = 'done'";
    let by_json = r.count(lines).await;
    let client = Uuid::new_v4().to_string();
    let list = csv.replace("五十嵐 みずほ", "別 一").replace("見本 花子", "別 二").replace("mizuho.i", "");
    let list = list.replace("いがらし みずほ", "べつ いち").replace("みほん はなこ", "べつ に");
    let fields = [("client_id", client.as_str()), ("list", list.as_str()), ("answer", "page")];
    r.w.as_(&r.admin).form("/facility/staff/invitations/csv/confirmation", &fields).await.expect(200);
    assert_eq!((r.count(INVITATIONS).await, r.count(lines).await), (4, 2 * by_json));

    let unread = with(body.clone(), "csv", json!(" "));
    let unread = r.by_json(Some(&r.admin), &path, unread).await.expect_code(422, "invalid").json();
    assert_eq!(unread["errors"][0]["field"], "csv");
    let other = with(body, "client_id", json!(Uuid::new_v4()));
    r.by_json(None, &path, other.clone()).await.expect_code(401, "not_signed_in");
    r.by_json(Some(&r.nurse), &path, other.clone()).await.expect_code(403, "facility_admin_only");
    r.by_json(Some(&r.pharmacist), &path, other.clone()).await.expect_code(404, "not_found");
    let token = r.token(&r.admin).await;
    r.w.with_token(&token).call("POST", &path, other).await.expect_code(403, "not_by_this_token");
    assert_eq!(r.count(INVITATIONS).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_comes_in_and_sets_up_the_second_factor_on_a_page() {
    let r = region().await;
    let link = api(&r.link(somebody()).await);
    let seen = r.w.nobody().get(&link).await.expect(200).json();
    assert_eq!((&seen["facility"], &seen["name"]), (&json!("試験クリニック"), &json!("五十嵐 みずほ")));
    assert_eq!((&seen["login_id"], &seen["code_goes_to"]), (&json!("mizuho.igarashi"), &Value::Null));
    let token = r.token(&r.nurse).await;
    r.w.with_token(&token).get(&link).await.expect_code(403, "not_by_this_token");
    let new = json!({"login_id": "Mizuho.I", "password": NEW, "phone": "090-0000-0000", "sure": true});
    let refused = [
        ("sure", json!(false), "not_sure"),
        ("password", json!("kotori"), "weak"),
        ("password", json!("試験クリニック-mado-hagi"), "weak"),
        ("login_id", json!("み"), "login_id"),
        ("login_id", json!("KANGOSHI"), "taken"),
    ];
    for (field, value, code) in refused {
        let wrong = r.by_json(None, &link, with(new.clone(), field, value)).await;
        let wrong = wrong.expect_code(422, "invalid").json();
        assert_eq!(
            (&wrong["errors"][0]["field"], &wrong["errors"][0]["code"]),
            (&json!(field), &json!(code))
        );
    }
    let unreachable = r.by_json(None, &link, with(new.clone(), "phone", json!(""))).await;
    assert_eq!(unreachable.expect_code(422, "invalid").json()["errors"][0]["code"], "unreachable");
    assert_eq!(r.count("SELECT count(*) FROM care.account WHERE login_id LIKE 'mizuho%'").await, 0);

    let joined = r.by_json(None, &link, new.clone()).await.expect(201);
    assert!(!joined.headers.contains_key("set-cookie"));
    let expected = json!({"facility_id": r.clinic.id, "facility": "試験クリニック", "login_id": "mizuho.i", "session": null});
    assert_eq!(joined.json(), expected);
    let tied = "SELECT count(*) FROM care.account a JOIN care.staff s ON s.account_id = a.id JOIN sec.contact c ON c.account_id = a.id
        WHERE a.login_id = 'mizuho.i' AND NOT s.admin AND s.state = 'active' AND c.phone = '090-0000-0000'";
    assert_eq!(r.count(tied).await, 1);
    let door = json!({"login_id": "mizuho.i", "password": NEW});
    r.by_json(None, "/api/v1/session", door).await.expect_code(403, "must_enrol");

    // The link is dead for whomever, and tells nothing; an invented one is not there.
    let account = json!({"login_id": "kangoshi", "password": PASSWORD});
    for (path, body) in [
        (link.clone(), new.clone()),
        (format!("{link}/account"), account.clone()),
        (format!("{link}/refusal"), Value::Null),
    ] {
        r.by_json(None, &path, body).await.expect_code(409, "used_or_expired");
    }
    let gone = r.w.nobody().get(&link).await.expect_code(409, "used_or_expired").text();
    assert!(!gone.contains("五十嵐") && !gone.contains("試験クリニック"), "{gone}");
    let invented = "/api/v1/join/there-is-no-such-link";
    r.w.nobody().get(invented).await.expect_code(404, "not_found");
    r.by_json(None, invented, new).await.expect_code(404, "not_found");
    r.by_json(None, &format!("{invented}/account"), account).await.expect_code(404, "not_found");
    for what in ["code", "refusal"] {
        r.by_json(None, &format!("{invented}/{what}"), Value::Null).await.expect_code(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_an_address_its_code_is_asked_for_by_json_too() {
    let (r, smtp) = mailing().await;
    let address = "mizuho@example.jp";
    let link = api(&r.link(with(somebody(), "mail", json!(address))).await);
    r.letter(&smtp, address).await;
    let seen = r.w.nobody().get(&link).await.expect(200);
    assert!(!seen.text().contains(address), "nobody learns it here");
    assert_eq!(seen.json()["code_goes_to"], "m•••@example.jp");
    let new = json!({"login_id": "mizuho.i", "password": NEW, "mail": address, "sure": true});
    let without = r.by_json(None, &link, new.clone()).await.expect_code(422, "invalid").json();
    assert_eq!(without["errors"][0]["field"], "code");
    r.by_json(None, &format!("{link}/code"), Value::Null).await.expect(204);
    let again = r.by_json(None, &format!("{link}/code"), Value::Null).await.expect_code(429, "too_many");
    assert!(again.headers.contains_key("retry-after"));
    let letter = r.letter(&smtp, address).await;
    let code: String = letter.split("確認番号：").nth(1).expect("a code").chars().take(6).collect();
    r.by_json(None, &link, with(new, "code", json!(code))).await.expect(201);
    let confirmed =
        "SELECT count(*) FROM sec.contact WHERE mail = 'mizuho@example.jp' AND mail_confirmed_at IS NOT NULL";
    assert_eq!(r.count(confirmed).await, 1, "the code has shown that she reads it");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_had_left_comes_back_with_a_session_and_guessing_is_counted() {
    let r = region().await;
    r.depart_nurse().await;
    let link = r.link_of(&r.nurse).await;
    let path = format!("{link}/account");
    let code = r.w.totp_now(&r.nurse);
    let back = json!({"login_id": "Kangoshi", "password": PASSWORD, "totp": code});
    let wrong = with(back.clone(), "password", json!("wrong-wrong-wrong"));
    r.by_json(None, &path, wrong).await.expect_code(401, "wrong_credentials");
    let wrong = with(back.clone(), "totp", json!("000000"));
    r.by_json(None, &path, wrong).await.expect_code(401, "wrong_credentials");
    let other =
        json!({"login_id": r.pharmacist.login_id, "password": PASSWORD, "totp": r.w.totp_now(&r.pharmacist)});
    r.by_json(None, &path, other).await.expect_code(409, "somebody_else");
    let joined = r.by_json(None, &path, back).await.expect(200).json();
    assert_eq!((&joined["facility_id"], &joined["login_id"]), (&json!(r.clinic.id), &json!("kangoshi")));
    let session = joined["session"]["token"].as_str().expect("a session");
    let me = r.w.with_token(session).get("/api/v1/me").await.expect(200).json();
    assert_eq!((&me["id"], &me["acting_facility"]), (&json!(r.nurse.id), &json!(r.clinic.id)));
    // The six digits opened this session, and no other one.
    let door = json!({"login_id": "kangoshi", "password": PASSWORD, "totp": code});
    r.by_json(None, "/api/v1/session", door).await.expect_code(401, "wrong_credentials");

    let path = format!("{}/account", api(&r.link(somebody()).await));
    let guess = json!({"login_id": "dare-mo-inai", "password": "wrong-wrong-wrong"});
    for _ in 0..5 {
        r.by_json(None, &path, guess.clone()).await.expect_code(401, "wrong_credentials");
    }
    r.by_json(None, &path, guess).await.expect_code(429, "too_many");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_tied_by_its_own_session_and_the_wrong_person_refuses() {
    let r = region().await;
    let path = format!("{}/tie", r.link_of(&r.pharmacist).await);
    r.by_json(None, &path, json!({})).await.expect_code(401, "not_signed_in");
    r.by_json(Some(&r.nurse), &path, json!({})).await.expect_code(409, "somebody_else");
    let token = r.token(&r.pharmacist).await;
    r.w.with_token(&token).call("POST", &path, json!({})).await.expect_code(403, "not_by_this_token");
    let sql = format!(
        "SELECT count(*) FROM care.staff WHERE account_id = '{}' AND facility_id = '{}' AND state = 'active'",
        r.pharmacist.id, r.clinic.id
    );
    assert_eq!(r.count(&sql).await, 0);
    let tied = r.by_json(Some(&r.pharmacist), &path, json!({})).await.expect(200).json();
    assert_eq!((tied["facility_id"].clone(), r.count(&sql).await), (json!(r.clinic.id), 1));
    r.by_json(Some(&r.pharmacist), &path, json!({})).await.expect_code(409, "used_or_expired");
    let again = format!("{}/tie", r.link_of(&r.pharmacist).await);
    r.by_json(Some(&r.pharmacist), &again, json!({})).await.expect_code(409, "staff_already");

    let link = api(&r.link(somebody()).await);
    r.by_json(None, &format!("{link}/refusal"), Value::Null).await.expect(204);
    r.w.nobody().get(&link).await.expect_code(409, "used_or_expired");
    let listed = r.w.as_(&r.admin).get(&r.path()).await.expect(200).json();
    assert!(listed["items"].as_array().expect("items").iter().any(|i| i["state"] == "refused"), "{listed}");
}
