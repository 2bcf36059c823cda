//! Where on the body a wound is. Left and right are the patient's.

use crate::words::{fill, t};

/// Sites in the middle of the body: key and name.
const MIDDLE: [(&str, &str); 8] = [
    ("sacrum", "仙骨部"),
    ("coccyx", "尾骨部"),
    ("back", "背中"),
    ("spine", "背骨の上"),
    ("occiput", "後頭部"),
    ("face", "顔"),
    ("chest", "胸"),
    ("abdomen", "おなか"),
];
/// Sites of which there are two.
const PAIRED: [(&str, &str); 13] = [
    ("heel", "かかと"),
    ("trochanter", "大転子部（太ももの付け根の外側）"),
    ("ischium", "坐骨部"),
    ("ilium", "腸骨部（腰骨）"),
    ("malleolus", "外くるぶし"),
    ("toes", "足の指"),
    ("sole", "足の裏"),
    ("leg", "すね・ふくらはぎ"),
    ("knee", "ひざ"),
    ("elbow", "ひじ"),
    ("scapula", "肩甲骨部"),
    ("arm", "腕・手"),
    ("ear", "耳"),
];

/// Every site with its name, in the order of lists.
pub fn all() -> Vec<(String, String)> {
    let middle = MIDDLE.iter().map(|(key, name)| ((*key).to_owned(), t(name).to_owned()));
    let paired = PAIRED.iter().flat_map(|(key, name)| {
        [("right", t("右")), ("left", t("左"))].map(|(side, word)| {
            (format!("{key}.{side}"), fill(t("{word}{name}"), &[("word", &word), ("name", &t(name))]))
        })
    });
    middle.chain(paired).chain([("other".to_owned(), t("そのほか").to_owned())]).collect()
}

/// The name of a site; that of an unknown key is the key.
pub fn name(key: &str) -> String {
    all().into_iter().find(|(known, _)| known == key).map_or_else(|| key.to_owned(), |(_, name)| name)
}

pub fn is_known(key: &str) -> bool {
    all().iter().any(|(known, _)| known == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_and_right_are_two_sites() {
        assert_eq!((name("heel.right").as_str(), name("heel.left").as_str()), ("右かかと", "左かかと"));
        assert!(is_known("sacrum") && !is_known("heel"));
        let keys: std::collections::BTreeSet<String> = all().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), all().len());
    }
}
