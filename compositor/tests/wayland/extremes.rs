//! Numbers at the ends of their range: wherever an app says that something is, and however large, what
//! follows from a commit is bounded by the pictures that it has, and nobody else notices.

use media::{Event, MAX_DIMENSION, Size, TrackId};
use proptest::prelude::*;
use wayland_client::{
    Proxy,
    protocol::{
        wl_compositor::WlCompositor, wl_region::WlRegion, wl_subcompositor::WlSubcompositor,
        wl_subsurface::WlSubsurface, wl_surface::WlSurface,
    },
};
use wayland_protocols::wp::viewporter::client::{wp_viewport::WpViewport, wp_viewporter::WpViewporter};

use crate::{
    app::{App, AppWindow},
    host::Host,
    hostile::{Bystander, RED},
};

/// What an app says of one of its surfaces. `usize` chooses the surface: 0 is the window's own.
#[derive(Clone, Debug)]
enum Act {
    Place(usize, i32, i32),
    Raise(usize),
    Geometry([i32; 4]),
    Input(usize, Vec<([i32; 4], bool)>),
    Opaque(usize, Vec<([i32; 4], bool)>),
    Damage(usize, [i32; 4]),
    DamageBuffer(usize, [i32; 4]),
    Move(usize, i32, i32),
    Stretch(usize, [i32; 2]),
    Crop(usize, [f64; 4]),
    Scale(usize, i32),
    Limits([i32; 4]),
    Popup([i32; 8]),
    Draw(usize, [u8; 2]),
}

/// Any number, and the ends of ranges more often than others.
fn number() -> impl Strategy<Value = i32> {
    prop_oneof![
        4 => prop::sample::select(vec![
            i32::MIN, i32::MIN + 1, -(1 << 30), -(1 << 20) - 1, -(1 << 20), -8193, -1, 0, 1, 8191, 8192,
            32_768, 1 << 20, (1 << 20) + 1, 1 << 23, 1 << 28, 1 << 30, i32::MAX - 1, i32::MAX,
        ]),
        2 => -300..300i32,
        1 => any::<i32>(),
    ]
}

fn numbers<const N: usize>() -> impl Strategy<Value = [i32; N]> {
    prop::collection::vec(number(), N).prop_map(|all| all.try_into().expect("as many"))
}

fn act() -> impl Strategy<Value = Act> {
    let one = || 0..3usize;
    let rects = || prop::collection::vec((numbers(), any::<bool>()), 0..4);
    // What a protocol calls an error ends the app: most of it is left out, so that histories go on.
    let extent = prop_oneof![8 => 1..9000i32, 1 => number()];
    let fraction = prop_oneof![8 => 0.0..9.0f64, 1 => any::<i32>().prop_map(f64::from)];
    prop_oneof![
        8 => (1..3usize, number(), number()).prop_map(|(one, x, y)| Act::Place(one, x, y)),
        1 => (1..3usize).prop_map(Act::Raise),
        2 => (numbers::<2>(), extent.clone(), extent.clone())
            .prop_map(|([x, y], w, h)| Act::Geometry([x, y, w, h])),
        2 => (one(), rects()).prop_map(|(one, rects)| Act::Input(one, rects)),
        1 => (one(), rects()).prop_map(|(one, rects)| Act::Opaque(one, rects)),
        4 => (one(), numbers()).prop_map(|(one, rect)| Act::Damage(one, rect)),
        4 => (one(), numbers()).prop_map(|(one, rect)| Act::DamageBuffer(one, rect)),
        1 => (one(), number(), number()).prop_map(|(one, x, y)| Act::Move(one, x, y)),
        3 => (one(), extent.clone(), extent).prop_map(|(one, w, h)| Act::Stretch(one, [w, h])),
        1 => (one(), prop::collection::vec(fraction, 4))
            .prop_map(|(one, all)| Act::Crop(one, all.try_into().expect("four"))),
        1 => (one(), prop_oneof![8 => 1..16i32, 1 => number()])
            .prop_map(|(one, scale)| Act::Scale(one, scale)),
        1 => numbers().prop_map(Act::Limits),
        1 => numbers().prop_map(Act::Popup),
        4 => (one(), any::<[u8; 2]>()).prop_map(|(one, size)| Act::Draw(one, size)),
    ]
}

/// An app with a window of three surfaces, each in the one before.
struct Extreme {
    app: App,
    window: AppWindow,
    surfaces: Vec<WlSurface>,
    parts: Vec<WlSubsurface>,
    viewports: Vec<WpViewport>,
    compositor: WlCompositor,
    track: TrackId,
}

impl Extreme {
    fn start(host: &mut Host) -> Self {
        let mut app = App::connect(host);
        let window = app.mapped(40, 30, RED);
        let track = host.window("an app of extremes", |seen| seen.size == Size::new(40, 30)).track;
        let subcompositor: WlSubcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("subcompositor");
        let viewporter: WpViewporter = app.globals.bind(&app.qh(), 1..=1, ()).expect("viewporter");
        // Of a version that knows how to move a buffer.
        let compositor: WlCompositor = app.globals.bind(&app.qh(), 4..=5, ()).expect("compositor");
        let mut surfaces = vec![window.surface.clone()];
        let mut parts = Vec::new();
        for parent in 0..2 {
            let surface = compositor.create_surface(&app.qh(), ());
            parts.push(subcompositor.get_subsurface(&surface, &surfaces[parent], &app.qh(), ()));
            app.picture(20, 10, RED).show(&surface);
            surfaces.push(surface);
        }
        let viewport = |surface: &WlSurface| viewporter.get_viewport(surface, &app.qh(), ());
        let viewports = surfaces.iter().map(viewport).collect();
        Self { app, window, surfaces, parts, viewports, compositor, track }
    }

    fn region(&self, rects: &[([i32; 4], bool)]) -> WlRegion {
        let region = self.compositor.create_region(&self.app.qh(), ());
        for ([x, y, w, h], adds) in rects {
            if *adds { region.add(*x, *y, *w, *h) } else { region.subtract(*x, *y, *w, *h) }
        }
        region
    }

    fn perform(&self, act: &Act) {
        match act {
            Act::Place(one, x, y) => self.parts[one - 1].set_position(*x, *y),
            Act::Raise(one) => self.parts[one - 1].place_below(&self.surfaces[one - 1]),
            Act::Geometry([x, y, w, h]) => self.window.shell.set_window_geometry(*x, *y, *w, *h),
            Act::Input(one, rects) => self.surfaces[*one].set_input_region(Some(&self.region(rects))),
            Act::Opaque(one, rects) => self.surfaces[*one].set_opaque_region(Some(&self.region(rects))),
            Act::Damage(one, [x, y, w, h]) => self.surfaces[*one].damage(*x, *y, *w, *h),
            Act::DamageBuffer(one, [x, y, w, h]) => self.surfaces[*one].damage_buffer(*x, *y, *w, *h),
            Act::Move(one, x, y) if self.surfaces[*one].version() >= 5 => self.surfaces[*one].offset(*x, *y),
            Act::Move(one, x, y) => self.surfaces[*one].attach(None, *x, *y),
            Act::Stretch(one, [w, h]) => self.viewports[*one].set_destination(*w, *h),
            Act::Crop(one, [x, y, w, h]) => self.viewports[*one].set_source(*x, *y, *w + 1.0, *h + 1.0),
            Act::Scale(one, scale) => self.surfaces[*one].set_buffer_scale(*scale),
            Act::Limits([a, b, c, d]) => {
                self.window.toplevel.set_min_size(*a, *b);
                self.window.toplevel.set_max_size(*c, *d);
            }
            Act::Popup([a, b, c, d, e, f, g, h]) => {
                let (app, qh) = (&self.app, self.app.qh());
                let positioner = app.positioner((0, 0), (1, 1));
                positioner.set_size((*a).max(1), (*b).max(1));
                positioner.set_anchor_rect(*c, *d, (*e).max(1), (*f).max(1));
                positioner.set_offset(*g, *h);
                let surface = app.compositor.create_surface(&qh, ());
                let shell = app.shell.get_xdg_surface(&surface, &qh, surface.id());
                shell.get_popup(Some(&self.window.shell), &positioner, &qh, surface.id());
                surface.commit();
            }
            Act::Draw(one, [w, h]) => {
                self.app.picture(i32::from(*w) + 1, i32::from(*h) + 1, RED).show(&self.surfaces[*one]);
            }
        }
        self.surfaces.iter().rev().for_each(WlSurface::commit);
    }
}

/// The pixels of a track that changed by what was reported, and how large its picture is at most.
fn work(events: &[Event], track: TrackId) -> (u64, u64) {
    let damages = events.iter().filter_map(|event| match event {
        Event::Damaged { track: damaged, size, region, .. } if *damaged == track => {
            assert!(size.w <= MAX_DIMENSION && size.h <= MAX_DIMENSION, "{size:?}");
            assert!(
                region.rects().iter().all(|rect| size.to_rect().contains(*rect)),
                "{region:?} of {size:?}"
            );
            Some((region.area(), size.area()))
        }
        _ => None,
    });
    damages.fold((0, 0), |(done, most), (area, size)| (done + area, most.max(size)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_numbers_an_app_names_its_commits_are_bounded_work(
        acts in prop::collection::vec(act(), 1..25),
    ) {
        let mut host = Host::with(|config| config.limits.canvas_bytes = 16 << 20);
        let bystander = Bystander::start(&mut host);
        let mut extreme = Extreme::start(&mut host);
        host.settle();
        host.drain();
        for act in &acts {
            extreme.perform(act);
            if extreme.app.try_sync().is_err() {
                break;
            }
            host.settle();
            let (done, most) = work(&host.drain(), extreme.track);
            // Three surfaces commit one after another.
            prop_assert!(done <= 3 * most, "{} pixels of {} by {:?}", done, most, act);
            prop_assert!(most <= 4 << 20, "{:?}", act);
        }
        let _ = extreme.app.try_sync();
        bystander.goes_on(&mut host);
    }
}
