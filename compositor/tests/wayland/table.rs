//! `docs/wayland.md` is made from the globals that apps see: `UPDATE_WAYLAND=1 cargo test -p
//! dormer-compositor table` writes it anew.

use std::{env, fs, path::PathBuf};

use crate::{app::App, host::Host};

/// What each protocol is good for here.
const SERVED: &[(&str, &str)] = &[
    ("wl_compositor", "surfaces"),
    ("wl_subcompositor", "parts of windows; composed by the host"),
    ("wl_shm", "pixels in shared memory"),
    ("wl_seat", "keyboard, pointer and touch of the viewer who has the seat"),
    ("wl_output", "one screen, as large as that viewer's"),
    ("wl_data_device_manager", "copy and paste with apps, X11 and viewers; dragging between all apps"),
    ("xdg_wm_base", "windows and menus"),
    (
        "xdg_activation_v1",
        "windows come to the front where input led to it and nobody types on, else they ask for attention",
    ),
    ("xdg_wm_dialog_v1", "dialogs that keep their parents from being used"),
    ("xdg_system_bell_v1", "bells, heard at viewers"),
    ("xdg_toplevel_icon_manager_v1", "icons that apps draw themselves"),
    ("zxdg_decoration_manager_v1", "the viewer draws title bars"),
    ("org_kde_kwin_server_decoration_manager", "the same for GTK 3 and old Qt"),
    ("zxdg_output_manager_v1", "the screen's logical size, for Xwayland and GTK 3"),
    ("zxdg_exporter_v1", "as version 2, for GTK 3"),
    ("zxdg_importer_v1", "as version 2, for GTK 3"),
    ("zxdg_exporter_v2", "a window can be the parent of another app's dialog, as portals need it"),
    ("zxdg_importer_v2", "the other half of this"),
    ("wp_viewporter", "cut and scaled surfaces"),
    ("wp_fractional_scale_manager_v1", "the viewer's exact scale"),
    ("wp_single_pixel_buffer_manager_v1", "plain colours without memory"),
    ("wp_alpha_modifier_v1", "surfaces that fade; composed by the host"),
    ("wp_presentation", "when a picture was shown at the viewer, on the monotonic clock"),
    ("wp_cursor_shape_manager_v1", "cursors by name, drawn by the viewer's theme"),
    ("wp_content_type_manager_v1", "accepted; the encoder looks at the pixels themselves"),
    ("wp_security_context_manager_v1", "sandboxes: their apps see neither this nor what has a star here"),
    ("zwp_idle_inhibit_manager_v1", "the page keeps the viewer's screen on while such a window is open"),
    (
        "zwp_keyboard_shortcuts_inhibit_manager_v1",
        "always granted: the session has no shortcuts. The few that a viewer keeps stay its own",
    ),
    ("zwp_pointer_constraints_v1", "locked pointers, for games"),
    ("zwp_relative_pointer_manager_v1", "their motion"),
    ("zwp_pointer_gestures_v1", "found by apps that want it; viewers send pinches as Ctrl and wheel"),
    ("zwp_tablet_manager_v2", "found by apps that want it; viewers send pens as pointers"),
    ("zwp_text_input_manager_v3", "input methods and keyboards of viewers: composed text, the caret's place"),
    ("zwp_primary_selection_device_manager_v1", "what is selected, for the middle button, with X11 apps too"),
    ("ext_data_control_manager_v1", "\\* the clipboard for tools without a window"),
    ("zwlr_data_control_manager_v1", "\\* the same under its old name, for wl-clipboard"),
    ("ext_foreign_toplevel_list_v1", "\\* which windows there are"),
];

/// What apps look for and do not find, most felt first.
const LEFT_OUT: &[(&str, &str)] = &[
    ("zwp_linux_dmabuf_v1", "there is no GPU to share buffers with; Mesa falls back to `wl_shm` by itself"),
    (
        "ext_image_copy_capture_manager_v1",
        "the library has it in a version that is not released; viewers make screenshots",
    ),
    (
        "zwlr_screencopy_manager_v1",
        "superseded by the former, and a session has no screen to copy, only windows",
    ),
    (
        "wp_fifo_manager_v1",
        "frame callbacks pace apps at what viewers can take, also while a window is hidden; commits that wait for a screen \
         that nobody looks at would stop Vulkan programs",
    ),
    (
        "wp_commit_timing_manager_v1",
        "comes with the former: a commit's time would be that of a screen, and viewers have many",
    ),
    ("wp_color_manager_v1", "pictures are sRGB from the app to the viewer"),
    ("xdg_toplevel_drag_manager_v1", "tabs are torn off where they are dropped, not while they are dragged"),
    ("gtk_shell1", "GTK says by xdg-dialog and xdg-activation what it is for, or goes without"),
    ("ext_idle_notifier_v1", "viewers lock their own screens"),
    ("ext_session_lock_manager_v1", "viewers lock their own screens"),
    ("zwlr_layer_shell_v1", "there are windows only: panels and wallpapers are the viewer's"),
    ("zwp_virtual_keyboard_manager_v1", "input comes from the viewer who has the seat"),
    ("wp_tearing_control_manager_v1", "pictures are whole at viewers"),
    ("wp_drm_lease_device_v1", "no screens to lend"),
];

#[test]
fn the_table_of_protocols_is_true() {
    let host = Host::start();
    let app = App::connect(&host);
    let mut globals: Vec<(String, u32)> = app
        .globals
        .contents()
        .clone_list()
        .into_iter()
        .map(|global| (global.interface, global.version))
        .collect();
    globals.sort();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/wayland.md");
    let text = page(&globals);
    if env::var_os("UPDATE_WAYLAND").is_some() {
        fs::write(&path, &text).expect("writes");
    }
    let kept = fs::read_to_string(&path).expect("reads");
    assert!(kept == text, "docs/wayland.md is stale; see the top of this file");
}

fn page(globals: &[(String, u32)]) -> String {
    let mut text = String::from(
        "# Wayland protocols\n\nA test of `dormer-compositor` makes this page from the globals that apps see in a session.\n\n\
         ## Served\n\n| global | version | here |\n|---|---|---|\n",
    );
    for (name, version) in globals {
        let known = SERVED.iter().find(|(known, _)| known == name);
        let (_, what) = known.unwrap_or_else(|| panic!("{name} is served: say what it does here"));
        text += &format!("| `{name}` | {version} | {what} |\n");
    }
    text += "\n## Left out\n\n| global | why |\n|---|---|\n";
    for (name, why) in LEFT_OUT {
        assert!(globals.iter().all(|(served, _)| served != name), "{name} is served by now");
        text += &format!("| `{name}` | {why} |\n");
    }
    let surplus = SERVED.iter().find(|(name, _)| globals.iter().all(|(served, _)| served != name));
    assert_eq!(surplus, None, "that is not served");
    text
}
