//! Setting up app authentication (RFC 6238), and the recovery codes that are shown once.

use maud::{Markup, html};
use qrcode::QrCode;

use crate::features::passkeys::{
    ask_views::{Ask, ask},
    model::Purpose,
    views::name_entry,
};
use crate::web::forms::{Entry, Errors, check, hidden};
use crate::web::ui::{Ctx, gate, icon, notice_line};
use crate::web::urls;
use crate::words::t;

/// Enrolment: the secret as picture and as text, and the first code as proof.
#[derive(Debug, Clone)]
pub struct EnrolView {
    /// The `otpauth:` address as an inline SVG. It is drawn dark on white in every theme, so that phones can read it.
    pub qr: Markup,
    /// The key in Base32, without spaces.
    pub key: String,
    pub login_id: String,
    pub errors: Errors,
    /// True at the first second factor, which nobody can do without; false beside a passkey that is there.
    pub required: bool,
    /// What a new passkey would be called.
    pub passkey_name: String,
}

impl EnrolView {
    pub fn sample() -> Self {
        let key = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned();
        Self {
            qr: qr(&format!("otpauth://totp/Renkei:mizuho.i?secret={key}&issuer=Renkei")).unwrap_or_default(),
            key,
            login_id: "mizuho.i".to_owned(),
            errors: Errors::none(),
            required: true,
            passkey_name: "iPhone・Safari".to_owned(),
        }
    }
}

pub fn enrol_page(view: &EnrolView, ctx: &Ctx) -> Markup {
    let title = if view.required {
        t("もう1つの鍵を登録する")
    } else {
        t("アプリ認証を登録する")
    };
    let main = html! {
        h1 { (title) }
        (view.errors.summary())
        p { (t("パスワードが知られても、あなたのスマートフォンやパソコンがなければ入れなくなります。3分ほどで終わります。")) }
        @if view.required {
            (notice_line("shield", t("あなたの施設では、全員に登録をお願いしています。どちらか1つを選んでください。あとで足せます。")))
            section.panel.stack {
                h2 { (t("パスキー（指紋・顔・暗証番号）")) }
                (ask(&Ask {
                    purpose: Some(Purpose::Enrol),
                    action: urls::enrol_passkey(),
                    verb: t("この端末のパスキーを登録する"),
                    primary: true,
                    fields: name_entry(&view.passkey_name, &view.errors),
                    otherwise: t("このブラウザではパスキーを使えません（JavaScriptが必要です）。下のアプリ認証を登録してください。"),
                }))
            }
            section.stack { h2 { (t("アプリ認証")) } (totp_steps(view)) }
        } @else {
            (totp_steps(view))
            a.btn.block href=(urls::passkeys()) { (t("登録せずに戻る")) }
        }
    };
    gate(ctx, title, main)
}

fn totp_steps(view: &EnrolView) -> Markup {
    html! {
        ol.steps {
            li { span.knot { "1" } div { b { (t("認証アプリを用意する")) } small { (t("時刻から6けたの数字を作るアプリなら、どれでも使えます。")) } } }
            li { span.knot { "2" } div.stack-s {
                b { (t("アプリでこの四角を読み取る")) }
                div.qr role="img" aria-label=(t("認証アプリで読み取る二次元コード")) { (view.qr) }
                details.opens {
                    summary { (t("読み取れないとき(このスマートフォンで使うとき)")) }
                    p.small { (t("アプリで「手で入力」を選び、次の鍵を入れてください。アカウント名は ")) b { (view.login_id) } (t(" です。")) }
                    p.key { code { (in_fours(&view.key)) } }
                }
            } }
            li { span.knot { "3" } div.stack-s {
                b { (t("アプリに出た数字を入れる")) }
                form.stack method="post" action=(urls::enrol()) {
                    (Entry::code("code", t("確認コード(6けた)")).errors(&view.errors))
                    button.btn.primary.large.block type="submit" { (t("登録する")) }
                }
            } }
        }
    }
}

/// A text as a QR code (ISO/IEC 18004, level M) in an inline SVG with the quiet zone of four modules; one path, no
/// style. `None` for a text that is too long for any code.
pub fn qr(text: &str) -> Option<Markup> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == qrcode::Color::Dark);
    let path: String = dark.map(|(n, _)| format!("M{} {}h1v1h-1z", n % width + 4, n / width + 4)).collect();
    let size = width + 8;
    Some(html! { svg viewBox={ "0 0 " (size) " " (size) } shape-rendering="crispEdges" { path d=(path) {} } })
}

/// `ABCD EFGH …`: groups of four are easier to copy.
fn in_fours(key: &str) -> String {
    let chars: Vec<char> = key.chars().collect();
    chars.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// The ten recovery codes, once.
#[derive(Debug, Clone)]
pub struct RecoveryCodesView {
    pub codes: Vec<String>,
    /// True when older codes have just lost their use.
    pub replaces_older: bool,
    pub errors: Errors,
}

impl RecoveryCodesView {
    pub fn sample() -> Self {
        let codes =
            (0..10u32).map(|n| format!("{:04}-{:04}-{:04}", 1387 + n * 731, 2204 + n * 613, 9127 - n * 577));
        Self { codes: codes.collect(), replaces_older: true, errors: Errors::none() }
    }
}

pub fn recovery_codes_page(view: &RecoveryCodesView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("回復コードを控える")) }
        (view.errors.summary())
        p { (t("スマートフォンをなくしたときに使います。")) b { (t("この画面を閉じると、もう一度は見られません。")) } }
        @if view.replaces_older { (notice_line("info", t("前の回復コードは、もう使えません。"))) }
        ol.codes aria-label=(t("回復コード")) { @for code in &view.codes { li { code { (code) } } } }
        p.small { (t("紙に書くか印刷して、端末とは別のところにしまってください。1つのコードは一度だけ使えます。")) }
        div.row {
            button.btn type="button" data-act="print" hidden { (icon("print")) (t("印刷する")) }
            button.btn type="button" data-act="copy" data-copy=(view.codes.join("\n")) hidden { (icon("clip")) (t("写す")) }
        }
        form.stack method="post" action=(urls::recovery_codes()) {
            (hidden("step", "kept"))
            (check("kept", t("10個の回復コードを、なくさないところに控えました"), "", false, &view.errors))
            button.btn.primary.large.block type="submit" { (t("控えたので進む")) }
        }
    };
    gate(ctx, t("回復コード"), main)
}

/// Asks before new codes are made (reached from the menu, after the person has shown who they are).
#[derive(Debug, Clone)]
pub struct NewRecoveryCodesView {
    /// How many of the present ten are still unused.
    pub left: u32,
}

impl NewRecoveryCodesView {
    pub fn sample() -> Self {
        Self { left: 3 }
    }
}

pub fn new_recovery_codes_page(view: &NewRecoveryCodesView, ctx: &Ctx) -> Markup {
    let main = html! {
        h1 { (t("回復コードを作り直す")) }
        p { (t("いまの回復コードは、10個のうち ")) b { (view.left) (t("個")) } (t(" が使えます。")) }
        p { (t("作り直すと、いまの回復コードはすべて使えなくなります。新しい10個を、次の画面で一度だけお見せします。")) }
        form.stack method="post" action=(urls::menu_recovery_codes()) {
            button.btn.primary.large.block type="submit" { (t("新しい10個を作る")) }
        }
        a.btn.block href=(urls::menu()) { (t("作らずに戻る")) }
    };
    gate(ctx, t("回復コードを作り直す"), main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_pattern_and_its_quiet_zone() {
        let svg = qr("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP").expect("a short text").0;
        assert!(svg.contains("M4 4h1v1h-1z") && !svg.contains("M3 4h"), "{svg}");
        assert!(qr(&"x".repeat(3000)).is_none());
    }

    #[test]
    fn the_key_stands_in_groups_of_four() {
        assert_eq!(in_fours("JBSWY3DPEH"), "JBSW Y3DP EH");
        assert_eq!(in_fours(""), "");
    }
}
