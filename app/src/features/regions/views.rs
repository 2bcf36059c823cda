//! The list of regions, and one region with its facilities.

use maud::{Markup, html};
use uuid::Uuid;

use super::acts::Region;
use crate::words::{fill, t};
use crate::{
    features::facilities::{directory::kind_label, known::Known},
    web::{
        console::{Console, console},
        forms::{Entry, Errors, choices, done, hidden},
        page::way,
        ui::{Ctx, empty, icon, submit},
        urls,
    },
};

/// What the form of a name shows.
#[derive(Debug, Clone)]
pub struct Typed {
    pub id: Uuid,
    pub name: String,
    pub kana: String,
}

impl Typed {
    pub fn fresh() -> Self {
        Self { id: Uuid::now_v7(), name: String::new(), kana: String::new() }
    }

    pub fn standing(region: &Region) -> Self {
        Self { id: region.id, name: region.name.clone(), kana: region.kana.clone() }
    }
}

#[derive(Debug, Clone)]
pub struct ListView {
    /// The operator's.
    pub name: String,
    pub regions: Vec<Region>,
    /// Facilities that lie in no region.
    pub nowhere: usize,
    pub typed: Typed,
    pub errors: Errors,
}

fn name_form(action: &str, seen: i32, typed: &Typed, errors: &Errors, button: &str) -> Markup {
    html! {
        form.stack method="post" action=(action) {
            (hidden("id", &typed.id.to_string()))
            (hidden("seen", &seen.to_string()))
            (Entry::line("name", t("地域の名前")).value(&typed.name).errors(errors).need().max_chars(120))
            (Entry::line("kana", t("ふりがな")).value(&typed.kana).errors(errors).need().max_chars(240).help(t("並べる順に使います。")))
            (submit(button))
        }
    }
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (view.errors.summary())
        p { (t("地域は、地域事務局の受け持ちです。施設を入れておくと、その地域の人たちだけにお知らせを出せます。")) }
        @if view.regions.is_empty() { (empty("facility", t("地域はまだありません"), t("下で加えると、施設を入れられます。"), None)) }
        @else {
            ul.panel.flush.ways { @for r in &view.regions {
                (way(&urls::operator_region(r.id), "facility", &r.name, &fill(t("{0}施設"), &[("0", &r.facilities)])))
            } }
        }
        @if view.nowhere > 0 && !view.regions.is_empty() { p.small { (t("どの地域にも入っていない施設が ")) (view.nowhere) (t(" あります。")) } }
        section { h2 { (t("地域を加える")) } (name_form(urls::operator_regions(), 0, &view.typed, &view.errors, t("加える"))) }
    };
    console(ctx, Console { title: t("地域"), name: &view.name, current: urls::operator_regions(), body })
}

#[derive(Debug, Clone)]
pub struct OneView {
    /// The operator's.
    pub name: String,
    pub region: Region,
    pub regions: Vec<Region>,
    /// All of the deployment.
    pub facilities: Vec<Known>,
    pub typed: Typed,
    pub errors: Errors,
    pub done: Option<&'static str>,
}

pub fn one_page(view: &OneView, ctx: &Ctx) -> Markup {
    let region = &view.region;
    let (inside, outside): (Vec<_>, Vec<_>) =
        view.facilities.iter().partition(|f| f.region == Some(region.id));
    let own = urls::operator_region(region.id);
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        section {
            h2 { (t("この地域の施設")) }
            @if inside.is_empty() { (empty("facility", t("施設はまだ入っていません"), t("下で選んで入れます。"), None)) }
            @else {
                ul.panel.flush.rows { @for f in &inside { li.entry-row {
                    (icon("facility"))
                    div { b { (f.name) } p.affiliation { (kind_label(&f.kind)) } }
                    form method="post" action=(urls::operator_region_facilities(region.id)) {
                        (hidden("facility", &f.id.to_string()))
                        (hidden("act", "take_out"))
                        button.btn type="submit" aria-label={ (f.name) (t("を外す")) } { (t("外す")) }
                    }
                } } }
            }
        }
        @if !outside.is_empty() {
            section {
                h2 { (t("施設を入れる")) }
                p.small { (t("1つの施設は、1つの地域に入ります。ほかの地域に入っている施設を選ぶと、こちらへ移ります。")) }
                form.stack method="post" action=(urls::operator_region_facilities(region.id)) {
                    (hidden("act", "put"))
                    (Entry::select("facility", t("施設"), &choices(&labels(&outside, &view.regions))).need())
                    (submit(t("入れる")))
                }
            }
        }
        ul.panel.flush.ways {
            (way(&urls::region_policies(region.id), "file", t("地域の方針"), t("版を公開し、どの施設が同意したかを見る")))
            (way(&urls::region_notices(region.id), "bell", t("地域へのお知らせ"), t("この地域の施設のみなさんに知らせる")))
        }
        section { h2 { (t("名前を変える")) } (name_form(&own, region.version, &view.typed, &view.errors, t("名前を変える"))) }
        p { a.btn href=(urls::operator_regions()) { (t("地域の一覧")) } }
    };
    console(ctx, Console { title: &region.name, name: &view.name, current: urls::operator_regions(), body })
}

/// Name, kind, and in which region a facility lies now.
fn labels(facilities: &[&Known], regions: &[Region]) -> Vec<(String, String)> {
    let place = |f: &Known| regions.iter().find(|r| Some(r.id) == f.region).map(|r| r.name.as_str());
    let label = |f: &Known| match place(f) {
        Some(place) => fill(
            t("{0}（{1}・いまは{place}）"),
            &[("0", &f.name), ("1", &kind_label(&f.kind)), ("place", &place)],
        ),
        None => fill(t("{0}（{1}）"), &[("0", &f.name), ("1", &kind_label(&f.kind))]),
    };
    facilities.iter().map(|f| (f.id.to_string(), label(f))).collect()
}
