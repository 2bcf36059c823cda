//! Samples in the shapes of the usual mail servers; the words are ours.

use super::*;

const TOKEN: &str = "aaaabbbbccccddddeeeeffff22";

fn report(said: Said) -> Read {
    Read::Report { said, token: Some(TOKEN.into()) }
}

/// As files hold it, as SMTP does, and with the line that a pipe gets in front.
fn each_way(sample: &str) -> [Read; 3] {
    let smtp = sample.replace('\n', "\r\n");
    let piped = format!("From MAILER-DAEMON  Sun Nov 29 09:12:44 2026\n{sample}");
    [sample, &smtp, &piped].map(|message| read(message.as_bytes()))
}

#[test]
fn reports_of_the_usual_servers_are_understood() {
    let samples = [
        (include_str!("samples/postfix.eml"), Said::Failed),
        (include_str!("samples/postfix_delayed.eml"), Said::Delayed),
        (include_str!("samples/exchange.eml"), Said::Failed),
        (include_str!("samples/exim.eml"), Said::Failed),
        (include_str!("samples/delivered.eml"), Said::Fine),
    ];
    for (sample, said) in samples {
        for read in each_way(sample) {
            assert_eq!(read, report(said), "{sample}");
        }
    }
}

#[test]
fn what_programs_and_people_write_is_no_report() {
    for sample in [include_str!("samples/absence.eml"), include_str!("samples/read_receipt.eml")] {
        assert_eq!(each_way(sample), [Read::Automatic, Read::Automatic, Read::Automatic], "{sample}");
    }
    let person = include_str!("samples/person.eml");
    assert_eq!(each_way(person), [Read::Other, Read::Other, Read::Other]);
}

/// A report of one part with these fields.
fn with(fields: &str) -> Read {
    let head = format!("To: bounces+{TOKEN}@example.jp\nContent-Type: multipart/report; boundary=x\n\n");
    read(format!("{head}--x\nContent-Type: message/delivery-status\n\n{fields}\n--x--\n").as_bytes())
}

#[test]
fn the_action_decides_and_what_contradicts_itself_says_nothing() {
    let about = |action: &str, status: &str| {
        with(&format!("Reporting-MTA: dns; x\n\nAction: {action}\nStatus: {status}\n"))
    };
    assert_eq!(about("failed", "5.1.1 (no such person)"), report(Said::Failed));
    assert_eq!(about("FAILED", "4.4.7"), report(Said::Failed), "it has given up, however soft the reason");
    assert_eq!(with("Reporting-MTA: dns; x\n\nAction: failed\n"), report(Said::Failed), "without a status");
    assert_eq!(about("delayed", "4.2.2"), report(Said::Delayed));
    assert_eq!(about("relayed", "2.0.0"), report(Said::Fine));
    for (action, status) in
        [("failed", "2.0.0"), ("delayed", "5.0.0"), ("delivered", "5.0.0"), ("lost", "5.0.0"), ("", "")]
    {
        assert_eq!(about(action, status), Read::Other, "{action} {status}");
    }
    // One of several copies has arrived.
    let two = "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n\nAction: delivered\nStatus: 2.0.0\n";
    assert_eq!(with(two), report(Said::Fine));
}

#[test]
fn a_part_that_was_encoded_on_its_way_is_read_too() {
    let fields = data_encoding::BASE64.encode(b"Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n");
    let head =
        format!("To: bounces+{TOKEN}@example.jp\nContent-Type: MULTIPART/Report; BOUNDARY=\"x y\"\n\n");
    let part = format!(
        "--x y \nContent-Type: Message/Delivery-Status\nContent-Transfer-Encoding: base64\n\n{fields}\n--x y--\n"
    );
    assert_eq!(read((head + &part).as_bytes()), report(Said::Failed));
}

/// A report within so many other multiparts, as filters and lists wrap what they pass on.
fn wrapped(times: usize) -> String {
    let status =
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n";
    let report =
        format!("Content-Type: multipart/report; boundary=r\n\n--r\n\nwords\n--r\n{status}\n--r--\n");
    let around = |inner: String, n: usize| {
        format!(
            "Content-Type: multipart/mixed; boundary=m{n}\n\n--m{n}\n\na note\n--m{n}\n{inner}\n--m{n}--\n"
        )
    };
    format!("To: bounces+{TOKEN}@example.jp\n{}", (0..times).fold(report, around))
}

#[test]
fn a_report_is_found_within_what_was_put_around_it_and_not_deeper() {
    for times in 0..MOST_LEVELS {
        assert_eq!(read(wrapped(times).as_bytes()), report(Said::Failed), "{times}");
    }
    assert_eq!(read(wrapped(MOST_LEVELS).as_bytes()), Read::Other);
    assert_eq!(read(wrapped(200).as_bytes()), Read::Other);
    // Somebody passes a report on as a letter: it is about another letter, or none.
    let passed_on = wrapped(1).replace(
        "Content-Type: multipart/report",
        "Content-Type: message/rfc822\n\nContent-Type: multipart/report",
    );
    assert_eq!(read(passed_on.as_bytes()), Read::Other);
}

#[test]
fn the_surest_header_names_the_letter_and_there_may_be_none() {
    let other = "zzzzbbbbccccddddeeeeffff22";
    let moved = |sample: &str, header: &str| format!("{header}: bounces+{other}@example.jp\n{sample}");
    let plain = include_str!("samples/delivered.eml");
    let token = |message: &str| match read(message.as_bytes()) {
        Read::Report { token, .. } => token,
        read => panic!("{read:?}"),
    };
    assert_eq!(token(&moved(plain, "X-Original-To")).as_deref(), Some(other));
    assert_eq!(token(&moved(plain, "Delivered-To")).as_deref(), Some(other));
    assert_eq!(token(&moved(plain, "Cc")).as_deref(), Some(TOKEN));
    assert_eq!(token(&plain.replace(TOKEN, "x")), None);
}

#[test]
fn garbage_and_traps_are_no_reports() {
    let all: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let mut cut = include_bytes!("samples/postfix.eml").to_vec();
    for length in (0..cut.len()).step_by(7) {
        let _ = read(&cut[..length]);
    }
    // Bytes that are no text, one by one.
    for at in (0..cut.len()).step_by(11) {
        let kept = std::mem::replace(&mut cut[at], 0xff);
        let _ = read(&cut);
        cut[at] = kept;
    }
    let nested = "Content-Type: message/rfc822\n\n".repeat(30_000);
    let many = format!("Content-Type: multipart/report; boundary=x\n\n{}", "--x\n\n".repeat(200_000));
    let large = format!("{}{}", include_str!("samples/postfix.eml"), "x".repeat(LARGEST));
    for message in [
        &b""[..],
        b"\n",
        b"\r\n\r\n",
        b"From \n",
        &all,
        &[0xff; 5000],
        nested.as_bytes(),
        many.as_bytes(),
        large.as_bytes(),
    ] {
        assert_eq!(read(message), Read::Other);
    }
    let behind = include_str!("samples/postfix.eml")
        .replace("Content-Type: message/delivery-status", &"Content-Type: message/rfc822\n\n".repeat(9_000));
    assert_eq!(read(behind.as_bytes()), Read::Automatic, "a report without its status, by a program");
}
