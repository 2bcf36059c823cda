//! A calendar as text (RFC 5545, with the name and refresh interval of RFC 7986). Pure.
//!
//! Written here, because what we say is little: times, a fixed title, no rule of recurrence (series are laid out, so that what is
//! moved or called off looks the same in every program). Tests read it with somebody else's parser.

use jiff::{Timestamp, civil::DateTime};
use uuid::Uuid;

use crate::features::visits::model::Kind;

/// One visit. Nothing here is about a patient but a number that the person asked for.
#[derive(Clone)]
pub struct Event {
    pub visit: Uuid,
    /// The day on which the series has it: together with the visit its lasting name.
    pub day: jiff::civil::Date,
    pub kind: Kind,
    pub start: DateTime,
    pub end: DateTime,
    pub cancelled: bool,
    /// The facility's own number of the patient, where it is wanted.
    pub number: Option<String>,
    pub version: i32,
    pub changed_at: Timestamp,
}

crate::opaque_debug!(Event);

/// 訪問(看護).
fn title(event: &Event) -> String {
    let kind = match event.kind {
        Kind::Medical => "診療",
        Kind::Nursing => "看護",
        Kind::Medication => "服薬指導",
        Kind::Care => "介護",
        Kind::Rehabilitation => "リハビリ",
        Kind::Other => "その他",
    };
    match &event.number {
        Some(number) => format!("訪問({kind}) {number}"),
        None => format!("訪問({kind})"),
    }
}

const HEAD: [&str; 17] = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Renkei//Visits//JA",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "NAME:訪問の予定",
    "X-WR-CALNAME:訪問の予定",
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    "X-PUBLISHED-TTL:PT1H",
    // One offset, and no summer time since 1952.
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Tokyo",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0900",
    "TZNAME:JST",
    "END:STANDARD",
];

/// The whole calendar.
pub fn calendar(events: &[Event]) -> String {
    let mut out = String::new();
    for text in HEAD {
        line(&mut out, text);
    }
    line(&mut out, "END:VTIMEZONE");
    for event in events {
        let stamp = event.changed_at.strftime("%Y%m%dT%H%M%SZ");
        let local = |at: DateTime| at.strftime("%Y%m%dT%H%M%S").to_string();
        line(&mut out, "BEGIN:VEVENT");
        line(&mut out, &format!("UID:{}-{}@renkei", event.visit, event.day.strftime("%Y%m%d")));
        line(&mut out, &format!("DTSTAMP:{stamp}"));
        line(&mut out, &format!("LAST-MODIFIED:{stamp}"));
        line(&mut out, &format!("SEQUENCE:{}", event.version));
        line(&mut out, &format!("DTSTART;TZID=Asia/Tokyo:{}", local(event.start)));
        line(&mut out, &format!("DTEND;TZID=Asia/Tokyo:{}", local(event.end)));
        line(&mut out, &format!("SUMMARY:{}", escaped(&title(event))));
        line(&mut out, if event.cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
        line(&mut out, "CLASS:PRIVATE");
        line(&mut out, "END:VEVENT");
    }
    line(&mut out, "END:VCALENDAR");
    out
}

/// A text value: RFC 5545, 3.3.11.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Octets of a line: RFC 5545, 3.1. What is longer goes on in the next one, behind a blank; no character is cut in two.
const OCTETS: usize = 75;

fn line(out: &mut String, text: &str) {
    let mut length = 0;
    for c in text.chars() {
        if length + c.len_utf8() > OCTETS {
            out.push_str("\r\n ");
            length = 1;
        }
        out.push(c);
        length += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn event(number: Option<&str>) -> Event {
        Event {
            visit: Uuid::from_u128(7),
            day: date(2028, 2, 28),
            kind: Kind::Nursing,
            start: date(2028, 2, 29).at(23, 30, 0, 0),
            end: date(2028, 3, 1).at(0, 15, 0, 0),
            cancelled: false,
            number: number.map(str::to_owned),
            version: 3,
            changed_at: "2028-02-01T05:32:00.123456Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_visit_has_its_times_in_japan_a_lasting_name_and_a_title_that_says_nothing_of_whom() {
        let text = calendar(&[event(None)]);
        for expected in [
            "\r\nUID:00000000-0000-0000-0000-000000000007-20280228@renkei\r\n",
            "\r\nDTSTAMP:20280201T053200Z\r\n",
            "\r\nDTSTART;TZID=Asia/Tokyo:20280229T233000\r\n",
            "\r\nDTEND;TZID=Asia/Tokyo:20280301T001500\r\n",
            "\r\nSUMMARY:訪問(看護)\r\n",
            "\r\nTZOFFSETTO:+0900\r\n",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(calendar(&[event(Some("A;1,2\\"))]).contains("SUMMARY:訪問(看護) A\\;1\\,2\\\\\r\n"));
    }

    /// The file that the tests in Python read with somebody else's parser (`tests/calendar_opinion.py`).
    #[test]
    fn the_vector_is_what_we_write() {
        let cancelled = Event {
            visit: Uuid::from_u128(8),
            day: date(2026, 12, 31),
            kind: Kind::Medical,
            start: date(2026, 12, 31).at(10, 0, 0, 0),
            end: date(2026, 12, 31).at(10, 30, 0, 0),
            cancelled: true,
            ..event(None)
        };
        let numbered = Event {
            visit: Uuid::from_u128(9),
            day: date(2027, 1, 1),
            kind: Kind::Care,
            start: date(2027, 1, 1).at(9, 0, 0, 0),
            end: date(2027, 1, 1).at(9, 45, 0, 0),
            ..event(Some(&format!("A;1,2\\ {}", "とても長い番号".repeat(5))))
        };
        let vector = include_str!("../../../../tests/vectors/visits.ics");
        assert_eq!(calendar(&[event(None), cancelled, numbered]), vector);
    }

    proptest! {
        #[test]
        fn whatever_the_number_is_lines_are_short_and_nothing_breaks_out(number in ".{0,200}") {
            let text = calendar(&[event(Some(&number))]);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= OCTETS));
            let unfolded = text.replace("\r\n ", "");
            prop_assert_eq!(unfolded.matches("BEGIN:VEVENT").count(), 1 + number.matches("BEGIN:VEVENT").count());
            prop_assert!(unfolded.split("\r\n").all(|line| line.is_empty() || line.contains(':')));
        }
    }
}
