//! What a provider's word is worth.

use super::id_token::LEEWAY;
use crate::config::Provider;

/// What the provider says was shown there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Two kinds of factor, just now.
    Two,
    /// One that the person knows: what a provider asks for when it says nothing else.
    Known,
    /// Nothing but a device or the body. Our second factor is a device too, and two of one kind never count as two.
    Held,
}

/// When and how the person signed in there, as the ID token says.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub auth_time: Option<i64>,
    pub acr: Option<&'a str>,
    pub amr: &'a [String],
}

/// `None`: the sign-in there is older than was asked for (OpenID Connect Core §3.1.3.7, 13), or lies in the future.
/// A provider that does not say when it was has asserted one factor at most.
pub fn shown(told: Told<'_>, settings: &Provider, now: i64) -> Option<Shown> {
    let longest = i64::from(settings.max_age_minutes) * 60 + LEEWAY;
    if told.auth_time.is_some_and(|at| at > now + LEEWAY || now - at > longest) {
        return None;
    }
    let by_acr = told.acr.is_some_and(|acr| settings.two_factors_acr.iter().any(|two| two == acr));
    let by_amr = told.amr.iter().any(|amr| settings.two_factors_amr.contains(amr));
    if told.auth_time.is_some() && (by_acr || by_amr) {
        return Some(Shown::Two);
    }
    let any_of = |all: &[&str]| told.amr.iter().any(|amr| all.contains(&amr.as_str()));
    Some(if any_of(&HELD) && !any_of(&KNOWN) { Shown::Held } else { Shown::Known })
}

/// Methods of RFC 8176: by what one knows,
const KNOWN: [&str; 3] = ["pwd", "pin", "kba"];
/// and by what one has or is.
const HELD: [&str; 11] = ["otp", "hwk", "swk", "sc", "sms", "tel", "face", "fpt", "iris", "retina", "vbm"];

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    /// When, `acr`, `amr`; and what it is worth.
    type Row = (Option<i64>, Option<&'static str>, &'static [&'static str], Option<Shown>);

    fn settings() -> Provider {
        toml::from_str(
            r#"
            id = "association"
            label = "試験医師会"
            issuer = "https://id.example.jp"
            client_id = "renkei"
            client_secret_file = "/run/secret"
            two_factors_acr = ["urn:two"]
            two_factors_amr = ["mfa"]
            max_age_minutes = 10
            "#,
        )
        .expect("a provider")
    }

    #[test]
    fn only_what_the_configuration_names_and_only_just_now_counts_as_two() {
        let table: [Row; 16] = [
            (Some(NOW), Some("urn:two"), &[], Some(Shown::Two)),
            (Some(NOW - 600), Some("urn:two"), &[], Some(Shown::Two)),
            (Some(NOW), None, &["pwd", "mfa"], Some(Shown::Two)),
            (Some(NOW), Some("urn:two"), &["hwk"], Some(Shown::Two)),
            // Not said when: one.
            (None, Some("urn:two"), &["mfa"], Some(Shown::Known)),
            // Too long ago, or in the future: nothing.
            (Some(NOW - 661), Some("urn:two"), &["mfa"], None),
            (Some(NOW - 661), None, &["pwd"], None),
            (Some(NOW + 61), None, &["pwd"], None),
            // Two words of its own are not the configured ones.
            (Some(NOW), Some("urn:twofold"), &["pwd", "otp"], Some(Shown::Known)),
            (Some(NOW), None, &[], Some(Shown::Known)),
            (None, None, &[], Some(Shown::Known)),
            (Some(NOW), None, &["user"], Some(Shown::Known)),
            // A device, or the body, and nothing that is known.
            (Some(NOW), None, &["otp"], Some(Shown::Held)),
            (Some(NOW), None, &["hwk", "user"], Some(Shown::Held)),
            (None, None, &["face"], Some(Shown::Held)),
            (Some(NOW), None, &["hwk", "pin"], Some(Shown::Known)),
        ];
        for (auth_time, acr, amr, expected) in table {
            let amr: Vec<String> = amr.iter().map(|a| (*a).to_owned()).collect();
            let told = Told { auth_time, acr, amr: &amr };
            assert_eq!(shown(told, &settings(), NOW), expected, "{told:?}");
        }
    }
}
