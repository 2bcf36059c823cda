//! The languages of the screens.

/// Japanese unless somebody chose otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    Japanese,
    English,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// The value in the cookie, in the database and in `lang=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::English => "en",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Its name in itself: somebody who looks for it reads no other.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::English => "English",
        }
    }

    /// What an `Accept-Language` asks for first among ours.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',').take(16) {
            let mut words = part.trim().split(';');
            let tag = words.next().unwrap_or_default().trim();
            let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
            let weight = words
                .find_map(|word| word.trim().strip_prefix("q=").map(str::trim))
                .map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let Some(language) = Self::from_code(&primary).filter(|_| weight > 0.0) else { continue };
            if best.is_none_or(|(most, _)| weight > most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}
