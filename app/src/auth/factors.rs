//! What each way of proving oneself is worth (guideline v7, operation part 14⑤): something one *knows*, *has* or *is*.
//! Two of the same kind are one: a session needs two different kinds. `sec.kinds_of` counts the same in the database.

use std::collections::BTreeSet;

/// The three kinds of factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Know,
    Have,
    Are,
}

impl Kind {
    /// As it stands in `sec.session` and in `GET /me`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Know => "know",
            Self::Have => "have",
            Self::Are => "are",
        }
    }
}

/// One way of proving oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    Password,
    /// The code of an authenticator app.
    Totp,
    /// A code from the sheet that was kept apart.
    RecoveryCode,
    /// With the person verified by the authenticator each time.
    Passkey,
    /// A browser that has shown a second factor within thirty days. Enough for ordinary work; see [`REMEMBERED`].
    RememberedDevice,
    /// A provider's word that somebody signed in there, by one factor that nobody here has seen.
    Outside,
    /// A provider's word, of a kind that the deployment's configuration accepts, that it has just seen two.
    OutsideTwo,
}

/// Stands beside the kinds in `sec.session.factors` where the second one was only remembered: such a session is not fresh
/// before a code or a passkey has been shown. It is no kind, so nobody counts it.
pub const REMEMBERED: &str = "remembered";

impl Method {
    pub const ALL: [Self; 7] = [
        Self::Password,
        Self::Totp,
        Self::RecoveryCode,
        Self::Passkey,
        Self::RememberedDevice,
        Self::Outside,
        Self::OutsideTwo,
    ];

    /// A passkey is two: the authenticator, and what it asked for. WebAuthn does not tell whether that was a finger or a PIN;
    /// we write *are*. Were it *know*, no verdict would change: either way it is two kinds by itself.
    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Password | Self::Outside => &[Kind::Know],
            Self::Totp | Self::RecoveryCode | Self::RememberedDevice => &[Kind::Have],
            Self::OutsideTwo => &[Kind::Know, Kind::Have],
            Self::Passkey => &[Kind::Have, Kind::Are],
        }
    }
}

/// The different kinds of all of them.
pub fn kinds(methods: &[Method]) -> BTreeSet<Kind> {
    methods.iter().flat_map(|m| m.kinds()).copied().collect()
}

/// Whether a session may be opened on these.
pub fn suffice(methods: &[Method]) -> bool {
    kinds(methods).len() >= 2
}

/// As `sec.session.factors` keeps them.
pub fn codes(methods: &[Method]) -> Vec<&'static str> {
    let mut codes: Vec<_> = kinds(methods).into_iter().map(Kind::code).collect();
    let shown = methods.iter().any(|m| *m != Method::RememberedDevice && m.kinds().contains(&Kind::Have));
    if methods.contains(&Method::RememberedDevice) && !shown {
        codes.push(REMEMBERED);
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_device_is_marked_until_something_is_shown() {
        use Method::*;
        assert_eq!(codes(&[Password, RememberedDevice]), ["know", "have", "remembered"]);
        assert_eq!(codes(&[Password, RememberedDevice, Totp]), ["know", "have"]);
        assert_eq!(codes(&[Password, Passkey]), ["know", "have", "are"]);
        assert_eq!(codes(&[Password]), ["know"]);
    }
}
