//! Making a track's picture out of its surface tree.
//!
//! A lone surface whose pixels are the picture's pixels is read straight into the canvas ([`Held::Direct`]).
//! Anything else (subsurfaces, viewports, turned or scaled buffers) is composed from the pixels kept of each
//! surface ([`Held::Composed`]). Either way only what changed is touched. A tree that was composed goes back
//! to direct reading with the next buffer that allows it.

use media::{Canvas, Frame, Logical, MAX_DIMENSION, Pixels, Point, Rect, Region, Scale, Size};
use smithay::{
    reexports::wayland_server::{backend::ObjectId, protocol::wl_surface::WlSurface},
    utils::Transform,
    wayland::compositor::{self, TraversalAction},
};

use crate::wayland::picture::blit::{self, Placement};
use crate::wayland::picture::capture::{self, Fresh};
use crate::wayland::picture::layout::{self, Node};
use crate::wayland::picture::shm;

/// Nothing further away than this is told apart.
const FAR: f64 = (1 << 28) as f64;

/// What a track's canvas shows and how it got there.
#[derive(Debug, Default)]
pub(crate) struct Picture {
    /// The canvas's size.
    pub(in crate::wayland) size: Size<Pixels>,
    /// Pixels per logical unit.
    pub(in crate::wayland) scale: Scale,
    /// The part of the tree that is the window.
    pub(in crate::wayland) geometry: Rect<Logical>,
    placed: Vec<Placed>,
    held: Held,
    /// What of the window is to be seen at all; `None`: all of it.
    shape: Option<Vec<Rect<Pixels>>>,
    reshaped: bool,
}

/// Where the pixels of the tree's root are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Held {
    /// Nowhere yet.
    #[default]
    Nothing,
    /// In the canvas only.
    Direct,
    /// Kept beside the canvas, as those of all surfaces of the tree.
    Composed,
}

#[derive(Clone, Debug, PartialEq)]
struct Placed {
    id: ObjectId,
    placement: Placement,
}

/// What a picture is about to become.
#[derive(Debug)]
pub(in crate::wayland) struct Plan {
    pub(in crate::wayland) size: Size<Pixels>,
    scale: Scale,
    geometry: Rect<Logical>,
    placed: Vec<Placed>,
}

impl Plan {
    /// Plans the picture of a tree; `None` if it shows nothing.
    pub(in crate::wayland) fn of(root: &WlSurface, preferred: Scale) -> Option<Plan> {
        use smithay::reexports::wayland_server::Resource;
        let nodes = layout::nodes(root);
        let node = nodes.iter().find(|node| node.id == root.id())?;
        let scale = picture_scale(node, preferred);
        let geometry = layout::window_geometry(root, &nodes);
        let size = scale.to_pixels(geometry.size());
        let size = Size::new(size.w.clamp(1, MAX_DIMENSION), size.h.clamp(1, MAX_DIMENSION));
        let placed = nodes.iter().map(|node| place(node, geometry.origin(), scale)).collect();
        Some(Plan { size, scale, geometry, placed })
    }

    /// Bytes of the canvas.
    pub(in crate::wayland) fn bytes(&self) -> u64 {
        self.size.area() * Frame::BYTES_PER_PIXEL as u64
    }

    /// Whether the canvas is all that is kept.
    pub(in crate::wayland) fn is_direct(&self) -> bool {
        self.direct().is_some()
    }

    /// Where a lone surface's buffer lies on the picture, if it can be read straight into it.
    fn direct(&self) -> Option<(i32, i32)> {
        let [only] = &*self.placed else { return None };
        only.placement.one_to_one().filter(|_| only.placement.alpha == u8::MAX)
    }
}

impl Picture {
    /// Whether any surface of that id is part of it.
    pub(in crate::wayland) fn shows(&self, id: &ObjectId) -> bool {
        self.placed.iter().any(|placed| placed.id == *id)
    }

    /// Bytes of the canvas.
    pub(in crate::wayland) fn bytes(&self) -> u64 {
        self.size.area() * Frame::BYTES_PER_PIXEL as u64
    }

    /// Gives the window another shape, with the next update.
    pub(in crate::wayland) fn reshape(&mut self, shape: Option<Vec<Rect<Pixels>>>) {
        self.reshaped |= self.shape != shape;
        self.shape = shape;
    }

    /// Brings the canvas up to date with the tree, of which the root has perhaps got a new buffer. Returns
    /// what changed; `None` if the buffer could not be read.
    pub(in crate::wayland) fn update(
        &mut self,
        canvas: &Canvas,
        root: &WlSurface,
        plan: Plan,
        fresh: Option<&Fresh>,
    ) -> Option<Region> {
        let moved = std::mem::take(&mut self.reshaped)
            || plan.size != self.size
            || plan.scale != self.scale
            || plan.geometry.origin() != self.geometry.origin();
        // What is not seen now may be seen later, so it is kept beside the canvas.
        let direct = plan.direct().filter(|_| self.shape.is_none());
        let damage = match (direct, fresh) {
            (Some(offset), Some(fresh)) => self.read(canvas, root, &plan, fresh, offset, moved)?,
            (Some(offset), None) if self.held == Held::Direct => self.shift(canvas, &plan, offset, moved),
            _ => self.compose(canvas, root, &plan, fresh, moved)?,
        };
        let Plan { size, scale, geometry, placed } = plan;
        (self.size, self.scale, self.geometry, self.placed) = (size, scale, geometry, placed);
        Some(damage)
    }

    /// Reads a lone surface's new buffer into the canvas.
    fn read(
        &mut self,
        canvas: &Canvas,
        root: &WlSurface,
        plan: &Plan,
        fresh: &Fresh,
        (dx, dy): (i32, i32),
        moved: bool,
    ) -> Option<Region> {
        let bounds = plan.size.to_rect();
        let damage: Region = if moved || self.held != Held::Direct {
            Region::from(bounds)
        } else {
            fresh.damage.rects().iter().filter_map(|r| r.offset(dx, dy).intersection(bounds)).collect()
        };
        let wanted: Vec<_> = damage.rects().iter().map(|r| r.offset(-dx, -dy)).collect();
        canvas
            .write(|frame| {
                if frame.size() != plan.size {
                    *frame = Frame::new(plan.size);
                }
                shm::copy(&fresh.buffer, &wanted, frame, dx, dy)
            })
            .ok()?;
        if self.held == Held::Composed {
            compositor::with_states(root, |states| capture::content_mut(states).pixels = None);
        }
        self.held = Held::Direct;
        Some(damage)
    }

    /// Moves the canvas's pixels when the window geometry changed but the buffer did not.
    fn shift(&mut self, canvas: &Canvas, plan: &Plan, (dx, dy): (i32, i32), moved: bool) -> Region {
        if !moved {
            return Region::new();
        }
        let (old_dx, old_dy) = self.placed.first().and_then(|p| p.placement.one_to_one()).unwrap_or_default();
        canvas.write(|frame| {
            let mut shifted = Frame::new(plan.size);
            let place = Placement {
                to: frame.size().to_rect().offset(dx - old_dx, dy - old_dy),
                from: whole(frame.size()),
                transform: Transform::Normal,
                opaque: true,
                alpha: u8::MAX,
            };
            blit::draw(&mut shifted, plan.size.to_rect(), frame, &place);
            *frame = shifted;
        });
        Region::from(plan.size.to_rect())
    }

    /// Composes what changed of the tree.
    fn compose(
        &mut self,
        canvas: &Canvas,
        root: &WlSurface,
        plan: &Plan,
        fresh: Option<&Fresh>,
        moved: bool,
    ) -> Option<Region> {
        if self.held == Held::Direct && fresh.is_none() {
            self.keep_root(canvas, root);
        }
        if let Some(fresh) = fresh {
            compositor::with_states(root, |states| capture::keep(states, fresh))?;
        }
        let mut damage = if moved || self.held == Held::Nothing {
            Region::from(plan.size.to_rect())
        } else {
            rearranged(&self.placed, &plan.placed, plan.size.to_rect())
        };
        for_each_surface(root, |id, states| {
            let changed = layout::with_kept(states, |_, damage| damage.take());
            if let Some(placed) = plan.placed.iter().find(|placed| placed.id == *id) {
                damage.union(&onto(&placed.placement, &changed));
            }
        });
        damage.clip(plan.size.to_rect());
        let seen: Vec<Rect<Pixels>> = match &self.shape {
            None => damage.rects().to_vec(),
            Some(shape) => {
                let within = |&rect: &Rect<Pixels>| shape.iter().filter_map(move |r| r.intersection(rect));
                damage.rects().iter().flat_map(within).collect()
            }
        };
        canvas.write(|frame| {
            frame.resize(plan.size);
            for &rect in damage.rects() {
                (rect.y..rect.bottom()).for_each(|y| frame.row_mut(rect, y).fill(0));
            }
            for_each_surface(root, |id, states| {
                let Some(placed) = plan.placed.iter().find(|placed| placed.id == *id) else { return };
                layout::with_kept(states, |pixels, _| {
                    let Some(pixels) = pixels else { return };
                    seen.iter().for_each(|&r| blit::draw(frame, r, pixels, &placed.placement));
                });
            });
        });
        self.held = Held::Composed;
        Some(damage)
    }

    /// Keeps the root's pixels when its tree is composed from now on: the canvas has all of them that can be
    /// seen.
    fn keep_root(&self, canvas: &Canvas, root: &WlSurface) {
        let Some((dx, dy)) = self.placed.first().and_then(|p| p.placement.one_to_one()) else { return };
        compositor::with_states(root, |states| {
            let content = &mut *capture::content_mut(states);
            let Some(attached) = content.attached else { return };
            let mut pixels = Frame::new(attached.size);
            canvas.read(|frame| {
                let place = Placement {
                    to: frame.size().to_rect().offset(-dx, -dy),
                    from: whole(frame.size()),
                    transform: Transform::Normal,
                    opaque: true,
                    alpha: u8::MAX,
                };
                let clip = pixels.size().to_rect();
                blit::draw(&mut pixels, clip, frame, &place);
            });
            content.pixels = Some(pixels);
        });
    }
}

/// The scale at which the root's buffer needs no scaling, so that viewers get what the app drew.
fn picture_scale(node: &Node, preferred: Scale) -> Scale {
    let size = node.rect.size();
    let turned = layout::turned(node.attached);
    let ratio = (u64::from(turned.w) * 120 + u64::from(size.w) / 2) / u64::from(size.w.max(1));
    let own = Scale::from_120ths(u32::try_from(ratio).unwrap_or(u32::MAX));
    let buffer = Scale::from_120ths(node.attached.scale as u32 * 120);
    [preferred, buffer, own].into_iter().find(|scale| scale.to_pixels(size) == turned).unwrap_or(preferred)
}

fn place(node: &Node, origin: Point<Logical>, scale: Scale) -> Placed {
    // Apps may put surfaces anywhere; sums of what is kept here cannot overflow.
    let at =
        |n: i32, o: i32| (f64::from(n.saturating_sub(o)) * scale.factor()).round().clamp(-FAR, FAR) as i32;
    let size = scale.to_pixels(node.rect.size());
    let placement = Placement {
        to: Rect::new(at(node.rect.x, origin.x), at(node.rect.y, origin.y), size.w, size.h),
        from: node.source,
        transform: node.attached.transform,
        opaque: node.attached.opaque,
        alpha: node.alpha,
    };
    Placed { id: node.id.clone(), placement }
}

fn whole(size: Size<Pixels>) -> layout::Source {
    layout::Source { x: 0.0, y: 0.0, w: f64::from(size.w), h: f64::from(size.h) }
}

/// What must be drawn anew since surfaces came, went, moved or changed their order.
fn rearranged(before: &[Placed], after: &[Placed], bounds: Rect<Pixels>) -> Region {
    let gone = before.iter().enumerate().filter(|(i, placed)| after.get(*i) != Some(*placed));
    let come = after.iter().enumerate().filter(|(i, placed)| before.get(*i) != Some(*placed));
    // What lies outside is not drawn, and would only join what does with what does not.
    gone.chain(come).filter_map(|(_, placed)| placed.placement.to.intersection(bounds)).collect()
}

/// Where damage of a surface's pixels lands on the picture; too much rather than too little.
fn onto(placement: &Placement, damage: &Region) -> Region {
    if damage.is_empty() {
        return Region::new();
    }
    if let Some((dx, dy)) = placement.one_to_one() {
        return damage.rects().iter().filter_map(|r| r.offset(dx, dy).intersection(placement.to)).collect();
    }
    if placement.transform != Transform::Normal {
        return Region::from(placement.to);
    }
    let Placement { to, from, .. } = *placement;
    let x = |n: i32| f64::from(to.x) + (f64::from(n) - from.x) * f64::from(to.w) / from.w;
    let y = |n: i32| f64::from(to.y) + (f64::from(n) - from.y) * f64::from(to.h) / from.h;
    // Samples reach one pixel of the source further.
    let stretched = |r: &Rect<Pixels>| {
        Rect::between(
            x(r.x - 1).floor() as i32,
            y(r.y - 1).floor() as i32,
            x(r.right().saturating_add(1)).ceil() as i32,
            y(r.bottom().saturating_add(1)).ceil() as i32,
        )
    };
    damage.rects().iter().filter_map(|r| stretched(r).intersection(to)).collect()
}

/// Visits the surfaces of a tree, the furthest from the user first.
fn for_each_surface(root: &WlSurface, mut visit: impl FnMut(&ObjectId, &compositor::SurfaceData)) {
    use smithay::reexports::wayland_server::Resource;
    compositor::with_surface_tree_upward(
        root,
        (),
        |_, _, ()| TraversalAction::DoChildren(()),
        |surface, states, ()| visit(&surface.id(), states),
        |_, _, ()| true,
    );
}
