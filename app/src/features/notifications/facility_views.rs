//! お知らせの回数. Counts of rings, never of what they were about.

use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};

use super::{
    model::{Quiet, Rung},
    views::quiet_table,
};
use crate::web::{
    csv,
    forms::{Errors, done},
    page::{Page, page},
    ui::{Ctx, Profession, Tab, Tone, Topbar, callout, icon},
    urls,
};
use crate::words::{self, fill, is_english, t};

pub struct RungView {
    pub facility: String,
    pub monday: Date,
    pub rows: Vec<Rung>,
    pub quiet: Quiet,
    pub times: [[String; 2]; 7],
    pub errors: Errors,
    pub done: Option<&'static str>,
}

crate::opaque_debug!(RungView);

const TITLE: &str = "お知らせの回数";

pub fn rung_page(view: &RungView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        (unreached(&view.rows))
        section { h2 { (week(view.monday)) (t("の回数")) } (table(view)) }
        section {
            h2 { (t("施設の静かにする時間")) }
            p { (t("自分で決めていないスタッフには、この時間に届いた投稿を、終わってから知らせます。急ぎの投稿は、いつでも知らせます。")) }
            p.small { (t("いまの決まり：")) (view.quiet.in_words()) }
            form.panel.stack-s method="post" action=(urls::facility_quiet_hours()) {
                (quiet_table(&view.times, &view.errors))
                button.btn.primary type="submit" { (t("施設の決まりとして保存する")) }
            }
        }
    };
    let bar = Topbar {
        title: t(TITLE),
        note: Some(&view.facility),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t(TITLE), tab: Tab::Menu, bar, body })
}

fn short(day: Date) -> String {
    if is_english() { words::day(day, false) } else { format!("{}月{}日", day.month(), day.day()) }
}

fn week(monday: Date) -> String {
    fill(t("{0}〜{1}"), &[("0", &short(monday)), ("1", &short(monday.saturating_add(6.days())))])
}

/// Whom notices do not reach: nobody else would know.
fn unreached(rows: &[Rung]) -> Markup {
    let lost: Vec<_> = rows.iter().filter(|r| r.failing > 0 || r.bounced).collect();
    html! {
        @if !lost.is_empty() {
            (callout(Tone::Caution, t("お知らせが届いていない人がいます"), html! {
                ul { @for r in lost { li {
                    b { (r.name) (t("さん")) } (t("："))
                    @if r.failing > 0 { (r.failing) (t("台の端末に届いていません。「お知らせの設定」で受け取り直すよう、伝えてください。")) }
                    @if r.bounced { (t("メールアドレスが、メールサーバーに断られました。連絡先を確かめてください。")) }
                } } }
            }))
        }
    }
}

fn table(view: &RungView) -> Markup {
    let at = |day: Date| format!("{}?week={day}", urls::interruptions());
    html! {
        p.small { (t("スタッフを鳴らした回数です。端末が何台あっても、1度は1回と数えます。何の投稿だったかは、記録していません。")) }
        div.table-scroll tabindex="0" role="region" aria-label=(t("スタッフごとの回数")) {
            table.sheet-table.brief {
                thead { tr { th scope="col" { (t("スタッフ")) } th scope="col" { (t("職種")) } th scope="col" { (t("回数")) } th scope="col" { (t("静かな時間の外")) } th scope="col" { (t("静かな時間の中")) } th scope="col" { (t("急ぎ")) } } }
                tbody {
                    @for r in &view.rows {
                        tr {
                            th scope="row" data-head=(t("スタッフ")) { (r.name) }
                            td data-head=(t("職種")) { (Profession::of(&r.profession).label()) }
                            td data-head=(t("回数")) { (r.all) (t("回")) }
                            td data-head=(t("静かな時間の外")) { (r.all - r.quiet) (t("回")) }
                            td data-head=(t("静かな時間の中")) { (r.quiet) (t("回")) }
                            td data-head=(t("急ぎ")) { (r.urgent) (t("回")) }
                        }
                    }
                }
            }
        }
        div.row {
            a.btn href=(at(view.monday.saturating_sub(7.days()))) { (icon("back")) (t("前の週")) }
            a.btn href=(at(view.monday.saturating_add(7.days()))) { (t("次の週")) (icon("next")) }
            a.btn href={ (urls::interruptions_csv()) "?week=" (view.monday) } { (icon("download")) (t("CSVで保存")) }
        }
    }
}

const HEAD: [&str; 7] =
    ["週の始まり", "スタッフ", "職種", "回数", "静かな時間の外", "静かな時間の中", "急ぎ"];

pub fn csv_file(monday: Date, rows: Vec<Rung>) -> String {
    let line = |r: Rung| {
        [
            monday.to_string(),
            r.name,
            Profession::of(&r.profession).label().to_owned(),
            r.all.to_string(),
            (r.all - r.quiet).to_string(),
            r.quiet.to_string(),
            r.urgent.to_string(),
        ]
    };
    csv::file(HEAD.map(t), rows.into_iter().map(line))
}
