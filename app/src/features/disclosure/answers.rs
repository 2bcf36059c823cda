//! The answers: はい where everything that a control rests on holds, otherwise いいえ with the reason.

use super::{
    State,
    catalogue::{Control, controls},
    predicates::predicate,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
    NotApplicable,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "はい",
            Self::No => "いいえ",
            Self::NotApplicable => "対象外",
        }
    }
}

/// The answer to one question.
#[derive(Debug, Clone)]
pub struct Answer {
    pub control: &'static Control,
    pub verdict: Verdict,
    /// What is done, or why not.
    pub why: String,
    /// What the はい rests on, by name.
    pub backing: String,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub yes: usize,
    pub no: usize,
    pub not_applicable: usize,
}

/// All answers of this moment.
pub fn answers(state: &State) -> Vec<Answer> {
    controls().iter().map(|c| answer(state, c)).collect()
}

pub fn tally(answers: &[Answer]) -> Tally {
    let count = |v| answers.iter().filter(|a| a.verdict == v).count();
    Tally { yes: count(Verdict::Yes), no: count(Verdict::No), not_applicable: count(Verdict::NotApplicable) }
}

/// One answer. A control without any backing is never はい.
pub fn answer(state: &State, control: &'static Control) -> Answer {
    let backing = backing(control);
    let (verdict, why) = if let Some(why) = &control.not_applicable {
        (Verdict::NotApplicable, why.clone())
    } else {
        let mut reasons: Vec<String> = control.no.iter().cloned().collect();
        reasons.extend(doubts(state, control));
        if backing.is_empty() && reasons.is_empty() {
            reasons.push("裏づけが登録されていません".to_owned());
        }
        match reasons.is_empty() {
            true => (Verdict::Yes, control.how.clone()),
            false => (Verdict::No, reasons.join("。") + "。"),
        }
    };
    Answer { control, verdict, why: why.replace("。。", "。"), backing }
}

/// Everything that does not hold. Tests are proven at build time; see `tests/it/disclosure.rs`.
fn doubts(state: &State, control: &Control) -> Vec<String> {
    let config = control.config.iter().filter_map(|name| match predicate(name) {
        Some(holds) => holds(state).err(),
        None => Some(format!("{name}という設定の問いはありません")),
    });
    let facts = control.facts.iter().filter_map(|code| match state.fact(code) {
        Some(fact) => fact.doubt(state.now),
        None => Some(format!("{code}という測定はありません")),
    });
    let documents = control.documents.iter().filter_map(|name| state.document(name).err());
    config.chain(facts).chain(documents).collect()
}

fn backing(control: &Control) -> String {
    let named = |kind: &str, names: &[String]| -> Vec<String> {
        names.iter().map(|n| format!("{kind} {}", n.strip_prefix("rust:").unwrap_or(n))).collect()
    };
    let mut all = named("試験", &control.tests);
    all.extend(named("設定", &control.config));
    all.extend(named("測定", &control.facts));
    all.extend(named("文書", &control.documents));
    all.join("\n")
}
