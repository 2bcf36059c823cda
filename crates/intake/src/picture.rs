//! Makes a picture safe: decodes it within limits and writes it anew, so that nothing but the pixels is left
//! (no EXIF, no place, no XMP, no colour profile, no bytes after the end). The original is not kept here.

mod jpeg;

use std::io::Cursor;

use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Rgb,
    RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
    imageops::FilterType,
    metadata::Orientation,
};

use crate::Error;

/// How large pictures may be and become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels (width times height) that are decoded at all. A pixel takes up to 8 bytes while at work.
    pub max_pixels: u64,
    /// Longest side of the stored picture in pixels; larger ones are scaled down.
    pub max_side: u32,
    /// Longest side of the thumbnail in pixels.
    pub thumbnail_side: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_pixels: 64_000_000, max_side: 4096, thumbnail_side: 480, quality: 85 }
    }
}

/// A picture that holds pixels only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub media_type: &'static str,
    /// The picture, written anew.
    pub bytes: Vec<u8>,
    /// A small JPEG of it.
    pub thumbnail: Vec<u8>,
    /// Width in pixels, after turning it upright and scaling.
    pub width: u32,
    /// Height in pixels, likewise.
    pub height: u32,
    /// Whether it was scaled down.
    pub shrunk: bool,
}

/// What to do with the orientation that EXIF names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upright {
    /// Turn the pixels as it says.
    Apply,
    /// The pixels are upright already.
    Already,
}

/// Cleans a JPEG, PNG, GIF (its first frame) or WebP. JPEG stays JPEG, PNG and GIF become PNG, WebP becomes
/// JPEG, or lossless WebP when it is transparent. Takes processor time: call it off the async threads.
///
/// # Errors
/// [`Error::Unsupported`], [`Error::TooManyPixels`], [`Error::Broken`] when the file ends early or is wrong.
pub fn clean(bytes: &[u8], upright: Upright, limits: &Limits) -> Result<Picture, Error> {
    let (format, picture) = decode(bytes, upright, limits)?;
    let shrunk = picture.width().max(picture.height()) > limits.max_side;
    let picture = flatten(if shrunk { scale(&picture, limits.max_side) } else { picture });
    let (media_type, bytes) = match format {
        ImageFormat::Png | ImageFormat::Gif => ("image/png", png(&picture)?),
        ImageFormat::WebP if picture.color().has_alpha() => ("image/webp", webp(&picture)?),
        _ => ("image/jpeg", to_jpeg(&picture, limits.quality)?),
    };
    let thumbnail = small(&picture, limits)?;
    Ok(Picture { media_type, bytes, thumbnail, width: picture.width(), height: picture.height(), shrunk })
}

/// Makes only the thumbnail, e.g. of a drawn PDF page.
///
/// # Errors
/// As [`clean`].
pub fn thumbnail(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let (_, picture) = decode(bytes, Upright::Apply, limits)?;
    small(&flatten(picture), limits)
}

fn small(picture: &DynamicImage, limits: &Limits) -> Result<Vec<u8>, Error> {
    let fits = picture.width().max(picture.height()) <= limits.thumbnail_side;
    let scaled = if fits { None } else { Some(scale(picture, limits.thumbnail_side)) };
    to_jpeg(scaled.as_ref().unwrap_or(picture), limits.quality)
}

fn decode(bytes: &[u8], upright: Upright, limits: &Limits) -> Result<(ImageFormat, DynamicImage), Error> {
    let format = image::guess_format(bytes).map_err(|_| Error::Unsupported)?;
    if format == ImageFormat::Jpeg {
        jpeg::check_complete(bytes)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.max_pixels.saturating_mul(8));
    reader.limits(bounds);
    let mut decoder = reader.into_decoder().map_err(|e| refused(&e, limits))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(Error::TooManyPixels { limit: limits.max_pixels });
    }
    let orientation = match upright {
        // A spoilt EXIF block is no reason to refuse a good picture.
        Upright::Apply => decoder.orientation().unwrap_or(Orientation::NoTransforms),
        Upright::Already => Orientation::NoTransforms,
    };
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| refused(&e, limits))?;
    picture.apply_orientation(orientation);
    Ok((format, picture))
}

fn refused(error: &ImageError, limits: &Limits) -> Error {
    match error {
        ImageError::Limits(_) => Error::TooManyPixels { limit: limits.max_pixels },
        ImageError::Unsupported(_) => Error::Unsupported,
        _ => Error::Broken,
    }
}

/// Brings every kind of pixel to 8 bits: grey, colour, or colour with real transparency.
fn flatten(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_color() && !picture.color().has_alpha() {
        return picture.into_luma8().into();
    }
    if !picture.color().has_alpha() {
        return picture.into_rgb8().into();
    }
    let rgba = picture.into_rgba8();
    let see_through = rgba.pixels().any(|pixel| pixel.0[3] != u8::MAX);
    if see_through { rgba.into() } else { DynamicImage::from(rgba).into_rgb8().into() }
}

fn scale(picture: &DynamicImage, side: u32) -> DynamicImage {
    // `thumbnail` averages whole areas: quick, and sharp enough when scaling far down.
    if picture.width().max(picture.height()) > side.saturating_mul(2) {
        picture.thumbnail(side, side)
    } else {
        picture.resize(side, side, FilterType::CatmullRom)
    }
}

fn to_jpeg(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    match picture {
        DynamicImage::ImageRgba8(rgba) => on_white(rgba).write_with_encoder(encoder),
        other => other.write_with_encoder(encoder),
    }
    .map_err(|_| Error::Broken)?;
    Ok(bytes)
}

/// JPEG has no transparency; what was transparent becomes white, as on paper.
fn on_white(picture: &image::RgbaImage) -> RgbImage {
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, alpha] = picture.get_pixel(x, y).0.map(u16::from);
        Rgb([r, g, b].map(|part| ((part * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

fn png(picture: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(PngEncoder::new(&mut bytes)).map_err(|_| Error::Broken)?;
    Ok(bytes)
}

fn webp(picture: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let rgba = picture.to_rgba8();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(&rgba, rgba.width(), rgba.height(), ExtendedColorType::Rgba8)
        .map_err(|_| Error::Broken)?;
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests;
