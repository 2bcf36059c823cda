//! Charts as SVG of our own: a title and a description for those who hear the page, a table beside for the exact figures.

use jiff::Timestamp;
use maud::{Markup, html};

use super::store::Sample;
use crate::web::ui::time;
use crate::words::{fill, t};

/// Steps of a day.
pub const STEPS: usize = 144;
pub const STEP_MINUTES: i32 = 10;

/// One figure over the last day, oldest first; `None` where nothing was measured.
#[derive(Debug, Clone)]
pub struct Series {
    pub title: &'static str,
    pub unit: &'static str,
    pub values: Vec<Option<f64>>,
}

impl Series {
    /// Puts samples in their steps. `factor` brings them to the unit.
    pub fn of(
        title: &'static str,
        unit: &'static str,
        name: &str,
        factor: f64,
        since: Timestamp,
        samples: &[Sample],
    ) -> Self {
        let mut values = vec![None; STEPS];
        for sample in samples.iter().filter(|s| s.name == name) {
            let step = sample.at.duration_since(since).as_mins() / i64::from(STEP_MINUTES);
            if let Some(place) = usize::try_from(step).ok().and_then(|n| values.get_mut(n)) {
                *place = Some(sample.value * factor);
            }
        }
        Self { title, unit, values }
    }

    fn highest(&self) -> f64 {
        self.values.iter().flatten().copied().fold(0.0, f64::max)
    }

    fn latest(&self) -> Option<f64> {
        self.values.iter().rev().flatten().next().copied()
    }

    /// What a sighted reader takes in at a glance.
    fn described(&self) -> String {
        match self.latest() {
            Some(latest) => fill(
                t("24時間の最高は{0}{1}、いちばん新しい値は{2}{3}です。"),
                &[("0", &round(self.highest())), ("1", &self.unit), ("2", &round(latest)), ("3", &self.unit)],
            ),
            None => t("この24時間の値はまだありません。").to_owned(),
        }
    }
}

fn round(value: f64) -> String {
    if value >= 100.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

const HEIGHT: f64 = 100.0;
const BAR: f64 = 5.0;

/// Bars from the left (a day ago) to the right (now), and the hours as a table behind one click.
pub fn chart(series: &Series, id: &str, since: Timestamp) -> Markup {
    let (top, described) = (series.highest().max(1.0), series.described());
    let (title_id, desc_id) = (format!("{id}-title"), format!("{id}-desc"));
    html! {
        figure.chart {
            figcaption { b { (series.title) } small { (described) } }
            svg viewBox="0 0 720 112" role="img" aria-labelledby={ (title_id) " " (desc_id) } {
                title id=(title_id) { (series.title) }
                desc id=(desc_id) { (described) }
                line.axis x1="0" y1="100.5" x2="720" y2="100.5" {}
                @for (n, value) in series.values.iter().enumerate().filter_map(|(n, v)| Some((n, (*v)?))) {
                    @let height = (value / top * HEIGHT).max(if value > 0.0 { 1.0 } else { 0.0 });
                    rect.bar x=(n as f64 * BAR) y=(format!("{:.1}", HEIGHT - height)) width="4" height=(format!("{height:.1}")) {}
                }
                @for quarter in 0..4 { line.tick x1=(quarter * 180) y1="100" x2=(quarter * 180) y2="108" {} }
            }
            div.chart-ends { span { (t("24時間前")) } span { (t("いま")) } }
            details { summary { (t("1時間ごとの表")) } (hours(series, since)) }
        }
    }
}

/// The highest of each hour.
fn hours(series: &Series, since: Timestamp) -> Markup {
    let each = 60 / STEP_MINUTES as usize;
    html! {
        table.figures {
            thead { tr { th scope="col" { (t("時刻")) } th scope="col" { (t("最高（")) (series.unit) (t("）")) } } }
            tbody {
                @for (hour, values) in series.values.chunks(each).enumerate() {
                    @let at = since + jiff::SignedDuration::from_hours(i64::try_from(hour).unwrap_or_default());
                    @let highest = values.iter().flatten().copied().reduce(f64::max);
                    tr { th scope="row" { (time::clock(at)) } td { (highest.map_or("—".to_owned(), round)) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fall_into_their_steps_and_gaps_stay_gaps() {
        let since: Timestamp = "2026-11-23T00:00:00Z".parse().expect("a time");
        let sample = |minutes: i64, value| Sample {
            name: "disk_per_mille".into(),
            at: since + jiff::SignedDuration::from_mins(minutes),
            value,
        };
        let series = Series::of(
            "ディスク",
            "％",
            "disk_per_mille",
            0.1,
            since,
            &[sample(0, 500.0), sample(1430, 812.0), sample(1441, 999.0)],
        );
        assert_eq!((series.values[0], series.values[1], series.values[143]), (Some(50.0), None, Some(81.2)));
        assert_eq!(series.described(), "24時間の最高は81.2％、いちばん新しい値は81.2％です。");
        let page = chart(&series, "disk", since).into_string();
        assert_eq!(page.matches("class=\"bar\"").count(), 2);
        assert!(
            page.contains("<title id=\"disk-title\">ディスク</title>") && page.matches("<tr>").count() == 25
        );
    }
}
