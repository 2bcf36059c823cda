use std::{fs, process::Command};

use image::{ImageFormat, Rgb, RgbImage};
use tempfile::TempDir;

use super::*;

struct World {
    intake: Intake,
    base: TempDir,
}

async fn world() -> World {
    let base = TempDir::new().unwrap();
    let sandbox = Sandbox::detect(base.path()).await;
    let limits = Limits { max_side: 400, thumbnail_side: 120, ..Limits::default() };
    World { intake: Intake::new(sandbox, 1 << 20, limits), base }
}

/// Red left, blue right.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// One page, 200 by 100 points, its left half red.
fn pdf() -> Vec<u8> {
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

/// A real HEIC, made by the tool that belongs to the decoder.
fn heic(picture: &[u8], name: &str) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    let (from, to) = (dir.path().join(name), dir.path().join("a.heic"));
    fs::write(&from, picture).unwrap();
    let made = Command::new("heif-enc").arg(&from).arg("-o").arg(&to).output();
    let made = made.expect("these tests need the Debian package libheif-examples");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::read(to).unwrap()
}

/// Phones write the rotation twice, in EXIF and in the container. The encoder writes only the first, so its
/// `pixi` box (16 bytes, of which nobody needs any) becomes an `irot` box: three quarters to the left.
fn turned_as_by_a_phone(mut heic: Vec<u8>) -> Vec<u8> {
    let at = memchr::memmem::find(&heic, b"pixi").unwrap();
    heic[at..at + 5].copy_from_slice(b"irot\x03");
    heic
}

#[track_caller]
fn assert_red_left_blue_right(jpeg: &[u8]) {
    let picture = image::load_from_memory(jpeg).unwrap().to_rgb8();
    let middle = picture.height() / 2;
    let [left, right] =
        [picture.width() / 8, picture.width() * 7 / 8].map(|x| picture.get_pixel(x, middle).0);
    assert!(left[0] > 150 && left[2] < 100 && right[2] > 150, "{left:?} {right:?}");
}

#[tokio::test]
async fn a_photo_is_written_anew() {
    let w = world().await;
    let photo = encoded(&scene(600, 300), ImageFormat::Jpeg);
    let taken = w.intake.take_in("IMG_1.JPG", photo.clone().into()).await.unwrap();
    assert_eq!((taken.kind.media_type, taken.kind.family), ("image/jpeg", Family::Photo));
    assert_eq!((taken.size, &taken.warnings[..]), (Some((400, 200)), &[Warning::ScaledDown][..]));
    assert_ne!(taken.stored, photo);
    assert_red_left_blue_right(&taken.stored);
    let thumbnail = taken.thumbnail.unwrap();
    assert_eq!(image::load_from_memory(&thumbnail).unwrap().width(), 120);
}

#[tokio::test]
async fn a_heic_becomes_a_jpeg() {
    let w = world().await;
    let heic = heic(&encoded(&scene(200, 100), ImageFormat::Png), "a.png");
    assert_eq!(sniff::sniff(&heic, "x").media_type, "image/heic");
    let taken = w.intake.take_in("IMG_2.HEIC", heic.clone().into()).await.unwrap();
    assert_eq!(
        (taken.kind.media_type, taken.size, taken.kind.inline_ok),
        ("image/jpeg", Some((200, 100)), true)
    );
    assert_red_left_blue_right(&taken.stored);
    assert_eq!(taken.warnings, []);
    let cut = w.intake.take_in("IMG_2.HEIC", heic[..heic.len() / 2].to_vec().into()).await;
    assert_eq!(cut, Err(Error::Broken));
    assert_eq!(fs::read_dir(w.base.path()).unwrap().count(), 0, "no working file is left");
}

#[tokio::test]
async fn a_heic_loses_its_place_and_is_turned_once() {
    let w = world().await;
    let heic = turned_as_by_a_phone(heic(&crate::picture::tests::photo_with_everything(6), "a.jpg"));
    let holds = |bytes: &[u8], text: &str| memchr::memmem::find(bytes, text.as_bytes()).is_some();
    assert!(holds(&heic, "GPS-PLANTED-PLACE"), "the sample holds what is to vanish");
    let taken = w.intake.take_in("IMG_3.heic", heic.into()).await.unwrap();
    assert_eq!(taken.size, Some((32, 64)));
    let thumbnail = taken.thumbnail.unwrap();
    for text in ["GPS", "Exif", "xmpmeta", "ICC_PROFILE"] {
        assert!(!holds(&taken.stored, text) && !holds(&thumbnail, text), "{text}");
    }
}

#[tokio::test]
async fn a_pdf_gets_a_picture_of_its_first_page() {
    let w = world().await;
    let taken = w.intake.take_in("letter.pdf", pdf().into()).await.unwrap();
    assert_eq!((taken.kind.family, taken.warnings), (Family::Pdf, vec![]));
    assert_eq!(taken.stored, pdf(), "the document itself is kept as it is");
    let page = image::load_from_memory(&taken.thumbnail.unwrap()).unwrap().to_rgb8();
    assert_eq!(page.width(), 120);
    assert!((60..=61).contains(&page.height()), "poppler may add a row");
    assert!(page.get_pixel(20, 30).0[1] < 60, "red");
    assert!(page.get_pixel(100, 30).0[1] > 200, "white");
    let cut = w.intake.take_in("letter.pdf", pdf()[..120].to_vec().into()).await;
    assert_eq!(cut, Err(Error::Broken));
    let odd = w.intake.take_in("letter.pdf", Bytes::from_static(b"%PDF-1.4 nonsense %%EOF")).await.unwrap();
    assert_eq!((odd.thumbnail, odd.warnings), (None, vec![Warning::NoPreview]));
}

#[tokio::test]
async fn a_pdf_behind_a_picture_name_is_named() {
    let w = world().await;
    let taken = w.intake.take_in("photo.jpg", pdf().into()).await.unwrap();
    assert_eq!((taken.kind.family, taken.warnings), (Family::Pdf, vec![Warning::NameMisleads]));
}

#[tokio::test]
async fn dangerous_files_are_kept_as_they_are_with_a_warning() {
    let w = world().await;
    let table: [(&str, &[u8], Family, Warning); 3] = [
        ("a.docm", b"{\\rtf1}", Family::MacroOffice, Warning::Macros),
        ("a.exe", b"MZ\x00", Family::Executable, Warning::Executable),
        ("a.html", b"<script>", Family::ActiveContent, Warning::ActiveContent),
    ];
    for (name, bytes, family, warning) in table {
        let taken = w.intake.take_in(name, Bytes::from_static(bytes)).await.unwrap();
        assert_eq!((taken.kind.family, taken.kind.inline_ok), (family, false), "{name}");
        assert_eq!((&taken.stored[..], taken.warnings), (bytes, vec![warning]), "{name}");
        assert_eq!(taken.thumbnail, None);
    }
}

#[tokio::test]
async fn empty_large_and_broken_files_are_refused() {
    let w = world().await;
    assert_eq!(w.intake.take_in("a.txt", Bytes::new()).await, Err(Error::Empty));
    assert!(w.intake.take_in("a.txt", vec![b'a'; 1 << 20].into()).await.is_ok());
    let large = w.intake.take_in("a.txt", vec![b'a'; (1 << 20) + 1].into()).await;
    assert_eq!(large, Err(Error::TooLarge { limit: 1 << 20 }));
    let zip = w.intake.take_in("a.docx", Bytes::from_static(b"PK\x03\x04\x14\x00")).await;
    assert_eq!(zip, Err(Error::Broken));
    let photo = encoded(&scene(64, 64), ImageFormat::Jpeg);
    let cut = w.intake.take_in("a.jpg", photo[..photo.len() - 40].to_vec().into()).await;
    assert_eq!(cut, Err(Error::Broken));
}
