//! The two small pages on which somebody of the family corrects or takes back what she wrote.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    model::Place,
    views::{Door, heading, note, site},
};
use crate::words::t;
use crate::{
    features::posts::model::Post,
    opaque_debug,
    web::{
        forms::hidden,
        ui::{Ctx, icon},
        urls,
    },
};

pub struct ChangeView {
    pub place: Place,
    pub post: Post,
    pub client_id: Uuid,
    pub typed: String,
    pub error: Option<String>,
    pub now: Timestamp,
}

opaque_debug!(ChangeView);

fn frame(view: &ChangeView, ctx: &Ctx, what: &str, main: Markup) -> Markup {
    let me = Some(view.place.account_id);
    let main = html! {
        h2 { (what) }
        div.notes { (note(&view.post, &[], me, view.now, Door::Family, false, html! {})) }
        (main)
        a.btn.quiet href={ (urls::family_timeline(view.place.group_id)) "#post-" (view.post.id) } { (t("やめる")) }
    };
    site(ctx, t("患者・家族"), &heading(&view.place), t("在宅チームと 話す ところ"), &[], main)
}

fn error(view: &ChangeView) -> Markup {
    html! { @if let Some(error) = &view.error { p.composer-error role="alert" { (icon("alert")) span { (error) } } } }
}

pub fn correction_page(view: &ChangeView, ctx: &Ctx) -> Markup {
    let keep = format!("family-correction-{}", view.post.id);
    let form = html! {
        form.family-write method="post" action=(urls::family_correction(view.post.id)) aria-label=(t("直す")) data-kin=(view.place.account_id) data-keep=(keep) data-came-back[view.error.is_some()] {
            (hidden("client_id", &view.client_id.to_string()))
            (error(view))
            label for="body" { (t("直した 文")) }
            textarea.input #body name="body" rows="6" maxlength="8000" { "\n" (view.typed) }
            p.soft { (t("前の 文も、記録に のこります。新しい 文が、下に 出ます。")) @if !view.post.files.is_empty() { (t(" 写真や PDFは、そのまま です。")) } }
            button.btn.primary.large type="submit" { (icon("check")) (t("この 文に 直す")) }
        }
    };
    frame(view, ctx, t("書いた ものを 直す"), form)
}

pub fn withdrawal_page(view: &ChangeView, ctx: &Ctx) -> Markup {
    let keep = format!("family-withdrawal-{}", view.post.id);
    let form = html! {
        form.family-write method="post" action=(urls::family_withdrawal(view.post.id)) aria-label=(t("取り消す")) data-kin=(view.place.account_id) data-keep=(keep) data-came-back[view.error.is_some()] {
            (hidden("client_id", &view.client_id.to_string()))
            (error(view))
            label for="reason" { (t("どうして 取り消しますか")) }
            textarea.input #reason name="reason" rows="2" maxlength="1000" { "\n" (view.typed) }
            p.soft { (t("取り消すと、文も 写真も ここに 出なく なります。もう 読んだ 人が いるかも しれません。取り消した ことと わけは、みんなに 見えます。")) }
            button.btn.primary.large type="submit" { (icon("undo")) (t("取り消す")) }
        }
    };
    frame(view, ctx, t("書いた ものを 取り消す"), form)
}
