//! The disclosure: every heading has content, a はい is earned, and what is named as a test exists.

use std::{collections::BTreeSet, path::Path};

use jiff::Timestamp;
use renkei::{
    config::Hosting,
    features::disclosure::{
        State,
        answers::{Verdict, answers, tally},
        catalogue::{Duty, controls, risks},
        disclosure,
        operating_rules::operating_rules,
        predicates::PREDICATES,
    },
};

use crate::world::World;

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn texts(folder: &Path, ending: &str, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_none_or(|n| n != "node_modules" && n != "target") {
            texts(&path, ending, into);
        } else if path.extension().is_some_and(|e| e == ending) {
            into.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// Functions right below a `#[test]` or `#[tokio::test…]`.
fn rust_tests() -> BTreeSet<String> {
    let mut text = String::new();
    for folder in ["app/src", "app/tests", "crates"] {
        texts(&repository().join(folder), "rs", &mut text);
    }
    let mut found = BTreeSet::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            let head =
                lines.find(|l| l.contains("fn ")).and_then(|l| l.split_once("fn ")).map_or("", |(_, n)| n);
            found.insert(head.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
}

#[test]
fn every_named_test_exists() {
    let rust = rust_tests();
    assert!(
        rust.contains("every_named_test_exists") && rust.len() > 150,
        "the scan finds tests: {}",
        rust.len()
    );
    assert!(!rust.contains("rust_tests") && !rust.contains("repository"), "and nothing else");
    let mut journeys = String::new();
    texts(&repository().join("tests/browser"), "mjs", &mut journeys);
    let steps = std::fs::read_to_string(repository().join("scripts/test")).expect("scripts/test");
    let mut missing = Vec::new();
    for control in controls() {
        for test in &control.tests {
            let there = match test.split_once(':').expect("kind:name") {
                ("rust", name) => rust.contains(name),
                ("browser", title) => journeys.contains(&format!("journey(\"{title}")),
                ("step", name) => steps.contains(&format!("step_{name}() {{")),
                _ => false,
            };
            if !there {
                missing.push(format!("{}: {test}", control.n));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_backing_is_known_and_every_question_has_one() {
    let w = World::new().await;
    let state = State::gather(&w.app, Timestamp::now()).await.expect("the state");
    let numbers: Vec<u32> = controls().iter().map(|c| c.n).collect();
    assert_eq!(numbers, (1..=72).collect::<Vec<_>>());
    for c in controls() {
        let backed =
            !(c.tests.is_empty() && c.config.is_empty() && c.facts.is_empty() && c.documents.is_empty());
        assert!(backed || c.no.is_some() || c.not_applicable.is_some(), "{} has no backing", c.n);
        assert!(!c.how.is_empty() || c.no.is_some() || c.not_applicable.is_some(), "{} says nothing", c.n);
        for name in &c.config {
            assert!(PREDICATES.iter().any(|(known, _)| known == name), "{}: {name}", c.n);
        }
        for code in &c.facts {
            assert!(state.fact(code).is_some(), "{}: {code}", c.n);
        }
        for name in &c.documents {
            let why = state.document(name).expect_err("an empty deployment has no documents");
            assert!(!why.contains("という文書はありません"), "{}: {why}", c.n);
        }
    }
}

#[test]
fn every_control_has_one_duty_in_every_hosting() {
    for c in controls() {
        assert_eq!(c.duty.words(Hosting::Own), "医療機関", "{}", c.n);
        for hosting in [Hosting::Association, Hosting::Provider] {
            let expected = match c.duty {
                Duty::Provider => "事業者",
                Duty::Facility => "医療機関",
                Duty::Both => "共同",
            };
            assert_eq!(c.duty.words(hosting), expected, "{}", c.n);
        }
    }
}

#[test]
fn every_risk_leads_to_a_control_with_a_test() {
    assert!(risks().len() >= 15);
    for risk in risks() {
        let known: Vec<_> = risk.controls.iter().map(|n| controls().iter().find(|c| c.n == *n)).collect();
        assert!(known.iter().all(Option::is_some), "{} names an unknown control", risk.id);
        let tested = known.iter().flatten().any(|c| !c.tests.is_empty());
        let measured = known.iter().flatten().any(|c| !c.facts.is_empty() || !c.documents.is_empty());
        assert!(tested || (risk.duty == Duty::Both && measured), "{} rests on no test", risk.id);
        assert!(
            !risk.residual.is_empty() && (1..=3).contains(&risk.impact) && (1..=3).contains(&risk.likelihood)
        );
        assert!(
            risk.duty == Duty::Provider || !risk.facility.is_empty(),
            "{}: what does the facility do?",
            risk.id
        );
    }
}

/// The customary outline, in its order.
const HEADINGS: [&str; 22] = [
    "はじめに",
    "版数・改訂履歴",
    "1-1",
    "1-2",
    "1-3",
    "1-4",
    "2-1",
    "2-2",
    "2-3",
    "2-4",
    "2-5",
    "2-6",
    "2-7",
    "2-8",
    "2-9",
    "2-10",
    "2-11",
    "2-12",
    "2-13",
    "付録A",
    "付録B",
    "付録C",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_customary_heading_is_there_with_content_even_when_nothing_was_written_yet() {
    let w = World::new().await;
    let (paper, _) = disclosure(&State::gather(&w.app, Timestamp::now()).await.expect("the state"));
    assert_eq!(paper.empty_headings(), Vec::<&str>::new());
    let chapters: Vec<&str> = paper.headings(2).map(|(text, _)| text).collect();
    assert_eq!(chapters.len(), HEADINGS.len(), "{chapters:?}");
    for (chapter, wanted) in chapters.iter().zip(HEADINGS) {
        assert!(chapter.starts_with(wanted), "{chapter} stands where {wanted} belongs");
    }
    let sections: Vec<&str> = paper.headings(3).map(|(text, _)| text).collect();
    for wanted in
        ["(1) a 真正性", "(1) b 見読性", "(1) c 保存性", "(2) 電子署名", "(3) その他の文書", "(4) 外部保存"]
    {
        assert!(sections.contains(&wanted), "{sections:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unbacked_yes_is_a_no_and_the_backing_makes_it_a_yes() {
    let w = World::new().await;
    let clinic = w.facility("clinic", "試験クリニック").await;
    w.staff(clinic, "nurse", "nurse").await;
    let verdict = async |n: u32| {
        let state = State::gather(&w.app, Timestamp::now()).await.expect("the state");
        let a = answers(&state).into_iter().find(|a| a.control.n == n).expect("a question");
        (a.verdict, a.why)
    };
    // A document.
    assert_eq!(verdict(3).await.0, Verdict::No);
    let operator = w.operator("unei").await;
    let terms = [
        ("n", "1"),
        ("title", "利用規約"),
        ("body", "約束"),
        ("audience", "public"),
        ("effective_on", "2026-01-01"),
        ("change", "最初"),
    ];
    operator.form("/operator/policies/terms", &terms).await.expect(303);
    assert_eq!(verdict(3).await.0, Verdict::Yes);
    // A measurement, asked of the database now: a right to write makes it a no, taking it away a yes again.
    assert_eq!(verdict(19).await.0, Verdict::Yes);
    let superuser = w.superuser().await;
    superuser
        .batch_execute(
            "SELECT guard.open_window('5 minutes', 'test'); GRANT UPDATE ON care.post TO renkei_app",
        )
        .await
        .expect("granted");
    let (no, why) = verdict(19).await;
    assert!(no == Verdict::No && why.contains("役割の権利 1件"), "{why}");
    superuser.batch_execute("REVOKE UPDATE ON care.post FROM renkei_app").await.expect("revoked");
    assert_eq!(verdict(19).await.0, Verdict::Yes);
    // The configuration of a trial: neither encrypted on the way nor on two nodes, and the key is a file.
    for (n, words) in [(37, "http"), (61, "1台"), (67, "root")] {
        let (no, why) = verdict(n).await;
        assert!(no == Verdict::No && why.contains(words), "{n}: {why}");
    }
    // What nobody measures is said to be so.
    let (no, why) = verdict(64).await;
    assert!(no == Verdict::No && why.contains("まだ測っていません"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_edition_stays_as_it_was_while_the_live_page_goes_on() {
    let w = World::new().await;
    let operator = w.operator("unei").await;
    let publish = [("n", "1"), ("change", "最初の版")];
    operator.form("/operator/disclosure", &[("n", "1"), ("change", "")]).await.expect(422);
    operator.form("/operator/disclosure", &publish).await.expect(303);
    operator.form("/operator/disclosure", &publish).await.expect(422);
    let person =
        [("role", "final"), ("name", "山田 仮名"), ("duty", "全体"), ("from", "2026-04-01"), ("to", "")];
    operator.form("/operator/register/new/person", &person).await.expect(303);
    let live = w.nobody().get("/disclosure").await.expect(200).text();
    assert!(
        live.contains("山田 仮名") && live.contains("公開した最新の版: 第1版") && live.contains("最初の版")
    );
    let edition = w.nobody().get("/disclosure/editions/1").await.expect(200).text();
    assert!(!edition.contains("山田 仮名") && edition.contains("責任者は、まだ登録されていません"));
    w.nobody().get("/disclosure/editions/2").await.expect(404);
    let file = w.nobody().get("/disclosure?format=md").await.expect(200);
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("disclosure.md"));
    assert!(file.text().starts_with("# 安全管理に関する情報提供"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operating_rules_name_the_settings_of_this_deployment() {
    let w = World::with(|config| {
        config.sign_in.idle_minutes = 7;
        config.disclosure.service_name = "試験連携".into();
    })
    .await;
    let paper = operating_rules(&State::gather(&w.app, Timestamp::now()).await.expect("the state"));
    let text = paper.to_markdown();
    assert!(text.contains("操作がないと7分で画面がロック") && text.contains("試験連携を使う施設"), "{text}");
    let left: Vec<_> = text.lines().filter(|l| l.contains('{')).collect();
    assert_eq!(left, Vec::<&str>::new(), "names that nobody filled");
    let page = w.nobody().get("/disclosure/operating-rules").await.expect(200).text();
    assert!(page.contains("第18条"));
    for format in ["md", "html"] {
        w.nobody().get(&format!("/disclosure/operating-rules?format={format}")).await.expect(200);
    }
    w.nobody().get("/disclosure/leaflet").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_diagram_shows_what_is_configured_and_hosts_to_operators_alone() {
    let w = World::with(|config| {
        config.mail.host = "mail-7731.example.jp".into();
        config.mail.from = "a@example.jp".into();
    })
    .await;
    let operator = w.operator("unei").await;
    let console = operator.get("/operator/system").await.expect(200).text();
    assert!(console.contains("mail-7731.example.jp") && console.contains("<svg class=\"system\""));
    let public = w.nobody().get("/disclosure").await.expect(200).text();
    assert!(public.contains("メールの送信") && !public.contains("mail-7731"), "hosts are for operators");
    assert!(operator.get("/operator/risks").await.expect(200).text().contains("R-01"));
    let desk = operator.get("/operator/disclosure").await.expect(200).text();
    assert!(desk.contains("「いいえ」を「はい」にするには"));
    let t = tally(&answers(&State::gather(&w.app, Timestamp::now()).await.expect("the state")));
    assert_eq!(t.yes + t.no + t.not_applicable, 72);
}

/// What the schedule notes of the repository is what the disclosure says; and that some are missing is no good fact.
#[tokio::test(flavor = "multi_thread")]
async fn the_generations_that_are_kept_are_a_fact() {
    let w = World::new().await;
    let job = w.role("renkei_job").await;
    let fact = async || {
        let state = State::gather(&w.app, Timestamp::now()).await.expect("the state");
        let fact = state.fact("generations").expect("a fact").clone();
        (fact.doubt(Timestamp::now()), fact.value)
    };
    assert!(fact().await.0.is_some_and(|why| why.contains("まだ測っていません")));
    let ran = "SELECT act.note_backup_run(gen_random_uuid(), 'backup', now(), 'done', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)";
    job.query(ran, &[]).await.expect("noted");
    job.query("SELECT act.note_generations(ARRAY[now()], 0)", &[]).await.expect("noted");
    let (doubt, value) = fact().await;
    assert_eq!(doubt, None, "one generation on the first day is as it should be");
    assert!(value.is_some_and(|value| value.starts_with("そろっている世代 1（")));
    job.query("SELECT act.note_generations(ARRAY[now()], 1)", &[]).await.expect("noted");
    assert!(fact().await.0.is_some_and(|why| why.contains("欠けている世代 1")));
    job.query("SELECT act.note_generations(ARRAY[]::timestamptz[], 0)", &[]).await.expect("noted");
    assert!(fact().await.0.is_some(), "none is not as it should be");
}
