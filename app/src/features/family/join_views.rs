//! The pages behind a relative's link: whose timeline it is, the promise, and one form to come in.

use maud::{Markup, html};

use super::{
    join::{Facility, Found, Newcomer},
    model::{Place, role_words},
    views::site,
};
use crate::words::{fill, t};
use crate::{
    opaque_debug,
    web::{
        forms::{Entry, Errors, check},
        ui::{Ctx, icon, time},
        urls,
    },
};

const TITLE: &str = "招待";

fn frame(found: &Found, ctx: &Ctx, main: Markup) -> Markup {
    site(
        ctx,
        t(TITLE),
        &fill(t("{0} 様の ページへの 招待"), &[("0", &found.person.patient)]),
        &found.facility,
        &[],
        main,
    )
}

/// What a link shows by itself: whose it is.
pub fn door_page(link: &str, facility: &Facility, ctx: &Ctx) -> Markup {
    let main = html! {
        p { (facility.name) (t("からの 招待です。")) }
        form method="post" action=(urls::family_join_open(link)) {
            button.btn.primary.large.block type="submit" { (t("続ける")) }
        }
        p { (t("おぼえの ない ときは、ここで 閉じてください。")) @if !facility.phone.is_empty() { " " a href={ "tel:" (facility.phone) } { (facility.phone) } } }
    };
    site(ctx, t(TITLE), t("連携 患者・家族"), &facility.name, &[], main)
}

/// Who invites whom, so that the wrong person notices.
fn invitation(found: &Found) -> Markup {
    html! {
        dl.facts-table {
            div { dt { (t("あなたの お名前")) } dd { (found.person.name) (t("（")) (role_words(found.role, &found.person.relation)) (t("）")) } }
            div { dt { (t("招待した 人")) } dd { (found.by_name) (t("（")) (found.facility) (t("）")) } }
            div { dt { (t("期限")) } dd { (time::date_long(found.expires_at)) } }
        }
        p { (t("ちがう方の お名前の ときは、登録せずに、")) (found.facility) (t("に 知らせてください。")) @if !found.phone.is_empty() { " " a href={ "tel:" (found.phone) } { (found.phone) } } }
    }
}

/// Version 1 of the promise (`model::PROMISE`). Another text is another number.
fn promise() -> Markup {
    html! {
        ul.points {
            li { (t("ここに 書いた ことは、在宅チームと、このページの ご家族が 読みます。")) }
            li { (t("書いた ものは 記録に 残り、あとから 消したり 変えたり できません。")) }
            li { (t("いつも だれかが 見ている わけでは ありません。急ぎの ときは、電話を します。")) }
            li { (t("IDと パスワードを、ほかの 人に 教えません。")) }
            li { (t("ここで 読んだ ことを、ほかの ところに のせません。")) }
        }
        p { a href=(urls::policy("privacy")) { (t("個人情報の 方針")) } }
    }
}

pub struct JoinView {
    pub link: String,
    pub found: Found,
    pub typed: Newcomer,
    pub errors: Errors,
}

opaque_debug!(JoinView);

pub fn join_page(view: &JoinView, ctx: &Ctx) -> Markup {
    let (f, e, typed) = (&view.found, &view.errors, &view.typed);
    let sure = fill(t("わたしは {0} です"), &[("0", &f.person.name)]);
    let main = html! {
        (invitation(f))
        (e.summary())
        form.stack method="post" action=(urls::family_join(&view.link)) {
            (check("sure", &sure, "", typed.sure, e))
            (Entry::line("login_id", t("IDを 決める")).value(&typed.login_id).errors(e).need().autocomplete("username").inputmode("email").max_chars(64)
                .help(t("英語の 文字と 数字で 3文字より 長く。お名前は 入れないでください。")))
            (Entry::password("password", t("パスワードを 決める")).errors(e).need().autocomplete("new-password")
                .help(t("8文字 以上。つながりの ない 言葉を いくつか ならべると、おぼえやすく なります。")))
            (Entry::password("password_again", t("パスワード（もう一度）")).errors(e).need().autocomplete("new-password"))
            section.hours { h2 { (t("約束")) } (promise()) }
            (check("promised", t("約束を 読みました。守ります"), "", typed.promised, e))
            button.btn.primary.large.block type="submit" { (t("登録して、次へ")) }
        }
        p { (t("もう 登録した ことが ある方は、")) a href={ (urls::family_sign_in()) "?next=" (urls::encode(&urls::family_join(&view.link))) } { (t("サインイン")) } (t("してから 入ってください。")) }
    };
    frame(f, ctx, main)
}

/// For whoever is signed in at this door already.
pub fn mine_page(link: &str, found: &Found, me: &Place, ctx: &Ctx) -> Markup {
    let main = html! {
        (invitation(found))
        section.hours { h2 { (t("約束")) } (promise()) }
        form method="post" action=(urls::family_join_also(link)) {
            p { (t("いま ")) b { (me.person.name) } (t("さん（ID ")) (me.login_id) (t("）として サインイン しています。")) }
            button.btn.primary.large.block type="submit" { (icon("check")) (t("約束を 守って、この ページにも 入る")) }
        }
        a.btn.quiet href=(urls::family()) { (t("やめる")) }
    };
    frame(found, ctx, main)
}

/// One page for every link that does nothing any more: used, run out, taken back.
pub fn gone_page(ctx: &Ctx) -> Markup {
    let main = html! {
        h2 { (t("この リンクは、もう 使えません")) }
        p { (t("招待の リンクは 1回だけ、3日の あいだ 使えます。登録が 終わった方は、サインイン してください。まだの方は、招待した 施設に、新しい リンクを たのんで ください。")) }
        a.btn.primary.large href=(urls::family_sign_in()) { (t("サインインへ")) }
    };
    site(ctx, t(TITLE), t("連携 患者・家族"), "", &[], main)
}
