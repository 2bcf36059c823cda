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
    pub read_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
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
        @match (reader.acknowledged_at, reader.read_at) {
            (Some(at), _) => span class="state ok" { (icon("ok")) "了解 " (time::when(at, now)) },
            (None, Some(at)) => span class="state" { (icon("eye")) "既読 " (time::when(at, now)) },
            (None, None) => span class="state no" { (icon("hour")) "まだ" },
        }
    }
}

/// The page `/posts/{p}/readers`, for readers without scripts.
pub fn readers_page(view: &Readers, ctx: &Ctx) -> Markup {
    let back = urls::post_in_group(view.group_id, view.post_id);
    let read = view.readers.iter().filter(|reader| reader.read_at.is_some()).count();
    let main = html! {
        (ui::topbar(Topbar {
            title: "だれが読んだか",
            note: Some(&format!("既読 {read}/{}人", view.readers.len())),
            back: Some((&back, "投稿に戻る")),
            ..Topbar::default()
        }))
        (ui::column(html! { div class="panel" { (readers(view)) } }))
    };
    ui::shell(ctx, Shell { title: "既読", tab: Tab::Patients, list: None, side: None, in_room: false, main })
}
