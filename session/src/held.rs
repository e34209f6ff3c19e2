//! What a user holds down: keys, buttons and fingers. Whoever stops being heard must have nothing left held.

use std::{collections::BTreeMap, time::Duration};

use media::{Button, KeyCode, Logical, Position, TouchPhase, TouchPoint, TrackId};

/// The most keys, buttons or fingers of each kind that can be down at a time: two hands, and some.
const MAX_HELD: usize = 64;

/// How often a viewer that holds a key down says so at least, by a ping: apps repeat the key until they hear
/// of its end.
pub(crate) const HOLDING: Duration = Duration::from_millis(150);

/// Caps, Num and Scroll Lock: like modifiers, nothing repeats them.
const LOCKS: [u16; 3] = [58, 69, 70];

/// Everything that is down. A release of what is not down, and a press of what is down already, is no change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Held {
    keys: BTreeMap<KeyCode, TrackId>,
    buttons: BTreeMap<Button, (TrackId, Position<Logical>)>,
    touches: BTreeMap<u32, (TrackId, Position<Logical>)>,
}

impl Held {
    /// Whether nothing is down.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.buttons.is_empty() && self.touches.is_empty()
    }

    /// The keys that are down and that apps repeat.
    pub(crate) fn repeating(&self) -> impl Iterator<Item = (KeyCode, TrackId)> + '_ {
        self.keys
            .iter()
            .map(|(key, track)| (*key, *track))
            .filter(|(key, _)| !is_modifier(*key) && !is_lock(*key))
    }

    /// Whether a button or a finger is down.
    pub(crate) fn is_pointing(&self) -> bool {
        !self.buttons.is_empty() || !self.touches.is_empty()
    }

    /// The modifiers that are down.
    pub(crate) fn modifiers(&self) -> Vec<KeyCode> {
        self.keys.keys().copied().filter(|key| is_modifier(*key)).collect()
    }

    /// Notes a key; says whether that changed anything.
    pub(crate) fn key(&mut self, track: TrackId, key: KeyCode, pressed: bool) -> bool {
        if !pressed {
            return self.keys.remove(&key).is_some();
        }
        if self.keys.len() >= MAX_HELD || self.keys.contains_key(&key) {
            return false;
        }
        self.keys.insert(key, track);
        true
    }

    /// Notes a button; says whether that changed anything.
    pub(crate) fn button(
        &mut self,
        track: TrackId,
        position: Position<Logical>,
        button: Button,
        pressed: bool,
    ) -> bool {
        if !pressed {
            return self.buttons.remove(&button).is_some();
        }
        if self.buttons.len() >= MAX_HELD || self.buttons.contains_key(&button) {
            return false;
        }
        self.buttons.insert(button, (track, position));
        true
    }

    /// Notes a finger; says whether that is a possible change: only fingers that are down move or leave.
    pub(crate) fn touch(&mut self, track: TrackId, point: TouchPoint) -> bool {
        match point.phase {
            TouchPhase::Down => {
                if self.touches.len() >= MAX_HELD || self.touches.contains_key(&point.id) {
                    return false;
                }
                self.touches.insert(point.id, (track, point.position));
                true
            }
            TouchPhase::Move => match self.touches.get_mut(&point.id) {
                Some((_, position)) => {
                    *position = point.position;
                    true
                }
                None => false,
            },
            TouchPhase::Up => self.touches.remove(&point.id).is_some(),
            TouchPhase::Cancel => {
                let any = !self.touches.is_empty();
                self.touches.clear();
                any
            }
        }
    }

    /// Releases everything: keys with their tracks, buttons, and tracks with their fingers, cancelled.
    pub(crate) fn release(&mut self) -> Releases {
        let mut touches: BTreeMap<TrackId, Vec<TouchPoint>> = BTreeMap::new();
        for (id, (track, position)) in std::mem::take(&mut self.touches) {
            touches.entry(track).or_default().push(TouchPoint { id, phase: TouchPhase::Cancel, position });
        }
        Releases {
            keys: std::mem::take(&mut self.keys).into_iter().collect(),
            buttons: std::mem::take(&mut self.buttons).into_iter().collect(),
            touches: touches.into_iter().collect(),
        }
    }

    /// Forgets what is down in a track that is gone: there is nothing left to release it in, except that keys
    /// stay down on the seat.
    pub(crate) fn forget_touches(&mut self, track: TrackId) {
        self.touches.retain(|_, (on, _)| *on != track);
    }
}

/// Whether a key does nothing by itself but change what others mean: Shift, Ctrl, Alt and Super, left and
/// right. Locks do something.
pub(crate) fn is_modifier(KeyCode(key): KeyCode) -> bool {
    matches!(key, 42 | 54 | 29 | 97 | 56 | 100 | 125 | 126)
}

/// Whether a key turns a lock.
pub(crate) fn is_lock(KeyCode(key): KeyCode) -> bool {
    LOCKS.contains(&key)
}

/// What [`Held::release`] let go.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Releases {
    /// Keys, and in which track each went down.
    pub(crate) keys: Vec<(KeyCode, TrackId)>,
    /// Buttons, and where each went down.
    pub(crate) buttons: Vec<(Button, (TrackId, Position<Logical>))>,
    /// Fingers by track, as cancelled points.
    pub(crate) touches: Vec<(TrackId, Vec<TouchPoint>)>,
}
