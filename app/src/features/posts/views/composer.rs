//! Where one writes: who reads it first, the text second, the tools third.

use jiff::{Timestamp, ToSpan, civil::time as clock};
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    Addressees, Asking, FILE_CLASSES,
    addressees::{chooser, may_choose},
};
use crate::words::t;
use crate::{
    features::groups::views::GroupKind,
    japan, opaque_debug,
    web::{
        ui::{self, Ctx, icon, time},
        urls,
    },
};

/// The post that is answered.
#[derive(Clone)]
pub struct ReplyTo {
    pub post_id: Uuid,
    pub author: String,
    pub excerpt: String,
}

/// The box at the foot of the timeline.
#[derive(Clone)]
pub struct Composer {
    pub group_id: Uuid,
    /// Whether patients may be written about, and what the readers are called.
    pub kind: GroupKind,
    /// Made fresh for every page, so that sending a form twice makes one post.
    pub client_id: Uuid,
    /// How many people will read it, the writer included.
    pub readers: u32,
    /// `None`: not asked for yet.
    pub addressees: Option<Addressees>,
    /// What was chosen before, after a refusal.
    pub asks: Asking,
    pub reply_to: Option<ReplyTo>,
    /// What was typed before, after a refusal.
    pub typed: String,
    /// Why it was refused, as a sentence.
    pub error: Option<String>,
    /// What looks like a patient where nobody should be written about: the writer is asked.
    pub doubts: Vec<&'static str>,
    /// Files received before the question.
    pub attached: Vec<Uuid>,
    pub max_file_bytes: u64,
    pub max_body_chars: u32,
    pub now: Timestamp,
}

opaque_debug!(ReplyTo, Composer);

/// The form; it posts multipart without scripts, and JSON with them.
pub(super) fn composer(view: &Composer, ctx: &Ctx) -> Markup {
    html! {
        form class="composer" id="compose" aria-label=(hint(view.kind)) method="post" enctype="multipart/form-data"
            action=(urls::posts(view.group_id)) data-group=(view.group_id) data-wording[view.kind.without_patients()] data-max-file-bytes=(view.max_file_bytes) {
            input type="hidden" name="client_id" value=(view.client_id);
            (readers_note(view, ctx))
            (answering(view))
            @if let Some(error) = &view.error { p class="composer-error" role="alert" { (icon("alert")) span { (error) } } }
            (question(view))
            ul class="uploads" aria-label=(t("付けるファイル")) hidden {}
            (line(view))
            (tools(view))
        }
    }
}

/// Who reads it, and in whose name it is written: a person may work for several facilities.
fn readers_note(view: &Composer, ctx: &Ctx) -> Markup {
    html! {
        p class="readers-note" {
            (icon("lock"))
            span {
                @if let Some(viewer) = &ctx.viewer { b { (viewer.facility) } (t("として書き、")) }
                @match view.kind {
                    GroupKind::Patient => { b { (t("チーム ")) (view.readers) (t("人")) } (t("が読みます。")) span class="wide-only" { (t("ご家族には見えません。")) } }
                    GroupKind::Free => { b { (t("メンバー ")) (view.readers) (t("人")) } (t("が読みます。")) b { (t("患者さんのことは書きません。")) } }
                    GroupKind::Direct(_) => { (t("おふたりだけが読みます。")) b { (t("患者さんのことは書きません。")) } }
                }
            }
            span class="saved" aria-live="off" {}
        }
    }
}

fn hint(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::Patient => t("チームに書く"),
        GroupKind::Free => t("グループに書く"),
        GroupKind::Direct(_) => t("メッセージを書く"),
    }
}

/// Before something is sent that looks like a patient. Nobody is held up: the text stands below, to change it or to send it.
fn question(view: &Composer) -> Markup {
    html! {
        @if !view.doubts.is_empty() {
            div class="wording" role="alert" {
                (icon("warn"))
                div {
                    p { b { (t("患者さんのことが書かれていませんか。")) } (view.doubts.join(t("、"))) (t("のように見えるところがあります。ここは患者さんのことを書かない場所です。")) }
                    @if !view.attached.is_empty() { p { (t("付けたファイル ")) (view.attached.len()) (t("件は、そのまま残っています。")) } }
                    button class="btn" type="submit" name="sure" value="1" { (icon("send")) (t("患者さんのことではないので送る")) }
                }
            }
        }
        @for file in &view.attached { input type="hidden" name="attached" value=(file); }
    }
}

fn answering(view: &Composer) -> Markup {
    html! {
        p class="answering" hidden[view.reply_to.is_none()] {
            (icon("reply"))
            span {
                b { @if let Some(to) = &view.reply_to { (to.author) } } (t("さんへの返信 "))
                span class="soft" { @if let Some(to) = &view.reply_to { (to.excerpt) } }
            }
            input type="hidden" name="reply_to" value=[view.reply_to.as_ref().map(|to| to.post_id)];
            a class="icon-btn" href={ (urls::group(view.group_id)) "#compose" } data-stop-reply { (icon("x")) span class="sr" { (t("返信をやめる")) } }
        }
    }
}

fn line(view: &Composer) -> Markup {
    html! {
        div class="line" {
            label class="icon-btn attach" for="attach" { (icon("plus")) span class="sr" { (t("写真やファイルを付ける")) } }
            textarea name="body" aria-label=(hint(view.kind)) placeholder=(hint(view.kind)) rows="1" maxlength=(view.max_body_chars) autocomplete="off" {
                "\n" (view.typed)
            }
            button class="btn primary send" type="submit" aria-label=(t("送る")) { (icon("send")) span class="word" { (t("送る")) } }
        }
    }
}

fn tools(view: &Composer) -> Markup {
    html! {
        div class="tools" {
            label class="act" for="camera" { (icon("camera")) (t("写真")) }
            label class="act" for="attach" { (icon("clip")) (t("ファイル")) }
            label class="act" for="record" { (icon("sound")) (t("録音")) }
            a class="act" href=(urls::group_templates(view.group_id)) data-chooser=(t("定型文を選ぶ")) { (icon("list")) (t("定型文")) }
            label class="pick file-class" {
                span class="sr" { (t("ファイルの種類")) }
                select name="file_class" {
                    @for (code, word) in FILE_CLASSES { option value=(code) { (t("種類: ")) (t(word)) } }
                }
            }
            // After their kind: without scripts the fields are sent, and read, in this order.
            input class="sr" type="file" id="camera" name="files" accept="image/*,.heic,.heif" multiple;
            input class="sr" type="file" id="attach" name="files" multiple;
            input class="sr" type="file" id="record" name="files" accept="audio/*" capture;
            label class="pick" {
                (icon("must")) span class="sr" { (t("要了解の期限")) }
                select name="must_acknowledge_by" {
                    option value="" { (t("要了解にしない")) }
                    @for deadline in deadlines(view.now) {
                        option value=(time::machine(deadline)) selected[view.asks.must == Some(deadline)] { (t("要了解: ")) (time::when(deadline, view.now)) (t(" まで")) }
                    }
                }
            }
            label class="pick urgent" {
                input type="checkbox" name="urgent" value="on" checked[view.asks.urgent];
                (icon("alert")) (t("緊急"))
            }
            @match &view.addressees {
                Some(all) => (chooser(all, &view.asks.to)),
                None => (may_choose(view.group_id)),
            }
        }
    }
}

/// The deadlines that are offered: the next ends of work and noons, none of them nearer than an hour.
fn deadlines(now: Timestamp) -> Vec<Timestamp> {
    let tokyo = japan::zone();
    let today = now.to_zoned(tokyo.clone()).date();
    let at = |days: i64, hour: i8| {
        let day = today.checked_add(days.days()).ok()?;
        day.to_datetime(clock(hour, 0, 0, 0)).to_zoned(tokyo.clone()).ok().map(|zoned| zoned.timestamp())
    };
    [at(0, 12), at(0, 17), at(0, 21), at(1, 12), at(1, 17), at(2, 17), at(3, 17), at(7, 17)]
        .into_iter()
        .flatten()
        .filter(|deadline| *deadline >= now + 1.hour())
        .collect()
}

/// What scripts copy for a post that the server has not confirmed: 送信待ち.
pub fn unsent_template(ctx: &Ctx) -> Markup {
    html! {
        @if let Some(viewer) = &ctx.viewer {
            template id="unsent" {
                article class="post mine unsent" aria-label=(t("送信待ちの投稿")) {
                    (ui::avatar(&viewer.name, viewer.profession, ui::Size::Medium))
                    div class="card" {
                        div class="band" {
                            strong { (icon("hour")) (t("送信待ち")) }
                            span data-slot="state" { (t("つながりしだい、自動で送ります。")) }
                        }
                        header class="who" {
                            h3 { (viewer.name) }
                            p { (ui::profession(viewer.profession)) span { (viewer.facility) } }
                        }
                        div class="body" { p class="text" data-slot="body" {} p class="soft small" data-slot="files" hidden {} }
                        footer class="foot" {
                            button class="act" type="button" data-act="resend" { (icon("retry")) (t("いま送る")) }
                            button class="act" type="button" data-act="take-back" { (icon("pen")) (t("書き直す")) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::groups::views::sample_now;

    #[test]
    fn only_deadlines_that_can_be_met_are_offered() {
        let now = sample_now();
        let words: Vec<_> = deadlines(now).into_iter().map(|at| time::when(at, now)).collect();
        assert_eq!(words[..3], ["今日 17:00", "今日 21:00", "明日 12:00"]);
    }
}
