//! The video streams of one viewer's copy of one track.
//!
//! A stream has one rectangle and one device for all its life; another of either is another stream, which
//! begins with a keyframe.
//! Encoders are large: they are made when motion begins and dropped soon after its end.

use std::time::Duration;

use media::{EncodeJob, Frame, Op, Pixels, Rect, Size, Timestamp, VideoCodec};

use crate::{
    cells::{CELL, Cells},
    video::{AccessUnit, Blocking, Broker, Content, Lease, Planes, VideoConfig, VideoError},
};

/// All streams, at most [`MAX_STREAMS`].
#[derive(Default)]
pub(crate) struct Streams {
    live: Vec<Stream>,
    next: u32,
}

/// One stream.
struct Stream {
    id: u32,
    rect: Rect<Pixels>,
    encoder: Lease,
    config: VideoConfig,
    /// Whether it shows motion; otherwise it was the first look at something too large.
    sustained: bool,
    /// When its newest picture was made.
    used: Timestamp,
    /// The time between pictures, smoothed.
    interval: Duration,
    /// What has changed within since `extent_since`.
    extent: Rect<Pixels>,
    extent_since: Timestamp,
    /// From how many devices that failed it has moved on.
    moves: u32,
}

/// What a picture of a video is wanted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// What changed.
    pub(crate) rect: Rect<Pixels>,
    /// Whether it is motion.
    pub(crate) sustained: bool,
    /// What it shows.
    pub(crate) content: Content,
    /// How many bytes the first picture of a stream may take to be worth it.
    pub(crate) worth: usize,
}

/// What became of it.
pub(crate) enum Outcome {
    /// The viewer holds `rect` lossily after `op`, or already did if the picture was skipped.
    Shown { rect: Rect<Pixels>, op: Option<Op> },
    /// It took more bytes than it is worth, and was never made.
    NotWorth,
}

/// What a worker lends.
pub(crate) struct VideoTools<'a> {
    pub(crate) broker: &'a Broker,
    pub(crate) planes: &'a mut Planes,
    pub(crate) blocking: &'a Blocking,
}

const MAX_STREAMS: usize = 4;

/// How many devices that fail a stream tries for one picture.
const MOST_MOVES: u32 = 4;

/// How long after its last picture an encoder is kept.
pub(crate) const LINGER: Duration = Duration::from_millis(1500);

/// How long motion may pause and go on as video.
const PAUSE: Duration = Duration::from_millis(700);

/// How often it is asked whether a stream's rectangle has become too large.
const EXTENT_PERIOD: Duration = Duration::from_secs(1);

impl Streams {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Drops all, for instance since the picture's size changed.
    pub(crate) fn clear(&mut self) {
        self.live.clear();
    }

    /// Drops a stream, so that motion which goes on there begins anew with a keyframe.
    pub(crate) fn restart(&mut self, id: u32) {
        self.live.retain(|stream| stream.id != id);
    }

    /// Drops those that have not been used for a while.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.live.retain(|stream| now.since(stream.used) < LINGER);
    }

    /// The rectangles in which motion goes on: what changes there stays video.
    pub(crate) fn ongoing(&self, now: Timestamp) -> Vec<Rect<Pixels>> {
        let ongoing = |stream: &&Stream| stream.sustained && now.since(stream.used) < PAUSE;
        self.live.iter().filter(ongoing).map(|stream| stream.rect).collect()
    }

    /// Whether there can be a video that shows `wanted`.
    pub(crate) fn can_show(&self, picture: Size<Pixels>, wanted: Wanted) -> bool {
        VideoConfig::fits(Planes::padded(self.rect_for(picture, wanted).size()))
    }

    /// Makes the next picture of the video that shows `wanted`, in a new stream if no present one fits.
    pub(crate) fn picture(
        &mut self,
        frame: &Frame,
        wanted: Wanted,
        job: &EncodeJob,
        tools: &mut VideoTools<'_>,
    ) -> Result<Outcome, VideoError> {
        let mut index = match self.fitting(wanted, job.now, tools.broker) {
            Ok(index) => index,
            Err(rect) => self.open(frame.size(), Wanted { rect, ..wanted }, job, tools.broker)?,
        };
        let unit = loop {
            match self.live[index].encode(frame, wanted, job, tools) {
                Err(error) if error.falls_back() => {
                    // The broker leaves a device alone that failed, so this ends with software at the latest.
                    let failed = self.live.swap_remove(index);
                    if !failed.can_move() {
                        return Err(error);
                    }
                    index = self.open(frame.size(), wanted, job, tools.broker)?;
                    self.live[index].moves = failed.moves + 1;
                }
                encoded => break encoded?,
            }
        };
        let stream = &self.live[index];
        let (rect, id) = (stream.rect, stream.id);
        if unit.as_ref().is_some_and(|unit| unit.keyframe && unit.data.len() > wanted.worth) {
            self.live.swap_remove(index);
            return Ok(Outcome::NotWorth);
        }
        let op = unit.map(|unit| Op::Video {
            rect,
            codec: VideoCodec::H264,
            stream: id,
            keyframe: unit.keyframe,
            data: unit.data.into(),
        });
        Ok(Outcome::Shown { rect, op })
    }

    /// The stream that can go on, or the rectangle that a new one should show.
    fn fitting(&mut self, wanted: Wanted, now: Timestamp, broker: &Broker) -> Result<usize, Rect<Pixels>> {
        let Some(index) = self.live.iter().position(|stream| stream.rect.contains(wanted.rect)) else {
            return Err(wanted.rect);
        };
        let stream = &self.live[index];
        // What was a first look, and got software's encoder, moves on now: scarce devices are for motion that
        // lasts.
        let lasts = wanted.sustained && !stream.sustained && broker.scarce() > 0;
        if lasts || stream.encoder.is_too_slow() && stream.can_move() {
            return Err(self.live.swap_remove(index).rect);
        }
        let extent = stream.extent.bounds_with(wanted.rect);
        if !stream.outgrows(wanted, extent, now) {
            return Ok(index);
        }
        self.live.swap_remove(index);
        Err(if wanted.sustained { extent } else { wanted.rect })
    }

    fn open(
        &mut self,
        picture: Size<Pixels>,
        wanted: Wanted,
        job: &EncodeJob,
        broker: &Broker,
    ) -> Result<usize, VideoError> {
        let rect = self.rect_for(picture, wanted);
        self.live.retain(|stream| !stream.rect.overlaps(rect));
        if self.live.len() == MAX_STREAMS {
            let oldest = (0..self.live.len()).min_by_key(|&i| self.live[i].used).expect("the list is full");
            self.live.swap_remove(oldest);
        }
        let size = Planes::padded(rect.size());
        let interval = Duration::from_millis(33);
        let config = VideoConfig {
            size,
            bitrate: bitrate(size, job.bitrate),
            ceiling: ceiling(job),
            keyframe_bytes: keyframe_bytes(job),
            frame_rate: 1.0 / interval.as_secs_f32(),
            content: wanted.content,
        };
        if !VideoConfig::fits(size) {
            return Err(VideoError::Size(size));
        }
        let encoder = broker.lease(config, wanted.sustained, job.now)?;
        self.next += 1;
        self.live.push(Stream {
            id: self.next,
            rect,
            encoder,
            config,
            sustained: wanted.sustained,
            used: job.now,
            interval,
            extent: Rect::default(),
            extent_since: job.now,
            moves: 0,
        });
        Ok(self.live.len() - 1)
    }

    /// Whole cells, no narrower than video can be, with a margin around motion and with all motion that it
    /// overlaps.
    fn rect_for(&self, picture: Size<Pixels>, wanted: Wanted) -> Rect<Pixels> {
        let cells = Cells::new(picture);
        let margin = if wanted.sustained { CELL as i32 } else { 0 };
        let Rect { x, y, .. } = wanted.rect;
        let (right, bottom) = (wanted.rect.right(), wanted.rect.bottom());
        let wanted = Rect::between(x - margin, y - margin, right + margin, bottom + margin);
        let around = self.live.iter().filter(|s| s.sustained && s.rect.overlaps(wanted)).map(|s| s.rect);
        let all = around.fold(wanted, Rect::bounds_with);
        let least = VideoConfig::MIN_SIDE as i32;
        let left = all.x.min(picture.w as i32 - least).max(0);
        let top = all.y.min(picture.h as i32 - least).max(0);
        cells.pixels(cells.touched(Rect::between(left, top, all.right(), all.bottom())))
    }
}

impl Stream {
    fn encode(
        &mut self,
        frame: &Frame,
        wanted: Wanted,
        job: &EncodeJob,
        tools: &mut VideoTools<'_>,
    ) -> Result<Option<AccessUnit>, VideoError> {
        self.note(wanted, job)?;
        tools.planes.read(frame, self.rect);
        self.encoder.encode(tools.planes, job.now, tools.blocking)
    }

    /// Whether it is worth trying another device. Where all fail, tiles are always right.
    fn can_move(&self) -> bool {
        self.moves < MOST_MOVES
    }

    /// Whether most of its rectangle has nothing to do with what is wanted: it would blur, and code, what
    /// rests.
    fn outgrows(&self, wanted: Wanted, extent: Rect<Pixels>, now: Timestamp) -> bool {
        if wanted.sustained {
            now.since(self.extent_since) >= EXTENT_PERIOD && extent.area() * 2 < self.rect.area()
        } else {
            wanted.rect.area() * 4 < self.rect.area()
        }
    }

    fn note(&mut self, wanted: Wanted, job: &EncodeJob) -> Result<(), VideoError> {
        self.sustained |= wanted.sustained;
        if job.now.since(self.extent_since) >= EXTENT_PERIOD {
            (self.extent, self.extent_since) = (Rect::default(), job.now);
        }
        self.extent = self.extent.bounds_with(wanted.rect);
        let passed = job.now.since(self.used).clamp(Duration::from_millis(8), Duration::from_millis(500));
        if self.used != job.now {
            self.interval = (self.interval * 7 + passed) / 8;
        }
        self.used = job.now;
        self.adapt(job)
    }

    /// Follows the link's rate and the app's frame rate, in steps that are worth telling the encoder.
    fn adapt(&mut self, job: &EncodeJob) -> Result<(), VideoError> {
        let bitrate = bitrate(self.config.size, job.bitrate);
        let frame_rate = 1.0 / self.interval.as_secs_f32();
        let far = |new: f32, old: f32| new > old * 1.2 || new < old * 0.85;
        let mut config =
            VideoConfig { ceiling: ceiling(job), keyframe_bytes: keyframe_bytes(job), ..self.config };
        if far(bitrate as f32, config.bitrate as f32) {
            config.bitrate = bitrate;
        }
        if far(frame_rate, config.frame_rate) {
            config.frame_rate = frame_rate;
        }
        if config != self.config {
            self.encoder.configure(config, job.now)?;
            self.config = config;
        }
        Ok(())
    }
}

/// The rate for video of a size over a link of a rate: what the link can spare, but not more than is worth
/// it, since what rests is sent again losslessly.
fn bitrate(size: Size<Pixels>, link: u64) -> u32 {
    const OF_720P: f64 = 2.4e6;
    let worth = OF_720P * (size.area() as f64 / (1280.0 * 720.0)).powf(0.75);
    (link as f64 * LINK_SHARE).min(worth).max(LEAST_BITRATE) as u32
}

/// What video may take of a link at most, when quality cannot be any lower.
fn ceiling(job: &EncodeJob) -> u32 {
    (job.bitrate as f64 * LINK_SHARE).max(LEAST_BITRATE) as u32
}

const LINK_SHARE: f64 = 0.8;
const LEAST_BITRATE: f64 = 64e3;

/// What a keyframe may take: two budgets, or what the link carries within a tenth of a second.
fn keyframe_bytes(job: &EncodeJob) -> usize {
    let tenth = usize::try_from(job.bitrate / 80).unwrap_or(usize::MAX);
    job.budget.saturating_mul(2).max(tenth).clamp(LEAST_KEYFRAME, MOST_KEYFRAME)
}

const LEAST_KEYFRAME: usize = 4_000;
const MOST_KEYFRAME: usize = 200_000;
