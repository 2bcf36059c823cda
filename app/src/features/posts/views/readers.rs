//! Who has read, who has acknowledged, and when.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        ui::{self, Ctx, Profession, Shell, Tab, Topbar, icon, time},
        urls,
    },
};

/// One member and what is known of the reading.
#[derive(Clone)]
pub struct Reader {
    pub name: String,
    pub profession: Profession,
    pub facility: String,
    /// In the order in which they come; none: nothing is known.
    pub states: Vec<(ReaderState, Timestamp)>,
}

impl Reader {
    fn has_read(&self) -> bool {
        self.states.iter().any(|(state, _)| state.is_read())
    }
}

/// What is known of a post and one person, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderState {
    PushAccepted,
    MailAccepted,
    OnDevice,
    Undelivered,
    Displayed,
    Acknowledged,
    Handled,
}

impl ReaderState {
    /// Every state that a page may show.
    pub const ALL: [Self; 7] = [
        Self::PushAccepted,
        Self::MailAccepted,
        Self::OnDevice,
        Self::Undelivered,
        Self::Displayed,
        Self::Acknowledged,
        Self::Handled,
    ];

    /// Whether the person has come to it; a notice that was sent or shown is not that.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Displayed | Self::Acknowledged | Self::Handled)
    }

    fn class(self) -> &'static str {
        match self {
            Self::Acknowledged | Self::Handled => "state ok",
            Self::Undelivered => "state no",
            _ => "state",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::PushAccepted => "send",
            Self::MailAccepted => "mail",
            Self::OnDevice => "phone",
            Self::Undelivered => "alert",
            Self::Displayed => "eye",
            Self::Acknowledged => "check",
            Self::Handled => "ok",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::PushAccepted => t("通知サービスが受け付けた"),
            Self::MailAccepted => t("メールサーバーが受け付けた"),
            Self::OnDevice => t("端末に届いた"),
            Self::Undelivered => t("通知は届かなかった"),
            Self::Displayed => t("表示された"),
            Self::Acknowledged => t("了解"),
            Self::Handled => t("対応済"),
        }
    }

    /// What it proves, and what it does not.
    pub fn means(self) -> &'static str {
        match self {
            Self::PushAccepted => t(
                "スマートフォンなどに通知を届けるサービスが、通知を預かりました。端末に届いたかどうかまでは分かりません。",
            ),
            Self::MailAccepted => t(
                "メールを送るサーバーが、お知らせのメールを預かりました。届いたか、開いたかまでは分かりません。",
            ),
            Self::OnDevice => t("通知が、その人の端末で表示されました。本人が見たとは限りません。"),
            Self::Undelivered => t(
                "どの方法でも、通知を渡せませんでした。本人が自分で開いて読むことはあります。急ぐときは電話してください。",
            ),
            Self::Displayed => {
                t("その人の画面に、この投稿が出ました。読んで分かったかどうかまでは分かりません。")
            }
            Self::Acknowledged => t(
                "その人が「了解」を押しました。押したことは記録に残ります。頼まれたことが終わったとは限りません。",
            ),
            Self::Handled => {
                t("その人が「対応済」と書きました。何をしたかは、その人の言葉で投稿の下に出ます。")
            }
        }
    }
}

/// Everybody who could read a post, without its author.
#[derive(Clone)]
pub struct Readers {
    pub group_id: Uuid,
    pub post_id: Uuid,
    pub readers: Vec<Reader>,
    pub now: Timestamp,
}

opaque_debug!(Reader, Readers);

/// The list alone: the fragment that opens under 既読.
pub fn readers(view: &Readers) -> Markup {
    html! {
        ul class="readers" {
            @for reader in &view.readers {
                li {
                    (ui::avatar(&reader.name, reader.profession, ui::Size::Small))
                    span { (reader.name) br; span class="soft" { (reader.profession.label()) (t("・")) (reader.facility) } }
                    (state(reader, view.now))
                }
            }
        }
    }
}

fn state(reader: &Reader, now: Timestamp) -> Markup {
    html! {
        span class="states" {
            @for (state, at) in &reader.states {
                span class=(state.class()) { (icon(state.icon())) (state.word()) " " (time::when(*at, now)) }
            }
            @if !reader.has_read() { span class="state no" { (icon("hour")) (t("まだ")) } }
        }
    }
}

/// What each state says and does not say.
fn meanings() -> Markup {
    html! {
        section {
            h2 { (t("それぞれの意味")) }
            dl class="meanings panel" {
                @for state in ReaderState::ALL { div { dt { (icon(state.icon())) (state.word()) } dd { (state.means()) } } }
                div { dt { (icon("hour")) (t("まだ")) } dd { (t("その人の画面に、まだ出ていません。急ぐときは電話で確かめてください。")) } }
            }
        }
    }
}

/// The page `/posts/{p}/readers`, for readers without scripts.
pub fn readers_page(view: &Readers, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group_id, view.post_id);
    let read = view.readers.iter().filter(|reader| reader.has_read()).count();
    let main = html! {
        (ui::topbar(Topbar {
            title: t("だれが読んだか"),
            note: Some(&fill(t("既読 {read}/{0}人"), &[("read", &read), ("0", &view.readers.len())])),
            back: Some((&back, t("投稿に戻る"))),
            ..Topbar::default()
        }))
        (ui::column(html! { div class="panel" { (readers(view)) } (meanings()) }))
    };
    ui::shell(
        ctx,
        Shell { title: t("既読"), tab: Tab::Patients, list: None, side: None, in_room: false, main },
    )
}
