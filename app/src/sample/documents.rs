//! What the sample's operator has put in writing: policies accepted by everybody, invented people, no certificates.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    Error, Result,
    app::App,
    auth::{Actor, Operator},
    features::documents::{
        policies::{self, POLICIES},
        register,
    },
};

/// Kind and fields of an entry.
type Entry = (&'static str, &'static [(&'static str, &'static str)]);

const REGISTER: &[Entry] = &[
    (
        "person",
        &[
            ("role", "final"),
            ("name", "見本 はじめ"),
            ("duty", "安全管理の全体に責任を持つ"),
            ("from", "2026-04-01"),
        ],
    ),
    (
        "person",
        &[
            ("role", "system"),
            ("name", "見本 つくる"),
            ("duty", "システムの構成、更新、鍵の管理"),
            ("from", "2026-04-01"),
        ],
    ),
    (
        "person",
        &[
            ("role", "operation"),
            ("name", "山吹 ひろ"),
            ("duty", "日々の運用、監視、バックアップの確認"),
            ("from", "2026-04-01"),
        ],
    ),
    (
        "person",
        &[
            ("role", "personal"),
            ("name", "見本 まもる"),
            ("duty", "個人情報の台帳、教育、点検、開示の求めへの対応"),
            ("from", "2026-04-01"),
        ],
    ),
    (
        "person",
        &[
            ("role", "incident"),
            ("name", "見本 いそぐ"),
            ("duty", "事故のときの指揮と、施設・監督機関への連絡"),
            ("from", "2026-04-01"),
        ],
    ),
    (
        "place",
        &[
            ("part", "service"),
            ("place", "見本県 見本市（架空のデータセンター）"),
            ("country", "jp"),
            ("keeper", "見本地域連携の会"),
        ],
    ),
    (
        "place",
        &[
            ("part", "database"),
            ("place", "見本県 見本市（架空のデータセンター）"),
            ("country", "jp"),
            ("keeper", "見本地域連携の会"),
        ],
    ),
    (
        "place",
        &[
            ("part", "files"),
            ("place", "見本県 見本市（架空のデータセンター）"),
            ("country", "jp"),
            ("keeper", "見本地域連携の会"),
        ],
    ),
    (
        "place",
        &[
            ("part", "keys"),
            ("place", "見本県 見本市（サービスと同じ機械）"),
            ("country", "jp"),
            ("keeper", "見本地域連携の会"),
        ],
    ),
    (
        "contact",
        &[
            ("what", "general"),
            ("name", "見本地域連携の会 窓口"),
            ("tel", "00-0000-0001"),
            ("mail", "madoguchi@mihon.example"),
            ("hours", "平日 9時〜17時"),
        ],
    ),
    ("contact", &[("what", "incident"), ("name", "緊急連絡"), ("tel", "00-0000-0002"), ("hours", "24時間")]),
    (
        "contact",
        &[
            ("what", "personal"),
            ("name", "個人情報の窓口"),
            ("mail", "kojin@mihon.example"),
            ("hours", "平日 9時〜17時"),
        ],
    ),
    (
        "statement",
        &[
            ("topic", "provider"),
            ("text", "見本地域連携の会（架空の団体）。見本県見本市見本町0丁目0番。代表 見本 はじめ"),
        ],
    ),
    (
        "statement",
        &[("topic", "finances"), ("text", "毎年6月に、事業報告と収支を会の掲示板で公開します（見本）。")],
    ),
    (
        "statement",
        &[
            ("topic", "divisions"),
            (
                "text",
                "事務局（契約・窓口）、運用担当（監視・更新・復元の訓練）、個人情報担当の3つです。遠隔からの操作は、運営者の画面と、登録した1台の保守用端末だけです。",
            ),
        ],
    ),
    (
        "statement",
        &[
            ("topic", "contracts"),
            ("text", "原本は事務局の施錠した書庫で保管し、鍵は最終責任者と事務局長が持ちます。"),
        ],
    ),
    (
        "statement",
        &[
            ("topic", "training"),
            (
                "text",
                "運営に関わる全員が、始めるときに守秘の誓約をし、年に1回、情報の守り方と事故の対応の教育を受けます。誓約は離れた後も続きます。",
            ),
        ],
    ),
    (
        "statement",
        &[
            ("topic", "media"),
            (
                "text",
                "媒体の持ち出しはしません。交換したディスクは、消去してから破壊し、日付と担当を台帳に残します。",
            ),
        ],
    ),
    (
        "statement",
        &[("topic", "maintenance"), ("text", "計画した停止は、14日前までに画面とメールで知らせます。")],
    ),
    (
        "statement",
        &[
            ("topic", "physical"),
            (
                "text",
                "架空のデータセンターは、入退室の記録、監視カメラ、消火設備、無停電電源を備えています（見本）。",
            ),
        ],
    ),
    (
        "statement",
        &[
            ("topic", "recovery"),
            (
                "text",
                "復旧の目標は、時間が4時間、時点が30秒前です（見本。1台の構成では、機器の交換にかかる時間が加わります）。止まったときは電話と紙の様式で続けます。",
            ),
        ],
    ),
];

/// Publishes the drafts as they are, fills the register, and lets everybody accept.
pub async fn plant(app: &App, who: &Operator, staff: &[Actor]) -> Result<()> {
    publish(app, who).await?;
    for (kind, fields) in REGISTER {
        enter(app, who, kind, fields).await?;
    }
    for person in staff {
        let mut tx = app.db.acting(person).await?;
        let due: Vec<Uuid> = policies::acts::due(&mut tx).await?.into_iter().map(|d| d.id).collect();
        tx.commit().await?;
        policies::acts::accept(app, person, &due).await?;
    }
    Ok(())
}

async fn publish(app: &App, who: &Operator) -> Result<()> {
    for policy in &POLICIES {
        let typed = policies::acts::Typed {
            title: policy.title.to_owned(),
            body: policy.starter.to_owned(),
            audience: policy.audience.to_owned(),
            must_accept: policy.code == "terms",
            effective_on: "2026-04-01".to_owned(),
            change: "最初の版".to_owned(),
        };
        policies::acts::publish(app, who, &policies::acts::NewVersion::parse(policy, 1, &typed)?).await?;
    }
    Ok(())
}

async fn enter(app: &App, who: &Operator, kind: &str, fields: &[(&str, &str)]) -> Result<()> {
    let kind = register::kind(kind).ok_or_else(|| Error::internal("an unknown kind in the sample"))?;
    let typed: BTreeMap<String, String> =
        fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let fields = register::acts::parse(kind, &typed)?;
    let save = register::acts::Save { entry: Uuid::now_v7(), n: 1, kind, fields, removed: false };
    register::acts::save(app, who, &save).await
}
