//! お知らせの設定.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{Device, Level, Names, Settings, Test, weekday};
use crate::web::{
    forms::{Entry, Errors, done},
    page::{Page, how_to, page},
    ui::{Choice, Ctx, Tab, Tone, Topbar, callout, icon, notice_line, time},
    urls,
};
use crate::words::{fill, t, t_in};

/// What stands in the form of letters and hours.
#[derive(Debug, Clone)]
pub struct Typed {
    pub mail: String,
    pub digest_at: String,
    /// The hours are one's own.
    pub own: bool,
    /// Beginning and end of each day, Monday first.
    pub times: [[String; 2]; 7],
}

pub struct View {
    pub settings: Settings,
    pub typed: Typed,
    /// `None`: this deployment has no push.
    pub public_key: Option<String>,
    /// This one first.
    pub devices: Vec<Device>,
    pub names: Names,
    /// This deployment sends letters.
    pub mails: bool,
    pub errors: Errors,
    pub done: Option<&'static str>,
    pub now: Timestamp,
}

crate::opaque_debug!(View);

const TITLE: &str = "お知らせの設定";

pub fn settings_page(view: &View, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done))
        (view.errors.summary())
        (notice_line("lock", t("お知らせに出るのは「新しいお知らせがあります」だけです。患者さんの名前や内容は、端末にもメールにも出ません。")))
        section { h2 { (t("この端末")) } (this_device(view)) }
        (other_devices(view))
        form.stack method="post" action=(urls::notification_settings()) {
            section { h2 { (t("メール")) } (mail(view)) }
            section { h2 { (t("静かにする時間")) } (quiet(view)) }
            button.btn.primary.large type="submit" { (t("メールと静かにする時間を保存する")) }
        }
        (mail_test(view))
        (groups(view))
        (how_to("notifications"))
    };
    let bar =
        Topbar {
            title: t(TITLE), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t(TITLE), tab: Tab::Menu, bar, body })
}

/// `push.js` takes over from here where the browser can do it.
fn this_device(view: &View) -> Markup {
    let Some(key) = &view.public_key else {
        return callout(
            Tone::Info,
            t("この連携では、端末へのお知らせを使えません"),
            html! {
                p { (t("運営者が使わない設定にしています。メールのお知らせを使ってください。")) }
            },
        );
    };
    let here = view.devices.iter().find(|d| d.this_one);
    let on = here.is_some_and(|d| d.subscription.is_some());
    html! {
        div.panel.stack-s id="push" data-push=(key) data-push-on[on] {
            @if let Some(device) = here.filter(|_| on) {
                @if let Some(since) = device.failing_since {
                    (callout(Tone::Danger, t("この端末へのお知らせは届いていません"), html! {
                        p { (time::when(since, view.now)) (t("から、送れていません。下の「受け取るのをやめる」を押し、もう一度「この端末で受け取る」を押してください。")) }
                    }))
                } @else {
                    (notice_line("ok", t("この端末で受け取っています")))
                }
                p.small { @match device.on_device_at {
                    Some(at) => { (t("最後に届いた時刻：")) (time::when(at, view.now)) },
                    None => (t("まだ1度も届いていません。試しに送って、確かめてください。")),
                } }
                (result(device.test.as_ref(), view.now))
                div.row {
                    form method="post" action=(urls::notification_test()) {
                        input type="hidden" name="channel" value="push";
                        button.btn type="submit" { (icon("send")) (t("この端末に試しに送る")) }
                    }
                    @if let Some(id) = device.subscription {
                        form method="post" action=(urls::notification_device_end(id)) {
                            button.btn.quiet type="submit" { (t("受け取るのをやめる")) }
                        }
                    }
                }
            } @else {
                p { b { (t("この端末では、受け取っていません")) } }
                p { (t("新しい投稿があると、画面を閉じていても知らせます。あなたが別の画面で読んだときは、鳴りません。")) }
                button.btn.primary.large type="button" data-push-start hidden { (icon("bell")) (t("この端末で受け取る")) }
                p.small data-push-otherwise { (t("ボタンが出ないときは、このブラウザではお知らせを受け取れません。iPhone と iPad では、共有のボタンから「ホーム画面に追加」を選び、そのアイコンから開いてください。")) }
            }
            p.error hidden data-push-error role="alert" { (icon("alert")) span {} }
        }
    }
}

fn result(test: Option<&Test>, now: Timestamp) -> Markup {
    let Some(test) = test else { return html! {} };
    let (mark, words) = match (test.state.as_str(), test.code.as_deref()) {
        ("on_device", _) => ("ok", t("この端末に届きました")),
        ("accepted", _) => ("hour", t("お知らせのサービスが受け取りました。端末からの返事を待っています")),
        ("queued", None) => ("hour", t("送っています")),
        ("queued", Some(_)) => ("retry", t("まだ送れていません。自動でもう一度送ります")),
        ("failed", Some("gone")) => {
            ("alert", t("届きませんでした。ブラウザの側で、お知らせが止められています"))
        }
        _ => ("alert", t("届きませんでした")),
    };
    html! {
        div role="status" { (notice_line(mark, &fill(t("試しの結果：{words}（{0}）"), &[("words", &words), ("0", &time::when(test.at, now))]))) }
        p { a href=(urls::notification_settings()) { (t("いまの結果を見る")) } }
    }
}

fn other_devices(view: &View) -> Markup {
    let others: Vec<_> = view.devices.iter().filter(|d| !d.this_one).collect();
    html! {
        @if !others.is_empty() {
            section {
                h2 { (t("ほかの端末 ")) (others.len()) (t("台")) }
                ul.panel.flush.rows {
                    @for d in others { @if let Some(id) = d.subscription {
                        li.entry-row {
                            (icon("phone"))
                            div {
                                b { (d.name) }
                                @if let Some(since) = d.failing_since { " " span.badge.danger { (icon("alert")) (t("届いていません")) } small { (time::when(since, view.now)) (t("から送れていません")) } }
                                @else { small { (t("受け取っています")) @if let Some(at) = d.on_device_at { (t("・最後に届いた時刻 ")) (time::when(at, view.now)) } } }
                            }
                            form method="post" action=(urls::notification_device_end(id)) {
                                button.btn.quiet type="submit" aria-label={ (t("やめる：")) (d.name) } { (t_in("やめる", "of what was allowed")) }
                            }
                        }
                    } }
                }
            }
        }
    }
}

fn mail(view: &View) -> Markup {
    let choices = [
        Choice { value: "off", label: t("受け取らない"), help: None },
        Choice {
            value: "immediate",
            label: t("すぐに受け取る"),
            help: Some(t("新しい投稿があるたびに送ります。静かにする時間には送りません。")),
        },
        Choice {
            value: "digest",
            label: t("1日1回、まとめて受け取る"),
            help: Some(t("まだ読んでいない投稿と、了解を待っている投稿の数だけを送ります。")),
        },
    ];
    html! {
        div.panel.stack-s {
            @if !view.mails { (notice_line("info", t("このサービスは、いまメールを送れません。"))) }
            @if !view.settings.address {
                p { (t("メールを受け取るには、先にアドレスの確認が要ります。")) a href=(urls::my_contact()) { (t("連絡先を見る")) } }
            }
            @if view.settings.failing {
                (callout(Tone::Danger, t("メールが届いていません"), html! {
                    p { (t("メールサーバーが、あなたのアドレスへのメールを受け取りませんでした。アドレスが正しいか、確かめてください。")) a href=(urls::my_contact()) { (t("連絡先を見る")) } }
                }))
            }
            (Entry::radio("mail", t("新しい投稿のメール"), &choices).value(&view.typed.mail).errors(&view.errors))
            (moment("digest_at", t("まとめを送る時刻"), &view.typed.digest_at, &view.errors))
        }
    }
}

/// The browser's own clock where it has one; otherwise typed.
fn moment(name: &str, label: &str, value: &str, errors: &Errors) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            @if let Some(why) = errors.of(name) { p.error id={ (name) "-error" } { (icon("alert")) span { (why) } } }
            input.input type="time" id=(name) name=(name) value=(value) aria-invalid=[errors.of(name).map(|_| "true")];
        }
    }
}

fn quiet(view: &View) -> Markup {
    let facility = view.settings.facility.unwrap_or_default().in_words();
    let choices = [
        Choice { value: "facility", label: t("施設の決まりのとおり"), help: Some(&facility) },
        Choice {
            value: "own",
            label: t("自分で決める"),
            help: Some(t("「曜日ごとの時間」に入れたとおり。空の曜日は、いつでも知らせます。")),
        },
    ];
    let chosen = if view.typed.own { "own" } else { "facility" };
    html! {
        div.panel.stack-s {
            p { (t("この時間に届いた投稿は、終わってから1度だけ知らせます。急ぎの投稿は、この時間でも知らせます。")) }
            (Entry::radio("quiet", t("いつ静かにするか"), &choices).value(chosen))
            details.opens open[view.typed.own] {
                summary { (t("曜日ごとの時間")) }
                (quiet_table(&view.typed.times, &view.errors))
            }
        }
    }
}

/// Seven rows of two times each, `from0` … `to6`.
pub fn quiet_table(times: &[[String; 2]; 7], errors: &Errors) -> Markup {
    html! {
        div.table-scroll tabindex="0" role="region" aria-label=(t("曜日ごとの静かにする時間")) {
            table.sheet-table.brief {
                thead { tr { th scope="col" { (t("曜日")) } th scope="col" { (t("始まり")) } th scope="col" { (t("終わり")) } } }
                tbody {
                    @for (day, [from, to]) in times.iter().enumerate() {
                        tr {
                            th scope="row" { (weekday(day)) (t("曜日")) }
                            td data-head=(t("始まり")) { (cell("from", day, t("始まり"), from, errors)) }
                            td data-head=(t("終わり")) { (cell("to", day, t("終わり"), to, errors)) }
                        }
                    }
                }
            }
        }
        p.small { (t("夜をまたぐときは、始まり 20:00、終わり 07:00 のように。一日中なら、始まりと終わりを同じ時刻にします。")) }
    }
}

fn cell(end: &str, day: usize, word: &str, value: &str, errors: &Errors) -> Markup {
    let name = format!("{end}{day}");
    let problem = errors.of(&name);
    html! {
        @if let Some(why) = problem { p.error { (icon("alert")) span { (why) } } }
        input.input type="time" id=(name) name=(name) value=(value) aria-label={ (weekday(day)) (t("曜日の")) (word) } aria-invalid=[problem.map(|_| "true")];
    }
}

fn mail_test(view: &View) -> Markup {
    let words = |test: &Test| match (test.state.as_str(), test.code.as_deref()) {
        ("done", _) => {
            ("ok", t("メールサーバーに渡しました。数分たっても届かないときは、迷惑メールの箱も見てください"))
        }
        ("dead", Some("refused_by_server")) => {
            ("alert", t("メールサーバーに断られました。アドレスが正しいか、確かめてください"))
        }
        ("dead", Some("returned")) => {
            ("alert", t("届かずに戻ってきました。アドレスが正しいか、確かめてください"))
        }
        ("dead", _) => ("alert", t("送れませんでした")),
        (_, None) => ("hour", t("送っています")),
        _ => ("retry", t("まだ送れていません。自動でもう一度送ります")),
    };
    html! {
        @if view.mails && view.settings.address {
            section {
                h2 { (t("メールの試し")) }
                div.panel.stack-s {
                    @if let Some(test) = &view.settings.test {
                        @let (mark, text) = words(test);
                        div role="status" { (notice_line(mark, &fill(t("試しの結果：{text}（{0}）"), &[("text", &text), ("0", &time::when(test.at, view.now))]))) }
                        p { a href=(urls::notification_settings()) { (t("いまの結果を見る")) } }
                    }
                    form method="post" action=(urls::notification_test()) {
                        input type="hidden" name="channel" value="mail";
                        button.btn type="submit" { (icon("mail")) (t("試しのメールを送る")) }
                    }
                }
            }
        }
    }
}

fn groups(view: &View) -> Markup {
    html! {
        @if !view.names.0.is_empty() {
            section {
                h2 { (t("グループごと")) }
                p.small { (t("「なし」にしても、急ぎの投稿は知らせます。未読の印と、ホームの一覧は変わりません。")) }
                form.panel.stack-s method="post" action=(urls::notification_groups()) {
                    @for (group, title, level) in &view.names.0 {
                        @let name = format!("level-{group}");
                        div.field {
                            label for=(name) { (title) }
                            select.input id=(name) name=(name) {
                                @for one in Level::ALL { option value=(one.code()) selected[one == *level] { (one.label()) } }
                            }
                        }
                    }
                    button.btn.primary type="submit" { (t("グループごとの設定を保存する")) }
                }
            }
        }
    }
}
