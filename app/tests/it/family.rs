//! 患者・家族: the family timeline, the third door, and the wall between it and everything of the team's.

use std::time::Duration;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    access::{
        cases::{Body as CaseBody, CASES},
        scene::{Cast, Scene},
    },
    world::{
        Client, Facility, Person, World, id_of,
        kin::{KIN_PASSWORD, Kin},
    },
};

pub struct Room {
    pub w: World,
    clinic: Facility,
    pub host: Person,
    pub nurse: Person,
    pub group: Uuid,
}

pub async fn room() -> Room {
    room_in(World::new().await).await
}

pub async fn room_in(w: World) -> Room {
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let host = w.admin(clinic, "host", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let group = w.group(&host, &host, "試験 太郎").await;
    w.join(&host, group, &nurse).await;
    Room { w, clinic, host, nurse, group }
}

pub fn family_post(body: &str) -> Value {
    json!({"client_id": Uuid::new_v4(), "timeline": "family", "body": body})
}

impl Room {
    pub fn posts(&self) -> String {
        format!("/api/v1/groups/{}/posts", self.group)
    }

    pub fn family(&self) -> String {
        format!("{}?timeline=family", self.posts())
    }

    pub fn tab(&self) -> String {
        format!("/groups/{}/family", self.group)
    }
}

/// The value of a hidden field of a page.
pub fn field(page: &str, name: &str) -> String {
    let from = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field").1;
    from.split_once('"').expect("its end").0.to_owned()
}

fn cookie(answer: &crate::world::Answer) -> String {
    answer.cookie("__Host-renkei-family").expect("the cookie")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_joins_by_a_link_that_works_once_and_sees_the_family_timeline() {
    let r = room().await;
    let host = r.w.as_(&r.host);
    host.call("POST", &r.posts(), family_post("食事は半分ほど召し上がりました。")).await.expect(201);
    // The host invites from the group's page; a mere member may not, a stranger learns nothing.
    let form = format!("{}/invitations/new", r.tab());
    let page = host.get(&form).await.expect(200).text();
    let id = field(&page, "client_id");
    let fields =
        [("client_id", id.as_str()), ("role", "family"), ("name", "試験 美香"), ("relation", "長女")];
    r.w.as_(&r.nurse).form(&form, &fields).await.expect(403);
    let stranger = r.w.staff(r.w.facility("pharmacy", "試験薬局").await, "yakkyoku", "pharmacist").await;
    r.w.as_(&stranger).form(&form, &fields).await.expect(404);
    let without = [("client_id", id.as_str()), ("role", "family"), ("name", "試験 美香"), ("relation", "")];
    let again = host.form(&form, &without).await.expect(422).text();
    assert!(again.contains("試験 美香"), "what was typed is kept");
    let sheet = host.form(&form, &fields).await.expect(200).text();
    let link_of = |page: &str| {
        page.split("/family/join/").nth(1).expect("a link").split('<').next().expect("its end").to_owned()
    };
    let link = link_of(&sheet);
    assert_eq!(
        link,
        link_of(&host.form(&form, &fields).await.expect(200).text()),
        "sent twice, one invitation"
    );
    let asking = host.get(&form).await.expect(200).text();
    assert!(asking.contains("/disclosure/leaflet"), "the paper to hand over");
    // Looking uses nothing up.
    let door = format!("/family/join/{link}");
    let nobody = r.w.nobody();
    for _ in 0..2 {
        nobody.get(&door).await.expect(200);
        let page = nobody.form(&format!("{door}/open"), &[]).await.expect(200).text();
        assert!(page.contains("試験 美香") && page.contains("長女") && page.contains("試験 太郎"));
    }
    nobody.get("/family/join/invented").await.expect(404);
    let typed = |login: &'static str, more: bool| {
        let mut all = vec![("login_id", login), ("password", KIN_PASSWORD), ("password_again", KIN_PASSWORD)];
        all.extend(more.then_some([("sure", "on"), ("promised", "on")]).into_iter().flatten());
        all
    };
    let refused = nobody.form(&door, &typed("mika", false)).await.expect(422).text();
    assert!(refused.contains("約束を 読んで") && refused.contains("value=\"mika\""));
    let taken = nobody.form(&door, &typed("host", true)).await.expect(422).text();
    assert!(taken.contains("もう 使われています"), "IDs are unique over both doors");
    let joined = nobody.form(&door, &typed("mika", true)).await.expect(303);
    nobody.form(&door, &typed("mika2", true)).await.expect(410);
    nobody.get(&door).await.expect(410);
    // Nothing opens before app authentication is set up.
    let half = r.w.kin_with(&cookie(&joined));
    half.get("/family").await.expect(303);
    let key_of = |page: &str| {
        page.split("<code>").nth(1).expect("the key").split('<').next().expect("its end").to_owned()
    };
    let key = key_of(&half.get("/family/app").await.expect(200).text());
    assert_eq!(key, key_of(&half.get("/family/app").await.expect(200).text()), "a reload shows the same");
    half.form("/family/app", &[("code", "000000")]).await.expect(422);
    let secret = data_encoding::BASE32_NOPAD.decode(key.as_bytes()).expect("Base32");
    let code = renkei::auth::totp::code_at(&secret, r.w.app.unix_seconds()).expect("a code");
    let opened = half.form("/family/app", &[("code", &code)]).await.expect(303);
    half.get("/family").await.expect(303);
    let kin = r.w.kin_with(&cookie(&opened));
    let front = kin.get("/family").await.expect(303);
    let timeline = front.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(timeline, format!("/family/{}", r.group));
    let page = kin.get(&timeline).await.expect(200).text();
    assert!(page.contains("食事は半分ほど"));
    assert!(page.contains("host 試子さんほか 1人（在宅チーム）"), "who reads stands above: {page}");
    assert!(page.contains("急ぎの ときは、電話"));
    // She writes; empty words are said so, and what she meant to answer stays.
    let id = field(&page, "client_id");
    kin.form(&timeline, &[("client_id", &id), ("body", " ")]).await.expect(422);
    let words = [("client_id", id.as_str()), ("body", "ありがとうございます。安心しました。")];
    kin.form(&timeline, &words).await.expect(303);
    kin.form(&timeline, &words).await.expect(303);
    let page = kin.get(&timeline).await.expect(200).text();
    assert_eq!(page.matches("安心しました").count(), 1, "sent twice, one post");
    kin.get("/family/account").await.expect(200);
    assert!(page.contains("だれが 読むか") && page.contains(&format!("{timeline}/readers")), "{page}");
    let readers = kin.get(&format!("{timeline}/readers")).await.expect(200).text();
    assert!(readers.contains("host 試子") && readers.contains("次の 人だけが 読みます"), "{readers}");
    // The team reads it with her name and 続柄; the membership stream tells of her.
    let tab = r.w.as_(&r.nurse).get(&r.tab()).await.expect(200).text();
    assert!(tab.contains("安心しました") && tab.contains("試験 美香") && tab.contains("長女"));
    let team = host.get(&format!("/groups/{}", r.group)).await.expect(200).text();
    assert!(team.contains("試験 美香さん（長女）が、患者・家族タイムラインに参加しました"));
    assert!(!team.contains("安心しました"), "the team's timeline is another one");
    // Signing out ends the session itself.
    kin.form("/family/sign-out", &[]).await.expect(303);
    kin.get(&timeline).await.expect(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_asks_for_all_three_and_tells_nothing() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let code = |at: u64| renkei::auth::totp::code_at(&kin.secret, at).expect("a code");
    // The step of joining is burnt: the next one counts.
    let next = code(r.w.app.unix_seconds() + 30);
    let form = |login: &str, password: &str, code: &str| {
        [("login_id", login.to_owned()), ("password", password.to_owned()), ("code", code.to_owned())]
    };
    let nobody = r.w.nobody();
    let send = async |fields: [(&'static str, String); 3]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        nobody.form("/family/sign-in", &fields).await
    };
    let opened = send(form("MIKA", KIN_PASSWORD, &next)).await.expect(303);
    r.w.kin_with(&cookie(&opened)).get(&format!("/family/{}", r.group)).await.expect(200);
    send(form("mika", KIN_PASSWORD, &next)).await.expect(401);
    let wrong = send(form("mika", "chigau-kotoba-9", "000000")).await.expect(401).text();
    let unknown = send(form("dare-ka", "chigau-kotoba-9", "000000")).await.expect(401).text();
    let main = |page: &str, login: &str| page.split_once("<main").expect("a page").1.replace(login, "");
    assert_eq!(main(&wrong, "mika"), main(&unknown, "dare-ka"), "one answer for both");
    // Neither door takes the other's people.
    send(form("host", crate::world::PASSWORD, &r.w.totp_now(&r.host))).await.expect(401);
    let staff = [("login_id", "mika"), ("password", KIN_PASSWORD), ("next", "/")];
    nobody.form("/sign-in", &staff).await.expect(401);
    // The JSON API has one way in; the ID says by which door.
    let later = code(r.w.app.unix_seconds() + 60);
    let body = |totp: Option<&str>| json!({"login_id": "mika", "password": KIN_PASSWORD, "totp": totp});
    nobody.call("POST", "/api/v1/session", body(None)).await.expect_code(401, "second_factor_required");
    let _ = later;
    let doctor =
        json!({"login_id": "host", "password": crate::world::PASSWORD, "totp": r.w.totp_now(&r.host)});
    nobody.call("POST", "/api/v1/session", doctor).await.expect(200);
    nobody.call("POST", "/api/v1/session", json!({"login_id": "mika"})).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_gives_a_relative_the_family_timeline_and_the_teams_is_404() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let patient = r.w.kin(&r.host, r.group, "taro", "patient", "試験 太郎").await;
    let (mika, host) = (r.w.as_kin(&kin), r.w.as_(&r.host));
    let me = mika.get("/api/v1/me").await.expect(200).json();
    assert_eq!(
        (&me["roles"], &me["name"], &me["facilities"]),
        (&json!(["family"]), &json!("試験 美香"), &json!([]))
    );
    assert_eq!(r.w.as_kin(&patient).get("/api/v1/me").await.expect(200).json()["roles"], json!(["patient"]));
    let groups = mika.get("/api/v1/groups").await.expect(200).json();
    assert_eq!(groups["items"][0]["id"], json!(r.group));
    assert_eq!(groups["items"][0]["my_role"], "family");
    let team = host.post(r.group, "チームだけの話").await.expect(201).json();
    let asked = host.call("POST", &r.posts(), family_post("血圧は落ち着いています")).await.expect(201).json();
    let page = mika.get(&r.family()).await.expect(200).json();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["items"][0]["author"]["name"], "host 試子");
    // Hers, idempotent, with an answer to a post of the same timeline only.
    let mut body = family_post("よかったです");
    body["reply_to"] = asked["id"].clone();
    let mine = mika.call("POST", &r.posts(), body.clone()).await.expect(201).json();
    assert_eq!(mika.call("POST", &r.posts(), body.clone()).await.expect(200).json()["id"], mine["id"]);
    body["body"] = json!("別の文");
    mika.call("POST", &r.posts(), body.clone()).await.expect(409);
    body["client_id"] = json!(Uuid::new_v4());
    body["reply_to"] = team["id"].clone();
    mika.call("POST", &r.posts(), body).await.expect(422);
    assert_eq!(
        (&mine["author"]["profession"], &mine["author"]["relation"]),
        (&json!("family"), &json!("長女"))
    );
    assert_eq!(mine["read_by"]["total"], 3, "the two of the team and the patient");
    let seen = host.get(&r.family()).await.expect(200).json();
    assert_eq!(seen["items"][0]["author"]["name"], "試験 美香");
    assert_eq!(seen["items"][0]["author"]["facility"], "");
    // 了解 and read positions.
    let post = asked["id"].as_str().unwrap();
    mika.call("PUT", &format!("/api/v1/posts/{post}/acknowledgement"), Value::Null).await.expect(204);
    let read = format!("/api/v1/groups/{}/read", r.group);
    mika.call("POST", &read, json!({"timeline": "family", "up_to_seq": 2})).await.expect(204);
    mika.call("POST", &read, json!({"timeline": "family", "up_to_seq": 99})).await.expect(422);
    let one = mika.get(&format!("/api/v1/posts/{post}")).await.expect(200).json();
    assert_eq!((&one["acknowledgements"]["count"], &one["read_by"]["count"]), (&json!(1), &json!(1)));
    // The team's timeline, whatever way it is asked for.
    let other = team["id"].as_str().unwrap();
    for path in [r.posts(), format!("{}?timeline=team", r.posts()), format!("/api/v1/posts/{other}")] {
        mika.get(&path).await.expect(404);
    }
    let to_team = json!({"client_id": Uuid::new_v4(), "body": "x"});
    mika.call("POST", &r.posts(), to_team).await.expect(404);
    mika.call("POST", &read, json!({"up_to_seq": 1})).await.expect(404);
    let path = format!("/api/v1/posts/{other}/acknowledgement");
    mika.call("PUT", &path, Value::Null).await.expect(404);
    // Another family is another world.
    let elsewhere = r.w.group(&r.host, &r.host, "試験 花子").await;
    let path = format!("/api/v1/groups/{elsewhere}/posts?timeline=family");
    host.get(&path).await.expect(200);
    mika.get(&path).await.expect(404);
    mika.get(&format!("/family/{elsewhere}")).await.expect(404);
    mika.call("DELETE", "/api/v1/session", Value::Null).await.expect(204);
    mika.get("/api/v1/me").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_may_be_on_two_timelines_and_chooses() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let second = r.w.group(&r.host, &r.host, "試験 花子").await;
    let link = r.w.kin_link(&r.host, second, "family", "試験 美香").await;
    let mika = r.w.as_kin(&kin);
    mika.get(&format!("/family/{second}")).await.expect(404);
    let page = mika.form(&format!("/family/join/{link}/open"), &[]).await.expect(200).text();
    assert!(page.contains("この ページにも 入る"));
    mika.form(&format!("/family/join/{link}/also"), &[]).await.expect(303);
    mika.form(&format!("/family/join/{link}/also"), &[]).await.expect(410);
    let choice = mika.get("/family").await.expect(200).text();
    assert!(
        choice.contains(&format!("/family/{}", r.group)) && choice.contains(&format!("/family/{second}"))
    );
    mika.get(&format!("/family/{second}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_off_is_gone_with_the_next_request_and_the_stream_closes() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let mika = r.w.as_kin(&kin);
    let mut live = Live::open(&r.w, &kin.token).await;
    r.w.as_(&r.host).call("POST", &r.posts(), family_post("こんにちは")).await.expect(201);
    assert!(live.until("post.created").await.contains(&r.group.to_string()));
    let removal = format!("{}/{}/removal", r.tab(), kin.id);
    r.w.as_(&r.nurse).get(&removal).await.expect(403);
    let page = r.w.as_(&r.host).get(&removal).await.expect(200).text();
    let id = field(&page, "client_id");
    r.w.as_(&r.host).form(&removal, &[("client_id", &id), ("reason", "")]).await.expect(422);
    mika.get(&r.family()).await.expect(200);
    let why = [("client_id", id.as_str()), ("reason", "ご本人の希望")];
    r.w.as_(&r.nurse).form(&removal, &why).await.expect(403);
    r.w.as_(&r.host).form(&removal, &why).await.expect(303);
    mika.get(&r.family()).await.expect(401);
    live.until("membership.ended").await;
    assert!(live.is_over().await, "the stream is closed");
    mika.get("/family").await.expect(303);
    // What she wrote would stay; the record tells of her going; the door does not know her any more.
    let team = r.w.as_(&r.host).get(&format!("/groups/{}", r.group)).await.expect(200).text();
    assert!(team.contains("患者・家族タイムラインから外しました。（理由: ご本人の希望）"));
    let totp = renkei::auth::totp::code_at(&kin.secret, r.w.app.unix_seconds() + 30).unwrap();
    let body = json!({"login_id": "mika", "password": KIN_PASSWORD, "totp": totp});
    r.w.nobody().call("POST", "/api/v1/session", body).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_is_taken_back_or_too_old_opens_nothing() {
    let r = room().await;
    let link = r.w.kin_link(&r.host, r.group, "family", "試験 美香").await;
    let door = format!("/family/join/{link}");
    r.w.nobody().get(&door).await.expect(200);
    let tab = r.w.as_(&r.host).get(&r.tab()).await.expect(200).text();
    let cancel = tab.split("action=\"").find(|p| p.contains("/cancellation")).expect("the form");
    let cancel = cancel.split('"').next().expect("its end");
    r.w.as_(&r.nurse).form(cancel, &[]).await.expect(403);
    r.w.as_(&r.host).form(cancel, &[]).await.expect(303);
    r.w.nobody().get(&door).await.expect(410);
    let link = r.w.kin_link(&r.host, r.group, "family", "試験 健").await;
    let door = format!("/family/join/{link}");
    r.w.nobody().get(&door).await.expect(200);
    let old = "UPDATE care.relative_invitation SET expires_at = now() WHERE state = 'open'";
    r.w.superuser().await.execute(old, &[]).await.expect("the clock runs");
    r.w.nobody().get(&door).await.expect(410);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_of_the_team_is_let_through_as_a_new_one_and_both_sides_say_so() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let (mika, nurse) = (r.w.as_kin(&kin), r.w.as_(&r.nurse));
    let secret = "家族関係が複雑なので注意。傷はきれいです。";
    let post = id_of(&r.w.as_(&r.host).post(r.group, secret).await.expect(201).json());
    let path = format!("/posts/{post}/release");
    let page = nurse.get(&path).await.expect(200).text();
    assert!(
        page.contains("傷はきれいです")
            && page.contains("試験 美香さん（長女）")
            && page.contains("1人に見せる")
    );
    let id = field(&page, "client_id");
    nurse.form(&path, &[("client_id", &id), ("words", "")]).await.expect(422);
    let words = [("client_id", id.as_str()), ("words", "傷はきれいになってきました。")];
    nurse.form(&path, &words).await.expect(303);
    nurse.form(&path, &words).await.expect(303);
    let page = mika.get(&r.family()).await.expect(200);
    assert_eq!(page.json()["items"].as_array().map(Vec::len), Some(1), "sent twice, one post");
    assert!(page.text().contains("傷はきれいになってきました") && !page.text().contains("複雑"));
    mika.get(&format!("/api/v1/posts/{post}")).await.expect(404);
    assert!(nurse.get(&path).await.expect(200).text().contains("家族のページへ書いています"));
    let tab = r.w.as_(&r.host).get(&r.tab()).await.expect(200).text();
    assert!(tab.contains("チームの投稿") && tab.contains("から見せました"));
    // A family post is no team post, and a stranger finds neither.
    let on_family = page.json()["items"][0]["id"].as_str().unwrap().to_owned();
    nurse.get(&format!("/posts/{on_family}/release")).await.expect(404);
    let stranger = r.w.staff(r.clinic, "tanin", "nurse").await;
    r.w.as_(&stranger).get(&path).await.expect(404);
    r.w.as_(&stranger).form(&path, &words).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_says_when_somebody_reads() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let path = format!("{}/hours", r.tab());
    let id = field(&r.w.as_(&r.host).get(&path).await.expect(200).text(), "id");
    let words = [("id", id.as_str()), ("words", "平日の9時から17時に読みます。")];
    r.w.as_(&r.nurse).form(&path, &words).await.expect(403);
    r.w.as_(&r.host).form(&path, &words).await.expect(303);
    let page = r.w.as_kin(&kin).get(&format!("/family/{}", r.group)).await.expect(200).text();
    assert!(page.contains("平日の9時から17時に読みます"));
}

// ---- The wall ---------------------------------------------------------------------------------------------------

/// A live stream, line by line.
pub struct Live(axum::body::Body, String);

impl Live {
    /// As the family's page opens it.
    pub async fn page(w: &World, kin: &Kin) -> Self {
        let request = Request::builder()
            .uri("/family/events")
            .header("host", "localhost:8080")
            .header("cookie", format!("__Host-renkei-family={}", kin.token))
            .body(Body::empty())
            .expect("a request");
        let mut live = Self(w.open(request).await.into_body(), String::new());
        live.until("hello").await;
        live
    }

    pub async fn open(w: &World, token: &str) -> Self {
        let request = Request::builder()
            .uri("/api/v1/events")
            .header("host", "localhost:8080")
            .header("authorization", format!("Bearer {token}"))
            .body(Body::empty())
            .expect("a request");
        let mut live = Self(w.open(request).await.into_body(), String::new());
        live.until("hello").await;
        live
    }

    /// Everything up to and with the next event of this name.
    pub async fn until(&mut self, name: &str) -> String {
        let wanted = format!("event: {name}\n");
        let found = async {
            loop {
                if let Some(at) = self.1.find(&wanted)
                    && let Some(end) = self.1[at..].find("\n\n")
                {
                    let rest = self.1.split_off(at + end + 2);
                    return std::mem::replace(&mut self.1, rest);
                }
                let frame = self.0.frame().await.expect("the stream goes on").expect("a frame");
                if let Ok(bytes) = frame.into_data() {
                    self.1.push_str(std::str::from_utf8(&bytes).expect("text"));
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found)
            .await
            .unwrap_or_else(|_| panic!("no {name}: {}", self.1))
    }

    async fn is_over(&mut self) -> bool {
        tokio::time::timeout(Duration::from_secs(20), async { while self.0.frame().await.is_some() {} })
            .await
            .is_ok()
    }
}

/// What was planted beside the timeline, and where a member finds it.
struct Everyday {
    words: Vec<&'static str>,
    pages: Vec<String>,
}

/// Words of the team's, one for each place in which people write.
struct Planted {
    words: Vec<String>,
}

impl Planted {
    async fn of(r: &Room) -> Self {
        let canary = format!("kanaria{}", Uuid::new_v4().simple());
        let word = |what: &str| format!("{canary}-{what}");
        let host = r.w.as_(&r.host);
        let post = host.post(r.group, &word("post")).await.expect(201).json();
        let id = post["id"].as_str().unwrap().to_owned();
        let reply = json!({"client_id": Uuid::new_v4(), "body": word("reply"), "reply_to": id});
        r.w.as_(&r.nurse).call("POST", &r.posts(), reply).await.expect(201);
        let correction = json!({"client_id": Uuid::new_v4(), "body": word("correction")});
        host.call("POST", &format!("/api/v1/posts/{id}/corrections"), correction).await.expect(201);
        let gone = host.post(r.group, &word("withdrawn")).await.expect(201).json();
        let reason = json!({"client_id": Uuid::new_v4(), "reason": word("reason")});
        let path = format!("/api/v1/posts/{}/withdrawal", gone["id"].as_str().unwrap());
        host.call("POST", &path, reason).await.expect(201);
        let file = [
            ("class", None, b"other".to_vec()),
            ("file", Some("kanaria-file.txt"), word("bytes").into_bytes()),
        ];
        let file = id_of(&host.multipart("/api/v1/files", &file).await.expect(201).json());
        let with = json!({"client_id": Uuid::new_v4(), "body": word("attached"), "files": [file]});
        host.call("POST", &r.posts(), with).await.expect(201);
        let group = host.get(&format!("/api/v1/groups/{}", r.group)).await.expect(200).json();
        let patient = group["patient_id"].as_str().unwrap().to_owned();
        let sheet = json!({"client_id": Uuid::new_v4(), "reason": word("why"), "fields": {"name": "試験 太郎", "cautions": word("cautions")}});
        let path = format!("/api/v1/patients/{patient}/face-sheet");
        host.call_with("PUT", &path, sheet, &[("if-match", "\"1\"")]).await.expect(200);
        let everyday = Self::of_everyday_work(r, &patient, &word).await;
        let words =
            ["post", "reply", "correction", "withdrawn", "reason", "bytes", "attached", "cautions", "why"];
        let words = words.into_iter().chain(everyday.words);
        let mut words: Vec<String> = words.map(word).collect();
        words.push("kanaria-file".into());
        // Whoever is in the team does see them: they are there to be found.
        let nurse = r.w.as_(&r.nurse);
        let mut seen = String::new();
        for path in [
            format!("/groups/{}", r.group),
            format!("/api/v1/posts/{id}"),
            format!("{}?limit=100", r.posts()),
            format!("/api/v1/posts/{}?withdrawn=show", gone["id"].as_str().unwrap()),
            format!("/patients/{patient}/face-sheet"),
            format!("/patients/{patient}/face-sheet/versions"),
            format!("/api/v1/files/{file}"),
        ]
        .into_iter()
        .chain(everyday.pages)
        {
            seen.push_str(&nurse.get(&path).await.expect(200).text());
        }
        for word in &words {
            assert!(seen.contains(word), "the nurse does not see {word}");
        }
        Self { words }
    }

    /// The same in what is written beside the timeline: tasks, visits and their records, vital signs, templates, consultations.
    async fn of_everyday_work(r: &Room, patient: &str, word: &dyn Fn(&str) -> String) -> Everyday {
        let nurse = r.w.as_(&r.nurse);
        let group = format!("/api/v1/groups/{}", r.group);
        let day = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date().to_string();
        let id = Uuid::new_v4;
        let task = json!({"client_id": id(), "what": word("task"), "due_date": day});
        let visit = json!({"client_id": id(), "kind": "nursing", "date": day, "start": "23:00", "end": "23:30", "note": word("visit")});
        let record = json!({"client_id": id(), "kind": "nursing", "date": day, "did": word("did"), "plan_changed": true, "plan": word("plan"), "cautions": word("look-out")});
        let observation = json!({"client_id": id(), "code": "8310-5", "value": 36.4, "device": word("device"), "note": word("measured")});
        let consultation = json!({"client_id": id(), "title": word("title"), "body": word("question")});
        let template = json!({"client_id": id(), "owner": "person", "name": word("template"), "content": format!("□ {}", word("content"))});
        let observations = format!("/api/v1/patients/{patient}/observations");
        for (path, body) in [
            (format!("{group}/tasks"), task),
            (format!("{group}/visits"), visit),
            (format!("{group}/visit-records"), record),
            (observations.clone(), observation),
            (format!("{group}/consultations"), consultation),
        ] {
            nurse.call("POST", &path, body).await.expect(201);
        }
        let template = id_of(&nurse.call("POST", "/api/v1/templates", template).await.expect(201).json());
        Everyday {
            words: vec![
                "task", "visit", "did", "plan", "look-out", "device", "measured", "title", "question",
                "template", "content",
            ],
            pages: vec![
                format!("/api/v1/tasks?owner=anyone&group={}", r.group),
                format!("{group}/visits"),
                format!("{group}/posts?limit=100"),
                format!("/groups/{}/visit-records", r.group),
                observations,
                format!("{group}/consultations"),
                format!("/api/v1/templates/{template}"),
            ],
        }
    }

    fn must_not_be_in(&self, text: &str, at: &str) {
        for word in &self.words {
            assert!(!text.contains(word), "{at} tells {word}");
        }
    }
}

/// Every way to carry the token: as a bearer, in the family's cookie, in the staff's, and in all at once.
fn ways<'a>(w: &'a World, kin: &Kin) -> Vec<(&'static str, Client<'a>)> {
    vec![("family", w.as_kin(kin)), ("staff", w.with_token(&kin.token))]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relative_walks_every_route_and_finds_no_word_of_the_teams() {
    let w = World::new().await;
    let cast = Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    let (host, nurse) = (cast.host.clone(), cast.member.clone());
    let r = Room { w, clinic: cast.clinic, host, nurse, group: scene.group };
    let planted = Planted::of(&r).await;
    let kin = r.w.kin_again(&cast.relative).await;
    let (mut walked, mut opened) = (0, 0);
    for case in CASES.iter().filter(|c| !c.path.contains("/session") && c.path != "/family/sign-out") {
        for (way, client) in ways(&r.w, &kin) {
            let path = scene.fill(case.path);
            let answer = match (case.body)(&scene) {
                CaseBody::None if case.method == "GET" => client.get(&path).await,
                CaseBody::None => client.call(case.method, &path, Value::Null).await,
                CaseBody::Json(body) => client.call_with(case.method, &path, body, case.headers).await,
                CaseBody::Form(fields) => {
                    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
                    client.form(&path, &fields).await
                }
                CaseBody::Multipart(fields) => client.multipart(&path, &fields).await,
            };
            let at = format!("{} {} ({way})", case.method, case.path);
            assert!(answer.status.as_u16() < 500, "{at}: {}", answer.status);
            planted.must_not_be_in(&answer.text(), &at);
            for (name, value) in &answer.headers {
                planted.must_not_be_in(&String::from_utf8_lossy(value.as_bytes()), &format!("{at} {name}"));
            }
            walked += 1;
            opened += usize::from(answer.status.is_success());
        }
    }
    assert!(walked > 600 && opened > 20, "it was a walk: {walked} requests, {opened} opened");
    // She was in all the while: what is hers opens still.
    r.w.as_kin(&kin).get(&r.family()).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_stream_says_and_shows_nothing_of_what_the_team_does() {
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let mut hers = Live::open(&r.w, &kin.token).await;
    let mut page = Live::page(&r.w, &kin).await;
    let mut nurses = Live::open(&r.w, &r.nurse.token).await;
    let host = r.w.as_(&r.host);
    // Everything that the team does with its own timeline, and the nurse hears of it.
    let post = id_of(&host.post(r.group, "チームの話").await.expect(201).json());
    nurses.until("post.created").await;
    r.w.as_(&r.nurse)
        .call("PUT", &format!("/api/v1/posts/{post}/acknowledgement"), Value::Null)
        .await
        .expect(204);
    nurses.until("post.acknowledged").await;
    let read = format!("/api/v1/groups/{}/read", r.group);
    r.w.as_(&r.nurse).call("POST", &read, json!({"up_to_seq": 1})).await.expect(204);
    nurses.until("receipt.read").await;
    let third = r.w.staff(r.clinic, "third", "nurse").await;
    r.w.join(&r.host, r.group, &third).await;
    nurses.until("member.joined").await;
    // Then one thing on the family's: it is the first that she hears, of anything.
    host.call("POST", &r.posts(), family_post("ご家族へ")).await.expect(201);
    let heard = hers.until("post.created").await;
    assert_eq!(heard.matches("event:").count(), 1, "{heard}");
    assert!(heard.contains("\"timeline\":\"family\""), "{heard}");
    assert!(!heard.contains(&post.to_string()));
    // The stream of her page says the same, as often and no sooner: nothing at all before it.
    let shown = page.until("post.created").await;
    assert_eq!((shown.matches("event:").count(), shown.matches("data:").count()), (1, 1), "{shown}");
    assert!(shown.contains("\"timeline\":\"family\"") && !shown.contains(&post.to_string()), "{shown}");
    // Nor do the ids count: those of the nurse are a cursor, hers are sealed and tell nothing, and resume all the same.
    let id = heard.split("id: ").nth(1).expect("an id").lines().next().expect("a line").to_owned();
    assert!(!id.contains('.') && id.len() > 60, "{id}");
    host.call("POST", &r.posts(), family_post("もうひとつ")).await.expect(201);
    host.post(r.group, "チームの話の続き").await.expect(201);
    let request = Request::builder()
        .uri(format!("/api/v1/events?after={id}"))
        .header("host", "localhost:8080")
        .header("authorization", format!("Bearer {}", kin.token))
        .body(Body::empty())
        .expect("a request");
    let mut again = Live(r.w.open(request).await.into_body(), String::new());
    let missed = again.until("post.created").await;
    assert!(missed.contains("\"timeline\":\"family\"") && !missed.contains("\"team\""), "{missed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_behind_the_familys_door_reads_no_row_and_the_service_reads_none_for_her() {
    let r = room().await;
    Planted::of(&r).await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let tables = "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('care', 'sec', 'guard') AND c.relkind IN ('r', 'p', 'v')";
    let tables: Vec<String> =
        r.w.superuser()
            .await
            .query(tables, &[])
            .await
            .expect("the catalogue")
            .iter()
            .map(|row| row.get(0))
            .collect();
    let family = r.w.role("renkei_family").await;
    for table in &tables {
        let refused = family.query(&format!("SELECT 1 FROM {table}"), &[]).await.expect_err(table);
        assert_eq!(refused.code().expect("a refusal").code(), "42501", "{table}");
    }
    // With her token: the family timeline, and no other function of the product.
    let hash = renkei::auth::token::hash(&kin.token);
    let groups = family.query("SELECT * FROM fam.groups($1)", &[&hash.as_slice()]).await.expect("hers");
    assert_eq!(groups.len(), 1);
    for sql in [
        "SELECT sec.open($1, false)",
        "SELECT sec.open_operator($1)",
        "SELECT act.viewer()",
        "SELECT op.me()",
    ] {
        assert!(
            family.query(sql, &[&hash.as_slice()]).await.is_err() && family.query(sql, &[]).await.is_err(),
            "{sql}"
        );
    }
    // The service's role opens nothing for it either: no context, no row.
    let app = r.w.role("renkei_app").await;
    let nurse = renkei::auth::token::hash(&r.nurse.token);
    app.query("SELECT sec.open($1, false)", &[&nurse.as_slice()]).await.expect("the nurse's opens");
    let refused =
        app.query("SELECT sec.open($1, false)", &[&hash.as_slice()]).await.expect_err("hers does not");
    assert_eq!(refused.code().expect("a refusal").code(), "RK401");
    // And a nurse's session opens nothing at the family's door, member of the group or not.
    let refused =
        family.query("SELECT * FROM fam.groups($1)", &[&nurse.as_slice()]).await.expect_err("hers alone");
    assert_eq!(refused.code().expect("a refusal").code(), "RK401");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_group_is_for_reading_and_a_stopped_service_is_shut() {
    use renkei::{features::service_modes::acts, service::ServiceMode};
    let r = room().await;
    let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
    let mika = r.w.as_kin(&kin);
    mika.call("POST", &r.posts(), family_post("はじめまして")).await.expect(201);
    let set = async |mode| {
        let now = jiff::Timestamp::now();
        let change = acts::Change::checked(None, mode, "試験のため", None, now).expect("a change");
        acts::set_from_command(&r.w.app, &change).await.expect("set");
    };
    set(ServiceMode::ReadOnly).await;
    mika.get(&r.family()).await.expect(200);
    mika.call("POST", &r.posts(), family_post("x")).await.expect_code(503, "read_only");
    set(ServiceMode::Stopped).await;
    mika.get(&r.family()).await.expect(503);
    set(ServiceMode::Normal).await;
    let body = json!({"client_id": Uuid::new_v4(), "archived": true, "reason": "試験"});
    r.w.as_(&r.host).call("PUT", &format!("/api/v1/groups/{}/archive", r.group), body).await.expect(200);
    assert!(mika.get(&r.family()).await.expect(200).text().contains("はじめまして"));
    mika.call("POST", &r.posts(), family_post("x")).await.expect(409);
}

/// The number at which a membership begins is one of the team's timeline; the family's has numbers of its own.
#[tokio::test]
async fn a_member_from_now_on_reads_what_the_family_writes_since_and_nothing_before() {
    for (team, family) in [(5, 2), (1, 4)] {
        let r = room().await;
        let kin = r.w.kin(&r.host, r.group, "mika", "family", "試験 美香").await;
        let (mika, host) = (r.w.as_kin(&kin), r.w.as_(&r.host));
        for n in 0..team {
            host.post(r.group, &format!("チームの{n}")).await.expect(201);
        }
        for n in 0..family {
            mika.call("POST", &r.posts(), family_post(&format!("家族の{n}"))).await.expect(201);
        }
        let late = r.w.staff(r.clinic, "atokara", "nurse").await;
        let body = json!({"client_id": Uuid::new_v4(), "account_id": late.id, "facility_id": late.facility.id, "role": "member", "from_now_on": true});
        let invitation = id_of(
            &host
                .call("POST", &format!("/api/v1/groups/{}/invitations", r.group), body)
                .await
                .expect(201)
                .json(),
        );
        let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
        let her = r.w.as_(&late);
        her.call("POST", &format!("/api/v1/invitations/{invitation}/acceptance"), body).await.expect(200);
        assert_eq!(her.get(&r.family()).await.expect(200).json()["items"], json!([]), "{team} and {family}");
        let earlier = host.get(&r.family()).await.expect(200).json();
        let earlier = earlier["items"][0]["id"].as_str().expect("the host sees them").to_owned();
        her.get(&format!("/api/v1/posts/{earlier}")).await.expect(404);

        mika.call("POST", &r.posts(), family_post("母が転びました")).await.expect(201);
        let seen = her.get(&r.family()).await.expect(200).json();
        let bodies: Vec<_> =
            seen["items"].as_array().expect("a page").iter().map(|p| p["body"].clone()).collect();
        assert_eq!(bodies, [json!("母が転びました")], "{team} and {family}");
        let found = her.call("POST", "/api/v1/search", json!({"q": "転び"})).await.expect(200).text();
        assert!(found.contains("母が転びました"), "{found}");
        assert!(
            !her.call("POST", "/api/v1/search", json!({"q": "家族の"}))
                .await
                .expect(200)
                .text()
                .contains("家族の0")
        );
    }
}
