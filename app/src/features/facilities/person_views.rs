//! One person of the staff.

use maud::{Markup, html};
use uuid::Uuid;

use super::staff::Known;
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, page, way},
        ui::{Choice, Ctx, Profession, Size, Tab, Topbar, avatar, icon, time},
        urls,
    },
};

pub struct PersonView {
    pub facility: String,
    pub account: Uuid,
    pub known: Known,
    /// The viewer's own tie.
    pub me: bool,
    pub profession: String,
    pub licence_note: String,
    pub errors: Errors,
    pub done: Option<&'static str>,
}

opaque_debug!(PersonView);

pub fn person_page(view: &PersonView, ctx: &Ctx) -> Markup {
    let p = &view.known;
    let profession = Profession::of(&p.profession);
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        div.person {
            (avatar(&p.name, profession, Size::Large))
            div {
                h2 { (p.name) }
                p { (profession.label()) (t("・ID ")) (p.login_id)
                    @if p.admin { " " span.badge.accent { (icon("shield")) (t("管理者")) } }
                    @if p.suspended { " " span.badge.danger { (icon("ban")) (t("停止中")) } }
                }
            }
        }
        dl.facts-table {
            div { dt { (t("ふりがな")) } dd { (p.kana) } }
            div { dt { (t("この施設で")) } dd { (time::date_long(p.since)) (t(" から")) } }
            div { dt { (t("メール")) } dd { @match &p.mail { Some(mail) => { (mail) @if !p.mail_confirmed { " " span.badge.must { (t("未確認")) } } } None => "—" } } }
            div { dt { (t("電話")) } dd { @if p.phone.is_empty() { "—" } @else { (p.phone) } } }
        }
        (correction(view))
        (administration(view))
        section {
            h2 { (t("手続き")) }
            ul.panel.flush.ways {
                @if !view.me { (way(&urls::suspension(view.account), "ban", if p.suspended { t("利用を再開する") } else { t("利用を止める") }, t("休職や、端末をなくしたとき"))) }
                (way(&urls::departure(view.account), "userx", t("退職・異動の手続き"), t("この施設とのつながりを終えます")))
                (way(&urls::access_of(view.account), "help", t("見られる理由"), t("グループごとに")))
            }
        }
    };
    let bar = Topbar {
        title: t("スタッフの情報"),
        note: Some(&view.facility),
        back: Some((urls::facility(), t("スタッフに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("スタッフの情報"), tab: Tab::Menu, bar, body })
}

fn correction(view: &PersonView) -> Markup {
    let professions: Vec<Choice<'_>> =
        Profession::all().map(|p| Choice { value: p.code(), label: p.label(), help: None }).collect();
    html! {
        section {
            h2 { (t("職種と資格")) }
            form.panel.stack method="post" action=(urls::staff_person(view.account)) {
                (Entry::select("profession", t("職種"), &professions).value(&view.profession).errors(&view.errors).need())
                (Entry::line("licence_note", t("免許・資格の控え")).value(&view.licence_note).errors(&view.errors).autocomplete("off").max_chars(200)
                    .help(t("例: 看護師免許 確認済み。管理者だけに見えます。")))
                p.small.soft { (t("直すと、これからの記録に新しい職種が付きます。前の記録は、書いたときのまま変わりません。本人に知らせます。")) }
                button.btn type="submit" { (t("職種と資格を直す")) }
            }
        }
    }
}

fn administration(view: &PersonView) -> Markup {
    let admin = view.known.admin;
    html! {
        section {
            h2 { (t("施設の管理者")) }
            form.panel.stack-s #admin method="post" action=(urls::staff_admin(view.account)) {
                (hidden("admin", if admin { "no" } else { "yes" }))
                @if admin {
                    p { (t("スタッフの招待や利用の停止、アクセス記録の確認ができます。外すと、すぐにできなくなります。")) }
                    @if view.me { p { b { (t("ご自分の役割を外すと、ご自分では戻せません。")) } } }
                    button.btn type="submit" { (t("管理者の役割を外す")) }
                } @else {
                    p { (t("管理者になると、スタッフの招待や利用の停止、アクセス記録の確認ができます。患者さんの記録は、入っているグループのものだけが読めます。")) }
                    button.btn type="submit" disabled[view.known.suspended] { (icon("shield")) (t("管理者にする")) }
                }
            }
        }
    }
}
