//! The team timeline: the page, one post, its readers, and the forms of correction and withdrawal.

mod addressees;
mod composer;
mod files;
mod foot;
mod forms;
mod help;
mod model;
mod post;
mod readers;
mod replies;
mod sample;
mod text;
mod thread;
mod timeline;

pub use addressees::{Addressee, Addressees, Asking, chooser};
pub use composer::{Composer, ReplyTo, unsent_template};
pub use files::{FILE_CLASSES, FileKind, FileState, FileView, row as file_row};
pub use forms::{CorrectionForm, WithdrawalForm, correction_page, withdrawal_page};
pub use help::help_page;
pub use model::{
    Acknowledgements, Author, Corrected, Entered, Followed, Isolated, MayDo, Must, Older, PostView, ReadBy,
    ReplyView, Withdrawn,
};
pub use post::{followed_list, in_quarantine, post};
pub use readers::{Reader, ReaderState, Readers, readers, readers_page};
pub use replies::ON_TIMELINE;
pub use text::paragraphs;
pub use thread::{Thread, thread_page};
pub use timeline::{Entry, Happening, Timeline, Writing, older_fragment, page};
