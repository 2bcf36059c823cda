//! The members (メンバー) of a patient group: who they are, who waits for approval, and the acts of the host.

use maud::{Markup, html};
use uuid::Uuid;

use super::read::Titled;
use crate::features::patients::room::{GroupKind, Room, RoomTab};
use crate::web::forms::{done, hidden};
use crate::web::page::way;
use crate::web::person::Person;
use crate::web::ui::{Ctx, Size, avatar, empty, icon, named, profession, time};
use crate::web::urls;
use crate::words::t;

/// What a person is in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Host,
    Member,
    /// Until the end of this day, as `2026年12月1日`.
    Guest {
        until: String,
    },
}

/// One member.
#[derive(Debug, Clone)]
pub struct MemberRow {
    pub facility_id: Uuid,
    pub person: Person,
    /// How the name is read, where that is known.
    pub reading: String,
    pub role: Role,
    /// `2026年9月2日`.
    pub since: String,
    /// On duty in the facility until then; `None`: not now.
    pub on_duty: Option<String>,
    /// The row of the viewer.
    pub me: bool,
}

/// Somebody on the way in.
#[derive(Debug, Clone)]
pub struct PendingRow {
    pub invitation: Uuid,
    /// So that a double click on the decision is one act.
    pub client_id: Uuid,
    pub person: Person,
    pub invited_by: String,
    pub state: Pending,
}

/// What is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pending {
    /// The invitee has not answered; the invitation ends `明日 12:00`.
    Answer { until: String },
    /// The invitee accepted; the host has to approve.
    Approval,
}

#[derive(Clone)]
pub struct MembersView {
    pub room: Room,
    pub group_id: Uuid,
    pub members: Vec<MemberRow>,
    pub pending: Vec<PendingRow>,
    /// The viewer is the host, or the admin of the managing facility: acts are offered.
    pub host: bool,
    /// Only the host approves.
    pub may_approve: bool,
    /// The host, or the admin of the managing facility.
    pub may_invite: bool,
    /// The viewer may leave: a member who is not the host.
    pub may_leave: bool,
    pub archived: bool,
    /// What a free group was called, the newest first.
    pub titles: Vec<Titled>,
    pub done: Option<String>,
}

crate::opaque_debug!(MembersView);

impl MembersView {
    /// Forty members with long names.
    pub fn sample() -> Self {
        let members = Person::samples().into_iter().enumerate().map(|(n, person)| MemberRow {
            facility_id: Uuid::from_u128(1),
            reading: String::new(),
            role: match n {
                0 => Role::Host,
                5 | 17 => Role::Guest { until: "2026年12月1日".to_owned() },
                _ => Role::Member,
            },
            since: "2026年9月2日".to_owned(),
            on_duty: (n == 6).then(|| "明日 9:00".to_owned()),
            me: n == 0,
            person,
        });
        let waiting = Person::sample(90, "佐野 真理", "social_worker", "つきのわ病院 地域連携室");
        let asked = Person::sample(
            91,
            "東雲 アレクサンドリーナ 光",
            "dietitian",
            "医療法人社団 木漏れ日会 こもれび歯科 在宅診療部",
        );
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            members: members.collect(),
            pending: vec![
                PendingRow {
                    client_id: Uuid::from_u128(81),
                    invitation: Uuid::from_u128(1),
                    person: waiting,
                    invited_by: "桑原 誠一郎".to_owned(),
                    state: Pending::Approval,
                },
                PendingRow {
                    client_id: Uuid::from_u128(82),
                    invitation: Uuid::from_u128(2),
                    person: asked,
                    invited_by: "五十嵐 みずほ".to_owned(),
                    state: Pending::Answer { until: "明日 12:00".to_owned() },
                },
            ],
            host: true,
            may_approve: true,
            may_invite: true,
            may_leave: false,
            archived: false,
            titles: Vec::new(),
            done: Some("城戸 航さんが参加しました。".to_owned()),
        }
    }
}

pub fn members_page(view: &MembersView, ctx: &Ctx) -> Markup {
    let invite = html! {
        a.btn href=(urls::new_invitation(view.group_id)) { (icon("useradd")) (t("招待")) }
    };
    let acts = (view.may_invite && !view.archived).then_some(invite);
    let body = html! {
        (done(view.done.as_deref()))
        @if !view.pending.is_empty() { (pending(view)) }
        @if let Some(now) = view.titles.first() { (purpose(view, now)) }
        section {
            h2 { (t("メンバー ")) (view.members.len()) (t("人")) }
            p.small.soft { (who_reads(view.room.kind)) }
            ul.panel.flush.rows { @for row in &view.members { (member(view, row, ctx.readings)) } }
            @if view.members.len() == 1 && view.may_invite {
                (empty("useradd", t("まだあなただけです"), t("ほかの施設の人を招待して、同じ記録で支えましょう。"),
                    Some(html! { a.btn.primary href=(urls::new_invitation(view.group_id)) { (icon("useradd")) (t("招待する")) } })))
            }
        }
        @if view.host { (host_acts(view)) }
        @if view.may_leave { (own_acts(view)) }
        @if matches!(view.room.kind, GroupKind::Direct(_)) {
            p { a.btn href=(urls::connections()) { (icon("link")) (t("つながりを見る")) } }
        }
    };
    let bar = view.room.bar(RoomTab::Members, acts);
    view.room.page(ctx, t("グループのメンバー"), bar, body, None)
}

fn who_reads(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Patient => t("チームの記録を読み書きできる人の、すべてです。"),
        GroupKind::Free => t("このグループを読み書きできる人の、すべてです。"),
        GroupKind::Direct(_) => {
            t("この会話は、おふたりだけのものです。どちらかがつながりを終えると、書き込めなくなります。")
        }
    }
}

/// What a free group is for, and what it was called before.
fn purpose(view: &MembersView, now: &Titled) -> Markup {
    html! {
        section {
            h2 { (t("このグループについて")) }
            div.panel.stack-s {
                p { b { (now.titled.title) } }
                @if let Some(purpose) = &now.titled.purpose { p.text { (purpose) } }
                @if view.titles.len() > 1 {
                    details {
                        summary { (t("前の名前 ")) (view.titles.len() - 1) (t("件")) }
                        ul { @for old in &view.titles[1..] {
                            li { (old.titled.title) " " small { (time::day_long(old.at)) (t("、")) (old.by) (t("さん")) } }
                        } }
                    }
                }
            }
        }
    }
}

fn pending(view: &MembersView) -> Markup {
    html! {
        section {
            h2 { (t("参加を待っている人")) }
            ul.panel.flush.rows { @for row in &view.pending { (pending_row(view, row)) } }
        }
    }
}

fn pending_row(view: &MembersView, row: &PendingRow) -> Markup {
    let person = &row.person;
    html! {
        li.entry-row {
            (avatar(&person.name, person.profession, Size::Medium))
            div {
                b { (person.name) }
                p.affiliation { (person.affiliation()) }
                @match &row.state {
                    Pending::Approval => small { (row.invited_by) (t("さんの招待を承諾しました。ホストの承認を待っています")) },
                    Pending::Answer { until } => small { (row.invited_by) (t("さんが招待しました。返事の期限 ")) (until) },
                }
            }
            @if row.state == Pending::Approval && view.may_approve && !view.archived {
                (decide(view.group_id, person, row.client_id))
            }
            @if row.state != Pending::Approval && view.may_invite {
                form method="post" action=(urls::invitation_cancellation(view.group_id, row.invitation)) {
                    button.btn type="submit" aria-label={ (person.name) (t("さんへの招待を取り消す")) } { (t("取り消す")) }
                }
            }
        }
    }
}

/// 承認する / 見送る for one person who accepted; also on the page of notices.
pub fn decide(group: Uuid, person: &Person, client_id: Uuid) -> Markup {
    let action = urls::approval(group, person.account_id);
    let client_id = client_id.to_string();
    html! {
        div.row {
            form method="post" action=(action) {
                (hidden("client_id", &client_id))
                (hidden("decision", "approve"))
                button.btn.primary type="submit" aria-label={ (person.name) (t("さんを承認する")) } { (icon("check")) (t("承認する")) }
            }
            form method="post" action=(action) {
                (hidden("client_id", &client_id))
                (hidden("decision", "decline"))
                button.btn type="submit" aria-label={ (person.name) (t("さんを見送る")) } { (t("見送る")) }
            }
        }
    }
}

fn member(view: &MembersView, row: &MemberRow, readings: bool) -> Markup {
    html! {
        li.entry-row {
            (avatar(&row.person.name, row.person.profession, Size::Medium))
            div {
                b { (named(&row.person.name, &row.reading, readings)) } " " (role_badge(&row.role)) @if row.me { " " span.badge.plain { (t("あなた")) } }
                @if let Some(until) = &row.on_duty { " " span.badge { (icon("swap")) (t("当番（")) (until) (t("まで）")) } }
                p.affiliation { (profession(row.person.profession)) " " span { (row.person.facility) } }
                small {
                    (row.since) (t("から"))
                    @if let Role::Guest { until } = &row.role { (t("・")) (until) (t("まで")) }
                    @if view.host {
                        " " a.whole href=(urls::access(row.person.account_id, view.group_id)) aria-label={ (row.person.name) (t("さんが見られる理由")) } { (t("見られる理由")) }
                    }
                }
            }
            @if !row.me && !matches!(view.room.kind, GroupKind::Direct(_)) {
                a.btn.quiet.short href=(urls::ask_person(row.facility_id, row.person.account_id)) aria-label={ (row.person.name) (t("さんとつながる")) } { (t("つながる")) }
            }
            @if view.host && !row.me && row.role != Role::Host {
                a.btn.quiet.short href=(urls::removal(view.group_id, row.person.account_id)) aria-label={ (row.person.name) (t("さんを外す")) } { (t("外す")) }
            }
        }
    }
}

fn role_badge(role: &Role) -> Markup {
    match role {
        Role::Host => html! { span.badge.accent { (icon("key")) (t("ホスト")) } },
        Role::Member => html! {},
        Role::Guest { .. } => html! { span.badge { (icon("hour")) (t("一時参加")) } },
    }
}

fn host_acts(view: &MembersView) -> Markup {
    html! {
        section {
            h2 { (t("ホストの仕事")) }
            ul.ways.panel.flush {
                @if view.archived {
                    (way(&urls::reopening(view.group_id), "undo", t("グループを再開する"), t("また書けるようになります")))
                } @else {
                    @if view.room.kind == GroupKind::Free {
                        (way(&urls::group_title(view.group_id), "pen", t("名前と目的を変える"), t("前の名前も残ります")))
                    }
                    (way(&urls::host(view.group_id), "swap", t("ホストを引き継ぐ"), t("ほかのメンバーにまかせます")))
                    (way(&urls::archive(view.group_id), "folder", t("グループを終了する"), t("読むことはできます。理由を残します")))
                }
            }
        }
    }
}

fn own_acts(view: &MembersView) -> Markup {
    let me = view.members.iter().find(|row| row.me).map(|row| row.person.account_id);
    html! {
        @if let Some(me) = me {
            section {
                h2 { (t("あなたの参加")) }
                ul.ways.panel.flush {
                    (way(&urls::removal(view.group_id, me), "out", t("グループから抜ける"), t("担当を離れるとき。書いた記録は残ります")))
                }
            }
        }
    }
}
