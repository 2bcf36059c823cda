//! What the admins of a facility do.

use maud::html;

use super::{Topic, Who, listed, numbered};
use crate::web::urls;
use crate::words::t;

pub fn topics() -> Vec<Topic> {
    vec![staff(), devices()]
}

fn staff() -> Topic {
    Topic {
        slug: "staff",
        icon: "useradd",
        title: t("スタッフを招く・やめたとき"),
        about: t("入職、退職、サインインできないスタッフの回復"),
        who: Who::Admin,
        body: html! {
            h2 { (t("招く")) }
            (numbered(&[t("「メニュー」の「スタッフ」から招待の画面を開き、お名前と職種を入れます。一覧(CSV)でまとめて招くこともできます。"), t("リンクをメールで送るか、紙で渡します。IDとパスワードは、本人だけが決めます。"), t("メールが届かなかったときは「お知らせ」に出ます。招待の一覧で、アドレスを確かめてください。")]))
            h2 { (t("やめたとき")) }
            (numbered(&[t("スタッフの画面で「退職・異動の手続き」を開きます。"), t("その時から、その人は施設の記録を読めません。書いた記録は、名前とともに残ります。"), t("担当していたことと当番を、だれが引き継ぐか選びます。")]))
            h2 { (t("サインインできないスタッフ")) }
            (listed(&[t("スタッフの画面で「回復を始める」を押します。もう1人が確かめて、はじめてコードが出ます。")]))
            p { a href=(urls::facility()) { (t("スタッフの一覧を開く")) } }
        },
    }
}

fn devices() -> Topic {
    Topic {
        slug: "facility-devices",
        icon: "shield",
        title: t("端末の承認と紛失"),
        about: t("承認した端末だけにする、なくした端末を止める"),
        who: Who::Admin,
        body: html! {
            (listed(&[
                t("「施設の管理」の「端末」に、施設で使われた端末が並びます。"),
                t("承認した端末だけを使う決まりにすると、新しい端末は承認を待ちます。"),
                t("スタッフが端末をなくしたら、その端末の紛失を届けます。その端末では、すぐに何も開けなくなります。"),
                t("使う時間や、放っておいたときのロックまでの時間も決められます。"),
            ]))
            p { a href=(urls::facility_devices()) { (t("端末の一覧を開く")) } }
        },
    }
}
