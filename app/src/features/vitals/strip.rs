//! Under a post of the team: the values that stand in its text. Its author is asked whether they shall be data; once they are, everybody
//! sees them. Until then nobody else sees anything.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp, civil};
use maud::{Markup, html};
use uuid::Uuid;

use super::{
    acts,
    model::{MAX_NOTE, NewObservation, Observed, RangeVersion, crossed},
    parse::{self, Reading},
    read::{self, Of},
    rules::{self, Look},
    views::tile,
};
use crate::words::t;
use crate::{
    Error, FieldError, Result,
    app::App,
    auth::{Actor, token},
    db::Tx,
    japan, opaque_debug,
    web::{
        input,
        ui::{icon, submit, time},
        urls,
    },
};

/// How long an author is asked.
pub(super) const ASKED: SignedDuration = SignedDuration::from_hours(72);

/// A post that may hold values.
pub struct Candidate<'a> {
    pub post: Uuid,
    pub body: &'a str,
    pub at: Timestamp,
    /// Whether the viewer may make data of it.
    pub own: bool,
}

/// What stands under a post.
#[derive(Clone)]
pub enum Strip {
    Offer(Offer),
    Kept { patient: Uuid, values: Vec<(Observed, bool)>, ranges: Vec<RangeVersion> },
}

/// Values to be confirmed.
#[derive(Clone)]
pub struct Offer {
    post: Uuid,
    pub(super) at: Timestamp,
    pub(super) readings: Vec<Reading>,
}

opaque_debug!(Strip, Offer);

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Candidate(…)")
    }
}

/// The strips of some posts of a patient's group, by post. Only the viewer's own posts of the last days are read for values, and
/// the database is asked only where the group has any.
pub async fn strips(
    app: &App,
    tx: &mut Tx,
    (group, patient): (Uuid, Uuid),
    candidates: &[Candidate<'_>],
) -> Result<HashMap<Uuid, Strip>> {
    let posts: Vec<Uuid> = candidates.iter().map(|c| c.post).collect();
    let (mut kept, ranges) = read::of_posts(app, tx, group, &posts).await?;
    let now = Timestamp::now();
    let strip = |c: &Candidate<'_>| {
        if let Some(values) = kept.remove(&c.post) {
            let values =
                values.into_iter().map(|o| (o.measured_at != c.at, o)).map(|(other, o)| (o, other)).collect();
            return Some((c.post, Strip::Kept { patient, values, ranges: ranges.clone() }));
        }
        if !c.own || now.duration_since(c.at) > ASKED {
            return None;
        }
        let readings = parse::parse(c.body);
        (!readings.is_empty()).then_some((c.post, Strip::Offer(Offer { post: c.post, at: c.at, readings })))
    };
    Ok(candidates.iter().filter_map(strip).collect())
}

pub fn strip(strip: &Strip, now: Timestamp) -> Markup {
    match strip {
        Strip::Offer(offer) => asked(offer, now),
        Strip::Kept { patient, values, ranges } => kept(*patient, values, ranges, now),
    }
}

fn kept(patient: Uuid, values: &[(Observed, bool)], ranges: &[RangeVersion], now: Timestamp) -> Markup {
    let standing: Vec<_> = values.iter().filter(|(o, _)| o.withdrawn.is_none()).collect();
    html! {
        div.vital-strip.kept {
            @if standing.is_empty() {
                p.small.soft { (icon("undo")) (t(" この投稿のバイタルの記録は、取り消されました。")) }
            } @else {
                dl.vitals {
                    @for (one, other_time) in standing {
                        @let at = other_time.then(|| time::when(one.measured_at, now));
                        (tile(one, &crossed(ranges, one.sign, &one.values), at.as_deref()))
                    }
                }
            }
            p.small.soft { (icon("log")) (t(" バイタルに記録しました。")) a href=(urls::vitals(patient)) { (t("グラフを見る")) } }
        }
    }
}

fn asked(offer: &Offer, now: Timestamp) -> Markup {
    let id = |name: &str| format!("{name}-{}", offer.post);
    html! {
        form.vital-strip method="post" action=(urls::post_observations(offer.post)) aria-labelledby=(id("vitals")) {
            h4 id=(id("vitals")) { (icon("log")) (t("バイタルとして記録しますか")) }
            input type="hidden" name="seen" value=(seen(&offer.readings));
            ul { @for (n, reading) in offer.readings.iter().enumerate() { (question(offer, n, reading, now)) } }
            @if offer.readings.iter().any(|r| r.clock.is_none()) {
                div.field {
                    label for=(id("measured_at")) { (t("測った時刻")) }
                    input.input id=(id("measured_at")) type="datetime-local" name="measured_at" value=(input::moment_value(offer.at)) required;
                }
            }
            (submit(t("記録する")))
            p.small { (t("この欄は、書いたあなただけに見えています。")) }
        }
    }
}

fn question(offer: &Offer, n: usize, reading: &Reading, now: Timestamp) -> Markup {
    let look = rules::look_of(reading.sign, &reading.values);
    let value =
        format!("{} {}{}", reading.sign.name(), reading.sign.written(&reading.values), reading.sign.unit());
    let at = measured(offer.at, reading).map(|at| time::when(at, now));
    html! {
        li {
            @if look == Look::Impossible {
                p { (icon("alert")) " " b { (value) } (t(" は、ありえない値です。記録しません。まちがいなら、投稿を訂正してください。")) }
            } @else {
                label.check {
                    input type="checkbox" name="take" value=(n) checked[look == Look::Usual];
                    span { b { (value) } @if let Some(how) = &reading.how { " " (how) } @if let Some(at) = at { " " small { (at) } } }
                    @if look == Look::Unusual { span.help { (t("めったにない値です。まちがいなければ、印を付けてください。")) } }
                }
            }
        }
    }
}

/// A time of day in the text means the last one before the post.
pub(super) fn measured(posted: Timestamp, reading: &Reading) -> Option<Timestamp> {
    let (hour, minute) = reading.clock?;
    let clock = civil::Time::new(hour, minute, 0, 0).ok()?;
    let day = time::day_of(posted);
    let on = |day: civil::Date| Some(day.to_datetime(clock).to_zoned(japan::zone()).ok()?.timestamp());
    on(day).filter(|at| *at <= posted).or_else(|| on(day.yesterday().ok()?))
}

/// So that what is confirmed is what was shown, also across a new release.
pub(super) fn seen(readings: &[Reading]) -> String {
    hex::encode(&token::sha256(parse::print(readings).as_bytes())[..8])
}

/// What the author sends.
#[derive(Clone)]
pub struct Confirmed {
    pub(super) seen: String,
    pub(super) take: Vec<usize>,
    /// Of these, the rare ones that are meant.
    pub(super) sure: Vec<usize>,
    /// Of values without a time of day in the text; the post's own time where nothing was said.
    pub(super) measured_at: Result<Option<Timestamp>, FieldError>,
}

opaque_debug!(Confirmed);

impl Confirmed {
    /// Everything that stands in a text, at the time of its post.
    pub fn everything(body: &str) -> Self {
        let readings = parse::parse(body);
        let all: Vec<usize> = (0..readings.len()).collect();
        Self { seen: seen(&readings), sure: all.clone(), take: all, measured_at: Ok(None) }
    }

    /// # Errors
    /// A form that is not the page's own.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self> {
        let fields = input::Fields::only(pairs, &["seen", "take", "measured_at"])?;
        let take = fields
            .all("take")
            .into_iter()
            .map(|n| n.parse().map_err(|_| Error::BadRequest("unreadable_form".into())));
        let take: Vec<usize> = take.collect::<Result<_>>()?;
        Ok(Self {
            // The box of a rare value stands empty until somebody ticks it.
            sure: take.clone(),
            take,
            seen: fields.one("seen").to_owned(),
            measured_at: input::moment("measured_at", fields.one("measured_at")),
        })
    }
}

/// Makes data of the values that the author of a post has ticked; the caller has checked whose post it is, and so does the database.
///
/// # Errors
/// `Invalid` where nothing was ticked, or something that is not there, or the time has not come; `Stale` where the text is read otherwise by now.
pub async fn confirm(
    app: &App,
    who: &Actor,
    group: Uuid,
    candidate: Candidate<'_>,
    confirmed: Confirmed,
) -> Result<Vec<acts::Written>> {
    let readings = parse::parse(candidate.body);
    if seen(&readings) != confirmed.seen {
        return Err(Error::Stale);
    }
    let typed = confirmed.measured_at.map_err(|problem| Error::Invalid(vec![problem]))?;
    if confirmed.take.iter().any(|n| *n >= readings.len()) {
        return Err(Error::invalid("take", "unknown", t("記録する値に印を付けてください。")));
    }
    let mut new = Vec::new();
    for (n, reading) in readings.into_iter().enumerate().filter(|(n, _)| confirmed.take.contains(n)) {
        let one = NewObservation {
            client_id: acts::part_id(candidate.post, &n.to_string()),
            measured_at: measured(candidate.at, &reading).or(typed).unwrap_or(candidate.at),
            timed: true,
            sign: reading.sign,
            values: reading.values,
            device: None,
            site: None,
            post: Some(candidate.post),
            note: reading.how.map(|how| how.chars().take(MAX_NOTE).collect()),
            confirmed: false,
        };
        let unusual = rules::look_of(one.sign, &one.values) == Look::Unusual;
        let one = NewObservation { confirmed: unusual && confirmed.sure.contains(&n), ..one };
        one.check("take", Timestamp::now()).map_err(|problem| Error::Invalid(vec![problem]))?;
        new.push(one);
    }
    if new.is_empty() {
        return Err(Error::invalid("take", "empty", t("記録する値に印を付けてください。")));
    }
    acts::record(app, who, Of::Group(group), &new).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_last_one_before_the_post() {
        let posted: Timestamp = "2026-11-17T00:30:00Z".parse().unwrap();
        let at = |text: &str| measured(posted, &parse::parse(text)[0]).map(|at| at.to_string());
        assert_eq!(at("8:00 体温 36.5").as_deref(), Some("2026-11-16T23:00:00Z"));
        assert_eq!(at("20:00 体温 36.5").as_deref(), Some("2026-11-16T11:00:00Z"), "yesterday evening");
        assert_eq!(at("体温 36.5"), None);
    }
}
