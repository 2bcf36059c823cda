//! 2-1 to 2-12: how the service is made, kept and supported.

use super::Page;
use crate::features::disclosure::{catalogue::risks, diagram, outline};
use paper::Block;

pub(super) fn write(page: &mut Page<'_>) {
    page.chapter("2-1", "2-1 運用管理規程に定める事項");
    page.text("施設の運用管理規程のひな形を、このシステムのいまの設定（ロックまでの分、パスワードの規則、保存の期間、窓口など）を入れて作り、/disclosure/operating-rules から取り出せるようにしています（画面、印刷、Markdown、HTML）。");
    page.answer(2);
    system(page);
    risk(page);
    basics(page);
    delivery(page);
    incidents(page);
    media(page);
    page.chapter("2-9", "2-9 患者等への説明");
    page.text("患者さんとご家族への説明と同意は、施設が行います。運営者は、印刷して使える説明書と同意書の文例を /disclosure/leaflet で提供しています。");
    if page.state.entries("statement").any(|s| s.get("topic") == "explanation") {
        page.text(page.state.statement("explanation"));
    }
    backup(page);
    page.chapter("2-11", "2-11 評価の結果");
    page.answer(70);
    page.text("製品の評価として、変更のたびに全試験を行い、付録Aの答えはその試験の名前を示しています。記録の鎖は、別の言語で書いた検算プログラムでも確かめています。");
    contact(page);
}

fn system(page: &mut Page<'_>) {
    page.chapter("2-2", "2-2 システム全体構成図");
    let state = page.state;
    let outline = outline::outline(state);
    page.text("この図と表は、動いている設定と、測ったことから作られます。どちらにもないものは描かれません。");
    page.blocks.push(Block::Figure { svg: diagram::svg(&outline), words: diagram::in_words(&outline) });
    let rows = outline.parts.iter().map(|p| {
        let kind = if p.present { p.kind.clone() } else { "使っていません".to_owned() };
        let place = if p.present { outline::place(state, p.code) } else { "－".to_owned() };
        vec![p.name.to_owned(), kind, place]
    });
    page.table(&["部分", "構成", "場所"], rows.collect());
    page.section("外への通信先");
    if outline.egress.is_empty() {
        page.text("このシステムが自分から通信する外の相手は、ありません。");
    } else {
        let mut rows: Vec<Vec<String>> =
            outline.egress.iter().map(|e| vec![e.purpose.to_owned(), e.setting.to_owned()]).collect();
        rows.dedup();
        page.table(&["目的", "設定の名前"], rows);
        page.text("通信先は設定に書かれたものだけです。計測、広告、配信網などの外部の部品は使いません。");
    }
    if page.state.config.push.is_on() {
        page.text("端末へのお知らせ（プッシュ）は、利用者が端末ごとに選んだときだけ、その端末のブラウザの事業者を通ります。事業者に分かるのは、どの端末に、いつ、急ぎかどうかだけです。中身は端末だけが開ける乱数で、患者さんの情報も、だれに何があったかも含みません。画面の「届きました」は、端末がお知らせを出したことを示し、読んだことを示すものではありません。");
    }
    page.section("国内での保管");
    page.answer(67);
}

fn risk(page: &mut Page<'_>) {
    page.chapter("2-3", "2-3 リスク対応");
    page.text(format!("脅威を洗い出し、起こりやすさと影響を3段階で見積もり、手当て、それを裏づける試験、残るもの、役目を、製品とともに管理しています（{}件、付録B）。手当てのないリスクがあると、製品の試験が通りません。", risks().len()));
    page.text("次のことは、施設で行ってください。");
    page.list(
        risks().iter().filter(|r| !r.facility.is_empty()).map(|r| format!("{}: {}", r.threat, r.facility)),
    );
}

fn basics(page: &mut Page<'_>) {
    page.chapter("2-4", "2-4 基本方針");
    page.text("次の法令とガイドラインに沿って作り、運用します。");
    page.list([
        "個人情報の保護に関する法律、医療・介護関係事業者における個人情報の適切な取扱いのためのガイダンス",
        "厚生労働省 医療情報システムの安全管理に関するガイドライン（第7.0版。章の番号は第6.0版も参照）",
        "経済産業省・総務省 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン（第2.0版）",
        "CRYPTREC・IPA TLS暗号設定ガイドライン（3.1.1版 高セキュリティ型）",
        "医師法、医療法、薬剤師法、介護保険法などの記録の保存に関する定め、外部保存に関する通知",
    ]);
    page.text("亡くなったかたの情報は、生きているかたと同じに守ります。亡くなったことによって、読める人や保存の期間が変わる仕組みはありません。");
}

fn delivery(page: &mut Page<'_>) {
    page.chapter("2-5", "2-5 提供体制・再委託");
    page.text(page.state.statement("divisions"));
    let subcontractors: Vec<Vec<String>> = page
        .state
        .entries("subcontractor")
        .map(|s| vec![s.get("name").into(), s.get("work").into(), s.words("country"), s.get("duty").into()])
        .collect();
    page.section("委託先");
    if subcontractors.is_empty() {
        page.text("委託先はありません（台帳に登録なし）。");
    } else {
        page.table(&["名称", "仕事", "所在", "課している義務"], subcontractors);
    }
    page.chapter("2-6", "2-6 契約書・マニュアルの管理");
    page.text(page.state.statement("contracts"));
    page.text("電子の写しは、暗号化して保管し、運営者と、共有した施設の管理者だけが開けます。開いた人と日時はすべて残ります。規程と方針は、スタッフがメニューの「規約と方針」でいつでも読めます。");
}

fn incidents(page: &mut Page<'_>) {
    page.chapter("2-7", "2-7 事故発生時の対応・報告");
    page.list([
        "広がりを止めるため、全体または一部の施設の利用を止めることがあります。安全を確かめてから再開します。",
        "原因を調べ、アクセスの記録から、影響のある患者さんと施設を割り出します。記録は消せないため、調べる材料が失われません。",
        "個人情報保護委員会への速報（おおむね3〜5日以内）と確報（30日以内、不正な目的によるときは60日以内）に協力します。",
        "施設と本人への知らせは、画面、メール、電話で行います。公開の場所でも知らせます。",
    ]);
    let text = format!("記録された事故: {}。", page.state.measured("incidents"));
    page.text(text);
    page.answer(71);
    let contacts: Vec<String> = page
        .state
        .entries("contact")
        .filter(|c| c.get("what") == "incident")
        .map(|c| {
            let ways = [("電話", c.get("tel")), ("メール", c.get("mail"))];
            let ways = ways.iter().filter(|(_, at)| !at.is_empty()).map(|(way, at)| format!("{way} {at}"));
            format!("{}（{}） {}", c.get("name"), c.get("hours"), ways.collect::<Vec<_>>().join("、"))
        })
        .collect();
    if contacts.is_empty() {
        page.text("緊急の窓口は、まだ登録されていません。");
    } else {
        page.list(contacts);
    }
}

fn media(page: &mut Page<'_>) {
    page.chapter("2-8", "2-8 記憶媒体の管理");
    page.text("記録は一件ずつ、ファイルは一つずつ、別々の鍵で暗号化してから保存します。ディスクやバックアップを手に入れただけでは読めません。");
    page.answer(38);
    page.answer(67);
    page.text(page.state.statement("media"));
    page.section("設置場所の管理");
    page.text(page.state.statement("physical"));
}

fn backup(page: &mut Page<'_>) {
    page.chapter("2-10", "2-10 バックアップと攻撃への備え");
    let rows: Vec<Vec<String>> =
        ["backup", "generations", "immutable", "drill", "waf", "alarms", "fingerprint"]
            .iter()
            .filter_map(|code| page.state.fact(code))
            .map(|f| {
                let good = if f.doubt(page.state.now).is_none() { "はい" } else { "いいえ" };
                vec![f.title.to_owned(), f.in_words(), good.to_owned()]
            })
            .collect();
    page.text("次の値は、このシステムが自分で測ったものです。測っていないもの、古いものは「いいえ」です。");
    page.table(&["項目", "測った値", "満たしているか"], rows);
    page.answer(63);
    page.answer(64);
    page.section("復旧の目標");
    page.text(page.state.statement("recovery"));
}

fn contact(page: &mut Page<'_>) {
    page.chapter("2-12", "2-12 問い合わせ窓口");
    let rows: Vec<Vec<String>> = page
        .state
        .entries("contact")
        .map(|c| {
            vec![
                c.words("what"),
                c.get("name").into(),
                c.get("tel").into(),
                c.get("mail").into(),
                c.get("hours").into(),
            ]
        })
        .collect();
    if rows.is_empty() {
        page.text("窓口は、まだ登録されていません。");
    } else {
        page.table(&["用件", "窓口", "電話", "メール", "時間"], rows);
    }
    page.section("計画した停止の知らせ");
    page.text(page.state.statement("maintenance"));
}
