//! HTML, SVG and XML that a browser would run, also when hidden inside something else.

use super::{Family, Kind, contains};

/// What begins an HTML or SVG document (compare WHATWG MIME Sniffing, 7.1).
const OPENINGS: &[&[u8]] = &[
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<script",
    b"<iframe",
    b"<svg",
    b"<style",
    b"<title",
    b"<meta",
    b"<link",
    b"<img",
    b"<table",
    b"<div",
    b"<font",
    b"<h1",
    b"<a ",
    b"<b>",
    b"<br",
    b"<p>",
    b"<!--",
    b"<!doctype svg",
    b"<object",
    b"<embed",
    b"<form",
];
/// What makes any file worth running in a browser, wherever it stands. Long enough not to occur by chance
/// in compressed pictures.
const ANYWHERE: &[&[u8]] = &[b"<script", b"<!doctype html", b"<html>", b"<html ", b"<iframe"];
const XML_ACTIONS: &[&[u8]] =
    &[b"<?xml-stylesheet", b"http://www.w3.org/1999/xhtml", b"http://www.w3.org/2000/svg", b"javascript:"];
const HEAD: usize = 4096;

pub(super) fn claim(bytes: &[u8]) -> Option<Kind> {
    let narrowed;
    let bytes = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        narrowed = narrow(bytes);
        &narrowed
    } else {
        bytes
    };
    let head = begin(bytes);
    if OPENINGS.iter().any(|tag| head.starts_with(tag)) {
        return Some(Kind::new("text/html", Family::ActiveContent));
    }
    if head.starts_with(b"mime-version:") {
        return Some(Kind::new("message/rfc822", Family::ActiveContent));
    }
    if head.starts_with(b"<?xml") {
        return Some(xml(bytes));
    }
    // Members of a ZIP and mails in a compound file may be HTML without the whole being a page.
    let container = bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&super::ole::MAGIC);
    (!container && has_markup(bytes)).then_some(Kind::new("text/html", Family::ActiveContent))
}

/// UTF-16 with its zero bytes taken off is ASCII wherever markup stands.
fn narrow(bytes: &[u8]) -> Vec<u8> {
    bytes[2..].iter().copied().filter(|byte| *byte != 0).collect()
}

/// The first bytes in lower case, without byte order mark and leading space.
fn begin(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes[..bytes.len().min(HEAD)].trim_ascii_start().to_ascii_lowercase()
}

fn has_markup(bytes: &[u8]) -> bool {
    let starts =
        |tail: &[u8], tag: &[u8]| tail.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    memchr::memchr_iter(b'<', bytes).any(|at| ANYWHERE.iter().any(|tag| starts(&bytes[at..], tag)))
}

fn xml(bytes: &[u8]) -> Kind {
    let lower = bytes.to_ascii_lowercase();
    if has_markup(bytes) || XML_ACTIONS.iter().any(|mark| contains(&lower, mark)) {
        return Kind::new("application/xml", Family::ActiveContent);
    }
    // Word and Excel open such XML as a document ("flat OPC" or the 2003 formats), macros included.
    if contains(&lower, b"<?mso-application") {
        let macros = contains(&lower, b"macrospresent=\"yes\"") || contains(&lower, b"vbaproject");
        let family = if macros { Family::MacroOffice } else { Family::Office };
        return Kind::new("application/xml", family);
    }
    Kind::new("application/xml", Family::Text).download_only()
}
