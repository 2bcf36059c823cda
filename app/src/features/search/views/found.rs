//! What was found, in context, and how it goes on.

use folding::Piece;
use jiff::Timestamp;
use maud::{Markup, html};

use super::{HitRow, Results, SearchView};
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
                (ui::callout(Tone::Info, "まだ途中です", html! {
                    p {
                        @if let Some(at) = results.searched_back_to { (time::when(at, results.now)) "より新しいものまで探しました。" }
                        @else { "探す準備をしています。" }
                        "続けて、さらに古い投稿を探せます。"
                    }
                }))
            }
            @if let Some(next) = &results.next { (go_on(view, next, results.unfinished)) }
        }
    }
}

fn count(results: &Results) -> String {
    match (results.rows.len(), results.next.is_some(), results.goes_on) {
        (0, false, true) => "これより古いものはありません".to_owned(),
        (0, false, false) => "見つかりませんでした".to_owned(),
        (0, true, _) => "ここまでには見つかっていません".to_owned(),
        (n, true, _) => format!("新しい順に{n}件（続きがあります）"),
        (n, false, true) => format!("続きの{n}件（これで全部です）"),
        (n, false, false) => format!("{n}件見つかりました"),
    }
}

fn nothing(view: &SearchView, results: &Results) -> Markup {
    html! {
        @if !results.goes_on {
            div class="panel stack" {
                p class="strong" { "次のことを試してください。" }
                ul class="hints" {
                    li { "ことばを短くする、数を減らす（例: 「褥瘡の処置」→「褥瘡」）" }
                    li { "漢字をかなに、かなを漢字にかえる" }
                    @if view.typed.has_filters() { li { "絞り込みを外す" } }
                    li { "取り消された投稿は、取消の理由だけで探せます" }
                }
            }
        }
    }
}

/// Everything that was typed goes along in the form: the address says nothing.
fn go_on(view: &SearchView, next: &str, unfinished: bool) -> Markup {
    let t = &view.typed;
    let texts = [
        ("q", &t.q),
        ("group", &t.group),
        ("author", &t.author),
        ("profession", &t.profession),
        ("facility", &t.facility),
        ("from", &t.from),
        ("to", &t.to),
    ];
    html! {
        form method="post" action=(urls::search()) {
            @for (name, value) in texts { (hidden(name, value)) }
            @for kind in &t.kinds { (hidden("kind", kind)) }
            @if t.has_files { (hidden("files", "on")) }
            (hidden("label", &t.label))
            (hidden("cursor", next))
            button class="btn large block" type="submit" {
                @if unfinished { "さらに古い投稿を探す" } @else { "続きを見る" }
            }
        }
    }
}

fn hit(row: &HitRow, now: Timestamp) -> Markup {
    let hit = &row.hit;
    let profession = Profession::of(&hit.author.profession);
    let (href, way) = match (hit.post.zip(hit.group), hit.patient) {
        (Some((post, group)), _) => (urls::post_in_group(group, post), "投稿を開く"),
        (None, Some(patient)) => (urls::face_sheet(patient), "基礎情報を開く"),
        (None, None) => (urls::home().to_owned(), "ホームを開く"),
    };
    html! {
        article class="panel hit" {
            header {
                h3 { a href=(href) { (row.title) span class="sr" { "、" (way) } } }
                span class="kind" { (label(hit)) }
                time class="soft small" datetime=(time::machine(hit.at)) title=(time::date_long(hit.at)) { (time::when(hit.at, now)) }
            }
            @if hit.withdrawn { p class="notice-line" { (icon("ban")) span { "取り消された投稿です。取消の理由に見つかりました。" } } }
            @if hit.corrected_since { p class="notice-line" { (icon("pen")) span { "このあと訂正されました。下は訂正前の文です。" } } }
            @if !hit.excerpt.is_empty() { p class="words" { (pieces(&hit.excerpt)) } }
            @for (label, text) in &hit.fields { p class="words" { span class="soft small" { (label) ": " } (pieces(text)) } }
            @for name in &hit.files { p class="words" { (icon("clip")) span class="sr" { "ファイル名" } " " (pieces(name)) } }
            p class="small soft" {
                @if hit.patient.is_some() { "最後に直した人: " }
                (hit.author.name) " " (ui::profession(profession)) "・" (hit.author.facility)
            }
        }
    }
}

fn label(hit: &Hit) -> &'static str {
    match hit.kind {
        Kind::FaceSheet => "基礎情報",
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
