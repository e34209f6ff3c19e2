//! Measures codings of tiles: prints a table of sizes and times for generated pictures, and for a screenshot
//! if one is given as raw B G R A bytes: `cargo run --release -p dormer-encoder --example tile_coding -- FILE
//! WIDTH HEIGHT`. With `--dump DIR` in front, the compressed tiles are also written, to measure decoders in
//! other languages.
//!
//! `docs/decisions.md` tells what was decided by it.
#![expect(clippy::print_stdout, reason = "a table is what it is for")]

use std::{env, fs, hint::black_box, io::Read, path::PathBuf, time::Instant};

use flate2::{Compression, read::DeflateDecoder, read::DeflateEncoder};
use media::{Frame, Pixels, Rect, Size};

use self::palette::Palette;

#[path = "../src/tile/palette.rs"]
mod palette;
#[path = "../tests/round_trip/pictures.rs"]
#[expect(dead_code, reason = "shared with the tests")]
mod pictures;
#[path = "../src/tile/planes.rs"]
mod planes;

const PICTURE: Size<Pixels> = Size::new(1280, 720);

/// What is done with a tile's pixels before they are compressed.
#[derive(Clone, Copy, Debug)]
enum Layout {
    /// Nothing.
    Raw,
    /// A palette where there are few enough colours, and indices row by row; else nothing.
    Palette,
    /// The same, but without a palette each byte is replaced by its difference from the pixel to the left.
    PaletteOrLeft,
    /// The same, with the difference from the pixel above.
    PaletteOrUp,
    /// The same, with the three colours in planes, each with differences to the left.
    PaletteOrPlanes,
    /// The same, with blue and red as differences from green.
    PaletteOrGreenPlanes,
    /// The same, but the palette is sorted and in such planes too, and the indices go column by column in
    /// bands.
    BandsOrGreenPlanes,
}

#[derive(Clone, Copy, Debug)]
enum Compressor {
    Zstd(i32),
    Lz4,
    Deflate(u32),
}

fn main() {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let mut dump = None;
    if arguments.first().is_some_and(|first| first == "--dump") {
        dump = arguments.get(1).map(PathBuf::from);
        arguments.drain(..2);
    }
    let mut pictures = generated();
    if let [file, width, height] = &arguments[..] {
        pictures.push(("screenshot", screenshot(file, width, height)));
    }
    for tile in [Size::new(512, 128), Size::new(256, 256), Size::new(64, 64), Size::new(1280, 42)] {
        println!("\ntiles of {}×{}: kB, ms to code, ms to decode, a picture", tile.w, tile.h);
        print!("{:34}", "");
        pictures.iter().for_each(|(name, _)| print!("{name:>22}"));
        println!();
        for (layout, compressor) in candidates() {
            print!("{:34}", format!("{layout:?} {compressor:?}"));
            for (name, picture) in &pictures {
                let (bytes, code, decode) = measure(picture, tile, layout, compressor, dump.as_deref(), name);
                print!("{:>22}", format!("{:.1} {code:.1} {decode:.1}", bytes as f64 / 1000.0));
            }
            println!();
        }
    }
}

fn candidates() -> Vec<(Layout, Compressor)> {
    use {Compressor::*, Layout::*};
    let compressors = [Zstd(-1), Zstd(1), Zstd(3), Lz4, Deflate(1), Deflate(6)];
    let mut all: Vec<_> = [Raw, Palette].into_iter().flat_map(|l| compressors.map(|c| (l, c))).collect();
    all.extend(
        [PaletteOrLeft, PaletteOrUp, PaletteOrPlanes, PaletteOrGreenPlanes, BandsOrGreenPlanes]
            .map(|layout| (layout, Zstd(1))),
    );
    all.extend([3, 6, 12].map(|level| (BandsOrGreenPlanes, Zstd(level))));
    all
}

fn generated() -> Vec<(&'static str, Frame)> {
    let all = PICTURE.to_rect();
    let mut text = Frame::new(PICTURE);
    pictures::text(&mut text, all, 0);
    let mut ui = Frame::new(PICTURE);
    pictures::fill(&mut ui, all, |_, _| [0xf0, 0xf0, 0xf0]);
    for i in 0..60 {
        let (x, y) = (20 + i % 6 * 205, 20 + i / 6 * 68);
        pictures::fill(&mut ui, Rect::new(x, y, 180, 44), |_, row| [(0xd0 + (row - y)) as u8, 0xd8, 0xe0]);
        pictures::text(&mut ui, Rect::new(x + 20, y + 14, 120, 17), i);
    }
    let mut film = Frame::new(PICTURE);
    pictures::film(&mut film, all, 0);
    let mut noise = Frame::new(PICTURE);
    pictures::noise(&mut noise, all, 1);
    vec![("text", text), ("ui", ui), ("gradient", film), ("noise", noise)]
}

fn screenshot(file: &str, width: &str, height: &str) -> Frame {
    let number = |text: &str| text.parse().expect("a width and a height in pixels");
    let mut frame = Frame::new(Size::new(number(width), number(height)));
    frame.data_mut().copy_from_slice(&fs::read(file).expect("a file of B G R A bytes of that size"));
    frame
}

fn measure(
    picture: &Frame,
    tile: Size<Pixels>,
    layout: Layout,
    compressor: Compressor,
    dump: Option<&std::path::Path>,
    name: &str,
) -> (usize, f64, f64) {
    const ROUNDS: u32 = 5;
    let tiles: Vec<Vec<u8>> =
        cut(picture, tile).into_iter().map(|rect| picture.rows(rect).flatten().copied().collect()).collect();
    let widths: Vec<usize> = cut(picture, tile).into_iter().map(|rect| rect.w as usize).collect();
    let mut best_code = f64::MAX;
    let mut best_decode = f64::MAX;
    let mut coded = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        coded = tiles
            .iter()
            .zip(&widths)
            .map(|(tile, &width)| code(tile, width, layout, compressor))
            .collect::<Vec<_>>();
        best_code = best_code.min(start.elapsed().as_secs_f64() * 1000.0);
        let start = Instant::now();
        for (length, packed) in &coded {
            black_box(expand(packed, *length, compressor));
        }
        best_decode = best_decode.min(start.elapsed().as_secs_f64() * 1000.0);
    }
    if let Some(dump) = dump.filter(|_| tile.w == 256 && matches!(layout, Layout::Palette)) {
        let folder = dump.join(name).join(format!("{compressor:?}"));
        fs::create_dir_all(&folder).expect("a folder to write to");
        for (i, (length, packed)) in coded.iter().enumerate() {
            fs::write(folder.join(format!("{i}.{length}")), packed).expect("a file to write");
        }
    }
    (coded.iter().map(|(_, packed)| packed.len()).sum(), best_code, best_decode)
}

fn cut(picture: &Frame, tile: Size<Pixels>) -> Vec<Rect<Pixels>> {
    let all = picture.size().to_rect();
    let columns =
        |y: i32| (0..all.right()).step_by(tile.w as usize).map(move |x| Rect::new(x, y, tile.w, tile.h));
    (0..all.bottom())
        .step_by(tile.h as usize)
        .flat_map(columns)
        .filter_map(|rect| rect.intersection(all))
        .collect()
}

/// The length before compression, and the compressed bytes.
fn code(tile: &[u8], width: usize, layout: Layout, compressor: Compressor) -> (usize, Vec<u8>) {
    let plain = arrange(tile, width, layout);
    let packed = match compressor {
        Compressor::Zstd(level) => zstd::bulk::compress(&plain, level).expect("it fits"),
        Compressor::Lz4 => lz4_flex::block::compress(&plain),
        Compressor::Deflate(level) => {
            let mut packed = Vec::new();
            DeflateEncoder::new(&plain[..], Compression::new(level))
                .read_to_end(&mut packed)
                .expect("memory");
            packed
        }
    };
    (plain.len(), packed)
}

fn expand(packed: &[u8], length: usize, compressor: Compressor) -> Vec<u8> {
    match compressor {
        Compressor::Zstd(_) => zstd::bulk::decompress(packed, length).expect("it was compressed"),
        Compressor::Lz4 => lz4_flex::block::decompress(packed, length).expect("it was compressed"),
        Compressor::Deflate(_) => {
            let mut plain = Vec::with_capacity(length);
            DeflateDecoder::new(packed).read_to_end(&mut plain).expect("it was compressed");
            plain
        }
    }
}

fn arrange(tile: &[u8], width: usize, layout: Layout) -> Vec<u8> {
    let pixels = tile.as_chunks::<4>().0;
    let palette = if matches!(layout, Layout::Raw) { None } else { Palette::of(pixels) };
    if let Some(palette) = palette {
        let (mut indices, mut plain) = (Vec::new(), Vec::new());
        palette.indices(pixels, &mut indices);
        match layout {
            Layout::BandsOrGreenPlanes => palette.write(&indices, width, &mut plain),
            _ => write_rows(palette.colours(), &indices, width, &mut plain),
        }
        return plain;
    }
    let distance = match layout {
        Layout::Raw | Layout::Palette => return tile.to_vec(),
        Layout::PaletteOrPlanes => return colour_planes(pixels),
        Layout::PaletteOrGreenPlanes | Layout::BandsOrGreenPlanes => {
            let mut plain = Vec::new();
            planes::write(pixels, &mut plain);
            return plain;
        }
        Layout::PaletteOrLeft => 4,
        Layout::PaletteOrUp => width * 4,
    };
    let mut plain = tile.to_vec();
    (distance..tile.len()).for_each(|i| plain[i] = tile[i].wrapping_sub(tile[i - distance]));
    plain
}

/// The colours as they are and the indices packed row by row.
fn write_rows(colours: &[[u8; 4]], indices: &[u8], width: usize, plain: &mut Vec<u8>) {
    plain.push((colours.len() - 1) as u8);
    plain.extend(colours.as_flattened());
    let bits = palette::index_bits(colours.len());
    for group in indices.chunks_exact(width).flat_map(|row| row.chunks(8 / bits)) {
        let places = group.iter().zip((0..8).step_by(bits));
        plain.push(places.fold(0, |byte, (index, shift)| byte | index << shift));
    }
}

fn colour_planes(pixels: &[[u8; 4]]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(pixels.len() * 4);
    for channel in 0..4 {
        let mut last = 0u8;
        plain.extend(pixels.iter().map(|pixel| {
            let difference = pixel[channel].wrapping_sub(last);
            last = pixel[channel];
            difference
        }));
    }
    plain
}
