//! だれが 見たか: by days, in plain words.

use jiff::civil::Date;
use maud::{Markup, html};

use super::{
    model::Place,
    views::{heading, site},
};
use crate::words::{fill, t};
use crate::{
    features::who_read::model::Told,
    opaque_debug,
    web::{
        ui::{Ctx, Profession, icon, time},
        urls,
    },
};

/// Somebody looked on that day.
pub struct Look {
    pub facility: String,
    pub profession: String,
    pub name: Option<String>,
    /// `record`, `sheet` or `file`; nothing, where that is not told.
    pub what: Vec<String>,
}

impl Look {
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.facility, &self.profession, &self.name) == (&other.facility, &other.profession, &other.name)
    }
}

pub struct WhoReadView {
    pub place: Place,
    pub told: Told,
    /// The newest first.
    pub days: Vec<(Date, Vec<Look>)>,
}

opaque_debug!(Look, WhoReadView);

fn what_in_words(code: &str) -> &'static str {
    match code {
        "sheet" => t("名前や 病気などの 基礎情報"),
        "file" => t("写真や 書類"),
        _ => t("毎日の 記録"),
    }
}

pub fn who_read_page(view: &WhoReadView, ctx: &Ctx) -> Markup {
    let delay = fill(
        t("その日が おわって {0}日 たつと、ここに 出ます。時間と 回数は 出ません。"),
        &[("0", &view.told.delay_days)],
    );
    let main = html! {
        h2 { (t("だれが 記録を 見たか")) }
        p { (t("在宅チームの だれが、いつの 日に 記録を 見たかを お知らせします。")) }
        p.soft { (delay) }
        @if view.days.is_empty() {
            p { (t("まだ ここに 出る ものは ありません。")) }
        }
        @for (day, looks) in &view.days {
            section.stack-s {
                h3 { (time::with_year(*day)) }
                ul.points { @for look in looks { li { (look_in_words(look)) } } }
            }
        }
        p { (t("わからない ことや、気になる ことは、電話で 聞いて ください。")) @if !view.place.phone.is_empty() { " " (view.place.facility) " " a href={ "tel:" (view.place.phone) } { (view.place.phone) } } }
        a.btn href=(urls::family_timeline(view.place.group_id)) { (icon("back")) (t("もどる")) }
    };
    site(ctx, t("だれが見たか"), &heading(&view.place), t("在宅チームと 話す ところ"), &[], main)
}

fn look_in_words(look: &Look) -> Markup {
    let work = Profession::of(&look.profession).label();
    html! {
        @match &look.name {
            Some(name) => { b { (fill(t("{name}さん"), &[("name", name)])) } " " span.soft { (fill(t("{0}・{facility}"), &[("0", &work), ("facility", &look.facility)])) } },
            None => b { (fill(t("{0}・{facility}"), &[("0", &work), ("facility", &look.facility)])) },
        }
        @if !look.what.is_empty() { span.soft { " — " (look.what.iter().map(|w| what_in_words(w)).collect::<Vec<_>>().join(t("、"))) } }
    }
}
