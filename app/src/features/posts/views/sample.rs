//! An invented timeline in every state, for looking at pages without a database.

mod people;
mod talk;

use jiff::ToSpan;
use uuid::Uuid;

use super::*;
use crate::features::{
    groups::views::{GroupHeader, GroupKind, GroupList, PatientSummary, sample_now},
    marks::views::PinRow,
};

const GROUP: Uuid = Uuid::from_u128(100);

impl Timeline {
    /// Eleven entries with every state of a post.
    pub fn sample() -> Self {
        Self {
            header: GroupHeader::sample(),
            summary: Some(PatientSummary::sample()),
            list: GroupList::sample(),
            entries: talk::entries(),
            unread: Some((8, 3)),
            older: Some("b64cursor".to_owned()),
            in_the_past: false,
            pins: vec![PinRow {
                post_id: Uuid::from_u128(305),
                author: "桑原 誠一郎".to_owned(),
                at: sample_now() - 3.hours(),
                excerpt: "17日と18日はワーファリンを休みます。".to_owned(),
                pinned_by: "五十嵐 みずほ".to_owned(),
            }],
            writing: Writing::Open(Box::new(Composer::sample())),
            now: sample_now(),
        }
    }

    /// A group on its first day, seen by a guest whose time is over.
    pub fn sample_empty() -> Self {
        Self {
            summary: Some(PatientSummary::sample_unwritten()),
            entries: Vec::new(),
            unread: None,
            older: None,
            pins: Vec::new(),
            writing: Writing::Closed("一時参加の期間が終わったため、ここには書けません。".to_owned()),
            ..Self::sample()
        }
    }
}

fn addressees() -> Addressees {
    let one = |n: u128, name: &str, more: &str| Addressee {
        code: format!("account:{}", Uuid::from_u128(n)),
        name: name.to_owned(),
        more: more.to_owned(),
    };
    Addressees {
        people: vec![
            one(1, "桑原 誠一郎", "医師・ひだまり坂クリニック"),
            one(2, "長曽我部 ジャクリーン 由紀", "歯科衛生士・医療法人社団ことりの森 訪問歯科クリニック"),
        ],
        duty: vec![one(3, "そらまめ訪問看護ステーションの当番", "いま五十嵐 みずほさん")],
        facilities: vec![one(4, "そらまめ訪問看護ステーション", "3人")],
        professions: vec![one(5, "看護師", "3人")],
    }
}

impl Composer {
    /// An empty box for a team of eight.
    pub fn sample() -> Self {
        Self {
            group_id: GROUP,
            kind: GroupKind::Patient,
            client_id: Uuid::from_u128(900),
            readers: 8,
            addressees: Some(addressees()),
            asks: Asking::default(),
            reply_to: None,
            typed: String::new(),
            error: None,
            doubts: Vec::new(),
            attached: Vec::new(),
            max_file_bytes: 25_000_000,
            max_body_chars: 10_000,
            now: sample_now(),
        }
    }

    /// In a free group, after words that look like a patient.
    pub fn sample_asking() -> Self {
        Self {
            kind: GroupKind::Free,
            typed: "山田さん(80)の退院について、相談させてください。".to_owned(),
            doubts: vec!["年齢のついた人の呼び方"],
            ..Self::sample()
        }
    }

    /// After a refusal: the text is still there.
    pub fn sample_refused() -> Self {
        Self {
            reply_to: Some(ReplyTo {
                post_id: Uuid::from_u128(307),
                author: "太田 フミ".to_owned(),
                excerpt: "昼食の介助のとき、右腕の内側に…".to_owned(),
            }),
            typed: "写真を見ました。15時の訪問で大きさを測ります。".to_owned(),
            error: Some(
                "ファイル「検査結果.exe」は受け取れない種類です。文はそのまま残っています。".to_owned(),
            ),
            ..Self::sample()
        }
    }
}

impl CorrectionForm {
    /// A correction that the server has refused once.
    pub fn sample() -> Self {
        let post = talk::plain();
        Self {
            typed: post.body.clone(),
            post,
            client_id: Uuid::from_u128(901),
            error: Some("前の文と同じです。直すところを書き換えてください。".to_owned()),
            have_read: 4,
            max_body_chars: 10_000,
        }
    }
}

impl WithdrawalForm {
    /// A withdrawal before a reason is given.
    pub fn sample() -> Self {
        Self {
            post: talk::plain(),
            client_id: Uuid::from_u128(902),
            reason: String::new(),
            error: None,
            have_read: 4,
        }
    }
}

impl Readers {
    /// Forty members.
    pub fn sample() -> Self {
        let now = sample_now();
        let readers = (0..40)
            .map(|n| Reader {
                name: people::name(n),
                profession: people::profession(n),
                facility: people::facility(n).to_owned(),
                states: [
                    (n % 3 != 2).then(|| (ReaderState::Displayed, now - (3 * n as i64).minutes())),
                    (n % 3 == 0).then(|| (ReaderState::Acknowledged, now - (2 * n as i64).minutes())),
                    (n % 6 == 0).then(|| (ReaderState::Handled, now - (n as i64).minutes())),
                ]
                .into_iter()
                .flatten()
                .collect(),
            })
            .collect();
        Self { group_id: GROUP, post_id: Uuid::from_u128(305), readers, now }
    }
}
