//! ラベル: a few words of the product that members set on posts, so that they are found again by what they are about.
//!
//! *Owns* `care.post_label`. *Emits* `post.labelled`. *Needs* posts (which post, its text), groups. *Who*: members of the post's group set and
//! take away, whoever set it; everybody else gets a 404. A label changes no post and no 了解, and rings nobody.

mod acts;
pub mod api;
pub mod model;
pub mod read;
pub mod routes;
pub mod views;
