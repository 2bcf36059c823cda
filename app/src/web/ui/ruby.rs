//! A name with its reading above it, for whoever wants that.

use maud::{Markup, html};

/// The name alone, or with its reading over each part. Where the parts do not match, the reading stands over the whole name.
pub fn named(name: &str, reading: &str, wanted: bool) -> Markup {
    if !wanted || reading.trim().is_empty() {
        return html! { (name) };
    }
    let parts: Vec<_> = name.split_whitespace().collect();
    let readings: Vec<_> = reading.split_whitespace().collect();
    if parts.len() != readings.len() {
        return part(name, reading);
    }
    html! {
        @for (n, (name, reading)) in parts.iter().zip(readings).enumerate() {
            @if n > 0 { " " }
            (part(name, reading))
        }
    }
}

/// What is written as it is read needs no reading.
fn part(name: &str, reading: &str) -> Markup {
    let kana =
        |c: char| matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '・' | ' ' | '\u{3000}') || c.is_ascii();
    html! {
        @if name.chars().all(kana) { (name) } @else { ruby { (name) rp { "(" } rt { (reading) } rp { ")" } } }
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn each_part_has_its_reading_and_what_is_kana_has_none() {
        let html = |name, reading, wanted| named(name, reading, wanted).0;
        assert_eq!(html("五十嵐 みずほ", "いがらし みずほ", false), "五十嵐 みずほ");
        assert_eq!(html("五十嵐 みずほ", "", true), "五十嵐 みずほ");
        assert_eq!(
            html("五十嵐 みずほ", "いがらし みずほ", true),
            "<ruby>五十嵐<rp>(</rp><rt>いがらし</rt><rp>)</rp></ruby> みずほ"
        );
        assert_eq!(
            html("佐久間 ジョン 健", "さくま けん", true),
            "<ruby>佐久間 ジョン 健<rp>(</rp><rt>さくま けん</rt><rp>)</rp></ruby>"
        );
    }
}
