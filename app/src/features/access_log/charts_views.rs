//! 患者さんごとの回数: how often each chart was opened, and by whom.

use maud::{Markup, html};

use super::views::period;
use crate::words::{fill, t};
use crate::{
    features::facilities::views::{AdminTab, admin_bar},
    web::{
        forms::Errors,
        page::{Page, grouped, page},
        ui::{Ctx, Profession, Tab, Topbar, empty, icon, pager, profession},
        urls,
    },
};

/// The period as typed, and what is wrong with it.
pub struct Period {
    pub from: String,
    pub to: String,
    pub errors: Errors,
}

pub struct ChartRow {
    pub patient: String,
    pub openings: i64,
    pub people: i64,
    /// `11月1日(日) 9:02 – 11月17日(火) 14:32`.
    pub span: String,
    /// Who opened it.
    pub href: String,
}

pub struct ChartsView {
    pub facility: String,
    pub period: Period,
    pub openings: i64,
    pub charts: i64,
    pub rows: Vec<ChartRow>,
    /// With `?`.
    pub csv_query: String,
    pub newer: Option<String>,
    pub older: Option<String>,
}

pub struct ReaderRow {
    pub name: String,
    /// `None`: somebody of the family.
    pub profession: Option<Profession>,
    pub facility: String,
    pub openings: i64,
    pub span: String,
    /// `3分12秒`, where it is known.
    pub duration: Option<String>,
    /// These openings in the log.
    pub href: String,
}

pub struct ReadersView {
    pub facility: String,
    pub patient: String,
    pub period: Period,
    pub back: String,
    pub openings: i64,
    pub rows: Vec<ReaderRow>,
}

crate::opaque_debug!(ChartRow, ChartsView, ReaderRow, ReadersView);

fn count(n: i64) -> String {
    grouped(u64::try_from(n).unwrap_or_default())
}

pub fn charts_page(view: &ChartsView, ctx: &Ctx) -> Markup {
    let csv = format!("{}{}", urls::access_log_charts_csv(), view.csv_query);
    let body = html! {
        (view.period.errors.summary())
        (period(urls::access_log_charts(), &view.period))
        section {
            div.spread {
                h2 { (fill(t("{0}人の記録が、{1}回開かれました"), &[("0", &count(view.charts)), ("1", &count(view.openings))])) }
                @if view.openings > 0 { a.btn href=(csv) { (icon("download")) (t("CSVで保存")) } }
            }
            @if view.rows.is_empty() {
                (empty("log", t("この期間に開かれた記録はありません"), t("期間を広げてみてください。"), None))
            } @else {
                ul.counts.panel.flush { @for row in &view.rows {
                    li {
                        div { a href=(row.href) { (row.patient) } p.small.soft { (row.span) } }
                        span.num { (count(row.openings)) (t("回")) small.soft { " " (fill(t("{0}人"), &[("0", &row.people)])) } }
                    }
                } }
                (pager(view.newer.as_deref(), view.older.as_deref()))
            }
        }
        p.small.soft { (t("「開いた」は、その患者さんの記録（タイムライン・基礎情報・ファイルなど）を見たことです。開いたままの画面は1回と数えます。患者さんやご家族が見たことも含みます。")) }
    };
    let bar = Topbar {
        back: Some((urls::access_log(), t("アクセス記録に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("患者さんごとの回数"), tab: Tab::Menu, bar, body })
}

pub fn readers_page(view: &ReadersView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.period.errors.summary())
        h2 { (fill(t("{0}の記録を開いた人"), &[("0", &view.patient)])) }
        (period("", &view.period))
        @if view.rows.is_empty() {
            (empty("log", t("この期間に開いた人はいません"), t("期間を広げてみてください。"), None))
        } @else {
            section {
                h3 { (fill(t("あわせて{0}回"), &[("0", &count(view.openings))])) }
                ul.counts.panel.flush { @for row in &view.rows {
                    li {
                        div {
                            a href=(row.href) { (row.name) } " " @if let Some(work) = row.profession { (profession(work)) }
                            p.small.soft { (row.facility) }
                            p.small.soft { (row.span) @if let Some(duration) = &row.duration { (t("・あわせて")) (duration) } }
                        }
                        span.num { (count(row.openings)) (t("回")) }
                    }
                } }
            }
        }
    };
    let bar = Topbar {
        back: Some((&view.back, t("患者さんごとの回数に戻る"))),
        ..admin_bar(&view.facility, AdminTab::AccessLog)
    };
    page(ctx, Page { title: t("記録を開いた人"), tab: Tab::Menu, bar, body })
}
