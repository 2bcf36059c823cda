//! Where lines break: Japanese breaks between any two characters but for a few, Latin words stay whole.

/// Characters that begin no line.
const NOT_FIRST: &str =
    "、。，．・：；？！」』）］｝〕〉》】ー々ゝゞっゃゅょぁぃぅぇぉッャュョァィゥェォ,.:;?!)]}%";
/// Characters that end no line.
const NOT_LAST: &str = "「『（［｛〔〈《【([{";

/// The lines of a text that fit into `width`, measured by `advance` (of one character, in the unit of `width`).
/// A mark that may not begin a line hangs at the end of the one before.
pub(crate) fn lines(text: &str, width: f32, advance: impl Fn(char) -> f32) -> Vec<String> {
    let mut out = Vec::new();
    for paragraph in text.lines() {
        let chars: Vec<char> = paragraph.chars().collect();
        let (mut begin, mut used, mut at) = (0, 0.0, 0);
        while at < chars.len() {
            let next = advance(chars[at]);
            if used + next > width && at > begin && !NOT_FIRST.contains(chars[at]) {
                let end = break_before(&chars, begin, at);
                out.push(chars[begin..end].iter().collect::<String>().trim_end().to_owned());
                begin = end + usize::from(chars[end] == ' ');
                used = chars[begin..at.max(begin)].iter().map(|c| advance(*c)).sum();
                at = at.max(begin);
                continue;
            }
            used += next;
            at += 1;
        }
        out.push(chars[begin..].iter().collect());
    }
    out
}

/// The best place at or before `at` to end a line that began at `begin`.
fn break_before(chars: &[char], begin: usize, at: usize) -> usize {
    let mut end = at;
    while end > begin + 1 && !may_break(chars[end - 1], chars[end]) {
        end -= 1;
    }
    // A word longer than the line is cut.
    if end > begin + 1 { end } else { at }
}

fn may_break(left: char, right: char) -> bool {
    let latin = |c: char| c.is_ascii_graphic();
    let together = latin(left) && latin(right) || NOT_LAST.contains(left) || NOT_FIRST.contains(right);
    !together
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn wide(c: char) -> f32 {
        if c.is_ascii() { 0.5 } else { 1.0 }
    }

    #[test]
    fn no_line_begins_with_a_full_stop_and_words_stay_whole() {
        assert_eq!(lines("あいうえお。かき", 5.0, wide), ["あいうえお。", "かき"]);
        assert_eq!(lines("あいうえ「か」", 5.0, wide), ["あいうえ", "「か」"]);
        assert_eq!(lines("あいう PostgreSQL です", 7.0, wide), ["あいう", "PostgreSQL で", "す"]);
        assert_eq!(lines("一行\n二行", 5.0, wide), ["一行", "二行"]);
        assert_eq!(lines("aaaaaaaaaaaa", 3.0, wide), ["aaaaaa", "aaaaaa"]);
        assert_eq!(lines("", 3.0, wide), Vec::<String>::new());
    }
}
