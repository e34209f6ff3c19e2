//! Where the surfaces of a tree lie, in logical units.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "transforms are Smithay's"))]

use media::{Frame, Logical, MAX_DIMENSION, Pixels, Rect, Region, Size};
use smithay::{
    reexports::wayland_server::{Resource, backend::ObjectId, protocol::wl_surface::WlSurface},
    utils::{Rectangle, Transform},
    wayland::{
        alpha_modifier::AlphaModifierSurfaceCachedState,
        compositor::{self, SubsurfaceCachedState, SurfaceData, TraversalAction},
        shell::xdg::SurfaceCachedState,
        viewporter::{ViewportCachedState, ensure_viewport_valid},
    },
};

use crate::wayland::picture::capture::{self, Attached};
use crate::wayland::quota::requests::FAR;

/// One surface of a tree that shows something.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::wayland) struct Node {
    pub(in crate::wayland) id: ObjectId,
    /// Where, relative to the root surface.
    pub(in crate::wayland) rect: Rect<Logical>,
    /// Which part of the buffer it shows, in the buffer's pixels after its transform.
    pub(in crate::wayland) source: Source,
    pub(in crate::wayland) attached: Attached,
    /// How much of it is seen, as its app wants; 255: as it is.
    pub(in crate::wayland) alpha: u8,
}

/// A part of a buffer, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::wayland) struct Source {
    pub(in crate::wayland) x: f64,
    pub(in crate::wayland) y: f64,
    pub(in crate::wayland) w: f64,
    pub(in crate::wayland) h: f64,
}

/// The surfaces of the tree that show something, the furthest from the user first.
pub(in crate::wayland) fn nodes(root: &WlSurface) -> Vec<Node> {
    let mut nodes = Vec::new();
    compositor::with_surface_tree_upward(
        root,
        (0, 0),
        |_, states, &at| match capture::content(states).attached {
            Some(_) => TraversalAction::DoChildren(moved(states, at)),
            // What lies on a surface that shows nothing is not shown either.
            None => TraversalAction::SkipChildren,
        },
        |surface, states, &at| {
            if let Some(attached) = capture::content(states).attached {
                nodes.push(node(surface, states, moved(states, at), attached));
            }
        },
        |_, _, _| true,
    );
    nodes
}

/// The root of a surface's tree.
pub(in crate::wayland) fn root_of(surface: &WlSurface) -> WlSurface {
    let mut root = surface.clone();
    while let Some(parent) = compositor::get_parent(&root) {
        root = parent;
    }
    root
}

/// The part of the tree that is the window: what the app says, else all of it.
pub(in crate::wayland) fn window_geometry(root: &WlSurface, nodes: &[Node]) -> Rect<Logical> {
    // No picture could show both the root and what is further away.
    let reach = MAX_DIMENSION as i32;
    let near = Rect::between(-reach, -reach, 2 * reach, 2 * reach);
    let parts = nodes.iter().map(|node| node.rect).filter(|rect| rect.intersection(near).is_some());
    let extent = parts.fold(Rect::default(), |all: Rect<Logical>, part| all.bounds_with(part));
    let wished = compositor::with_states(root, |states| {
        states.cached_state.get::<SurfaceCachedState>().current().geometry
    });
    let wished = wished.map(|r| {
        Rect::between(r.loc.x, r.loc.y, r.loc.x.saturating_add(r.size.w), r.loc.y.saturating_add(r.size.h))
    });
    let geometry = wished.and_then(|wished| wished.intersection(extent)).unwrap_or(extent);
    let side = |n: u32| n.min(MAX_DIMENSION);
    Rect::new(geometry.x, geometry.y, side(geometry.w), side(geometry.h))
}

/// The source and the size that a viewport gives, if there is one.
pub(in crate::wayland) fn viewport(states: &SurfaceData) -> Option<ViewportCachedState> {
    let mut guard = states.cached_state.get::<ViewportCachedState>();
    let viewport = *guard.current();
    (viewport.src.is_some() || viewport.dst.is_some()).then_some(viewport)
}

/// Takes the damage of a surface's kept pixels, and lends those.
pub(in crate::wayland) fn with_kept<R>(
    states: &SurfaceData,
    f: impl FnOnce(Option<&Frame>, &mut Region) -> R,
) -> R {
    let content = &mut *capture::content_mut(states);
    f(content.pixels.as_ref(), &mut content.damage)
}

fn moved(states: &SurfaceData, at: (i32, i32)) -> (i32, i32) {
    if states.role != Some("subsurface") {
        return at;
    }
    let location = states.cached_state.get::<SubsurfaceCachedState>().current().location;
    // Nobody sees what is further away, and sums of what is nearer cannot overflow.
    let sum = |at: i32, by: i32| at.saturating_add(by.clamp(-FAR, FAR)).clamp(-FAR, FAR);
    (sum(at.0, location.x), sum(at.1, location.y))
}

fn node(surface: &WlSurface, states: &SurfaceData, at: (i32, i32), attached: Attached) -> Node {
    let turned = turned(attached);
    let factor = f64::from(attached.scale);
    let natural = Size::<Logical>::new(
        (turned.w / attached.scale as u32).max(1),
        (turned.h / attached.scale as u32).max(1),
    );
    let whole = Source { x: 0.0, y: 0.0, w: f64::from(turned.w), h: f64::from(turned.h) };
    let valid = ensure_viewport_valid(states, (natural.w as i32, natural.h as i32).into());
    let viewport = viewport(states).filter(|_| valid);
    let (source, size) = match viewport {
        None => (whole, natural),
        Some(viewport) => (
            viewport.src.map_or(whole, |src| scaled(src, factor)),
            viewport.size().map_or(natural, |size| Size::new(size.w.max(1) as u32, size.h.max(1) as u32)),
        ),
    };
    let seen = states.cached_state.get::<AlphaModifierSurfaceCachedState>().current().multiplier();
    let alpha = seen.map_or(u8::MAX, |seen| (seen >> 24) as u8);
    Node { id: surface.id(), rect: Rect::new(at.0, at.1, size.w, size.h), source, attached, alpha }
}

fn scaled(rect: Rectangle<f64, smithay::utils::Logical>, factor: f64) -> Source {
    Source {
        x: rect.loc.x * factor,
        y: rect.loc.y * factor,
        w: rect.size.w * factor,
        h: rect.size.h * factor,
    }
}

/// The size of a buffer after its transform.
pub(in crate::wayland) fn turned(attached: Attached) -> Size<Pixels> {
    let Size { w, h, .. } = attached.size;
    match attached.transform {
        Transform::_90 | Transform::_270 | Transform::Flipped90 | Transform::Flipped270 => Size::new(h, w),
        _ => Size::new(w, h),
    }
}
