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
        ui::{self, Confirm, Ctx, Tab, Topbar},
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
    /// The others of the group.
    pub team: Vec<Teammate>,
    pub me: Uuid,
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
        (
            "ban",
            t(
                "すぐに、チーム全員の画面から、文とファイルが消えます。ご家族に見せたものも消えます。検索にも出ません。",
            ),
        ),
        ("lock", t("記録には残ります。文を見られるのは、あなたと、確かめる人の2人だけです。")),
        ("eye", seen.as_str()),
        ("undo", t("この患者さんの投稿だとわかったときは、確かめる人が元に戻せます。")),
    ];
    let body = html! {
        (view.errors.summary())
        (ui::confirm(&Confirm {
            title: t("別の患者さんの投稿として、隔離しますか"),
            consequences: &steps,
            fields: fields(view),
            action: &urls::quarantine_of(post.id),
            keep: Some((&format!("quarantine/{}", post.id), !view.errors.is_empty())),
            verb: t("隔離する"),
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
    let author = view.texts.iter().find(|text| text.id == view.which).map(|text| text.author.id);
    let usual = if author == Some(view.me) {
        t("連携ホスト")
    } else {
        t("書いた人(いなければ連携ホスト)")
    };
    let mut people = people(&view.team);
    people.insert(0, (String::new(), usual.to_owned()));
    html! {
        (hidden("client_id", &view.client_id.to_string()))
        @if which.len() > 1 { (Entry::select("which", t("どの文ですか"), &choices(&which)).value(&view.which.to_string()).need()) }
        @else { (hidden("which", &view.which.to_string())) }
        (Entry::text("reason", t("なぜ、そうわかりましたか"), 3).value(&view.reason).help(t("読むのは、確かめる人とあなただけです。例: 薬の名前が、この方のものではありません")).errors(&view.errors).need().max_chars(MAX_WORDS as u32))
        (Entry::select("second", t("確かめる人"), &choices(&people)).value(&view.second).help(t("もう1人が確かめて、隔離したままにするか、元に戻すかを決めます。")).errors(&view.errors))
    }
}
