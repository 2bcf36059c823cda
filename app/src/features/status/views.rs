//! The status page for everybody, and its copy for when no node answers.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    board::{Day, Month, Snapshot},
    figures::{Figures, Work},
    probe::{Door, Kind},
};
use crate::words::{fill, t, t_in};
use crate::{
    app::App,
    features::documents::policies::views::public_page,
    service::InForce,
    web::{
        page::grouped,
        ui::{Ctx, Tone, callout, mode_times, time},
        urls,
    },
};

/// A try that failed is no outage before this many seconds.
const SHUT: i64 = 5;
/// A door through which nobody came for this many seconds tells nothing.
const STALE: i64 = 90;
/// Days of the strip.
const STRIP: usize = 90;

/// How it is now, as this node's own synthetic user finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Now {
    /// Reading and writing work.
    Working,
    /// Reading works, writing does not.
    Reading,
    /// Nobody comes in.
    Down,
    /// Nobody has set out yet.
    Unknown,
}

#[derive(Debug)]
pub struct StatusView {
    pub now: Now,
    /// Since when it is so, where it is not as it should be.
    pub since: Option<Timestamp>,
    pub known: Option<std::sync::Arc<Snapshot>>,
    pub at: Timestamp,
}

impl StatusView {
    pub fn of(app: &App, at: Timestamp) -> Self {
        let (now, since) = judge(app.status.book.door(Kind::Read), app.status.book.door(Kind::Write), at);
        Self { now, since, known: app.status.known(), at }
    }

    fn mode(&self) -> Option<&InForce> {
        self.known.as_ref()?.mode.as_ref()
    }

    fn works(&self) -> &[Work] {
        self.known.as_ref().map_or(&[], |known| &known.works)
    }

    fn work_now(&self) -> Option<&Work> {
        self.works().iter().find(|w| w.from <= self.at && self.at < w.to)
    }
}

fn judge(read: Door, write: Door, at: Timestamp) -> (Now, Option<Timestamp>) {
    let shut = |door: Door| door.shut_since.filter(|since| at.duration_since(*since).as_secs() >= SHUT);
    let heard = |door: Door| {
        door.shut_since.is_some()
            || door.answered.is_some_and(|answered| at.duration_since(answered).as_secs() < STALE)
    };
    match (shut(read), shut(write)) {
        (Some(since), _) => (Now::Down, Some(since)),
        (None, Some(since)) => (Now::Reading, Some(since)),
        (None, None) if heard(read) && heard(write) => (Now::Working, None),
        (None, None) => (Now::Unknown, None),
    }
}

/// Millionths as `99.9998 %`.
pub fn percent(per_million: Option<u64>) -> String {
    per_million.map_or_else(|| "—".to_owned(), |n| format!("{}.{:04} %", n / 10_000, n % 10_000))
}

pub fn status_page(v: &StatusView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("稼働の状況")) }
        (now(v))
        (body(v))
        p.no-print { a href=(urls::public_incidents()) { (t("インシデントのお知らせ")) } (t("　")) a href=(urls::disclosure()) { (t("安全管理に関する情報提供")) } (t("　")) a href=(urls::support()) { (t("お問い合わせ")) } }
    };
    public_page(ctx, t("稼働の状況"), main)
}

fn now(v: &StatusView) -> Markup {
    let since = |words: &str| {
        v.since.map_or_else(String::new, |at| {
            fill(t("{0}から、{words}"), &[("0", &time::when(at, v.at)), ("words", &words)])
        })
    };
    html! {
        (announced(v))
        @match v.now {
            Now::Working => (callout(Tone::Success, t("いま、使えています"), html! { p { (t("読むことも、書くこともできています。")) } })),
            Now::Reading => (callout(Tone::Caution, t("いま、読むことだけができます"), html! {
                p { (since(t("書きこみができていません。"))) }
                p { (t("書いたものは端末に残り、直ったあとに自動で送られます。")) (safe(v)) }
            })),
            Now::Down => (callout(Tone::Danger, t("いま、使えません"), html! {
                p { (since(t("つながりません。直しています。"))) }
                p { (safe(v)) (t("急ぎの連絡は電話でお願いします。")) }
            })),
            Now::Unknown => (callout(Tone::Info, t("いまの様子を確かめています"), html! { p { (t("始まったばかりなら、1分ほどで分かります。長く続くときは、お問い合わせください。")) } })),
        }
    }
}

/// Said only while nothing acknowledged has been missed today.
fn safe(v: &StatusView) -> &'static str {
    let today = v.known.as_ref().and_then(|known| known.days.last());
    if today.is_none_or(|day| day.both().lost == 0) {
        t("これまでの記録は無事です。")
    } else {
        ""
    }
}

/// Announced work and the mode, for the page and its copy.
fn announced(v: &StatusView) -> Markup {
    html! {
        @if let Some(mode) = v.mode() {
            (callout(Tone::Caution, mode.mode.meaning(), html! { p { (mode.reason) } p.small { (mode_times(mode)) } }))
        }
        @if let Some(work) = v.work_now() {
            (callout(Tone::Caution, t("お知らせしていた作業をしています"), html! { p { (work.what) } p.small { (span(work, v.at)) } }))
        }
    }
}

fn span(work: &Work, now: Timestamp) -> String {
    fill(t("{0} から {1} まで"), &[("0", &time::when(work.from, now)), ("1", &time::in_day(work.to, now))])
}

fn body(v: &StatusView) -> Markup {
    let Some(known) = &v.known else {
        return html! { p { (t("まだ測った値がありません。")) } };
    };
    let lost = known.whole().lost;
    let coming: Vec<&Work> = known.works.iter().filter(|w| w.to > v.at).collect();
    let past: Vec<&Work> = known.works.iter().filter(|w| w.to <= v.at).rev().take(12).collect();
    html! {
        @if lost > 0 {
            (callout(Tone::Danger, t("保存したはずの書きこみが、見つからなかったことがあります"), html! { p { (grouped(lost)) (t("回ありました。くわしくはインシデントのお知らせをご覧ください。")) } }))
        }
        @if !coming.is_empty() {
            section { h2 { (t("これからの作業")) } ul.points { @for w in &coming { li { b { (span(w, v.at)) } (t("　")) (w.what) } } } }
        }
        section {
            h2 { (t("月ごとの稼働率")) }
            (months(&known.months()))
            p.small { (t("最後に集めた時刻 ")) (time::to_the_second(known.at)) }
        }
        @if !known.days.is_empty() {
            section { h2 { (t("この")) (STRIP) (t("日")) } (strip(known)) }
        }
        @if !past.is_empty() {
            section { h2 { (t("これまでの作業")) } ul.points { @for w in &past { li { b { (span(w, v.at)) } (t("　")) (w.what) } } } }
        }
        section {
            h2 { (t("どう測っているか")) }
            ul.points {
                li { (t("サーバーごとに、5秒に1回、利用者と同じ入口から、読むことと書くことを1つずつ試しています。")) }
                li { (t("稼働率は、60秒のうちに成功した割合です。つながらないとき、端末の画面は自動でくり返し送るので、それと同じ数えかたです。3秒のうちに成功した割合も並べています。")) }
                li { (t("試す役も動いていなかった時間は、その時にはじめた人が60秒のうちに成功できたかどうかで数えます。「3秒のうち」には数えません。")) }
                li { (t("24時間より前にお知らせした作業の時間は、稼働率に入れず、別に示しています。あとからのお知らせは、除けません。")) }
                li { (t("値は切り捨てです。よく見せるための丸めはしていません。")) }
            }
        }
    }
}

fn months(all: &[Month]) -> Markup {
    const HEADS: [&str; 7] = [
        "月",
        "稼働率（60秒のうち）",
        "書くことだけの稼働率",
        "3秒のうち",
        "いちばん長く使えなかった時間",
        "試した回数",
        "お知らせした作業",
    ];
    html! {
        @if all.is_empty() { p { (t("まだ測った値がありません。")) } }
        @else {
            table.sheet-table.brief {
                thead { tr { @for head in HEADS.map(t) { th scope="col" { (head) } } } }
                tbody {
                    @for m in all {
                        @let cells = month_cells(m);
                        tr {
                            td data-head=(t(HEADS[0])) { b { (m.year) (t_in("年", "before the month")) (m.month) (t_in("月", "after the year")) } }
                            @for (head, cell) in HEADS[1..].iter().zip(cells) { td data-head=(t(head)) { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

fn month_cells(month: &Month) -> [String; 6] {
    let f = month.figures;
    let planned = if f.planned == 0 {
        t("なし").to_owned()
    } else {
        fill(t("{0}回のうち{1}回成功"), &[("0", &grouped(f.planned)), ("1", &grouped(f.planned_within))])
    };
    [
        percent(f.per_million()),
        percent(month.write.per_million()),
        percent(f.at_once_per_million()),
        if f.longest_seconds == 0 { t("なし").to_owned() } else { length(f.longest_seconds) },
        fill(t("{0}回"), &[("0", &grouped(f.asked))]),
        planned,
    ]
}

/// Seconds in words.
pub fn length(seconds: u64) -> String {
    match seconds {
        s @ 0..120 => fill(t("{s}秒"), &[("s", &s)]),
        s @ 120..7200 => fill(t("{0}分"), &[("0", &s.div_ceil(60))]),
        s => fill(t("{0}時間"), &[("0", &s.div_ceil(3600))]),
    }
}

/// How a day went: class of the bar, and words.
fn grade(f: Figures) -> (&'static str, &'static str) {
    match f.per_million() {
        None => ("bar none", t("測っていません")),
        Some(1_000_000) if f.longest_seconds < 60 => ("bar", t("よく動いていました")),
        Some(999_000..) => ("bar some", t("短い止まりがありました")),
        Some(_) => ("bar bad", t("止まりがありました")),
    }
}

/// A bar for each day, and the same as a table behind one click.
fn strip(known: &Snapshot) -> Markup {
    let days: Vec<&Day> = known.days.iter().rev().take(STRIP).collect();
    let troubled: Vec<&&Day> = days.iter().filter(|d| grade(d.both()).0 != "bar").collect();
    html! {
        figure.chart.day-strip {
            svg viewBox=(format!("0 0 {} 40", STRIP * 8)) role="img" aria-labelledby="strip-title strip-desc" {
                title id="strip-title" { (t("日ごとの様子")) }
                desc id="strip-desc" { (t("測った")) (days.len()) (t("日のうち、止まりのあった日は")) (troubled.len()) (t("日です。")) }
                @for (n, day) in days.iter().enumerate() {
                    @let (class, words) = grade(day.both());
                    @let low = class != "bar";
                    rect class=(class) x=((STRIP - 1 - n) * 8) y=(if low { "14" } else { "2" }) width="6" height=(if low { "24" } else { "36" }) { title { (day.day) " " (words) } }
                }
            }
            div.chart-ends { span { (STRIP) (t("日前")) } span { (t("今日")) } }
            details {
                summary { (t("止まりのあった日の表")) }
                @if troubled.is_empty() { p { (t("止まりのあった日はありません。")) } }
                @else {
                    table.figures {
                        thead { tr { th scope="col" { (t("日")) } th scope="col" { (t("読む")) } th scope="col" { (t("書く")) } th scope="col" { (t("いちばん長く使えなかった時間")) } } }
                        tbody { @for d in &troubled { tr {
                            th scope="row" { (d.day) }
                            td { (percent(d.read.per_million())) }
                            td { (percent(d.write.per_million())) }
                            td { (length(d.both().longest_seconds)) }
                        } } }
                    }
                }
            }
        }
    }
}

/// A page by itself, for a web server that has nothing else of the product.
pub fn copy(v: &StatusView) -> Markup {
    const STYLE: &str = "body{font-family:sans-serif;line-height:1.8;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1a1a1c;background:#fff}.callout{border:2px solid #626264;border-radius:12px;padding:.5rem 1rem;margin:1rem 0}.callout svg{display:none}.strong{font-weight:700;font-size:1.25rem}table{border-collapse:collapse;width:100%}th,td{border:1px solid #949494;padding:.3rem .5rem;text-align:left}svg{width:100%;height:auto}rect{fill:#197a4b}rect.some{fill:#927200}rect.bad{fill:#ce0000}rect.none{fill:#949494}figure{margin:0}@media(prefers-color-scheme:dark){body{background:#1a1a1c;color:#f2f2f2}}";
    html! {
        (DOCTYPE)
        html lang=(crate::words::language().code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="refresh" content="60";
                title { (t("稼働の状況")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (t("稼働の状況")) }
                (callout(Tone::Caution, t("いま、サーバーが答えていません"), html! {
                    p { (t("この画面は ")) (time::to_the_second(v.at)) (t(" に保存したものです。書いたものは端末に残り、直ったあとに自動で送られます。急ぎの連絡は電話でお願いします。")) }
                }))
                (announced(v))
                (body(v))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_867_200 + seconds).expect("a time")
    }

    #[test]
    fn one_failed_try_is_no_outage_and_silence_is_no_good_news() {
        let open = Door { answered: Some(at(0)), ..Door::default() };
        let shut = |since| Door { shut_since: Some(at(since)), ..open };
        assert_eq!(judge(Door::default(), Door::default(), at(0)).0, Now::Unknown);
        assert_eq!(judge(open, open, at(10)), (Now::Working, None));
        assert_eq!(judge(open, shut(8), at(10)), (Now::Working, None));
        assert_eq!(judge(open, shut(4), at(10)), (Now::Reading, Some(at(4))));
        assert_eq!(judge(shut(3), shut(4), at(10)), (Now::Down, Some(at(3))));
        assert_eq!(judge(open, open, at(100)).0, Now::Unknown);
    }

    #[test]
    fn shares_are_shown_with_four_places_and_never_rounded_up() {
        assert_eq!(percent(Some(999_998)), "99.9998 %");
        assert_eq!(percent(Some(1_000_000)), "100.0000 %");
        assert_eq!(percent(Some(7)), "0.0007 %");
        assert_eq!(percent(None), "—");
        assert_eq!([length(25), length(121), length(7200)], ["25秒", "3分", "2時間"]);
    }
}
