//! What was found, in context, and how it goes on.

use folding::Piece;
use jiff::Timestamp;
use maud::{Markup, html};

use super::{HitRow, Results, SearchView};
use crate::words::{fill, t};
use crate::{
    features::search::model::{Hit, Kind},
    web::{
        forms::hidden,
        ui::{self, Profession, Tone, icon, time},
        urls,
    },
};

pub(super) fn section(view: &SearchView, results: &Results) -> Markup {
    html! {
        section class="stack" aria-labelledby="h-found" {
            div role="status" { h2 id="h-found" { (count(results)) } }
            @if results.rows.is_empty() && !results.unfinished { (nothing(view, results)) }
            @for row in &results.rows { (hit(row, results.now)) }
            @if results.unfinished {
                (ui::callout(Tone::Info, t("まだ途中です"), html! {
                    p {
                        @if let Some(at) = results.searched_back_to { (time::when(at, results.now)) (t("より新しいものまで探しました。")) }
                        @else { (t("探す準備をしています。")) }
                        (t("続けて、さらに古い投稿を探せます。"))
                    }
                }))
            }
            @if let Some(next) = &results.next { (go_on(view, next, results.unfinished)) }
        }
    }
}

fn count(results: &Results) -> String {
    match (results.rows.len(), results.next.is_some(), results.goes_on) {
        (0, false, true) => t("これより古いものはありません").to_owned(),
        (0, false, false) => t("見つかりませんでした").to_owned(),
        (0, true, _) => t("ここまでには見つかっていません").to_owned(),
        (n, true, _) => fill(t("新しい順に{n}件（続きがあります）"), &[("n", &n)]),
        (n, false, true) => fill(t("続きの{n}件（これで全部です）"), &[("n", &n)]),
        (n, false, false) => fill(t("{n}件見つかりました"), &[("n", &n)]),
    }
}

fn nothing(view: &SearchView, results: &Results) -> Markup {
    html! {
        @if !results.goes_on {
            div class="panel stack" {
                p class="strong" { (t("次のことを試してください。")) }
                ul class="hints" {
                    li { (t("ことばを短くする、数を減らす（例: 「褥瘡の処置」→「褥瘡」）")) }
                    li { (t("漢字をかなに、かなを漢字にかえる")) }
                    @if view.typed.has_filters() { li { (t("絞り込みを外す")) } }
                    li { (t("取り消された投稿は、取消の理由だけで探せます")) }
                }
            }
        }
    }
}

/// Everything that was typed goes along in the form: the address says nothing.
fn go_on(view: &SearchView, next: &str, unfinished: bool) -> Markup {
    let typed = &view.typed;
    let texts = [
        ("q", &typed.q),
        ("group", &typed.group),
        ("author", &typed.author),
        ("profession", &typed.profession),
        ("facility", &typed.facility),
        ("from", &typed.from),
        ("to", &typed.to),
    ];
    html! {
        form method="post" action=(urls::search()) {
            @for (name, value) in texts { (hidden(name, value)) }
            @for kind in &typed.kinds { (hidden("kind", kind)) }
            @if typed.has_files { (hidden("files", "on")) }
            (hidden("label", &typed.label))
            (hidden("cursor", next))
            button class="btn large block" type="submit" {
                @if unfinished { (t("さらに古い投稿を探す")) } @else { (t("続きを見る")) }
            }
        }
    }
}

fn hit(row: &HitRow, now: Timestamp) -> Markup {
    let hit = &row.hit;
    let profession = Profession::of(&hit.author.profession);
    let (href, way) = match (hit.post.zip(hit.group), hit.patient) {
        (Some((post, group)), _) => (urls::post_in_group(group, post), t("投稿を開く")),
        (None, Some(patient)) => (urls::face_sheet(patient), t("基礎情報を開く")),
        (None, None) => (urls::home().to_owned(), t("ホームを開く")),
    };
    html! {
        article class="panel hit" {
            header {
                h3 { a href=(href) { (row.title) span class="sr" { (t("、")) (way) } } }
                span class="kind" { (label(hit)) }
                time class="soft small" datetime=(time::machine(hit.at)) title=(time::date_long(hit.at)) { (time::when(hit.at, now)) }
            }
            @if hit.withdrawn { p class="notice-line" { (icon("ban")) span { (t("取り消された投稿です。取消の理由に見つかりました。")) } } }
            @if hit.corrected_since { p class="notice-line" { (icon("pen")) span { (t("このあと訂正されました。下は訂正前の文です。")) } } }
            @if !hit.excerpt.is_empty() { p class="words" { (pieces(&hit.excerpt)) } }
            @for (label, text) in &hit.fields { p class="words" { span class="soft small" { (label) ": " } (pieces(text)) } }
            @for name in &hit.files { p class="words" { (icon("clip")) span class="sr" { (t("ファイル名")) } " " (pieces(name)) } }
            p class="small soft" {
                @if hit.patient.is_some() { (t("最後に直した人: ")) }
                (hit.author.name) " " (ui::profession(profession)) (t("・")) (hit.author.facility)
            }
        }
    }
}

fn label(hit: &Hit) -> &'static str {
    match hit.kind {
        Kind::FaceSheet => t("基礎情報"),
        kind => kind.label(),
    }
}

fn pieces(pieces: &[Piece]) -> Markup {
    html! {
        @for piece in pieces {
            @if piece.marked { mark { (piece.text) } } @else { (piece.text) }
        }
    }
}
