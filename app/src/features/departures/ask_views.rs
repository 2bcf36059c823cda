//! Before a departure: what ends and what stays, in words, and who becomes the host of each group.

use std::collections::HashMap;

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Departing, Standing, Successor, Tie},
    report_views::tail,
};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, choices, hidden},
        page::{Page, Step, consequences, page},
        person::Person,
        ui::{Ctx, Profession, Size, Tab, Tone, Topbar, avatar, callout, icon},
        urls,
    },
};

pub struct AskView {
    pub facility: String,
    pub person: Person,
    pub login_id: String,
    /// The viewer's own tie.
    pub me: bool,
    /// Nobody else administrates the facility: nothing can be done here.
    pub last_admin: bool,
    pub devices: i64,
    pub groups: Vec<Tie>,
    /// Names by group, where the viewer may know them.
    pub patients: HashMap<Uuid, String>,
    pub invitations: usize,
    pub chosen: Departing,
    /// Why the last try did nothing.
    pub refusal: Option<&'static str>,
}

opaque_debug!(AskView);

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let title = "退職・異動の手続き";
    let body = html! {
        @if let Some(why) = view.refusal { (callout(Tone::Danger, "まだ何も終わっていません", html! { p { (why) } })) }
        div.person {
            (avatar(&view.person.name, view.person.profession, Size::Large))
            div { h2 { (view.person.name) } p { (view.person.profession.label()) "・ID " (view.login_id) } }
        }
        @if view.last_admin {
            (callout(Tone::Caution, "先に、別の方を管理者にしてください", html! {
                p { "この施設の管理者は、ほかにいません。管理者がいなくなると、スタッフや端末をだれも止められません。スタッフの「くわしい情報と変更」から、別の方を管理者にできます。" }
            }))
            a.btn.large href=(urls::facility()) { "スタッフに戻る" }
        } @else {
            (what_ends(view))
            (what_stays())
            (form(view))
        }
    };
    let bar = Topbar {
        title,
        note: Some(&view.facility),
        back: Some((urls::facility(), "スタッフに戻る")),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

fn what_ends(view: &AskView) -> Markup {
    let members = view.groups.iter().filter(|tie| tie.is_member()).count();
    let hosted = view.groups.iter().filter(|tie| tie.is_host()).count();
    let devices = format!("{}台の端末からサインアウト", view.devices);
    let groups = format!("{members}のグループから退出します");
    let hosts = format!("{hosted}のグループのホストを引き継ぎます");
    let invitations = format!("まだ終わっていない招待{}件を取り消します", view.invitations);
    let mut steps = vec![Step {
        icon: "out",
        what: &devices,
        more: "1秒以内。開いている画面も閉じ、この施設としては入れなくなります",
    }];
    if members > 0 {
        steps.push(Step {
            icon: "lock",
            what: &groups,
            more: "この施設の人として入っているグループのすべて",
        });
    }
    if hosted > 0 {
        steps.push(Step {
            icon: "swap",
            what: &hosts,
            more: "下で選ぶ人が、招待や承認を続けます。メンバーでない管理者は、メンバーになります",
        });
    }
    if view.invitations > 0 {
        steps.push(Step {
            icon: "userx",
            what: &invitations,
            more: "本人あてのものと、本人が送って返事のないもの",
        });
    }
    steps.push(Step {
        icon: "warn",
        what: "元に戻すことはできません",
        more: "休職など、戻る予定があるときは「利用を止める」を使ってください",
    });
    consequences("ボタンを押すと、すぐに終わること", &steps)
}

fn what_stays() -> Markup {
    let steps = [
        Step {
            icon: "file",
            what: "書いた記録は残ります",
            more: "名前・職種・施設は、書いたときのまま変わりません",
        },
        Step {
            icon: "home",
            what: "ほかの施設での仕事は続けられます",
            more: "アカウントは本人のものです。終わるのは、この施設とのつながりだけです",
        },
        Step {
            icon: "list",
            what: "この手続きの記録が残ります",
            more: "終わったグループと引継ぎ先の一覧を、印刷やCSVで保存できます",
        },
    ];
    consequences("変わらないこと", &steps)
}

fn form(view: &AskView) -> Markup {
    let (hosted, others): (Vec<&Tie>, Vec<&Tie>) =
        view.groups.iter().filter(|tie| tie.is_member() && !tie.is_direct()).partition(|tie| tie.is_host());
    let talks = view.groups.iter().filter(|tie| tie.is_direct()).count();
    html! {
        form.stack method="post" action=(urls::departure(view.person.account_id)) {
            (hidden("client_id", &view.chosen.client_id.to_string()))
            @if !hosted.is_empty() {
                section {
                    h2 { "新しいホストを選ぶ " (hosted.len()) "グループ" }
                    div.panel.stack { @for tie in hosted { (successor_field(view, tie)) } }
                }
            }
            @if !others.is_empty() {
                section {
                    h2 { "退出するグループ " (others.len()) }
                    ul.panel.flush.rows { @for tie in others { (group_row(view, tie)) } }
                }
            }
            @if talks > 0 { p { "このほかに、1対1の会話が" (talks) "件終わります。" } }
            div.row {
                a.btn.large href=(urls::facility()) { "やめる" }
                button.btn.large.danger type="submit" {
                    (icon("userx")) @if view.me { "この施設を離れる" } @else { "この施設とのつながりを終える" }
                }
            }
        }
    }
}

/// The patient where the viewer may know, else who manages the group and the end of its id.
fn named(view: &AskView, tie: &Tie) -> String {
    match view.patients.get(&tie.group) {
        Some(name) => name.clone(),
        None => format!("{}が管理するグループ（{}）", tie.owner_name, tail(tie.group)),
    }
}

fn successor_field(view: &AskView, tie: &Tie) -> Markup {
    let people: Vec<_> =
        tie.successors.iter().map(|s| (s.account.to_string(), in_words(s, &view.facility))).collect();
    let first = tie.successors.first().map(|s| s.account);
    let chosen = view.chosen.successors.get(&tie.group).copied().or(first).unwrap_or_default().to_string();
    let (name, label) = (format!("host-{}", tie.group), named(view, tie));
    let help = if tie.archived { "アーカイブされたグループです" } else { "" };
    html! { (Entry::select(&name, &label, &choices(&people)).value(&chosen).help(help).need()) }
}

/// The facility only where it is another one: a phone has little room.
fn in_words(s: &Successor, own: &str) -> String {
    let profession = Profession::of(&s.profession).label();
    let facility = if s.facility_name == own { String::new() } else { format!("、{}", s.facility_name) };
    let note = match s.standing {
        Standing::Member => "",
        Standing::Guest | Standing::Nothing => "、管理者・新しくメンバーに",
    };
    format!("{}（{profession}{facility}{note}）", s.name)
}

fn group_row(view: &AskView, tie: &Tie) -> Markup {
    html! {
        li.entry-row {
            (icon("group"))
            div {
                b { (named(view, tie)) }
                @if tie.archived { " " span.badge.plain { "アーカイブ" } }
                @if view.patients.contains_key(&tie.group) { small { "管理 " (tie.owner_name) } }
            }
        }
    }
}
