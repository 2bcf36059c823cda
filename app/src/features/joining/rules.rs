//! Who may come in by an invitation, and which ID to suggest.

use wana_kana::ConvertJapanese;

use crate::web::input::folded;

/// Whether an account is the invited person: the same name or the same reading, whatever the width, the kind of kana and the spaces.
/// A link that was passed on, or sent to a namesake's colleague, ties nobody else's account.
pub fn is_invited(invited: (&str, &str), account: (&str, &str)) -> bool {
    let same = |a: &str, b: &str| !a.trim().is_empty() && folded(a) == folded(b);
    same(invited.0, account.0) || same(invited.1, account.1)
}

/// `m•••@example.jp`: the person recognises the own address, nobody else learns it.
pub fn masked(mail: &str) -> String {
    match mail.rsplit_once('@') {
        Some((local, domain)) => {
            format!("{}•••@{domain}", local.chars().next().map(String::from).unwrap_or_default())
        }
        None => "•••".to_owned(),
    }
}

/// What an ID may look like (`care.account`).
pub fn is_login_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=64).contains(&text.len())
        && text.starts_with(fits)
        && text.chars().all(|c| fits(c) || matches!(c, '.' | '_' | '-'))
}

/// IDs to offer, the best first: what the admin wrote, then the reading in letters (いがらし みずほ: `mizuho.igarashi`), alone and
/// with a number. Nobody's address: an ID is seen by colleagues.
pub fn login_ids(hint: Option<&str>, kana: &str) -> Vec<String> {
    let letters = |part: &str| -> String {
        let latin = part.to_romaji().to_lowercase();
        latin.chars().filter(char::is_ascii_lowercase).collect()
    };
    let parts: Vec<String> = kana.split_whitespace().map(letters).filter(|p| !p.is_empty()).collect();
    let name = match parts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [family, .., given] => format!("{given}.{family}"),
    };
    let name: String = name.chars().take(40).collect();
    let numbered = (2..100).map(|n| format!("{name}{n}"));
    let all = hint.map(str::to_owned).into_iter().chain([name.clone()]).chain(numbered);
    all.filter(|id| is_login_id(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invited_person_is_known_by_name_or_reading() {
        let invited = ("五十嵐 みずほ", "いがらし みずほ");
        assert!(is_invited(invited, ("五十嵐みずほ", "べつ")));
        assert!(is_invited(invited, ("旧姓 みずほ", "イガラシ　ミズホ")));
        assert!(!is_invited(invited, ("五十嵐 さくら", "いがらし さくら")));
        assert!(!is_invited(("", ""), ("", "")), "nothing is nobody");
    }

    #[test]
    fn an_address_is_recognised_only_by_its_owner() {
        assert_eq!(masked("mizuho@example.jp"), "m•••@example.jp");
        assert_eq!(masked("みずほ@example.jp"), "み•••@example.jp");
    }

    #[test]
    fn an_id_is_offered_from_the_reading() {
        let offered = login_ids(None, "いがらし　ミズホ");
        assert_eq!(&offered[..2], ["mizuho.igarashi", "mizuho.igarashi2"]);
        assert_eq!(login_ids(Some("m.igarashi"), "いがらし みずほ")[0], "m.igarashi");
        assert!(login_ids(None, "？").iter().all(|id| is_login_id(id)));
        assert!(login_ids(None, &"あ".repeat(200)).iter().all(|id| is_login_id(id)));
    }

    #[test]
    fn ids_are_what_the_database_takes() {
        for good in ["abc", "m.igarashi", "a-1_2", "7ab"] {
            assert!(is_login_id(good), "{good}");
        }
        for bad in ["ab", ".abc", "Abc", "a b", "みずほ", &"a".repeat(65)] {
            assert!(!is_login_id(bad), "{bad}");
        }
    }
}
