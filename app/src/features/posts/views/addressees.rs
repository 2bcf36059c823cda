//! 宛先: whom a post addresses, chosen in the composer and shown on the post.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t};
use crate::{
    features::{groups::frame::Teammate, posts::model::MentionBody},
    web::{
        ui::{Profession, icon},
        urls,
    },
};

/// What a writer has chosen: whom, until when, and whether it is urgent.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// Codes of [`MentionBody`].
    pub to: Vec<String>,
    pub must: Option<Timestamp>,
    pub urgent: bool,
}

/// One box to tick.
#[derive(Debug, Clone)]
pub struct Addressee {
    pub code: String,
    pub name: String,
    /// Who that is, in smaller letters.
    pub more: String,
}

/// Everybody who may be addressed in a group, the writer left out.
#[derive(Debug, Clone, Default)]
pub struct Addressees {
    pub people: Vec<Addressee>,
    pub duty: Vec<Addressee>,
    pub facilities: Vec<Addressee>,
    pub professions: Vec<Addressee>,
}

impl Addressees {
    pub fn of(team: &[Teammate], me: Uuid) -> Self {
        let mine = team.iter().find(|t| t.account == me && t.on_duty).map(|t| t.facility_id);
        let mut people: BTreeMap<usize, &Teammate> = BTreeMap::new();
        let (mut facilities, mut professions) = (BTreeMap::new(), BTreeMap::<&str, usize>::new());
        for (n, one) in team.iter().filter(|t| t.account != me).enumerate() {
            if !people.values().any(|p| p.account == one.account) {
                people.insert(n, one);
                *professions.entry(&one.profession).or_default() += 1;
            }
            let here: &mut (String, usize, Option<String>) =
                facilities.entry(one.facility_id).or_insert_with(|| (one.facility.clone(), 0, None));
            here.1 += 1;
            if one.on_duty {
                here.2 = Some(one.name.clone());
            }
        }
        let person = |p: &&Teammate| Addressee {
            code: MentionBody::Account(p.account).code(),
            name: p.name.clone(),
            more: fill(t("{0}・{1}"), &[("0", &Profession::of(&p.profession).label()), ("1", &p.facility)]),
        };
        let facility = |(id, (name, count, _)): (&Uuid, &(String, usize, Option<String>))| Addressee {
            code: MentionBody::Facility(*id).code(),
            name: name.clone(),
            more: fill(t("{count}人"), &[("count", &count)]),
        };
        let duty = |(id, (name, count, who)): (&Uuid, &(String, usize, Option<String>))| Addressee {
            code: MentionBody::OnDuty(*id).code(),
            name: fill(t("{name}の当番"), &[("name", &name)]),
            more: match who {
                Some(who) => fill(t("いま{who}さん"), &[("who", &who)]),
                None => fill(t("決まっていません。施設の{count}人に届きます"), &[("count", &count)]),
            },
        };
        let profession = |(code, count): (&&str, &usize)| Addressee {
            code: MentionBody::Profession((*code).to_owned()).code(),
            name: Profession::of(code).label().to_owned(),
            more: fill(t("{count}人"), &[("count", &count)]),
        };
        Self {
            people: people.values().map(person).collect(),
            // Whoever is on duty does not write to the one on duty.
            duty: facilities.iter().filter(|(id, _)| Some(**id) != mine).map(duty).collect(),
            facilities: facilities.iter().map(facility).collect(),
            professions: professions.iter().map(profession).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.people.is_empty()
    }
}

/// The chooser where nobody has asked for it yet: scripts fetch it, a form without them comes back with it.
pub(super) fn may_choose(group: Uuid) -> Markup {
    html! {
        details class="to" data-addressees=(urls::addressees(group)) {
            summary class="act" { (icon("at")) (t("宛先")) span class="sr" { (t("を選ぶ")) } }
            p class="to-list" { button class="btn" type="submit" name="choose" value="on" formnovalidate { (t("だれに送るか選ぶ")) } }
        }
    }
}

/// The chooser of the composer: boxes behind a word.
pub fn chooser(all: &Addressees, chosen: &[String]) -> Markup {
    let kinds = [
        (t("人"), &all.people),
        (t("当番"), &all.duty),
        (t("施設"), &all.facilities),
        (t("職種"), &all.professions),
    ];
    html! {
        @if all.is_empty() { p class="to small soft" { (t("まだ、ほかのメンバーはいません。")) } } @else {
            details class="to" open {
                summary class="act" { (icon("at")) (t("宛先")) span class="sr" { (t("を選ぶ")) } }
                div class="to-list" tabindex="0" role="group" aria-label=(t("宛先")) {
                    p class="small soft" { (t("選んだ人のホームに「あなた宛て」と出ます。ほかの人も読めます。要了解は、選んだ人だけに頼みます。")) }
                    @for (title, list) in kinds {
                        fieldset {
                            legend { (title) }
                            @for one in list {
                                label class="check" {
                                    input type="checkbox" name="to" value=(one.code) checked[chosen.contains(&one.code)];
                                    span { (one.name) " " small class="soft" { (one.more) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_but_the_writer_stands_once_and_each_facility_says_who_is_on_duty() {
        let id = Uuid::from_u128;
        let one = |account, name: &str, profession: &str, facility, on_duty| Teammate {
            account: id(account),
            name: name.to_owned(),
            profession: profession.to_owned(),
            facility_id: id(facility),
            facility: format!("施設{facility}"),
            on_duty,
        };
        let team = [
            one(1, "書く人", "doctor", 10, false),
            one(2, "看護師", "nurse", 20, false),
            one(2, "看護師", "nurse", 30, true),
            one(3, "看護師二", "nurse", 20, false),
        ];
        let all = Addressees::of(&team, id(1));
        assert_eq!(all.people.len(), 2);
        assert_eq!(all.professions.len(), 1);
        assert_eq!(
            (all.professions[0].code.as_str(), all.professions[0].more.as_str()),
            ("profession:nurse", "2人")
        );
        assert_eq!(all.facilities.len(), 2, "the writer's own facility has nobody else");
        assert_eq!(all.duty[0].more, "決まっていません。施設の2人に届きます");
        assert_eq!(all.duty[1].more, "いま看護師さん");
        for code in
            [&all.people, &all.duty, &all.facilities, &all.professions].into_iter().flatten().map(|a| &a.code)
        {
            assert_eq!(MentionBody::from_code(code).map(|m| m.code()).as_ref(), Some(code));
        }
    }
}
