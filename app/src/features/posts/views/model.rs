//! What the page shows of one post. Names are those of the time of writing.

use jiff::Timestamp;
use uuid::Uuid;

use super::FileView;
use crate::{
    features::{asks::model::What, marks::model::PostMarks, posts::model::Moved, vitals::strip::Strip},
    opaque_debug,
    web::ui::Profession,
};

/// Who wrote, as of the time of writing.
#[derive(Clone)]
pub struct Author {
    pub account_id: Uuid,
    pub name: String,
    /// How it is read, where that is known.
    pub reading: String,
    pub profession: Profession,
    pub facility: String,
}

/// One post with everything that hangs under it.
#[derive(Clone)]
pub struct PostView {
    pub id: Uuid,
    pub group_id: Uuid,
    /// The place in the timeline.
    pub seq: i64,
    pub author: Author,
    pub at: Timestamp,
    /// Paragraphs are separated by empty lines. Empty when only files were sent, and when withdrawn.
    pub body: String,
    pub files: Vec<FileView>,
    /// What this post answers, when that stands elsewhere (not on this page).
    pub answers: Option<super::ReplyTo>,
    /// This post is a correction; the old text folds under the new one.
    pub corrects: Option<Older>,
    /// This post was corrected; it keeps its place with a short pointer.
    pub corrected_by: Option<Corrected>,
    pub withdrawn: Option<Withdrawn>,
    /// It is hidden as a post about another patient.
    pub quarantined: Option<Isolated>,
    /// It stood elsewhere before, where it did not belong.
    pub moved: Option<Moved>,
    pub must: Option<Must>,
    /// It passes quiet hours.
    pub urgent: bool,
    /// A system outside entered it for the author.
    pub proxy: Option<Entered>,
    /// Whom it addresses, in words; empty: everybody.
    pub to: Vec<String>,
    /// What was done about it, and who was called, the oldest first.
    pub followed: Vec<Followed>,
    pub acknowledgements: Acknowledgements,
    pub read_by: ReadBy,
    /// In their own order.
    pub replies: Vec<ReplyView>,
    /// Whether the replies stand unfolded: when one of them is new for the viewer, so that 既読 stays honest.
    pub replies_open: bool,
    /// How many of the first replies stand on the post's own page alone: never one that the viewer has not read.
    pub earlier: usize,
    /// This is that page.
    pub whole: bool,
    /// Stamps, pin and the viewer's bookmark.
    pub marks: PostMarks,
    pub may: MayDo,
    /// The values that stand in the text, recorded or to be confirmed.
    pub vitals: Option<Strip>,
}

/// The text before a correction.
#[derive(Clone)]
pub struct Older {
    pub post_id: Uuid,
    pub at: Timestamp,
    pub body: String,
    /// How many people had read the old text and were asked again.
    pub asked_again: u32,
}

/// Where the corrected text stands.
#[derive(Debug, Clone)]
pub struct Corrected {
    pub post_id: Uuid,
    pub at: Timestamp,
}

/// A withdrawal: the post keeps its place, the text stays in the record.
#[derive(Clone)]
pub struct Withdrawn {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    /// The text, once the reader asked to unfold it.
    pub body: Option<String>,
}

/// A post about another patient (誤投稿隔離): it keeps its place, and two people alone have its text.
#[derive(Debug, Clone)]
pub struct Isolated {
    pub id: Uuid,
    pub at: Timestamp,
    /// Who found it.
    pub by: String,
    /// A second person has said so too.
    pub confirmed: bool,
    /// Whether the viewer is one of the two.
    pub mine: bool,
}

/// The request to acknowledge until a deadline.
#[derive(Clone)]
pub struct Must {
    pub deadline: Timestamp,
    pub done: u32,
    pub total: u32,
    /// Names of those who have not acknowledged, without the viewer.
    pub waiting: Vec<String>,
    /// Whether the viewer is one of those who have not.
    pub waits_for_me: bool,
    /// The deadline has passed for somebody, and the author and the host were told.
    pub escalated: bool,
    /// Who was asked too when it passed.
    pub substitutes: Vec<String>,
}

/// What somebody did about a post.
#[derive(Clone)]
pub struct Followed {
    pub by: String,
    pub at: Timestamp,
    pub what: What,
    /// The result, or a note to the call; may be empty.
    pub text: String,
}

/// Who typed it in the author's place.
#[derive(Clone)]
pub struct Entered {
    /// What the system is called.
    pub system: String,
    /// Who typed it there, if the system says.
    pub typist: Option<String>,
    pub confirmed_at: Option<Timestamp>,
}

/// 了解 on a post.
#[derive(Debug, Clone, Copy, Default)]
pub struct Acknowledgements {
    pub count: u32,
    pub mine: bool,
}

/// 既読 n/m: `total` are the members now, without the author.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadBy {
    pub count: u32,
    pub total: u32,
}

/// A reply, folded under its post.
#[derive(Clone)]
pub struct ReplyView {
    pub id: Uuid,
    /// Its own place in the timeline, after the post it answers.
    pub seq: i64,
    pub author: Author,
    pub at: Timestamp,
    /// `None` when withdrawn, or hidden.
    pub body: Option<String>,
    pub quarantined: Option<Isolated>,
    pub files: Vec<FileView>,
    pub marks: PostMarks,
}

/// What the viewer may do with a post, decided by the rules.
#[derive(Debug, Clone, Copy, Default)]
pub struct MayDo {
    pub acknowledge: bool,
    pub reply: bool,
    pub correct: bool,
    pub withdraw: bool,
    /// Put a stamp on it.
    pub stamp: bool,
    /// Pin it, or take its pin away.
    pub pin: bool,
    /// 対応済, for those asked and the author, once.
    pub handle: bool,
    /// Calling those who have not answered.
    pub call: bool,
    /// 家族にも見せる.
    pub release: bool,
    /// 確認 of what was entered in the viewer's name.
    pub confirm: bool,
    /// 誤投稿隔離, for every member.
    pub quarantine: bool,
}

opaque_debug!(Author, PostView, Older, Withdrawn, Must, Entered, Followed, ReplyView);
