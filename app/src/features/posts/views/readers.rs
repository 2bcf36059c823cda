//! Who has read, who has acknowledged, and when.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

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

/// What is known of a post and one person, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReaderState {
    Displayed,
    Acknowledged,
    Handled,
}

impl ReaderState {
    /// Every state that a page may show.
    pub const ALL: [Self; 3] = [Self::Displayed, Self::Acknowledged, Self::Handled];

    pub fn icon(self) -> &'static str {
        match self {
            Self::Displayed => "eye",
            Self::Acknowledged => "check",
            Self::Handled => "ok",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Displayed => "表示された",
            Self::Acknowledged => "了解",
            Self::Handled => "対応済",
        }
    }

    /// What it proves, and what it does not.
    pub fn means(self) -> &'static str {
        match self {
            Self::Displayed => {
                "その人の画面に、この投稿が出ました。読んで分かったかどうかまでは分かりません。"
            }
            Self::Acknowledged => {
                "その人が「了解」を押しました。押したことは記録に残ります。頼まれたことが終わったとは限りません。"
            }
            Self::Handled => "その人が「対応済」と書きました。何をしたかは、その人の言葉で投稿の下に出ます。",
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
                    span { (reader.name) br; span class="soft" { (reader.profession.label()) "・" (reader.facility) } }
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
                span class={ "state" @if *state != ReaderState::Displayed { " ok" } } { (icon(state.icon())) (state.word()) " " (time::when(*at, now)) }
            }
            @if reader.states.is_empty() { span class="state no" { (icon("hour")) "まだ" } }
        }
    }
}

/// What each state says and does not say.
fn meanings() -> Markup {
    html! {
        section {
            h2 { "それぞれの意味" }
            dl class="meanings panel" {
                @for state in ReaderState::ALL { div { dt { (icon(state.icon())) (state.word()) } dd { (state.means()) } } }
                div { dt { (icon("hour")) "まだ" } dd { "その人の画面に、まだ出ていません。急ぐときは電話で確かめてください。" } }
            }
        }
    }
}

/// The page `/posts/{p}/readers`, for readers without scripts.
pub fn readers_page(view: &Readers, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group_id, view.post_id);
    let read = view.readers.iter().filter(|reader| !reader.states.is_empty()).count();
    let main = html! {
        (ui::topbar(Topbar {
            title: "だれが読んだか",
            note: Some(&format!("既読 {read}/{}人", view.readers.len())),
            back: Some((&back, "投稿に戻る")),
            ..Topbar::default()
        }))
        (ui::column(html! { div class="panel" { (readers(view)) } (meanings()) }))
    };
    ui::shell(ctx, Shell { title: "既読", tab: Tab::Patients, list: None, side: None, in_room: false, main })
}
