//! Stamps under a post, the marks in its menu, and the strip of pinned posts.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::model::{MAX_PINS, PostMarks, STAMPS, StampCount, counted, word};
use crate::words::t;
use crate::{
    opaque_debug,
    web::{
        ui::{icon, time},
        urls,
    },
};

/// One pinned post in the strip.
#[derive(Clone)]
pub struct PinRow {
    /// The post as it stands now: the correction, where there is one.
    pub post_id: Uuid,
    pub author: String,
    pub at: Timestamp,
    pub excerpt: String,
    pub pinned_by: String,
}

opaque_debug!(PinRow);

/// Counts that can be tapped, who gave what and when, and the choice of stamps. `may`: the post stands and the group is open.
pub fn stamps(post: Uuid, marks: &PostMarks, me: Uuid, may: bool, now: Timestamp) -> Markup {
    let counts = counted(&marks.stamps, me);
    html! {
        @if may || !counts.is_empty() {
            div class="stamps" {
                @for count in &counts { (chip(post, count, may)) }
                @if !counts.is_empty() { (who(marks, now)) }
                @if may { (choose(post, &counts)) }
            }
        }
    }
}

fn chip(post: Uuid, count: &StampCount, may: bool) -> Markup {
    let inside = html! { (count.word) " " span class="num" { (count.count) } span class="sr" { (t("人")) } };
    html! {
        @if may { (form(post, count.code, !count.mine, html! {
            button class={ "stamp" @if count.mine { " given" } } type="submit" aria-pressed=(flag(count.mine)) { (inside) }
        })) } @else { span class="stamp still" { (inside) } }
    }
}

fn form(post: Uuid, code: &str, on: bool, button: Markup) -> Markup {
    html! {
        form method="post" action=(urls::stamps(post)) data-act="stamp" {
            input type="hidden" name="stamp" value=(code);
            input type="hidden" name="on" value=(flag(on));
            (button)
        }
    }
}

fn flag(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

fn who(marks: &PostMarks, now: Timestamp) -> Markup {
    html! {
        details class="stamp-who" {
            summary class="act" { (t("だれが")) span class="sr" { (t("スタンプを押したか")) } }
            ul {
                @for given in &marks.stamps {
                    li { b { (given.name) } " " (word(given.stamp)) " " time datetime=(time::machine(given.at)) { (time::when(given.at, now)) } }
                }
            }
        }
    }
}

fn choose(post: Uuid, counts: &[StampCount]) -> Markup {
    html! {
        details class="menu stamp-menu" {
            summary class="act" { (icon("plus")) (t("スタンプ")) }
            div class="choice" {
                p class="small" { (t("気持ちを伝えるだけで、了解にはなりません。")) }
                @for (_, code, word) in STAMPS {
                    @let mine = counts.iter().any(|c| c.code == code && c.mine);
                    @if !mine { (form(post, code, true, html! { button class="stamp" type="submit" { (t(word)) } })) }
                }
            }
        }
    }
}

/// Entries of a post's menu: pinning, and the own bookmark.
pub fn menu_entries(post: Uuid, marks: &PostMarks, may_pin: bool) -> Markup {
    let pinned = marks.pinned.is_some();
    html! {
        @if may_pin {
            li { form method="post" action=(urls::pin(post)) data-act="pin" data-refused={ (t("固定できるのは")) (MAX_PINS) (t("件までです。外せるのは、固定した人とホストです。")) } {
                input type="hidden" name="on" value=(flag(!pinned));
                button type="submit" { (icon("pin")) @if pinned { (t("固定を外す")) } @else { (t("上に固定する")) } }
            } }
        }
        li { form method="post" action=(urls::bookmark(post)) data-act="bookmark" {
            input type="hidden" name="on" value=(flag(!marks.bookmarked));
            button type="submit" { (icon("bookmark")) @if marks.bookmarked { (t("しおりを外す")) } @else { (t("しおりをはさむ")) } }
        } }
        @if marks.bookmarked { li { a href=(urls::bookmark(post)) { (icon("pen")) (t("しおりのメモ")) } } }
    }
}

/// Small signs beside the time: pinned, and the viewer's bookmark.
pub fn signs(marks: &PostMarks) -> Markup {
    html! {
        @if marks.pinned.is_some() { span class="sign" title=(t("固定されています")) { (icon("pin")) span class="sr" { (t("固定")) } } }
        @if marks.bookmarked { span class="sign" title=(t("しおり")) { (icon("bookmark")) span class="sr" { (t("しおり")) } } }
    }
}

/// The pinned posts above the timeline; nothing is seen where there are none.
pub fn strip(group: Uuid, rows: &[PinRow], now: Timestamp) -> Markup {
    html! {
        section class="pins" id="pins" data-pins=(urls::pins(group)) aria-label=(t("固定した投稿")) hidden[rows.is_empty()] {
            @if let Some(first) = rows.first() {
                details {
                    summary {
                        (icon("pin")) b { (t("固定 ")) span class="num" { (rows.len()) } (t("件")) }
                        span class="cut" { (first.author) (t("「")) (first.excerpt) (t("」")) }
                    }
                    ul {
                        @for row in rows {
                            li { a href=(urls::post_in_group(group, row.post_id)) data-to-post=(row.post_id) {
                                b { (row.author) } " " span class="soft" { (time::when(row.at, now)) }
                                span class="words" { (row.excerpt) }
                                small { (row.pinned_by) (t("さんが固定")) }
                            } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use record::Stamp;

    use super::{super::model::Given, *};

    #[test]
    fn counts_names_and_what_is_mine() {
        let now: Timestamp = "2026-11-17T05:00:00Z".parse().unwrap();
        let (me, her) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let given = |account_id, name: &str, stamp| Given { stamp, account_id, name: name.into(), at: now };
        let marks = PostMarks {
            stamps: vec![given(her, "橘 志保", Stamp::Thanks), given(me, "城戸 航", Stamp::Thanks)],
            ..PostMarks::default()
        };
        let html = stamps(Uuid::from_u128(9), &marks, me, true, now).0;
        assert!(html.contains("aria-pressed=\"true\"") && html.contains("橘 志保"), "{html}");
        assert!(html.contains("了解にはなりません"), "{html}");
        let closed = stamps(Uuid::from_u128(9), &marks, me, false, now).0;
        assert!(closed.contains("ありがとう") && !closed.contains("<form"), "{closed}");
        assert_eq!(stamps(Uuid::from_u128(9), &PostMarks::default(), me, false, now).0, "");
    }
}
