//! The sample's secretariat: a region with its facilities, the first version of its policy, and an application that waits.

use uuid::Uuid;

use crate::{
    Result,
    app::App,
    auth::{Operator, totp},
    features::{
        applications::{
            acts,
            model::{NewApplication, Particulars},
        },
        operators,
        regions::{
            self,
            read::{Text, publish},
        },
    },
    mail,
};

pub(super) const LOGIN_ID: &str = "jimukyoku";
pub(super) const NAME: &str = "蓮見 ゆい";

const POLICY: &str = "## 連絡\n- 急ぐことは電話で伝え、あとから記録に残します。\n- 夜間の連絡先は、患者さんごとに決めます。\n\n## 記録\n- その日のことは、その日のうちに書きます。\n- 略語は、地域の一覧にあるものだけを使います。\n\n## 点検\n- 3か月ごとに、利用者の一覧を確かめます。";

/// Gives the key for the authenticator of the account, in Base32.
pub(super) async fn plant(
    app: &App,
    operator: &Operator,
    place: &str,
    facilities: &[Uuid],
    password_hash: &str,
) -> Result<String> {
    let (region, name) = (Uuid::now_v7(), format!("{place}医師会"));
    let mut tx = app.db.operating(operator).await?;
    regions::acts::save(&mut tx, region, 0, &name, "ことりしいしかい").await?;
    for facility in facilities {
        regions::acts::place(&mut tx, *facility, region, true).await?;
    }
    let policy = Text {
        client_id: Uuid::now_v7(),
        title: "在宅医療の連携の方針".to_owned(),
        body: POLICY.to_owned(),
        change: "最初の版".to_owned(),
    };
    publish(&mut tx, region, 1, &policy).await?;
    tx.commit().await?;
    let secret = totp::fresh_secret();
    operators::acts::add_secretariat(app, &region.to_string(), LOGIN_ID, NAME, password_hash, &secret)
        .await?;
    acts::plant(app, &application(region)?).await?;
    Ok(totp::base32(&secret))
}

fn application(region: Uuid) -> Result<NewApplication> {
    let particulars = Particulars {
        region: Some(region),
        kind: "pharmacy".to_owned(),
        name: "しずく調剤薬局".to_owned(),
        kana: "シズクチョウザイヤッキョク".to_owned(),
        postal_code: "0000000".to_owned(),
        address: "架空県ことり市しずく 0丁目3番5号".to_owned(),
        phone: "000-0000-0000".to_owned(),
        person: "雨宮 しずく".to_owned(),
        person_kana: "アマミヤ シズク".to_owned(),
        profession: "pharmacist".to_owned(),
    };
    let mail = mail::address("shizuku@example.jp")?;
    Ok(NewApplication { client_id: Uuid::now_v7(), particulars, mail, pledge: 1 })
}
