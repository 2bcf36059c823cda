//! Many at once: the list, what is wrong with which line, and the links.

use maud::{Markup, html};
use uuid::Uuid;

use super::{
    csv_list::Line,
    views::{HandOut, all_professions, sheet},
};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        forms::{Errors, hidden},
        page::{Page, page},
        ui::{Ctx, Field, Kind, Tab, Tone, Topbar, callout, field, icon, notice_line},
        urls,
    },
};

fn bar<'a>(title: &'a str, facility: &'a str) -> Topbar<'a> {
    let back = Some((urls::staff_invitations(), t("招待の一覧に戻る")));
    Topbar { title, note: Some(facility), back, ..Topbar::default() }
}

pub fn ask_page(facility: &str, typed: &str, errors: &Errors, ctx: &Ctx) -> Markup {
    let title = t("まとめて招待する");
    let columns = t("見出し: 氏名,ふりがな,職種,ID,メール,管理者（ID・メール・管理者は空でかまいません）");
    let body = html! {
        (errors.summary())
        p { (t("表計算ソフトの一覧から、500人まで招待できます。")) b { (t("次の画面で1行ずつ確かめるまで、だれも招待しません。")) } }
        form.stack method="post" enctype="multipart/form-data" action=(urls::staff_invitations_csv()) {
            (field(&Field { name: "file", label: t("CSVファイル"), kind: Kind::File { accept: ".csv,.txt,text/csv,text/plain", multiple: false }, help: Some(t("ExcelのCSV（Shift_JIS）も、UTF-8も読めます。")), error: errors.of("file"), ..Field::default() }))
            (field(&Field { name: "list", label: t("または、表を貼り付ける"), kind: Kind::Textarea { rows: 8 }, value: typed, help: Some(columns), error: errors.of("list"), ..Field::default() }))
            div.row {
                button.btn.primary.large type="submit" { (t("内容を確かめる")) }
                a.btn.large href=(urls::staff_invitations_sample()) { (icon("download")) (t("見本のCSV")) }
            }
        }
        section { h2 { (t("使える職種")) } p.small { (all_professions()) } }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, facility), body })
}

pub struct CheckView {
    pub facility: String,
    pub client_id: Uuid,
    /// The list as text, which the next step reads again.
    pub list: String,
    pub lines: Vec<Line>,
    pub mails: bool,
}

opaque_debug!(CheckView);

pub fn check_page(view: &CheckView, ctx: &Ctx) -> Markup {
    let title = t("招待の確認");
    let good = view.lines.iter().filter(|l| l.read.is_ok()).count();
    let bad = view.lines.len() - good;
    let found =
        fill(t("{0}行のうち、招待できるのは{good}人です"), &[("0", &view.lines.len()), ("good", &good)]);
    let body = html! {
        @if bad > 0 {
            (callout(Tone::Caution, &found, html! {
                p { (bad) (t("行に、直すところがあります。まだだれも招待していません。一覧を直して読み直すか、直すところのない")) (good) (t("人だけを招待できます。")) }
            }))
        } @else {
            (callout(Tone::Info, &found, html! { p { (t("まだだれも招待していません。下のボタンを押すと招待します。")) } }))
        }
        @if bad > 0 { section { h2 { (t("直すところがある行 ")) (bad) } (wrong_table(&view.lines)) } }
        section { h2 { (t("招待する人 ")) (good) } (good_table(&view.lines)) }
        form.stack method="post" action=(urls::staff_invitations_confirmation()) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("list", &view.list))
            @if view.mails { (notice_line("mail", t("メールアドレスのある人には、すぐにメールを送ります。"))) }
            div.row {
                @if good > 0 { button.btn.primary.large type="submit" name="answer" value="page" { (good) (t("人を招待する")) } }
                a.btn.large href=(urls::staff_invitations_csv()) { (t("一覧を直して読み直す")) }
            }
        }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}

fn wrong_table(lines: &[Line]) -> Markup {
    html! {
        table.sheet-table {
            thead { tr { th { (t("行")) } th { (t("氏名")) } th { (t("直すところ")) } } }
            tbody {
                @for line in lines {
                    @if let Err(wrong) = &line.read {
                        tr {
                            td data-head=(t("行")) { (line.number) (t("行目")) }
                            td data-head=(t("氏名")) { @if line.name.is_empty() { (t("（空）")) } @else { (line.name) } }
                            td data-head=(t("直すところ")) { ul.points { @for why in wrong { li { (why) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn good_table(lines: &[Line]) -> Markup {
    html! {
        table.sheet-table {
            thead { tr { th { (t("行")) } th { (t("氏名")) } th { (t("職種")) } th { (t("リンクの渡し方")) } } }
            tbody {
                @for line in lines {
                    @if let Ok(new) = &line.read {
                        tr {
                            td data-head=(t("行")) { (line.number) (t("行目")) }
                            td data-head=(t("氏名")) { (new.name) @if new.admin { " " span.badge.accent { (icon("shield")) (t("管理者")) } } }
                            td data-head=(t("職種")) { (new.profession.label()) }
                            td data-head=(t("リンクの渡し方")) { @if let Some(mail) = &new.mail { (mail) } @else { (t("紙を手渡す")) } }
                        }
                    }
                }
            }
        }
    }
}

pub struct MadeView {
    pub facility: String,
    pub client_id: Uuid,
    pub list: String,
    pub made: Vec<(u64, HandOut)>,
    /// Lines that nobody was invited from.
    pub skipped: Vec<Line>,
}

opaque_debug!(MadeView);

pub fn made_page(view: &MadeView, ctx: &Ctx) -> Markup {
    let title = t("招待のリンク");
    let heading = fill(t("{0}人を招待しました"), &[("0", &view.made.len())]);
    let body = html! {
        (callout(Tone::Success, &heading, html! { p { (t("リンクをお見せするのは、いまだけです。紙を印刷するか、CSVで保存して、本人に渡してください。")) } }))
        form.row.no-print method="post" action=(urls::staff_invitations_confirmation()) {
            (hidden("client_id", &view.client_id.to_string()))
            (hidden("list", &view.list))
            button.btn.primary.large type="submit" name="answer" value="sheets" { (icon("print")) (t("手渡す紙を出す")) }
            button.btn.large type="submit" name="answer" value="csv" { (icon("download")) (t("リンクをCSVで保存")) }
        }
        section {
            h2 { (t("招待した人 ")) (view.made.len()) }
            table.sheet-table {
                thead { tr { th { (t("行")) } th { (t("氏名")) } th { (t("結果")) } th { (t("リンク")) } } }
                tbody {
                    @for (number, out) in &view.made {
                        tr {
                            td data-head=(t("行")) { (number) (t("行目")) }
                            td data-head=(t("氏名")) { (out.name) }
                            td data-head=(t("結果")) { @if out.invited.state != "open" { (t("この招待は、もう終わっています")) } @else if out.invited.mailed { (t("メールで送りました")) } @else { (t("手渡してください")) } }
                            td data-head=(t("リンク")) { span.link-text { code { (out.invited.link) } } }
                        }
                    }
                }
            }
        }
        @if !view.skipped.is_empty() { section { h2 { (t("招待しなかった行 ")) (view.skipped.len()) } (wrong_table(&view.skipped)) } }
        a.btn.large.no-print href=(urls::staff_invitations()) { (t("招待の一覧へ")) }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}

/// A page of paper for each person.
pub fn sheets_page(view: &MadeView, ctx: &Ctx) -> Markup {
    let title = t("手渡す紙");
    let body = html! {
        div.row.no-print {
            button.btn.primary.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
            a.btn.large href=(urls::staff_invitations()) { (t("招待の一覧へ")) }
        }
        @for (_, out) in &view.made { @if out.invited.state == "open" { (sheet(&view.facility, out)) } }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}
