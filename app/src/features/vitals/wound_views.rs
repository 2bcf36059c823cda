//! Pictures of one wound beside each other, the form of its measures, and posted pictures that wait for their place.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    form::{Typed, entry},
    model::{Observed, Place},
    sign::Sign,
    sites,
    wounds::MEASURES,
};
use crate::words::t;
use crate::{
    features::patients::room::Room,
    opaque_debug,
    web::{
        forms::{Entry, Errors, choices, done, hidden},
        page::how_to,
        ui::{Choice, Ctx, empty, icon, submit, time},
        urls,
    },
};

/// A picture in a post.
#[derive(Debug, Clone)]
pub struct Picture {
    pub file: Uuid,
    pub post: Uuid,
    pub at: Timestamp,
    /// Whether there is a small one to show.
    pub small: bool,
    /// Its post was withdrawn or corrected.
    pub gone: bool,
}

/// One place on the body.
#[derive(Clone)]
pub struct Site {
    pub key: String,
    pub name: String,
    /// The oldest first.
    pub pictures: Vec<Picture>,
    /// The newest first.
    pub measures: Vec<Observed>,
}

pub struct WoundsView {
    pub room: Room,
    pub place: Place,
    pub sites: Vec<Site>,
    /// Pictures without a place.
    pub new: Vec<Picture>,
    pub typed: Typed,
    pub errors: Errors,
    pub ask: Vec<Sign>,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

opaque_debug!(Site, WoundsView);

impl Site {
    pub fn empty(key: &str, name: String) -> Self {
        Self { key: key.to_owned(), name, pictures: Vec::new(), measures: Vec::new() }
    }

    pub fn newest(&self) -> Option<Timestamp> {
        let picture = self.pictures.last().map(|picture| picture.at);
        picture.max(self.measures.first().map(|one| one.measured_at))
    }
}

pub fn wounds_page(view: &WoundsView, ctx: &Ctx) -> Markup {
    let back = urls::vitals(view.place.patient);
    let body = html! {
        (view.errors.summary())
        (done(view.done))
        @if view.sites.is_empty() {
            (empty("image", t("傷の写真はまだありません"), t("チームの投稿に付けた写真に場所を付けると、同じ場所の写真が日付の順に並びます。"), None))
        }
        @for site in &view.sites { (series(view, site)) }
        @if !view.place.archived { (waiting(view)) (measures(view)) }
        (how_to("wounds"))
    };
    view.room.page(
        ctx,
        t("傷の写真"),
        view.room.deeper(t("傷の写真"), (&back, t("バイタルに戻る"))),
        body,
        None,
    )
}

fn series(view: &WoundsView, site: &Site) -> Markup {
    let id = format!("site-{}", site.key);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (site.name) @if site.pictures.len() > 1 { small.soft { " " (site.pictures.len()) (t("枚")) } } }
            @if !site.pictures.is_empty() {
                ul.wound-series tabindex="0" aria-label={ (site.name) (t("の写真。左が古い")) } { @for picture in &site.pictures { li { (shown(view, site, picture)) } } }
            }
            @if !site.measures.is_empty() {
                div.table-scroll tabindex="0" {
                    table.figures {
                        thead { tr { th scope="col" { (t("測った時刻")) } th scope="col" { (t("値")) } th scope="col" { (t("記録")) } } }
                        tbody { @for one in &site.measures { (measured(view, one)) } }
                    }
                }
            }
        }
    }
}

fn shown(view: &WoundsView, site: &Site, picture: &Picture) -> Markup {
    let day = time::day_long(picture.at);
    html! {
        a href=(urls::file(picture.file)) aria-label={ (site.name) " " (day) (t(" の写真を開く")) } {
            @if picture.small { img src=(urls::thumbnail(picture.file)) alt={ (site.name) " " (day) } loading="lazy"; }
            @else { (icon("image")) (t("写真")) }
        }
        p { b { (day) } " " a href=(urls::post_in_group(view.place.group, picture.post)) { (t("投稿")) span.sr { (t("を見る(")) (day) ")" } } }
    }
}

fn measured(view: &WoundsView, one: &Observed) -> Markup {
    let may_withdraw = one.counts() && !view.place.archived;
    html! {
        tr.gone[!one.counts()] {
            th scope="row" { (time::when(one.measured_at, view.now)) }
            td {
                @let value = format!("{} {}{}", one.sign.name(), one.sign.written(&one.values), one.sign.unit());
                @if one.counts() { b { (value) } } @else { s { (value) } }
                @if let Some(note) = &one.note { small.soft { " " (note) } }
            }
            td {
                (one.by.name)
                @if let Some(gone) = &one.withdrawn { p.small { (t("取り消されました。理由: ")) (gone.reason) } }
                @if may_withdraw { " " a.no-print href=(urls::vitals_withdrawal(view.place.patient, one.id)) { (t("取り消す")) } }
            }
        }
    }
}

/// Posted pictures that may show a wound.
fn waiting(view: &WoundsView) -> Markup {
    let all = sites::all();
    html! {
        @if !view.new.is_empty() {
            section aria-labelledby="waiting" {
                h2 id="waiting" { (t("場所を付けていない写真")) }
                ul.plain.stack {
                    @for picture in &view.new {
                        li.panel.wound-new {
                            @if picture.small { img src=(urls::thumbnail(picture.file)) alt={ (time::when(picture.at, view.now)) (t("の写真")) } loading="lazy"; } @else { span { (icon("image")) } }
                            form method="post" action=(urls::wounds(view.place.patient)) {
                                (hidden("client_id", &Uuid::new_v4().to_string()))
                                (hidden("post", &picture.post.to_string()))
                                (hidden("file", &picture.file.to_string()))
                                p.small { (time::when(picture.at, view.now)) }
                                label for={ "site-" (picture.file) } { (t("傷の場所")) }
                                select.input id={ "site-" (picture.file) } name="site" {
                                    option value="" { (t("選んでください")) }
                                    @for (key, name) in &all { option value=(key) { (name) } }
                                }
                                button.btn type="submit" { (t("場所を付ける")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn measures(view: &WoundsView) -> Markup {
    let pairs = sites::all();
    let places: Vec<Choice<'_>> = choices(&pairs);
    let (typed, errors) = (&view.typed, &view.errors);
    html! {
        section aria-labelledby="measure" {
            h2 id="measure" { (t("大きさ・DESIGN-Rを記録する")) }
            form.stack method="post" action=(urls::wound_measures(view.place.patient)) {
                (hidden("client_id", &typed.client_id.to_string()))
                (Entry::select("site", t("傷の場所"), &places).value(typed.typed("site")).errors(errors).need())
                (Entry::moment("measured_at", t("測った時刻")).value(&typed.measured_at).errors(errors).need())
                div.vital-fields {
                    @for sign in MEASURES {
                        div.vital-field.pair[sign.parts().len() > 1] {
                            @for part in sign.parts() {
                                @let name = entry(sign, part);
                                @let label = format!("{} ({})", t(part.name), sign.unit());
                                (Entry::line(&name, &label).value(typed.typed(&name)).errors(errors).inputmode("numeric").autocomplete("off"))
                            }
                            @if view.ask.contains(&sign) {
                                label.check { input type="checkbox" name="confirm" value=(sign.key()) checked[typed.confirms(sign)]; span { (sign.name()) (t("は、この値で記録する")) } }
                            }
                        }
                    }
                }
                (Entry::line("note", t("メモ")).value(&typed.note).errors(errors).help(t("なくてもかまいません。例: 浸出液が減った")))
                (submit(t("記録する")))
            }
        }
    }
}
