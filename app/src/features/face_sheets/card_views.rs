//! 患者連携サマリー: the short text, who has read it as it stands, and how it came to be so.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    card::{Card, ReadBy},
    fields::Section,
    merge::Change,
    room::Room,
    version_views::{VersionRow, difference},
    views::{label_of, shown},
};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        forms::{done, hidden},
        page::how_to,
        ui::{self, Ctx, Profession, icon, time},
        urls,
    },
};

pub struct CardView {
    pub room: Room,
    pub card: Card,
    /// The versions that changed it, newest first.
    pub rows: Vec<(VersionRow, Vec<Change>)>,
    pub me: Uuid,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(CardView);

pub fn card_page(view: &CardView, ctx: &Ctx) -> Markup {
    let patient = view.room.patient_id;
    let back = view.room.group_id.map_or_else(|| urls::face_sheet(patient), urls::group);
    let edit = urls::face_sheet_section(patient, Section::Summary.code());
    let fields = view.card.fields();
    let body = html! {
        (done(view.done))
        section aria-labelledby="card" {
            div.spread {
                h2 id="card" { (t("共有していること")) }
                @if !view.card.sheet.archived { a.btn href=(edit) { (icon("pen")) (t("直す")) } }
            }
            @if fields.is_empty() {
                (ui::empty("list", t("まだ書かれていません"), t("いまの状態・目標・注意・連絡の約束を短く書いておくと、だれが訪問しても同じことが分かります。"), None))
            } @else {
                dl.facts-table {
                    @for field in Section::Summary.fields() {
                        @if let Some(text) = fields.get(field.key) { div { dt { (t(field.label)) } dd { (shown(field, text, None)) } } }
                    }
                }
                @if let Some((row, _)) = view.rows.first() {
                    p.small.soft { (t("版")) (row.number) (t("・")) (row.when) (t("・")) (row.who) (t("（")) (row.profession.label()) (t("）。理由: ")) (row.reason) }
                }
                (confirm(view))
            }
        }
        @if !view.card.readers.is_empty() && !fields.is_empty() { (readers(view)) }
        @if !view.rows.is_empty() { (history(view)) }
        (ui::notice_line("hist", t("サマリーは基礎情報の一部です。直すたびに新しい版になり、前の版は消えません。")))
        (how_to("summary"))
    };
    let bar = view.room.deeper(t("連携サマリー"), (&back, t("患者さんの画面に戻る")));
    view.room.page(ctx, t("連携サマリー"), bar, body, None)
}

/// Members say themselves that they have read it; opening the page alone proves little.
fn confirm(view: &CardView) -> Markup {
    let member = view.card.readers.iter().any(|r| r.id == view.me);
    html! {
        @if member {
            @if view.card.is_read_by(view.me) { p.notice-line { (icon("ok")) span { (t("いまの版を読みました。")) } } }
            @else {
                form method="post" action=(urls::summary_read(view.room.patient_id)) {
                    (hidden("version", &view.card.sheet.newest().number.to_string()))
                    button.btn.primary.large type="submit" { (icon("check")) (t("いまの版を読みました")) }
                }
            }
        }
    }
}

fn readers(view: &CardView) -> Markup {
    let read = view.card.readers.iter().filter(|r| r.read_at.is_some()).count();
    html! {
        section aria-labelledby="read" {
            h2 id="read" { (t("いまの版を読んだ人 ")) span.num { (read) "/" (view.card.readers.len()) } }
            p.small.soft { (t("「読みました」を押した人と、この版を書いた人です。分かったかどうかまでは示しません。")) }
            div.panel { ul.readers { @for one in &view.card.readers { (reader(one, view.now)) } } }
        }
    }
}

fn reader(one: &ReadBy, now: Timestamp) -> Markup {
    let profession = Profession::of(&one.profession);
    html! {
        li {
            (ui::avatar(&one.name, profession, ui::Size::Small))
            span { (one.name) br; span.soft { (profession.label()) (t("・")) (one.facility) } }
            @match one.read_at {
                Some(at) => span.state.ok { (icon("ok")) (time::when(at, now)) },
                None => span.state.no { (icon("hour")) (t("まだ")) },
            }
        }
    }
}

fn history(view: &CardView) -> Markup {
    html! {
        section aria-labelledby="past" {
            h2 id="past" { (t("変わったところ")) }
            @for (n, (row, changes)) in view.rows.iter().enumerate() {
                details.opens open[n == 0] {
                    summary { (t("版")) (row.number) (t("・")) (row.when) (t("・")) (row.who) }
                    p.small { (row.profession.label()) " " (row.facility) (t("。理由: ")) (row.reason) }
                    dl.facts-table { @for change in changes { div.changed { dt { (label_of(&change.key)) } dd { (difference(change)) } } } }
                }
            }
        }
    }
}
