//! One sign over some days as SVG of our own: no script, no style, and the exact figures in the table beside it.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use maud::{Markup, html};

use super::{
    model::{Chart, Observed},
    rules::{Range, Side},
    sign::{Amount, Sign},
};
use crate::words::{fill, t};
use crate::{japan, web::ui::time};

/// The drawing in its own units: as wide as the narrowest phone, so that its words are never smaller than the page's.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 30.0;

/// From the beginning of a day until now.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub days: u16,
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Window {
    /// So many days, today with them.
    pub fn of(days: u16, now: Timestamp) -> Self {
        let first = time::day_of(now).checked_sub(i64::from(days.max(1) - 1).days()).unwrap_or(Date::MIN);
        let from = first.to_zoned(japan::zone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp());
        let until = time::end_of_day(time::day_of(now)).unwrap_or(now);
        Self { days, from, until }
    }

    fn x(&self, at: Timestamp) -> f64 {
        let whole = self.until.duration_since(self.from).as_secs_f64();
        LEFT + at.duration_since(self.from).as_secs_f64() / whole * (WIDTH - LEFT - RIGHT)
    }

    /// Longer than this without a value is a gap.
    fn gap(&self) -> SignedDuration {
        SignedDuration::from_hours(match self.days {
            0..=7 => 36,
            8..=30 => 24 * 4,
            _ => 24 * 10,
        })
    }

    /// Days with a line, each with whether it is named.
    fn marks(&self) -> Vec<(Timestamp, Option<String>)> {
        let (every, named) = match self.days {
            0..=7 => (1, 2),
            8..=30 => (1, 7),
            _ => (7, 21),
        };
        let mark = |n: usize| {
            let at = self.from + SignedDuration::from_hours(24 * i64::try_from(n * every).ok()?);
            let date = time::day_of(at);
            let name = (n * every).is_multiple_of(named).then(|| format!("{}/{}", date.month(), date.day()));
            (at < self.until).then_some((at, name))
        };
        (0..usize::from(self.days)).map_while(mark).collect()
    }
}

/// Heights of values, between the ends of the scale.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// Everything that is shown, and a little room.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = values.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        let room = ((high - low) * 0.1).max(0.5);
        (low, high) = ((low - room).max(0.0), high + room);
        let steps = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];
        let step = steps.into_iter().find(|step| (high - low) / step <= 4.5).unwrap_or(1000.0);
        Self { low, high, step }
    }

    fn y(&self, value: f64) -> f64 {
        TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)
    }

    fn lines(&self) -> Vec<f64> {
        let first = (self.low / self.step).ceil();
        (0..10).map(|n| (first + f64::from(n)) * self.step).take_while(|value| *value <= self.high).collect()
    }
}

fn place(n: f64) -> String {
    format!("{n:.1}")
}

/// The figure of a sign, for measurements that count, in any order. Nothing to draw where there are none.
pub fn figure(chart: &Chart, sign: Sign, window: Window) -> Option<Markup> {
    let mut shown: Vec<&Observed> = chart.observed.iter().filter(|o| o.sign == sign && o.counts()).collect();
    if shown.is_empty() {
        return None;
    }
    shown.sort_by_key(|o| (o.measured_at, o.seq));
    let ranges: Vec<Range> = sign.parts().iter().map(|part| chart.range(part)).collect();
    let ends = ranges.iter().flat_map(|range| [range.low, range.high]).flatten();
    let scale =
        Scale::of(shown.iter().flat_map(|o| o.values.iter().copied()).chain(ends).map(Amount::as_f64));
    let said = described(chart, sign, &shown);
    let key = sign.key();
    Some(html! {
        figure.vital-chart {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby={ (key) "-chart-title " (key) "-chart-desc" } {
                title id={ (key) "-chart-title" } { (sign.name()) (t("のグラフ")) }
                desc id={ (key) "-chart-desc" } { (said) }
                @for range in &ranges { (shade(*range, scale)) }
                (frame(window, scale))
                @if sign == Sign::BloodPressure { @for one in &shown { (bar(chart, one, window, scale)) } }
                @else { (line(&shown, window, scale)) @for one in &shown { (point(chart, one, window, scale)) } }
            }
            figcaption { (said) }
        }
    })
}

/// What a sighted reader takes in at a glance.
fn described(chart: &Chart, sign: Sign, shown: &[&Observed]) -> String {
    let parts = sign.parts().iter().enumerate().map(|(n, part)| {
        let values = || shown.iter().map(|o| o.values[n]);
        let (low, high) =
            (values().min().unwrap_or(Amount::whole(0)), values().max().unwrap_or(Amount::whole(0)));
        let name = if sign.parts().len() > 1 { t(part.name) } else { "" };
        fill(
            t("{name}{low}〜{high}{0}"),
            &[("name", &name), ("low", &low), ("high", &high), ("0", &sign.unit())],
        )
    });
    let crossed = shown.iter().filter(|o| chart.crossed(sign, &o.values).iter().any(Option::is_some)).count();
    let beyond = if crossed > 0 {
        fill(t("。範囲をこえたのは{crossed}回"), &[("crossed", &crossed)])
    } else {
        String::new()
    };
    fill(
        t("{0}回の測定。{1}{beyond}。"),
        &[("0", &shown.len()), ("1", &(parts.collect::<Vec<_>>().join(t("、")))), ("beyond", &beyond)],
    )
}

fn shade(range: Range, scale: Scale) -> Markup {
    if range.is_empty() {
        return html! {};
    }
    let top = scale.y(range.high.map_or(scale.high, Amount::as_f64));
    let bottom = scale.y(range.low.map_or(scale.low, Amount::as_f64));
    html! { rect.within x=(LEFT) y=(place(top)) width=(WIDTH - LEFT - RIGHT) height=(place(bottom - top)) {} }
}

fn frame(window: Window, scale: Scale) -> Markup {
    let floor = HEIGHT - BOTTOM;
    html! {
        @for value in scale.lines() {
            line.grid x1=(LEFT) y1=(place(scale.y(value))) x2=(WIDTH - RIGHT) y2=(place(scale.y(value))) {}
            text.scale x=(LEFT - 5.0) y=(place(scale.y(value) + 4.5)) text-anchor="end" { (value) }
        }
        @for (at, name) in window.marks() {
            @let x = place(window.x(at));
            line.tick x1=(x) y1=(floor) x2=(x) y2=(floor + if name.is_some() { 8.0 } else { 4.0 }) {}
            @if let Some(name) = name { text.day x=(x) y=(HEIGHT - 8.0) { (name) } }
        }
        line.axis x1=(LEFT) y1=(floor) x2=(WIDTH - RIGHT) y2=(floor) {}
    }
}

/// What stands at a point: for the pointer, and for whoever reads the drawing.
fn name(one: &Observed) -> String {
    let at = one.measured_at.to_zoned(japan::zone());
    let (value, unit) = (one.sign.written(&one.values), one.sign.unit());
    format!("{}/{} {} {value}{unit}", at.month(), at.day(), time::of_day(at.time()))
}

/// From systolic to diastolic pressure.
fn bar(chart: &Chart, one: &Observed, window: Window, scale: Scale) -> Markup {
    let x = window.x(one.measured_at);
    let (top, bottom) = (scale.y(one.values[0].as_f64()), scale.y(one.values[1].as_f64()));
    let sides = chart.crossed(one.sign, &one.values);
    let side = sides.iter().flatten().next();
    html! {
        g class=(if side.is_some() { "mark out" } else { "mark" }) {
            title { (name(one)) @if let Some(side) = side { " " (side.word()) } }
            line.bar x1=(place(x)) y1=(place(top)) x2=(place(x)) y2=(place(bottom)) {}
            line.end x1=(place(x - 3.0)) y1=(place(top)) x2=(place(x + 3.0)) y2=(place(top)) {}
            line.end x1=(place(x - 3.0)) y1=(place(bottom)) x2=(place(x + 3.0)) y2=(place(bottom)) {}
        }
    }
}

/// Joined where values follow each other, open where none were taken.
fn line(shown: &[&Observed], window: Window, scale: Scale) -> Markup {
    let apart = |pair: &&Observed, next: &&Observed| {
        next.measured_at.duration_since(pair.measured_at) <= window.gap()
    };
    html! {
        @for run in shown.chunk_by(apart) {
            @if run.len() > 1 {
                polyline.run points=(run.iter().map(|o| format!("{},{}", place(window.x(o.measured_at)), place(scale.y(o.values[0].as_f64())))).collect::<Vec<_>>().join(" ")) {}
            }
        }
    }
}

/// A dot; a lozenge with a word above it where the value lies beyond the range.
fn point(chart: &Chart, one: &Observed, window: Window, scale: Scale) -> Markup {
    let (x, y) = (window.x(one.measured_at), scale.y(one.values[0].as_f64()));
    match chart.crossed(one.sign, &one.values)[0] {
        None => html! { circle.mark cx=(place(x)) cy=(place(y)) r="3" { title { (name(one)) } } },
        Some(side) => html! {
            g.mark.out {
                title { (name(one)) " " (side.word()) }
                polygon points=(lozenge(x, y)) {}
                text x=(place(x)) y=(place(if side == Side::High { y - 8.0 } else { y + 20.0 })) text-anchor="middle" { (side.short()) }
            }
        },
    }
}

fn lozenge(x: f64, y: f64) -> String {
    let corners = [(x, y - 6.0), (x + 6.0, y), (x, y + 6.0), (x - 6.0, y)];
    corners.map(|(x, y)| format!("{},{}", place(x), place(y))).join(" ")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{
        super::model::{RangeVersion, Source},
        *,
    };
    use crate::people::StaffBody;

    fn by() -> StaffBody {
        StaffBody {
            id: Uuid::nil(),
            name: "見本".into(),
            profession: "nurse".into(),
            facility: "見本".into(),
        }
    }

    fn observed(sign: Sign, values: &[&str], at: &str) -> Observed {
        Observed {
            id: Uuid::nil(),
            seq: 1,
            sign,
            values: values.iter().map(|v| v.parse().unwrap()).collect(),
            measured_at: at.parse().unwrap(),
            recorded_at: at.parse().unwrap(),
            by: by(),
            device: None,
            site: None,
            post: None,
            note: None,
            confirmed: false,
            source: Source::Stands,
            withdrawn: None,
        }
    }

    fn window() -> Window {
        Window::of(30, "2026-11-17T05:32:00Z".parse().unwrap())
    }

    fn drawn(observed: Vec<Observed>, ranges: Vec<RangeVersion>, sign: Sign) -> String {
        let chart = Chart { observed, ranges, pictures: Vec::new() };
        figure(&chart, sign, window()).unwrap().into_string()
    }

    /// Every number behind `name="` in a drawing's elements of a class.
    fn numbers(svg: &str, element: &str, name: &str) -> Vec<f64> {
        let attribute = |part: &str| {
            let from = part.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            part[from..].split('"').next().unwrap().parse().unwrap()
        };
        svg.split(element).skip(1).map(attribute).collect()
    }

    #[test]
    fn points_lie_where_their_values_are() {
        let values = ["36.1", "36.9", "36.5", "37.3"];
        let at = |n: usize| format!("2026-11-{:02}T00:00:00Z", 10 + n);
        let all = values.iter().enumerate().map(|(n, v)| observed(Sign::Temperature, &[v], &at(n))).collect();
        let svg = drawn(all, Vec::new(), Sign::Temperature);
        let (x, y) =
            (numbers(&svg, "<circle class=\"mark\"", "cx"), numbers(&svg, "<circle class=\"mark\"", "cy"));
        assert_eq!(y.len(), 4);
        // The height of a point is a straight function of its value, the higher the further up.
        let of = |n: usize| values[n].parse::<f64>().unwrap();
        let per_degree = (y[1] - y[0]) / (of(1) - of(0));
        assert!(per_degree < 0.0);
        for n in 1..4 {
            assert!((y[n] - y[0] - per_degree * (of(n) - of(0))).abs() < 0.2, "{y:?}");
            assert!((x[n] - x[n - 1] - (x[1] - x[0])).abs() < 0.2, "days are equally wide: {x:?}");
        }
        for value in values {
            assert!(svg.contains(&format!("{value}℃")), "{value} is named");
        }
        assert!(svg.contains("4回の測定。36.1〜37.3℃"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("<script"), "presentation attributes only");
    }

    #[test]
    fn a_line_is_open_where_nothing_was_measured() {
        let days = ["2026-10-20", "2026-10-21", "2026-11-10", "2026-11-11"];
        let all = days.iter().map(|d| observed(Sign::Pulse, &["72"], &format!("{d}T00:00:00Z"))).collect();
        let svg = drawn(all, Vec::new(), Sign::Pulse);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (2, 4));
    }

    #[test]
    fn pressure_is_a_bar_from_one_value_to_the_other_and_crossing_is_said_in_words() {
        let part = &Sign::BloodPressure.parts()[0];
        let high = |text: &str| Range { low: None, high: Some(text.parse().unwrap()) };
        let version = RangeVersion {
            part,
            range: high("140"),
            reason: String::new(),
            at: Timestamp::UNIX_EPOCH,
            by: by(),
        };
        let all = vec![
            observed(Sign::BloodPressure, &["128", "76"], "2026-11-10T00:00:00Z"),
            observed(Sign::BloodPressure, &["152", "76"], "2026-11-11T00:00:00Z"),
        ];
        let svg = drawn(all, vec![version], Sign::BloodPressure);
        let (top, bottom) =
            (numbers(&svg, "<line class=\"bar\"", "y1"), numbers(&svg, "<line class=\"bar\"", "y2"));
        assert_eq!(top.len(), 2);
        let per_unit = (bottom[0] - top[0]) / 52.0;
        assert!(((bottom[1] - top[1]) - per_unit * 76.0).abs() < 0.2);
        let shade = numbers(&svg, "<rect class=\"within\"", "y")[0];
        assert!((shade - (top[1] + per_unit * 12.0)).abs() < 0.2, "the shade ends at 140");
        assert!(svg.contains("152/76mmHg 範囲より高い") && svg.contains("範囲をこえたのは1回"));
        assert_eq!(svg.matches("mark out").count(), 1);
    }

    #[test]
    fn what_was_withdrawn_is_not_drawn() {
        let mut gone = observed(Sign::Pulse, &["72"], "2026-11-10T00:00:00Z");
        gone.source = Source::Withdrawn;
        let chart = Chart { observed: vec![gone], ..Chart::default() };
        assert!(figure(&chart, Sign::Pulse, window()).is_none());
    }

    #[test]
    fn a_window_begins_with_a_day_of_japan() {
        let seven = Window::of(7, "2026-11-17T05:32:00Z".parse().unwrap());
        assert_eq!(seven.from.to_string(), "2026-11-10T15:00:00Z");
        assert_eq!(seven.marks().len(), 7);
        assert_eq!(seven.marks()[0].1.as_deref(), Some("11/11"));
    }
}
