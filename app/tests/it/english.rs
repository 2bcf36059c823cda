//! English screens: who gets them, what stays Japanese, and that no page is left out.

use std::collections::BTreeMap;

use axum::body::Body;
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::{
        cases::{CASES, Case, Reach},
        scene::{Cast, Kind, Scene},
    },
    world::{Answer, Client, PASSWORD, World},
};

const COOKIE: &str = "__Host-renkei-language";

async fn in_english(client: &Client<'_>, path: &str) -> Answer {
    let build = |request: axum::http::request::Builder| {
        request.header("accept-language", "en-GB,en;q=0.9").body(Body::empty()).expect("a request")
    };
    client.raw(build, "GET", path).await
}

/// Pages that are Japanese documents, whoever reads them.
const DOCUMENTS: &[&str] = &[
    "/disclosure",
    "/policies",
    // The frame is English; the drawing and its table are Japanese.
    "/operator/system",
    // Both names of every word of a list stand there.
    "/operator/masters",
    // The draft of a report to the authority.
    "/operator/incidents/{incident}",
];

/// What no scene wrote and is content all the same: names that were kept, values as they are stored, what a deployment says of
/// itself, and what has to be typed in Japanese.
const KEPT: &[&str] = &[
    "（SBAR）",
    "（）",
    " 第1版",
    ">試",
    "安全管理に関する情報提供",
    "情報セキュリティ基本方針",
    "個人情報保護方針",
    "利用規約",
    "利用の誓約",
    "秘密情報取扱規程",
    "個人情報取扱規程",
    "特定個人情報（マイナンバー）の取扱い",
    "最初の版",
    "デモ用の鍵",
    "名前のない端末",
    "ご家族(",
    "Reason: 登録",
    "申請クリニック",
    "しんせい",
    "〒",
    "市1",
    "しけん はじめ",
    " 一",
    "運営の窓口",
    "連携 ",
    "月・火・水・木・金 09:00から17:00まで（祝日は休み）",
    "\"自立\"",
    "\"要支援1\"",
    "\"要支援2\"",
    "\"要介護1\"",
    "\"要介護2\"",
    "\"要介護3\"",
    "\"要介護4\"",
    "\"要介護5\"",
    "\"申請中\"",
    "名称と所在地が、公的な名簿（指定・開設の届出）と合っている",
    "公的な名簿の番号に電話して、施設からの申請だと確かめた",
    "責任者の氏名と職種を確かめた",
    "氏名 (name)",
    "ふりがな (furigana)",
    "職種 (profession)",
    "メール (email)",
    "管理者 (admin)",
    "[数 ℃]",
    "[日付]",
    "[文]",
    "[長文]",
    "“数” (number)",
    "“日付” (date)",
    "“文” (text)",
    "“長文” (long text)",
];
/// The product's own forms and drafts of policies: what they say goes into the record or into a Japanese document.
const FORMS: [&str; 12] = [
    include_str!("../../documents/policies/confidential.md"),
    include_str!("../../documents/policies/my_number.md"),
    include_str!("../../documents/policies/personal.md"),
    include_str!("../../documents/policies/pledge.md"),
    include_str!("../../documents/policies/privacy.md"),
    include_str!("../../documents/policies/security.md"),
    include_str!("../../documents/policies/terms.md"),
    include_str!("../../src/features/templates/built_in/discharge.txt"),
    include_str!("../../src/features/templates/built_in/medicine.txt"),
    include_str!("../../src/features/templates/built_in/pressure_ulcer.txt"),
    include_str!("../../src/features/templates/built_in/sbar.txt"),
    include_str!("../../src/features/templates/built_in/visit.txt"),
];

/// Whoever sees the page with something on it.
fn readers(case: &Case) -> &'static [Kind] {
    match case.reach {
        Reach::Everybody => &[Kind::Nobody],
        Reach::SignedIn => &[Kind::Host, Kind::FacilityAdmin],
        Reach::Group => &[Kind::Host, Kind::Member, Kind::FacilityAdmin],
        Reach::Operator => &[Kind::Operator],
        Reach::Desk => &[Kind::Operator, Kind::Secretariat],
        Reach::Family => &[Kind::Relative],
    }
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// What the scene wrote: content is never translated.
fn content() -> Vec<String> {
    const SOURCES: [&str; 6] = [
        include_str!("access/scene.rs"),
        include_str!("access/watched.rs"),
        include_str!("world/mod.rs"),
        include_str!("world/kin.rs"),
        include_str!("world/team.rs"),
        include_str!("access/cases.rs"),
    ];
    let texts = SOURCES.iter().flat_map(|source| source.split('"').skip(1));
    let forms = FORMS
        .iter()
        .flat_map(|form| form.split(['\n', '：', '[', ']', '/', '■', '□', ' ', '(', ')', '（', '）']));
    let mut all: Vec<String> = texts
        .flat_map(|text| text.split(['{', '}', '\n', '\\']))
        .filter(|text| text.chars().any(is_japanese) && text.chars().count() < 40)
        .chain(forms.filter(|text| text.chars().any(is_japanese)))
        .map(|text| text.trim().to_owned())
        .chain(KEPT.iter().map(|text| (*text).to_owned()))
        .collect();
    all.sort_by_key(|text| std::cmp::Reverse(text.len()));
    all.dedup();
    all
}

/// The page without what is marked as Japanese.
fn without_marked(page: &str) -> String {
    let mut out = page.to_owned();
    while let Some(at) = out.find(" lang=\"ja\"") {
        let start = out[..at].rfind('<').expect("an element");
        let name = out[start + 1..].split([' ', '>']).next().unwrap_or_default().to_owned();
        let close = format!("</{name}>");
        let end = out[at..].find(&close).map_or(out.len(), |end| at + end + close.len());
        out.replace_range(start..end, "");
    }
    out
}

/// Japanese that is neither content nor marked, with what stands around it.
fn left(page: &str, content: &[String]) -> Vec<String> {
    let mut page = without_marked(page);
    if let Some((before, rest)) = page.split_once("<script type=\"application/json\" id=\"spoken-words\">") {
        let after = rest.split_once("</script>").map_or("", |(_, after)| after);
        page = format!("{before}{after}");
    }
    for text in content {
        page = page.replace(text.as_str(), "");
    }
    let mut found = Vec::new();
    let mut rest = page.as_str();
    while let Some(at) = rest.find(is_japanese) {
        let end = rest[at..].find(['<', '"']).map_or(rest.len(), |end| at + end);
        let start = rest[..at].rfind(['<', '>', '"']).unwrap_or(0);
        let text: String = rest[start..end].chars().take(80).collect();
        // A visit record as it was posted.
        if !text.contains('■') {
            found.push(text);
        }
        rest = &rest[end..];
    }
    found
}

fn with_mail(config: &mut renkei::config::Config) {
    config.mail.host = "localhost".into();
    config.mail.from = "renkei@example.jp".into();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_says_japanese_to_who_reads_english() {
    let w = World::with(with_mail).await;
    let cast = Cast::of(&w).await;
    let scene = Scene::of(&w, &cast).await;
    let (content, mut pages) = (content(), 0);
    let mut faults: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in CASES.iter().filter(|case| case.method == "GET" && !case.path.starts_with("/api/")) {
        if DOCUMENTS.iter().any(|start| case.path.starts_with(start)) {
            continue;
        }
        for kind in readers(case) {
            let client = cast.client(&w, *kind).await;
            let answer = in_english(&client, &scene.fill(case.path)).await;
            let is_page =
                answer.headers.get("content-type").is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
            if !is_page || answer.status.is_redirection() {
                continue;
            }
            pages += 1;
            assert_eq!(answer.headers["content-language"], "en", "{}", case.path);
            let text = answer.text();
            assert!(!text.contains("<html lang=\"ja\""), "{}", case.path);
            let found = left(&text, &content);
            if !found.is_empty() {
                faults.entry(format!("{} ({})", case.path, kind.label())).or_default().extend(found);
            }
        }
    }
    assert!(pages > 150, "the walk sees pages: {pages}");
    assert!(faults.is_empty(), "{} pages: {faults:#?}", faults.len());
}

/// The papers of the deployment are Japanese and say so; the leaflet is in both, whoever prints it for whom.
#[tokio::test(flavor = "multi_thread")]
async fn a_japanese_document_says_so_and_the_leaflet_is_to_be_had_in_both() {
    let w = World::new().await;
    let said = "only its Japanese text counts";
    for path in ["/disclosure", "/disclosure/operating-rules"] {
        assert!(in_english(&w.nobody(), path).await.expect(200).text().contains(said), "{path}");
        let page = w.nobody().get(path).await.expect(200).text();
        assert!(!page.contains(said) && !page.contains("この文書は日本語です"), "{path}");
    }
    let [japanese, english] = ["これは何ですか", "What is this?"];
    let shows = |page: &str| (page.contains(japanese), page.contains(english));
    let leaflet = "/disclosure/leaflet";
    let page = in_english(&w.nobody(), leaflet).await.expect(200).text();
    assert_eq!(shows(&page), (false, true));
    assert!(page.contains("the Japanese one counts") && page.contains("language=ja"), "{page}");
    assert_eq!(shows(&w.nobody().get(leaflet).await.expect(200).text()), (true, false));
    // For a patient who reads another language than whoever prints it.
    let page = in_english(&w.nobody(), &format!("{leaflet}?language=ja")).await.expect(200).text();
    assert_eq!(shows(&page), (true, false));
    let page = w.nobody().get(&format!("{leaflet}?language=en")).await.expect(200).text();
    assert_eq!(shows(&page), (false, true));
    let file = w.nobody().get(&format!("{leaflet}?language=en&format=html")).await.expect(200);
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("leaflet.html"));
    assert!(file.text().contains("<html lang=\"en\"") && shows(&file.text()) == (false, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_is_the_browsers_until_somebody_chooses_and_then_the_accounts() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    // Nobody asks for anything: Japanese.
    let page = w.nobody().get("/sign-in").await.expect(200);
    assert_eq!(page.headers["content-language"], "ja");
    assert!(page.text().contains("<html lang=\"ja\"") && page.text().contains("サインイン"));
    // The browser's wish, and that an answer depends on it.
    let page = in_english(&w.nobody(), "/sign-in").await.expect(200);
    assert!(page.headers.get_all("vary").iter().any(|v| v.as_bytes().starts_with(b"accept-language")));
    assert!(page.text().contains("<html lang=\"en\"") && page.text().contains("Sign in"));
    // So does the app on the phone, down to what a notice says.
    let app = in_english(&w.nobody(), "/manifest.webmanifest").await.expect(200).json();
    assert_eq!((&app["name"], &app["lang"]), (&json!("Renkei"), &json!("en")));
    let worker = in_english(&w.nobody(), "/sw.js").await.expect(200).text();
    assert!(worker.contains("There is a new notification") && !worker.contains("お知らせ"), "{worker}");
    assert!(w.nobody().get("/sw.js").await.expect(200).text().contains("新しいお知らせがあります"));
    // The choice of the browser stands above its wish.
    let browser = w.browser();
    browser.form("/language", &[("language", "en"), ("back", "/sign-in")]).await.expect(303);
    assert_eq!(browser.cookie(COOKIE).as_deref(), Some("en"));
    assert!(browser.get("/sign-in").await.text().contains("<html lang=\"en\""));
    // An unknown one is refused, and nothing is kept.
    browser.form("/language", &[("language", "fr"), ("back", "/")]).await.expect(422);
    // Signed in, the account has it: another browser learns it on signing in.
    let mine = w.as_(&nurse);
    let chosen = mine.form("/language", &[("language", "en"), ("back", "/menu")]).await.expect(303);
    assert_eq!(chosen.headers["location"], "/menu");
    let another = w.browser();
    another
        .form("/sign-in", &[("login_id", "igarashi"), ("password", PASSWORD), ("next", "/")])
        .await
        .expect(303);
    let code = w.totp_now(&nurse);
    another.form("/sign-in/code", &[("code", code.as_str()), ("next", "/")]).await.expect(303);
    assert_eq!(another.cookie(COOKIE).as_deref(), Some("en"));
    assert!(another.get("/").await.expect(200).text().contains("<html lang=\"en\""));
    // Whoever comes after her on this device is not spoken to in her language.
    another.form("/sign-out", &[]).await.expect(303);
    assert_eq!(another.cookie(COOKIE), None);
    assert!(another.get("/sign-in").await.text().contains("<html lang=\"ja\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_speak_the_language_and_errors_too() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let nurse = w.staff(clinic, "igarashi", "nurse").await;
    let path = format!("/api/v1/groups/{}/posts", Uuid::new_v4());
    let said = async |language: &str| {
        let body = json!({"client_id": Uuid::new_v4(), "body": ""});
        let answer = w.as_(&nurse).call_with("POST", &path, body, &[("accept-language", language)]).await;
        (answer.headers["content-language"].to_str().expect("a code").to_owned(), answer.text())
    };
    let (japanese, english) = (said("ja").await, said("en").await);
    assert_eq!((japanese.0.as_str(), english.0.as_str()), ("ja", "en"));
    assert!(japanese.1.chars().any(is_japanese), "{}", japanese.1);
    assert!(!english.1.chars().any(is_japanese), "{}", english.1);
    let page = in_english(&w.as_(&nurse), &format!("/groups/{}", Uuid::new_v4())).await.expect(404).text();
    assert!(page.contains("<html lang=\"en\""));
    assert_eq!(left(&page, &content()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_part_of_the_record_is_the_same_in_both_languages() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    let admin = w.admin(clinic, "kanri", "clerk").await;
    let doctor = w.staff(clinic, "kuwahara", "doctor").await;
    let group = w.group(&admin, &doctor, "試験 一郎").await;
    let path = format!("/api/v1/groups/{group}/visit-records");
    let today = jiff::Timestamp::now().to_zoned(renkei::japan::zone()).date().to_string();
    let mut bodies = Vec::new();
    for language in ["ja", "en"] {
        let body = json!({"client_id": Uuid::new_v4(), "kind": "medical", "date": today, "did": "x", "plan_changed": false});
        let made = w.as_(&doctor).call_with("POST", &path, body, &[("accept-language", language)]).await;
        assert!(made.status.is_success(), "{}", made.text());
    }
    let posts = w.as_(&doctor).get(&format!("/api/v1/groups/{group}/posts")).await.expect(200).json();
    for post in posts["items"].as_array().expect("posts") {
        bodies.extend(post["body"].as_str().filter(|body| body.contains("【訪問記録】")).map(str::to_owned));
    }
    assert_eq!(bodies.len(), 2, "{posts}");
    assert_eq!(bodies[0], bodies[1]);
}
