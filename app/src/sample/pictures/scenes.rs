//! What is on each picture.

use super::canvas::{Canvas, Ink, Shape, block, fade, flat, oval, stroke};

const WIDTH: f32 = 1200.0;
const HEIGHT: f32 = 900.0;

fn backdrop(canvas: &mut Canvas, ink: Ink) {
    canvas.paint(&block(0.0, 0.0, WIDTH, HEIGHT, 0.0), ink);
}

/// A paper ruler: a tick every millimetre (13 px), longer ones every five and ten.
fn ruler(canvas: &mut Canvas, x: f32, y: f32, millimetres: u16) {
    let length = f32::from(millimetres) * 13.0 + 40.0;
    canvas.raise(
        &block(x, y, length, 84.0, 8.0),
        &block(x + 6.0, y + 12.0, length, 84.0, 8.0),
        fade(0xfffdf6, 0xf3efe2),
    );
    for millimetre in 0..=millimetres {
        let tick = if millimetre % 10 == 0 { 44.0 } else { [20.0, 30.0][usize::from(millimetre % 5 == 0)] };
        let left = x + 20.0 + f32::from(millimetre) * 13.0;
        canvas.paint(&block(left - 1.0, y, 2.0, tick, 0.0), flat(0x444444));
        if millimetre % 10 == 0 {
            canvas.paint(&oval(left, y + 62.0, 5.0, 5.0), flat(0x2b7a78));
        }
    }
}

/// A heel on a blue sheet: the reddened spot is about 18 mm across.
pub(super) fn heel(canvas: &mut Canvas) {
    backdrop(canvas, fade(0xcfe3ea, 0xa9c8d4));
    for fold in 0..5_u8 {
        let x = f32::from(fold) * 290.0 - 120.0;
        canvas.paint(&stroke((x, 0.0), (x + 190.0, HEIGHT), 26.0), flat(0xffffff).thin(0.22).soft(60.0));
    }
    canvas.paint(&oval(600.0, 480.0, 480.0, 270.0), flat(0x24323a).thin(0.35).soft(110.0));
    let sole = fade(0xf6d9c3, 0xe2b698);
    canvas.paint(&stroke((560.0, 400.0), (1330.0, 250.0), 400.0), sole);
    canvas.paint(&oval(520.0, 410.0, 300.0, 228.0), sole);
    canvas.paint(&oval(470.0, 340.0, 170.0, 96.0), flat(0xfff1e3).thin(0.5).soft(110.0));
    canvas.paint(&oval(500.0, 430.0, 150.0, 128.0), flat(0xd9776b).thin(0.42).soft(90.0));
    canvas.paint(&oval(495.0, 432.0, 98.0, 84.0), fade(0xc4574f, 0xb34a45).thin(0.72).soft(44.0));
    canvas.paint(&oval(478.0, 416.0, 34.0, 24.0), flat(0xe7a097).thin(0.7).soft(24.0));
    ruler(canvas, 220.0, 690.0, 50);
}

/// A forearm on a towel with a bruise of about 30 mm, its edge dotted with a pen.
pub(super) fn bruise(canvas: &mut Canvas) {
    backdrop(canvas, fade(0xf2ead9, 0xe0d3ba));
    for row in 0..9_u8 {
        let y = f32::from(row) * 110.0 + 20.0;
        canvas.paint(&stroke((0.0, y), (WIDTH, y + 12.0), 3.0), flat(0xb9a888).thin(0.5));
    }
    canvas.paint(&stroke((-120.0, 470.0), (1150.0, 420.0), 330.0), flat(0x3a2f22).thin(0.35).soft(90.0));
    let arm = vec![
        (-10.0, 262.0),
        (420.0, 232.0),
        (860.0, 224.0),
        (1210.0, 262.0),
        (1210.0, 494.0),
        (860.0, 548.0),
        (-10.0, 590.0),
    ];
    canvas.paint(&Shape::Polygon(arm), fade(0xf4d8c0, 0xdcae8e).soft(6.0));
    canvas.paint(&stroke((-60.0, 330.0), (900.0, 300.0), 46.0), flat(0xfff3e6).thin(0.45).soft(70.0));
    canvas.paint(&oval(560.0, 404.0, 215.0, 132.0).turned(-0.12), flat(0xc9b04f).thin(0.32).soft(70.0));
    canvas.paint(&oval(560.0, 404.0, 168.0, 98.0).turned(-0.12), flat(0x7b5a93).thin(0.6).soft(56.0));
    canvas.paint(&oval(530.0, 396.0, 92.0, 56.0).turned(-0.12), flat(0x4d4480).thin(0.6).soft(50.0));
    for dot in 0..28_u8 {
        let (sin, cos) = (f32::from(dot) / 28.0 * std::f32::consts::TAU).sin_cos();
        canvas.paint(&oval(560.0 + cos * 206.0, 404.0 + sin * 124.0 - cos * 25.0, 7.0, 7.0), flat(0x1f4e9c));
    }
    ruler(canvas, 230.0, 680.0, 50);
}

/// A hanging calendar of seven days and four times; the last two mornings are empty.
pub(super) fn pill_calendar(canvas: &mut Canvas) {
    backdrop(canvas, fade(0xe9e3d6, 0xd8cfbd));
    canvas.raise(
        &block(70.0, 60.0, 1060.0, 780.0, 26.0),
        &block(78.0, 80.0, 1060.0, 780.0, 26.0),
        fade(0xfefefb, 0xf1f0ea),
    );
    canvas.paint(&block(70.0, 60.0, 1060.0, 96.0, 26.0), fade(0x4f9d97, 0x3f8a84));
    for hole in [320.0, 880.0] {
        canvas.paint(&oval(hole, 92.0, 15.0, 15.0), flat(0xe9e3d6));
    }
    for time in 0..4_u8 {
        time_of_day(canvas, 118.0, 268.0 + f32::from(time) * 165.0, time);
        for day in 0..7_u8 {
            pocket(canvas, 180.0 + f32::from(day) * 134.0, 190.0 + f32::from(time) * 165.0, (day, time));
        }
    }
}

/// Rising sun, noon sun, evening sun, moon.
fn time_of_day(canvas: &mut Canvas, x: f32, y: f32, time: u8) {
    let colour = [0xf4b860, 0xf2953b, 0xd9653b, 0x55608f][usize::from(time)];
    canvas.paint(&oval(x, y, 26.0, 26.0), flat(colour));
    match time {
        0 | 2 => canvas.paint(&block(x - 34.0, y + 6.0, 68.0, 26.0, 0.0), flat(0xf8f7f2)),
        3 => canvas.paint(&oval(x + 12.0, y - 8.0, 21.0, 21.0), flat(0xf8f7f2)),
        _ => {}
    }
}

fn pocket(canvas: &mut Canvas, x: f32, y: f32, (day, time): (u8, u8)) {
    canvas.paint(&block(x, y, 118.0, 145.0, 12.0), fade(0xe6eef0, 0xd5e2e6));
    let taken = day < 2 || (day == 2 && time == 0);
    let held_back = time == 0 && (day == 3 || day == 4);
    if held_back {
        canvas.paint(&block(x + 5.0, y + 5.0, 108.0, 135.0, 9.0), flat(0xffffff).thin(0.65));
        canvas.paint(&stroke((x + 34.0, y + 50.0), (x + 84.0, y + 100.0), 7.0), flat(0xc0453d));
        canvas.paint(&stroke((x + 84.0, y + 50.0), (x + 34.0, y + 100.0), 7.0), flat(0xc0453d));
    } else if !taken {
        canvas.paint(&block(x + 14.0, y + 26.0, 90.0, 104.0, 6.0), fade(0xffffff, 0xf4f4ef));
        for pill in 0..(4 - time.min(2)) {
            let (px, py) = (x + 40.0 + f32::from(pill % 2) * 38.0, y + 62.0 + f32::from(pill / 2) * 36.0);
            let colour = [0xf2c3c9, 0xf5e2a5, 0xc7dbf0, 0xffffff][usize::from(pill)];
            canvas.paint(&oval(px + 2.0, py + 3.0, 15.0, 12.0), flat(0x555555).thin(0.3).soft(8.0));
            canvas.paint(&oval(px, py, 15.0, 12.0), flat(colour));
        }
    }
    canvas.paint(&block(x, y + 96.0, 118.0, 49.0, 12.0), flat(0xffffff).thin(0.3));
}

/// A tray seen from above: rice half eaten, fish, vegetables, soup, tea.
pub(super) fn meal_tray(canvas: &mut Canvas) {
    backdrop(canvas, fade(0xcdb38d, 0xb5976d));
    for plank in 0..6_u8 {
        let y = f32::from(plank) * 160.0 + 60.0;
        canvas.paint(&stroke((0.0, y), (WIDTH, y), 4.0), flat(0x8a6d45).thin(0.45));
    }
    canvas.raise(
        &block(90.0, 80.0, 1020.0, 740.0, 60.0),
        &block(96.0, 104.0, 1020.0, 740.0, 60.0),
        fade(0x9b4f41, 0x7f3d33),
    );
    canvas.paint(&block(122.0, 112.0, 956.0, 676.0, 44.0), fade(0xa95a4b, 0x93493c));
    dish(canvas, 340.0, 580.0, 165.0, 0xfbfaf5);
    canvas.paint(&oval(318.0, 590.0, 104.0, 92.0), fade(0xfffffa, 0xf0eee4));
    canvas.paint(&oval(386.0, 540.0, 46.0, 40.0), flat(0xfbfaf5));
    dish(canvas, 860.0, 570.0, 165.0, 0x3d2b26);
    canvas.paint(&oval(860.0, 572.0, 128.0, 126.0), fade(0xc9985a, 0xb78347));
    for (x, y) in [(820.0, 540.0), (890.0, 600.0), (850.0, 622.0)] {
        canvas.paint(&block(x, y, 38.0, 38.0, 7.0).turned(0.4), fade(0xfffdf0, 0xf2ead2));
    }
    plate(canvas);
    dish(canvas, 280.0, 270.0, 110.0, 0xdfeae4);
    for (x, y, colour) in [(250.0, 260.0, 0x5f9a50), (305.0, 250.0, 0x7fb665), (280.0, 305.0, 0xe58a43)] {
        canvas.paint(&oval(x, y, 36.0, 26.0).turned(0.5), flat(colour));
    }
    dish(canvas, 960.0, 250.0, 92.0, 0xf4f1e8);
    canvas.paint(&oval(960.0, 252.0, 70.0, 68.0), fade(0xb9c77a, 0xa5b565));
    for y in [742.0, 758.0] {
        canvas.paint(&stroke((420.0, y), (840.0, y - 6.0), 9.0), fade(0x4b3128, 0x2f1d17));
    }
}

fn dish(canvas: &mut Canvas, x: f32, y: f32, radius: f32, colour: u32) {
    canvas.raise(&oval(x, y, radius, radius), &oval(x + 6.0, y + 18.0, radius, radius), flat(colour));
    canvas.paint(&oval(x, y, radius * 0.86, radius * 0.86), flat(0x000000).thin(0.07).soft(16.0));
}

fn plate(canvas: &mut Canvas) {
    let rim = block(450.0, 170.0, 350.0, 220.0, 60.0);
    canvas.raise(&rim, &block(456.0, 190.0, 350.0, 220.0, 60.0), fade(0xf7f8fb, 0xdfe5ee));
    canvas.paint(&oval(600.0, 282.0, 118.0, 48.0).turned(-0.1), fade(0xe79a72, 0xcf7b52));
    for stripe in 0..4_u8 {
        let x = 530.0 + f32::from(stripe) * 44.0;
        canvas.paint(&stroke((x, 252.0), (x + 14.0, 308.0), 5.0), flat(0xf6c7a8).thin(0.8));
    }
    canvas.paint(&oval(738.0, 330.0, 30.0, 20.0), flat(0xf3d75f));
}

/// A room: bed with rail, bedside table, window, foot light, a mat beside the bed.
pub(super) fn bedroom(canvas: &mut Canvas) {
    canvas.paint(&block(0.0, 0.0, WIDTH, 600.0, 0.0), fade(0xf6f0e2, 0xe9dfc9));
    canvas.paint(&block(0.0, 590.0, WIDTH, 310.0, 0.0), fade(0xc79f6c, 0xa9814f));
    canvas.paint(&block(0.0, 584.0, WIDTH, 14.0, 0.0), flat(0xfaf6ec));
    window(canvas);
    canvas.paint(&oval(640.0, 800.0, 520.0, 60.0), flat(0x20150a).thin(0.4).soft(80.0));
    canvas.paint(&block(200.0, 330.0, 46.0, 450.0, 14.0), fade(0xa9784a, 0x87592f));
    canvas.paint(&block(1010.0, 470.0, 40.0, 310.0, 14.0), fade(0xa9784a, 0x87592f));
    canvas.paint(&block(226.0, 620.0, 800.0, 90.0, 10.0), fade(0xb98654, 0x946338));
    canvas.paint(&block(236.0, 540.0, 784.0, 100.0, 34.0), fade(0xffffff, 0xe6e9ee));
    canvas.paint(&block(262.0, 480.0, 190.0, 88.0, 40.0), fade(0xffffff, 0xdfe6ee));
    canvas.paint(&block(440.0, 500.0, 590.0, 170.0, 46.0), fade(0x9cc3cf, 0x6f9fae));
    canvas.paint(&block(440.0, 500.0, 110.0, 160.0, 40.0), fade(0xe8f2f4, 0xc5dbe1));
    rail(canvas, 480.0, 420.0);
    canvas.raise(
        &block(60.0, 560.0, 120.0, 220.0, 10.0),
        &block(70.0, 580.0, 120.0, 220.0, 10.0),
        fade(0xc08f5b, 0x996a3b),
    );
    canvas.paint(&block(76.0, 640.0, 88.0, 4.0, 0.0), flat(0x6e4a26));
    canvas.paint(&block(100.0, 500.0, 34.0, 60.0, 8.0), fade(0xdff0f2, 0xb7d6da));
    canvas.paint(&oval(1120.0, 720.0, 120.0, 90.0), flat(0xfff0a8).thin(0.7).soft(120.0));
    canvas.paint(&block(1096.0, 690.0, 48.0, 30.0, 12.0), flat(0xfffbe0));
    let mat = vec![(430.0, 790.0), (860.0, 790.0), (910.0, 868.0), (390.0, 868.0)];
    canvas.paint(&Shape::Polygon(mat), fade(0x6e8f6a, 0x587654));
}

fn window(canvas: &mut Canvas) {
    canvas.paint(&block(640.0, 80.0, 380.0, 280.0, 8.0), flat(0xffffff));
    canvas.paint(&block(656.0, 96.0, 348.0, 248.0, 4.0), fade(0xbfe1f2, 0xe9f6ee));
    canvas.paint(&block(822.0, 96.0, 16.0, 248.0, 0.0), flat(0xffffff));
    for (x, lean) in [(600.0, 26.0), (1000.0, -26.0)] {
        let curtain = vec![(x, 60.0), (x + 66.0, 60.0), (x + 66.0 + lean, 400.0), (x + lean / 4.0, 400.0)];
        canvas.paint(&Shape::Polygon(curtain), fade(0xe6c9a0, 0xd3ae7d));
    }
    canvas.paint(&stroke((580.0, 58.0), (1086.0, 58.0), 14.0), flat(0x8f6a42));
}

fn rail(canvas: &mut Canvas, x: f32, y: f32) {
    let steel = fade(0xf3f4f6, 0xb9bfc7);
    for bar in [0.0, 130.0, 260.0] {
        canvas.paint(&stroke((x + bar, y), (x + bar, y + 240.0), 16.0), steel);
    }
    for (height, thickness) in [(0.0, 22.0), (90.0, 12.0)] {
        canvas.paint(&stroke((x, y + height), (x + 260.0, y + height), thickness), steel);
    }
}

/// A front door with three steps, a handrail and yellow edges against stumbling.
pub(super) fn entrance(canvas: &mut Canvas) {
    backdrop(canvas, fade(0xdfe7e4, 0xc5cfc8));
    canvas.paint(&block(0.0, 640.0, WIDTH, 260.0, 0.0), fade(0xb9b4a8, 0x98938a));
    canvas.paint(&block(380.0, 60.0, 330.0, 460.0, 8.0), fade(0x8a5d3a, 0x6d452a));
    canvas.paint(&block(404.0, 84.0, 282.0, 436.0, 6.0), fade(0xa8744a, 0x875833));
    canvas.paint(&block(470.0, 120.0, 150.0, 170.0, 8.0), fade(0xe8f3f4, 0xc2d9dc));
    canvas.paint(&stroke((650.0, 310.0), (650.0, 380.0), 14.0), fade(0xe3c77b, 0xb6953f));
    for step in 0..3_u8 {
        let (rise, grow) = (f32::from(step) * 92.0, f32::from(step) * 70.0);
        let (x, y, width) = (320.0 - grow, 520.0 + rise, 450.0 + grow * 2.0);
        canvas.paint(&block(x + 8.0, y + 20.0, width, 92.0, 4.0), flat(0x222222).thin(0.25).soft(30.0));
        canvas.paint(&block(x, y, width, 36.0, 4.0), fade(0xe9e6df, 0xd5d1c8));
        canvas.paint(&block(x, y + 34.0, width, 60.0, 4.0), fade(0xb5b0a6, 0x9d988e));
        canvas.paint(&block(x, y + 24.0, width, 12.0, 2.0), flat(0xf0c02e));
    }
    for (x, y) in [(800.0, 300.0), (880.0, 405.0), (960.0, 510.0)] {
        canvas.paint(&stroke((x, y), (x, y + 310.0), 16.0), fade(0xdadde0, 0x9fa5ab));
    }
    canvas.paint(&stroke((770.0, 262.0), (1000.0, 562.0), 30.0), fade(0xc98f55, 0x9c6834));
    canvas.raise(
        &block(60.0, 640.0, 130.0, 130.0, 20.0),
        &oval(130.0, 780.0, 90.0, 22.0),
        fade(0xc46a43, 0x9d4f2e),
    );
    for (x, y, size) in [(90.0, 590.0, 62.0), (160.0, 580.0, 68.0), (125.0, 530.0, 70.0)] {
        canvas.paint(&oval(x, y, size, size), fade(0x7fae68, 0x55823f));
    }
}
