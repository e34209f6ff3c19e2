//! A picture to a PNG file.

use std::{fs::File, io::BufWriter};

use media::Frame;

/// Writes the picture, and says what went wrong.
pub(crate) fn write(frame: &Frame, file: &str) -> Result<(), String> {
    let created = File::create(file).map_err(|error| format!("cannot create {file}: {error}"))?;
    let mut encoder = png::Encoder::new(BufWriter::new(created), frame.size().w, frame.size().h);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let failed = |error: png::EncodingError| format!("cannot write {file}: {error}");
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&straight_rgba(frame)).map_err(failed)?;
    writer.finish().map_err(failed)
}

/// R G B A with straight alpha, from B G R A with premultiplied alpha.
fn straight_rgba(frame: &Frame) -> Vec<u8> {
    let mut rgba = Vec::with_capacity(frame.data().len());
    for &[b, g, r, a] in frame.data().as_chunks::<4>().0 {
        rgba.extend(match a {
            255 => [r, g, b, 255],
            0 => [0; 4],
            _ => [straight(r, a), straight(g, a), straight(b, a), a],
        });
    }
    rgba
}

fn straight(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u16::from(value), u16::from(alpha));
    u8::try_from((value * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    #[test]
    fn colours_lose_their_alpha() {
        let mut frame = Frame::new(Size::new(3, 1));
        frame.data_mut().copy_from_slice(&[1, 2, 3, 255, 0, 0, 0, 0, 10, 20, 30, 60]);
        assert_eq!(straight_rgba(&frame), [3, 2, 1, 255, 0, 0, 0, 0, 128, 85, 43, 60]);
    }

    #[test]
    fn an_unwritable_file_is_named() {
        let error = write(&Frame::new(Size::new(1, 1)), "/proc/nowhere/x.png").expect_err("unwritable");
        assert!(error.contains("/proc/nowhere/x.png"), "{error}");
    }
}
