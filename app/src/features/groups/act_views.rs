//! Wide acts on a group. Each asks first, with the consequence in words: remove, hand over, archive, reopen, open.

use maud::{Markup, html};
use uuid::Uuid;

use crate::features::patients::new_views::host_field;
use crate::features::patients::room::{GroupKind, Room};
use crate::web::forms::{Entry, Errors, choices, hidden};
use crate::web::page::{Step, consequences};
use crate::web::person::Person;
use crate::web::ui::{Ctx, icon};
use crate::web::urls;
use crate::words::{fill, t};

/// The page of an act: heading under the patient, one column, the way back to `back`.
fn act_page(ctx: &Ctx, room: &Room, title: &str, back: (&str, &str), body: Markup) -> Markup {
    let bar = room.deeper(title, back);
    room.page(ctx, title, bar, body, None)
}

/// Removing a member, or leaving.
#[derive(Clone)]
pub struct RemovalView {
    pub room: Room,
    pub group_id: Uuid,
    /// So that a double click is one act.
    pub client_id: Uuid,
    pub person: Person,
    /// The viewer's own membership: leaving.
    pub me: bool,
    /// How many posts of hers stay; `None` for a viewer who may not read them.
    pub posts: Option<u64>,
    pub reason: String,
    pub errors: Errors,
}

crate::opaque_debug!(RemovalView, HostView, ArchiveView, OpenGroupView);

impl RemovalView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            client_id: Uuid::from_u128(71),
            person: Person::sample(90, "佐野 真理", "social_worker", "つきのわ病院 地域連携室"),
            me: false,
            posts: Some(18),
            reason: String::new(),
            errors: Errors::none(),
        }
    }
}

pub fn removal_page(view: &RemovalView, ctx: &Ctx) -> Markup {
    let back = urls::group_members(view.group_id);
    let left = match view.posts {
        Some(n) => {
            fill(t("{0}件の投稿は、名前と職種のまま変わりません"), &[("0", &crate::web::page::grouped(n))])
        }
        None => t("投稿は、名前と職種のまま変わりません").to_owned(),
    };
    let (title, heading, label, example, stay, verb) = if view.me {
        (
            t("グループから抜ける"),
            t("抜けると、すぐに起きること"),
            t("抜ける理由"),
            t("例: 異動"),
            t("抜けない"),
            t("グループから抜ける"),
        )
    } else {
        (
            t("メンバーを外す"),
            t("外すと、すぐに起きること"),
            t("外す理由"),
            t("例: 担当の交代"),
            t("外さない"),
            t("グループから外す"),
        )
    };
    let body = html! {
        (view.errors.summary())
        (view.person.head())
        (consequences(heading, &removal_steps(view, &left)))
        form.stack method="post" action=(urls::removal(view.group_id, view.person.account_id)) {
            (hidden("client_id", &view.client_id.to_string()))
            (reason("reason", label, example, &view.reason, &view.errors))
            div.row {
                a.btn.large href=(back) { (stay) }
                button.btn.danger.large type="submit" { (icon("userx")) (verb) }
            }
        }
    };
    act_page(ctx, &view.room, title, (&back, t("メンバーに戻る")), body)
}

fn removal_steps<'a>(view: &RemovalView, left: &'a str) -> Vec<Step<'a>> {
    let told = if view.me {
        Step {
            icon: "group",
            what: t("メンバーの一覧から消えます"),
            more: t("また参加するには、もう一度招待が必要です"),
        }
    } else {
        Step {
            icon: "bell", what: t("ご本人に知らせます"), more: t("理由は、グループの人だけが読めます")
        }
    };
    let closed = Step {
        icon: "lock",
        what: if view.room.kind == GroupKind::Patient {
            t("この患者さんの記録を読めなくなります")
        } else {
            t("このグループを読めなくなります")
        },
        more: t("開いている画面も、1秒以内に閉じます"),
    };
    vec![closed, told, Step { icon: "file", what: t("書いた記録は残ります"), more: left }]
}

/// The reason of an act: one line, kept in the record.
fn reason<'a>(name: &'a str, label: &'a str, help: &'a str, typed: &'a str, errors: &'a Errors) -> Entry<'a> {
    Entry::line(name, label).value(typed).help(help).errors(errors).need().max_chars(200)
}

/// Handing the host over.
#[derive(Clone)]
pub struct HostView {
    pub room: Room,
    pub group_id: Uuid,
    /// So that a double click is one act.
    pub client_id: Uuid,
    /// Members who may become host.
    pub people: Vec<Person>,
    /// The chosen account id, or empty.
    pub chosen: String,
    pub reason: String,
    pub errors: Errors,
}

impl HostView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            client_id: Uuid::from_u128(72),
            people: Person::samples(),
            chosen: String::new(),
            reason: "担当の交代".to_owned(),
            errors: Errors::one("host", "引き継ぐ人を選んでください。"),
        }
    }
}

pub fn host_page(view: &HostView, ctx: &Ctx) -> Markup {
    let back = urls::group_members(view.group_id);
    let people: Vec<_> = view
        .people
        .iter()
        .map(|p| (p.account_id.to_string(), format!("{} {}", p.in_words(), p.facility)))
        .collect();
    let steps = [
        Step {
            icon: "key",
            what: t("選んだ人がホストになります"),
            more: t("招待、承認、退出、終了は、その人が行います"),
        },
        Step {
            icon: "group",
            what: t("あなたはメンバーとして残ります"),
            more: t("これまでどおり読み書きできます"),
        },
    ];
    let body = html! {
        (view.errors.summary())
        (consequences(t("引き継ぐと、すぐに起きること"), &steps))
        form.stack method="post" action=(urls::host(view.group_id)) {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::select("host", t("新しいホスト"), &choices(&people)).value(&view.chosen).errors(&view.errors).need())
            (reason("reason", t("引き継ぐ理由"), t("例: 担当の交代、退職"), &view.reason, &view.errors))
            div.row {
                a.btn.large href=(back) { (t("引き継がない")) }
                button.btn.primary.large type="submit" { (icon("swap")) (t("ホストを引き継ぐ")) }
            }
        }
    };
    act_page(ctx, &view.room, t("ホストを引き継ぐ"), (&back, t("メンバーに戻る")), body)
}

/// Archiving, or reopening when `archived`.
#[derive(Clone)]
pub struct ArchiveView {
    pub room: Room,
    pub group_id: Uuid,
    /// So that a double click is one act.
    pub client_id: Uuid,
    /// The state now.
    pub archived: bool,
    pub members: usize,
    pub reason: String,
    pub errors: Errors,
}

impl ArchiveView {
    pub fn sample() -> Self {
        Self {
            room: Room::sample(),
            group_id: Uuid::from_u128(13),
            client_id: Uuid::from_u128(73),
            archived: false,
            members: 8,
            reason: String::new(),
            errors: Errors::one("reason", "終了する理由を書いてください。"),
        }
    }

    /// The way back.
    pub fn sample_archived() -> Self {
        Self { archived: true, errors: Errors::none(), ..Self::sample() }
    }
}

pub fn archive_page(view: &ArchiveView, ctx: &Ctx) -> Markup {
    let members = fill(t("メンバー{0}人"), &[("0", &view.members)]);
    let all = fill(t("{members}は、これまでどおり読めます"), &[("members", &members)]);
    let again = fill(t("{members}が、また投稿できます"), &[("members", &members)]);
    let (title, steps, label, action, verb, stay) = if view.archived {
        let steps = vec![
            Step { icon: "pen", what: t("また書けるようになります"), more: &again },
            Step {
                icon: "hist",
                what: t("終了していたことも残ります"),
                more: t("いつ、だれが、なぜ終了し、再開したか"),
            },
        ];
        (
            t("グループを再開する"),
            steps,
            t("再開する理由"),
            urls::reopening(view.group_id),
            t("再開する"),
            t("再開しない"),
        )
    } else {
        let steps = vec![
            Step {
                icon: "lock",
                what: t("新しく書けなくなります"),
                more: t("投稿、返信、了解、招待が止まります"),
            },
            Step { icon: "file", what: t("記録は残ります"), more: &all },
            Step {
                icon: "undo", what: t("あとで再開できます"), more: t("ホストが理由を書いて再開します")
            },
        ];
        (
            t("グループを終了する"),
            steps,
            t("終了する理由"),
            urls::archive(view.group_id),
            t("終了する"),
            t("終了しない"),
        )
    };
    let example = if view.archived {
        t("例: 退院、転居からの戻り")
    } else {
        t("例: 施設への入所、転居、ご逝去")
    };
    let back = urls::group_members(view.group_id);
    let body = html! {
        (view.errors.summary())
        (consequences(t("すぐに起きること"), &steps))
        form.stack method="post" action=(action) {
            (hidden("client_id", &view.client_id.to_string()))
            (reason("reason", label, example, &view.reason, &view.errors))
            div.row {
                a.btn.large href=(back) { (stay) }
                button.btn.large.primary[view.archived].danger[!view.archived] type="submit" { (verb) }
            }
        }
    };
    act_page(ctx, &view.room, title, (&back, t("メンバーに戻る")), body)
}

/// Opening the group of a registered patient.
#[derive(Clone)]
pub struct OpenGroupView {
    pub room: Room,
    /// So that a double click opens one group.
    pub client_id: Uuid,
    pub hosts: Vec<Person>,
    pub host: String,
    pub errors: Errors,
}

impl OpenGroupView {
    pub fn sample() -> Self {
        Self {
            room: Room { group_id: None, ..Room::sample() },
            client_id: Uuid::from_u128(77),
            hosts: Person::samples().into_iter().take(4).collect(),
            host: Uuid::from_u128(1).to_string(),
            errors: Errors::none(),
        }
    }
}

pub fn open_group_page(view: &OpenGroupView, ctx: &Ctx) -> Markup {
    let back = urls::face_sheet(view.room.patient_id);
    let steps = [
        Step {
            icon: "group",
            what: t("チームの記録が始まります"),
            more: t("はじめはホストだけです。ホストが人を招待します"),
        },
        Step {
            icon: "lock",
            what: t("読めるのはメンバーだけです"),
            more: t("施設の管理者も、メンバーでなければ投稿を読めません"),
        },
        Step {
            icon: "hist",
            what: t("書いたものは消えません"),
            more: t("直したいときは、訂正として書き足します"),
        },
    ];
    let body = html! {
        (view.errors.summary())
        (view.room.card())
        (consequences(t("開くと、こうなります"), &steps))
        form.stack method="post" action=(urls::groups()) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("patient", &view.room.patient_id.to_string()))
            (host_field(&view.hosts, &view.host, &view.errors))
            div.row {
                button.btn.primary.large type="submit" { (icon("group")) (t("グループを開く")) }
                a.btn.quiet href=(back) { (t("やめる")) }
            }
        }
    };
    act_page(ctx, &view.room, t("患者グループを開く"), (&back, t("基礎情報に戻る")), body)
}
