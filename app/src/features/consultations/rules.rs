//! What a step of a consultation says on the timeline, and who takes it.

use super::model::State;
use crate::features::groups::model::Role;
use crate::words::{fill, stored, t};

/// The post that opens one: its title first, so that it speaks for itself in exports and in other lists.
pub fn opening(title: &str, body: &str) -> String {
    stored(|| fill(t("【相談】{title}\n\n{body}"), &[("title", &title), ("body", &body)]))
}

/// The reply that closes or reopens one.
pub fn step(to: State, words: &str) -> String {
    stored(|| match to {
        State::Closed => fill(t("【解決】{words}"), &[("words", &words)]),
        State::Open => fill(t("【相談を再開】{words}"), &[("words", &words)]),
    })
}

/// The opener or the host, as members. The database asks the same.
pub fn may_set(is_opener: bool, role: Role) -> bool {
    role.is_member() && (is_opener || role == Role::Host)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step that is sent again in another language is the same step.
    #[test]
    fn what_stands_in_the_record_is_japanese_whoever_writes() {
        crate::words::in_english(|| {
            assert_eq!(opening("褥瘡", "見てください。"), "【相談】褥瘡\n\n見てください。");
            assert_eq!(step(State::Closed, "済み"), "【解決】済み");
        });
    }

    #[test]
    fn the_opener_and_the_host_close() {
        for (opener, role, may) in [
            (true, Role::Member, true),
            (true, Role::Guest, true),
            (false, Role::Host, true),
            (false, Role::Member, false),
            (false, Role::Guest, false),
            (false, Role::Admin, false),
            (true, Role::Admin, false),
        ] {
            assert_eq!(may_set(opener, role), may, "{opener} {role:?}");
        }
    }

    #[test]
    fn a_step_says_what_it_is() {
        assert_eq!(opening("入浴の可否", "38度の日は？"), "【相談】入浴の可否\n\n38度の日は？");
        assert_eq!(step(State::Closed, "清拭にします"), "【解決】清拭にします");
        assert!(step(State::Open, "また迷っています").starts_with("【相談を再開】"));
    }
}
