//! 2-13: authenticity, readability, preservation, signatures, other documents, outside storage.

use super::{Page, is_yes};

pub(super) fn write(page: &mut Page<'_>) {
    page.chapter("2-13", "2-13 法令で定められた記録の要件");
    authenticity(page);
    readability(page);
    preservation(page);
    page.section("(2) 電子署名");
    page.text("システム自身の署名の機能はありません。署名が要る文書は、HPKIなどで署名ずみのファイルを、変えずにやりとりし、保管できます。到着したときに署名を検証する機能は、まだありません。");
    page.section("(3) その他の文書");
    page.text("麻薬帳簿、薬歴、紹介状、検査の報告、超音波などの参考画像、保存の期間を過ぎた文書は、種類を付けて添付でき、記録と同じ暗号化、同じアクセス制御、同じ保存の扱いになります。");
    page.section("(4) 外部保存");
    page.text("すべての記録を、診療に関する記録と同じ水準で扱います。外部保存の条件に対する、いまの答えは次のとおりです。");
    let questions = [67, 62, 5, 10, 17, 30, 68];
    let rows = questions
        .iter()
        .filter_map(|n| page.answers.iter().find(|a| a.control.n == *n))
        .map(|a| vec![a.control.question.clone(), a.verdict.word().to_owned(), a.why.clone()])
        .collect();
    page.table(&["条件", "答え", "理由"], rows);
}

fn single_sign_on(state: &super::State) -> String {
    let labels: Vec<_> = state.config.single_sign_on.providers.iter().map(|p| p.label.as_str()).collect();
    if labels.is_empty() {
        return "ほかの団体のIDによるシングルサインオン（OpenID Connect）: いまは使っていません。".to_owned();
    }
    format!(
        "シングルサインオン（OpenID Connect）: {}。ご本人が、自分のアカウントに結び付けたときだけ使えます。連携先が二要素を確かめたと示さない限り、こちらの二つめの要素も確かめます。",
        labels.join("、")
    )
}

fn authenticity(page: &mut Page<'_>) {
    let state = page.state;
    page.section("(1) a 真正性");
    page.list([
        "一人にひとつのアカウント。パスワードと認証アプリ、またはパスキー（端末と、指紋・顔・合言葉）の二要素でサインインします。".to_owned(),
        format!("二要素の状況: {}。", state.measured("two_factor")),
        single_sign_on(state),
        "患者ごとのグループに、招待され、承認された人だけが入ります。施設管理者は参加者を知ることができますが、記録は読めません。".to_owned(),
        "投稿には、書いた人、職種、所属、日時がサーバーで付き、画面に必ず出ます。時刻の順に並び、前の投稿への追加は新しい投稿です。".to_owned(),
        "投稿は、書いた人も、施設も、運営者も、消すことも書きかえることもできません。訂正と取消は新しい記録となり、前の文も残ります。".to_owned(),
        format!("書きかえの権利: {}。", state.measured("append_only")),
        "患者基礎情報は、保存するたびに版となり、だれが、いつ、なぜ、どこを変えたかを示します。".to_owned(),
        "すべての記録は鎖で結ばれ、検算の命令（renkei verify）が全体を調べます。一件でも変わっていれば、その記録を名指しします。".to_owned(),
        format!("通信の保護: {}。TLSの設定: {}。", if state.config.base_url.starts_with("https://") { "https" } else { "http（試用の構成のため暗号化なし）" }, state.measured("tls")),
        format!("時計: {}。", state.measured("clock")),
    ]);
    page.answer(47);
}

fn readability(page: &mut Page<'_>) {
    let state = page.state;
    page.section("(1) b 見読性");
    page.list([
        "患者さんごとにグループがあり、情報の場所が決まっています。時刻の順に表示し、印刷できます。".to_owned(),
        "パソコン、スマートフォン、タブレットのブラウザーで使えます。文字の大きさ、明るさ、高コントラストを選べ、読み上げとキーボードだけの操作に対応します。".to_owned(),
        format!(
            "{}iPhoneとiPadでは、ブラウザーからホーム画面に追加して使います。端末に記録を残す別のプログラムはありません。",
            if state.config.android.package.is_empty() { "Androidでは、ブラウザーからホーム画面に追加して使います。" } else { "Androidでは、アプリのストアから入れるか、ブラウザーから追加して使います。" }
        ),
        "記録は、サインインしているあいだ画面に出るだけで、端末に残りません。施設が時間（最長72時間）を決め、利用者が端末ごとに選んだときだけ、開いた患者さんのページの文字が、利用者の合言葉で暗号にした控えとしてブラウザーに残ります。控えを残したことと、つながらないあいだに開いたことは、アクセス記録に残ります。".to_owned(),
        format!("サービスのサーバー: {}台。データベースの同期の写し: {}。", state.config.disclosure.service_nodes, state.measured("synchronous")),
        format!("稼働率: {}。計画した停止を除き、24時間365日の提供をめざします。月ごとの値は {} にあります。", state.measured("availability"), crate::web::urls::status()),
    ]);
    if !is_yes(page.answers, 61) {
        page.text("この構成では、機器の故障のあいだ記録を見られません。施設は、電話や紙で続ける手順を用意してください。");
    }
    page.answer(60);
    page.answer(61);
}

fn preservation(page: &mut Page<'_>) {
    let state = page.state;
    page.section("(1) c 保存性");
    page.list([
        "記録を消す機能はなく、最後の記録から5年を超えて保存します。".to_owned(),
        format!("バックアップ: {}。世代: {}。", state.measured("backup"), state.measured("generations")),
        format!("復元の訓練: {}。", state.measured("drill")),
        format!("データベースの誤り検出符号: {}。PostgreSQL {}。", state.measured("checksums"), state.house.version),
        "特定の機器に依存しません。公開されたソフトウェアだけでできており、記録のバイト列の作り方と見本を公開しています。".to_owned(),
        "氏名や所属が後で変わっても、記録は書いた時の版を指すため、過去の記録は変わりません。".to_owned(),
    ]);
    page.answer(65);
    page.answer(66);
}
