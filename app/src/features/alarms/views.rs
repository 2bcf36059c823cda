//! The operator's page of what is wrong and how it runs, in plain words.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{
    charts::{self, Series},
    rules::{self, Severity},
    store::{Alarm, Dead, Node, Scheduled},
};
use crate::web::{
    console::{Console, console},
    ui::{Ctx, Tone, callout, icon, time},
    urls,
};
use crate::words::t;

#[derive(Debug)]
pub struct WatchView {
    pub name: String,
    pub alarms: Vec<Alarm>,
    pub series: Vec<(&'static str, Series)>,
    pub since: Timestamp,
    pub nodes: Vec<Node>,
    pub schedules: Vec<Scheduled>,
    pub dead: Vec<Dead>,
    /// Where alarms are told.
    pub mail: bool,
    pub webhook: bool,
    pub now: Timestamp,
}

pub fn watch_page(v: &WatchView, ctx: &Ctx) -> Markup {
    let (open, ended): (Vec<&Alarm>, Vec<&Alarm>) = v.alarms.iter().partition(|a| a.ended_at.is_none());
    let body = html! {
        (channels(v))
        section aria-labelledby="open-head" {
            h2 #open-head { (t("いまの警報")) }
            @if open.is_empty() { (callout(Tone::Success, t("警報はありません"), html! { p { (t("15秒ごとに見ています。")) } })) }
            @for group in by_code(&open) { (open_alarms(&group, v.now)) }
        }
        section aria-labelledby="figures-head" {
            h2 #figures-head { (t("この24時間")) }
            div.charts { @for (id, series) in &v.series { (charts::chart(series, id, v.since)) } }
        }
        (nodes(&v.nodes, v.now))
        (schedules(&v.schedules, v.now))
        @if !v.dead.is_empty() { (dead(&v.dead, v.now)) }
        @if !ended.is_empty() { (past(&ended, v.now)) }
    };
    console(ctx, Console { title: t("見守り"), name: &v.name, current: urls::operator_watch(), body })
}

/// Says so when nobody would hear.
fn channels(v: &WatchView) -> Markup {
    html! {
        @if !v.mail && !v.webhook {
            (callout(Tone::Caution, t("警報を知らせる先がありません"), html! {
                p { (t("いまは、この画面でしか分かりません。設定の ")) code { "[mail]" } (t(" と ")) code { "[watch]" } (t(" の ")) code { "mail_to" } (t(" か ")) code { "webhook" } (t(" を決めてください。")) }
            }))
        }
    }
}

/// Alarms of one kind together, in the order of the first of each.
fn by_code<'a>(open: &[&'a Alarm]) -> Vec<Vec<&'a Alarm>> {
    let mut groups: Vec<Vec<&Alarm>> = Vec::new();
    for alarm in open {
        match groups.iter_mut().find(|g| g[0].code == alarm.code) {
            Some(group) => group.push(alarm),
            None => groups.push(vec![alarm]),
        }
    }
    groups
}

fn open_alarms(group: &[&Alarm], now: Timestamp) -> Markup {
    let Some(first) = group.first() else { return html! {} };
    let rule = rules::find(&first.code);
    let severity = rule.map_or(Severity::Warning, |r| r.severity);
    let tone = match severity {
        Severity::Urgent => Tone::Danger,
        Severity::Warning => Tone::Caution,
        Severity::Notice => Tone::Info,
    };
    let unseen = group.iter().find(|a| a.seen_at.is_none());
    let body = html! {
        p.small {
            b { (severity.word()) }
            @if group.len() == 1 { (t("・")) (one(first, now)) } @else { (t("・")) (group.len()) (t("件")) }
        }
        @if let Some(rule) = rule {
            p { (t(rule.means)) }
            p { b { (t("すること：")) } (t(rule.act)) }
        }
        @if group.len() > 1 {
            details { summary { (t("内わけ")) } ul.stack-s { @for alarm in group { li.small { (one(alarm, now)) } } } }
        }
        @match unseen {
            Some(alarm) => form method="post" action=(urls::operator_alarm_seen(alarm.id)) { button.btn type="submit" { (icon("eye")) (t("見ました")) } },
            None => (seen(first, now)),
        }
    };
    callout(tone, rule.map_or(first.code.as_str(), |r| t(r.title)), body)
}

/// Since when, how much, told or not, about what.
fn one(a: &Alarm, now: Timestamp) -> Markup {
    html! {
        (time::when(a.raised_at, now)) (t("から"))
        (amount(a))
        @if let Some(at) = a.told_at { (t("・")) (time::when(at, now)) (t("に知らせました")) }
        @if !a.subject.is_empty() { (t("・")) code { (a.subject) } }
    }
}

fn seen(a: &Alarm, now: Timestamp) -> Markup {
    html! {
        @if let Some(at) = a.seen_at {
            p.small.soft { (icon("check")) (a.seen_by.as_deref().unwrap_or(t("運営者"))) (t("が見ました（")) (time::when(at, now)) (t("）")) }
        }
    }
}

/// 「・12回」: the most there were.
fn amount(a: &Alarm) -> Markup {
    let unit = rules::find(&a.code).map_or("", |r| t(r.unit));
    html! { @if !unit.is_empty() { (t("・")) (a.number) (unit) } }
}

fn nodes(nodes: &[Node], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="nodes-head" {
            h2 #nodes-head { (t("サーバー")) }
            div.table-scroll tabindex="0" { table.figures {
                thead { tr { th scope="col" { (t("名前")) } th scope="col" { (t("版")) } th scope="col" { (t("さいごの応答")) } th scope="col" { (t("時計のずれ")) } th scope="col" { (t("ディスク")) } } }
                tbody { @for n in nodes { tr {
                    th scope="row" { (n.name) }
                    td { (n.version) }
                    td { (time::when(n.seen_at, now)) @if n.stopped_at.is_some() { (t("（止めました）")) } }
                    td { (n.clock_offset_ms) (t("ミリ秒")) @if n.ntp == "unsynchronised" { (t("・時刻合わせが効いていません")) } }
                    td { @for (folder, used) in &n.disks { div { code { (folder) } " " (used / 10) (t("％")) } } }
                } } }
            } }
        }
    }
}

fn schedules(all: &[Scheduled], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="schedules-head" {
            h2 #schedules-head { (t("決まった時刻の仕事")) }
            div.table-scroll tabindex="0" { table.figures {
                thead { tr { th scope="col" { (t("仕事")) } th scope="col" { (t("さいご")) } th scope="col" { (t("結果")) } th scope="col" { (t("さいごにうまくいった")) } } }
                tbody { @for s in all { tr {
                    th scope="row" { (schedule_name(&s.name)) }
                    td { (s.finished_at.map_or("—".to_owned(), |at| time::when(at, now))) }
                    td { (s.outcome.as_deref().map_or("—", outcome)) }
                    td { (s.went_well_at.map_or("—".to_owned(), |at| time::when(at, now))) }
                } } }
            } }
        }
    }
}

fn schedule_name(code: &str) -> &str {
    match code {
        "watch_alarms" => t("警報の見回り"),
        "watch_fingerprint" => t("システムの変更の見はり"),
        "forget_old_jobs" => t("終わった仕事の片づけ"),
        "forget_old_events" => t("古い通知の片づけ"),
        "forget_old_samples" => t("古い数字の片づけ"),
        "close_days" => t("稼働率の締め"),
        "try_front" => t("入口の守り（WAF）の試し"),
        "backup" => t("バックアップ"),
        "backup_drill" => t("復元の練習"),
        "backup_files" => t("ファイルの写し"),
        "backup_heartbeat" => t("時刻の刻み"),
        "backup_heads" => t("記録の控えの公表"),
        "backup_generations" => t("バックアップの世代の点検"),
        "backup_vault" => t("保管庫の見はり"),
        "checkpoint_copies" => t("記録の控えの写し"),
        other => other,
    }
}

fn outcome(code: &str) -> &str {
    match code {
        "done" => t("うまくいきました"),
        "failed" => t("失敗しました"),
        "panicked" => t("不具合で止まりました"),
        "nothing_yet" => t("まだすることがありません"),
        other => other,
    }
}

fn dead(all: &[Dead], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="dead-head" {
            h2 #dead-head { (t("終わらなかった仕事")) }
            div.table-scroll tabindex="0" { table.figures {
                thead { tr { th scope="col" { (t("種類")) } th scope="col" { (t("理由")) } th scope="col" { (t("試した回数")) } th scope="col" { (t("あきらめた時刻")) } th scope="col" { "" } } }
                tbody { @for job in all { tr {
                    th scope="row" { (kind(&job.kind)) }
                    td { code { (job.last_error.as_deref().unwrap_or("—")) } }
                    td { (job.tries) (t("回")) }
                    td { (time::when(job.ended_at, now)) }
                    td { form method="post" action=(urls::operator_job_again(job.id)) { button.btn.quiet type="submit" { (icon("retry")) (t("もう一度")) } } }
                } } }
            } }
        }
    }
}

fn kind(code: &str) -> &str {
    match code {
        "mail" => t("メール"),
        "webhook" => t("外への知らせ"),
        other => other,
    }
}

fn past(ended: &[&Alarm], now: Timestamp) -> Markup {
    html! {
        section aria-labelledby="past-head" {
            h2 #past-head { (t("終わった警報")) }
            ul.panel.flush.rows {
                @for a in ended { li.entry-row {
                    span {}
                    div {
                        b { (rules::find(&a.code).map_or(a.code.as_str(), |r| t(r.title))) }
                        small {
                            (time::when(a.raised_at, now)) (t("から"))
                            @if let Some(at) = a.ended_at { (time::when(at, now)) (t("まで")) }
                            (amount(a))
                            @if a.seen_at.is_none() { (t("・だれも見ていません")) }
                        }
                    }
                } }
            }
        }
    }
}
