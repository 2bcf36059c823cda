//! お知らせ: invitations to me, approvals that I must give, and what became of memberships.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::features::announcements::{model::Announcement, views::announcement_rows};
use crate::features::groups::member_views::decide;
use crate::web::forms::done;
use crate::web::page::{Page, page, way};
use crate::web::person::Person;
use crate::web::ui::{Ctx, Size, Tab, Topbar, avatar, empty, icon, pager};
use crate::web::urls;
use crate::words::{fill, t};

/// What a notice is about. Patients are named only where the viewer is a member.
#[derive(Clone)]
pub enum Notice {
    /// Somebody invites me.
    Invitation { id: Uuid, from: Person, ends: String },
    /// I am the host, and somebody accepted.
    Approval { group_id: Uuid, person: Person, patient: String, client_id: Uuid },
    /// I was let in.
    Joined { group_id: Uuid, patient: String },
    /// The host did not let me in, or removed me: the patient is not named any more.
    Out { words: String },
    /// A review waits for my answers.
    Review { remaining: i64, as_host: bool, due: String },
    /// The access log of a month waits for me as an admin.
    AccessReview { href: String, month: String, due: String, overdue: bool },
    /// An operator's work for the facility that I administrate: coming, open, or reported.
    Work { id: Uuid, words: &'static str, when: String, mine: bool },
    /// A webhook of the facility that I administrate stopped by itself.
    Webhook { words: &'static str },
    /// Letters with invitations that I made did not arrive.
    Lost { count: i64 },
    /// A guest of a group that I host leaves soon.
    Ending { group_id: Uuid, person: Person, patient: String, until: String },
    /// Values of a patient lie beyond the range that was set.
    Beyond { patient_id: Uuid, patient: String, count: i64 },
    /// What the schedule says of a post that asks somebody.
    Asked { href: String, words: &'static str, patient: String, mine: bool },
    /// Somebody gave me something to do.
    Task { id: Uuid, words: String, patient: String },
    /// Somebody asks for a connection.
    Asking { person: Person },
    /// A connection of mine stands, or ended.
    Connection { words: String },
    /// I became the host.
    Host { group_id: Uuid, patient: String },
}

#[derive(Clone)]
pub struct NoticeRow {
    pub notice: Notice,
    pub at: Timestamp,
    /// `今日 14:32`.
    pub when: String,
    pub new: bool,
}

#[derive(Clone)]
pub struct NoticesView {
    /// What operators tell the people of this facility.
    pub told: Vec<Announcement>,
    /// Notices about one's own sign-ins that were not seen yet.
    pub sign_ins: usize,
    pub now: Timestamp,
    /// The newest first.
    pub rows: Vec<NoticeRow>,
    pub older: Option<String>,
    pub done: Option<String>,
}

crate::opaque_debug!(Notice, NoticeRow, NoticesView);

impl NoticesView {
    pub fn sample() -> Self {
        let row = |notice, when: &str, new| NoticeRow {
            notice,
            at: Timestamp::UNIX_EPOCH,
            when: when.to_owned(),
            new,
        };
        let group_id = Uuid::from_u128(13);
        let patient = |name: &str| format!("{name} 様");
        let from = Person::sample(2, "桑原 誠一郎", "doctor", "ひだまり坂クリニック");
        let person = Person::sample(90, "佐野 真理", "social_worker", "つきのわ病院 地域連携室");
        Self {
            told: Vec::new(),
            sign_ins: 1,
            now: Timestamp::UNIX_EPOCH,
            rows: vec![
                row(
                    Notice::Approval {
                        group_id,
                        person,
                        patient: patient("小野寺 ハル子"),
                        client_id: Uuid::from_u128(83),
                    },
                    "今日 14:32",
                    true,
                ),
                row(
                    Notice::Invitation {
                        id: Uuid::from_u128(5), from, ends: "11月20日(金) 9:10".to_owned()
                    },
                    "今日 9:10",
                    true,
                ),
                row(
                    Notice::Beyond {
                        patient_id: Uuid::from_u128(3),
                        patient: patient("小野寺 ハル子"),
                        count: 2,
                    },
                    "今日 8:40",
                    true,
                ),
                row(
                    Notice::Task {
                        id: Uuid::from_u128(60),
                        words: "桑原 誠一郎さんから、やることを頼まれました".to_owned(),
                        patient: patient("小野寺 ハル子"),
                    },
                    "今日 8:12",
                    true,
                ),
                row(
                    Notice::Joined {
                        group_id, patient: patient("アレクサンドラ・フェルナンデス=山之内")
                    },
                    "昨日 16:02",
                    true,
                ),
                row(Notice::Host { group_id, patient: patient("五百旗頭 源之助") }, "11月13日 10:00", false),
                row(
                    Notice::Out {
                        words: "一時参加の期限が終わり、1つのグループから外れました。".to_owned()
                    },
                    "11月2日 0:00",
                    false,
                ),
            ],
            older: None,
            done: None,
        }
    }

    /// Nothing at all.
    pub fn sample_empty() -> Self {
        Self {
            told: Vec::new(),
            sign_ins: 0,
            now: Timestamp::UNIX_EPOCH,
            rows: Vec::new(),
            older: None,
            done: None,
        }
    }
}

pub fn notices_page(view: &NoticesView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        (announcement_rows(&view.told, view.now))
        @if view.sign_ins > 0 {
            ul.panel.flush.ways { (way(urls::menu_security(), "shield", t("サインインのお知らせ"), &fill(t("まだ見ていないものが{0}件あります"), &[("0", &view.sign_ins)]))) }
        }
        @if view.rows.is_empty() && view.told.is_empty() && view.sign_ins == 0 {
            (empty("bell", t("お知らせはありません"), t("招待や承認のお願いが届くと、ここに出ます。患者さんの新しい投稿は、ホームと患者の画面に出ます。"),
                Some(html! { a.btn href=(urls::home()) { (t("ホームを見る")) } })))
        } @else if !view.rows.is_empty() {
            @if !view.told.is_empty() { h2 { (t("あなたへのお知らせ")) } }
            ul.panel.flush.rows { @for row in &view.rows { (notice_row(row)) } }
            (pager(None, view.older.as_deref()))
        }
    };
    let bar = Topbar { title: t("お知らせ"), ..Topbar::default() };
    page(ctx, Page { title: t("お知らせ"), tab: Tab::Notices, bar, body })
}

fn notice_row(row: &NoticeRow) -> Markup {
    html! {
        li.entry-row {
            (picture(&row.notice))
            div { (words(&row.notice)) p.when-line { (row.when) @if row.new { " " span.badge.accent { (t("新着")) } } } }
            @match &row.notice {
                Notice::Approval { group_id, person, client_id, .. } => (decide(*group_id, person, *client_id)),
                Notice::Invitation { id, from, .. } => a.btn.primary href=(urls::invitation(&id.to_string()))
                    aria-label={ (from.name) (t("さんの招待を見る")) } { (t("招待を見る")) },
                Notice::Joined { group_id, .. } | Notice::Host { group_id, .. } =>
                    a.btn href=(urls::group(*group_id)) { (t("開く")) },
                Notice::Review { .. } => a.btn.primary href=(urls::reviews()) { (t("確かめる")) },
                Notice::AccessReview { href, .. } => a.btn.primary href=(href) { (t("数字を見る")) },
                Notice::Work { id, mine, .. } => a.btn.primary[*mine] href=(urls::facility_work_order(*id)) { (t("内容を見る")) },
                Notice::Asked { href, mine, .. } => a.btn.primary[*mine] href=(href) { (t("投稿を見る")) },
                Notice::Lost { .. } => a.btn.primary href=(urls::staff_invitations()) { (t("招待の一覧へ")) },
                Notice::Webhook { .. } => a.btn href=(urls::facility_webhooks()) { (t("Webhookを見る")) },
                Notice::Task { id, .. } => a.btn.primary href=(urls::task(*id)) { (t("やることを見る")) },
                Notice::Ending { group_id, .. } => a.btn href=(urls::group_members(*group_id)) { (t("メンバーを見る")) },
                Notice::Beyond { patient_id, patient, .. } =>
                    a.btn.primary href=(urls::vitals(*patient_id)) aria-label={ (patient) (t("のバイタルを見る")) } { (t("バイタルを見る")) },
                Notice::Asking { .. } => a.btn.primary href=(urls::connections()) { (t("答える")) },
                Notice::Connection { .. } => a.btn href=(urls::connections()) { (t("つながりを見る")) },
                Notice::Out { .. } => {},
            }
        }
    }
}

fn picture(notice: &Notice) -> Markup {
    let symbol = |name| html! { span.avatar.symbol aria-hidden="true" { (icon(name)) } };
    match notice {
        Notice::Invitation { from: person, .. }
        | Notice::Approval { person, .. }
        | Notice::Asking { person }
        | Notice::Ending { person, .. } => avatar(&person.name, person.profession, Size::Medium),
        Notice::Joined { .. } => symbol("group"),
        Notice::Asked { .. } => symbol("must"),
        Notice::Task { .. } => symbol("check"),
        Notice::Host { .. } => symbol("key"),
        Notice::Review { .. } | Notice::AccessReview { .. } => symbol("list"),
        Notice::Work { .. } => symbol("key"),
        Notice::Beyond { .. } | Notice::Webhook { .. } | Notice::Lost { .. } => symbol("warn"),
        Notice::Connection { .. } => symbol("link"),
        Notice::Out { .. } => symbol("out"),
    }
}

fn words(notice: &Notice) -> Markup {
    match notice {
        Notice::Invitation { from, ends, .. } => html! {
            b { (from.name) (t("さんが、あなたを招待しています")) }
            p.affiliation { (from.affiliation()) }
            small { (t("返事の期限 ")) (ends) }
        },
        Notice::Approval { person, patient, .. } => html! {
            b { (person.name) (t("さんの参加を承認しますか")) }
            p.affiliation { (person.affiliation()) }
            small { (patient) (t("のグループ")) }
        },
        Notice::Joined { patient, .. } => html! { b { (patient) (t("のグループに参加しました")) } },
        Notice::Host { patient, .. } => html! { b { (patient) (t("のグループのホストになりました")) } },
        Notice::Review { remaining, as_host, due } => html! {
            b { (t("棚卸：")) @if *as_host { (t("メンバー")) } @else { (t("スタッフ")) } (remaining) (t("人を確かめてください")) }
            small { (t("期限 ")) (due) @if !as_host { (t("。返事のない人の利用は止まります")) } }
        },
        Notice::AccessReview { month, due, overdue, .. } => html! {
            b { (fill(t("{0}のアクセス記録を点検してください"), &[("0", month)])) }
            small { (t("期限 ")) (due) @if *overdue { (t("。過ぎています")) } }
        },
        Notice::Work { words, when, .. } => html! { b { (words) } small { (t("作業の時間 ")) (when) } },
        Notice::Webhook { words } => html! { b { (t("施設のWebhookが止まりました")) } small { (words) } },
        Notice::Lost { count } => html! {
            b { (t("招待のメールが届きませんでした")) }
            small { (count) (t("件。招待の一覧で、アドレスを確かめてください")) }
        },
        Notice::Asked { words, patient, .. } => {
            html! { b { (words) } @if !patient.is_empty() { small { (patient) (t("のグループ")) } } }
        }
        Notice::Task { words, patient, .. } => {
            html! { b { (words) } @if !patient.is_empty() { small { (patient) (t("のグループ")) } } }
        }
        Notice::Ending { person, patient, until, .. } => html! {
            b { (person.name) (t("さんの一時参加が、まもなく終わります")) }
            p.affiliation { (person.affiliation()) }
            small { (patient) (t("のグループ・")) (until) (t("まで。続けるときは、終わったあとにもう一度招待してください")) }
        },
        Notice::Beyond { patient, count, .. } => html! {
            b { (patient) (t("のバイタルに、範囲をこえた値があります")) }
            small { (count) (t("件。画面を開くと、このお知らせは消えます")) }
        },
        Notice::Asking { person } => html! {
            b { (person.name) (t("さんが、つながりを申し込んでいます")) }
            p.affiliation { (person.affiliation()) }
        },
        Notice::Out { words } | Notice::Connection { words } => html! { b { (words) } },
    }
}
