//! Invented groups, for looking at pages without a database.

use jiff::{Timestamp, ToSpan};
use uuid::Uuid;

use super::*;
use crate::web::ui::Profession;

impl GroupHeader {
    /// A patient's group.
    pub fn sample() -> Self {
        Self {
            group_id: Uuid::from_u128(100),
            kind: GroupKind::Patient,
            title: "小野寺 ハル子".to_owned(),
            reading: "おのでら ハルコ".to_owned(),
            note: "92歳・女性・要介護4".to_owned(),
            patient_id: Some(Uuid::from_u128(200)),
            tab: GroupTab::Team,
            family_unread: 2,
        }
    }
}

/// (kind, title, age, author, profession, words, hours ago, unread, waiting for 了解)
type Row = (GroupKind, &'static str, &'static str, &'static str, Profession, &'static str, i64, u32, u32);

const ROWS: [Row; 7] = [
    (
        GroupKind::Patient,
        "小野寺 ハル子",
        "92歳",
        "太田",
        Profession::Helper,
        "昼食の介助のとき、右腕の内側に3センチほどの青あざを見つけました。痛みはないそうです。",
        0,
        3,
        1,
    ),
    (
        GroupKind::Patient,
        "勅使河原 喜代美",
        "78歳",
        "城戸",
        Profession::PhysicalTherapist,
        "歩行器で玄関まで12メートル、休まず歩けました。",
        1,
        1,
        0,
    ),
    (
        GroupKind::Patient,
        "アレクサンドラ・フェルナンデス=山之内",
        "81歳",
        "佐野",
        Profession::SocialWorker,
        "退院前カンファレンスは20日 15時からです。",
        3,
        2,
        1,
    ),
    (
        GroupKind::Patient,
        "五百旗頭 源之助",
        "88歳",
        "五十嵐",
        Profession::Nurse,
        "訪問しました。バルーンの流出は良好です。",
        20,
        0,
        0,
    ),
    (
        GroupKind::Free,
        "ことり市 在宅緩和ケア勉強会",
        "",
        "皆川",
        Profession::CareManager,
        "次回の会場が決まりました。",
        26,
        0,
        0,
    ),
    (
        GroupKind::Patient,
        "二階堂 トメ",
        "95歳",
        "桑原",
        Profession::Doctor,
        "酸素は2リットルのままで様子をみます。",
        50,
        0,
        0,
    ),
    (GroupKind::Patient, "東雲 正", "69歳", "勅使河原", Profession::Pharmacist, "", 74, 0, 0),
];

impl GroupList {
    /// Seven groups of a Tuesday afternoon.
    pub fn sample() -> Self {
        let now = sample_now();
        let rows = ROWS.iter().enumerate().map(|(n, row)| GroupRow::of(n, row, now)).collect();
        Self {
            rows,
            filter: Filter::All,
            unread: 3,
            must_acknowledge: 2,
            current: Some(Uuid::from_u128(100)),
            may_register: true,
            now,
        }
    }
}

impl GroupRow {
    fn of(n: usize, row: &Row, now: Timestamp) -> Self {
        let (kind, title, age, author, profession, words, hours, unread, must_acknowledge) = *row;
        Self {
            id: Uuid::from_u128(100 + n as u128),
            kind,
            title: title.to_owned(),
            age: (!age.is_empty()).then(|| age.to_owned()),
            last: Some(LastPost {
                author: author.to_owned(),
                profession,
                excerpt: words.to_owned(),
                at: now - hours.hours(),
            }),
            unread,
            family_unread: if n == 0 { 2 } else { 0 },
            must_acknowledge,
            archived: false,
        }
    }
}

/// 2026-11-17 14:32 in Japan, when all samples are looked at.
pub fn sample_now() -> Timestamp {
    Timestamp::constant(1_794_893_520, 0)
}
