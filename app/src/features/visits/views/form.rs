//! The form of a visit: the same for a new one and for changing a series.

use std::collections::BTreeMap;

use maud::{Markup, html};
use uuid::Uuid;

use super::calendar::weekday;
use crate::{
    features::{
        groups::model::Member,
        patients::room::Room,
        visits::{
            forms::{Typed, party_value},
            model::{Kind, MAX_NOTE},
        },
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, boxes, choices, hidden},
        ui::{Choice, Ctx, Profession, icon},
        urls,
    },
};

#[derive(Clone)]
pub struct NewView {
    pub room: Room,
    pub group: Uuid,
    pub members: Vec<Member>,
    pub typed: Typed,
}

opaque_debug!(NewView);

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let back = urls::schedule(view.group);
    let body = html! {
        (view.typed.errors.summary())
        form class="stack" method="post" action=(urls::visits(view.group)) {
            (hidden("client_id", &view.typed.client_id.to_string()))
            (entries(&view.typed, &view.members))
            div class="row" {
                a class="btn large" href=(back) { "やめる" }
                button class="btn primary large" type="submit" { (icon("cal")) "予定を入れる" }
            }
        }
    };
    let bar = view.room.deeper("訪問の予定を入れる", (&back, "予定に戻る"));
    view.room.page(ctx, "訪問の予定を入れる", bar, body, None)
}

/// The persons of the team, and each facility by itself for when it is not settled who comes.
fn parties(members: &[Member]) -> Vec<(String, String)> {
    let mut of: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in members {
        of.entry(&member.facility).or_default().push(member);
    }
    let mut all = Vec::new();
    for (facility, members) in of {
        for m in &members {
            let label = format!("{}({}・{facility})", m.name, Profession::of(&m.profession).label());
            all.push((party_value(m.facility_id, Some(m.id)), label));
        }
        if let Some(any) = members.first() {
            all.push((party_value(any.facility_id, None), format!("{facility}(だれが行くかは決めない)")));
        }
    }
    all
}

pub(super) fn entries(typed: &Typed, members: &[Member]) -> Markup {
    let errors = &typed.errors;
    let kinds: Vec<(String, String)> =
        Kind::ALL.iter().map(|k| (k.code().to_owned(), k.label().to_owned())).collect();
    let parties = parties(members);
    html! {
        (Entry::select("kind", "何の訪問", &choices(&kinds)).value(&typed.kind).errors(errors).need())
        (Entry::select("party", "だれが行く", &choices(&parties)).value(&typed.party).errors(errors).need())
        (Entry::date("date", "日").value(&typed.date).errors(errors).need())
        (clocks("", typed, errors))
        (repeating(typed, errors))
        (Entry::text("note", "ひとこと(なくてもよい)", 2).value(&typed.note).help("例: 駐車は裏の駐車場へ").max_chars(MAX_NOTE as u32).errors(errors))
    }
}

/// Start and end. `of`: before the names, where there are several on the page.
pub(super) fn clocks(of: &str, typed: &Typed, errors: &Errors) -> Markup {
    let (start, end) = (format!("{of}start"), format!("{of}end"));
    html! {
        div class="pair" {
            (Entry::clock(&start, "始まり").value(&typed.start).errors(errors).need())
            (Entry::clock(&end, "終わり").value(&typed.end).errors(errors).need())
        }
    }
}

/// What does not belong to the chosen way is hidden by the stylesheet; without it everything is there and only that counts.
fn repeating(typed: &Typed, errors: &Errors) -> Markup {
    let ways = [
        Choice { value: "once", label: "1回だけ", help: None },
        Choice { value: "weekly", label: "毎週・何週ごと", help: None },
        Choice {
            value: "monthly", label: "毎月 第○週", help: Some("曜日は、最初の日の曜日になります")
        },
    ];
    let weeks: Vec<(String, String)> = (1..=4)
        .map(|n| (n.to_string(), if n == 1 { "毎週".to_owned() } else { format!("{n}週に1回") }))
        .collect();
    let days: Vec<(String, String)> = (1..=7i8)
        .filter_map(|n| {
            Some((n.to_string(), weekday(jiff::civil::Weekday::from_monday_one_offset(n).ok()?).to_string()))
        })
        .collect();
    let nth: Vec<(String, String)> =
        [("1", "第1"), ("2", "第2"), ("3", "第3"), ("4", "第4"), ("5", "第5"), ("-1", "最終")]
            .map(|(value, label)| (value.to_owned(), label.to_owned()))
            .into();
    html! {
        div class="repeating" {
            (Entry::radio("repeat", "くり返し", &ways).value(&typed.repeat).errors(errors))
            div class="for-weekly stack" {
                (Entry::select("every", "何週ごと", &choices(&weeks)).value(&typed.every).errors(errors).need())
                (boxes("weekdays", "曜日(選ばなければ、最初の日の曜日)", &days, &typed.weekdays, errors))
            }
            div class="for-monthly" {
                (boxes("nth", "第何週(選ばなければ、最初の日と同じ)", &nth, &typed.nth, errors))
            }
            div class="for-both" {
                (Entry::date("until", "最後の日(決まっていれば)").value(&typed.until).errors(errors))
            }
        }
    }
}
