//! What a departure ended, for reading, printing and keeping; and the list of all.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{model::Report, read::Names};
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        page::{Page, page, way},
        ui::{Ctx, Profession, Tab, Tone, Topbar, callout, empty, icon, time},
        urls,
    },
};

/// The end of an id, to tell groups apart that may not be named.
pub fn tail(id: Uuid) -> String {
    let text = id.simple().to_string();
    text[text.len() - 6..].to_owned()
}

fn in_words(names: &Names, account: Uuid) -> String {
    let (name, code) = names.person(account);
    fill(t("{name}（{0}）"), &[("name", &name), ("0", &Profession::of(code).label())])
}

fn group(names: &Names, id: Uuid) -> String {
    match names.patient(id) {
        Some(name) => name.to_owned(),
        None => fill(t("グループ {0}"), &[("0", &tail(id))]),
    }
}

pub fn report_page(facility: &str, report: &Report, names: &Names, ctx: &Ctx) -> Markup {
    let title = t("退職・異動の記録");
    let body = html! {
        (callout(Tone::Success, t("手続きが終わりました"), html! {
            p { (t("下の一覧が、終わったことのすべてです。この記録は残り、「退職・異動の記録」からまた開けます。")) }
        }))
        section {
            dl.facts-table {
                div { dt { (t("施設")) } dd { (facility) } }
                div { dt { (t("離れた人")) } dd { (in_words(names, report.account)) } }
                div { dt { (t("日時")) } dd { (time::to_the_second(report.at)) } }
                div { dt { (t("手続きをした人")) } dd { (in_words(names, report.by)) } }
                div { dt { (t("サインアウト")) } dd { (report.devices_signed_out) (t("台の端末")) } }
            }
        }
        (groups_left(report, names))
        (invitations(report, names))
        div.row.no-print {
            button.btn.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
            a.btn.large href=(urls::departure_csv(report.id)) { (icon("download")) (t("CSVで保存")) }
        }
    };
    let bar = Topbar {
        title,
        note: Some(facility),
        back: Some((urls::departures(), t("退職・異動の記録に戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title, tab: Tab::Menu, bar, body })
}

fn groups_left(report: &Report, names: &Names) -> Markup {
    html! {
        section {
            h2 { (t("退出したグループ ")) (report.groups_left.len()) }
            @if report.groups_left.is_empty() { p { (t("入っていたグループはありません。")) } }
            @else {
                table.sheet-table {
                    thead { tr { th { (t("グループ")) } th { (t("管理する施設")) } th { (t("新しいホスト")) } } }
                    tbody {
                        @for left in &report.groups_left {
                            tr {
                                td data-head=(t("グループ")) { (group(names, left.group_id)) }
                                td data-head=(t("管理する施設")) { (names.facility(left.facility_id)) }
                                td data-head=(t("新しいホスト")) {
                                    @match report.hosts_handed_over.iter().find(|h| h.group_id == left.group_id) {
                                        Some(handed) => (in_words(names, handed.to)),
                                        None => "—",
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn invitations(report: &Report, names: &Names) -> Markup {
    html! {
        @if !report.invitations_ended.is_empty() {
            section {
                h2 { (t("取り消した招待 ")) (report.invitations_ended.len()) }
                ul.points { @for ended in &report.invitations_ended { li { (group(names, ended.group_id)) } } }
            }
        }
    }
}

pub fn list_page(facility: &str, reports: &[Report], names: &Names, now: Timestamp, ctx: &Ctx) -> Markup {
    let title = t("退職・異動の記録");
    let body = html! {
        section {
            h2 { (title) }
            @if reports.is_empty() {
                (empty("file", t("まだありません"), t("スタッフの一覧の「退職・異動の手続き」で終えたものが、ここに残ります。"), None))
            } @else {
                ul.panel.flush.ways {
                    @for report in reports {
                        (way(&urls::departure_report(report.id), "file", &in_words(names, report.account),
                            &fill(t("{0}・{1}グループ"), &[("0", &time::when(report.at, now)), ("1", &report.groups_left.len())])))
                    }
                }
            }
        }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: admin_bar(facility, AdminTab::Staff), body })
}
