//! What was done in the practice space, and what stands there after it. Pure.

use serde::{Deserialize, Serialize};

use crate::words::t;
use crate::{opaque_debug, web::ui::Profession};

/// Characters of a text.
pub const MAX_BODY: usize = 1_000;
/// Deeds of one round; then one begins anew.
pub const MAX_DEEDS: usize = 30;

/// One thing that somebody tried. `post` is a place in the list of posts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    Post { body: String },
    Acknowledge { post: usize },
    Correct { post: usize, body: String },
    Withdraw { post: usize },
}

// What somebody types here may be meant for elsewhere.
opaque_debug!(Deed);

#[derive(Clone)]
pub struct Post {
    /// `None`: whoever practises.
    pub by: Option<Colleague>,
    pub body: String,
    /// Asks for a 了解.
    pub asks: bool,
    pub acknowledged: bool,
    /// The place of the one that says it right.
    pub corrected_by: Option<usize>,
    pub corrects: Option<usize>,
    pub withdrawn: bool,
}

opaque_debug!(Post);

impl Post {
    fn new(by: Option<Colleague>, body: &str) -> Self {
        Self {
            by,
            body: body.to_owned(),
            asks: false,
            acknowledged: false,
            corrected_by: None,
            corrects: None,
            withdrawn: false,
        }
    }

    pub fn stands(&self) -> bool {
        !self.withdrawn && self.corrected_by.is_none()
    }
}

/// An invented person. There is no account behind it.
#[derive(Debug, Clone, Copy)]
pub struct Colleague {
    pub name: &'static str,
    pub profession: Profession,
    pub facility: &'static str,
}

/// What stands there at the beginning.
fn beginning() -> Vec<Post> {
    let doctor =
        Colleague {
            name: t("見本 太郎"), profession: Profession::Doctor, facility: t("みほんクリニック")
        };
    let nurse =
        Colleague {
            name: t("見本 花子"), profession: Profession::Nurse, facility: t("みほん訪問看護")
        };
    vec![
        Post::new(Some(nurse), t("訪問しました。食事は半分ほど。むくみは先週より少し減っています。")),
        Post {
            asks: true,
            ..Post::new(
                Some(doctor),
                t("お薬を1つ変えました。明日の朝からです。読んだ方は「了解」を押してください。"),
            )
        },
    ]
}

/// The posts after these deeds; `None` where a deed could not have been done.
pub fn posts(deeds: &[Deed]) -> Option<Vec<Post>> {
    if deeds.len() > MAX_DEEDS {
        return None;
    }
    let mut posts = beginning();
    for deed in deeds {
        apply(&mut posts, deed)?;
    }
    Some(posts)
}

fn apply(posts: &mut Vec<Post>, deed: &Deed) -> Option<()> {
    match deed {
        Deed::Post { body } => posts.push(Post::new(None, fit(body)?)),
        Deed::Acknowledge { post } => {
            let post = posts.get_mut(*post).filter(|p| p.by.is_some() && !p.acknowledged)?;
            post.acknowledged = true;
        }
        Deed::Correct { post, body } => {
            let (place, body) = (posts.len(), fit(body)?);
            posts.get_mut(*post).filter(|p| p.by.is_none() && p.stands())?.corrected_by = Some(place);
            posts.push(Post { corrects: Some(*post), ..Post::new(None, body) });
        }
        Deed::Withdraw { post } => {
            posts.get_mut(*post).filter(|p| p.by.is_none() && p.stands())?.withdrawn = true;
        }
    }
    Some(())
}

/// Something was written, and not too much.
pub fn fit(body: &str) -> Option<&str> {
    let fits = !body.trim().is_empty() && body.chars().count() <= MAX_BODY;
    fits.then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_stays_what_is_corrected_shows_both_and_only_the_own_is_changed() {
        let begun = posts(&[]).expect("the beginning").len();
        let write = Deed::Post { body: "はじめての投稿".into() };
        let correct = Deed::Correct { post: begun, body: "直した投稿".into() };
        let after = posts(&[write.clone(), correct.clone()]).expect("both");
        assert_eq!(after.len(), begun + 2);
        assert!(!after[begun].stands() && after[begun].body == "はじめての投稿");
        assert_eq!(after[begun + 1].corrects, Some(begun));
        // Once corrected, the old one is neither corrected nor withdrawn.
        assert!(posts(&[write.clone(), correct.clone(), correct.clone()]).is_none());
        assert!(posts(&[write.clone(), correct, Deed::Withdraw { post: begun }]).is_none());
        assert!(posts(&[write, Deed::Withdraw { post: begun }]).expect("withdrawn")[begun].withdrawn);
        assert!(posts(&[Deed::Withdraw { post: 0 }]).is_none(), "another's");
        assert!(posts(&[Deed::Acknowledge { post: 1 }]).expect("acknowledged")[1].acknowledged);
        assert!(posts(&[Deed::Acknowledge { post: 1 }, Deed::Acknowledge { post: 1 }]).is_none());
        assert!(posts(&[Deed::Acknowledge { post: 99 }]).is_none());
        assert!(posts(&[Deed::Post { body: "  ".into() }]).is_none());
    }
}
