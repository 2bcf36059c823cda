//! The index of the help, a page of it, and the list of keys.

use maud::{Markup, html};

use super::topics::{Topic, Who};
use crate::web::{
    page::{Page, page},
    ui::{Ctx, Tab, Topbar, gate, icon},
    urls,
};
use crate::words::t;

/// Inside the product for whoever is signed in, else the page before the door, with the way back.
fn framed(ctx: &Ctx, title: &str, back: (&str, &str), body: Markup) -> Markup {
    if ctx.viewer.is_some() {
        let bar = Topbar { title, back: Some(back), ..Topbar::default() };
        return page(ctx, Page { title, tab: Tab::Help, bar, body });
    }
    let main = html! {
        h1 { (title) }
        (body)
        p { a href=(back.0) { (back.1) } }
    };
    gate(ctx, title, main)
}

pub fn index_page(topics: &[Topic], ctx: &Ctx) -> Markup {
    let back = match ctx.viewer {
        Some(_) => (urls::menu(), t("メニューに戻る")),
        None => (urls::sign_in(), t("サインインの画面へ")),
    };
    let body = html! {
        p { (t("知りたいことを選んでください。サインインできないときも、この画面は開けます。")) }
        div class="search" data-filter-rows="help" hidden {
            (icon("search"))
            input class="input" type="search" aria-label=(t("使い方を言葉でしぼる")) placeholder=(t("言葉でしぼる(例: 訂正)")) autocomplete="off";
        }
        ul.ways.panel.flush id="help" {
            @for topic in topics { (row(topic)) }
            @if ctx.viewer.is_some() {
                (line(urls::help_keys(), "settings", t("キーボードで使う"), t("ショートカット 一覧、使わないときの設定"), Who::Staff))
                (line(urls::first_visit(), "userok", t("はじめの3つの準備"), t("お知らせ、2つめの認証、練習"), Who::Staff))
                (line(urls::practice(), "pen", t("お試しグループ"), t("架空の患者さんと仲間で、投稿・了解・訂正・取り消しを練習する"), Who::Staff))
                (line(urls::writing_help(), "text", t("書き方"), t("読みやすい投稿、了解とスタンプのちがい"), Who::Staff))
            }
        }
        p.soft.small { (t("見つからないときは、")) a href=(urls::support()) { (t("運営に問い合わせ")) } (t("てください。患者さんのお名前は書かないでください。")) }
    };
    framed(ctx, t("使い方"), back, body)
}

fn row(topic: &Topic) -> Markup {
    line(&urls::help_topic(topic.slug), topic.icon, topic.title, topic.about, topic.who)
}

/// `.name` holds all the words that the filter looks through.
fn line(href: &str, name: &str, title: &str, about: &str, who: Who) -> Markup {
    html! {
        li { a.way href=(href) {
            (icon(name))
            span.name { b { (title) } small { (about) (t("・")) (who.word()) } }
            (icon("next"))
        } }
    }
}

pub fn topic_page(topic: &Topic, ctx: &Ctx) -> Markup {
    let body = html! {
        p.soft { (topic.about) }
        (topic.body)
    };
    framed(ctx, topic.title, (urls::help(), t("使い方の一覧に戻る")), body)
}

/// The keys as `assets/js/keys.js` knows them; a test compares the two.
pub fn keys() -> [(&'static [&'static str], &'static str); 11] {
    [
        (&["j"], t("次の投稿へ")),
        (&["k"], t("前の投稿へ")),
        (&["r"], t("選んでいる投稿に返信する")),
        (&["n"], t("新しい投稿を書く")),
        (&["/"], t("検索する")),
        (&["g", "h"], t("ホームを開く")),
        (&["g", "p"], t("患者の一覧を開く")),
        (&["g", "o"], t("お知らせを開く")),
        (&["g", "m"], t("メニューを開く")),
        (&["?"], t("この一覧を開く")),
        (&["Esc"], t("開いているメニューを閉じる")),
    ]
}

pub fn keys_page(ctx: &Ctx) -> Markup {
    let body = html! {
        p { (t("タイムラインや一覧を、キーボードで手早く使えます。文字を入れているあいだは、はたらきません。")) }
        section {
            h2 { (t("キーの一覧")) }
            dl.facts-table {
                @for (keys, what) in keys() {
                    div {
                        dt { @for (n, key) in keys.iter().enumerate() { @if n > 0 { " → " } kbd { (key) } } }
                        dd { (what) }
                    }
                }
            }
            p.small.soft { (t("→ は、続けて押すキーです。送る・了解するなどの操作を、キーひとつで行うことはありません。")) }
        }
        @if ctx.viewer.is_some() {
            section {
                h2 { (t("使わないとき")) }
                p { @if ctx.shortcuts { (t("いまは、使う設定です。")) } @else { (t("いまは、使わない設定です。")) } (t("音声入力などで思わぬ操作になるときは、止められます。")) }
                a.btn href=(urls::habits()) { (icon("settings")) (t("設定を変える")) }
            }
        }
    };
    framed(ctx, t("キーボードで使う"), (urls::help(), t("使い方の一覧に戻る")), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_script_stands_on_the_page() {
        let script = include_str!("../../../assets/js/keys.js");
        for (keys, what) in keys().into_iter().filter(|(keys, _)| *keys != ["Esc"]) {
            let key = keys.last().expect("a key");
            let named = [format!("\"{key}\":"), format!("{key}:")];
            assert!(named.iter().any(|name| script.contains(name)), "{key} ({what}) is not in the script");
        }
        let acts = script.lines().filter(|line| line.starts_with("  ") && line.contains(": () =>")).count();
        assert_eq!(acts, keys().len() - 1, "the script has another number of keys than the page");
    }

    #[test]
    fn every_topic_has_an_address_of_its_own_and_something_to_say() {
        let all = super::super::topics::all();
        let mut slugs: Vec<_> = all.iter().map(|topic| topic.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), all.len());
        for topic in &all {
            assert!(!["writing", "keys"].contains(&topic.slug), "{} is a page of its own", topic.slug);
            assert!(topic.body.0.contains("<li>"), "{}", topic.slug);
        }
    }
}
