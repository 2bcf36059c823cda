//! The report as text and as JSON.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde::Serialize;

use super::{Finding, State, Words};

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub enum Language {
    #[default]
    Ja,
    En,
}

#[derive(Debug, Serialize)]
pub struct Subject {
    pub name: &'static str,
    pub ja: &'static str,
    pub en: &'static str,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub place: String,
    pub at: jiff::Timestamp,
    pub subjects: Vec<Subject>,
}

impl Report {
    pub fn count(&self, state: State) -> usize {
        self.findings().filter(|f| f.state == state).count()
    }

    fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.subjects.iter().flat_map(|s| &s.findings)
    }

    /// One line for each subject that is well; every finding that is not, with its place and what to do.
    pub fn text(&self, lang: Language, all: bool) -> String {
        let mut text = String::new();
        for subject in &self.subjects {
            let worst = subject.findings.iter().map(|f| f.state).max().unwrap_or(State::Ok);
            let name = lang.pick(subject.ja, subject.en);
            let _ = writeln!(text, "{} {name}", mark(worst, lang));
            for finding in subject.findings.iter().filter(|f| all || f.state != State::Ok) {
                lines(&mut text, finding, lang);
            }
        }
        let (ok, warning, bad) = (self.count(State::Ok), self.count(State::Warning), self.count(State::Bad));
        let _ = match lang {
            Language::Ja => writeln!(text, "\nよし {ok}・注意 {warning}・要対応 {bad}（{}）", self.place),
            Language::En => writeln!(text, "\n{ok} ok, {warning} warning(s), {bad} bad ({})", self.place),
        };
        text
    }
}

fn lines(text: &mut String, finding: &Finding, lang: Language) {
    let (mark, what) = (mark(finding.state, lang), lang.words(&finding.what));
    let _ = writeln!(text, "    {mark} {what}（{}）", finding.place);
    if let Some(fix) = &finding.fix {
        let _ = writeln!(text, "      {}{}", lang.pick("→ 直し方：", "→ how to mend: "), lang.words(fix));
    }
}

fn mark(state: State, lang: Language) -> &'static str {
    match state {
        State::Ok => lang.pick("[よし]  ", "[ok]     "),
        State::Warning => lang.pick("[注意]  ", "[warning]"),
        State::Bad => lang.pick("[要対応]", "[bad]    "),
    }
}

impl Language {
    fn pick(self, ja: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Ja => ja,
            Self::En => en,
        }
    }

    fn words(self, words: &Words) -> &str {
        match self {
            Self::Ja => &words.ja,
            Self::En => &words.en,
        }
    }
}
