//! Files made by hand, with things planted in them.

use std::{fs, io::Cursor, process::Command};

use image::{ImageFormat, Rgb, RgbImage};

pub fn holds(bytes: &[u8], planted: &[u8]) -> bool {
    bytes.windows(planted.len()).any(|window| window == planted)
}

/// The harmless test string that every scanner agrees to find, put together here so that this source file
/// is not itself found.
pub fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}", "$EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!", "$H+H*"]
        .concat()
        .into_bytes()
}

fn jpeg() -> Vec<u8> {
    let scene = RgbImage::from_fn(640, 320, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    let mut bytes = Cursor::new(Vec::new());
    scene.write_to(&mut bytes, ImageFormat::Jpeg).expect("a JPEG");
    bytes.into_inner()
}

/// A JPEG with an EXIF block that names a place (TIFF 6.0: one directory that points to a GPS directory).
pub fn photo_with_a_place() -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let tiff = [
        b"II*\0\x08\0\0\0".to_vec(),
        1u16.to_le_bytes().to_vec(),
        entry(0x8825, 4, 1, 26),
        vec![0; 4],
        1u16.to_le_bytes().to_vec(),
        entry(1, 2, 2, u32::from(b'N')),
        vec![0; 4],
        b"GPS-PLANTED-PLACE".to_vec(),
    ]
    .concat();
    let body = [b"Exif\0\0".to_vec(), tiff].concat();
    let length = u16::try_from(body.len() + 2).expect("a short segment").to_be_bytes();
    let plain = jpeg();
    [&plain[..2], &[0xff, 0xe1], &length, &body, &plain[2..]].concat()
}

/// A real HEIC, made by the tool that belongs to the decoder.
pub fn heic() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let (from, to) = (dir.path().join("a.jpg"), dir.path().join("a.heic"));
    fs::write(&from, jpeg()).expect("a picture");
    let made = Command::new("heif-enc").arg(&from).arg("-o").arg(&to).output();
    let made = made.expect("this test needs the Debian package libheif-examples");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::read(to).expect("a HEIC")
}

/// One page, 200 by 100 points, its left half red.
pub fn pdf() -> Vec<u8> {
    let drawing = "1 0 0 rg 0 0 100 100 re f";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>>>".to_owned(),
        format!("<</Length {}>>stream\n{drawing}\nendstream", drawing.len()),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = "xref\n0 5\n0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = file.len();
    file += &format!("{table}trailer<</Size 5/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}

/// An empty ZIP under a name that promises macros: the name alone makes it count as one.
pub fn docm() -> Vec<u8> {
    let mut zip = b"PK\x05\x06".to_vec();
    zip.extend([0; 18]);
    zip
}
