//! The text of a post as it was typed, with addresses of pages as links.

use maud::{Markup, html};
use url::Url;

use crate::words;

/// What ends an address in Japanese text, besides white space.
const ENDS: [char; 14] = ['、', '。', '「', '」', '『', '』', '（', '）', '【', '】', '<', '>', '"', '　'];
/// What belongs to the sentence when it stands at the end of an address.
const TRAILING: [char; 8] = ['.', ',', ';', ':', '!', '?', '\'', ')'];

/// Paragraphs at empty lines; single line breaks are kept by the stylesheet.
pub fn paragraphs(text: &str) -> Markup {
    let text = text.replace("\r\n", "\n");
    let parts = text.split("\n\n").map(|part| part.trim_matches('\n')).filter(|part| !part.is_empty());
    html! { @for part in parts { p class="text" lang=[words::lang_of(part)] { (linked(part)) } } }
}

/// Only http and https, shown as typed; nothing is fetched, and the page that is opened learns nothing of this one.
fn linked(text: &str) -> Markup {
    let mut rest = text;
    html! {
        @while let Some((before, address, after)) = next(rest) {
            (before)
            a href=(address) target="_blank" rel="noopener noreferrer" { (address) }
            ({ rest = after; "" })
        }
        (rest)
    }
}

/// The first address in a text, with what stands before and after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start =
            from + ["http://", "https://"].iter().filter_map(|scheme| text[from..].find(scheme)).min()?;
        let end = text[start..]
            .find(|c: char| c.is_whitespace() || ENDS.contains(&c))
            .map_or(text.len(), |n| start + n);
        let found = text[start..end].trim_end_matches(TRAILING);
        if is_plain(found) {
            return Some((&text[..start], found, &text[start + found.len()..]));
        }
        from = end.max(start + 1);
        if from >= text.len() {
            return None;
        }
    }
}

/// An address with a host and without a name before it, which could pass for one.
fn is_plain(address: &str) -> bool {
    Url::parse(address)
        .is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_keep_the_typed_lines_and_escape_them() {
        let html = paragraphs("一行目\r\n二行目\r\n\r\n<b>次の段落</b>\n\n\n").into_string();
        assert_eq!(
            html,
            "<p class=\"text\">一行目\n二行目</p><p class=\"text\">&lt;b&gt;次の段落&lt;/b&gt;</p>"
        );
    }

    #[test]
    fn addresses_of_pages_are_links_and_nothing_else_is() {
        let addresses = |text| {
            let (mut rest, mut all) = (text, Vec::new());
            while let Some((_, address, after)) = next(rest) {
                all.push(address);
                rest = after;
            }
            all
        };
        let two = addresses("資料は https://example.jp/a?b=1&c=2。と（http://example.jp/）です");
        assert_eq!(two, ["https://example.jp/a?b=1&c=2", "http://example.jp/"]);
        assert_eq!(addresses("See https://example.jp/x."), ["https://example.jp/x"]);
        for none in [
            "javascript:alert(1)",
            "https://",
            "https://good.example@evil.example/",
            "ftp://example.jp",
            "http",
        ] {
            assert_eq!(addresses(none), [] as [&str; 0], "{none}");
        }
        assert_eq!(addresses("https:// https://example.jp"), ["https://example.jp"]);
        let html = paragraphs("<i> https://example.jp/\"onmouseover= と").into_string();
        assert!(html.contains("&lt;i&gt; <a href=\"https://example.jp/\" target"), "{html}");
        assert!(html.contains("rel=\"noopener noreferrer\""), "{html}");
    }
}
