//! A member of staff as the pages name her: name, profession, facility.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::ui::{Profession, Size, avatar, profession};

/// One natural person in the facility in which she acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub account_id: Uuid,
    pub name: String,
    pub profession: Profession,
    pub facility: String,
}

impl Person {
    /// An invented person; `n` makes the id, the profession by its code.
    pub fn sample(n: u128, name: &str, profession: &str, facility: &str) -> Self {
        Self {
            account_id: Uuid::from_u128(n),
            name: name.to_owned(),
            profession: Profession::from_code(profession).unwrap_or(Profession::Nurse),
            facility: facility.to_owned(),
        }
    }

    /// Forty invented people of several facilities.
    pub fn samples() -> Vec<Self> {
        let named = [
            ("五十嵐 みずほ", "nurse", "そらまめ訪問看護ステーション"),
            ("桑原 誠一郎", "doctor", "ひだまり坂クリニック"),
            ("勅使河原 玲奈", "pharmacist", "すずかけ薬局"),
            ("皆川 陽子", "care_manager", "居宅介護支援事業所 つむぎ"),
            ("太田 フミ", "helper", "ヘルパーステーション ゆずの木"),
            (
                "佐久間 クリストファー 健太郎",
                "doctor",
                "つきのわ病院 総合診療科・地域包括ケア病棟・退院支援チーム",
            ),
            ("長曽我部 ジャクリーン 由紀", "nurse", "そらまめ訪問看護ステーション"),
            ("城戸 航", "physical_therapist", "そらまめ訪問看護ステーション"),
            ("八重樫 こずえ", "dental_hygienist", "医療法人社団 木漏れ日会 こもれび歯科 在宅診療部"),
            ("柚木 さくら", "clerk", "そらまめ訪問看護ステーション"),
        ];
        (0..40u128)
            .map(|n| {
                let (name, profession, facility) = named[(n % 10) as usize];
                let name = if n < 10 { name.to_owned() } else { format!("{name}({}組)", n / 10 + 1) };
                Self::sample(n + 1, &name, profession, facility)
            })
            .collect()
    }

    /// Profession as icon and word, then the facility.
    pub fn affiliation(&self) -> Markup {
        html! {
            (profession(self.profession)) " " span { (self.facility) }
        }
    }

    /// Avatar, name and affiliation: the head of a page about her.
    pub fn head(&self) -> Markup {
        html! {
            div.person {
                (avatar(&self.name, self.profession, Size::Large))
                div { h2 { (self.name) } p.affiliation { (self.affiliation()) } }
            }
        }
    }

    /// `五十嵐 みずほ(看護師)`, for lists to choose from.
    pub fn in_words(&self) -> String {
        format!("{}({})", self.name, self.profession.label())
    }
}
