//! Search: what is found, by whom, and what is left of it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, Client, Person, World, id_of};

/// A clinic with two patients' groups and a station that helps with the first.
struct Region {
    w: World,
    admin: Person,
    host: Person,
    nurse: Person,
    stranger: Person,
    group: Uuid,
    other: Uuid,
}

async fn region() -> Region {
    region_with(|_| {}).await
}

async fn region_with(change: impl FnOnce(&mut renkei::config::Config)) -> Region {
    let w = World::with(change).await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let station = w.facility("visiting_nurse_station", "試験訪問看護").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let host = w.staff(clinic, "ishi", "doctor").await;
    let nurse = w.staff(station, "kango", "nurse").await;
    let stranger = w.staff(station, "soto", "pharmacist").await;
    let group = w.group(&admin, &host, "五十嵐 ハナ").await;
    let other = w.group(&admin, &host, "長谷川 タロウ").await;
    w.join(&host, group, &nurse).await;
    Region { w, admin, host, nurse, stranger, group, other }
}

impl Region {
    async fn post(&self, by: &Person, text: &str) -> Uuid {
        id_of(&self.w.as_(by).post(self.group, text).await.expect(201).json())
    }

    async fn find(&self, by: &Person, body: Value) -> Vec<Value> {
        search(&self.w.as_(by), body).await.expect(200).json()["items"].as_array().expect("items").clone()
    }

    /// The posts found by a word.
    async fn posts(&self, by: &Person, q: &str) -> Vec<Uuid> {
        posts(&self.find(by, json!({"q": q})).await)
    }

    async fn correct(&self, by: &Person, post: Uuid, text: &str) -> Uuid {
        let body = json!({"client_id": Uuid::new_v4(), "body": text});
        let path = format!("/api/v1/posts/{post}/corrections");
        id_of(&self.w.as_(by).call("POST", &path, body).await.expect(201).json())
    }

    async fn withdraw(&self, by: &Person, post: Uuid, reason: &str) {
        let body = json!({"client_id": Uuid::new_v4(), "reason": reason});
        self.w.as_(by).call("POST", &format!("/api/v1/posts/{post}/withdrawal"), body).await.expect(201);
    }
}

async fn search(client: &Client<'_>, body: Value) -> Answer {
    client.call("POST", "/api/v1/search", body).await
}

fn posts(items: &[Value]) -> Vec<Uuid> {
    items.iter().filter_map(|item| item["post_id"].as_str()).map(|id| id.parse().expect("an id")).collect()
}

/// The excerpt with what was found in brackets.
fn marked(item: &Value) -> String {
    let text: Vec<char> = item["excerpt"].as_str().expect("text").chars().collect();
    let place = |mark: &Value, end: &str| mark[end].as_u64().expect("a place") as usize;
    let marks: Vec<(usize, usize)> = item["marks"]
        .as_array()
        .expect("marks")
        .iter()
        .map(|mark| (place(mark, "from"), place(mark, "to")))
        .collect();
    let mut out = String::new();
    for (i, c) in text.iter().enumerate() {
        if marks.iter().any(|(from, _)| *from == i) {
            out.push('[');
        }
        out.push(*c);
        if marks.iter().any(|(_, to)| *to == i + 1) {
            out.push(']');
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn one_and_two_characters_however_they_are_typed() {
    let r = region().await;
    let first = r.post(&r.nurse, "昨夜から咳。ｶﾞｰｾﾞ交換、BP １２８/７６。").await;
    let second = r.post(&r.host, "㍻の頃からの株式会社の健診。痰なし。か\u{3099}ーせ\u{3099}は不要").await;
    for (q, found) in [
        ("咳", vec![first]),
        ("痰", vec![second]),
        ("平成", vec![second]),
        ("㍿", vec![second]),
        ("がーぜ", vec![second, first]),
        ("ガーゼ", vec![second, first]),
        ("bp", vec![first]),
        ("ＢＰ 128", vec![first]),
        ("128/76", vec![first]),
        ("昨夜 咳", vec![first]),
        ("昨夜 痰", vec![]),
        ("\"咳。ガーゼ\"", vec![first]),
        ("\"ガーゼ。咳\"", vec![]),
        ("。", vec![second, first]),
        ("せき", vec![]),
    ] {
        assert_eq!(r.posts(&r.nurse, q).await, found, "{q}");
    }
    let item = r.find(&r.nurse, json!({"q": "がーぜ"})).await[1].clone();
    assert_eq!(marked(&item), "昨夜から咳。[ｶﾞｰｾﾞ]交換、BP １２８/７６。", "as typed, and marked");
    assert_eq!((&item["group_id"], &item["kind"]), (&json!(r.group), &json!("post")));
    assert_eq!(item["author"]["id"], json!(r.nurse.id));
    assert!(item["created_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_and_face_sheets_are_found() {
    let r = region().await;
    let parts = [
        ("client_id", None, Uuid::new_v4().to_string().into_bytes()),
        ("class", None, b"other".to_vec()),
        ("file", Some("褥瘡ケア手順.txt"), b"x".to_vec()),
    ];
    let file = id_of(&r.w.as_(&r.nurse).multipart("/api/v1/files", &parts).await.expect(201).json());
    let body = json!({"client_id": Uuid::new_v4(), "body": "手順を送ります", "files": [file]});
    let path = format!("/api/v1/groups/{}/posts", r.group);
    let post = id_of(&r.w.as_(&r.nurse).call("POST", &path, body).await.expect(201).json());
    r.post(&r.nurse, "褥瘡は軽快").await;

    let found = r.find(&r.nurse, json!({"q": "じょくそう"})).await;
    assert!(found.is_empty(), "kanji are not read: {found:?}");
    assert_eq!(r.posts(&r.nurse, "褥瘡").await.len(), 2);
    let found = r.find(&r.nurse, json!({"q": "褥瘡", "kinds": ["file"]})).await;
    assert_eq!(posts(&found), [post]);
    assert_eq!((marked(&found[0]), &found[0]["kind"]), ("[褥瘡]ケア手順.txt".to_owned(), &json!("file")));
    assert_eq!(r.posts(&r.nurse, "褥瘡 送り").await, [post], "one word in the name, one in the text");
    assert_eq!(posts(&r.find(&r.nurse, json!({"q": "褥瘡", "has_files": true})).await), [post]);

    let found = r.find(&r.nurse, json!({"q": "はな"})).await;
    assert_eq!((found.len(), &found[0]["kind"]), (1, &json!("face_sheet")));
    assert_eq!((marked(&found[0]), &found[0]["post_id"]), ("五十嵐 [ハナ]".to_owned(), &Value::Null));
    assert_eq!(found[0]["group_id"], json!(r.group));
    assert!(r.find(&r.nurse, json!({"q": "タロウ"})).await.is_empty(), "not a member there");
    assert_eq!(r.find(&r.host, json!({"q": "たろう"})).await.len(), 1);
    assert!(r.find(&r.host, json!({"q": "たろう", "kinds": ["post"]})).await.is_empty());

    // The version of now: what is not there any more is not found, also after it was in memory.
    let patient = found[0]["patient_id"].as_str().expect("a patient");
    let sheet = r.w.as_(&r.host).get(&format!("/api/v1/patients/{patient}/face-sheet")).await.expect(200);
    let etag = sheet.headers["etag"].to_str().expect("text").to_owned();
    let body = json!({"fields": {"name": "五十嵐 花子", "kana": "テスト", "cautions": "嚥下に注意"}, "reason": "改名"});
    let path = format!("/api/v1/patients/{patient}/face-sheet");
    r.w.as_(&r.host).call_with("PUT", &path, body, &[("if-match", &etag)]).await.expect(200);
    assert!(r.find(&r.nurse, json!({"q": "ハナ"})).await.is_empty());
    assert_eq!(r.find(&r.nurse, json!({"q": "嚥下"})).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_pages() {
    let r = region().await;
    let nurse = r.post(&r.nurse, "咳が続く").await;
    let doctor = r.post(&r.host, "咳は軽い").await;
    let elsewhere = id_of(&r.w.as_(&r.host).post(r.other, "咳なし").await.expect(201).json());
    let find = async |body: Value| posts(&r.find(&r.host, body).await);
    assert_eq!(find(json!({"q": "咳"})).await, [elsewhere, doctor, nurse], "newest first, over all groups");
    assert_eq!(find(json!({"q": "咳", "group": r.group})).await, [doctor, nurse]);
    assert_eq!(find(json!({"q": "咳", "author": r.nurse.id})).await, [nurse]);
    assert_eq!(find(json!({"q": "咳", "profession": "nurse"})).await, [nurse]);
    assert_eq!(find(json!({"q": "咳", "facility": r.nurse.facility.id})).await, [nurse]);
    assert_eq!(find(json!({"q": "咳", "kinds": ["correction"]})).await, [] as [Uuid; 0]);
    let today =
        jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").expect("a zone")).date();
    let (yesterday, tomorrow) = (today.yesterday().expect("a day"), today.tomorrow().expect("a day"));
    assert_eq!(find(json!({"q": "咳", "from": yesterday, "to": tomorrow})).await.len(), 3);
    assert_eq!(find(json!({"q": "咳", "to": yesterday})).await.len(), 0);
    assert_eq!(find(json!({"q": "咳", "from": tomorrow})).await.len(), 0);

    let mut all = vec![elsewhere, doctor, nurse];
    for i in 0..45 {
        all.insert(0, r.post(&r.nurse, &format!("咳 {i}回目")).await);
    }
    let (mut seen, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let body = json!({"q": "咳", "cursor": cursor});
        let page = search(&r.w.as_(&r.host), body).await.expect(200).json();
        seen.extend(posts(page["items"].as_array().expect("items")));
        pages += 1;
        cursor = page["next"].clone();
        if cursor.is_null() {
            break;
        }
        // What is written meanwhile is newer than the page.
        r.post(&r.nurse, "咳 途中").await;
    }
    assert_eq!((seen, pages), (all, 3), "everything once, newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_for_is_told_and_an_invented_group_is_not_there() {
    let r = region().await;
    let client = r.w.as_(&r.nurse);
    search(&client, json!({"q": "咳", "group": r.group})).await.expect(200);
    for (body, field) in [
        (json!({"q": " "}), "q"),
        (json!({"q": "咳", "from": "あした"}), "from"),
        (json!({"q": "咳", "cursor": "zz"}), "cursor"),
        (json!({"q": "咳", "profession": "king"}), "profession"),
    ] {
        let answer = search(&client, body).await.expect_code(422, "invalid").json();
        assert_eq!(answer["errors"][0]["field"], field, "{answer}");
    }
    search(&client, json!({"q": "咳", "unknown": 1})).await.expect(400);
    search(&client, json!({"q": "咳", "group": r.other})).await.expect_code(404, "not_found");
    search(&client, json!({"q": "咳", "group": Uuid::new_v4()})).await.expect_code(404, "not_found");
    search(&r.w.as_(&r.stranger), json!({"q": "咳", "group": r.group})).await.expect_code(404, "not_found");
    search(&r.w.nobody(), json!({"q": "咳"})).await.expect_code(401, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_the_group_now_finds_nothing_whatever_is_in_memory() {
    let r = region().await;
    let post = r.post(&r.host, "夜間せん妄あり").await;
    assert_eq!(r.posts(&r.nurse, "せん妄").await, [post], "a member, and now it is in memory");
    assert_eq!(r.posts(&r.host, "せん妄").await, [post]);
    assert!(r.w.app.search.remembered() > 0);
    assert!(r.posts(&r.stranger, "せん妄").await.is_empty(), "a colleague of a member");
    assert!(r.posts(&r.admin, "せん妄").await.is_empty(), "the managing facility's admin, not a member");
    assert_eq!(r.find(&r.admin, json!({"q": "五十嵐"})).await.len(), 1, "whose face sheets these are");

    r.w.end_membership(&r.host, r.group, &r.nurse).await;
    assert!(r.posts(&r.nurse, "せん妄").await.is_empty(), "at once");
    assert!(r.find(&r.nurse, json!({"q": "五十嵐"})).await.is_empty());
    search(&r.w.as_(&r.nurse), json!({"q": "せん妄", "group": r.group})).await.expect_code(404, "not_found");

    r.w.join(&r.host, r.group, &r.nurse).await;
    assert_eq!(r.posts(&r.nurse, "せん妄").await, [post], "again a member");
    r.w.archive(&r.host, r.group).await;
    assert_eq!(r.posts(&r.nurse, "せん妄").await, [post], "archived is read-only");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_now_on_begins_where_the_membership_begins() {
    let r = region().await;
    let before = r.post(&r.host, "褥瘡 以前のこと").await;
    assert_eq!(r.posts(&r.host, "褥瘡").await, [before], "in memory");
    let body = json!({"client_id": Uuid::new_v4(), "account_id": r.stranger.id, "facility_id": r.stranger.facility.id, "role": "member", "from_now_on": true});
    let path = format!("/api/v1/groups/{}/invitations", r.group);
    let invitation = id_of(&r.w.as_(&r.host).call("POST", &path, body).await.expect(201).json());
    let body = json!({"client_id": Uuid::new_v4(), "decision": "accept"});
    let path = format!("/api/v1/invitations/{invitation}/acceptance");
    r.w.as_(&r.stranger).call("POST", &path, body).await.expect(200);
    assert!(r.posts(&r.stranger, "褥瘡").await.is_empty());
    let after = r.post(&r.host, "褥瘡 これからのこと").await;
    assert_eq!(r.posts(&r.stranger, "褥瘡").await, [after]);
    // What the late one brought into another node's memory does not hide the rest from the others.
    let node = r.w.node_with(|_| {}, crate::world::access(&r.w.database).await).await;
    let on_node = async |by: &Person| {
        let answer = search(&node.as_(by), json!({"q": "褥瘡"})).await.expect(200).json();
        posts(answer["items"].as_array().expect("items"))
    };
    assert_eq!(on_node(&r.stranger).await, [after]);
    assert_eq!(on_node(&r.host).await, [after, before]);
    assert_eq!(on_node(&r.stranger).await, [after]);
}

#[tokio::test(flavor = "multi_thread")]
async fn corrections_and_withdrawals_hold_at_once_also_for_what_is_in_memory() {
    let r = region().await;
    let wrong = r.post(&r.nurse, "インスリン 10単位 を注射").await;
    let gone = r.post(&r.nurse, "別の方の検査結果です").await;
    assert_eq!(r.posts(&r.host, "インスリン").await, [wrong]);
    assert_eq!(r.posts(&r.host, "検査結果").await, [gone]);

    let right = r.correct(&r.nurse, wrong, "インスリン 6単位 を注射").await;
    let found = r.find(&r.host, json!({"q": "インスリン"})).await;
    assert_eq!(posts(&found), [right], "the newer text alone, where it holds the word too");
    assert_eq!(found[0]["kind"], "correction");
    let found = r.find(&r.host, json!({"q": "インスリン", "kinds": ["post"]})).await;
    assert_eq!(posts(&found), [wrong], "where a filter leaves the newer text out");
    let found = r.find(&r.host, json!({"q": "10単位"})).await;
    assert_eq!((posts(&found), &found[0]["corrected_since"]), (vec![wrong], &json!(true)));
    assert_eq!(r.posts(&r.host, "6単位").await, [right]);

    r.withdraw(&r.nurse, gone, "患者を取り違えました").await;
    assert!(r.posts(&r.host, "検査結果").await.is_empty(), "the text is hidden");
    assert!(r.posts(&r.nurse, "検査結果").await.is_empty(), "from its author too");
    let found = r.find(&r.host, json!({"q": "取り違え"})).await;
    assert_eq!((posts(&found), &found[0]["withdrawn"]), (vec![gone], &json!(true)));
    assert_eq!(marked(&found[0]), "患者を[取り違え]ました");
    assert!(!found[0].to_string().contains("検査結果"));

    r.withdraw(&r.nurse, right, "重ねて誤り").await;
    assert_eq!(r.posts(&r.host, "インスリン").await, [wrong], "its correction is withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_and_a_fresh_start_find_the_same() {
    let r = region().await;
    let first = r.post(&r.host, "咳 一").await;
    assert_eq!(r.posts(&r.host, "咳").await, [first]);
    let node = r.w.node_with(|_| {}, crate::world::access(&r.w.database).await).await;
    assert_eq!(node.app.search.remembered(), 0);
    let second = id_of(&node.as_(&r.host).post(r.group, "咳 二").await.expect(201).json());
    assert_eq!(r.posts(&r.host, "咳").await, [second, first], "written through the other node");
    let answer = search(&node.as_(&r.host), json!({"q": "咳"})).await.expect(200).json();
    assert_eq!(posts(answer["items"].as_array().expect("items")), [second, first]);
}

/// No time at all, and no memory: each page brings one piece of the record in, says that it is not at the end, and the
/// next one goes on. Everything is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_cannot_finish_in_time_says_so_and_goes_on() {
    for mebibytes in [0, 64] {
        let r = region_with(|config| {
            config.search.answer_within_millis = 0;
            config.search.memory_mebibytes = mebibytes;
        })
        .await;
        let mut all = vec![r.post(&r.host, "咳 ここ").await];
        all.insert(0, id_of(&r.w.as_(&r.host).post(r.other, "咳 あちら").await.expect(201).json()));
        let (mut seen, mut cursor, mut unfinished) = (Vec::new(), Value::Null, 0);
        for _ in 0..20 {
            let page =
                search(&r.w.as_(&r.host), json!({"q": "咳", "cursor": cursor})).await.expect(200).json();
            seen.extend(posts(page["items"].as_array().expect("items")));
            unfinished += usize::from(page["unfinished"] == true);
            assert_eq!(page["unfinished"] == true, !page["next"].is_null(), "{page}");
            cursor = page["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert!(cursor.is_null(), "it comes to its end");
        assert_eq!(seen, all);
        assert!(unfinished > 0, "with {mebibytes} MiB");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_in_the_access_log_and_its_words_are_nowhere() {
    let r = region().await;
    r.post(&r.host, "せん妄あり").await;
    let patient = patient_of(&r, r.group).await;
    let before = r.w.log_of(patient).await.len();
    r.posts(&r.nurse, "せん妄").await;
    let log = r.w.log_of(patient).await;
    assert_eq!(log[before..], [("found_in_search".to_owned(), "done".to_owned())], "its text was shown");
    search(&r.w.as_(&r.nurse), json!({"q": "探しても無いことば"})).await.expect(200);
    search(&r.w.as_(&r.nurse), json!({"q": "探しても無いことば", "group": r.group})).await.expect(200);
    search(&r.w.as_(&r.stranger), json!({"q": "せん妄", "group": r.group})).await.expect(404);

    let superuser = r.w.superuser().await;
    let sql = "SELECT e.account_id, e.group_id, e.outcome, s.groups, s.found, s.complete FROM care.access_event e LEFT JOIN care.search s ON s.id = e.ref WHERE e.act = 'searched' ORDER BY e.at";
    let rows = superuser.query(sql, &[]).await.expect("the log");
    type Line = (Uuid, Option<Uuid>, String, Option<Vec<Uuid>>, Option<i32>, Option<bool>);
    let lines: Vec<Line> =
        rows.iter().map(|r| (r.get(0), r.get(1), r.get(2), r.get(3), r.get(4), r.get(5))).collect();
    let done =
        |group, found| (r.nurse.id, group, "done".to_owned(), Some(vec![r.group]), Some(found), Some(true));
    let refused = (r.stranger.id, Some(r.group), "refused".to_owned(), None, None, None);
    assert_eq!(lines, [done(None, 1), done(None, 0), done(Some(r.group), 0), refused]);

    // The acting facility's admin reads how far it went; nobody else does.
    let seen = async |by: &Person| {
        let mut tx =
            r.w.app.db.acting(&renkei::auth::Actor::from_token(&by.token)).await.expect("a transaction");
        tx.query("SELECT 1 FROM care.search", &[]).await.expect("rows").len()
    };
    let chief = r.w.admin(r.nurse.facility, "shocho", "nurse").await;
    assert_eq!((seen(&chief).await, seen(&r.admin).await, seen(&r.nurse).await), (3, 0, 0));
    let page = r.w.as_(&chief).get("/facility/access-log").await.expect(200).text();
    assert!(page.contains("ことばで探しました（1グループの中から1か所）"), "{page}");
    assert!(!page.contains("せん妄"));
    let path = format!("/api/v1/facilities/{}/access-log", r.nurse.facility.id);
    let log = r.w.as_(&chief).get(&path).await.expect(200).json();
    let searches: Vec<&Value> =
        log["items"].as_array().expect("items").iter().filter(|e| e["act"] == "searched").collect();
    assert_eq!(searches[3]["searched"], json!({"groups": [r.group], "found": 1}));
}

async fn patient_of(r: &Region, group: Uuid) -> Uuid {
    let answer = r.w.as_(&r.host).get(&format!("/api/v1/groups/{group}")).await.expect(200).json();
    answer["patient_id"].as_str().expect("a patient").parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_searched_cannot_be_written_for_groups_that_are_not_ones_own() {
    let r = region().await;
    let call = async |groups: Vec<Uuid>| {
        let mut tx =
            r.w.app.db.acting(&renkei::auth::Actor::from_token(&r.nurse.token)).await.expect("a transaction");
        let (none, shown): (Vec<Uuid>, Vec<Uuid>) = (Vec::new(), groups.clone());
        let sql = "SELECT act.searched(NULL, $1, 0, $2, $3, 0, true)";
        tx.query(sql, &[&groups, &shown, &none]).await.expect("written");
        tx.commit().await.expect("committed");
    };
    call(vec![r.group, r.other, Uuid::new_v4()]).await;
    let superuser = r.w.superuser().await;
    let row = superuser.query_one("SELECT groups FROM care.search", &[]).await.expect("one");
    assert_eq!(row.get::<_, Vec<Uuid>>(0), [r.group]);
    let log = r.w.log_of(patient_of(&r, r.other).await).await;
    assert!(!log.iter().any(|(act, _)| act == "found_in_search"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_without_script_and_puts_nothing_into_addresses() {
    let r = region().await;
    let post = r.post(&r.nurse, "ｶﾞｰｾﾞを<b>交換</b>").await;
    let client = r.w.as_(&r.nurse);
    let empty = client.get("/search").await.expect(200).text();
    assert!(empty.contains("探せるもの") && empty.contains("五十嵐 ハナ 様"), "{empty}");
    assert!(empty.contains("method=\"post\" action=\"/search\""));
    let answer = client.form("/search", &[("q", "ガーゼ")]).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let page = answer.text();
    assert!(page.contains("<mark>ｶﾞｰｾﾞ</mark>を&lt;b&gt;交換"), "{page}");
    assert!(page.contains(&format!("/groups/{}/posts/{post}#post-{post}", r.group)));
    assert!(page.contains("1件見つかりました") && page.contains("value=\"ガーゼ\""));
    assert!(!page.contains("/search?") || !page.contains("q="), "no word in an address");
    let title = page.split("<title>").nth(1).and_then(|t| t.split("</title>").next()).expect("a title");
    assert_eq!(title, "検索 | 連携");

    let nothing = client.form("/search", &[("q", "みあたらない"), ("kind", "post")]).await.expect(200).text();
    assert!(nothing.contains("見つかりませんでした") && nothing.contains("絞り込みを外す"), "{nothing}");
    let bad = client.form("/search", &[("q", ""), ("from", "2026-11-17")]).await.expect(422).text();
    assert!(bad.contains("探すことばを入れてください。") && bad.contains("value=\"2026-11-17\""), "{bad}");
    client.form("/search", &[("q", "咳"), ("kind", "nothing")]).await.expect(400);
    client.form("/search", &[("q", "咳"), ("other", "x")]).await.expect(400);
    client.get(&format!("/search?group={}", r.group)).await.expect(200);
    client.get(&format!("/search?group={}", r.other)).await.expect(404);
    client.form("/search", &[("q", "咳"), ("group", &r.other.to_string())]).await.expect(404);

    for i in 0..25 {
        r.post(&r.nurse, &format!("ガーゼ {i}")).await;
    }
    let first = client
        .form("/search", &[("q", "ガーゼ"), ("author", &r.nurse.id.to_string())])
        .await
        .expect(200)
        .text();
    assert!(first.contains("新しい順に20件（続きがあります）"));
    let cursor = hidden(&first, "cursor");
    assert_eq!(hidden(&first, "author"), r.nurse.id.to_string());
    let second = client.form("/search", &[("q", "ガーゼ"), ("cursor", &cursor)]).await.expect(200).text();
    assert!(second.contains("続きの6件（これで全部です）"), "{second}");
}

fn hidden(page: &str, name: &str) -> String {
    let from =
        page.split(&format!("type=\"hidden\" name=\"{name}\" value=\"")).nth(1).expect("a hidden field");
    from.split('"').next().expect("a value").to_owned()
}
