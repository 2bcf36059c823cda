//! For patients and relatives, in easy words.

use maud::html;

use super::{Topic, Who, listed, numbered};
use crate::web::urls;
use crate::words::t;

pub fn topics() -> Vec<Topic> {
    vec![first(), using()]
}

fn first() -> Topic {
    Topic {
        slug: "family-first",
        icon: "kin",
        title: t("ご本人・ご家族が はじめて 使うとき"),
        about: t("招待のリンクを開く、サインインできないとき"),
        who: Who::Family,
        body: html! {
            (numbered(&[
                t("担当のスタッフから もらった リンクを 開きます。"),
                t("「続ける」を おして、あなたの お名前か どうか たしかめます。"),
                t("IDと パスワードを 決めます。"),
                t("認証アプリを 登録します。"),
            ]))
            h2 { (t("サインインできないとき")) }
            (listed(&[t("パスワードを わすれた ときや、スマートフォンを なくした ときは、招待した 施設に 電話を してください。もう一度 登録 できます。")]))
            p { a href=(urls::family_sign_in()) { (t("患者さん・ご家族の サインインへ")) } }
        },
    }
}

fn using() -> Topic {
    Topic {
        slug: "family-using",
        icon: "msg",
        title: t("ご本人・ご家族の ページの 使い方"),
        about: t("読む、書く、急ぎのとき"),
        who: Who::Family,
        body: html! {
            (listed(&[
                t("スタッフが 書いたものを 読めます。あなたが 書いたものは、名前の 出ている人が 読みます。"),
                t("読んで わかったら「わかりました」を おします。"),
                t("スタッフが つけた 写真は、おすと 大きく なります。"),
                t("写真を 送る ときは、「写真や PDFを つける」を おして、カメラで とるか、とって ある 写真を えらびます。1回に 4つまで 送れます。"),
                t("送った ものは、あとから 消せません。まちがえた ときは、取り消す ことが できます。取り消した ことは 残ります。"),
                t("すぐには 読まれないことが あります。急ぎのときは、電話してください。"),
            ]))
        },
    }
}
