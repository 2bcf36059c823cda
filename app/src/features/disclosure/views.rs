//! The papers on the screen and as files, and the operator's pages about them.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use paper::{Block, Paper};

use super::{
    State,
    answers::{Answer, Verdict, answers, tally},
    catalogue::risks,
    diagram, outline,
};
use crate::words::{self, Language, fill, lang_of, t};
use crate::{
    features::documents::policies::views::{in_japanese, public_page},
    web::{
        console::{Console, console},
        forms::{Entry, Errors, done, hidden},
        page::way,
        ui::{Ctx, icon, paper_blocks, time},
        urls,
    },
};

/// A paper for everybody: on top its files and its contents, then the text.
pub fn paper_page(paper: &Paper, ctx: &Ctx) -> Markup {
    let chapters: Vec<(&str, &str)> = paper.headings(2).filter(|(_, id)| !id.is_empty()).collect();
    let main = html! {
        (in_japanese(&paper.title))
        h1 lang=[lang_of(&paper.title)] { (paper.title) }
        @for line in &paper.lines { p.small { (line) } }
        nav.row.no-print aria-label=(t("この紙を取り出す")) {
            a.btn href="?format=html" { (icon("download")) "HTML" }
            a.btn href="?format=md" { (icon("download")) "Markdown" }
            @if chapters.len() > 4 {
                a.btn href=(urls::operating_rules()) { (icon("file")) (t("運用管理規程のひな形")) }
                a.btn href=(urls::leaflet()) { (icon("file")) (t("患者さんへの説明書")) }
            }
        }
        @if chapters.len() > 4 {
            nav.contents aria-label=(t("目次")) { ol { @for (text, id) in &chapters { li { a href={ "#" (id) } { (text) } } } } }
        }
        div.paper lang=[words::is_english().then_some("ja")] { (paper_blocks(&paper.blocks)) }
    };
    public_page(ctx, &paper.title, main)
}

/// The leaflet in the language that was asked for, with the way to the other: whoever hands it over need not read the same one.
pub fn leaflet_page(paper: &Paper, language: Language, ctx: &Ctx) -> Markup {
    let (code, other) = match language {
        Language::Japanese => ("ja", ("en", "English")),
        Language::English => ("en", ("ja", "日本語")),
    };
    let to = |code: &str| format!("{}?language={code}", urls::leaflet());
    let main = html! {
        nav.row.no-print aria-label=(t("この紙を取り出す")) {
            a.btn href=(to(other.0)) lang=(other.0) hreflang=(other.0) { (other.1) }
            a.btn href={ (to(code)) "&format=html" } { (icon("download")) "HTML" }
            a.btn href={ (to(code)) "&format=md" } { (icon("download")) "Markdown" }
        }
        div.paper lang=(code) {
            h1 { (paper.title) }
            @for line in &paper.lines { p.small { (line) } }
            (paper_blocks(&paper.blocks))
        }
    };
    public_page(ctx, &paper.title, main)
}

/// A page by itself, to be kept, changed and printed anywhere.
pub fn file(paper: &Paper, language: Language) -> Markup {
    const STYLE: &str = "body{font-family:sans-serif;line-height:1.7;max-width:50rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top}.lines{white-space:pre-line}svg text{text-anchor:middle;font-size:12px}svg rect{fill:#fff;stroke:#333}svg path{fill:none;stroke:#333}";
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head { meta charset="utf-8"; title { (paper.title) } style { (PreEscaped(STYLE)) } }
            body { h1 { (paper.title) } @for line in &paper.lines { p { (line) } } (paper_blocks(&paper.blocks)) }
        }
    }
}

/// The live answers, first of all what is missing, and the way to publish.
pub fn desk_page(
    name: &str,
    state: &State,
    typed: &str,
    errors: &Errors,
    is_done: bool,
    ctx: &Ctx,
) -> Markup {
    let answers = answers(state);
    let tally = tally(&answers);
    let next = state.editions.first().map_or(1, |e| e.n + 1);
    let body = html! {
        (done(is_done.then_some(t("版を公開しました。"))))
        (errors.summary())
        ul.answer-tally {
            li { b { (tally.yes) } (t("はい")) } li { b { (tally.no) } (t("いいえ")) } li { b { (tally.not_applicable) } (t("対象外")) }
        }
        ul.panel.flush.ways {
            (way(urls::disclosure(), "eye", t("いまの情報提供を見る"), t("だれでも読める画面。値はいつも新しい")))
            (way(urls::operating_rules(), "file", t("運用管理規程のひな形"), t("施設に渡す。いまの設定が入っている")))
            (way(urls::leaflet(), "print", t("患者さんへの説明書"), t("印刷して渡す")))
        }
        section {
            h2 { (t("「いいえ」を「はい」にするには")) }
            ul.panel.flush.rows {
                @for a in answers.iter().filter(|a| a.verdict == Verdict::No) {
                    li.entry-row { span.num { (a.control.n) } div lang=[lang_of(&a.control.question)] { b { (a.control.question) } small { (a.why) } } }
                }
            }
        }
        form.stack method="post" action=(urls::operator_disclosure()) {
            h2 { (fill(t("第{n}版として公開する"), &[("n", &next)])) }
            p { (t("いまの答えと値をそのまま保存します。保存した版は、だれにも変えられません。")) }
            (hidden("n", &next.to_string()))
            (Entry::text("change", t("変わったところ"), 3).value(typed).errors(errors).need().max_chars(400))
            button.btn.primary type="submit" { (fill(t("第{n}版を公開する"), &[("n", &next)])) }
        }
        @if !state.editions.is_empty() {
            section {
                h2 { (t("これまでの版")) }
                ul.panel.flush.ways {
                    @for e in &state.editions {
                        (way(&urls::disclosure_edition(e.n), "hist", &fill(t("第{n}版"), &[("n", &e.n)]),
                            &fill(t("{time}・{change}・はい {n}"), &[("time", &time::when(e.at, state.now)), ("change", &e.change), ("n", &e.tally.yes)])))
                    }
                }
            }
        }
    };
    console(ctx, Console { title: t("情報提供"), name, current: urls::operator_disclosure(), body })
}

/// The risk register with the answers of now.
pub fn risks_page(name: &str, state: &State, answers: &[Answer], ctx: &Ctx) -> Markup {
    let hosting = state.config.disclosure.hosting;
    let body = html! {
        @if let Some(first) = risks().first() { (in_japanese(&first.threat)) }
        p { (t("製品とともに管理しているリスク登録簿です。手当ての答えは、いまのこのシステムのものです。")) }
        @for r in risks() {
            section.panel lang=[words::is_english().then_some("ja")] {
                h2 { (r.id) " " (r.threat) }
                p.small { "大きさ " (r.likelihood * r.impact) "（起こりやすさ " (r.likelihood) " × 影響 " (r.impact) "）・役割: " (r.duty.words(hosting)) }
                ul.points {
                    @for n in &r.controls {
                        @if let Some(a) = answers.iter().find(|a| a.control.n == *n) {
                            li { b class=(if a.verdict == Verdict::Yes { "yes" } else { "no" }) { (a.verdict.word()) } " " (n) ". " (a.control.question) }
                        }
                    }
                }
                p { b { "残るもの: " } (r.residual) }
                @if !r.facility.is_empty() { p { b { "施設がすること: " } (r.facility) } }
            }
        }
    };
    console(ctx, Console { title: t("リスク"), name, current: urls::operator_risks(), body })
}

/// The diagram with the names that only operators see.
pub fn system_page(name: &str, state: &State, ctx: &Ctx) -> Markup {
    let outline = outline::outline(state);
    let rows = outline.parts.iter().map(|p| {
        let place = if p.present { outline::place(state, p.code) } else { "－".to_owned() };
        let kind = if p.present { p.kind.clone() } else { "使っていません".to_owned() };
        vec![p.name.to_owned(), kind, p.detail.clone(), place]
    });
    let mut blocks = vec![
        Block::Figure { svg: diagram::svg(&outline), words: diagram::in_words(&outline) },
        Block::table(&["部分", "構成", "名前・場所（公開しない）", "設置場所"], rows.collect()),
        Block::heading(2, "外への通信先", ""),
    ];
    if outline.egress.is_empty() {
        blocks.push(Block::text(
            "設定に書かれた外の相手はありません。これ以外への通信は、起きてはいけません。",
        ));
    } else {
        let rows =
            outline.egress.iter().map(|e| vec![e.purpose.to_owned(), e.host.clone(), e.setting.to_owned()]);
        blocks.push(Block::table(&["目的", "相手", "設定の名前"], rows.collect()));
    }
    let body = html! {
        p { (t("動いている設定と、測ったことから作った図です。設置場所は「体制の台帳」に登録します。")) }
        div.paper lang=[words::is_english().then_some("ja")] { (paper_blocks(&blocks)) }
    };
    console(ctx, Console { title: t("構成"), name, current: urls::operator_system(), body })
}
