//! Invented homes, for looking at pages without a database.

use jiff::ToSpan;
use uuid::Uuid;

use super::*;
use crate::{
    features::{
        groups::views::{GroupKind, GroupList, sample_now},
        tasks::views::MyTasks,
    },
    web::ui::Profession,
};

impl Home {
    /// A full Tuesday afternoon.
    pub fn sample() -> Self {
        let list = GroupList::sample();
        Self {
            due: dues(),
            waiting: 2,
            asks: asks(),
            proxies: OnHome::default(),
            quarantines: Vec::new(),
            unread: list.rows.into_iter().filter(GroupRow::is_unread).collect(),
            pressing: 3,
            titles: MyTasks::sample().titles,
            tasks: MyTasks::sample().tasks,
            may_register: true,
            has_groups: true,
            now: sample_now(),
        }
    }

    /// Nothing waits.
    pub fn sample_quiet() -> Self {
        Self {
            due: Vec::new(),
            waiting: 0,
            asks: Vec::new(),
            proxies: OnHome::default(),
            quarantines: Vec::new(),
            unread: Vec::new(),
            pressing: 0,
            tasks: Vec::new(),
            ..Self::sample()
        }
    }

    /// The first day of a new member.
    pub fn sample_first_day() -> Self {
        Self { may_register: false, has_groups: false, ..Self::sample_quiet() }
    }
}

fn dues() -> Vec<Due> {
    let now = sample_now();
    vec![
        Due {
            post_id: Uuid::from_u128(302),
            group_id: Uuid::from_u128(103),
            kind: GroupKind::Patient,
            title: "五百旗頭 源之助".to_owned(),
            author: "皆川 陽子".to_owned(),
            profession: Profession::CareManager,
            excerpt: "ショートステイの日程を変えました。送迎の時間を確かめてください。".to_owned(),
            at: now - 26.hours(),
            deadline: Some(now - 65.minutes()),
            why: Why::Substitute,
            urgent: false,
        },
        Due {
            post_id: Uuid::from_u128(305),
            group_id: Uuid::from_u128(100),
            kind: GroupKind::Patient,
            title: "小野寺 ハル子".to_owned(),
            author: "桑原 誠一郎".to_owned(),
            profession: Profession::Doctor,
            excerpt: "採血の結果、PT-INR が 4.2 でした。ワーファリンは今日と明日の2日分を休んでください。19日(木)の往診で再検します。新しい青あざ、歯ぐきの出血、黒い便があれば、夜でも当院へ電話をお願いします。".to_owned(),
            at: now - 80.minutes(),
            deadline: Some(now + 148.minutes()),
            why: Why::Must,
            urgent: true,
        },
        Due {
            post_id: Uuid::from_u128(306),
            group_id: Uuid::from_u128(101),
            kind: GroupKind::Patient,
            title: "アレクサンドラ・フェルナンデス=山之内".to_owned(),
            author: "長曽我部 ジャクリーン 由紀".to_owned(),
            profession: Profession::DentalHygienist,
            excerpt: "義歯の調整は木曜日になりました。".to_owned(),
            at: now - 30.minutes(),
            deadline: None,
            why: Why::Mentioned,
            urgent: false,
        },
    ]
}

fn asks() -> Vec<Ask> {
    let now = sample_now();
    vec![
        Ask {
            kind: AskKind::Approval,
            group_title: "アレクサンドラ・フェルナンデス=山之内 様".to_owned(),
            person: "長曽我部 ジャクリーン 由紀".to_owned(),
            profession: Profession::DentalHygienist,
            facility: "医療法人社団ことりの森 訪問歯科クリニック".to_owned(),
            href: "/groups/0/members".to_owned(),
            until: None,
        },
        Ask {
            kind: AskKind::Invitation,
            group_title: "患者グループへの招待".to_owned(),
            person: "佐野 真理".to_owned(),
            profession: Profession::SocialWorker,
            facility: "つきのわ病院".to_owned(),
            href: "/connections".to_owned(),
            until: Some(now + 70.hours()),
        },
    ]
}
