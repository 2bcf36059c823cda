//! The practice space: looks like a timeline, and says on top that it is none.

use maud::{Markup, html};

use super::model::{self, Deed, MAX_BODY, Post};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        page::{Page, page},
        ui::{self, Ctx, Tab, Tone, Topbar, icon},
        urls,
    },
};

#[derive(Clone, Default)]
pub struct PracticeView {
    pub deeds: Vec<Deed>,
    /// What comes back because it could not be taken.
    pub typed: String,
    pub error: Option<&'static str>,
}

opaque_debug!(PracticeView);

pub fn practice_page(view: &PracticeView, ctx: &Ctx) -> Markup {
    let posts = model::posts(&view.deeds).unwrap_or_default();
    let so_far = serde_json::to_string(&view.deeds).unwrap_or_default();
    let body = html! {
        (ui::callout(Tone::Info, t("これは練習です"), html! {
            p { (t("架空の患者さん「見本 さくら」さんのグループです。ここに書いたものは保存されず、だれにも届きません。画面を閉じると消えます。")) }
            p { (t("実在の患者さんのことは、書かないでください。")) }
        }))
        (ui::notice_line("info", hint(&view.deeds)))
        section class="practice stack" {
            h2 class="sr" { (t("練習のタイムライン")) }
            @for (place, post) in posts.iter().enumerate() { (card(place, post, &posts, &so_far, ctx)) }
        }
        @if let Some(error) = view.error { (ui::callout(Tone::Danger, "", html! { p { (error) } })) }
        form.panel.stack-s method="post" action=(urls::practice()) id="write" {
            (carried(&so_far, "post", None))
            label.strong for="practice-body" { (t("練習の投稿を書く")) }
            textarea.input id="practice-body" name="body" rows="3" maxlength=(MAX_BODY) autocomplete="off" { "\n" (view.typed) }
            button.btn.primary type="submit" { (icon("send")) (t("送る(練習)")) }
        }
        a.btn.quiet href=(urls::practice()) { (icon("retry")) (t("はじめからやり直す")) }
    };
    let bar = Topbar {
        title: t("お試しグループ"),
        note: Some(t("練習・あなただけに見えます")),
        back: Some((urls::help(), t("使い方の一覧に戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("お試しグループ"), tab: Tab::None, bar, body })
}

/// What to try next.
fn hint(deeds: &[Deed]) -> &'static str {
    let did = |what: fn(&Deed) -> bool| deeds.iter().any(what);
    if !did(|d| matches!(d, Deed::Acknowledge { .. })) {
        t("まず、見本 太郎さんの投稿を読んで「了解」を押してみましょう。")
    } else if !did(|d| matches!(d, Deed::Post { .. })) {
        t("次に、下の欄に書いて「送る」を押してみましょう。")
    } else if !did(|d| matches!(d, Deed::Correct { .. })) {
        t("送った投稿を「訂正する」で直してみましょう。前の文も残ります。")
    } else if !did(|d| matches!(d, Deed::Withdraw { .. })) {
        t("もう1つ送って、「取り消す」を試してみましょう。取り消したことは残ります。")
    } else {
        t("ひととおり試せました。あとは、自由に試してください。")
    }
}

fn carried(so_far: &str, act: &str, post: Option<usize>) -> Markup {
    html! {
        input type="hidden" name="so_far" value=(so_far);
        input type="hidden" name="act" value=(act);
        @if let Some(post) = post { input type="hidden" name="post" value=(post); }
    }
}

fn card(place: usize, post: &Post, posts: &[Post], so_far: &str, ctx: &Ctx) -> Markup {
    let viewer = ctx.viewer.as_ref();
    let (name, profession, facility) = match (&post.by, viewer) {
        (Some(by), _) => (by.name, by.profession, by.facility),
        (None, Some(me)) => (me.name.as_str(), me.profession, me.facility.as_str()),
        (None, None) => return html! {},
    };
    html! {
        article class="post" aria-labelledby={ "practice-" (place) } {
            (ui::avatar(name, profession, ui::Size::Medium))
            div class="card" {
                @if post.asks { div class="band" { strong { (icon(if post.acknowledged { "ok" } else { "must" })) (t("要了解")) } @if post.acknowledged { span { (t("了解しました")) } } } }
                header class="who" {
                    h3 id={ "practice-" (place) } { (name) }
                    p { (ui::profession(profession)) span { (facility) } }
                }
                div class="body" { (text(post, posts)) }
                @if post.stands() { footer class="foot" { (acts(place, post, so_far)) } }
            }
        }
    }
}

fn text(post: &Post, posts: &[Post]) -> Markup {
    html! {
        @if post.withdrawn {
            p class="corrected" { span class="badge plain" { (icon("undo")) (t("取り消されました")) } }
            details.opens { summary { (t("取り消す前の文を見る")) } p class="text" { (post.body) } }
        } @else if post.corrected_by.is_some() {
            p class="corrected" { span class="badge plain" { (icon("pen")) (t("訂正されました")) } }
            details.opens { summary { (t("訂正前の文を見る")) } p class="text" { (post.body) } }
        } @else {
            @if post.corrects.and_then(|old| posts.get(old)).is_some() { p class="corrected" { span class="badge accent" { (icon("pen")) (t("訂正")) } } }
            p class="text" { (post.body) }
        }
    }
}

fn acts(place: usize, post: &Post, so_far: &str) -> Markup {
    html! {
        @if post.by.is_none() {
            details.opens {
                summary { (t("訂正する")) }
                form.stack-s method="post" action=(urls::practice()) {
                    (carried(so_far, "correct", Some(place)))
                    textarea.input name="body" rows="3" maxlength=(MAX_BODY) aria-label=(t("正しい文")) autocomplete="off" { "\n" (post.body) }
                    button.btn type="submit" { (icon("pen")) (t("訂正を送る(練習)")) }
                }
            }
            form method="post" action=(urls::practice()) {
                (carried(so_far, "withdraw", Some(place)))
                button.act type="submit" { (icon("undo")) (t("取り消す")) }
            }
        } @else if post.acknowledged {
            span class="act still given" { (icon("ok")) (t("了解済み")) }
        } @else {
            form method="post" action=(urls::practice()) {
                (carried(so_far, "acknowledge", Some(place)))
                button class=(if post.asks { "btn primary" } else { "act ack" }) type="submit" { (icon("check")) @if post.asks { (t("読みました。了解する")) } @else { (t("了解")) } }
            }
        }
    }
}
