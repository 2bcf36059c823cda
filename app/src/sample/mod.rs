//! The invented region that the demo shows: ことり市, its facilities, staff, patients and three weeks of talk.
//!
//! The content is data (`app/sample/`), compiled in so that the program needs no folder beside it. Nothing here
//! touches a database: the demo replays the content through the product's own acts.
//!
//! People are named by `login_id`, facilities and posts by a local `key`. Times are relative ([`calendar::When`]) and texts may
//! hold dates relative to today; a [`calendar::Calendar`] turns both into the real ones, so the region never grows old.

pub(crate) mod calendar;
pub(crate) mod document;
pub mod documents;
pub mod family;
pub(crate) mod patient;
mod pdf;
pub(crate) mod pictures;
pub mod plant;
pub(crate) mod region;
mod secretariat;
mod spaces;
#[cfg(test)]
mod tests;
mod vitals;

use patient::Patient;
use region::Region;

/// Everything the demo shows.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) region: Region,
    /// In the order in which they are registered.
    pub(crate) patients: Vec<Patient>,
}

/// A sample file that does not have the expected shape. A test loads them all, so a built program never meets it.
#[derive(Debug, thiserror::Error)]
#[error("sample file {file}: {source}")]
pub(crate) struct SampleError {
    file: &'static str,
    source: serde_json::Error,
}

const REGION: &str = include_str!("../../sample/region.json");

macro_rules! patients {
    ($($key:literal),* $(,)?) => {
        [$(($key, include_str!(concat!("../../sample/patients/", $key, ".json")))),*]
    };
}

const PATIENTS: [(&str, &str); 15] = patients![
    "onodera",
    "teshigawara",
    "fernandes",
    "iokibe",
    "nikaido",
    "shinonome",
    "asahina",
    "kuze",
    "hoshikawa",
    "muto",
    "amemiya",
    "tsurumaki",
    "sakaki",
    "monma",
    "katsuragi",
];

impl Sample {
    /// Reads the compiled-in files.
    ///
    /// # Errors
    /// [`SampleError`] names the file that has an unknown or missing field.
    pub(crate) fn load() -> Result<Self, SampleError> {
        let patients = PATIENTS.iter().map(|(file, text)| parse(file, text)).collect::<Result<_, _>>()?;
        Ok(Self { region: parse("region", REGION)?, patients })
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, SampleError> {
    serde_json::from_str(text).map_err(|source| SampleError { file, source })
}
