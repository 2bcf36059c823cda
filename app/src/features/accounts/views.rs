//! The menu (メニュー): who I am, how the screen looks, and my account.

use maud::{Markup, html};
use uuid::Uuid;

use crate::web::forms::done;
use crate::web::page::{Page, page, way};
use crate::web::person::Person;
use crate::web::ui::{Ctx, Tab, Topbar, display_form, icon, language_switch};
use crate::web::urls;
use crate::words::{fill, t};

/// A facility for which the person may act.
#[derive(Debug, Clone)]
pub struct FacilityChoice {
    pub id: Uuid,
    pub name: String,
    /// She acts for it now.
    pub acting: bool,
}

#[derive(Debug, Clone)]
pub struct MenuView {
    pub me: Person,
    pub login_id: String,
    pub facilities: Vec<FacilityChoice>,
    /// The viewer's open tasks, and how many of them are late.
    pub tasks: usize,
    pub tasks_late: usize,
    pub devices: usize,
    /// Recovery codes not yet used; `None` without app authentication.
    pub recovery_codes_left: Option<u32>,
    /// Whether an identity provider is configured.
    pub single_sign_on: bool,
    /// What was just done, after a redirect.
    pub done: Option<String>,
}

impl MenuView {
    pub fn sample() -> Self {
        let facility =
            |n, name: &str, acting| FacilityChoice { id: Uuid::from_u128(n), name: name.to_owned(), acting };
        Self {
            me: Person::sample(1, "五十嵐 みずほ", "nurse", "そらまめ訪問看護ステーション"),
            login_id: "mizuho.i".to_owned(),
            facilities: vec![
                facility(1, "そらまめ訪問看護ステーション", true),
                facility(2, "医療法人社団 木漏れ日会 看護小規模多機能型居宅介護 ひなたぼっこ", false),
            ],
            tasks: 4,
            tasks_late: 1,
            devices: 3,
            recovery_codes_left: Some(2),
            single_sign_on: true,
            done: Some("表示を変えました。".to_owned()),
        }
    }
}

pub fn menu_page(view: &MenuView, ctx: &Ctx) -> Markup {
    let body = html! {
        (done(view.done.as_deref()))
        (view.me.head())
        @if view.facilities.len() > 1 { (acting_facility(&view.facilities)) }
        (links(view, ctx))
        section {
            h2 { (t("見やすさ")) }
            div.panel { (display_form(ctx)) }
            ul.ways.panel.flush { (way(urls::habits(), "settings", t("ふりがなとキーボード"), t("名前のふりがな、キーボードのショートカット"))) }
        }
        section { h2 { (t("画面の言語")) } div.panel { (language_switch(ctx)) } }
        section {
            h2 { (t("サインアウト")) }
            form method="post" action=(urls::sign_out()) {
                button.btn.large.block type="submit" { (icon("out")) (t("この端末からサインアウト")) }
            }
            details.opens {
                summary { (t("すべての端末からサインアウトする")) }
                form.stack-s method="post" action=(urls::sign_out_everywhere()) {
                    p.small { (view.devices) (t("台の端末で、すぐにサインアウトします。書きかけの文は消えます。送った記録は残ります。")) }
                    button.btn.danger-quiet type="submit" { (icon("out")) (t("すべての端末からサインアウト")) }
                }
            }
        }
    };
    page(
        ctx,
        Page {
            title: t("メニュー"),
            tab: Tab::Menu,
            bar: Topbar { title: t("メニュー"), ..Topbar::default() },
            body,
        },
    )
}

fn acting_facility(facilities: &[FacilityChoice]) -> Markup {
    html! {
        section {
            h2 { (t("いま働いている施設")) }
            p.small.soft { (t("書いた記録には、ここで選んだ施設の名前が付きます。")) }
            form.panel.stack-s method="post" action=(urls::acting_facility()) {
                fieldset {
                    legend.sr { (t("施設")) }
                    @for facility in facilities {
                        label.check {
                            input type="radio" name="facility" value=(facility.id) checked[facility.acting];
                            span { (facility.name) }
                        }
                    }
                }
                button.btn type="submit" { (t("この施設で働く")) }
            }
        }
    }
}

fn tasks_words(view: &MenuView) -> String {
    match (view.tasks, view.tasks_late) {
        (0, _) => t("残っていることはありません").to_owned(),
        (all, 0) => fill(t("{all}件"), &[("all", &all)]),
        (all, late) => fill(t("{all}件・期限を過ぎたもの {late}件"), &[("all", &all), ("late", &late)]),
    }
}

fn links(view: &MenuView, ctx: &Ctx) -> Markup {
    let admin = ctx.viewer.as_ref().is_some_and(|viewer| viewer.facility_admin);
    html! {
        section {
            h2 { (t("患者さん")) }
            ul.ways.panel.flush { (way(urls::patients(), "patients", t("施設の患者さん"), t("一覧、登録、基礎情報"))) }
        }
        section {
            h2 { (t("わたしの仕事")) }
            ul.ways.panel.flush { (way(urls::tasks(), "check", t("やること"), &tasks_words(view))) }
        }
        section {
            h2 { (t("アカウント")) }
            p.small.soft { "ID: " (view.login_id) }
            ul.ways.panel.flush {
                (way(urls::devices(), "phone", t("端末"), &fill(t("サインインしている端末 {0}台"), &[("0", &view.devices)])))
                (way(urls::menu_security(), "shield", t("サインインのお知らせ"), t("新しい端末、パスワードの変更など")))
                (way(urls::calendar_link(), "cal", t("カレンダーに入れる"), t("自分の訪問の時刻を、ふだんのカレンダーで")))
                (way(urls::my_tokens(), "key", t("アクセストークン"), t("自分のプログラムから使うとき")))
                (way(urls::quarantines(), "ban", t("誤投稿の隔離"), t("別の患者さんの投稿を見つけたとき・確かめるとき")))
                (way(urls::proxy_entries(), "swap", t("代行入力"), t("電子カルテなどから、代わりに入れてもらう。届いたものの確認")))
                (way(urls::menu_password(), "key", t("パスワードを変える"), ""))
                (way(urls::my_contact(), "mail", t("連絡先"), t("メールと電話")))
                (way(urls::notification_settings(), "bell", t("お知らせの設定"), t("端末とメール、静かにする時間、グループごと")))
                (way(urls::duty(), "swap", t("当番と代理"), t("当番を引き継ぐ、代理の人、チームに見せる電話")))
                (way(urls::my_withdrawal(), "userx", t("施設を離れる・退会"), ""))
                (way(urls::passkeys(), "key", t("パスキーとアプリ認証"), t("登録、一覧、外す")))
                @if let Some(left) = view.recovery_codes_left {
                    (way(urls::menu_recovery_codes(), "shield", t("回復コードを作り直す"), &fill(t("使えるコード {left}個"), &[("left", &left)])))
                }
                @if view.single_sign_on { (way(urls::identities(), "id", t("連携ID"), t("職能団体などのIDでもサインインする"))) }
            }
        }
        section {
            h2 { (t("書くときの道具")) }
            ul.ways.panel.flush { (way(urls::bookmarks(), "bookmark", t("しおり"), t("あとで読み返す投稿。あなただけに見えます"))) (way(urls::templates(), "list", t("定型文"), t("訪問報告、SBARなどの用紙。自分用・施設用を作る"))) (way(urls::writing_help(), "help", t("書き方"), t("読みやすい投稿、了解とスタンプのちがい"))) }
        }
        section {
            h2 { (t("困ったとき")) }
            ul.ways.panel.flush { (way(urls::help(), "help", t("使い方"), t("ふだんのこと、困ったときのこと、お試しグループ"))) (way(urls::support(), "help", t("問い合わせ"), t("運営に聞く。答えを見る"))) }
        }
        section {
            h2 { (t("このサービスについて")) }
            ul.ways.panel.flush { (way(urls::record(), "shield", t("この記録は確かめられます"), t("記録の封印、外の証人、書きかえられないわけ"))) (way(urls::facility_region(), "facility", t("地域の方針"), t("施設が入っている地域の事務局の方針と、施設としての同意"))) (way(urls::my_policies(), "file", t("規約と方針"), t("いまの版、あなたの同意、安全管理に関する情報提供"))) }
        }
        @if admin {
            section {
                h2 { (t("施設の管理")) }
                ul.ways.panel.flush {
                    (way(urls::facility(), "id", t("スタッフ"), t("一覧、招待、管理者、利用の停止")))
                    (way(urls::facility_reviews(), "list", t("棚卸"), t("スタッフの確認、90日使われていない端末")))
                    (way(urls::facility_devices(), "phone", t("端末"), t("一覧、承認、紛失、サインインの決まり")))
                    (way(urls::facility_webhooks(), "link", "Webhook", t("何かあったことを、施設のプログラムに知らせる")))
                    (way(urls::facility_tokens(), "key", t("アクセストークン"), t("だれが持っているか、使えなくする、認めるかどうか")))
                    (way(urls::facility_systems(), "swap", t("外部システム"), t("電子カルテなどからの代行入力。登録、トークン、認めたスタッフ")))
                    (way(urls::access_log(), "log", t("アクセス記録"), t("だれが、いつ、何を見たか")))
                    (way(urls::interruptions(), "bell", t("お知らせの回数"), t("スタッフを鳴らした回数、届いていない人、静かにする時間")))
                    (way(urls::facility_security(), "shield", t("安全"), t("スタッフのサインインのお知らせ、回復の手続き")))
                    (way(urls::facility_incidents(), "alert", t("インシデント"), t("患者さんの情報に関わる連絡")))
                    (way(urls::facility_work_orders(), "key", t("保守作業"), t("運営者の作業の予定と報告")))
                    (way(urls::facility_contact(), "tel", t("緊急の連絡先"), t("何かが起きたとき、だれに電話するか")))
                    (way(urls::facility_papers(), "folder", t("運営者からの書類"), t("契約書など")))
                }
            }
        }
    }
}
