//! Stands for the compositor's table of atoms.

/// Those that properties are read by; numbers are the server's own affair.
#[allow(non_snake_case)]
pub(crate) struct Atoms {
    pub(crate) UTF8_STRING: u32,
    pub(crate) WM_DELETE_WINDOW: u32,
    pub(crate) WM_PROTOCOLS: u32,
    pub(crate) WM_TAKE_FOCUS: u32,
    pub(crate) _MOTIF_WM_HINTS: u32,
    pub(crate) _NET_WM_ICON: u32,
    pub(crate) _NET_WM_NAME: u32,
    pub(crate) _NET_WM_PING: u32,
    pub(crate) _NET_WM_STATE: u32,
    pub(crate) _NET_WM_WINDOW_TYPE: u32,
    pub(crate) _NET_WM_WINDOW_TYPE_DND: u32,
    pub(crate) _NET_WM_WINDOW_TYPE_NOTIFICATION: u32,
    pub(crate) _NET_WM_WINDOW_TYPE_SPLASH: u32,
    pub(crate) _NET_WM_WINDOW_TYPE_TOOLTIP: u32,
    pub(crate) XdndAware: u32,
}
