//! The sheet says what was measured, and no without a doubt where something is missing.

use jiff::Timestamp;
use tls_profile::{Answer, Facts, Front, Pair, Profile, Sheet, Version};

use crate::made::{NAME, key, leaf, private, server};

fn facts() -> Facts {
    let key = key("p256");
    Pair::check(vec![leaf(&key, |_| {})], private(&key), &[NAME.to_owned()], Timestamp::now()).unwrap().facts
}

fn answer(sheet: &Sheet, item: &str) -> (Answer, String) {
    let row = sheet.rows.iter().find(|r| r.item.contains(item)).unwrap_or_else(|| panic!("no item {item}"));
    (row.answer, row.measured.clone())
}

#[test]
fn a_whole_front_has_no_no() {
    let (config, facts) = (server(&Profile::new(Version::Tls12), "p256"), facts());
    let front = Front {
        server: Some(&config),
        certificate: Some(&facts),
        terminated_by: "",
        hsts: Some(63_072_000),
        client_certificates: true,
        post_quantum_reason: "",
        outbound: Profile::default(),
        database: ("同じ機械のソケット", true),
        now: Timestamp::now(),
    };
    let sheet = Sheet::fill(&front);
    assert!(sheet.holds(), "{}", sheet.text());
    let twelve = answer(&sheet, "TLS 1.2 の暗号スイート").1;
    assert!(
        twelve.contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384") && !twelve.contains("CBC"),
        "{twelve}"
    );
    assert_eq!(answer(&sheet, "鍵交換が128ビット").1, "P-256、P-384、X25519");
    assert!(serde_json::to_string(&sheet).unwrap().contains("\"answer\":\"はい\""));

    let short = Sheet::fill(&Front { hsts: Some(86_400), client_certificates: false, ..front });
    assert_eq!(answer(&short, "HSTS").0, Answer::No);
    assert_eq!(answer(&short, "クライアント証明書").0, Answer::No);
    let late = Sheet::fill(&Front {
        now: "2999-01-01T00:00:00Z".parse().unwrap(),
        certificate: Some(&Facts { not_after: Timestamp::now(), ..facts.clone() }),
        ..front
    });
    assert_eq!(answer(&late, "有効期間内").0, Answer::No);
}

#[test]
fn a_hybrid_without_a_reason_is_a_no() {
    let config = server(&Profile { post_quantum: true, ..Profile::default() }, "p256");
    let front = Front {
        server: Some(&config),
        certificate: None,
        terminated_by: "",
        hsts: None,
        client_certificates: false,
        post_quantum_reason: "",
        outbound: Profile::default(),
        database: ("", false),
        now: Timestamp::now(),
    };
    assert_eq!(answer(&Sheet::fill(&front), "耐量子").0, Answer::No);
    let reasoned = Sheet::fill(&Front { post_quantum_reason: "長期保存する記録のため", ..front });
    assert_eq!(answer(&reasoned, "耐量子").0, Answer::Yes);
    assert_eq!(answer(&reasoned, "耐量子").1, "X25519MLKEM768 を使う。理由: 長期保存する記録のため");
    let elsewhere = Sheet::fill(&Front { server: None, ..front });
    assert!(!elsewhere.holds() && elsewhere.text().contains("測れません"));
}
