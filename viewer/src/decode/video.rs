//! H.264 pictures to pixels, by openh264.

use super::sps;
use media::{Frame, Pixels, Rect, Size};
use openh264::{
    OpenH264API,
    decoder::{Decoder, DecoderConfig, Flush},
    formats::YUVSource,
    nal_units,
};
use thiserror::Error;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix};

/// Decodes one stream.
pub(super) struct VideoDecoder(Decoder);

/// One decoded picture: 4:2:0 planes, BT.709, full range, cut to what is shown.
pub(super) struct Picture {
    size: Size<Pixels>,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

/// What is wrong with a picture of a video.
#[derive(Debug, Error)]
pub enum VideoError {
    /// A stream must begin with a keyframe.
    #[error("it does not begin with a keyframe")]
    NoKeyframe,
    /// The decoder cannot be made.
    #[error("no decoder: {0}")]
    Decoder(String),
    /// The data is damaged.
    #[error("its data is damaged: {0}")]
    Damaged(String),
    /// The head of its stream is malformed, or of a profile that hosts do not send.
    #[error("the head of its stream cannot be read")]
    Head,
    /// One access unit must be one picture.
    #[error("its data holds no picture")]
    NoPicture,
    /// The picture is smaller than its rectangle, or much larger.
    #[error("its picture has {}×{} pixels for a rectangle of {}×{}", picture.w, picture.h, rect.w, rect.h)]
    Size {
        /// The picture's.
        picture: Size<Pixels>,
        /// The rectangle's.
        rect: Size<Pixels>,
    },
}

/// How much larger than its rectangle a picture may be coded.
const MAX_PADDING: u32 = 15;

impl VideoDecoder {
    pub(super) fn new() -> Result<Self, VideoError> {
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(OpenH264API::from_source(), config);
        decoder.map(Self).map_err(|error| VideoError::Decoder(error.to_string()))
    }

    /// Decodes the access unit of one picture for a rectangle of a size.
    pub(super) fn decode(&mut self, rect: Size<Pixels>, unit: &[u8]) -> Result<Picture, VideoError> {
        check_head(rect, unit)?;
        let decoded = self.0.decode(unit).map_err(|error| VideoError::Damaged(error.to_string()))?;
        let decoded = decoded.ok_or(VideoError::NoPicture)?;
        let (w, h) = decoded.dimensions();
        let picture = Size::new(w as u32, h as u32);
        let fits = |coded: u32, shown: u32| coded >= shown && coded - shown <= MAX_PADDING;
        if !fits(picture.w, rect.w) || !fits(picture.h, rect.h) {
            return Err(VideoError::Size { picture, rect });
        }
        let (y, u, v) = decoded.strides();
        let chroma = Size::new(rect.w.div_ceil(2), rect.h.div_ceil(2));
        Ok(Picture {
            size: rect,
            y: cut(decoded.y(), y, rect),
            u: cut(decoded.u(), u, chroma),
            v: cut(decoded.v(), v, chroma),
        })
    }
}

/// Refuses a stream whose decoder would take more memory than the rectangle asks for.
fn check_head(rect: Size<Pixels>, unit: &[u8]) -> Result<(), VideoError> {
    const PARAMETERS: u8 = 7;
    const SUBSET_PARAMETERS: u8 = 15;
    const MACROBLOCK: u32 = 16;
    for unit in nal_units(unit) {
        // Units come with their start codes.
        let start = unit.iter().position(|&byte| byte != 0).map_or(unit.len(), |one| one + 1);
        let unit = &unit[start..];
        match unit.first().map(|head| head & 0x1f) {
            Some(PARAMETERS) => {
                let picture = sps::coded_size(unit).ok_or(VideoError::Head)?;
                let fits =
                    |coded: u32, shown: u32| coded <= (shown + MAX_PADDING).next_multiple_of(MACROBLOCK);
                if !fits(picture.w, rect.w) || !fits(picture.h, rect.h) {
                    return Err(VideoError::Size { picture, rect });
                }
            }
            Some(SUBSET_PARAMETERS) => return Err(VideoError::Head),
            _ => {}
        }
    }
    Ok(())
}

impl Picture {
    /// Draws the picture into `rect`, which lies within `frame` and has the picture's size.
    pub(super) fn draw(&self, frame: &mut Frame, rect: Rect<Pixels>) {
        let image = YuvPlanarImage {
            y_plane: &self.y,
            y_stride: self.size.w,
            u_plane: &self.u,
            u_stride: self.size.w.div_ceil(2),
            v_plane: &self.v,
            v_stride: self.size.w.div_ceil(2),
            width: self.size.w,
            height: self.size.h,
        };
        let stride = frame.stride();
        let start = rect.y as usize * stride + rect.x as usize * Frame::BYTES_PER_PIXEL;
        // Exactly the rectangle's rows: the converter finds an odd last row by the end of what it is given.
        let length = (self.size.h as usize - 1) * stride + self.size.w as usize * Frame::BYTES_PER_PIXEL;
        let target = &mut frame.data_mut()[start..start + length];
        yuv::yuv420_to_bgra(&image, target, stride as u32, YuvRange::Full, YuvStandardMatrix::Bt709)
            .expect("the planes have the rectangle's size, which lies within the picture");
    }
}

/// The top left part of a plane.
fn cut(plane: &[u8], stride: usize, size: Size<Pixels>) -> Vec<u8> {
    let rows = plane.chunks(stride.max(1)).take(size.h as usize);
    let mut kept = Vec::with_capacity(size.area() as usize);
    rows.for_each(|row| kept.extend_from_slice(&row[..(size.w as usize).min(row.len())]));
    kept.resize(size.area() as usize, 0);
    kept
}
