"""Ordinary sentences of care teams, as they are typed: at least 600, all different, none of them an attack.

Each list below is what a kind of message is made of; `sentences()` puts them together, always the same way. All people,
places and facts are invented.
"""

WHO = ["ご本人", "奥様", "長女様", "主治医", "訪看", "ケアマネ", "薬剤師", "ヘルパー", "リハ", "栄養士"]
WHEN = ["本日14:00〜", "今朝", "昨夜23時頃", "10/3(金) 9:30", "R8.4.1より", "夕食後", "入浴前", "さきほど", "明日午前中", "来週月曜"]
VITALS = [
    "BT 36.{0} BP {1}/7{2} P {3}2 SpO2 9{4}%(RA)", "体温３６.{0}度、血圧{1}-7{2}、脈拍{3}2回/分、ＳｐＯ２ ９{4}％", "KT=37.{0}, HR=1{2}0, RR=2{4}; 意識清明",
    "血糖 {1}mg/dL (食前) -> インスリン {4}単位 s.c.", "体重 4{0}.{2}kg → 4{0}.{4}kg（先月比 -{2}.{0}kg）", "尿量 {1}0ml/日 < 500ml、水分 {1}ml 摂取",
    "NRS {0}/10 → {2}/10、レスキュー×{4}回", "ABP {1}/6{2} & SpO2 9{4}% @O2 {0}L", "JCS I-{2}, GCS E{2}V{4}M6", "Hb {0}.{2} g/dL, CRP <0.{4}, K+ 4.{0} mEq/L",
]
DRUGS = [
    "アムロジピン5mg 1錠 分1 朝食後", "ロキソプロフェン60mg 頓用 (1日3回まで; 6h以上あける)", "Warfarin 1.5mg 1x; PT-INR 2.1", "酸化Mg 330mg 3T 3x毎食後",
    "フェントステープ 1mg -> 2mg へ増量", "リスペリドン内用液1mL/包 'OD錠'ではない", "プレドニゾロン 10mg→7.5mg→5mg (2週毎に漸減)", "select薬: Lansoprazole OD 15mg", "Eye drop 1日4回 両眼",
    "insulin glargine 8U 眠前; 低血糖<70で中止", "テープ剤\"Rotigotine\" 4.5mg/24h", "半夏厚朴湯 2.5g×3包", "アセトアミノフェン 500mg 1～2錠 疼痛時 max 4000mg/日", "ﾌﾛｾﾐﾄﾞ20mg 1T 朝 + ｽﾋﾟﾛﾉﾗｸﾄﾝ25mg",
    "デキサメタゾン 4mg || ベタメタゾン どちらでも可", "KCl 徐放錠 600mg 2T 2x (K=3.1)",
]
DRUG_NOTES = ["開始しました。", "残薬 {n}日分あり、調整お願いします。", "飲み忘れ{n}回。", "粉砕不可? 確認中です。", "中止 or 継続の指示をください。", "副作用(眠気, ふらつき)なし。"]
SOAP = [
    "S:「{s}」\nO: BP {n}6/72, 浮腫(+)\nA: {a}\nP: {p}", "S) {s}\nO) 独歩可; 右手握力 1{n}kg\nA) {a}\nP) {p}", "Ｓ：{s}／Ｏ：表情やわらか／Ａ：{a}／Ｐ：{p}",
    "#1 心不全\nS: {s}\nO: 下腿浮腫 ++/++, 体重 5{n}.2kg\nA/P: {a} → {p}", "【S】{s}\r\n【O】SpO2 9{n}%\r\n【A】{a}\r\n【P】{p}",
]
S = ["夜は眠れています", "腰が痛くてね…", "食欲がないの", "もう大丈夫!", "薬が多すぎる"]
A = ["増悪なし", "疼痛コントロール不良?", "経過良好", "脱水の疑い"]
P = ["現行継続", "明日再訪問; 変化あればTEL", "主治医に報告->指示待ち", "利尿剤の増量を相談"]
SBAR = [
    "S(状況): {who}より電話、38.{n}℃の発熱\nB(背景): 誤嚥性肺炎 既往2回\nA(評価): SpO2 9{n}% (平時96%)\nR(提案): 臨時往診 or 救急要請?", "S：転倒 B：抗凝固薬内服中 A：頭部打撲(-), 疼痛 NRS{n} R：経過観察でよいか指示ください（{who}も心配）",
]
TASKS = [
    "{who}へ連絡済み。{when}担当者会議、{n}名参加予定です。", "{when}訪問しました。{who}と面談、サービス内容に変更なし。", "{who}より「{quote}」とのこと。", "{when} {who}同席で{n}分リハビリ。<要観察>",
    "@{who} さん {when}の件、至急ご確認を!! #転倒 #褥瘡", "{who}の希望: {quote} (優先度 {n})", "申し送り；{when}／{who}／{quote}", "*重要* {who}に {quote} と伝えてください -- {when}",
]
QUOTES = ["痛い", "家に帰りたい", "水が飲みにくい", "help してほしい", "もう死にたい", "It's OK", "手すりが欲しい", "夜中に2回起きる"]
SIGNS = [
    "体温>37.5かつSpO2<92%なら連絡", "1=1 ではなく 1<2 です", "BS=180 and HbA1c=7.2 or higher", "BP<90 or >180 で call", "塩分 < 6g/日, 水分 <= 1500ml", "Na 128 != 138 再検", "BMI = 48.2 / (1.52 * 1.52) = 20.9", "5% > 3%: 体重減少率が基準超え",
    "(A && B) の両方が必要、どちらかなら(A || B)", "尿比重 1.020～1.030; pH 6.5", "3-4回/日 -- 前回より減少", "意識レベル: 1-R --> 清明", "---- ここから夜勤 ----", "/* 夜間メモ */ 0時・2時・4時 巡視", "10:00 - 11:00; 13:00 - 14:00; 15:00 -", "±0.5kg、±5mmHg以内", "水分量 = in 1200 - out 950 = +250",
    "100% の O2 ではなく 24% ベンチュリー", "%IBW 85%、%LBW -4.5%/月", "$100 程度の自費、¥12,000/月", "${氏名} 様 {{日付}} のひな形が残っていました", "住所: 1-2-3 <2F> 'ハイツ'", "O'Brien先生より電話あり; 'drop'錠について", "A & B医院より: union(連合)会議の件。update済み",
    "select * 全員参加でお願いします", "insert針 22G、drop factor 20滴/mL", "table の高さを下げる; chair は固定", "where is pain? 右肩 or 左肩 and 腰", "delete してよい書類はシュレッダーへ", "デイの予定を update しました; 前の表は drop", "order by 主治医: bed rest, having 発熱時のみ call", "union の会合 -> all staff 出席; select 制",
    "exec チームで検討、declare された方針どおり", "cast 固定中、convert 体操は中止", "nullのまま空欄の項目あり", "like a 風邪 症状 in the morning", "begin 9:00 / end 10:30 (waitfor 迎え)", "「or 1」は右側1番の薬箱のこと", "sleep(5) 時間ほど。夜間頻尿あり", "benchmark(基準) は HbA1c 7.0 未満",
    "<重要>明日10/3(金)受診予定です。", "<b>太字</b>はこの画面では効きませんね", "&lt;済&gt; と表示されました", "<疼痛> NRS 3 </疼痛>", "< 申し送り > 22時 体位変換", "<- 左足 | 右足 ->", "<3 いつもありがとうございます", "<A様> から <B様> へ部屋移動", "onload の作業は9時から; script(台本)は配布済み", "style: カット希望、image は別紙", "alert(アラート) が3回鳴りました", "alert音 (SpO2<90%) を確認", "javascript の研修は延期です", "iframe のような枠の歩行器",
    "document.pdf を確認ください", "src: 本院カルテ, href は不要", "img 検査 (X-P) onsite で実施", "data: 体重 50kg; text/ メモ", "expression (表情) : 穏やか", "eval(評価) は金曜日", "function(機能) 訓練を継続", "var. 静脈瘤 (+); let it be.", "prompt に返答あり、confirm 済み",
    "https://example.jp/a?id=1&b=2 をご覧ください", "http://example.jp/資料/計画書.pdf?ver=2#p3", "地図 → https://example.jp/map?q=35.0,139.0", "ftp ではなく https://example.jp/share/ に置きました", "URL: www.example.jp/~clinic/index.php?page=3", "file は \\\\server\\share\\計画書.xlsx です", "C:\\Users\\Care\\Desktop\\サマリー.docx を送付", "D:\\診療情報\\2026\\10月\\..\\9月 を参照", "../資料/計画書.pdf を確認ください", "/etc などの略語は使わない方針です", "etc/ ほか / その他", "/home に帰宅、/var の意味は?", "~/ は不要です", "メール: care@example.jp / cc: ns@example.jp", "localhost とは院内のこと?", "192.168.0.1 のルーターを再起動しました",
    "echo検査の結果; cat検査(CT)も予定", "; cat は検査です", "ls 値, ps 2, id 番号は別紙", "ping 痛(ピーン)とした痛み", "kill 細胞…の説明をした | 了解", "who: 看護師, whoami 札", "sh 薬, bash (打撲) 部の腫脹", "net 包帯で保護、nc は不要", "curl 運動 10回×3セット; wget なし", "time 10:00; date 10/3; touch 刺激に反応", "find した薬は head ナースへ; tail 側から数える", "man 60代, more 水分 less 塩分", "echo: EF 55%, E/e' 12 | sort 済", "rm 室(リハ室) -> 移動", "mail で連絡; tar 便(+)", "python (ニシキヘビ) の絵本を読む", "perl グレイ色の分泌物", "node (リンパ節) 腫大 1.2cm; ruby 色の血尿", "`メモ` はバッククォートで囲みました", "$(合計) は 3,200円", "| 朝 | 昼 | 夕 |\n|---|---|---|\n| 8割 | 5割 | 10割 |",
    "passwd は窓口で、shadow (+) 右下肺野", "<?> は不明の意味です", "<!-- 夜勤メモ --> 22時 トイレ", "?> 疑い濃厚", "[重要] ]] 閉じかっこが多い", "{\"BT\": 36.5, \"BP\": \"120/70\"} と機器に表示", "[1,2,3] 番の引き出し", "{n: 3} 回 / 日", "%2F は / のことらしい", "100%25 と表示", "\\n が見えます、\\t も", "タブ\t区切り\tの表", "改行\n\n\n多め", "㈱ ①②③ ⅢⅣ ㎎ ㏄ ℃ № ℡", "﨑田様 髙橋様 𠮷野家 葛󠄀城様", "ｶﾀｶﾅ ﾊﾝｶｸ ﾃﾞｽ｡｢ﾋﾞﾀﾐﾝ｣ ｦ ﾉﾐﾏｼﾀ", "😀👨‍👩‍👧 ありがとうございます🙏", "👍 了解です！🚑→🏥", "か\u3099ぎ(結合文字)を預かりました", "αブロッカー、β遮断薬、γ-GTP 45、μg/kg/min、Δ体重", "①→②⇒③↑↓⇔", "〜～ー－―‐", "…‥・／＼", "「『【〔（《〈〉》）〕】』」", "“引用” ‘引用’ \"引用\" '引用'", "!?!?!! ‼️ ⁉️", "(^_^;) m(_ _)m orz", "w (笑) ;)  :-) <(_ _)>", "''", "\"\"で囲む、'で始まる文", "--で始まる文ではありません", "患者ID: 00123-45; 保険証 12345678", "Dr.の指示: do 処方, NPO, DNAR(-), s/o CHF, r/o PE", "c/o SOB; w/ O2 2L; s/p TKA; h/o DM/HTN", "Rp) 1) タケキャブ20mg 1T 1x朝 2) マグミット330mg 3T 3x", "処方: @[0.1%]軟膏 & ガーゼ", "pt. c/o chest pain since 3 A.M.; ECG: no ST change", "Please update the table and drop the old sheet; thanks.", "Select one and insert it into the slot.", "If fever >38.5 then give acetaminophen; else wait.", "We'll exec the plan from 10/1 -- see attached", "union of bone (骨癒合) confirmed; cast off",
]
FOOD = ["主食{0}割・副食{1}割、むせ(-)", "とろみ {0}% で水分{1}0ml", "朝{0}/昼{1}/夕10 (割)", "間食: ゼリー{0}個; お茶{1}00cc", "経管 RTH 400kcal×{0}、白湯{1}50ml", "口腔ケア後 {0}割摂取 → 残り{1}割は15時"]
BATH = ["入浴: 機械浴 (10-15分) 皮膚トラブルなし", "清拭＋足浴、仙骨部発赤 {n}×{m}cm (d1)", "褥瘡 DESIGN-R: D{n}-e1s{m}i0g0n0p0 = {m}点", "創部: 滲出液 少量; ガーゼ{n}枚/日", "爪切り{n}本、白癬? 皮膚科に相談"]


def pick(items, i):
    return items[i % len(items)]


def made():
    for i in range(70):
        yield pick(WHEN, i) + " " + pick(VITALS, i).format(i % 9, 100 + i, i % 7, 6 + i % 4, 2 + i % 7)
    for i, drug in enumerate(DRUGS):
        for n, note in enumerate(DRUG_NOTES):
            yield f"{drug} {note.format(n=i % 9 + n + 1)}"
    for i in range(90):
        yield pick(SOAP, i).format(s=pick(S, i // 5), a=pick(A, i // 3), p=pick(P, i // 2), n=i % 9)
    for i in range(40):
        yield pick(SBAR, i).format(who=pick(WHO, i), n=i % 9)
    for i in range(160):
        yield pick(TASKS, i).format(who=pick(WHO, i // 3), when=pick(WHEN, i // 2), n=i % 12 + 1, quote=pick(QUOTES, i // 4))
    yield from SIGNS
    for i, sign in enumerate(SIGNS[:70]):
        yield f"{pick(WHEN, i)}{pick(WHO, i)}より。{sign}\n以上、よろしくお願いします。"
    for i in range(48):
        yield pick(FOOD, i).format(i % 10, (i * 3) % 10)
    for i in range(30):
        yield pick(BATH, i).format(n=i % 6 + 1, m=i % 8 + 2)


def sentences():
    return list(dict.fromkeys(text.strip() for text in made()))


if __name__ == "__main__":
    print(len(sentences()))
