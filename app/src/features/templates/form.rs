//! The text of a template, read as a form.
//!
//! ```text
//! ■ 見出し                 a heading
//! □ 口の中を見た            a box to tick
//! 体温：[数 ℃]              a number with its unit
//! 次の訪問：[日付]           a day
//! 食事：[全量/8割/半分/なし]   one of several
//! ようす：[文]   経過：[長文]   a line, several lines; [文 例 BP 130/80] shows an example
//! anything else             stands in the post as it is
//! ```
//! Full width and half width are the same to it.

use crate::FieldError;
use crate::words::{fill, t};

/// Lines of a template.
pub const MAX_LINES: usize = 120;
/// Characters of a label, and of one choice.
const MAX_LABEL: usize = 80;
/// Choices of one field.
const MAX_CHOICES: usize = 20;

/// One line of a template. What a facility wrote may hold words of a patient: it prints as `…`.
#[derive(Clone, PartialEq, Eq)]
pub enum Block {
    Heading(String),
    /// Stands in the post as it is.
    Text(String),
    Check(String),
    Field {
        label: String,
        kind: Kind,
    },
    /// An empty line.
    Gap,
}

/// What is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    Line { example: String },
    Long { example: String },
    Number { unit: String },
    Date,
    Choice(Vec<String>),
}

crate::opaque_debug!(Block, Kind);

/// Reads a template's text.
///
/// # Errors
/// The first line that cannot be read, by its number, in the person's words.
pub fn parse(text: &str) -> Result<Vec<Block>, FieldError> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > MAX_LINES {
        return Err(wrong(fill(
            t("{MAX_LINES}行までにしてください（いま{0}行）。"),
            &[("MAX_LINES", &MAX_LINES), ("0", &lines.len())],
        )));
    }
    lines
        .iter()
        .enumerate()
        .map(|(n, line)| {
            block(line.trim())
                .map_err(|why| wrong(fill(t("{0}行目: {why}"), &[("0", &(n + 1)), ("why", &why)])))
        })
        .collect()
}

fn wrong(message: String) -> FieldError {
    FieldError::new("content", "unreadable_template", message)
}

fn block(line: &str) -> Result<Block, String> {
    if line.is_empty() {
        return Ok(Block::Gap);
    }
    let after = |marks: &[char]| line.strip_prefix(marks).map(|rest| rest.trim().to_owned());
    if let Some(heading) = after(&['■', '#', '＃']) {
        return Ok(Block::Heading(named(heading, t("見出し"))?));
    }
    if let Some(label) = after(&['□', '☐']) {
        return Ok(Block::Check(named(label, t("□のあと"))?));
    }
    let Some((label, inside)) = bracketed(line) else { return Ok(Block::Text(line.to_owned())) };
    let label = label.trim().trim_end_matches([':', '：']).trim().to_owned();
    Ok(Block::Field { label: named(label, t("[ ] の前"))?, kind: kind(inside)? })
}

/// What stands before a bracket at the end of the line, and in it.
fn bracketed(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_suffix([']', '］'])?;
    let open = line.rfind(['[', '［'])?;
    let (label, rest) = line.split_at(open);
    Some((label, rest.trim_start_matches(['[', '［']).trim()))
}

fn named(label: String, place: &str) -> Result<String, String> {
    match label.chars().count() {
        0 => Err(fill(t("{place}に言葉を書いてください。"), &[("place", &place)])),
        1..=MAX_LABEL => Ok(label),
        _ => Err(fill(
            t("{place}は{MAX_LABEL}文字までにしてください。"),
            &[("place", &place), ("MAX_LABEL", &MAX_LABEL)],
        )),
    }
}

fn kind(inside: &str) -> Result<Kind, String> {
    let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let rest = rest.trim().to_owned();
    let example = |rest: String| rest.strip_prefix('例').map_or(rest.clone(), |e| e.trim().to_owned());
    match word {
        "数" => Ok(Kind::Number { unit: rest }),
        "日付" if rest.is_empty() => Ok(Kind::Date),
        "文" => Ok(Kind::Line { example: example(rest) }),
        "長文" => Ok(Kind::Long { example: example(rest) }),
        _ => choices(inside),
    }
}

fn choices(inside: &str) -> Result<Kind, String> {
    let all: Vec<String> =
        inside.split(['/', '／']).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect();
    if all.len() < 2 {
        return Err(t(
            "[ ] の中は「数」「日付」「文」「長文」、または「/」で区切った2つ以上の言葉にしてください。",
        )
        .to_owned());
    }
    if all.len() > MAX_CHOICES || all.iter().any(|c| c.chars().count() > MAX_LABEL) {
        return Err(fill(
            t("選ぶ言葉は{MAX_CHOICES}個まで、1つ{MAX_LABEL}文字までにしてください。"),
            &[("MAX_CHOICES", &MAX_CHOICES), ("MAX_LABEL", &MAX_LABEL)],
        ));
    }
    if (1..all.len()).any(|n| all[..n].contains(&all[n])) {
        return Err(t("同じ言葉が2つあります。").to_owned());
    }
    Ok(Kind::Choice(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read_in_full_and_half_width() {
        let text = "■ 訪問\n□ 服薬\n体温：[数 ℃]\n次の訪問: ［日付］\n食事：[全量/8割／なし]\nようす：[文]\nBP：[文 例 130/80]\n\n経過[長文]\nよろしくお願いします。";
        let field = |label: &str, kind| Block::Field { label: label.into(), kind };
        let wanted = [
            Block::Heading("訪問".into()),
            Block::Check("服薬".into()),
            field("体温", Kind::Number { unit: "℃".into() }),
            field("次の訪問", Kind::Date),
            field("食事", Kind::Choice(vec!["全量".into(), "8割".into(), "なし".into()])),
            field("ようす", Kind::Line { example: String::new() }),
            field("BP", Kind::Line { example: "130/80".into() }),
            Block::Gap,
            field("経過", Kind::Long { example: String::new() }),
            Block::Text("よろしくお願いします。".into()),
        ];
        assert!(parse(text).unwrap() == wanted);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line() {
        let table = [
            ("ok\n体温：[度]", "2行目"),
            ("[数 ℃]", "[ ] の前"),
            ("■", "見出し"),
            ("□ ", "□のあと"),
            ("食事：[全量/全量]", "同じ言葉"),
            ("食事：[]", "「/」で区切った"),
        ];
        for (text, words) in table {
            let Err(error) = parse(text) else { panic!("{text} was taken") };
            assert!(error.message.contains(words), "{text}: {}", error.message);
        }
        assert!(parse(&"□ x\n".repeat(MAX_LINES)).is_ok());
        assert!(parse(&"□ x\n".repeat(MAX_LINES + 1)).is_err());
    }
}
