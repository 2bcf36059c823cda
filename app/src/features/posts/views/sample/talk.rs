//! What the invented team wrote: one entry for each state.

use jiff::ToSpan;
use uuid::Uuid;

use super::{super::*, GROUP, people::author};
use crate::features::{asks::model::What, groups::views::sample_now, marks::model::PostMarks};

pub(super) fn entries() -> Vec<Entry> {
    let posts = [
        plan(),
        corrected(),
        correction(),
        visit(),
        withdrawn(),
        acknowledged(),
        bruise(),
        must(),
        unsafe_files(),
    ];
    let mut entries: Vec<_> = posts.into_iter().map(|post| Entry::Post(Box::new(post))).collect();
    entries.insert(
        4,
        Entry::Happening(Happening {
            at: sample_now() - 25.hours(),
            icon: "useradd",
            text: "佐野 真理さん(医療ソーシャルワーカー・つきのわ病院)がチームに加わりました。".to_owned(),
        }),
    );
    entries
}

/// A post without anything special, written by `who`, so many minutes ago.
fn base(seq: i64, who: usize, minutes: i64, body: &str) -> PostView {
    PostView {
        id: Uuid::from_u128(300 + seq.unsigned_abs() as u128),
        group_id: GROUP,
        seq,
        author: author(who),
        at: sample_now() - minutes.minutes(),
        body: body.to_owned(),
        files: Vec::new(),
        answers: None,
        corrects: None,
        corrected_by: None,
        withdrawn: None,
        quarantined: None,
        moved: None,
        must: None,
        urgent: false,
        proxy: None,
        to: Vec::new(),
        followed: Vec::new(),
        acknowledgements: Acknowledgements { count: 3, mine: false },
        read_by: ReadBy { count: 7, total: 7 },
        replies: Vec::new(),
        replies_open: false,
        earlier: 0,
        whole: false,
        marks: PostMarks::default(),
        may: MayDo {
            acknowledge: who != 0,
            reply: true,
            correct: who == 0,
            withdraw: who == 0,
            stamp: true,
            pin: true,
            release: true,
            ..MayDo::default()
        },
        vitals: None,
    }
}

fn file(id: u128, name: &str, class: &str, kind: FileKind, bytes: u64) -> FileView {
    let has_thumbnail = matches!(kind, FileKind::Photo | FileKind::Pdf(_));
    FileView {
        id: Uuid::from_u128(id),
        name: name.to_owned(),
        class: class.to_owned(),
        kind,
        bytes,
        state: FileState::Ready,
        has_thumbnail,
        plays: matches!(kind, FileKind::Sound | FileKind::Video),
    }
}

fn reply(id: u128, who: usize, minutes: i64, body: &str) -> ReplyView {
    ReplyView {
        id: Uuid::from_u128(id),
        seq: 11,
        author: author(who),
        at: sample_now() - minutes.minutes(),
        body: Some(body.to_owned()),
        quarantined: None,
        files: Vec::new(),
        marks: PostMarks::default(),
    }
}

fn plan() -> PostView {
    PostView {
        files: vec![file(
            401,
            "サービス担当者会議の記録_2026-11-12_小野寺様_確定版.pdf",
            "計画書",
            FileKind::Pdf(Some(3)),
            412_000,
        )],
        acknowledgements: Acknowledgements { count: 6, mine: true },
        ..base(
            1,
            3,
            6081,
            "昨日のサービス担当者会議の記録です。夜間の見守りは当面、長男の健さんと交代で行います。訪問入浴は来週から週2回に増やします。",
        )
    }
}

fn corrected() -> PostView {
    PostView {
        corrected_by: Some(Corrected { post_id: Uuid::from_u128(303), at: sample_now() - 5652.minutes() }),
        ..base(2, 2, 5667, "アムロジピンは 5 mg・朝食後1回です。今日からの一包化に入れました。")
    }
}

fn correction() -> PostView {
    PostView {
        corrects: Some(Older {
            post_id: Uuid::from_u128(302),
            at: sample_now() - 5667.minutes(),
            body: "アムロジピンは 5 mg・朝食後1回です。今日からの一包化に入れました。".to_owned(),
            asked_again: 4,
        }),
        acknowledgements: Acknowledgements { count: 5, mine: true },
        ..base(3, 2, 5652, "アムロジピンは 2.5 mg・朝食後1回です。今日からの一包化に入れました。")
    }
}

fn visit() -> PostView {
    PostView {
        files: vec![
            file(402, "右かかと 11月16日", "画像", FileKind::Photo, 2_310_000),
            file(403, "昼食 8割", "画像", FileKind::Photo, 1_870_000),
        ],
        replies: vec![
            reply(501, 5, 1622, "クッションの写真、助かります。明日のリハビリのあとも同じ位置に戻します。"),
            reply(502, 4, 1577, "ヘルパー4人で共有しました。"),
        ],
        ..plain()
    }
}

/// The viewer's own post of yesterday.
pub(super) fn plain() -> PostView {
    base(
        4,
        0,
        1664,
        "定期訪問 10:00〜10:40。食事は8割、水分はおよそ900 mL。\n体温 36.4℃、血圧 148/82、脈 76、SpO₂ 96%。\n\n右かかとの赤みは先週より小さく、皮むけはありません。クッションの位置を写真のとおりに直しました。",
    )
}

fn withdrawn() -> PostView {
    PostView {
        withdrawn: Some(Withdrawn {
            at: sample_now() - 1400.minutes(),
            by: "太田 フミ".to_owned(),
            reason: "別の利用者さんのことを書いてしまいました。".to_owned(),
            body: None,
        }),
        ..base(5, 4, 1410, "")
    }
}

fn acknowledged() -> PostView {
    PostView {
        must: Some(Must {
            deadline: sample_now() - 180.minutes(),
            done: 3,
            total: 7,
            waiting: ["城戸 航", "佐野 真理", "長曽我部 ジャクリーン 由紀", "百目鬼 真由美"]
                .map(str::to_owned)
                .to_vec(),
            waits_for_me: false,
            escalated: true,
            substitutes: vec!["五十嵐 みずほ".to_owned()],
        }),
        may: MayDo { handle: true, call: true, ..MayDo::default() },
        followed: vec![
            Followed {
                by: "桑原 誠一郎".to_owned(),
                at: sample_now() - 60.minutes(),
                what: What::Called { whom: "城戸 航".to_owned(), result: record::CallResult::NoAnswer },
                text: "留守番電話に入れました".to_owned(),
            },
            Followed {
                by: "太田 フミ".to_owned(),
                at: sample_now() - 40.minutes(),
                what: What::Handled,
                text: "時間を変えました。鍵はいつもの箱です。".to_owned(),
            },
        ],
        ..base(6, 0, 1300, "明日のヘルパーさんの時間が11時に変わりました。鍵の番号は変わりません。")
    }
}

fn bruise() -> PostView {
    PostView {
        files: vec![file(404, "右腕の内側 13:50", "画像", FileKind::Photo, 3_020_000)],
        read_by: ReadBy { count: 4, total: 7 },
        acknowledgements: Acknowledgements { count: 1, mine: false },
        replies: vec![reply(503, 1, 12, "ありがとうございます。今日の採血の結果と合わせて、下に書きます。")],
        ..base(
            8,
            4,
            27,
            "昼食の介助のとき、右腕の内側に3センチほどの青あざを見つけました。痛みはないそうです。昨日はありませんでした。",
        )
    }
}

fn must() -> PostView {
    PostView {
        must: Some(Must {
            deadline: sample_now() + 148.minutes(),
            done: 4,
            total: 7,
            waiting: ["城戸 航", "佐野 真理"].map(str::to_owned).to_vec(),
            waits_for_me: true,
            escalated: false,
            substitutes: Vec::new(),
        }),
        urgent: true,
        to: vec!["そらまめ訪問看護ステーションの当番".to_owned(), "看護師".to_owned()],
        read_by: ReadBy { count: 5, total: 7 },
        acknowledgements: Acknowledgements { count: 4, mine: false },
        ..base(
            9,
            1,
            10,
            "採血の結果、PT-INR が 4.2 でした。ワーファリンは今日と明日の2日分を休んでください。19日(木)の往診で再検します。\n\n新しい青あざ、歯ぐきの出血、黒い便があれば、夜でも当院へ電話をお願いします。",
        )
    }
}

fn unsafe_files() -> PostView {
    let with = |state, file: FileView| FileView { state, ..file };
    PostView {
        files: vec![
            with(FileState::Scanning, file(405, "検査結果_20261117.xlsx", "検査", FileKind::Sheet, 88_000)),
            with(FileState::Unscanned, file(406, "嚥下の様子.mp4", "その他", FileKind::Video, 24_800_000)),
            with(
                FileState::Refused("マクロを含むため、開けないようにしました。".to_owned()),
                file(407, "薬歴一覧.docm", "薬歴", FileKind::Document, 120_000),
            ),
        ],
        read_by: ReadBy { count: 0, total: 7 },
        acknowledgements: Acknowledgements::default(),
        ..base(10, 6, 2, "口の中の写真と検査の結果です。")
    }
}
