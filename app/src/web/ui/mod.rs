//! The component kit: every page is put together from these functions.
//!
//! Rules that hold everywhere: no inline style, no inline handler (the Content-Security-Policy refuses them), no
//! patient data in a title, every act has a word, and every form works without JavaScript.

pub mod asset;
mod avatar;
mod banner;
mod bar;
mod confirm;
mod ctx;
mod difference;
mod display;
mod field;
mod icon;
mod language;
mod message;
mod opaque;
mod pager;
mod paper;
mod profession;
mod ruby;
mod shell;
pub mod styles;
pub mod time;

pub use self::paper::paper_blocks;
pub use asset::asset;
pub use avatar::{Size, avatar, group_avatar, patient_avatar, profession};
pub use banner::{News, NewsKind, banners, mode_banner, mode_times};
pub use bar::{TabLink, Topbar, column, print_act, search_link, section_head, tabs, topbar};
pub use confirm::{Confirm, confirm, dialog};
pub use ctx::{Copied, Ctx, Theme, Viewer};
pub use difference::difference;
pub use display::display_form;
pub use field::{Choice, Field, Kind, field, submit};
pub use icon::{icon, mark};
pub use language::language_switch;
pub use message::{Tone, callout, empty, notice_line};
pub use pager::pager;
pub use profession::Profession;
pub use ruby::named;
pub use shell::{Shell, Tab, bare, gate, shell};
pub use styles::styles;
