//! 書き方: what helps those who read, in a few lines.

use maud::{Markup, html};

use crate::web::{
    page::{Page, page},
    ui::{Ctx, Tab, Topbar, icon},
    urls,
};
use crate::words::t;

pub fn help_page(ctx: &Ctx) -> Markup {
    let body = html! {
        section {
            h2 { (t("読みやすく書くために")) }
            ul.outline.panel {
                li { (t("はじめの1行に、いちばん伝えたいことを書きます。")) }
                li { (t("空の行を入れると、段落が分かれます。")) }
                li { (t("バイタルは「BP 128/76 P 72 T 36.5 SpO2 96」のように続けて書けます。")) }
                li { (t("1つの投稿には、1つの話を書きます。続きは「返信」で書くと、まとまって読めます。")) }
                li { (t("略語や専門の言葉は、どの職種の人が読んでも分かる言葉に言いかえます。")) }
            }
        }
        section {
            h2 { (t("読んでほしいとき、伝わったか知りたいとき")) }
            dl.facts-table {
                div { dt { (t("要了解")) } dd { (t("期限までに全員の了解を求めます。まだの人の名前が出ます。")) } }
                div { dt { (t("了解")) } dd { (t("読んで分かった、という記録です。取り消せません。")) } }
                div { dt { (t("スタンプ")) } dd { (t("気持ちを伝えるだけで、了解にはなりません。あとで外せます。")) } }
                div { dt { (t("既読")) } dd { (t("画面に出たという記録です。読んで分かったかどうかは示しません。")) } }
                div { dt { (t("固定")) } dd { (t("大事な投稿を、みんなの画面の上に置きます（5件まで）。")) } }
                div { dt { (t("しおり")) } dd { (t("あとで読み返す投稿に、自分だけの目じるしを付けます。")) } }
            }
        }
        section {
            h2 { (t("手早く書く道具")) }
            dl.facts-table {
                div { dt { (t("定型文")) } dd { (t("訪問報告、SBARなどの用紙に書き込むと、読みやすい投稿になります。")) a href=(urls::templates()) { (t("定型文を作る・直す")) } } }
                div { dt { (t("見やすく整える")) } dd { (t("ほかのシステムから貼り付けると、空白や空の行を整えるボタンが出ます。押すまで何も変わりません。")) } }
                div { dt { (t("録音・動画")) } dd { (t("声や動画をファイルとして付けられます。画面の中で再生できます。")) } }
                div { dt { (t("リンク")) } dd { (t("https:// で始まるアドレスは、押して開けるようになります。")) } }
            }
        }
        p.notice-line { (icon("lock")) span { (t("送ったものは消えません。直すときは「訂正する」、まちがえたときは「取り消す」を使います。")) } }
    };
    let bar =
        Topbar {
            title: t("書き方"), back: Some((urls::menu(), t("メニューに戻る"))), ..Topbar::default()
        };
    page(ctx, Page { title: t("書き方"), tab: Tab::Menu, bar, body })
}
