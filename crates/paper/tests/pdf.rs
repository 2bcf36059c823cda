//! A PDF as a reader gets it: its text comes out again, in order, over as many pages as it needs.

use std::process::Command;

use paper::{Block, Fonts, Paper};

fn text_of(pdf: &[u8]) -> (String, usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.pdf");
    std::fs::write(&file, pdf).expect("written");
    let run = |program: &str, arguments: &[&str]| {
        let out = Command::new(program).args(arguments).output().expect("poppler-utils is installed");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("UTF-8")
    };
    let path = file.to_str().expect("a path");
    let pages = run("pdfinfo", &[path]);
    let pages = pages
        .lines()
        .find_map(|l| l.strip_prefix("Pages:"))
        .expect("pages")
        .trim()
        .parse()
        .expect("a number");
    (run("pdftotext", &["-layout", path, "-"]), pages)
}

#[test]
fn japanese_text_tables_and_lists_come_out_of_the_pdf_again() {
    let rows = (0..90)
        .map(|n| vec![n.to_string(), "記録を後から書きかえられません。".into(), "はい".into()])
        .collect();
    let blocks = vec![
        Block::heading(2, "1-1 基本方針", "1-1"),
        Block::text("連携は、チームのための閉じたシステムです。"),
        Block::list(["一人にひとつのアカウント", "二要素の認証"]),
        Block::table(&["番号", "問い", "答え"], rows),
        Block::note("ここまで"),
    ];
    let paper =
        Paper { title: "安全管理に関する情報提供".into(), lines: vec!["第1版".into()], blocks };
    let pdf = paper.to_pdf(&Fonts::of_system().expect("fonts-noto-cjk is installed")).expect("a PDF");
    let (text, pages) = text_of(&pdf);
    for words in [
        "安全管理に関する情報提供",
        "1-1 基本方針",
        "一人にひとつのアカウント",
        "書きかえられません",
        "ここまで",
    ] {
        assert!(text.contains(words), "{words} is missing in:\n{text}");
    }
    let whole: String = text.split_whitespace().collect();
    assert!(pages > 1 && whole.contains(&format!("{pages}/{pages}")), "{pages} pages");
    assert!(pdf.len() < 400_000, "only the characters that are used are embedded: {} bytes", pdf.len());
}
