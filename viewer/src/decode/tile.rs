//! Lossless tiles. The byte layout is in `docs/protocol.md`.

use media::{Frame, Pixels, Size, TileCoding};
use thiserror::Error;
use zstd::bulk::Decompressor;

/// Decodes tiles; keeps only memory between them, no state.
pub(super) struct TileDecoder {
    decompressor: Decompressor<'static>,
    plain: Vec<u8>,
}

/// What is wrong with a tile.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum TileError {
    /// There is a limit to the pixels of a tile.
    #[error("{0} pixels are more than one tile may have")]
    TooLarge(u64),
    /// The data does not begin with a known method.
    #[error("unknown compression")]
    Method,
    /// The data is not what a compressor made, or decompresses to too much.
    #[error("its compressed data is damaged")]
    Compression,
    /// The data is too short or too long for the rectangle.
    #[error("{got} bytes where {expected} were expected")]
    Length {
        /// How many there are.
        got: usize,
        /// How many the rectangle asks for.
        expected: usize,
    },
    /// The heights of its bands are not the rectangle's.
    #[error("bands that are not as high as the tile")]
    Bands,
    /// A pixel's index is greater than the palette.
    #[error("a pixel has a colour that the palette lacks")]
    Index,
}

impl Default for TileDecoder {
    fn default() -> Self {
        let decompressor = Decompressor::new().expect("a decompressor takes a little memory");
        Self { decompressor, plain: Vec::new() }
    }
}

impl TileDecoder {
    /// The pixels of a tile: `size`.area() times B G R A.
    pub(super) fn decode(
        &mut self,
        size: Size<Pixels>,
        coding: TileCoding,
        data: &[u8],
    ) -> Result<Vec<u8>, TileError> {
        if size.area() > TileCoding::MAX_PIXELS {
            return Err(TileError::TooLarge(size.area()));
        }
        match coding {
            TileCoding::Solid => Ok(solid(data)?.repeat(size.area() as usize)),
            TileCoding::Raw => {
                let expected = size.area() as usize * Frame::BYTES_PER_PIXEL;
                let plain = self.expand(data, expected)?;
                exactly(plain, expected).map(<[u8]>::to_vec)
            }
            TileCoding::Planes => {
                let expected = size.area() as usize * Frame::BYTES_PER_PIXEL;
                exactly(self.expand(data, expected)?, expected).map(join_planes)
            }
            TileCoding::Bands => {
                let most = 1 + 256 * Frame::BYTES_PER_PIXEL + size.h as usize + size.area() as usize;
                unpack(self.expand(data, most)?, size)
            }
        }
    }

    /// Undoes the compression, to at most `most` bytes.
    fn expand<'a>(&'a mut self, data: &'a [u8], most: usize) -> Result<&'a [u8], TileError> {
        match data.split_first() {
            Some((&STORED, plain)) => Ok(plain),
            Some((&PACKED, packed)) => {
                self.plain.clear();
                self.plain.reserve(most);
                let result = self.decompressor.decompress_to_buffer(packed, &mut self.plain);
                result.map_err(|_| TileError::Compression)?;
                Ok(&self.plain)
            }
            _ => Err(TileError::Method),
        }
    }
}

const STORED: u8 = 0;
const PACKED: u8 = 1;

/// The colour of a tile of one colour.
pub(super) fn solid(data: &[u8]) -> Result<[u8; 4], TileError> {
    data.try_into().map_err(|_| TileError::Length { got: data.len(), expected: 4 })
}

/// Pixels from the planes of blue less green, green, red less green, and alpha.
fn join_planes(plain: &[u8]) -> Vec<u8> {
    let pixels = plain.len() / Frame::BYTES_PER_PIXEL;
    let (blues, rest) = plain.split_at(pixels);
    let (greens, rest) = rest.split_at(pixels);
    let (reds, alphas) = rest.split_at(pixels);
    let mut joined = vec![0; plain.len()];
    let (mut blue, mut green, mut red, mut alpha) = (0u8, 0u8, 0u8, 0u8);
    let planes = blues.iter().zip(greens).zip(reds.iter().zip(alphas));
    for (pixel, ((b, g), (r, a))) in joined.as_chunks_mut::<4>().0.iter_mut().zip(planes) {
        blue = blue.wrapping_add(*b);
        green = green.wrapping_add(*g);
        red = red.wrapping_add(*r);
        alpha = alpha.wrapping_add(*a);
        *pixel = [blue.wrapping_add(green), green, red.wrapping_add(green), alpha];
    }
    joined
}

/// Pixels from a palette and indices, column by column within bands.
fn unpack(plain: &[u8], size: Size<Pixels>) -> Result<Vec<u8>, TileError> {
    let short = |expected| TileError::Length { got: plain.len(), expected };
    let (&last, rest) = plain.split_first().ok_or(short(1))?;
    let colours = usize::from(last) + 1;
    let palette_bytes = colours * Frame::BYTES_PER_PIXEL;
    let (palette, rest) = rest.split_at_checked(palette_bytes).ok_or(short(1 + palette_bytes))?;
    let palette = join_planes(palette);
    let palette = palette.as_chunks::<{ Frame::BYTES_PER_PIXEL }>().0;
    let (bits, width) = (index_bits(colours), size.w as usize);
    let (bands, mut indices) = split_bands(rest, size.h as usize)?;
    let column_bytes = |height: u8| (usize::from(height) * bits).div_ceil(8);
    exactly(indices, bands.iter().map(|&height| column_bytes(height) * width).sum())?;
    let mut pixels = vec![0; size.area() as usize * Frame::BYTES_PER_PIXEL];
    let mut below = pixels.as_chunks_mut().0;
    for &height in bands {
        let (coded, band);
        (coded, indices) = indices.split_at(column_bytes(height) * width);
        (band, below) = below.split_at_mut(usize::from(height) * width);
        for (x, column) in coded.chunks_exact(column_bytes(height)).enumerate() {
            unpack_column(column, bits, palette, band[x..].iter_mut().step_by(width))?;
        }
    }
    Ok(pixels)
}

/// The heights of bands, which together are `height`, and what follows them.
fn split_bands(rest: &[u8], height: usize) -> Result<(&[u8], &[u8]), TileError> {
    let (mut count, mut sum) = (0, 0);
    while sum < height {
        let got = rest.get(count).ok_or(TileError::Bands)?;
        if *got == 0 {
            return Err(TileError::Bands);
        }
        sum += usize::from(*got);
        count += 1;
    }
    if sum == height { Ok(rest.split_at(count)) } else { Err(TileError::Bands) }
}

fn unpack_column<'a>(
    column: &[u8],
    bits: usize,
    palette: &[[u8; 4]],
    pixels: impl Iterator<Item = &'a mut [u8; 4]>,
) -> Result<(), TileError> {
    let mask = u8::MAX >> (8 - bits);
    let indices =
        column.iter().flat_map(|byte| (0..8).step_by(bits).map(move |shift| (byte >> shift) & mask));
    for (pixel, index) in pixels.zip(indices) {
        *pixel = *palette.get(usize::from(index)).ok_or(TileError::Index)?;
    }
    Ok(())
}

fn index_bits(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

fn exactly(bytes: &[u8], expected: usize) -> Result<&[u8], TileError> {
    if bytes.len() == expected { Ok(bytes) } else { Err(TileError::Length { got: bytes.len(), expected }) }
}
