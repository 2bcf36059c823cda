//! The form of the edit page and of the conflict page: hidden values, the sheet's fields, and picks.

use uuid::Uuid;

use super::{
    fields::{self, Fields, Problem, Section},
    merge::{self, Conflict, Pick},
    model::Save,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    web::{forms::Errors, input},
};

/// The longest reason, in Unicode scalar values.
pub const MAX_REASON: usize = 200;

/// What was sent, as typed.
#[derive(Clone)]
pub struct EditForm {
    /// The version on which the author began.
    pub version: i64,
    pub client_id: Uuid,
    /// `None`: the whole sheet.
    pub section: Option<Section>,
    pub reason: String,
    /// Everything else: keys of the sheet; `mine.KEY`, `theirs.KEY` and `pick.KEY` where two texts clashed.
    texts: Vec<(String, String)>,
}

crate::opaque_debug!(EditForm);

impl EditForm {
    /// # Errors
    /// `BadRequest` for a form that none of our pages sends.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self> {
        let (own, texts): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .partition(|(name, _)| ["version", "client_id", "section", "reason"].contains(&name.as_str()));
        let value = |name: &str| {
            let mut found = own.iter().filter(|(n, _)| n == name);
            found
                .next()
                .filter(|_| found.next().is_none())
                .map(|(_, text)| text.as_str())
                .ok_or_else(unreadable)
        };
        let section = match value("section")? {
            "" => None,
            code => Some(Section::from_code(code).ok_or_else(unreadable)?),
        };
        if !texts.iter().all(|(name, _)| is_known(name)) {
            return Err(unreadable());
        }
        Ok(Self {
            version: value("version")?.parse().map_err(|_| unreadable())?,
            client_id: value("client_id")?.parse().map_err(|_| unreadable())?,
            section,
            reason: value("reason")?.to_owned(),
            texts,
        })
    }

    /// Whether the form came from the conflict page.
    pub fn is_choice(&self) -> bool {
        self.texts.iter().any(|(name, _)| name.contains('.'))
    }

    /// The sheet that the author wants, over the version on which he or she began.
    ///
    /// # Errors
    /// Every problem, by the name of the entry that shows it.
    pub fn read(&self, base: &Fields) -> Result<Save, Errors> {
        let sheet = self.sheet(base).and_then(|sheet| {
            fields::read(sheet).map_err(|found| found.into_iter().map(|p| self.at_its_entry(p)).collect())
        });
        match (sheet, read_reason(&self.reason)) {
            (Ok(fields), Ok(reason)) => {
                Ok(Save { client_id: self.client_id, seen: self.version, fields, reason })
            }
            (sheet, reason) => {
                let reason = reason.err().map(|e| (e.field.into_owned(), e.message.into_owned()));
                Err(sheet.err().into_iter().flatten().chain(reason).collect())
            }
        }
    }

    fn sheet(&self, base: &Fields) -> Result<Fields, Vec<(String, String)>> {
        let typed = merge::from_form(&self.texts).map_err(|open| {
            let entry = |key| (format!("pick.{key}"), t("どちらの文を残すか選んでください。").to_owned());
            open.into_iter().map(entry).collect::<Vec<_>>()
        })?;
        Ok(match self.section {
            Some(section) => merge::with_section(base, section, &typed),
            None => typed,
        })
    }

    fn at_its_entry(&self, problem: Problem) -> (String, String) {
        let clashed = self.conflicts().iter().any(|conflict| conflict.key == problem.key);
        (if clashed { format!("pick.{}", problem.key) } else { problem.key }, problem.message)
    }

    /// The texts of the sheet's own entries, for showing them again.
    pub fn typed(&self) -> Fields {
        self.texts.iter().filter(|(name, _)| !name.contains('.')).cloned().collect()
    }

    /// The clashes that the form carries.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let text = |name: String| self.texts.iter().find(|(n, _)| *n == name).map(|(_, text)| text.clone());
        merge::keys_in_conflict(&self.texts)
            .into_iter()
            .map(|key| Conflict {
                mine: text(format!("mine.{key}")),
                theirs: text(format!("theirs.{key}")),
                key,
            })
            .collect()
    }

    /// The picks that were made.
    pub fn picks(&self) -> Vec<(String, Pick)> {
        let pick = |(name, code): &(String, String)| {
            Some((name.strip_prefix("pick.")?.to_owned(), Pick::from_code(code)?))
        };
        self.texts.iter().filter_map(pick).collect()
    }
}

/// Why a sheet was changed: one line.
pub fn read_reason(raw: &str) -> Result<String, FieldError> {
    input::line("reason", raw, MAX_REASON).map_err(|error| match error.code {
        "empty" => FieldError::new("reason", "empty", t("なぜ直すのかを書いてください。")),
        _ => error,
    })
}

fn is_known(name: &str) -> bool {
    let key = ["mine.", "theirs.", "pick."].iter().find_map(|prefix| name.strip_prefix(prefix));
    fields::find(key.unwrap_or(name)).is_some()
}

fn unreadable() -> Error {
    Error::BadRequest("unreadable_form".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn form(pairs: &[(&str, &str)]) -> Result<EditForm> {
        let own = [("version", "3"), ("client_id", ID), ("section", "care"), ("reason", "聞き取り")];
        let all = own.iter().chain(pairs).map(|(n, t)| ((*n).to_owned(), (*t).to_owned()));
        EditForm::parse(all.collect())
    }

    #[test]
    fn a_section_is_laid_over_the_version_on_which_it_began() {
        let base = Fields::from([("name".to_owned(), "試験 太郎".to_owned())]);
        let save = form(&[("diet", " きざみ \r\n")]).and_then(|f| f.read(&base).map_err(|_| unreadable()));
        let save = save.expect("a form of the care section");
        assert_eq!(save.seen, 3);
        assert_eq!(save.fields["name"], "試験 太郎");
        assert_eq!(save.fields["diet"], "きざみ");
    }

    #[test]
    fn forms_that_no_page_sends_are_refused() {
        assert!(form(&[("diet", "きざみ")]).is_ok());
        for bad in [("zzz", "x"), ("mine.zzz", "x"), ("version", "4"), ("section", "care")] {
            assert!(form(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_open_choice_is_told_at_its_own_entry() {
        let form = form(&[("name", "試験 太郎"), ("mine.diet", "きざみ"), ("theirs.diet", "並")]);
        let form = EditForm { section: None, reason: " ".to_owned(), ..form.expect("a form") };
        let errors = form.read(&Fields::new()).expect_err("no pick and no reason");
        assert!(errors.of("pick.diet").is_some() && errors.of("reason").is_some(), "{errors:?}");
    }
}
