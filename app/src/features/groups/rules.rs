//! Where no patient is written about: what looks as if one were. A gentle guess over one text, in memory; it warns, and the writer
//! decides. It misses much and takes some innocent words for a patient: the rule is the people's, not the machine's.

use crate::web::input::folded;
use crate::words::t;

/// Why a text looks as if it spoke of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A patient of the writer's own groups is named.
    KnownName,
    /// 「○○さん(80)」「80代女性」.
    PersonWithAge,
    /// 生年月日, or a date in an era.
    BirthDate,
    /// 患者番号, or digits as an insurer's or an insured person's number has them.
    Number,
}

impl Hint {
    pub fn code(self) -> &'static str {
        match self {
            Self::KnownName => "known_name",
            Self::PersonWithAge => "person_with_age",
            Self::BirthDate => "birth_date",
            Self::Number => "number",
        }
    }

    /// What the writer is told. Never what was found.
    pub fn words(self) -> &'static str {
        match self {
            Self::KnownName => t("担当する患者さんの名前"),
            Self::PersonWithAge => t("年齢のついた人の呼び方"),
            Self::BirthDate => t("生年月日のような日付"),
            Self::Number => t("患者番号・保険の番号のような数字"),
        }
    }
}

/// What looks like a patient, each kind once. `names`: the patients of the writer's own groups.
pub fn patient_like(text: &str, names: &[&str]) -> Vec<Hint> {
    let text = folded(text);
    let hints = [
        (Hint::KnownName, names.iter().any(|name| is_named(&text, name))),
        (Hint::PersonWithAge, has_person_with_age(&text)),
        (Hint::BirthDate, has_birth_date(&text)),
        (Hint::Number, has_number(&text)),
    ];
    hints.into_iter().filter(|(_, found)| *found).map(|(hint, _)| hint).collect()
}

/// The whole name, however it is spaced. A single character would be found everywhere.
fn is_named(text: &str, name: &str) -> bool {
    let name = folded(name);
    name.chars().count() >= 2 && text.contains(&name)
}

/// An honorific with an age at its heels, or an age with what kind of person it is.
fn has_person_with_age(text: &str) -> bool {
    let honorifics = ["様", "さん", "氏", "さま"];
    let named =
        honorifics.iter().flat_map(|word| text.match_indices(word).map(|(at, w)| &text[at + w.len()..]));
    named.into_iter().any(|rest| {
        let inside = rest.strip_prefix(['(', '、', ',']).unwrap_or(rest);
        let (age, after) = digits(inside);
        (1..=3).contains(&age)
            && (rest.starts_with('(') && after.starts_with(')') || after.starts_with(['歳', '才', '代']))
    }) || ["歳", "才", "代"].iter().any(|word| {
        text.match_indices(word).any(|(at, w)| {
            let rest = text[at + w.len()..].trim_start_matches(['の', '、']);
            text[..at].ends_with(|c: char| c.is_ascii_digit())
                && ["男性", "女性", "男児", "女児", "患者", "利用者"].iter().any(|who| rest.starts_with(who))
        })
    })
}

fn has_birth_date(text: &str) -> bool {
    let eras = ["明治", "大正", "昭和"];
    text.contains("生年月日")
        || eras.iter().any(|era| {
            text.match_indices(era).any(|(at, e)| {
                let (n, rest) = digits(&text[at + e.len()..]);
                n > 0 && rest.strip_prefix('年').is_some_and(|month| digits(month).0 > 0)
            })
        })
        || letters_of_eras(text)
}

/// `s12.3.4`, not a part of a longer word.
fn letters_of_eras(text: &str) -> bool {
    let wordly = |c: char| c.is_ascii_alphanumeric();
    text.char_indices().filter(|(_, c)| matches!(c, 'm' | 't' | 's')).any(|(at, _)| {
        let (year, rest) = digits(&text[at + 1..]);
        let Some(rest) = rest.strip_prefix(['.', '/', '-']) else { return false };
        let (month, rest) = digits(rest);
        let day = rest.strip_prefix(['.', '/', '-']).map_or(0, |rest| digits(rest).0);
        !text[..at].ends_with(wordly) && [year, month, day].iter().all(|n| (1..=2).contains(n))
    })
}

fn has_number(text: &str) -> bool {
    let words = ["患者番号", "患者id", "かるて番号", "保険者番号", "記号番号", "記号・番号"];
    words.iter().any(|word| text.contains(&folded(word)))
        || runs(text).any(|run| match run.len() {
            // An insurer's number. A date written in one go is none.
            8 => !run.starts_with("19") && !run.starts_with("20"),
            // The number of a person insured for long-term care. One that begins with 0 is a telephone's, or an insured person's:
            // telephones stand in many innocent posts.
            10 => !run.starts_with('0'),
            _ => false,
        })
}

/// Runs of digits that stand alone.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '/' | ':' | '_'))
        .filter(|run| !run.is_empty() && run.bytes().all(|b| b.is_ascii_digit()))
}

/// How many digits a text begins with, and what follows.
fn digits(text: &str) -> (usize, &str) {
    let n = text.bytes().take_while(u8::is_ascii_digit).count();
    (n, &text[n..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(text: &str) -> Vec<Hint> {
        patient_like(text, &["小野寺 ハル子", "東雲 正"])
    }

    #[test]
    fn what_speaks_of_a_patient_is_seen() {
        for (text, hint) in [
            ("小野寺ハル子さんの件ですが", Hint::KnownName),
            ("小野寺　ハル子様", Hint::KnownName),
            ("おのでらではなく小野寺 はる子", Hint::KnownName),
            ("山田様(80)の退院が決まりました", Hint::PersonWithAge),
            ("山田さん（８０歳）の褥瘡", Hint::PersonWithAge),
            ("佐藤さん、92歳、独居", Hint::PersonWithAge),
            ("80代女性、脳梗塞後", Hint::PersonWithAge),
            ("92歳の男性です", Hint::PersonWithAge),
            ("生年月日はカルテのとおり", Hint::BirthDate),
            ("昭和１２年３月４日生まれ", Hint::BirthDate),
            ("S12.3.4 生まれ", Hint::BirthDate),
            ("患者番号 4711", Hint::Number),
            ("カルテ番号は", Hint::Number),
            ("保険証 12345678 です", Hint::Number),
            ("被保険者 1234567890", Hint::Number),
        ] {
            assert!(hints(text).contains(&hint), "{text}: {:?}", hints(text));
        }
    }

    #[test]
    fn what_colleagues_write_to_each_other_is_left_alone() {
        for text in [
            "桑原様、いつもお世話になっております。",
            "次回の勉強会は20261117、19:00からです。",
            "電話は 0312345678 か 090-1234-5678 へ",
            "参加は80人でした。80%が満足と答えました。",
            "資料は https://example.jp/12345678.pdf にあります",
            "10代目の会長から",
            "太田さん(会場係)へ",
            "昭和の名曲を歌う会",
            "2025.4.1 から始まります。ICU12.3.4 は部屋の名前です。",
            "正しい吸引の手順",
            "",
        ] {
            assert_eq!(hints(text), [], "{text}");
        }
    }

    #[test]
    fn each_kind_is_told_once() {
        assert_eq!(hints("山田さん(80)と佐藤さん(90)、生年月日と生年月日").len(), 2);
    }

    #[test]
    fn a_name_of_one_character_is_found_nowhere() {
        assert_eq!(patient_like("これは木です", &["木", ""]), []);
    }
}
