//! The whole encoder against the viewer's decoder: what the viewer shows is the app's picture, pixel by
//! pixel, outside of what is reported as lossy, and everywhere after refining.

mod behaviour;
#[expect(unreachable_pub, reason = "public there, part of this test here")]
#[path = "../../../viewer/src/decode/mod.rs"]
mod decode;
mod device;
mod devices;
mod laws;
mod pair;
mod pictures;
mod vectors;
mod video;
