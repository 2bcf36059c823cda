//! A small painter: shapes as signed distances, so that edges are smooth and shadows soft at no extra cost.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

/// A point or a vector in pixels, y downwards.
type Vector = (f32, f32);

/// Something with an inside.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A rectangle given by its centre and half its size, with rounded corners, turned by `angle` radians.
    Block { centre: Vector, half: Vector, radius: f32, angle: f32 },
    /// An ellipse, turned by `angle` radians.
    Oval { centre: Vector, half: Vector, angle: f32 },
    /// A line with round ends.
    Stroke { from: Vector, to: Vector, thickness: f32 },
    /// Any polygon without holes.
    Polygon(Vec<Vector>),
}

/// An upright rectangle from its corner and size.
pub(super) fn block(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Shape {
    let half = (width / 2.0, height / 2.0);
    Shape::Block { centre: (x + half.0, y + half.1), half, radius, angle: 0.0 }
}

/// An upright ellipse from its centre and radii.
pub(super) fn oval(x: f32, y: f32, across: f32, down: f32) -> Shape {
    Shape::Oval { centre: (x, y), half: (across, down), angle: 0.0 }
}

/// A line with round ends.
pub(super) fn stroke(from: Vector, to: Vector, thickness: f32) -> Shape {
    Shape::Stroke { from, to, thickness }
}

impl Shape {
    /// Turns a block or an oval about its centre; lines and polygons are given by their points already.
    pub(super) fn turned(mut self, by: f32) -> Self {
        if let Self::Block { angle, .. } | Self::Oval { angle, .. } = &mut self {
            *angle = by;
        }
        self
    }

    /// Pixels from the edge, negative inside (exact but for ovals, where it is close near the edge).
    fn distance(&self, at: Vector) -> f32 {
        match self {
            Self::Block { centre, half, radius, angle } => {
                let (x, y) = local(at, *centre, *angle);
                let (x, y) = (x.abs() - half.0 + radius, y.abs() - half.1 + radius);
                x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - radius
            }
            Self::Oval { centre, half, angle } => {
                let (x, y) = local(at, *centre, *angle);
                let near = (x / half.0).hypot(y / half.1);
                let slope = (x / half.0.powi(2)).hypot(y / half.1.powi(2));
                if slope == 0.0 { -half.0.min(half.1) } else { near * (near - 1.0) / slope }
            }
            Self::Stroke { from, to, thickness } => to_segment(at, *from, *to) - thickness / 2.0,
            Self::Polygon(points) => to_polygon(at, points),
        }
    }

    /// Corners of a box around the shape.
    fn bounds(&self) -> (Vector, Vector) {
        match self {
            Self::Block { centre, half, angle, .. } | Self::Oval { centre, half, angle } => {
                let reach = half.0.hypot(half.1);
                let (across, down) = if *angle == 0.0 { *half } else { (reach, reach) };
                ((centre.0 - across, centre.1 - down), (centre.0 + across, centre.1 + down))
            }
            Self::Stroke { from, to, thickness } => {
                let ((x0, y0), (x1, y1)) = around(&[*from, *to]);
                ((x0 - thickness, y0 - thickness), (x1 + thickness, y1 + thickness))
            }
            Self::Polygon(points) => around(points),
        }
    }
}

fn around(points: &[Vector]) -> (Vector, Vector) {
    let start = ((f32::MAX, f32::MAX), (f32::MIN, f32::MIN));
    points
        .iter()
        .fold(start, |(low, high), p| ((low.0.min(p.0), low.1.min(p.1)), (high.0.max(p.0), high.1.max(p.1))))
}

fn local(at: Vector, centre: Vector, angle: f32) -> Vector {
    let (x, y) = (at.0 - centre.0, at.1 - centre.1);
    let (sin, cos) = angle.sin_cos();
    (x * cos + y * sin, y * cos - x * sin)
}

fn to_segment(at: Vector, from: Vector, to: Vector) -> f32 {
    let (px, py) = (at.0 - from.0, at.1 - from.1);
    let (bx, by) = (to.0 - from.0, to.1 - from.1);
    let along = ((px * bx + py * by) / (bx * bx + by * by)).clamp(0.0, 1.0);
    (px - bx * along).hypot(py - by * along)
}

fn to_polygon(at: Vector, points: &[Vector]) -> f32 {
    let mut nearest = f32::MAX;
    let mut inside = false;
    for (index, &from) in points.iter().enumerate() {
        let to = points[(index + 1) % points.len()];
        nearest = nearest.min(to_segment(at, from, to));
        // A ray to the right crosses this edge: even-odd rule.
        if (from.1 > at.1) != (to.1 > at.1)
            && at.0 < (to.0 - from.0) * (at.1 - from.1) / (to.1 - from.1) + from.0
        {
            inside = !inside;
        }
    }
    if inside { -nearest } else { nearest }
}

/// How a shape is filled. Colours are 0xRRGGBB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    top: u32,
    bottom: u32,
    strength: f32,
    blur: f32,
}

/// One colour.
pub(super) fn flat(colour: u32) -> Ink {
    fade(colour, colour)
}

/// From one colour at the shape's top to another at its bottom.
pub(super) fn fade(top: u32, bottom: u32) -> Ink {
    Ink { top, bottom, strength: 1.0, blur: 1.0 }
}

impl Ink {
    /// Lets what is below shine through; 0 is nothing, 1 is opaque.
    pub(super) fn thin(mut self, strength: f32) -> Self {
        self.strength = strength;
        self
    }

    /// Softens the edge over this many pixels.
    pub(super) fn soft(mut self, blur: f32) -> Self {
        self.blur = blur;
        self
    }
}

/// The picture being painted.
#[derive(Debug)]
pub(super) struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<[f32; 3]>,
}

impl Canvas {
    /// A white canvas.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[255.0; 3]; (width * height) as usize] }
    }

    /// Paints one shape over what is there.
    pub(super) fn paint(&mut self, shape: &Shape, ink: Ink) {
        let ((x0, y0), (x1, y1)) = shape.bounds();
        let columns = clip(x0 - ink.blur, x1 + ink.blur, self.width);
        let (top, bottom) = (channels(ink.top), channels(ink.bottom));
        for y in clip(y0 - ink.blur, y1 + ink.blur, self.height) {
            let colour = mix(top, bottom, ((y as f32 - y0) / (y1 - y0)).clamp(0.0, 1.0));
            for x in columns.clone() {
                let edge =
                    (0.5 - shape.distance((x as f32 + 0.5, y as f32 + 0.5)) / ink.blur).clamp(0.0, 1.0);
                // Smoothstep, so that a wide blur has no visible rim.
                let cover = edge * edge * (3.0 - 2.0 * edge) * ink.strength;
                if cover > 0.0 {
                    let pixel = &mut self.pixels[(y * self.width + x) as usize];
                    *pixel = mix(*pixel, colour, cover);
                }
            }
        }
    }

    /// Paints a shape with a soft shadow below it.
    pub(super) fn raise(&mut self, shape: &Shape, shadow: &Shape, ink: Ink) {
        self.paint(shadow, flat(0x2a2a33).thin(0.28).soft(36.0));
        self.paint(shape, ink);
    }

    /// Darkens the corners a little.
    pub(super) fn vignette(&mut self) {
        let (width, height) = (self.width as f32, self.height as f32);
        for (index, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((index as u32 % self.width) as f32, (index as u32 / self.width) as f32);
            let far = (x / width - 0.5).powi(2) + (y / height - 0.5).powi(2);
            *pixel = pixel.map(|value| value * (1.0 - 0.25 * far));
        }
    }

    /// The picture as a JPEG.
    pub(super) fn jpeg(&self) -> Vec<u8> {
        let bytes: Vec<u8> = self.pixels.iter().flatten().map(|value| value.round() as u8).collect();
        let mut file = Vec::new();
        JpegEncoder::new_with_quality(&mut file, 86)
            .encode(&bytes, self.width, self.height, ExtendedColorType::Rgb8)
            .expect("a Vec takes every byte, and there are three for each pixel");
        file
    }
}

fn clip(low: f32, high: f32, end: u32) -> std::ops::Range<u32> {
    // Float casts saturate, so a shape half outside the canvas is cut at its border.
    (low.floor() as u32).min(end)..(high.ceil() as u32).min(end)
}

fn channels(colour: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| f32::from((colour >> shift) as u8))
}

fn mix(from: [f32; 3], to: [f32; 3], part: f32) -> [f32; 3] {
    [0, 1, 2].map(|channel| from[channel] + (to[channel] - from[channel]) * part)
}
