//! Quarantine (誤投稿隔離): a post about another patient leaves everybody's sight at once, two people decide what it was, and both groups get a
//! receipt (decision 0049).
//!
//! ```text
//! found ─► hidden at once ─► the second person: stays hidden ─► written again where it belongs
//!                                               └► belongs here: comes back
//! ```
//!
//! *Owns* `care.quarantine`, `care.quarantined_post`, `care.hidden_post`, `care.moved_post`. *Emits* `post.quarantined`, `post.lifted`, `post.changed`, and `notice` to whoever
//! decides. *Needs* posts (whose rows row security hides by these tables) and groups (membership). *Who*: every member who reads a post may hide it, not
//! in a conversation of two; its text is then for her and for the second person, who is its author, or of an own post the host, or somebody she
//! names. That person alone decides. Nobody does so by a program's token.

pub mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
pub mod views;
