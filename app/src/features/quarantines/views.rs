//! Pages of a quarantine, over plain structs.

mod list;
mod one;

use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    features::{
        groups::frame::Teammate,
        posts::{self, model::Post},
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, choices, hidden},
        page::{Page, how_to, page},
        ui::{self, Confirm, Ctx, Tab, Topbar, icon},
        urls,
    },
};

use super::model::MAX_WORDS;

pub use list::{ListView, home_section, list_page};
pub use one::{OneView, Typed, one_page};

/// The question before a post is hidden.
pub struct AskView {
    /// The post, then its replies: one of them is meant.
    pub texts: Vec<Post>,
    /// Who would decide about the post; nobody where neither its author nor the host can.
    pub decides: Option<String>,
    /// The others of the group.
    pub team: Vec<Teammate>,
    pub client_id: Uuid,
    pub which: Uuid,
    pub reason: String,
    pub second: String,
    pub errors: Errors,
}

opaque_debug!(AskView);

/// Somebody of the group, as a choice.
fn people(team: &[Teammate]) -> Vec<(String, String)> {
    let label = |one: &Teammate| {
        fill(t("{name}さん({facility})"), &[("name", &one.name), ("facility", &one.facility)])
    };
    team.iter().map(|one| (one.account.to_string(), label(one))).collect()
}

pub fn ask_page(view: &AskView, ctx: &Ctx) -> Markup {
    let Some(post) = view.texts.first() else { return html! {} };
    let back = urls::post_in_group(post.group_id, post.id);
    let seen = fill(
        t("いままでに{0}人の画面に出ました。だれの画面に出たかは、次の画面でわかります。"),
        &[("0", &post.read_by.count)],
    );
    let steps = [
        ("ban", t("すぐに、チームとご家族の画面から、文とファイルが消えます。検索にも出ません。")),
        ("lock", t("記録には残ります。文を見られるのは、あなたと、確かめる人の2人だけです。")),
        ("eye", seen.as_str()),
        ("undo", t("この患者さんの投稿だとわかったときは、確かめる人が元に戻せます。")),
    ];
    let body = html! {
        (view.errors.summary())
        (ui::confirm(&Confirm {
            title: t("別の患者さんの投稿として、見えなくしますか"),
            consequences: &steps,
            fields: fields(view),
            action: &urls::quarantine_of(post.id),
            keep: Some((&format!("quarantine/{}", post.id), !view.errors.is_empty())),
            verb: t("見えなくする"),
            danger: true,
            cancel: &back,
        }))
        (how_to("mistakes"))
    };
    let title = t("別の患者さんの投稿です");
    let bar = Topbar { title, back: Some((&back, t("投稿に戻る"))), ..Topbar::default() };
    page(ctx, Page { title, tab: Tab::Patients, bar, body })
}

fn fields(view: &AskView) -> Markup {
    let which: Vec<(String, String)> = view
        .texts
        .iter()
        .map(|text| {
            let short = posts::present::answered(text);
            (
                text.id.to_string(),
                fill(t("{author}さん「{text}」"), &[("author", &short.author), ("text", &short.excerpt)]),
            )
        })
        .collect();
    let mut people = people(&view.team);
    people.insert(0, (String::new(), t("あとで決める").to_owned()));
    html! {
        (hidden("client_id", &view.client_id.to_string()))
        @if which.len() > 1 { (Entry::select("which", t("どの文ですか"), &choices(&which)).value(&view.which.to_string()).need()) }
        @else { (hidden("which", &view.which.to_string())) }
        (Entry::text("reason", t("なぜ、そうわかりましたか"), 3).value(&view.reason).help(t("読むのは、確かめる人とあなただけです。例: 薬の名前が、この方のものではありません")).errors(&view.errors).need().max_chars(MAX_WORDS as u32))
        @if let (Some(name), true) = (&view.decides, which.len() == 1) {
            p { (icon("userok")) " " (fill(t("{0}さんが確かめて、見えないままにするか、元に戻すかを決めます。"), &[("0", &name)])) }
        } @else if view.decides.is_some() {
            p { (icon("userok")) " " (t("書いた人が確かめます。自分の文は、連携ホストが確かめます。")) }
        }
        @if view.decides.is_some() { (hidden("second", "")) }
        @else { (Entry::select("second", t("確かめる人"), &choices(&people)).value(&view.second).help(t("書いた人も連携ホストも、いま確かめられません。もう1人を選べます。あとからでも選べます。")).errors(&view.errors)) }
    }
}
