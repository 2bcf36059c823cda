use std::io::{Cursor, Write};

use super::Family::*;
use super::{Family, sniff};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR";

fn family(bytes: &[u8], name: &str) -> Family {
    sniff(bytes, name).family
}

/// A ZIP with every member stored, or deflated when `deflate` is set.
fn zip(members: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let packed = if deflate {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(content).unwrap();
            encoder.finish().unwrap()
        } else {
            content.to_vec()
        };
        let offset = file.len() as u32;
        let mut common = vec![20, 0, 0, 0, if deflate { 8 } else { 0 }, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend((packed.len() as u32).to_le_bytes());
        common.extend((content.len() as u32).to_le_bytes());
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (file.len() as u32, members.len() as u16);
    let length = directory.len() as u32;
    file.extend(directory);
    file.extend(b"PK\x05\x06\x00\x00\x00\x00");
    file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    file.extend([length.to_le_bytes(), start.to_le_bytes()].concat());
    file.extend([0, 0]);
    file
}

const PLAIN_TYPES: &[u8] =
    b"<Types><Override ContentType=\"application/vnd.openxmlformats-officedocument\"/></Types>";
const MACRO_TYPES: &[u8] =
    b"<Types><Override PartName=\"/word/x.bin\" ContentType=\"application/vnd.ms-office.vbaProject\"/></Types>";

fn docx(types: &[u8], more: &[(&str, &[u8])], deflate: bool) -> Vec<u8> {
    let mut members = vec![("[Content_Types].xml", types), ("word/document.xml", b"<w:document/>")];
    members.extend(more);
    zip(&members, deflate)
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, content) in streams {
        if let Some((storage, _)) = path.rsplit_once('/').filter(|(storage, _)| !storage.is_empty()) {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(path).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

#[test]
fn ordinary_files() {
    let dicom = [&[0; 128][..], b"DICM\x02\x00\x00\x00"].concat();
    let mp4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2";
    let heic = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic";
    let odt = zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"")], false);
    let table: &[(&[u8], &str, Family, &str, bool)] = &[
        (JPEG, "a.jpg", Photo, "image/jpeg", true),
        (PNG, "a.png", Photo, "image/png", true),
        (b"GIF89a\x01\x00\x01\x00", "a.gif", Photo, "image/gif", true),
        (b"RIFF\x10\x00\x00\x00WEBPVP8L", "a.webp", Photo, "image/webp", true),
        (heic, "IMG_0001.HEIC", Photo, "image/heic", true),
        (mp4, "a.mp4", Video, "video/mp4", true),
        (b"ID3\x03\x00\x00\x00\x00\x00\x00", "a.mp3", Audio, "audio/mpeg", true),
        (b"%PDF-1.7\n1 0 obj<<>>", "a.pdf", Pdf, "application/pdf", true),
        (&dicom, "ct.dcm", Dicom, "application/dicom", false),
        (b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00", "fax.tif", Other, "image/tiff", false),
        (&odt, "a.odt", Office, "application/vnd.oasis.opendocument.text", false),
        ("薬歴のメモ".as_bytes(), "memo.txt", Text, "text/plain; charset=utf-8", true),
        (b"\x96\xf2\x97\xf0,1\r\n", "a.csv", Text, "text/csv; charset=shift_jis", true),
        (b"\x01\x02\x03\xff\xfe", "a.bin", Other, "application/octet-stream", false),
        (b"", "a.txt", Other, "application/octet-stream", false),
    ];
    for (bytes, name, family, media_type, inline_ok) in table {
        let kind = sniff(bytes, name);
        assert_eq!(
            (kind.family, kind.media_type, kind.inline_ok),
            (*family, *media_type, *inline_ok),
            "{name}"
        );
    }
}

#[test]
fn programs_whatever_their_name() {
    let exe = [&b"MZ\x90\x00\x03"[..], &[0; 80]].concat();
    let in_dicom = [&exe[..], &[0; 128][exe.len()..], b"DICM"].concat();
    let jar = zip(&[("META-INF/MANIFEST.MF", b"Main-Class: X")], false);
    for bytes in
        [&exe, &b"\x7fELF\x02\x01"[..], b"#!/bin/sh\n", &in_dicom, &jar, b"\xca\xfe\xba\xbe\x00\x00\x00\x34"]
    {
        assert_eq!(family(bytes, "photo.jpg"), Executable);
    }
    assert_eq!(family(b"MZ is how this text begins", "a.txt"), Text);
}

#[test]
fn names_only_make_it_worse() {
    let table = [
        ("report.docm", MacroOffice),
        ("photo.jpg.exe", Executable),
        ("PHOTO.EXE", Executable),
        ("photo.scr. . ", Executable),
        ("photo.bat::$DATA", Executable),
        ("photo\u{202e}gpj.exe", Executable),
        ("page.html", ActiveContent),
        ("drawing.svg", ActiveContent),
        ("photo.pdf", Photo),
        ("exe", Photo),
        ("", Photo),
    ];
    for (name, expected) in table {
        assert_eq!(family(JPEG, name), expected, "{name}");
    }
}

#[test]
fn macros_in_new_documents() {
    assert_eq!(family(&docx(PLAIN_TYPES, &[], true), "a.docx"), Office);
    assert_eq!(family(&docx(PLAIN_TYPES, &[], false), "a.docx"), Office);
    assert_eq!(family(&docx(PLAIN_TYPES, &[("word/vbaProject.bin", b"x")], true), "a.docx"), MacroOffice);
    assert_eq!(family(&docx(PLAIN_TYPES, &[("WORD\\VBAPROJECT.BIN", b"x")], true), "a.docx"), MacroOffice);
    // The macro part may be called anything; the content type gives it away, deflated or not.
    assert_eq!(family(&docx(MACRO_TYPES, &[("word/x.bin", b"x")], true), "a.docx"), MacroOffice);
    assert_eq!(family(&docx(MACRO_TYPES, &[("word/x.bin", b"x")], false), "a.docx"), MacroOffice);
    assert_eq!(
        family(&docx(PLAIN_TYPES, &[("xl/macrosheets/sheet1.xml", b"")], true), "a.xlsx"),
        MacroOffice
    );
    // A list of types too long to read, and a document cut in the middle, cannot be cleared.
    let bomb = vec![b' '; 3 << 20];
    assert_eq!(family(&docx(&bomb, &[], true), "a.docx"), MacroOffice);
    let whole = docx(PLAIN_TYPES, &[], true);
    assert_eq!(family(&whole[..whole.len() / 2], "a.docx"), MacroOffice);
    let odt = [("mimetype", &b"application/vnd.oasis.opendocument.text"[..]), ("Basic/Standard/M.xml", b"")];
    assert_eq!(family(&zip(&odt, false), "a.odt"), MacroOffice);
    assert_eq!(family(&zip(&[("notes.txt", b"x")], true), "a.zip"), Archive);
}

#[test]
fn macros_in_old_documents() {
    let sheet = |kind: u8| [&[0x85, 0, 8, 0][..], &[0, 0, 0, 0, 0, kind, 1, b'A']].concat();
    let slides = |flag: u8| {
        let head = [0x1f, 0, 0xff, 3, 0x14, 0, 0, 0, 2, 0, 0, 4, 0x0c, 0, 0, 0, 1, 0, 0, 0];
        [&head[..], &[flag, 0, 0, 0, 2, 0, 0, 0]].concat()
    };
    let plain = sniff(&compound(&[("/WordDocument", b"text")]), "a.doc");
    assert_eq!((plain.family, plain.media_type), (Office, "application/msword"));
    assert_eq!(family(&compound(&[("/Workbook", &sheet(0))]), "a.xls"), Office);
    assert_eq!(family(&compound(&[("/PowerPoint Document", &slides(0))]), "a.ppt"), Office);
    let bad = [
        compound(&[("/WordDocument", b"text"), ("/Macros/VBA/dir", b"x")]),
        compound(&[("/Workbook", &sheet(1))]),
        compound(&[("/PowerPoint Document", &slides(1))]),
        compound(&[("/EncryptedPackage", b"x")]),
        super::ole::MAGIC.to_vec(),
    ];
    for bytes in &bad {
        assert_eq!(family(bytes, "a.doc"), MacroOffice);
    }
    assert_eq!(family(b"{\\rtf1 hello}", "a.rtf"), Office);
    assert_eq!(family(b"{\\rtf1{\\object\\objemb{\\*\\objdata 00}}}", "a.rtf"), MacroOffice);
}

#[test]
fn active_content_is_found() {
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain("<script>".bytes().flat_map(|b| [b, 0])).collect();
    let active: &[&[u8]] = &[
        b"<html><body>hi",
        b"\xef\xbb\xbf \r\n<!DOCTYPE html>",
        b"<svg onload=alert(1)>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><a/>",
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related",
        b"harmless words, then <ScRiPt>alert(1)</script>",
        &wide,
    ];
    for bytes in active {
        let kind = sniff(bytes, "memo.jpg");
        assert_eq!((kind.family, kind.inline_ok), (ActiveContent, false));
    }
    let data = sniff(b"<?xml version='1.0'?><ClinicalDocument/>", "a.xml");
    assert_eq!((data.family, data.inline_ok), (Text, false));
}

#[test]
fn polyglots_take_the_worse_side() {
    let with = |tail: &[u8]| [JPEG, tail].concat();
    assert_eq!(family(&with(b"...%PDF-1.4 ..."), "a.jpg"), Pdf);
    assert_eq!(family(&with(b"<script>alert(1)</script>"), "a.jpg"), ActiveContent);
    assert_eq!(family(&with(&zip(&[("a.txt", b"x")], false)), "a.jpg"), Archive);
    assert_eq!(family(&with(&docx(MACRO_TYPES, &[], true)), "a.jpg"), MacroOffice);
    assert_eq!(family(&with(&zip(&[("META-INF/MANIFEST.MF", b"x")], true)), "a.jpg"), Executable);
    assert_eq!(family(&with(b"Rar!\x1a\x07\x01\x00"), "a.jpg"), Archive);
}

#[test]
fn a_pdf_that_acts_is_a_download() {
    assert!(sniff(b"%PDF-1.4 <</Type/Catalog>>", "a.pdf").inline_ok);
    for action in ["/OpenAction<</S/JavaScript/JS(app.alert)>>", "/S/Launch", "/EmbeddedFile"] {
        let kind = sniff(format!("%PDF-1.4 <<{action}>>").as_bytes(), "a.pdf");
        assert_eq!((kind.family, kind.inline_ok), (Pdf, false), "{action}");
    }
}

proptest::proptest! {
    /// Hostile bytes behind every magic: an answer, never a panic.
    #[test]
    fn never_panics(magic in 0usize..6, tail in proptest::collection::vec(0u8..=255, 0..600)) {
        let starts: [&[u8]; 6] = [b"", JPEG, b"PK\x03\x04", b"PK\x05\x06", &super::ole::MAGIC, b"\x00\x00\x00\x18ftyp"];
        let bytes = [starts[magic], &tail].concat();
        let kind = sniff(&bytes, "x.dat");
        proptest::prop_assert!(!kind.media_type.is_empty());
    }
}
