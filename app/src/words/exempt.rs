//! Where Japanese stands in the sources and stays: each with its reason.

/// Files (or folders) whose Japanese no English page shows.
const FILES: &[(&str, &str)] = &[
    ("features/disclosure/", "the disclosure to authorities and contract partners is a Japanese document"),
    ("cli/", "the command line speaks English, what it plants is Japanese"),
    ("sample/", "the invented region"),
    ("config/", "names and hours as the deployment writes them"),
    ("outbound/", "nothing of it is shown"),
    ("mail/", "letters are Japanese: the recipient's language is not known where they are written"),
    ("features/vitals/parse", "what people write in Japanese is read here"),
    ("features/calendar_links/ics.rs", "a calendar program asks without a person's language"),
];

/// Constants that are stored, read back or compared, not shown.
pub(super) const CONSTANTS: &[&str] = &[
    "REGISTERED",
    "REASON",
    "NAMELESS",
    "EXAMPLE",
    "VISIT",
    "PROVIDER",
    "COLUMNS",
    "ALSO",
    "WEEKDAYS",
    "SAMPLE",
    "PEOPLE",
    "GIVEN",
    "TAKEN",
    "MARKS",
    "ERAS",
    "SENTENCES",
];

/// Whether what stands in this file's tables is not spoken.
pub(super) fn tables(file: &str) -> bool {
    is_sample(file) || FILES.iter().any(|(start, _)| file.starts_with(start))
}

/// Whether Japanese may stand in this file's markup as it is.
pub(super) fn markup(file: &str) -> bool {
    tables(file)
}

/// Invented content for tests and for the pages of samples.
fn is_sample(file: &str) -> bool {
    file.contains("/sample/")
        || file.ends_with("sample.rs")
        || file.ends_with("samples.rs")
        || file.ends_with("tests.rs")
}
