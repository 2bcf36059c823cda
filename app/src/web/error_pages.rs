//! Pages for what went wrong. Each says what happened, that nothing was lost, and what to do. None tells whether a
//! thing exists that one may not know of.

use maud::{Markup, html};

use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::Error;
use crate::service::{InForce, ServiceMode};
use crate::web::error::status;
use crate::web::ui::{Ctx, Shell, Tab, gate, icon, mode_times, shell};
use crate::web::urls;
use crate::words::{fill, t};

/// The page for an error. Who is not signed in is led to the sign-in page, who is locked to the lock, and back.
pub fn answer(
    error: &Error,
    ctx: &Ctx,
    request_id: &str,
    path: &str,
    method: &Method,
    typed: &[(String, String)],
) -> Response {
    let back = if method == Method::GET { path } else { "/" };
    let lead = |to: &str| Redirect::to(&format!("{to}?next={}", urls::encode(back))).into_response();
    let status = status(error);
    let page = match error {
        Error::NotSignedIn | Error::WrongCredentials | Error::SecondFactorRequired if typed.is_empty() => {
            return lead(if path.starts_with(urls::operator()) {
                urls::operator_sign_in()
            } else if is_family(path) {
                urls::family_sign_in()
            } else {
                urls::sign_in()
            });
        }
        Error::Locked if typed.is_empty() => return lead(urls::lock()),
        Error::MustEnrol => return Redirect::to(urls::enrol()).into_response(),
        error if error.wants_step_up() => return ask_first(path, method),
        Error::DeviceWaits => return Redirect::to(urls::device_waits()).into_response(),
        Error::NotSignedIn | Error::WrongCredentials | Error::SecondFactorRequired | Error::Locked => {
            session_over(ctx, typed)
        }
        Error::NotFound => not_found(ctx),
        Error::OutsideHours(_) => outside_hours(ctx, &super::problem::detail(error)),
        Error::Forbidden(reason)
            if reason == "terms_to_accept"
                || reason == "device_not_approved"
                || reason == "managed_devices_only" =>
        {
            refused(ctx, &super::problem::detail(error), typed)
        }
        Error::Forbidden(_) => not_allowed(ctx, "/"),
        Error::TooMany { retry_after } => too_many(ctx, *retry_after, typed),
        Error::Busy => busy(ctx, typed),
        Error::OutOfService(now) => out_of_service(ctx, now, typed),
        Error::Unavailable(_) => database_away(ctx, typed),
        Error::Internal(_) => broken(ctx, request_id, typed),
        other => refused(ctx, &super::problem::detail(other), typed),
    };
    let mut response = (status, page).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether it is a page of the family's own site.
fn is_family(path: &str) -> bool {
    path == urls::family() || path.starts_with("/family/")
}

/// Who it is has to be shown again. A page comes back after that; a form is sent along by the browser, method and body as they
/// are (307), so that nothing typed is lost.
fn ask_first(path: &str, method: &Method) -> Response {
    if method == Method::GET {
        return Redirect::to(&format!("{}?next={}", urls::confirm(), urls::encode(path))).into_response();
    }
    Redirect::temporary(&format!("{}?next={}", urls::confirm_first(), urls::encode(path))).into_response()
}

/// One sentence of each, an icon, and perhaps one act.
struct Trouble<'a> {
    title: &'a str,
    icon: &'static str,
    what: Markup,
    act: Markup,
}

/// With navigation when signed in, as a gate otherwise.
fn trouble_page(ctx: &Ctx, trouble: Trouble<'_>) -> Markup {
    let card = html! {
        div.trouble {
            span.pic { (icon(trouble.icon)) }
            h1 { (trouble.title) }
            (trouble.what)
            div.row { (trouble.act) }
        }
    };
    if ctx.viewer.is_none() {
        return gate(ctx, trouble.title, card);
    }
    let main = html! { div.scroll tabindex="0" { div.column { (card) } } };
    shell(ctx, Shell { title: trouble.title, tab: Tab::None, list: None, side: None, in_room: false, main })
}

fn home(ctx: &Ctx) -> Markup {
    html! {
        @if is_family(&ctx.path) { a.btn.primary href=(urls::family()) { (icon("home")) (t("はじめの画面へ")) } }
        @else if ctx.viewer.is_some() { a.btn.primary href=(urls::home()) { (icon("home")) (t("ホームへ")) } }
        @else { a.btn.primary href=(urls::home()) { (t("はじめの画面へ")) } }
    }
}

/// 404: also for everything that this person may not know of.
pub fn not_found(ctx: &Ctx) -> Markup {
    let what = html! {
        p { (t("ページがないか、あなたが見られるページではありません。グループから外れたあとや、招待の期限が切れたあとにも、この画面が出ます。")) }
        p { (t("心あたりがあるときは、グループのホストか施設の管理者に聞いてください。")) }
    };
    trouble_page(ctx, Trouble { title: t("ページが見つかりません"), icon: "search", what, act: home(ctx) })
}

/// 403: the thing may be seen, the act not be done.
pub fn not_allowed(ctx: &Ctx, back: &str) -> Markup {
    let what = html! { p { (t("見ることはできますが、この操作はできません。ホストか施設の管理者にお願いしてください。")) } };
    let act = html! { a.btn.primary href=(back) { (t("前の画面へ")) } };
    trouble_page(ctx, Trouble { title: t("この操作はできません"), icon: "ban", what, act })
}

/// 403 by the facility's hours: nothing is wrong with what was typed.
fn outside_hours(ctx: &Ctx, why: &str) -> Markup {
    let what = html! { p { (why) } p { (t("IDやパスワードの間違いではありません。時間になったら、もう一度サインインしてください。")) } };
    trouble_page(
        ctx,
        Trouble {
            title: t("いまはサインインできない時間です"), icon: "hour", what, act: home(ctx)
        },
    )
}

/// 400: the request was not one that our own pages send.
pub fn bad_form(ctx: &Ctx, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("画面が古いままだったのかもしれません。前の画面を開きなおして、もう一度お試しください。")) }
        (typed_texts(typed))
    };
    trouble_page(
        ctx,
        Trouble {
            title: t("送られた内容を読み取れませんでした"), icon: "file", what, act: home(ctx)
        },
    )
}

/// 429: wait this long.
pub fn too_many(ctx: &Ctx, seconds: u32, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("短いあいだに続けて送られたため、少し休んでいます。")) b { (wait(seconds)) } (t("たってから、もう一度お試しください。")) }
        (typed_texts(typed))
    };
    trouble_page(ctx, Trouble { title: t("少しお待ちください"), icon: "hour", what, act: home(ctx) })
}

fn wait(seconds: u32) -> String {
    if seconds < 60 {
        fill(t("{0}秒"), &[("0", &seconds.max(1))])
    } else {
        fill(t("{0}分"), &[("0", &seconds.div_ceil(60))])
    }
}

/// 500: the request id and nothing else.
pub fn broken(ctx: &Ctx, request_id: &str, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("こちらの不具合です。保存できたものは残っています。少したってから、もう一度お試しください。")) }
        (typed_texts(typed))
        p.small.soft { (t("続くときは、この番号を問い合わせに書いてください。")) br; code { (request_id) } }
    };
    trouble_page(ctx, Trouble { title: t("うまくいきませんでした"), icon: "warn", what, act: home(ctx) })
}

/// 503: the database does not answer. A posted form is shown again, so that nothing typed is lost.
pub fn database_away(ctx: &Ctx, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("記録を読み書きするところが、いま準備中です。これまでの記録は無事です。1分ほどたってから、この画面を読みなおしてください。")) }
        (typed_texts(typed))
    };
    let act = html! {
        @if typed.is_empty() { a.btn.primary href=(ctx.path) { (icon("retry")) (t("もう一度開く")) } } @else { (home(ctx)) }
    };
    trouble_page(ctx, Trouble { title: t("ただいま準備中です"), icon: "hour", what, act })
}

/// 503: too many people at once. Nothing of the request was begun.
pub fn busy(ctx: &Ctx, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("多くの人が同時に使っています。数秒たってから、もう一度お試しください。")) }
        (typed_texts(typed))
    };
    let act = html! {
        @if typed.is_empty() { a.btn.primary href=(ctx.path) { (icon("retry")) (t("もう一度開く")) } } @else { (home(ctx)) }
    };
    trouble_page(ctx, Trouble { title: t("ただいま混み合っています"), icon: "hour", what, act })
}

/// 503 by a service mode: why and since when. What was typed is shown again; whoever works for several facilities can
/// sign out here and in again for another one.
pub fn out_of_service(ctx: &Ctx, now: &InForce, typed: &[(String, String)]) -> Markup {
    let title = match now.mode {
        ServiceMode::ReadOnly | ServiceMode::Normal => t("いまは読むだけにしています"),
        ServiceMode::SignInStopped => t("いまはサインインできません"),
        ServiceMode::Stopped => t("いまはサービスを止めています"),
    };
    let what = html! {
        p { (now.mode.meaning()) @if !now.everybody { (t(" 止めているのは、あなたの施設だけです。")) } }
        dl.facts {
            div { dt { (t("理由")) } dd { (now.reason) } }
            div { dt { (t("いつから")) } dd { (mode_times(now)) } }
        }
        (typed_texts(typed))
    };
    let act = html! {
        @if now.mode == ServiceMode::ReadOnly { (home(ctx)) }
        @else {
            @if typed.is_empty() { a.btn.primary href=(ctx.path) { (icon("retry")) (t("もう一度開く")) } }
            form method="post" action=(urls::sign_out()) { button.btn type="submit" { (icon("out")) (t("サインアウト")) } }
        }
    };
    trouble_page(ctx, Trouble { title, icon: "hour", what, act })
}

/// 401 to a posted form: the session is over, what was typed is not.
fn session_over(ctx: &Ctx, typed: &[(String, String)]) -> Markup {
    let what = html! {
        p { (t("しばらく操作がなかったか、サインアウトしたため、送れませんでした。サインインしてから、もう一度送ってください。")) }
        (typed_texts(typed))
    };
    let door = if is_family(&ctx.path) { urls::family_sign_in() } else { urls::sign_in() };
    let act = html! { a.btn.primary href=(door) { (t("サインインの画面へ")) } };
    trouble_page(ctx, Trouble { title: t("サインインが必要です"), icon: "lock", what, act })
}

/// 409, 412, 413, 422: what stands against it, in one sentence.
fn refused(ctx: &Ctx, why: &str, typed: &[(String, String)]) -> Markup {
    let what = html! { p { (why) } (typed_texts(typed)) };
    trouble_page(ctx, Trouble { title: t("この操作は終わっていません"), icon: "warn", what, act: home(ctx) })
}

/// What was typed, ready to copy: label (or field name) and text. Passwords and codes never get here: the caller
/// leaves them out.
fn typed_texts(typed: &[(String, String)]) -> Markup {
    html! {
        @if !typed.is_empty() {
            section.stack-s {
                h2 { (t("入力したものは、ここに残っています")) }
                p.small { (t("まだ送られていません。長押しか選択で「コピー」して、あとで貼り付けてください。")) }
                @for (n, (label, text)) in typed.iter().enumerate() {
                    div.field {
                        label for={ "typed-" (n) } { (label) }
                        textarea.input id={ "typed-" (n) } readonly rows="3" { "\n" (text) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_told_in_whole_steps() {
        assert_eq!([0, 1, 59, 60, 61, 600].map(wait), ["1秒", "1秒", "59秒", "1分", "2分", "10分"]);
    }

    #[test]
    fn what_was_typed_is_shown_again_as_text() {
        let typed = [("本文".to_owned(), "</textarea><script>1</script>".to_owned())];
        let page = database_away(&Ctx::sample("/"), &typed).0;
        assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;"), "{page}");
    }
}
