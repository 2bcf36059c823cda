//! The register of the organisation: facts that only its people know, each with a date and its history.

pub mod acts;
pub mod routes;
pub mod views;

use crate::words::t;

/// What a field of an entry takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Line,
    Text,
    Date,
    /// Code and words.
    One(&'static [(&'static str, &'static str)]),
}

/// One field of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub code: &'static str,
    pub label: &'static str,
    pub takes: Takes,
    pub required: bool,
}

/// A kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub code: &'static str,
    pub title: &'static str,
    /// One line on what belongs here.
    pub what: &'static str,
    pub fields: &'static [Field],
}

const fn must(code: &'static str, label: &'static str, takes: Takes) -> Field {
    Field { code, label, takes, required: true }
}

const fn may(code: &'static str, label: &'static str, takes: Takes) -> Field {
    Field { code, label, takes, required: false }
}

/// Roles of responsible people.
pub const ROLES: &[(&str, &str)] = &[
    ("final", "最終責任者"),
    ("system", "システム管理責任者"),
    ("operation", "運用責任者"),
    ("personal", "個人情報管理責任者"),
    ("incident", "事故対応責任者"),
];

/// Certificates and examinations.
pub const CERTIFICATES: &[(&str, &str)] = &[
    ("p_mark", "プライバシーマーク"),
    ("iso_27001", "ISO/IEC 27001"),
    ("iso_27017", "ISO/IEC 27017"),
    ("audit", "第三者による監査"),
    ("penetration", "脆弱性の診断"),
    ("self_check", "自己点検"),
];

/// Parts of a deployment that stand somewhere. The codes are those of the system diagram.
pub const PARTS: &[(&str, &str)] = &[
    ("front", "入口（プロキシ・WAF）"),
    ("service", "サービスのサーバー"),
    ("database", "データベースのサーバー"),
    ("files", "ファイルの置き場"),
    ("keys", "鍵の置き場"),
    ("backup", "バックアップの置き場"),
    ("vault", "バックアップの保管庫"),
    ("office", "運営者の事務所"),
];

/// What the operator says in its own words, by heading of the disclosure.
pub const TOPICS: &[(&str, &str)] = &[
    ("provider", "事業者の名称・所在地・代表者"),
    ("finances", "1-4 経営の健全性（財務の公開場所）"),
    ("divisions", "2-5 提供に関わる部門と役割"),
    ("contracts", "2-6 契約書・マニュアルの管理"),
    ("training", "従業者の教育と守秘"),
    ("physical", "設置場所の入退室・防災・電源"),
    ("media", "2-8 媒体の管理"),
    ("explanation", "2-9 患者などへの説明への協力"),
    ("maintenance", "計画停止の知らせ方"),
    ("recovery", "復旧の目標（時間・時点）と事業継続の計画"),
];

const COUNTRIES: &[(&str, &str)] = &[("jp", "日本国内"), ("other", "日本国外")];

use Takes::{Date, Line, One, Text};

pub const KINDS: [Kind; 6] = [
    Kind {
        code: "person",
        title: "責任者",
        what: "役割ごとに、だれが、いつからいつまで",
        fields: &[
            must("role", "役割", One(ROLES)),
            must("name", "氏名", Line),
            must("duty", "職務", Text),
            must("from", "いつから", Date),
            may("to", "いつまで（続いていれば空に）", Date),
        ],
    },
    Kind {
        code: "certificate",
        title: "認証と監査",
        what: "取得した認証、受けた監査や診断。なければ空のまま",
        fields: &[
            must("what", "種類", One(CERTIFICATES)),
            may("number", "登録番号", Line),
            must("issuer", "審査した人・機関", Line),
            must("from", "取得・実施した日", Date),
            may("to", "有効期限", Date),
            may("result", "結果のあらまし", Text),
        ],
    },
    Kind {
        code: "subcontractor",
        title: "委託先",
        what: "運営の一部を任せる相手。なければ空のまま（「委託なし」と載ります）",
        fields: &[
            must("name", "委託先の名称", Line),
            must("work", "任せる仕事", Text),
            must("country", "所在", One(COUNTRIES)),
            must("duty", "課している義務と、確かめ方", Text),
            must("from", "いつから", Date),
            may("to", "いつまで", Date),
        ],
    },
    Kind {
        code: "place",
        title: "設置場所",
        what: "システムの部分ごとに、どこにあるか",
        fields: &[
            must("part", "部分", One(PARTS)),
            must("place", "場所（都道府県、施設の種類など）", Line),
            must("country", "国", One(COUNTRIES)),
            must("keeper", "管理する人・会社", Line),
        ],
    },
    Kind {
        code: "contact",
        title: "窓口",
        what: "問い合わせ、事故、個人情報の窓口と時間",
        fields: &[
            must(
                "what",
                "用件",
                One(&[("general", "総合窓口"), ("incident", "事故・緊急"), ("personal", "個人情報")]),
            ),
            must("name", "窓口の名前", Line),
            may("mail", "メール", Line),
            may("tel", "電話", Line),
            must("hours", "受け付ける時間", Line),
        ],
    },
    Kind {
        code: "statement",
        title: "事業者のことば",
        what: "情報提供のうち、組織だけが答えられるところ",
        fields: &[must("topic", "見出し", One(TOPICS)), must("text", "本文", Text)],
    },
];

/// The kind of a code.
pub fn kind(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.code == code)
}

/// The words for a code of a list; the code itself where a newer release wrote it.
pub fn words<'a>(list: &'a [(&'a str, &'a str)], code: &'a str) -> &'a str {
    list.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

/// The same in the language of whoever reads: for the console. The disclosure is a Japanese document and takes `words`.
pub fn spoken<'a>(list: &'static [(&'static str, &'static str)], code: &'a str) -> &'a str {
    list.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| t(words))
}
