//! Free groups: opening one, and calling it otherwise.

use maud::{Markup, html};
use uuid::Uuid;

use super::model::{MAX_PURPOSE, MAX_TITLE};
use crate::words::t;
use crate::{
    features::face_sheets::room::Room,
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        page::{Page, Step, consequences, how_to, page},
        ui::{Ctx, Tab, Tone, Topbar, callout, icon},
        urls,
    },
};

/// The form of a new free group, or of another name for one.
#[derive(Clone)]
pub struct TitleView {
    /// The group that gets another name; none for a new one.
    pub group: Option<(Uuid, Room)>,
    pub client_id: Uuid,
    /// How it is called now, as a short word (`forms::version_of`).
    pub version: Option<String>,
    pub title: String,
    pub purpose: String,
    pub errors: Errors,
}

opaque_debug!(TitleView);

impl TitleView {
    pub fn sample() -> Self {
        Self {
            group: None,
            client_id: Uuid::from_u128(78),
            version: None,
            title: String::new(),
            purpose: "月に1回、在宅での緩和ケアについて学びます。".to_owned(),
            errors: Errors::one("title", "入力してください。"),
        }
    }
}

/// The rule, in full: before a group is opened, and where its name is changed.
pub fn rule() -> Markup {
    callout(
        Tone::Caution,
        t("患者さんのことは書かない場所です"),
        html! { p { (t("勉強会、地域の集まり、施設の連絡などに使います。患者さんのことは、患者さんのグループに書いてください。名前と目的にも、患者さんのことは書きません。")) } },
    )
}

pub fn title_page(view: &TitleView, ctx: &Ctx) -> Markup {
    let (heading, action, back) = match &view.group {
        None => (t("自由グループを開く"), urls::free_groups().to_owned(), urls::groups().to_owned()),
        Some((group, _)) => (t("名前と目的を変える"), urls::group_title(*group), urls::group_members(*group)),
    };
    let max = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let body = html! {
        (view.errors.summary())
        (rule())
        @if view.group.is_none() { (consequences(t("開くと、こうなります"), &STEPS.map(Step::spoken))) }
        form.stack method="post" action=(action) data-keep=(format!("title{action}")) data-version=[&view.version] data-came-back[!view.errors.is_empty()] {
            (hidden("client_id", &view.client_id.to_string()))
            (Entry::line("title", t("グループの名前")).value(&view.title).help(t("例: 在宅緩和ケア 勉強会")).errors(&view.errors).need().max_chars(max(MAX_TITLE)))
            (Entry::text("purpose", t("目的"), 3).value(&view.purpose).help(t("だれと、何をするためのグループか。メンバーが読めます。")).errors(&view.errors).max_chars(max(MAX_PURPOSE)))
            div.row {
                button.btn.primary.large type="submit" { (icon(if view.group.is_none() { "group" } else { "pen" })) @if view.group.is_none() { (t("グループを開く")) } @else { (t("この名前にする")) } }
                a.btn.quiet href=(back) { (t("やめる")) }
            }
        }
        (how_to("free-groups"))
    };
    match &view.group {
        Some((_, room)) => {
            room.page(ctx, heading, room.deeper(heading, (&back, t("メンバーに戻る"))), body, None)
        }
        None => {
            let bar = Topbar {
                title: heading,
                back: Some((&back, t("グループの一覧に戻る"))),
                ..Topbar::default()
            };
            page(ctx, Page { title: heading, tab: Tab::Patients, bar, body })
        }
    }
}

const STEPS: [Step<'static>; 3] = [
    Step {
        icon: "key", what: "あなたがホストになります", more: "人を招待し、名前を変え、終わりにできます"
    },
    Step {
        icon: "lock",
        what: "読めるのはメンバーだけです",
        more: "施設の管理者には、名前とメンバーが見えます。投稿は見えません",
    },
    Step {
        icon: "hist", what: "書いたものは消えません", more: "直したいときは、訂正として書き足します"
    },
];
