//! 端末の証明書.

use jiff::Timestamp;
use maud::{Markup, html};
use uuid::Uuid;

use super::acts::{Certificate, Enrolled};
use crate::words::t;
use crate::{
    features::{
        facilities::views::{AdminTab, admin_bar},
        sign_in::enrol_views::qr,
    },
    web::{
        forms::{Entry, Errors, done, hidden},
        page::{Page, page},
        ui::{Ctx, Tab, Tone, callout, empty, gate, icon, time},
        urls,
    },
};

const TITLE: &str = "端末の証明書";

pub struct ListView {
    pub facility: String,
    pub certificates: Vec<Certificate>,
    pub client_id: Uuid,
    pub name: String,
    pub errors: Errors,
    /// Where devices with a certificate come in.
    pub app_url: String,
    pub done: bool,
    pub now: Timestamp,
}

pub fn list_page(view: &ListView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.then_some(t("証明書を取り消しました。その端末の画面は閉じ、もう入れません。"))))
        (view.errors.summary())
        h2 { (t(TITLE)) }
        p { (t("施設の端末に証明書を入れると、その端末は承認済みとして扱われます。端末は、次のアドレスから入ります。")) }
        p.key { code { (view.app_url) } }
        section {
            h2 { (t("証明書を入れる")) }
            form.panel.stack method="post" action=(urls::device_certificates()) {
                (hidden("client_id", &view.client_id.to_string()))
                (Entry::line("name", t("端末の名前")).value(&view.name).help(t("例：訪問3号機。施設の中で見分けられる名前にしてください。")).errors(&view.errors).max_chars(80).need())
                button.btn.primary.large type="submit" { (icon("qr")) (t("登録のリンクを作る")) }
            }
        }
        section {
            h2 { (t("証明書 ")) (view.certificates.len()) }
            @if view.certificates.is_empty() { (empty("key", t("証明書はありません"), t("上でリンクを作り、端末で開いてください。"), None)) }
            @else { ul.panel.flush.rows { @for c in &view.certificates { (row(c, view.now)) } } }
        }
    };
    page(
        ctx,
        Page { title: t(TITLE), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

fn row(c: &Certificate, now: Timestamp) -> Markup {
    html! {
        li.entry-row {
            (icon("key"))
            div {
                b { (c.name) }
                @if c.revoked_at.is_some() { " " span.badge.danger { (icon("ban")) (t("取消済み")) } }
                @else if c.not_after < now { " " span.badge.plain { (t("期限切れ")) } }
                small { (t("番号 ")) (hex::encode(&c.serial)) }
                small { (time::short(c.made_at, now)) (t("から ")) (time::short(c.not_after, now)) (t("まで・最後に使った時刻 "))
                    @match c.last_used { Some(at) => (time::when(at, now)), None => (t("まだありません")) } }
            }
            @if c.revoked_at.is_none() {
                div.acts {
                    form method="post" action=(urls::device_certificate_revocation(c.id)) {
                        button.btn.danger-quiet type="submit" aria-label={ (t("取り消す: ")) (c.name) } { (t("取り消す")) }
                    }
                }
            }
        }
    }
}

pub struct OfferView {
    pub facility: String,
    pub name: String,
    pub link: String,
    pub expires_at: Timestamp,
}

pub fn offer_page(view: &OfferView, ctx: &Ctx) -> Markup {
    let now = Timestamp::now();
    let body = html! {
        (callout(Tone::Caution, t("この画面を閉じると、もう一度は見られません"), html! {
            p { (t("リンクは1回だけ、")) (time::when(view.expires_at, now)) (t("まで使えます。証明書を入れる端末でだけ開いてください。")) }
        }))
        h2 { (t("「")) (view.name) (t("」に証明書を入れる")) }
        @if let Some(code) = qr(&view.link) { div.qr role="img" aria-label=(t("端末の登録のリンクの二次元コード")) { (code) } }
        p.key { code { (view.link) } }
        p { (t("端末管理（MDM）を使うときは、このリンクの最後の部分をトークンとして、CSRといっしょに送ってください。")) }
        div.row { a.btn.large href=(urls::device_certificates()) { (t("端末の証明書に戻る")) } }
    };
    page(
        ctx,
        Page { title: t(TITLE), tab: Tab::Menu, bar: admin_bar(&view.facility, AdminTab::Devices), body },
    )
}

pub struct EnrolView {
    pub action: String,
    pub facility: String,
    pub name: String,
    pub expires_at: Timestamp,
    /// What was typed.
    pub csr: String,
    pub errors: Errors,
}

pub fn enrol_page(view: &EnrolView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("端末の登録")) }
        (view.errors.summary())
        p { b { (view.facility) } (t("の「")) b { (view.name) } (t("」に証明書を入れます。リンクは")) (time::when(view.expires_at, Timestamp::now())) (t("まで使えます。")) }
        p { (t("端末の中で鍵を作り、証明書の要求（CSR）をここに貼り付けてください。鍵は、端末の外に出ません。")) }
        details.opens {
            summary { (t("鍵と要求の作り方（パソコン）")) }
            p.key { code { "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout device.key -out device.csr -subj /CN=device" } }
        }
        form.stack method="post" action=(view.action) {
            (Entry::text("csr", t("証明書の要求（CSR、PEM形式）"), 8).value(&view.csr).help(t("-----BEGIN CERTIFICATE REQUEST----- から始まる文です。")).errors(&view.errors).need())
            button.btn.primary.large.block type="submit" { (t("証明書を受け取る")) }
        }
    };
    gate(ctx, t("端末の登録"), main)
}

pub fn enrolled_page(done: &Enrolled, app_url: &str, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("証明書ができました")) }
        p { (t("「")) b { (done.name) } (t("」の証明書です。端末に入れてから、次のアドレスでサインインしてください。")) }
        p.key { code { (app_url) } }
        div.field {
            label for="certificate" { (t("証明書（PEM形式）")) }
            textarea.input #certificate readonly rows="12" { "\n" (done.certificate) }
        }
        details.opens {
            summary { (t("端末に入れるファイル（PKCS #12）の作り方")) }
            p.key { code { "openssl pkcs12 -export -inkey device.key -in device.pem -out device.p12" } }
            p.small { (t("できたファイルを端末で開くと、証明書が入ります。入れたあと、鍵とファイルは消してください。")) }
        }
        p.small { (time::date_long(done.not_after)) (t("まで使えます。この画面を閉じると、もう一度は見られません。")) }
    };
    gate(ctx, t("端末の登録"), main)
}
