//! Before a departure: what ends and what stays, in words, and who becomes the host of each group.

use std::collections::HashMap;

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::{Departing, Standing, Successor, Tie},
    report_views::tail,
};
use crate::words::{fill, t, t_in};
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
    let title = t("退職・異動の手続き");
    let body = html! {
        @if let Some(why) = view.refusal { (callout(Tone::Danger, t("まだ何も終わっていません"), html! { p { (why) } })) }
        div.person {
            (avatar(&view.person.name, view.person.profession, Size::Large))
            div { h2 { (view.person.name) } p { (view.person.profession.label()) (t("・ID ")) (view.login_id) } }
        }
        @if view.last_admin {
            (callout(Tone::Caution, t("先に、別の方を管理者にしてください"), html! {
                p { (t("この施設の管理者は、ほかにいません。管理者がいなくなると、スタッフや端末をだれも止められません。スタッフの「くわしい情報と変更」から、別の方を管理者にできます。")) }
            }))
            a.btn.large href=(urls::facility()) { (t("スタッフに戻る")) }
        } @else {
            (what_ends(view))
            (what_stays())
            (form(view))
        }
    };
    let bar = Topbar {
        title,
        note: Some(&view.facility),
        back: Some((urls::facility(), t("スタッフに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

fn what_ends(view: &AskView) -> Markup {
    let members = view.groups.iter().filter(|tie| tie.is_member()).count();
    let hosted = view.groups.iter().filter(|tie| tie.is_host()).count();
    let devices = fill(t("{0}台の端末からサインアウト"), &[("0", &view.devices)]);
    let groups = fill(t("{members}のグループから退出します"), &[("members", &members)]);
    let hosts = fill(t("{hosted}のグループのホストを引き継ぎます"), &[("hosted", &hosted)]);
    let invitations = fill(t("まだ終わっていない招待{0}件を取り消します"), &[("0", &view.invitations)]);
    let mut steps = vec![Step {
        icon: "out",
        what: &devices,
        more: t("1秒以内。開いている画面も閉じ、この施設としては入れなくなります"),
    }];
    if members > 0 {
        steps.push(Step {
            icon: "lock",
            what: &groups,
            more: t("この施設の人として入っているグループのすべて"),
        });
    }
    if hosted > 0 {
        steps.push(Step {
            icon: "swap",
            what: &hosts,
            more: t("下で選ぶ人が、招待や承認を続けます。メンバーでない管理者は、メンバーになります"),
        });
    }
    if view.invitations > 0 {
        steps.push(Step {
            icon: "userx",
            what: &invitations,
            more: t("本人あてのものと、本人が送って返事のないもの"),
        });
    }
    steps.push(Step {
        icon: "warn",
        what: t("元に戻すことはできません"),
        more: t("休職など、戻る予定があるときは「利用を止める」を使ってください"),
    });
    consequences(t("ボタンを押すと、すぐに終わること"), &steps)
}

fn what_stays() -> Markup {
    let steps = [
        Step {
            icon: "file",
            what: t("書いた記録は残ります"),
            more: t("名前・職種・施設は、書いたときのまま変わりません"),
        },
        Step {
            icon: "home",
            what: t("ほかの施設での仕事は続けられます"),
            more: t("アカウントは本人のものです。終わるのは、この施設とのつながりだけです"),
        },
        Step {
            icon: "list",
            what: t("この手続きの記録が残ります"),
            more: t("終わったグループと引継ぎ先の一覧を、印刷やCSVで保存できます"),
        },
    ];
    consequences(t("変わらないこと"), &steps)
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
                    h2 { (t("新しいホストを選ぶ ")) (hosted.len()) (t_in("グループ", "counted")) }
                    div.panel.stack { @for tie in hosted { (successor_field(view, tie)) } }
                }
            }
            @if !others.is_empty() {
                section {
                    h2 { (t("退出するグループ ")) (others.len()) }
                    ul.panel.flush.rows { @for tie in others { (group_row(view, tie)) } }
                }
            }
            @if talks > 0 { p { (t("このほかに、1対1の会話が")) (talks) (t("件終わります。")) } }
            div.row {
                a.btn.large href=(urls::facility()) { (t("やめる")) }
                button.btn.large.danger type="submit" {
                    (icon("userx")) @if view.me { (t("この施設を離れる")) } @else { (t("この施設とのつながりを終える")) }
                }
            }
        }
    }
}

/// The patient where the viewer may know, else who manages the group and the end of its id.
fn named(view: &AskView, tie: &Tie) -> String {
    match view.patients.get(&tie.group) {
        Some(name) => name.clone(),
        None => fill(t("{0}が管理するグループ（{1}）"), &[("0", &tie.owner_name), ("1", &tail(tie.group))]),
    }
}

fn successor_field(view: &AskView, tie: &Tie) -> Markup {
    let people: Vec<_> =
        tie.successors.iter().map(|s| (s.account.to_string(), in_words(s, &view.facility))).collect();
    let first = tie.successors.first().map(|s| s.account);
    let chosen = view.chosen.successors.get(&tie.group).copied().or(first).unwrap_or_default().to_string();
    let (name, label) = (format!("host-{}", tie.group), named(view, tie));
    let help = if tie.archived { t("アーカイブされたグループです") } else { "" };
    html! { (Entry::select(&name, &label, &choices(&people)).value(&chosen).help(help).need()) }
}

/// The facility only where it is another one: a phone has little room.
fn in_words(s: &Successor, own: &str) -> String {
    let profession = Profession::of(&s.profession).label();
    let facility =
        if s.facility_name == own { String::new() } else { fill(t("、{0}"), &[("0", &s.facility_name)]) };
    let note = match s.standing {
        Standing::Member => "",
        Standing::Guest | Standing::Nothing => t("、管理者・新しくメンバーに"),
    };
    fill(
        t("{0}（{profession}{facility}{note}）"),
        &[("0", &s.name), ("profession", &profession), ("facility", &facility), ("note", &note)],
    )
}

fn group_row(view: &AskView, tie: &Tie) -> Markup {
    html! {
        li.entry-row {
            (icon("group"))
            div {
                b { (named(view, tie)) }
                @if tie.archived { " " span.badge.plain { (t("アーカイブ")) } }
                @if view.patients.contains_key(&tie.group) { small { (t("管理 ")) (tie.owner_name) } }
            }
        }
    }
}
