//! Drawn stand-ins for the photos of a visit. Nobody's skin, nobody's room: plain shapes, plainly a drawing.

mod canvas;
mod scenes;

use serde::Deserialize;

use canvas::Canvas;

/// One of the drawn pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Picture {
    /// A reddened heel with a ruler beside it.
    Heel,
    /// A forearm with a bruise, its edge marked with a pen.
    Bruise,
    /// A week's pill calendar, some pockets empty.
    PillCalendar,
    /// A tray after a meal.
    MealTray,
    /// A room with a bed, a rail and a night light.
    Bedroom,
    /// The steps at a front door with a handrail.
    Entrance,
}

impl Picture {
    /// Every picture.
    pub(crate) const ALL: [Self; 6] =
        [Self::Heel, Self::Bruise, Self::PillCalendar, Self::MealTray, Self::Bedroom, Self::Entrance];

    /// Width and height in pixels.
    pub(crate) const SIZE: (u32, u32) = (1200, 900);

    /// The picture as a JPEG; the same bytes every time.
    pub(crate) fn jpeg(self) -> Vec<u8> {
        let mut canvas = Canvas::new(Self::SIZE.0, Self::SIZE.1);
        match self {
            Self::Heel => scenes::heel(&mut canvas),
            Self::Bruise => scenes::bruise(&mut canvas),
            Self::PillCalendar => scenes::pill_calendar(&mut canvas),
            Self::MealTray => scenes::meal_tray(&mut canvas),
            Self::Bedroom => scenes::bedroom(&mut canvas),
            Self::Entrance => scenes::entrance(&mut canvas),
        }
        canvas.vignette();
        canvas.jpeg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_a_jpeg_of_the_stated_size_and_its_own() {
        let files: Vec<_> = Picture::ALL.into_iter().map(Picture::jpeg).collect();
        for (index, file) in files.iter().enumerate() {
            let image = image::load_from_memory_with_format(file, image::ImageFormat::Jpeg).expect("a JPEG");
            assert_eq!((image.width(), image.height()), Picture::SIZE);
            assert!((20_000..400_000).contains(&file.len()), "{} bytes", file.len());
            assert!(!files[..index].contains(file));
        }
        assert_eq!(files[0], Picture::Heel.jpeg());
    }
}
