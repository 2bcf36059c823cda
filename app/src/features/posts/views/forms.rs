//! The pages that ask before a post is corrected or withdrawn.

use maud::{Markup, html};
use uuid::Uuid;

use super::{PostView, text::paragraphs};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        ui::{self, Confirm, Ctx, Field, Kind, Shell, Tab, Tone, Topbar, field},
        urls,
    },
};

/// What the page `/posts/{p}/correction` shows.
#[derive(Clone)]
pub struct CorrectionForm {
    pub post: PostView,
    /// Made fresh for every page, so that sending twice makes one correction.
    pub client_id: Uuid,
    /// At first the old text, after a refusal what was typed.
    pub typed: String,
    pub error: Option<String>,
    /// How many people have read the text and will be asked again.
    pub have_read: u32,
    pub max_body_chars: u32,
}

/// What the page `/posts/{p}/withdrawal` shows.
#[derive(Clone)]
pub struct WithdrawalForm {
    pub post: PostView,
    pub client_id: Uuid,
    pub reason: String,
    pub error: Option<String>,
    pub have_read: u32,
}

opaque_debug!(CorrectionForm, WithdrawalForm);

/// A correction is a new post; fields `client_id` and `body`.
pub fn correction_page(view: &CorrectionForm, ctx: &Ctx) -> Markup {
    let consequence = if view.have_read > 0 {
        fill(
            t("もう読んだ{0}人には、直したことをお知らせします。前の文は記録に残り、たたんで読めます。"),
            &[("0", &view.have_read)],
        )
    } else {
        t("前の文は記録に残り、たたんで読めます。").to_owned()
    };
    let action = urls::correction(view.post.id);
    let main = html! {
        (ui::callout(Tone::Info, t("直した文が、新しい投稿になります"), html! { p { (consequence) } }))
        form class="panel" method="post" action=(action) data-keep=(format!("correction/{}", view.post.id)) data-came-back[view.error.is_some()] {
            input type="hidden" name="client_id" value=(view.client_id);
            (field(&Field {
                name: "body",
                label: t("直した文"),
                value: &view.typed,
                error: view.error.as_deref(),
                required: true,
                kind: Kind::Textarea { rows: 8 },
                maxlength: Some(view.max_body_chars),
                ..Field::default()
            }))
            (ui::submit(t("訂正を送る")))
        }
        (old_text(&view.post))
    };
    frame(ctx, &view.post, t("訂正する"), main)
}

/// A withdrawal needs a reason; fields `client_id` and `reason`.
pub fn withdrawal_page(view: &WithdrawalForm, ctx: &Ctx) -> Markup {
    let read = fill(t("もう読んだ{0}人にも、取り消したことをお知らせします。"), &[("0", &view.have_read)]);
    let mut consequences = vec![
        ("eye", t("チームの画面では、文とファイルがたたまれ、「取り消されました」と理由が出ます。")),
        ("lock", t("書いた文は記録に残ります。だれが、いつ、なぜ取り消したかも残ります。")),
        ("ban", t("取り消しは、あとから元に戻せません。")),
    ];
    if view.have_read > 0 {
        consequences.insert(1, ("bell", &read));
    }
    let back = urls::post_in_group(view.post.group_id, view.post.id);
    let main = html! {
        (ui::confirm(&Confirm {
            title: t("この投稿を取り消しますか"),
            consequences: &consequences,
            fields: html! {
                input type="hidden" name="client_id" value=(view.client_id);
                (field(&Field {
                    name: "reason",
                    label: t("取り消す理由"),
                    help: Some(t("チームの全員が読みます。例: 別の患者さんのことを書きました")),
                    value: &view.reason,
                    error: view.error.as_deref(),
                    required: true,
                    kind: Kind::Textarea { rows: 3 },
                    maxlength: Some(500),
                    ..Field::default()
                }))
            },
            action: &urls::withdrawal(view.post.id),
            keep: Some((&format!("withdrawal/{}", view.post.id), view.error.is_some())),
            verb: t("取り消す"),
            danger: true,
            cancel: &back,
        }))
        (old_text(&view.post))
    };
    frame(ctx, &view.post, t("取り消す"), main)
}

fn old_text(post: &PostView) -> Markup {
    html! {
        section class="panel quoted" aria-labelledby="old" {
            h2 id="old" { (t("いまの文")) }
            div class="soft" { (paragraphs(&post.body)) }
            @if !post.files.is_empty() { p class="soft small" { (t("ファイル ")) (post.files.len()) (t("件")) } }
        }
    }
}

fn frame(ctx: &Ctx, post: &PostView, title: &str, main: Markup) -> Markup {
    let back = urls::post_in_group(post.group_id, post.id);
    let main = html! {
        (ui::topbar(Topbar { title, back: Some((&back, t("投稿に戻る"))), ..Topbar::default() }))
        (ui::column(main))
    };
    ui::shell(ctx, Shell { title, tab: Tab::Patients, list: None, side: None, in_room: false, main })
}
