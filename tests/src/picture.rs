//! Pictures as tests compare them: screenshots of viewers, dumps of the test app, grabs of an X display.

use std::{
    fs::File,
    io::{BufReader, BufWriter},
    path::Path,
};

use anyhow::{Context, Result, ensure};

/// One picture: B G R A, rows without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// All bytes, top row first.
    pub bgra: Vec<u8>,
}

impl Picture {
    /// A picture of bytes in the order B G R A.
    pub fn from_bgra(width: usize, height: usize, bgra: Vec<u8>) -> Self {
        assert_eq!(bgra.len(), width * height * 4, "a picture of {width}×{height} has this many bytes");
        Self { width, height, bgra }
    }

    /// Reads a PNG file with 8 bits a channel.
    pub fn load(file: &Path) -> Result<Self> {
        let open = File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?;
        let mut reader = png::Decoder::new(BufReader::new(open)).read_info()?;
        let mut data = vec![0; reader.output_buffer_size().context("the picture is too large")?];
        let info = reader.next_frame(&mut data)?;
        data.truncate(info.buffer_size());
        ensure!(info.bit_depth == png::BitDepth::Eight, "{} has not 8 bits a channel", file.display());
        let channels = info.color_type.samples();
        ensure!(channels >= 3, "{} is not in colour", file.display());
        let bgra = data
            .chunks_exact(channels)
            .flat_map(|pixel| [pixel[2], pixel[1], pixel[0], pixel.get(3).copied().unwrap_or(255)])
            .collect();
        Ok(Self { width: info.width as usize, height: info.height as usize, bgra })
    }

    /// Writes an RGB PNG file. Alpha is left out: windows of the test app are opaque.
    pub fn save(&self, file: &Path) -> Result<()> {
        let open = File::create(file).with_context(|| format!("{} cannot be written", file.display()))?;
        let mut encoder =
            png::Encoder::new(BufWriter::new(open), u32::try_from(self.width)?, u32::try_from(self.height)?);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let rgb: Vec<u8> =
            self.bgra.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        encoder.write_header()?.write_image_data(&rgb)?;
        Ok(())
    }

    /// The brightness of a pixel, `None` outside.
    pub fn luma(&self, x: usize, y: usize) -> Option<u8> {
        if x >= self.width {
            return None;
        }
        let pixel = self.bgra.get((y * self.width + x) * 4..)?.first_chunk::<4>()?;
        Some(((u16::from(pixel[0]) + 2 * u16::from(pixel[1]) + u16::from(pixel[2])) / 4) as u8)
    }

    /// How many pixels differ in colour; all of them if the sizes differ.
    pub fn differing(&self, other: &Picture) -> usize {
        if (self.width, self.height) != (other.width, other.height) {
            return self.width * self.height;
        }
        self.bgra.chunks_exact(4).zip(other.bgra.chunks_exact(4)).filter(|(a, b)| a[..3] != b[..3]).count()
    }

    /// How many colours it has; 1 means that nothing is drawn.
    pub fn colours(&self) -> usize {
        let mut colours: Vec<&[u8]> = self.bgra.chunks_exact(4).map(|pixel| &pixel[..3]).collect();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{})", self.width, self.height)
    }
}
