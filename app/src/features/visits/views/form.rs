//! The form of a visit: the same for a new one and for changing a series.

use std::collections::BTreeMap;

use maud::{Markup, html};
use uuid::Uuid;

use crate::words::{fill, t, t_in};
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
        ui::{Choice, Ctx, Profession, icon, time},
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
        form class="stack" method="post" action=(urls::visits(view.group)) data-keep=(format!("visit-plan/{}", view.group)) data-came-back[!view.typed.errors.is_empty()] {
            (hidden("client_id", &view.typed.client_id.to_string()))
            (entries(&view.typed, &view.members))
            div class="row" {
                a class="btn large" href=(back) { (t("やめる")) }
                button class="btn primary large" type="submit" { (icon("cal")) (t("予定を入れる")) }
            }
        }
    };
    let bar = view.room.deeper(t("訪問の予定を入れる"), (&back, t("予定に戻る")));
    view.room.page(ctx, t("訪問の予定を入れる"), bar, body, None)
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
            let label = fill(
                t("{0}({1}・{facility})"),
                &[("0", &m.name), ("1", &Profession::of(&m.profession).label()), ("facility", &facility)],
            );
            all.push((party_value(m.facility_id, Some(m.id)), label));
        }
        if let Some(any) = members.first() {
            all.push((
                party_value(any.facility_id, None),
                fill(t("{facility}(だれが行くかは決めない)"), &[("facility", &facility)]),
            ));
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
        (Entry::select("kind", t("何の訪問"), &choices(&kinds)).value(&typed.kind).errors(errors).need())
        (Entry::select("party", t("だれが行く"), &choices(&parties)).value(&typed.party).errors(errors).need())
        (Entry::date("date", t_in("日", "of a visit")).value(&typed.date).errors(errors).need())
        (clocks("", typed, errors))
        (repeating(typed, errors))
        (Entry::text("note", t("ひとこと(なくてもよい)"), 2).value(&typed.note).help(t("例: 駐車は裏の駐車場へ")).max_chars(MAX_NOTE as u32).errors(errors))
    }
}

/// Start and end. `of`: before the names, where there are several on the page.
pub(super) fn clocks(of: &str, typed: &Typed, errors: &Errors) -> Markup {
    let (start, end) = (format!("{of}start"), format!("{of}end"));
    html! {
        div class="pair" {
            (Entry::clock(&start, t("始まり")).value(&typed.start).errors(errors).need())
            (Entry::clock(&end, t("終わり")).value(&typed.end).errors(errors).need())
        }
    }
}

/// What does not belong to the chosen way is hidden by the stylesheet; without it everything is there and only that counts.
fn repeating(typed: &Typed, errors: &Errors) -> Markup {
    let ways = [
        Choice { value: "once", label: t("1回だけ"), help: None },
        Choice { value: "weekly", label: t("毎週・何週ごと"), help: None },
        Choice {
            value: "monthly",
            label: t("毎月 第○週"),
            help: Some(t("曜日は、最初の日の曜日になります")),
        },
    ];
    let weeks: Vec<(String, String)> = (1..=4)
        .map(|n| {
            (n.to_string(), if n == 1 { t("毎週").to_owned() } else { fill(t("{n}週に1回"), &[("n", &n)]) })
        })
        .collect();
    let days: Vec<(String, String)> = (1..=7i8)
        .filter_map(|n| {
            Some((
                n.to_string(),
                time::weekday(jiff::civil::Weekday::from_monday_one_offset(n).ok()?).to_owned(),
            ))
        })
        .collect();
    let nth: Vec<(String, String)> = [
        ("1", t("第1")),
        ("2", t("第2")),
        ("3", t("第3")),
        ("4", t("第4")),
        ("5", t("第5")),
        ("-1", t("最終")),
    ]
    .map(|(value, label)| (value.to_owned(), label.to_owned()))
    .into();
    html! {
        div class="repeating" {
            (Entry::radio("repeat", t("くり返し"), &ways).value(&typed.repeat).errors(errors))
            div class="for-weekly stack" {
                (Entry::select("every", t("何週ごと"), &choices(&weeks)).value(&typed.every).errors(errors).need())
                (boxes("weekdays", t("曜日(選ばなければ、最初の日の曜日)"), &days, &typed.weekdays, errors))
            }
            div class="for-monthly" {
                (boxes("nth", t("第何週(選ばなければ、最初の日と同じ)"), &nth, &typed.nth, errors))
            }
            div class="for-both" {
                (Entry::date("until", t("最後の日(決まっていれば)")).value(&typed.until).errors(errors))
            }
        }
    }
}
