//! Comparing two versions, and joining the texts of two people who saved over the same one. Nothing is lost:
//! what only one of them changed is taken, what both changed is put before a person.

use super::fields::{FIELDS, Fields, Section, find};

/// A field that differs between two versions.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    pub key: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

crate::opaque_debug!(Change, Conflict, Merge);

/// What changed from `before` to `after`, in the order of the table; keys of older tables come last.
pub fn diff(before: &Fields, after: &Fields) -> Vec<Change> {
    let known = FIELDS.iter().map(|field| field.key);
    let retired = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    let retired = retired.map(String::as_str).filter(|key| find(key).is_none());
    known
        .chain(retired)
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| Change {
            key: key.to_owned(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .collect()
}

/// Two people changed one field differently.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    pub key: String,
    pub mine: Option<String>,
    pub theirs: Option<String>,
}

/// The outcome of two people saving over the same version.
#[derive(Clone, PartialEq, Eq)]
pub struct Merge {
    /// Everything that only one of them changed, and their text where both did.
    pub merged: Fields,
    /// Where both changed the same field to different texts; a person has to choose.
    pub conflicts: Vec<Conflict>,
}

/// Joins my texts with theirs; `base` is the version on which I began.
pub fn merge(base: &Fields, mine: &Fields, theirs: &Fields) -> Merge {
    let mut merged = theirs.clone();
    let mut conflicts = Vec::new();
    for Change { key, after: my_text, .. } in diff(base, mine) {
        let their_text = theirs.get(&key).cloned();
        if their_text == my_text {
            continue;
        }
        if their_text.as_ref() != base.get(&key) {
            conflicts.push(Conflict { key, mine: my_text, theirs: their_text });
        } else if let Some(text) = my_text {
            merged.insert(key, text);
        } else {
            merged.remove(&key);
        }
    }
    Merge { merged, conflicts }
}

/// What a person chose for one conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    Mine,
    Theirs,
    /// Their text, and mine under it.
    Both,
}

impl Pick {
    /// The value of the form.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "mine" => Some(Self::Mine),
            "theirs" => Some(Self::Theirs),
            "both" => Some(Self::Both),
            _ => None,
        }
    }
}

impl Conflict {
    /// The text that a pick leads to; `None` empties the field.
    pub fn resolved(&self, pick: Pick) -> Option<String> {
        match (pick, &self.mine, &self.theirs) {
            (Pick::Mine, mine, _) => mine.clone(),
            (Pick::Theirs, _, theirs) => theirs.clone(),
            (Pick::Both, Some(mine), Some(theirs)) => Some(format!("{theirs}\n{mine}")),
            (Pick::Both, mine, theirs) => mine.clone().or_else(|| theirs.clone()),
        }
    }

    /// Whether both texts fit under each other; one date or one choice cannot hold two.
    pub fn may_keep_both(&self) -> bool {
        use super::fields::Kind::{Long, Tel};
        self.mine.is_some()
            && self.theirs.is_some()
            && find(&self.key).is_none_or(|field| matches!(field.kind, Long | Tel))
    }
}

/// A form of one section laid over a version: its fields are replaced, all others stay.
pub fn with_section(base: &Fields, section: Section, typed: &Fields) -> Fields {
    let of_section = |key: &str| find(key).is_some_and(|field| field.section == section);
    let kept = base.iter().filter(|(key, _)| !of_section(key));
    let new = typed.iter().filter(|(key, _)| of_section(key));
    kept.chain(new).map(|(key, text)| (key.clone(), text.clone())).collect()
}

/// Reads the form of the conflict page: plain keys as they are, and for every `pick.KEY` the text picked from
/// `mine.KEY` and `theirs.KEY`. Hand in only the names that belong to the sheet, not `version` or `reason`.
///
/// # Errors
/// The keys for which both texts came, but no pick that can be kept.
pub fn from_form(form: &[(String, String)]) -> Result<Fields, Vec<String>> {
    let value = |name: String| form.iter().find(|(n, _)| *n == name).map(|(_, text)| text.clone());
    let mut fields: Fields = form.iter().filter(|(name, _)| !name.contains('.')).cloned().collect();
    let mut open = Vec::new();
    for key in keys_in_conflict(form) {
        let conflict = Conflict {
            mine: value(format!("mine.{key}")),
            theirs: value(format!("theirs.{key}")),
            key: key.clone(),
        };
        match value(format!("pick.{key}")).as_deref().and_then(Pick::from_code) {
            Some(Pick::Both) if !conflict.may_keep_both() => open.push(key),
            Some(pick) => {
                fields.remove(&key);
                fields.extend(conflict.resolved(pick).map(|text| (key, text)));
            }
            None => open.push(key),
        }
    }
    if open.is_empty() { Ok(fields) } else { Err(open) }
}

/// Every key that comes with a text of mine or theirs, once, in the order of the form.
pub fn keys_in_conflict(form: &[(String, String)]) -> Vec<String> {
    let mut keys = Vec::new();
    for (name, _) in form {
        let key = name.strip_prefix("mine.").or_else(|| name.strip_prefix("theirs."));
        if let Some(key) = key.filter(|key| !keys.iter().any(|k| k == key)) {
            keys.push(key.to_owned());
        }
    }
    keys
}
