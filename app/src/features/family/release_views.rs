//! What the family would read of a team post.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::{release::Released, team::Relative, team_views::names};
use crate::words::{fill, t};
use crate::{
    features::{face_sheets::room::Room, files::offered::Offered},
    opaque_debug,
    web::{
        forms::{Entry, Errors, hidden},
        ui::{Ctx, icon, notice_line, time},
        urls,
    },
};

pub struct ReleaseView {
    pub room: Room,
    pub group_id: Uuid,
    /// On the team timeline.
    pub post: Uuid,
    pub author: String,
    /// None: it was withdrawn.
    pub body: Option<String>,
    pub corrected_by: Option<Uuid>,
    pub at: Timestamp,
    pub relatives: Vec<Relative>,
    pub released: Vec<Released>,
    /// Of the team post.
    pub(super) files: Vec<Offered>,
    pub client_id: Uuid,
    /// What stands there was typed and refused.
    pub came_back: bool,
    pub words: String,
    /// Of the files.
    pub chosen: Vec<Uuid>,
    pub errors: Errors,
    pub now: Timestamp,
}

opaque_debug!(ReleaseView);

/// Why it is not let through any more; what was typed stays below, to be copied.
fn gone(view: &ReleaseView) -> Option<Markup> {
    let words = match (&view.body, view.corrected_by) {
        (None, _) => {
            html! { (t("もとの投稿は取り消されたので、家族には見せられません。書いた文は下に残しています。")) }
        }
        (_, Some(correction)) => html! {
            (t("もとの投稿は訂正されたので、この文のままでは見せられません。書いた文は下に残しています。"))
            a href=(urls::release(correction)) { (t("訂正後の投稿から見せる")) }
        },
        _ => return None,
    };
    Some(html! { div.notice-line role="alert" { (icon("alert")) p { (words) } } })
}

pub fn release_page(view: &ReleaseView, ctx: &Ctx) -> Markup {
    let kin = view.relatives.len();
    let open = view.body.is_some() && view.corrected_by.is_none();
    let body = html! {
        (view.errors.summary())
        @for r in &view.released {
            (notice_line("kin", &fill(t("{0}さんが {1} に、この投稿をもとに家族のページへ書いています。"), &[("0", &r.by), ("1", &time::when(r.at, view.now))])))
        }
        section {
            h2 { (t("チームの投稿")) }
            p.soft { (view.author) (t("さん・")) (time::when(view.at, view.now)) (t("。この投稿そのものは、ご家族には見えません。")) }
            @if let Some(body) = &view.body { p.panel.release { (body) } } @else { p.panel.release { (t("取り消されました")) } }
        }
        @if let Some(gone) = gone(view) { (gone) }
        section.family.panel.stack {
            h2 { (t("ご家族のページに出る文")) }
            @if kin == 0 { p { (t("いま、ご本人・ご家族はだれも参加していません。参加すると読めます。")) } }
            @else { p { b { (t("読む人: ")) } b { (names(&view.relatives)) } (t("とチーム")) } }
            form.stack method="post" action=(urls::release(view.post)) data-keep=(format!("release/{}", view.post)) data-came-back[view.came_back] {
                (hidden("client_id", &view.client_id.to_string()))
                @let words = Entry::text("words", t("この文を、あなたの名前で書きます"), 6).value(&view.words).errors(&view.errors).max_chars(8000)
                    .help(t("ご家族に分かる言葉に直し、見せない方がよいところは消してください。"));
                // A photo may go along without words.
                (if view.files.is_empty() { words.need() } else { words })
                @if open { (offer(view)) }
                div.row {
                    @if open { button.btn.primary.large type="submit" { (icon("send")) @if kin == 0 { (t("患者・家族のページに書く")) } @else { (t("ご本人・ご家族 ")) (kin) (t("人に見せる")) } } }
                    a.btn.large href=(urls::post_in_group(view.group_id, view.post)) { (t("見せない")) }
                }
            }
        }
    };
    let back = urls::post_in_group(view.group_id, view.post);
    view.room.page(
        ctx,
        t("家族にも見せる"),
        view.room.deeper(t("家族にも見せる"), (&back, t("投稿に戻る"))),
        body,
        None,
    )
}

/// The files of the team post: nothing goes along that was not chosen.
fn offer(view: &ReleaseView) -> Markup {
    if view.files.is_empty() {
        return html! {};
    }
    html! {
        fieldset.along #files {
            legend { (t("いっしょに見せる写真・ファイル")) }
            p.soft { (t("しるしを付けたものだけを、ご家族も開けます。付けないものは、ご家族には見えません。ファイルの名前も、ご家族に見えます。")) }
            @for one in &view.files { (offered(one, view.chosen.contains(&one.file.id))) }
        }
    }
}

fn offered(one: &Offered, chosen: bool) -> Markup {
    let file = &one.file;
    let openable = matches!(file.state.as_str(), "ready" | "unscanned");
    let look = match file.media_type.split('/').next() {
        Some("image") => "image",
        Some("audio") => "sound",
        Some("video") => "video",
        _ => "file",
    };
    let small = html! {
        @if file.has_thumbnail && openable { img src=(urls::thumbnail(file.id)) alt="" width="96" height="96" loading="lazy"; }
        @else { span.kind { (icon(look)) } }
    };
    html! {
        @if let Some(why) = one.barred {
            div.one.barred { span.kind { (icon("ban")) } span { b { (file.name) } small { (why.words()) } } }
        } @else {
            div.one {
                label.check { input type="checkbox" name="id" value=(file.id) checked[chosen] data-no-keep; span.what { (small) span { b { (file.name) }
                    @match file.state.as_str() {
                        "scanning" => small { (t("安全を確かめています。終わると、ご家族も開けます。")) },
                        "unscanned" => small { (t("安全の確認ができていません。")) },
                        _ => {},
                    }
                } } }
                @if openable { a href={ (urls::file(file.id)) @if file.media_type == "application/pdf" { "?view=1" } } target="_blank" rel="noopener" aria-label=(fill(t("{name}を開いて確かめる"), &[("name", &file.name)])) { (t("開いて確かめる")) } }
            }
        }
    }
}
