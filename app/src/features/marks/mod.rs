//! What members put on posts: stamps (スタンプ), pins (固定), bookmarks (しおり).
//!
//! *Owns* `care.stamp`, `care.pin`, `care.bookmark`. *Emits* `post.stamped`, `post.pinned`. *Needs* posts (which post, its text), groups.
//! *Who*: members of now who may read the post; a pin is taken away by whoever set it and by who keeps the group; a bookmark is seen by
//! its person alone. In an archived group stamps and pins stay as they are. Stamps and pins are records of the receipts stream.
//!
//! A stamp is never a 了解: no rule, count or list of 了解 asks for one.

pub mod acts;
pub mod api;
mod list_views;
pub mod model;
pub mod read;
pub mod routes;
pub mod store;
pub mod views;
