use image::{Rgba, RgbaImage};

use super::*;

fn limits() -> Limits {
    Limits::default()
}

/// Red above, blue below; wider than high.
fn scene(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |_, y| if y < height / 2 { Rgb([220, 0, 0]) } else { Rgb([0, 0, 220]) })
        .into()
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A TIFF block as cameras write it: orientation, and a GPS directory with a latitude reference and a
/// latitude of 35 degrees 41 minutes 22 seconds.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut bytes = tag.to_le_bytes().to_vec();
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    };
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(0x0112, 3, 1, orientation.into()));
    tiff.extend(entry(0x8825, 4, 1, 38));
    tiff.extend([0; 4]);
    tiff.extend(2u16.to_le_bytes());
    tiff.extend(entry(1, 2, 2, u32::from(b'N')));
    tiff.extend(entry(2, 5, 3, 68));
    tiff.extend([0; 4]);
    tiff.extend([35u32, 1, 41, 1, 22, 1].map(u32::to_le_bytes).concat());
    tiff.extend(b"GPS-PLANTED-PLACE");
    tiff
}

/// The JPEG with EXIF, XMP, a colour profile and a comment put behind its first marker, and bytes behind
/// its end.
pub(crate) fn photo_with_everything(orientation: u8) -> Vec<u8> {
    let plain = encoded(&scene(64, 32), ImageFormat::Jpeg);
    let segment = |code: u8, head: &[u8], body: &[u8]| {
        let length = (2 + head.len() + body.len()) as u16;
        [&[0xff, code], &length.to_be_bytes()[..], head, body].concat()
    };
    [
        &plain[..2],
        &segment(0xe1, b"Exif\0\0", &exif(orientation)),
        &segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0", b"<x:xmpmeta>planted</x:xmpmeta>"),
        &segment(0xe2, b"ICC_PROFILE\0\x01\x01", &[7; 128]),
        &segment(0xfe, b"", b"planted comment"),
        &plain[2..],
        b"planted tail",
    ]
    .concat()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

fn is_red(picture: &DynamicImage, x: u32, y: u32) -> bool {
    let [r, _, b] = picture.to_rgb8().get_pixel(x, y).0;
    r > 150 && b < 100
}

#[test]
fn nothing_but_pixels_is_left() {
    let planted = ["Exif", "GPS", "xmpmeta", "ICC_PROFILE", "planted"];
    let photo = photo_with_everything(1);
    assert!(planted.iter().all(|text| holds(&photo, text)), "the sample holds what is to vanish");
    let clean = clean(&photo, Upright::Apply, &limits()).unwrap();
    for text in planted {
        assert!(!holds(&clean.bytes, text) && !holds(&clean.thumbnail, text), "{text}");
    }
    let mut decoder =
        ImageReader::with_format(Cursor::new(&clean.bytes), ImageFormat::Jpeg).into_decoder().unwrap();
    assert_eq!(decoder.exif_metadata().unwrap(), None);
    assert_eq!(decoder.icc_profile().unwrap(), None);
    assert_eq!((clean.media_type, clean.width, clean.height), ("image/jpeg", 64, 32));
}

#[test]
fn orientation_is_applied_before_it_is_dropped() {
    // 6 = turned a quarter to the left in the camera: what is on top belongs to the right.
    let turned = clean(&photo_with_everything(6), Upright::Apply, &limits()).unwrap();
    assert_eq!((turned.width, turned.height), (32, 64));
    let picture = image::load_from_memory(&turned.bytes).unwrap();
    assert!(is_red(&picture, 28, 32) && !is_red(&picture, 4, 32));
    let thumbnail = image::load_from_memory(&turned.thumbnail).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (32, 64));
    let left_alone = clean(&photo_with_everything(6), Upright::Already, &limits()).unwrap();
    assert_eq!((left_alone.width, left_alone.height), (64, 32));
}

#[test]
fn formats_become_what_is_promised() {
    let opaque = scene(40, 20);
    let glass: DynamicImage = RgbaImage::from_pixel(40, 20, Rgba([0, 200, 0, 128])).into();
    let table = [
        (&opaque, ImageFormat::Jpeg, "image/jpeg"),
        (&opaque, ImageFormat::Png, "image/png"),
        (&opaque, ImageFormat::Gif, "image/png"),
        (&opaque, ImageFormat::WebP, "image/jpeg"),
        (&glass, ImageFormat::Png, "image/png"),
        (&glass, ImageFormat::WebP, "image/webp"),
    ];
    for (picture, format, media_type) in table {
        let clean = clean(&encoded(picture, format), Upright::Apply, &limits()).unwrap();
        assert_eq!(clean.media_type, media_type, "{format:?}");
        assert_eq!(image::guess_format(&clean.bytes).unwrap().to_mime_type(), media_type);
        let again = image::load_from_memory(&clean.bytes).unwrap();
        assert_eq!(again.color().has_alpha(), picture.color().has_alpha(), "{format:?}");
        assert_eq!(image::guess_format(&clean.thumbnail).unwrap(), ImageFormat::Jpeg);
    }
    // Deep grey, as from a scanner, keeps one channel of eight bits.
    let grey = DynamicImage::ImageLuma16(image::ImageBuffer::from_pixel(8, 8, image::Luma([40_000])));
    let clean = clean(&encoded(&grey, ImageFormat::Png), Upright::Apply, &limits()).unwrap();
    assert_eq!(image::load_from_memory(&clean.bytes).unwrap().color(), image::ColorType::L8);
}

#[test]
fn a_transparent_thumbnail_lies_on_white() {
    let glass: DynamicImage = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0])).into();
    let bytes = thumbnail(&encoded(&glass, ImageFormat::Png), &limits()).unwrap();
    assert_eq!(image::load_from_memory(&bytes).unwrap().to_rgb8().get_pixel(4, 4).0, [255; 3]);
}

#[test]
fn large_pictures_are_scaled_and_larger_ones_refused() {
    let limits = Limits { max_pixels: 20_000, max_side: 100, thumbnail_side: 30, quality: 85 };
    let wide = clean(&encoded(&scene(190, 100), ImageFormat::Png), Upright::Apply, &limits).unwrap();
    assert_eq!((wide.width, wide.height, wide.shrunk), (100, 53, true));
    let small = image::load_from_memory(&wide.thumbnail).unwrap();
    assert_eq!((small.width(), small.height()), (30, 16));
    let fits = clean(&encoded(&scene(100, 50), ImageFormat::Png), Upright::Apply, &limits).unwrap();
    assert_eq!((fits.width, fits.height, fits.shrunk), (100, 50, false));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let refused = clean(&encoded(&scene(201, 100), format), Upright::Apply, &limits);
        assert_eq!(refused, Err(Error::TooManyPixels { limit: 20_000 }), "{format:?}");
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    // A PNG of 50,000 by 50,000 pixels in a few bytes: only the size in the header is changed, the
    // checksum over it made right again.
    let mut bomb = encoded(&scene(8, 8), ImageFormat::Png);
    bomb[16..20].copy_from_slice(&50_000u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&50_000u32.to_be_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    let refused = clean(&bomb, Upright::Apply, &limits());
    assert_eq!(refused, Err(Error::TooManyPixels { limit: limits().max_pixels }));
}

#[test]
fn a_file_cut_in_the_middle_is_broken() {
    // Noise, so that the data goes on to the very end of the file.
    let noise: DynamicImage = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([x * 37 + y * 91, x * y * 13, (x * 7) ^ (y * 29)].map(|v| v as u8))
    })
    .into();
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = encoded(&noise, format);
        assert!(clean(&whole, Upright::Apply, &limits()).is_ok(), "{format:?}");
        for part in [2, 10, 50, 90, 95] {
            let cut = clean(&whole[..whole.len() * part / 100], Upright::Apply, &limits());
            assert!(
                matches!(cut, Err(Error::Broken | Error::Unsupported)),
                "{format:?} at {part} %: {cut:?}"
            );
        }
    }
    assert_eq!(clean(b"words", Upright::Apply, &limits()), Err(Error::Unsupported));
}

#[test]
fn a_jpeg_with_endless_scans_is_broken() {
    let plain = encoded(&scene(16, 16), ImageFormat::Jpeg);
    let scan = memchr::memmem::find(&plain, b"\xff\xda").unwrap();
    let end = plain.len() - 2;
    let many = [&plain[..scan], &plain[scan..end].repeat(200), &plain[end..]].concat();
    assert_eq!(clean(&many, Upright::Apply, &limits()), Err(Error::Broken));
}
