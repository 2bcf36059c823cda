//! Vital signs in what people type: "BP 130/80 P 72 T 37.2 SpO2 96", 「血圧130／80、脈72、体温37度2分」.
//!
//! A pure function that never invents: what is not clearly one measurement of now is left alone, and a person confirms
//! whatever is found. Widths and cases are folded first; each finding says where it stands in the original.

mod fold;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use self::{
    fold::Folded,
    words::{COMPARES, COUNTED, HOW, LABELS, NOT_AFTER, NOT_BEFORE, NOT_NOW, NOW, PARTICLES, Sure, UNITS},
};
use super::sign::{Amount, Sign};

/// One measurement in a text.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    pub sign: Sign,
    /// As many as the sign has parts.
    pub values: Vec<Amount>,
    /// Bytes of the original text.
    pub span: Range<usize>,
    /// A time of day that stood before it: hour and minute.
    pub clock: Option<(i8, i8)>,
    /// 右, 臥位, 食後2時間 …, as typed.
    pub how: Option<String>,
}

crate::opaque_debug!(Reading);

/// Everything in the text that is surely a measurement, in its order.
pub fn parse(text: &str) -> Vec<Reading> {
    if !text.chars().any(|c| matches!(c, '0'..='9' | '０'..='９')) {
        return Vec::new();
    }
    let folded = Folded::of(text);
    let mut scan = Scan { c: &folded.chars, text, folded: &folded, found: Vec::new(), clock: None };
    scan.run();
    let found = scan.found;
    let kept: Vec<bool> = (0..found.len()).map(|n| is_supported(&found, n, &folded.chars)).collect();
    found.into_iter().zip(kept).filter_map(|(found, kept)| kept.then_some(found.reading)).collect()
}

/// The same as text that `parse` reads back.
pub fn print(readings: &[Reading]) -> String {
    let one = |r: &Reading| {
        let clock = r.clock.map(|(hour, minute)| format!("{hour}:{minute:02} ")).unwrap_or_default();
        let how = r.how.as_ref().map(|how| format!("({how})")).unwrap_or_default();
        format!("{clock}{}{how} {}", r.sign.name(), r.sign.written(&r.values))
    };
    readings.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// How far back a sentence is read.
const SENTENCE: usize = 80;

/// A letter by itself may be anything; beside another sign in the same line it is one.
const BESIDE: usize = 14;

fn is_supported(found: &[Found], n: usize, c: &[char]) -> bool {
    let this = &found[n];
    let near = n.saturating_sub(2)..found.len().min(n + 3);
    this.sure == Sure::Word
        || near.filter(|other| *other != n).any(|other| {
            let near = &found[other];
            let (first, second) = if other < n { (near, this) } else { (this, near) };
            let gap = c.get(first.at.end..second.at.start).unwrap_or_default();
            near.reading.sign != this.reading.sign && gap.len() <= BESIDE && !gap.contains(&'\n')
        })
}

struct Found {
    reading: Reading,
    sure: Sure,
    /// In folded characters.
    at: Range<usize>,
}

struct Scan<'a> {
    c: &'a [char],
    text: &'a str,
    folded: &'a Folded,
    found: Vec<Found>,
    /// Hour and minute, and up to where they have been followed.
    clock: Option<((i8, i8), usize)>,
}

impl Scan<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.c.len() {
            at = match self.clock_at(at) {
                Some((clock, end)) => {
                    self.clock = clock.map(|clock| (clock, end));
                    end
                }
                None => self.measurement_at(at).unwrap_or(at + 1),
            };
        }
    }

    /// Takes the measurement that begins here; gives its end.
    fn measurement_at(&mut self, at: usize) -> Option<usize> {
        if !may_begin(self.c[at]) {
            return None;
        }
        let (sign, sure, value_at, how) = match self.label_at(at) {
            Some((len, sign, sure)) => {
                let (value_at, how) = self.up_to_the_value(at + len, sign, self.c[at].is_ascii());
                (sign, sure, value_at, how)
            }
            // Nothing else is written so: 130/80mmHg.
            None if self.c[at].is_ascii_digit() && !self.joined_before(at) => {
                (Sign::BloodPressure, Sure::Word, at, None)
            }
            None => return None,
        };
        let (values, number_end) = if sign == Sign::BloodPressure {
            self.pressure_at(value_at)?
        } else {
            let (value, end) = self.single_at(value_at, sign)?;
            (vec![value], end)
        };
        let end = self.unit_end(number_end, sign);
        let bare = value_at == at;
        if bare && end == number_end || !self.ends_well(number_end, end, sign) || !self.is_of_now(at) {
            return None;
        }
        let clock = self.followed_clock(at, end);
        // 「T 37.2」 is clear by its shape.
        let clear = sign == Sign::Temperature && values[0].places() > 0 && within(values[0], (3400, 4290));
        let sure = if clear { Sure::Word } else { sure };
        let reading = Reading { sign, values, span: self.folded.span(at..end), clock, how };
        self.found.push(Found { reading, sure, at: at..end });
        Some(end)
    }

    // ---- Labels

    fn starts(&self, at: usize, word: &str) -> bool {
        let mut here = self.c.get(at..).unwrap_or_default().iter();
        word.chars().all(|c| here.next() == Some(&c))
    }

    fn any_starts(&self, at: usize, words: &[&str]) -> Option<usize> {
        let fits = words.iter().filter(|word| self.starts(at, word));
        fits.map(|word| word.chars().count()).max()
    }

    fn char(&self, at: usize) -> char {
        self.c.get(at).copied().unwrap_or('\n')
    }

    /// Whether a letter or number goes on into what stands here, other than a measurement that ended just now.
    fn joined_before(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1).map(|before| self.c[before]) else { return false };
        let ended_here = self.found.last().is_some_and(|found| found.at.end == at);
        !ended_here
            && (before.is_ascii_alphanumeric() || matches!(before, '.' | '-' | '/' | '_' | '\u{fffd}'))
            && !(matches!(before, '/' | '-') && self.found.last().is_some_and(|f| f.at.end + 1 == at))
    }

    fn label_at(&self, at: usize) -> Option<(usize, Sign, Sure)> {
        let fits = |(word, sign, sure): &(&str, Sign, Sure)| {
            if !self.starts(at, word) {
                return None;
            }
            let len = word.chars().count();
            let whole =
                !word.is_ascii() || (!self.joined_before(at) && !self.char(at + len).is_ascii_alphabetic());
            whole.then_some((len, *sign, *sure))
        };
        let longest = LABELS.iter().filter_map(fits).max_by_key(|(len, ..)| *len)?;
        let before: String = self.c[at.saturating_sub(5)..at].iter().collect();
        (!NOT_BEFORE.iter().any(|word| before.ends_with(word))).then_some(longest)
    }

    /// Over particles and how it was taken.
    fn up_to_the_value(&self, from: usize, sign: Sign, ascii: bool) -> (usize, Option<String>) {
        let mut at = self.over_particles(from);
        let mut how = None;
        if self.char(at) == '(' {
            let close = (at + 1..at + 12).find(|end| self.char(*end) == ')');
            if let (Some(close), Some(_)) = (close, self.any_starts(at + 1, HOW)) {
                how = Some(self.text[self.folded.span(at + 1..close)].to_owned());
                at = self.over_particles(close + 1);
            }
        } else if let Some(len) = self.any_starts(at, HOW).filter(|_| !self.starts(at, "ra")) {
            how = Some(self.text[self.folded.span(at..at + len)].to_owned());
            at = self.over_particles(at + len);
        }
        // "P-72"; not where it may be a minus.
        if ascii && sign != Sign::Weight && at == from && self.char(at) == '-' {
            at += 1;
        }
        (at, how.filter(|words| !words.trim().is_empty()))
    }

    fn over_particles(&self, from: usize) -> usize {
        let mut at = from;
        while at < from + 4 && PARTICLES.contains(&self.char(at)) {
            at += 1;
        }
        // 「体温、37.2」
        if at < from + 2 && self.char(at) == ',' { self.over_spaces(at + 1) } else { at }
    }

    fn over_spaces(&self, mut at: usize) -> usize {
        while matches!(self.char(at), ' ' | '\t') && at < self.c.len() {
            at += 1;
        }
        at
    }

    // ---- Numbers

    /// Digits from here, their number and the end.
    fn digits(&self, at: usize, most: usize) -> Option<(i32, usize)> {
        let here = self.c.get(at..).unwrap_or_default().iter();
        let len = here.take(most + 1).take_while(|c| c.is_ascii_digit()).count();
        let text: String = self.c.get(at..at + len)?.iter().collect();
        if len == 0 || len > most || (len > 1 && text.starts_with('0')) {
            return None;
        }
        text.parse().ok().map(|n| (n, at + len))
    }

    fn pressure_at(&self, at: usize) -> Option<(Vec<Amount>, usize)> {
        let (high, end) = self.digits(at, 3)?;
        let between = self.over_spaces(end);
        if !matches!(self.char(between), '/' | '-' | '・' | 'の') {
            return None;
        }
        let (low, end) = self.digits(self.over_spaces(between + 1), 3)?;
        let plain = (40..=300).contains(&high) && (20..=200).contains(&low) && high > low;
        plain.then(|| (vec![Amount::whole(high), Amount::whole(low)], end))
    }

    fn single_at(&self, at: usize, sign: Sign) -> Option<(Amount, usize)> {
        let (whole, mut end) = self.digits(at, 3)?;
        let mut value = Amount::whole(whole);
        let pointed = self.char(end) == '.' && self.char(end + 1).is_ascii_digit();
        let degrees = sign == Sign::Temperature && self.char(end) == '度';
        if pointed {
            let rest: String = self.c[end + 1..].iter().take_while(|c| c.is_ascii_digit()).take(3).collect();
            value = format!("{whole}.{rest}").parse().ok()?;
            end += 1 + rest.len();
        } else if degrees && self.char(end + 1).is_ascii_digit() && self.char(end + 2) == '分' {
            let tenths = i32::try_from(self.char(end + 1).to_digit(10)?).ok()?;
            value = Amount::hundredths(whole * 100 + tenths * 10);
            end += 3;
        }
        let fits = match sign {
            // Without a point only what can be nothing else.
            Sign::Temperature if value.places() > 0 || pointed => within(value, (1000, 9990)),
            Sign::Temperature => within(value, (3000, 4500)),
            Sign::Pulse => value.places() == 0 && within(value, (2000, 30_000)),
            Sign::Spo2 => value.places() == 0 && within(value, (3000, 10_000)),
            Sign::Respiration => value.places() == 0 && within(value, (400, 8000)),
            Sign::Weight => within(value, (200, 30_000)),
            Sign::Glucose => value.places() == 0 && within(value, (2000, 90_000)),
            Sign::BloodPressure | Sign::WoundSize | Sign::DesignR => false,
        };
        fits.then_some((value, end))
    }

    /// Over the sign's own unit, if it stands there.
    fn unit_end(&self, from: usize, sign: Sign) -> usize {
        let units: &[&str] = match sign {
            Sign::BloodPressure => &["mmhg"],
            Sign::Temperature => &["°c", "度c", "度", "c"],
            Sign::Spo2 => &["%", "パーセント"],
            Sign::Pulse => &["回/分", "回/min", "/分", "/min", "bpm", "回"],
            Sign::Respiration => &["回/分", "回/min", "/分", "/min", "回"],
            Sign::Weight => &["kg", "キロ", "k"],
            Sign::Glucose => &["mg/dl"],
            Sign::WoundSize | Sign::DesignR => &[],
        };
        let at = self.over_spaces(from);
        match self.any_starts(at, units) {
            Some(len) if !self.char(at + len).is_ascii_alphabetic() || self.label_follows(at + len) => {
                at + len
            }
            _ => from,
        }
    }

    /// Compact writing: "P72T37.2".
    fn label_follows(&self, at: usize) -> bool {
        LABELS.iter().any(|(word, ..)| {
            let next = at + word.chars().count();
            self.starts(at, word)
                && (self.char(next).is_ascii_digit() || PARTICLES.contains(&self.char(next)))
        })
    }

    // ---- What stands around

    /// Whether nothing behind the number says that it is another one, or none.
    fn ends_well(&self, number_end: usize, end: usize, sign: Sign) -> bool {
        let (next, second) = (self.char(end), self.char(end + 1));
        let goes_on = match next {
            '0'..='9' | '\u{fffd}' | '+' | '±' => true,
            ',' => second.is_ascii_digit() && matches!(sign, Sign::Temperature | Sign::Weight),
            '.' | '/' | '-' | ':' | '×' | '*' => second.is_ascii_digit(),
            c if c.is_ascii_alphabetic() => !self.label_follows(end),
            _ => false,
        };
        let spaced = self.over_spaces(end);
        let word: String = self
            .c
            .get(spaced..)
            .unwrap_or_default()
            .iter()
            .take_while(|c| c.is_alphabetic() && !is_kana_or_kanji(**c))
            .collect();
        let foreign = end == number_end && UNITS.contains(&word.as_str());
        let counted = end == number_end && self.any_starts(end, COUNTED).is_some();
        !(goes_on || foreign || counted || self.any_starts(spaced, NOT_AFTER).is_some())
    }

    /// Whether nothing earlier in the sentence says that it was not measured now.
    fn is_of_now(&self, at: usize) -> bool {
        let near = at.saturating_sub(SENTENCE);
        let ends = |c: &char| matches!(c, '。' | '\n' | '!');
        let start = self.c[near..at].iter().rposition(ends).map_or(near, |end| near + end + 1);
        let last = |words: &[&str], compares: bool| {
            (start..at).rev().find(|n| {
                self.any_starts(*n, words).is_some_and(|len| {
                    n + len <= at && !(compares && self.any_starts(n + len, COMPARES).is_some())
                })
            })
        };
        match (last(NOT_NOW, true), last(NOW, false)) {
            (None, _) => true,
            (Some(then), now) => now.is_some_and(|now| now > then),
        }
    }

    /// A time of day, `None` where it is one of two ends or not exact; and where it ends.
    fn clock_at(&self, at: usize) -> Option<(Option<(i8, i8)>, usize)> {
        if !self.c[at].is_ascii_digit() {
            return None;
        }
        let before = at.checked_sub(1).map_or(' ', |before| self.c[before]);
        if before.is_ascii_alphanumeric() || matches!(before, '/' | '.' | ':' | '-') {
            return None;
        }
        let number = |at: usize| {
            let len = self.c.get(at..)?.iter().take(3).take_while(|c| c.is_ascii_digit()).count();
            let text: String = self.c[at..at + len].iter().collect();
            ((1..=2).contains(&len)).then(|| text.parse::<i8>().ok().map(|n| (n, at + len))).flatten()
        };
        let (hour, end) = number(at)?;
        let (minute, end) = match self.char(end) {
            ':' => number(end + 1).filter(|(_, e)| e - end == 3)?,
            '時' if self.char(end + 1) == '間' => return None,
            '時' if self.char(end + 1) == '半' => (30, end + 2),
            '時' => match number(end + 1) {
                Some((minute, e)) if self.char(e) == '分' => (minute, e + 1),
                _ => (0, end + 1),
            },
            _ => return None,
        };
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
            return None;
        }
        let after = self.over_spaces(end);
        let one_of_two = matches!(self.char(after), '~' | '-') || self.starts(after, "から");
        let about = ["頃", "ごろ", "過ぎ", "すぎ", "前"].iter().any(|word| self.starts(after, word));
        Some(((!one_of_two && !about).then_some((hour, minute)), end))
    }

    /// The time that leads to the measurement: in the same sentence, or right before it on the line above.
    fn followed_clock(&mut self, at: usize, end: usize) -> Option<(i8, i8)> {
        let (clock, reached) = self.clock?;
        let gap = &self.c[reached..at];
        let thin = gap.iter().all(|c| c.is_whitespace() || ",:・()/の".contains(*c));
        if !thin && gap.iter().any(|c| matches!(c, '\n' | '。')) {
            self.clock = None;
            return None;
        }
        self.clock = Some((clock, end));
        Some(clock)
    }
}

/// Whether a label, or a number without one, may begin so: most letters of a text are passed by at once.
const fn may_begin(c: char) -> bool {
    matches!(
        c,
        '0'..='9'
            | 'b'
            | 'd'
            | 'h'
            | 'k'
            | 'o'
            | 'p'
            | 'r'
            | 's'
            | 't'
            | 'サ'
            | 'デ'
            | 'パ'
            | '体'
            | '呼'
            | '心'
            | '検'
            | '熱'
            | '脈'
            | '腋'
            | '血'
            | '酸'
    )
}

fn within(value: Amount, (low, high): (i32, i32)) -> bool {
    (low..=high).contains(&value.as_hundredths())
}

fn is_kana_or_kanji(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}')
}
