//! The form of new values, as it is typed.

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use super::{
    acts::part_id,
    model::{MAX_DEVICE, MAX_NOTE, NewObservation},
    sign::{Amount, Part, Sign},
};
use crate::words::{fill, t};
use crate::{
    Error, FieldError, Result,
    web::input::{self, Fields},
};

/// The entry of one number: the sign's own name, or that of the part.
pub fn entry(sign: Sign, part: &Part) -> String {
    if sign.parts().len() == 1 { sign.key().to_owned() } else { format!("{}_{}", sign.key(), part.code) }
}

/// What was typed. Kept as it is, whatever comes of it.
#[derive(Clone)]
pub struct Typed {
    pub client_id: Uuid,
    pub measured_at: String,
    pub device: String,
    pub note: String,
    fields: Fields,
}

crate::opaque_debug!(Typed);

impl Typed {
    /// An empty form, for now.
    pub fn fresh(now: Timestamp) -> Self {
        let (device, note) = (String::new(), String::new());
        Self {
            client_id: Uuid::new_v4(),
            measured_at: input::moment_value(now),
            device,
            note,
            fields: Fields::default(),
        }
    }

    /// # Errors
    /// A form that is not the page's own.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self> {
        let entries =
            Sign::ALL.into_iter().flat_map(|sign| sign.parts().iter().map(move |part| entry(sign, part)));
        let names: Vec<String> = entries
            .chain(["client_id", "measured_at", "device", "note", "confirm", "site"].map(str::to_owned))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let fields = Fields::only(pairs, &names)?;
        let client_id =
            fields.one("client_id").parse().map_err(|_| Error::BadRequest("unreadable_form".into()))?;
        let text = |name: &str| fields.one(name).to_owned();
        Ok(Self {
            client_id,
            measured_at: text("measured_at"),
            device: text("device"),
            note: text("note"),
            fields,
        })
    }

    pub fn typed(&self, name: &str) -> &str {
        self.fields.one(name)
    }

    /// Whether the person says that an unusual value is meant.
    pub fn confirms(&self, sign: Sign) -> bool {
        self.fields.all("confirm").contains(&sign.key())
    }

    /// The values of these signs that were filled in, at least one.
    ///
    /// # Errors
    /// Every field that cannot be taken, under its own name.
    pub fn read(&self, signs: &[Sign], now: Timestamp) -> Result<Vec<NewObservation>, Vec<FieldError>> {
        let mut problems = Vec::new();
        let measured_at = input::moment("measured_at", &self.measured_at).unwrap_or_else(|problem| {
            problems.push(problem);
            None
        });
        let mut optional = |field: &'static str, typed: &str, max| {
            let read = input::optional_text(field, typed, max);
            read.map_err(|problem| problems.push(problem)).ok().filter(|text| !text.is_empty())
        };
        let (device, note) =
            (optional("device", &self.device, MAX_DEVICE), optional("note", &self.note, MAX_NOTE));
        let mut all = Vec::new();
        for sign in signs.iter().copied() {
            match self.values(sign) {
                Ok(None) => {}
                Err(problem) => problems.push(problem),
                Ok(Some(values)) => {
                    let new = NewObservation {
                        client_id: part_id(self.client_id, sign.key()),
                        sign,
                        values,
                        measured_at: measured_at.unwrap_or(now),
                        timed: true,
                        device: device.clone(),
                        site: None,
                        post: None,
                        note: note.clone(),
                        confirmed: self.confirms(sign),
                    };
                    if let Err(problem) = new.check(&entry(sign, &sign.parts()[0]), now)
                        && !problems.contains(&problem)
                    {
                        problems.push(problem);
                    }
                    all.push(new);
                }
            }
        }
        if all.is_empty() && problems.is_empty() {
            let first = signs.first().map_or_else(String::new, |sign| entry(*sign, &sign.parts()[0]));
            problems.push(FieldError::new(first, "empty", t("値を1つ以上入れてください。")));
        }
        if problems.is_empty() { Ok(all) } else { Err(problems) }
    }

    /// Nothing where nothing was typed; all parts, or an error.
    fn values(&self, sign: Sign) -> Result<Option<Vec<Amount>>, FieldError> {
        let typed: Vec<(String, &Part)> = sign.parts().iter().map(|part| (entry(sign, part), part)).collect();
        if typed.iter().all(|(name, _)| self.typed(name).trim().is_empty()) {
            return Ok(None);
        }
        let amount = |(name, part): &(String, &'static Part)| {
            amount(self.typed(name)).ok_or_else(|| {
                FieldError::new(
                    name.clone(),
                    "number",
                    fill(t("{0}を数字で入れてください。"), &[("0", &t(part.name))]),
                )
            })
        };
        typed.iter().map(amount).collect::<Result<_, _>>().map(Some)
    }
}

/// A number as people type it, full width too.
pub fn amount(typed: &str) -> Option<Amount> {
    typed.nfkc().collect::<String>().trim().parse().ok()
}
