"""Reads the calendar that we write with somebody else's parser: tests/vectors/visits.ics, which a test of the program holds equal
to what the feed gives. A second way of reading times, folding and escapes."""

import datetime
import pathlib
import sys

import icalendar

VECTOR = pathlib.Path(__file__).parent / "vectors" / "visits.ics"
TOKYO = datetime.timezone(datetime.timedelta(hours=9))


def at(*parts):
    return datetime.datetime(*parts, tzinfo=TOKYO)


def main():
    raw = VECTOR.read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n")), "a line is longer than 75 octets"
    calendar = icalendar.Calendar.from_ical(raw)
    assert not calendar.errors, calendar.errors
    assert str(calendar["VERSION"]) == "2.0" and str(calendar["NAME"]) == "訪問の予定"
    zones = list(calendar.walk("VTIMEZONE"))
    assert [str(zone["TZID"]) for zone in zones] == ["Asia/Tokyo"], zones
    found = []
    for event in calendar.walk("VEVENT"):
        assert not event.errors, event.errors
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        assert start.utcoffset() == datetime.timedelta(hours=9), "the zone is that of Japan"
        found.append((start, end - start, str(event["SUMMARY"]), str(event["STATUS"])))
        assert event["DTSTAMP"].dt == datetime.datetime(2028, 2, 1, 5, 32, tzinfo=datetime.timezone.utc)
    minutes = lambda n: datetime.timedelta(minutes=n)
    assert found == [
        (at(2028, 2, 29, 23, 30), minutes(45), "訪問(看護)", "CONFIRMED"),
        (at(2026, 12, 31, 10, 0), minutes(30), "訪問(診療)", "CANCELLED"),
        (at(2027, 1, 1, 9, 0), minutes(45), "訪問(介護) A;1,2\\ " + "とても長い番号" * 5, "CONFIRMED"),
    ], found
    uids = [str(event["UID"]) for event in calendar.walk("VEVENT")]
    assert len(set(uids)) == 3, uids
    print("calendar: read by another parser,", len(found), "visits")


if __name__ == "__main__":
    sys.exit(main())
