//! The names that X11 conventions (ICCCM, EWMH, Motif) are spoken in.

x11rb::atom_manager! {
    #[cfg_attr(test, derive(Default))]
    pub(crate) Atoms:
    AtomsCookie {
        WL_SURFACE_ID,
        WL_SURFACE_SERIAL,
        UTF8_STRING,

        WM_CHANGE_STATE,
        WM_DELETE_WINDOW,
        WM_PROTOCOLS,
        WM_S0,
        WM_STATE,
        WM_TAKE_FOCUS,
        _MOTIF_WM_HINTS,
        _NET_ACTIVE_WINDOW,
        _NET_CLIENT_LIST,
        _NET_CLOSE_WINDOW,
        _NET_FRAME_EXTENTS,
        _NET_REQUEST_FRAME_EXTENTS,
        _NET_SUPPORTED,
        _NET_SUPPORTING_WM_CHECK,
        _NET_WM_CM_S0,
        _NET_WM_ICON,
        _NET_WM_MOVERESIZE,
        _NET_WM_NAME,
        _NET_WM_PING,
        _NET_WM_STATE,
        _NET_WM_STATE_DEMANDS_ATTENTION,
        _NET_WM_STATE_FOCUSED,
        _NET_WM_STATE_FULLSCREEN,
        _NET_WM_STATE_HIDDEN,
        _NET_WM_STATE_MAXIMIZED_HORZ,
        _NET_WM_STATE_MAXIMIZED_VERT,
        _NET_WM_STATE_MODAL,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_DND,
        _NET_WM_WINDOW_TYPE_NOTIFICATION,
        _NET_WM_WINDOW_TYPE_SPLASH,
        _NET_WM_WINDOW_TYPE_TOOLTIP,
        _NET_WORKAREA,

        CLIPBOARD,
        INCR,
        TARGETS,
        TEXT,
        TIMESTAMP,
        TEXT_PLAIN: b"text/plain",
        TEXT_PLAIN_UTF8: b"text/plain;charset=utf-8",
        TEXT_HTML: b"text/html",
        TEXT_URI_LIST: b"text/uri-list",
        IMAGE_PNG: b"image/png",

        _DORMER_FENCE,
        _DORMER_SELECTION,
    }
}
