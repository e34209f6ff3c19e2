//! What somebody offers.

use std::sync::Mutex;

use wayland_client::{Proxy, protocol::wl_data_offer::WlDataOffer};

use crate::clipboard::Format;

/// The types of an offer that mean something to us, as they come in.
#[derive(Debug, Default)]
pub(super) struct Offered(Mutex<Vec<String>>);

/// More are not kept: programs that convert offer some dozens.
const MAX_TYPES: usize = 128;

impl Offered {
    /// Those of an offer.
    pub(super) fn of(offer: &WlDataOffer) -> &Offered {
        static NOTHING: Offered = Offered(Mutex::new(Vec::new()));
        offer.data::<Offered>().unwrap_or(&NOTHING)
    }

    /// One more.
    pub(super) fn add(&self, mime: String) {
        let mut types = self.types();
        let known = mime == super::OURS || Format::ALL.iter().any(|format| format.mimes().contains(&&*mime));
        if known && types.len() < MAX_TYPES {
            types.push(mime);
        }
    }

    /// Whether that is one.
    pub(super) fn has(&self, mime: &str) -> bool {
        self.types().iter().any(|it| it == mime)
    }

    /// What it is to be had as.
    pub(super) fn formats(&self) -> Vec<Format> {
        Format::ALL.into_iter().filter(|format| self.mime(*format).is_some()).collect()
    }

    /// The best type of a format.
    pub(super) fn mime(&self, format: Format) -> Option<String> {
        format.mimes().iter().find(|mime| self.has(mime)).map(|mime| (*mime).to_owned())
    }

    fn types(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        // A panic elsewhere leaves a list of types.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_type_of_each_format_is_asked_for() {
        let offered = Offered::default();
        for mime in ["STRING", "TARGETS", "text/plain;charset=utf-8", "image/png", "image/bmp"] {
            offered.add(mime.to_owned());
        }
        assert_eq!(offered.formats(), [Format::Text, Format::Png]);
        assert_eq!(offered.mime(Format::Text).as_deref(), Some("text/plain;charset=utf-8"));
        assert!(!offered.has("TARGETS"), "that means nothing to us");
    }
}
