//! From a filled-in form to the text of a post.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

use super::form::{Block, Kind};
use crate::web::{forms::Errors, input};
use crate::words::{fill, t};

/// Characters of one line that is typed.
pub const MAX_LINE: usize = 300;
/// Characters of a field of several lines, and of what is added at the end.
pub const MAX_LONG: usize = 3_000;
const WEEKDAYS: [&str; 7] = ["月", "火", "水", "木", "金", "土", "日"];

/// The name of a block's entry in the form.
pub fn entry(n: usize) -> String {
    format!("f{n}")
}

/// The text of the post. `typed` gives what stands in an entry; `more` is what was written freely at the end.
///
/// What was left empty does not stand in it. The boxes of a part (from one heading to the next) all stand as soon as something was
/// written or ticked in that part: ☐ then says "not done", and no part says so that nobody has looked at.
///
/// # Errors
/// Every entry that cannot be taken, by its name; `more` when nothing was filled in at all.
pub fn text<'a>(blocks: &[Block], typed: impl Fn(&str) -> &'a str, more: &str) -> Result<String, Errors> {
    let mut errors = Errors::none();
    let mut parts: Vec<Part> = vec![Part::default()];
    for (n, block) in blocks.iter().enumerate() {
        let name = entry(n);
        if let Block::Heading(heading) = block {
            parts.push(Part { lines: vec![Line::Heading(heading.clone())], said: false });
            continue;
        }
        let part = parts.last_mut().expect("there is a first part");
        match block {
            Block::Gap => part.lines.push(Line::Gap),
            Block::Text(text) => part.lines.push(Line::Fixed(text.clone())),
            Block::Check(label) => {
                let ticked = typed(&name) == "on";
                part.said |= ticked;
                part.lines.push(Line::Box(format!("{} {label}", if ticked { '☑' } else { '☐' })));
            }
            Block::Field { label, kind } => match field(label, kind, typed(&name)) {
                Ok(None) => {}
                Ok(Some(line)) => {
                    part.said = true;
                    part.lines.push(Line::Filled(line));
                }
                Err(why) => errors = errors.and(&name, &why),
            },
            Block::Heading(_) => {}
        }
    }
    let more = input::optional_text("more", more, MAX_LONG).unwrap_or_else(|e| {
        errors = std::mem::take(&mut errors).and("more", &e.message);
        String::new()
    });
    if !errors.is_empty() {
        return Err(errors);
    }
    let asks = blocks.iter().any(|b| matches!(b, Block::Check(_) | Block::Field { .. }));
    if asks && more.is_empty() && !parts.iter().any(|part| part.said) {
        return Err(Errors::one("more", t("まだ何も書かれていません。1つ以上の欄に書いてください。")));
    }
    Ok(written(&parts, &more))
}

#[derive(Default)]
struct Part {
    lines: Vec<Line>,
    /// Something in it was filled in or ticked.
    said: bool,
}

enum Line {
    Heading(String),
    Fixed(String),
    Box(String),
    Filled(String),
    Gap,
}

fn written(parts: &[Part], more: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut heading;
    let mut headings = Vec::new();
    for part in parts {
        let stands = part.said || part.lines.iter().any(|l| matches!(l, Line::Fixed(_)));
        heading = part.lines.iter().find_map(|l| match l {
            Line::Heading(h) if stands => Some(format!("■ {h}")),
            _ => None,
        });
        headings.push(heading);
    }
    for (part, heading) in parts.iter().zip(&headings) {
        if let Some(heading) = heading {
            if !lines.is_empty() {
                lines.push("");
            }
            lines.push(heading);
        }
        for line in &part.lines {
            match line {
                Line::Fixed(text) | Line::Filled(text) => lines.push(text),
                Line::Box(text) if part.said => lines.push(text),
                Line::Gap => lines.push(""),
                Line::Heading(_) | Line::Box(_) => {}
            }
        }
    }
    if !more.is_empty() {
        lines.extend(["", more]);
    }
    // Empty lines close up where something between them was left out.
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    lines.join("\n").trim().to_owned()
}

/// `体温：36.8 ℃`; nothing for an empty entry.
fn field(label: &str, kind: &Kind, typed: &str) -> Result<Option<String>, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let value = match kind {
        Kind::Line { .. } => input::line("line", typed, MAX_LINE).map_err(|e| said(label, &e.message))?,
        Kind::Long { .. } => {
            format!("\n{}", input::text("long", typed, MAX_LONG).map_err(|e| said(label, &e.message))?)
        }
        Kind::Number { unit } => {
            let number = number(typed).ok_or_else(|| said(label, t("数で入れてください（例 36.8）。")))?;
            if unit.is_empty() { number } else { format!("{number} {unit}") }
        }
        Kind::Date => {
            let day: Date = typed.parse().map_err(|_| said(label, t("ある日付を選んでください。")))?;
            let weekday =
                WEEKDAYS[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or_default()];
            format!("{}年{}月{}日({weekday})", day.year(), day.month(), day.day())
        }
        Kind::Choice(choices) => choices
            .iter()
            .find(|c| *c == typed)
            .cloned()
            .ok_or_else(|| said(label, t("一覧から選んでください。")))?,
    };
    Ok(Some(format!("{label}：{value}")))
}

fn said(label: &str, why: &str) -> String {
    fill(t("「{label}」: {why}"), &[("label", &label), ("why", &why)])
}

/// A number as people type it, full width too; nothing for anything else.
fn number(typed: &str) -> Option<String> {
    let text: String = typed.nfkc().filter(|c| !c.is_whitespace()).collect();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |t: &str| !t.is_empty() && t.len() <= 8 && t.bytes().all(|b| b.is_ascii_digit());
    (all_digits(whole) && all_digits(rest)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{super::form::parse, *};

    const VISIT: &str = "■ ようす\n体温：[数 ℃]\n食事：[全量/8割/なし]\n\n■ したこと\n□ 服薬を確かめた\n□ 口の中を見た\n\n■ 次\n次の訪問：[日付]\n経過：[長文]";

    fn filled(content: &str, typed: &[(&str, &str)], more: &str) -> Result<String, Errors> {
        let blocks = parse(content).unwrap();
        text(&blocks, |name| typed.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| *v), more)
    }

    #[test]
    fn the_post_is_readable_text_without_what_was_left_empty() {
        let typed =
            [("f1", " ３６．８ "), ("f5", "on"), ("f9", "2026-11-20"), ("f10", "眠れた。\r\nよく笑う。")];
        assert_eq!(
            filled(VISIT, &typed, "写真は明日送ります。").unwrap(),
            "■ ようす\n体温：36.8 ℃\n\n■ したこと\n☑ 服薬を確かめた\n☐ 口の中を見た\n\n■ 次\n次の訪問：2026年11月20日(金)\n経過：\n眠れた。\nよく笑う。\n\n写真は明日送ります。"
        );
        assert_eq!(filled(VISIT, &[("f2", "なし")], "").unwrap(), "■ ようす\n食事：なし");
        assert_eq!(filled("いつもの時間にうかがいます。", &[], "").unwrap(), "いつもの時間にうかがいます。");
    }

    #[test]
    fn every_wrong_entry_is_named_and_an_empty_form_says_nothing() {
        assert!(filled(VISIT, &[("f1", "36.8")], "").is_ok());
        let typed = [("f1", "平熱"), ("f2", "少し"), ("f9", "2026-02-30")];
        let errors = filled(VISIT, &typed, "a\u{202e}b").unwrap_err();
        for name in ["f1", "f2", "f9", "more"] {
            assert!(errors.of(name).is_some(), "{name}: {errors:?}");
        }
        assert!(filled(VISIT, &[], " ").unwrap_err().of("more").is_some());
        for bad in ["36.", ".5", "1e3", "36.8.1", "--1", "１２３４５６７８９"] {
            assert_eq!(number(bad), None, "{bad}");
        }
        assert_eq!(number("-0.5").as_deref(), Some("-0.5"));
    }
}
