//! Inviting a person to a group: find the facility, choose the person, hand over the link.
//!
//! The three steps share one address: `?q=` searches facilities, `?facility=` chooses one (with `?q=` for a name
//! in it), `?facility=&person=` opens the form, and the answer to the POST shows the link once.

use maud::{Markup, html};
use uuid::Uuid;

use crate::features::patients::room::Room;
use crate::web::forms::{Entry, Errors, hidden, search};
use crate::web::page::way;
use crate::web::person::Person;
use crate::web::ui::{Choice, Ctx, Size, Tone, avatar, callout, empty, icon, notice_line, profession};
use crate::web::urls;
use crate::words::t;

fn invite_page(ctx: &Ctx, room: &Room, back: (&str, &str), body: Markup) -> Markup {
    let bar = room.deeper(t("招待する"), back);
    room.page(ctx, t("招待する"), bar, body, None)
}

/// A facility that was found.
#[derive(Debug, Clone)]
pub struct FacilityRow {
    pub id: Uuid,
    pub name: String,
    /// `訪問看護ステーション・ことり市`.
    pub line: String,
}

/// Step 1: which facility.
#[derive(Clone)]
pub struct FindFacilityView {
    pub room: Room,
    pub group_id: Uuid,
    pub q: String,
    /// Without a search: the own facility, and those already in the group.
    pub rows: Vec<FacilityRow>,
}

crate::opaque_debug!(FindFacilityView, FindPersonView, InviteView, InvitedView);

impl FindFacilityView {
    pub fn sample() -> Self {
        let row = |n, name: &str, line: &str| FacilityRow {
            id: Uuid::from_u128(n),
            name: name.to_owned(),
            line: line.to_owned(),
        };
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            q: "こ".to_owned(),
            rows: vec![
                row(1, "そらまめ訪問看護ステーション", "訪問看護・ことり市・あなたの施設"),
                row(2, "医療法人社団 木漏れ日会 こもれび歯科 在宅診療部", "歯科・ことり市"),
                row(3, "ことり市 地域包括支援センター ひがし", "地域包括支援センター・ことり市"),
            ],
        }
    }
}

pub fn find_facility_page(view: &FindFacilityView, ctx: &Ctx) -> Markup {
    let here = urls::new_invitation(view.group_id);
    let back = urls::group_members(view.group_id);
    let body = html! {
        p.soft { (t("1 / 3　施設を選ぶ")) }
        (search(&here, t("施設を探す"), t("施設の名前・市町村で探す"), &view.q))
        @if view.rows.is_empty() {
            (empty("facility", t("見つかりませんでした"), t("名前の一部だけで探してみてください。まだこのネットワークに入っていない施設は、出てきません。"), None))
        } @else {
            ul.ways.panel.flush {
                @for row in &view.rows { (way(&format!("{here}?facility={}", row.id), "facility", &row.name, &row.line)) }
            }
        }
    };
    invite_page(ctx, &view.room, (&back, t("メンバーに戻る")), body)
}

/// A member of the staff of the chosen facility.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub person: Person,
    /// Already a member, or already invited: cannot be chosen.
    pub already: Option<&'static str>,
}

/// Step 2: which person.
#[derive(Clone)]
pub struct FindPersonView {
    pub room: Room,
    pub group_id: Uuid,
    pub facility: FacilityRow,
    pub q: String,
    pub rows: Vec<Candidate>,
}

impl FindPersonView {
    pub fn sample() -> Self {
        let step = FindFacilityView::sample();
        let rows = Person::samples().into_iter().take(12).enumerate().map(|(n, person)| Candidate {
            person,
            already: match n {
                0 => Some("メンバーです"),
                3 => Some("招待しています"),
                _ => None,
            },
        });
        Self {
            room: step.room,
            group_id: step.group_id,
            facility: step.rows[0].clone(),
            q: String::new(),
            rows: rows.collect(),
        }
    }
}

pub fn find_person_page(view: &FindPersonView, ctx: &Ctx) -> Markup {
    let here = urls::new_invitation(view.group_id);
    let body = html! {
        p.soft { (t("2 / 3　人を選ぶ")) }
        h2 { (view.facility.name) }
        form.search-form role="search" action=(here) {
            (hidden("facility", &view.facility.id.to_string()))
            div.search {
                (icon("search"))
                input.input type="search" name="q" value=(view.q) aria-label=(t("人を探す")) placeholder=(t("名前・職種で探す")) autocomplete="off";
            }
            button.btn type="submit" { (t("探す")) }
        }
        @if view.rows.is_empty() {
            (empty("search", t("見つかりませんでした"), t("姓だけ、または職種で探してみてください。"), None))
        } @else {
            ul.panel.flush.rows { @for row in &view.rows { (candidate(&here, view, row)) } }
        }
    };
    invite_page(ctx, &view.room, (&here, t("施設を選びなおす")), body)
}

fn candidate(here: &str, view: &FindPersonView, row: &Candidate) -> Markup {
    let href = format!("{here}?facility={}&person={}", view.facility.id, row.person.account_id);
    html! {
        li.entry-row {
            (avatar(&row.person.name, row.person.profession, Size::Medium))
            div { b { (row.person.name) } p.affiliation { (profession(row.person.profession)) } }
            @match row.already {
                Some(word) => span.badge.plain.short { (word) },
                None => a.btn.short href=(href) aria-label={ (row.person.name) (t("さんを選ぶ")) } { (t("選ぶ")) },
            }
        }
    }
}

/// Step 3: as what, until when, from when on. Posts `client_id`, `facility`, `person`, `role` (`member` or `guest`),
/// `until` (a day, for guests) and `history` (`all` or `from_now`).
#[derive(Clone)]
pub struct InviteView {
    pub room: Room,
    pub group_id: Uuid,
    pub client_id: Uuid,
    pub facility_id: Uuid,
    pub person: Person,
    pub role: String,
    pub until: String,
    pub history: String,
    /// The inviter is not the host: the host has to approve.
    pub needs_approval: bool,
    pub errors: Errors,
}

impl InviteView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            client_id: Uuid::from_u128(55),
            facility_id: Uuid::from_u128(2),
            person: Person::sample(
                90,
                "佐久間 クリストファー 健太郎",
                "doctor",
                "つきのわ病院 総合診療科・地域包括ケア病棟・退院支援チーム",
            ),
            role: "guest".to_owned(),
            until: String::new(),
            history: "all".to_owned(),
            needs_approval: true,
            errors: Errors::one("until", "いつまで参加するかを入れてください。"),
        }
    }
}

const ROLES: [Choice<'_>; 2] = [
    Choice {
        value: "member", label: "メンバー", help: Some("終わりを決めずに参加します。")
    },
    Choice {
        value: "guest",
        label: "一時参加",
        help: Some("決めた日の終わりに、自動で外れます。退院前の話し合いなどに。"),
    },
];

const HISTORY: [Choice<'_>; 2] = [
    Choice {
        value: "all", label: "これまでの記録も見せる", help: Some("最初の投稿から、すべて読めます。")
    },
    Choice {
        value: "from_now",
        label: "これからの分だけ見せる",
        help: Some("参加したあとの投稿だけ読めます。"),
    },
];

pub fn invite_form_page(view: &InviteView, ctx: &Ctx) -> Markup {
    let here = urls::new_invitation(view.group_id);
    let back = format!("{here}?facility={}", view.facility_id);
    let body = html! {
        p.soft { (t("3 / 3　参加のしかたを決める")) }
        (view.errors.summary())
        (view.person.head())
        form.stack method="post" action=(here) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("facility", &view.facility_id.to_string()))
            (hidden("person", &view.person.account_id.to_string()))
            (Entry::radio("role", t("参加のしかた"), &ROLES.map(Choice::spoken)).value(&view.role).errors(&view.errors))
            (Entry::date("until", t("一時参加の終わりの日")).value(&view.until).help(t("一時参加のときだけ入れます。")).errors(&view.errors))
            (Entry::radio("history", t("見せる記録"), &HISTORY.map(Choice::spoken)).value(&view.history).errors(&view.errors))
            @if view.needs_approval { (notice_line("userok", t("承諾のあと、ホストが承認すると参加できます。"))) }
            (notice_line("clock", t("招待は72時間で終わります。返事がなければ、もう一度招待できます。")))
            div.row {
                button.btn.primary.large type="submit" { (icon("send")) (t("招待する")) }
                a.btn.quiet href=(urls::group_members(view.group_id)) { (t("やめる")) }
            }
        }
    };
    invite_page(ctx, &view.room, (&back, t("人を選びなおす")), body)
}

/// The invitation is out. The link is shown once; only its hash is kept.
#[derive(Clone)]
pub struct InvitedView {
    pub room: Room,
    pub group_id: Uuid,
    pub person: Person,
    /// The whole address with its single-use token.
    pub link: String,
    /// `11月20日(金) 14:32`.
    pub until: String,
}

impl InvitedView {
    pub fn sample() -> Self {
        let form = InviteView::sample();
        Self {
            room: form.room,
            group_id: form.group_id,
            person: form.person,
            link: "https://renkei.example/invitations/q3VtR8mWcX0dKzYh2uLJ5sPnBf7aGe1To9iQw4xSvE".to_owned(),
            until: "11月20日(金) 14:32".to_owned(),
        }
    }
}

pub fn invited_page(view: &InvitedView, ctx: &Ctx) -> Markup {
    let back = urls::group_members(view.group_id);
    let body = html! {
        (callout(Tone::Success, t("招待しました"), html! { p { (view.person.name) (t("さんの「お知らせ」に届いています。リンクを渡さなくても参加できます。")) } }))
        (view.person.head())
        section {
            h2 { (t("招待のリンク")) }
            div.panel.stack-s {
                p.small { (t("急ぐときは、このリンクをご本人だけに渡してください。一度だけ、")) b { (view.until) (t(" まで")) } (t("使えます。開くにはサインインが必要です。")) }
                div.field {
                    label for="link" { (t("リンク")) }
                    input.input id="link" value=(view.link) readonly aria-describedby="link-help";
                    p.help id="link-help" { (t("欄を長押しするか選んで「コピー」してください。この画面を閉じると、もう一度は見られません。")) }
                }
                button.btn type="button" data-act="copy" data-copy=(view.link) hidden { (icon("clip")) (t("リンクを写す")) }
            }
        }
        a.btn.primary.large href=(back) { (t("メンバーに戻る")) }
    };
    invite_page(ctx, &view.room, (&back, t("メンバーに戻る")), body)
}
