//! A list of people: nothing happens before it was confirmed, and each line has its result.

use std::fmt::Write as _;

use encoding_rs::SHIFT_JIS;

use super::{Region, region};

/// Fifty people, three of whom cannot be invited.
fn list() -> String {
    let mut text = String::from("氏名,ふりがな,職種,ID,メール,管理者\r\n");
    for n in 0..50 {
        let line = match n {
            7 => "桑原 誠,くわはら まこと,魔法使い,,,".to_owned(),
            23 => "太田 フミ,OTA,ヘルパー,,,".to_owned(),
            41 => "城戸 航,きど わたる,理学療法士,,wataru@,".to_owned(),
            n => format!("\"試験, {n}号\",しけん {},看護師,shiken{n},,", "あ".repeat(n + 1)),
        };
        let _ = write!(text, "{line}\r\n");
    }
    text
}

impl Region {
    async fn check(&self, bytes: Vec<u8>) -> String {
        let parts = [("file", Some("staff.csv"), bytes), ("list", None, Vec::new())];
        self.w.as_(&self.admin).multipart("/facility/staff/invitations/csv", &parts).await.expect(200).text()
    }

    async fn invitations(&self) -> i64 {
        self.count("SELECT count(*) FROM sec.staff_invitation").await
    }
}

fn hidden(page: &str, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let text = page.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).expect("a hidden field");
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_lines_three_are_bad_and_nothing_is_made_before_the_second_step() {
    let r = region().await;
    for bytes in [list().into_bytes(), SHIFT_JIS.encode(&list()).0.into_owned()] {
        let page = r.check(bytes).await;
        let (bad, good) = page.split_once("招待する人 47").expect("both lists");
        let line = |n: u32| format!("data-head=\"行\">{n}行目<");
        let wrong = [(9, "職種「魔法使い」"), (25, "ふりがな「OTA」"), (43, "メール「wataru@」")];
        for (n, words) in wrong {
            assert!(bad.contains(&line(n)) && bad.contains(words) && !good.contains(&line(n)), "{n}: {page}");
        }
        assert!(bad.contains("50行のうち、招待できるのは47人です") && good.contains(&line(51)));
        assert_eq!(r.invitations().await, 0, "a dry run makes nothing");
    }
    let page = r.check(list().into_bytes()).await;
    let (client_id, text) = (hidden(&page, "client_id"), hidden(&page, "list"));
    let confirm = "/facility/staff/invitations/csv/confirmation";
    let fields = |answer: &'static str| {
        [("client_id", client_id.as_str()), ("list", text.as_str()), ("answer", answer)]
    };
    r.w.as_(&r.nurse).form(confirm, &fields("page")).await.expect(403);
    assert_eq!(r.invitations().await, 0);
    let made = r.w.as_(&r.admin).form(confirm, &fields("page")).await.expect(200).text();
    assert!(made.contains("47人を招待しました") && made.contains("招待しなかった行"));
    assert_eq!(made.matches("http://localhost:8080/join/").count(), 47);
    assert_eq!(r.invitations().await, 47);

    // The same list again: the same links, as sheets and as a table.
    let sheets = r.w.as_(&r.admin).form(confirm, &fields("sheets")).await.expect(200).text();
    assert_eq!(sheets.matches("class=\"qr\"").count(), 47);
    let table = r.w.as_(&r.admin).form(confirm, &fields("csv")).await.expect(200).text();
    assert_eq!(table.lines().count(), 48);
    assert_eq!(r.invitations().await, 47, "nobody was invited twice");
    let link = table.split("http://localhost:8080").nth(1).and_then(|t| t.split('"').next()).expect("a link");
    assert!(made.contains(link) && sheets.contains(link));
    let page = r.w.nobody().get(link).await.expect(200).text();
    assert!(page.contains("試験, 0号") && page.contains("shiken0"));

    // Read once more, these people are invited already.
    let page = r.check(list().into_bytes()).await;
    assert!(page.contains("50行のうち、招待できるのは0人です") && page.contains("招待されています"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_said_and_kept() {
    let r = region().await;
    let ask = |list: &'static str| {
        let parts = [("file", Some(""), Vec::new()), ("list", None, list.as_bytes().to_vec())];
        let w = &r.w;
        let admin = &r.admin;
        async move { w.as_(admin).multipart("/facility/staff/invitations/csv", &parts).await }
    };
    ask("五十嵐 みずほ,いがらし みずほ,看護師").await.expect(200);
    for (list, words) in [("", "一覧が空です"), ("氏名,職種\nだれか,看護師", "「ふりがな」がありません")]
    {
        let page = ask(list).await.expect(422).text();
        assert!(page.contains(words), "{words}");
        assert!(list.is_empty() || page.contains("だれか"), "what was pasted is kept");
    }
    let parts = [("file", Some("x.csv"), vec![0x81, 0xff, 0xfe, 0x80]), ("list", None, Vec::new())];
    let page =
        r.w.as_(&r.admin).multipart("/facility/staff/invitations/csv", &parts).await.expect(422).text();
    assert!(page.contains("文字が読めません"));
    assert_eq!(r.invitations().await, 0);
}
