//! Inviting: the form, the link with its hand-out, and what waits.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{InvitationBody, Invited, Waiting};
use crate::words::t;
use crate::{
    features::{
        facilities::views::{AdminTab, admin_bar},
        sign_in::enrol_views::qr,
    },
    opaque_debug,
    web::{
        forms::{Entry, Errors, check, done, hidden},
        page::{Page, page, way},
        ui::{
            Choice, Ctx, Field, Kind, Profession, Tab, Tone, Topbar, callout, empty, field, icon,
            notice_line, time,
        },
        urls,
    },
};

pub fn word(code: &str) -> &'static str {
    Profession::of(code).label()
}

fn bar<'a>(title: &'a str, facility: &'a str) -> Topbar<'a> {
    let back = Some((urls::staff_invitations(), t("招待の一覧に戻る")));
    Topbar { title, note: Some(facility), back, ..Topbar::default() }
}

pub struct ListView {
    pub facility: String,
    pub items: Vec<Waiting>,
    pub now: Timestamp,
    pub done: Option<String>,
}

opaque_debug!(ListView);

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        section {
            h2 { (t("スタッフを招待する")) }
            ul.panel.flush.ways {
                (way(urls::new_staff_invitation(), "useradd", t("1人を招待する"), t("リンクと二次元コードを渡すか、メールで送ります")))
                (way(urls::staff_invitations_csv(), "upload", t("まとめて招待する"), t("CSVの一覧から、500人まで")))
            }
        }
        section {
            h2 { (t("返事を待っている招待 ")) (view.items.len()) }
            @if view.items.is_empty() {
                (empty("mail", t("ありません"), t("招待した人が登録を終えると、スタッフの一覧に出ます。"), None))
            } @else {
                ul.panel.flush.rows { @for one in &view.items { (waiting_row(one, view.now)) } }
            }
        }
    };
    page(
        ctx,
        Page { title: t("招待"), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Staff), body },
    )
}

fn waiting_row(one: &Waiting, now: Timestamp) -> Markup {
    html! {
        li.entry-row {
            (icon("mail"))
            div {
                b { (one.name) }
                @if one.admin { " " span.badge.accent { (icon("shield")) (t("管理者")) } }
                @match one.state.as_str() {
                    "refused" => { " " span.badge.danger { (icon("x")) (t("断られました")) } }
                    "expired" => { " " span.badge.must { (icon("clock")) (t("期限切れ")) } }
                    _ => {}
                }
                @if one.mail_failed { " " span.badge.danger { (icon("warn")) (t("メールが届きませんでした")) } }
                p.affiliation { (word(&one.profession)) @if let Some(mail) = &one.mail { " " span { (mail) } } }
                @if one.mail_failed {
                    // A handed-over link does not help: the number that is asked for goes to the same address.
                    p.small { (t("アドレスが正しければ、「新しいリンクを作る」でもう一度送れます。違うときは招待を取り消し、正しいアドレスで（または空のまま）招待し直してください。")) }
                }
                small { (t("招待 ")) (time::when(one.created_at, now)) (t("（")) (one.invited_by) (t("）・期限 ")) (time::when(one.expires_at, now)) }
            }
            @if one.state != "refused" {
                div.acts {
                    form method="post" action=(urls::staff_invitation_link(one.id)) {
                        button.btn.quiet type="submit" aria-label={ (one.name) (t("さんの新しいリンクを作る")) } { (t("新しいリンクを作る")) }
                    }
                    form method="post" action=(urls::staff_invitation_cancellation(one.id)) {
                        button.btn.quiet type="submit" aria-label={ (one.name) (t("さんの招待を取り消す")) } { (t("取り消す")) }
                    }
                }
            }
        }
    }
}

pub struct NewView {
    pub facility: String,
    pub typed: InvitationBody,
    pub errors: Errors,
    /// Whether letters can be sent at all.
    pub mails: bool,
}

opaque_debug!(NewView);

pub fn new_page(view: &NewView, ctx: &Ctx) -> Markup {
    let (f, e) = (&view.typed, &view.errors);
    let professions: Vec<Choice<'_>> =
        Profession::all().map(|p| Choice { value: p.code(), label: p.label(), help: None }).collect();
    let mail_help = if view.mails {
        t(
            "入れると、リンクをメールで送ります。登録のときも、このメールに届く番号で本人を確かめます。空のときは、次の画面の紙を手渡してください。",
        )
    } else {
        t("このサービスは、いまメールを送れません。次の画面の紙を手渡してください。")
    };
    let body = html! {
        (e.summary())
        form.stack method="post" action=(urls::new_staff_invitation()) {
            (hidden("client_id", &f.client_id.to_string()))
            (Entry::line("name", t("氏名")).value(&f.name).errors(e).need().autocomplete("off").max_chars(120))
            (Entry::line("kana", t("ふりがな")).value(&f.kana).errors(e).need().autocomplete("off").max_chars(240)
                .help(t("ひらがなかカタカナで入れます。")))
            (Entry::select("profession", t("職種"), &professions).value(&f.profession).errors(e).need())
            (Entry::line("licence_note", t("免許・資格の控え")).value(&f.licence_note).errors(e).autocomplete("off").max_chars(200)
                .help(t("例: 看護師免許 確認済み。管理者だけに見えます。")))
            (field(&Field { name: "mail", label: t("メールアドレス"), kind: Kind::Email, value: &f.mail, error: e.of("mail"), help: Some(mail_help), autocomplete: Some("off"), ..Field::default() }))
            (Entry::line("login_id", t("IDの案")).value(&f.login_id).errors(e).autocomplete("off").max_chars(64)
                .help(t("本人が変えられます。空でかまいません。パスワードは本人が決め、管理者には見えません。")))
            (check("admin", t("施設の管理者にする"), t("スタッフの招待や利用の停止、アクセス記録の確認ができるようになります。"), f.admin, e))
            div.row {
                button.btn.primary.large type="submit" { (t("招待のリンクを作る")) }
                a.btn.quiet href=(urls::staff_invitations()) { (t("やめる")) }
            }
        }
    };
    let title = t("スタッフを招待する");
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, &view.facility), body })
}

/// One person's sheet: what to hand over.
#[derive(Clone)]
pub struct HandOut {
    pub name: String,
    pub profession: &'static str,
    pub invited: Invited,
}

opaque_debug!(HandOut);

/// The sheet that is handed over: whose it is, the code, the address, and how to begin.
pub fn sheet(facility: &str, out: &HandOut) -> Markup {
    html! {
        article.panel.stack.handout {
            h2 { (out.name) (t(" 様")) }
            p { (facility) (t("から「連携」への招待です（")) (out.profession) (t("）。")) }
            div.qr role="img" aria-label={ (out.name) (t("さんの招待の二次元コード")) } { (qr(&out.invited.link).unwrap_or_default()) }
            p.link-text { code { (out.invited.link) } }
            ol.points {
                li { (t("スマートフォンのカメラで四角を読み取るか、上のアドレスを開きます。")) }
                li { (t("IDとパスワードを決め、アプリ認証を登録します。15分ほどかかります。")) }
            }
            p { b { (time::date_long(out.invited.expires_at)) (t(" まで")) } (t("、1回だけ使えます。ほかの方には渡さないでください。終わったら、この紙は細かく切って捨ててください。")) }
        }
    }
}

/// After one was invited, or got a new link.
pub fn made_page(facility: &str, out: &HandOut, ctx: &Ctx) -> Markup {
    let open = out.invited.state == "open";
    let title = t("招待のリンク");
    let body = html! {
        @if open {
            div.no-print {
                (callout(Tone::Success, t("招待のリンクを作りました"), html! {
                    p { @if out.invited.mailed { (t("メールでも送りました。")) } (t("このリンクをお見せするのは、いまだけです。なくしたときは、一覧から新しいリンクを作れます。")) }
                }))
            }
            (sheet(facility, out))
            div.row.no-print {
                button.btn.large type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
                button.btn.large type="button" data-act="copy" data-copy=(out.invited.link) hidden { (icon("clip")) (t("リンクを写す")) }
                a.btn.large href=(urls::staff_invitations()) { (t("招待の一覧へ")) }
            }
        } @else {
            (callout(Tone::Caution, t("この招待は、もう終わっています"), html! { p { (t("リンクは使えません。もう一度招待するときは、新しく作ってください。")) } }))
            a.btn.large href=(urls::staff_invitations()) { (t("招待の一覧へ")) }
        }
        div.no-print { (notice_line("shield", t("本人に手渡すか、本人だけが読めるところへ送ってください。"))) }
    };
    page(ctx, Page { title, tab: Tab::Menu, bar: bar(title, facility), body })
}

/// All kinds of professions as a list of words, for the help of the CSV page.
pub fn all_professions() -> String {
    Profession::all().map(Profession::label).collect::<Vec<_>>().join(t("、"))
}
