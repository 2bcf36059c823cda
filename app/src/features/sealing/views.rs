//! "この記録は確かめられます": what is sealed, by whom it can be checked, in plain words.

use maud::{Markup, html};

use super::read::About;
use crate::web::{
    page::{Page, page},
    ui::{Ctx, Tab, Tone, Topbar, callout, time},
    urls,
};
use crate::words::{fill, t};

/// `here`: whether this machine shows what is published.
pub fn record_page(about: &About, here: bool, ctx: &Ctx) -> Markup {
    let content = html! {
        (state(about))
        section.panel {
            h2 { (t("いまの封印")) }
            dl.facts-table {
                div { dt { (t("記録の数")) } dd { (fill(t("封印 {n}件"), &[("n", &about.signed.map_or(0, |(leaves, _)| leaves))])) } }
                @if let Some((_, at)) = about.signed {
                    div { dt { (t("最後の封印")) } dd { (time::to_the_second(at)) } }
                }
                div { dt { (t("外の証人")) } dd {
                    @if about.witnesses.is_empty() { (t("まだいません")) }
                    @for (name, at) in &about.witnesses { div { (name) " " span.soft { (t("確かめた時刻")) " " (time::to_the_second(*at)) } } }
                } }
            }
        }
        section.panel {
            h2 { (t("どうして、書きかえられないのですか")) }
            p { (t("投稿、訂正、了解、参加の記録、共有シート、測った値、だれが何を見たか。そのひとつひとつから、指紋のような短い数字が計算されます。1文字でも変えると、まったく別の数字になります。")) }
            p { (t("数字は、書かれた順に、前のものの上に積まれます。数秒ごとに、そこまでの全部をあらわす1つの数字に署名がつき、だれにでも公開されます。これを封印といいます。")) }
            p { (t("封印したあとで、だれかが記録を変えたり、消したり、あとから差しこんだりすると、数字が合わなくなります。データベースの管理者でも、隠せません。")) }
            p { (t("外の証人がいると、前の封印につながる封印にだけ、証人も署名します。この施設の機械を全部作りかえても、証人のおぼえている数字とは合いません。")) }
        }
        section.panel {
            h2 { (t("公開されるのは、数字だけです")) }
            p { (t("患者さんのお名前も、投稿の文も、書いた人も、公開されません。数字から元の文を知ることはできません。")) }
        }
        section.panel {
            h2 { (t("外の人が確かめるには")) }
            p { (t("署名のついた数字と、その鍵は、どなたでも読めます。情報システムの担当者は、これと証人の署名で、記録がつながっていることを確かめられます。")) }
            @if here { ul { li { a href="/log/checkpoint" { (t("いまの封印(文字の形)")) } } li { a href="/log/key" { (t("封印の鍵(公開用)")) } } } }
            p.soft.small { (t("ひとつの投稿がこの中にあることの証明は、その投稿を読める人だけが取り出せます(GET /api/v1/posts/…/proof)。")) }
        }
    };
    let bar = Topbar {
        title: t("この記録は確かめられます"),
        back: Some((urls::menu(), t("メニューに戻る"))),
        ..Topbar::default()
    };
    page(ctx, Page { title: t("この記録は確かめられます"), tab: Tab::Menu, bar, body: content })
}

/// The one line that matters, first.
fn state(about: &About) -> Markup {
    let waits = about.leaves - about.signed.map_or(0, |(leaves, _)| leaves);
    match (about.unanswered, about.signed) {
        (0, Some(_)) if waits < 1000 => callout(
            Tone::Success,
            t("封印と合わない記録は、見つかっていません。"),
            html! { (t("コンピューターが、封印と記録をいつも見くらべています。")) },
        ),
        (0, Some(_)) => callout(
            Tone::Info,
            t("まだ封印されていない記録があります。"),
            html! { (t("順に封印しています。しばらくしてから見てください。")) },
        ),
        (0, None) => callout(
            Tone::Info,
            t("まだ封印されていません。"),
            html! { (t("はじめの封印を待っているか、この設置では封印を使っていません。運営者に聞いてください。")) },
        ),
        (n, _) => callout(
            Tone::Danger,
            &fill(t("封印と合わないものが{n}件あり、まだ答えが出ていません。"), &[("n", &n)]),
            html! { (t("運営者に知らせが出ています。続けて使う前に、運営者に聞いてください。")) },
        ),
    }
}
