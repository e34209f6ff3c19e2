//! xdg-foreign, both versions: a window of one app that belongs to a window of another, as dialogs of portals
//! do.
//!
//! The first app exports its window and passes the handle on by means of its own; who knows the handle
//! imports the window and sets it as a parent. Handles cannot be guessed.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::File,
    io::{self, Read},
};

use smithay::{
    reexports::{
        wayland_protocols::xdg::foreign::{
            zv1::server::{
                zxdg_exported_v1::{self, ZxdgExportedV1},
                zxdg_exporter_v1::{self, ZxdgExporterV1},
                zxdg_imported_v1::{self, ZxdgImportedV1},
                zxdg_importer_v1::{self, ZxdgImporterV1},
            },
            zv2::server::{
                zxdg_exported_v2::{self, ZxdgExportedV2},
                zxdg_exporter_v2::{self, ZxdgExporterV2},
                zxdg_imported_v2::{self, ZxdgImportedV2},
                zxdg_importer_v2::{self, ZxdgImporterV2},
            },
        },
        wayland_server::{
            Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource,
            protocol::wl_surface::WlSurface,
        },
    },
    wayland::{
        compositor,
        shell::{
            is_valid_parent,
            xdg::{XdgShellHandler, XdgToplevelSurfaceData},
        },
    },
};

use crate::wayland::State;

/// Which windows are exported, and who imported them.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    exported: HashMap<String, WlSurface>,
    imports: Vec<Import>,
}

/// A window that somebody knows by its handle.
#[derive(Debug)]
struct Import {
    imported: Imported,
    handle: String,
    /// What was made its child.
    child: Option<WlSurface>,
}

/// The object of an import, of either version.
#[derive(Clone, Debug, PartialEq)]
enum Imported {
    V1(ZxdgImportedV1),
    V2(ZxdgImportedV2),
}

impl Imported {
    fn destroyed(&self) {
        match self {
            Imported::V1(imported) => imported.destroyed(),
            Imported::V2(imported) => imported.destroyed(),
        }
    }
}

impl From<ZxdgImportedV1> for Imported {
    fn from(imported: ZxdgImportedV1) -> Self {
        Imported::V1(imported)
    }
}

impl From<ZxdgImportedV2> for Imported {
    fn from(imported: ZxdgImportedV2) -> Self {
        Imported::V2(imported)
    }
}

/// By which handle an object stands for a window.
#[derive(Debug)]
pub(in crate::wayland) struct Handle(String);

/// A name that nobody guesses.
fn secret() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    }))
}

impl State {
    /// Exports a window. `None` if there is no handle to be had, or if it is no window.
    fn export(&mut self, surface: WlSurface) -> String {
        match secret() {
            Ok(handle) => {
                self.foreign.exported.insert(handle.clone(), surface);
                handle
            }
            Err(error) => {
                tracing::warn!(%error, "a window cannot be exported");
                String::new()
            }
        }
    }

    /// A window is exported no more: whoever imported it hears of that, and its foreign children have no
    /// parent.
    pub(in crate::wayland) fn end_export(&mut self, handle: &str) {
        self.foreign.exported.remove(handle);
        let (over, rest) = std::mem::take(&mut self.foreign.imports)
            .into_iter()
            .partition::<Vec<_>, _>(|import| import.handle == handle);
        self.foreign.imports = rest;
        for import in over {
            import.imported.destroyed();
            self.release_child(import);
        }
    }

    fn import(&mut self, imported: Imported, handle: String) {
        match self.foreign.exported.get(&handle) {
            Some(surface) if surface.is_alive() => {
                self.foreign.imports.push(Import { imported, handle, child: None });
            }
            _ => imported.destroyed(),
        }
    }

    fn end_import(&mut self, imported: &Imported) {
        if let Some(at) = self.foreign.imports.iter().position(|import| import.imported == *imported) {
            let import = self.foreign.imports.swap_remove(at);
            self.release_child(import);
        }
    }

    /// Makes a window the child of an imported one. `false` if it cannot be.
    fn adopt(&mut self, imported: &Imported, child: &WlSurface) -> bool {
        let Some(at) = self.foreign.imports.iter().position(|import| import.imported == *imported) else {
            // Its parent is gone, as it was told.
            return true;
        };
        let Some(parent) = self.foreign.exported.get(&self.foreign.imports[at].handle).cloned() else {
            return true;
        };
        if !is_valid_parent(child, &parent) || !self.set_parent(child, Some(parent)) {
            return false;
        }
        self.foreign.imports[at].child = Some(child.clone());
        true
    }

    /// Takes back that a window is the child of an imported one, unless it got another parent since.
    fn release_child(&mut self, Import { child, .. }: Import) {
        let Some(child) = child.filter(Resource::is_alive) else { return };
        let others = self.foreign.imports.iter().any(|import| import.child.as_ref() == Some(&child));
        if !others {
            self.set_parent(&child, None);
        }
    }

    /// Sets a toplevel's parent, as the app itself could. `false` if it is no toplevel.
    fn set_parent(&mut self, child: &WlSurface, parent: Option<WlSurface>) -> bool {
        let is_toplevel = compositor::with_states(child, |states| {
            let Some(data) = states.data_map.get::<XdgToplevelSurfaceData>() else { return false };
            data.lock().expect("no handler of ours panics while it holds this").parent = parent;
            true
        });
        let toplevels = self.globals.xdg_shell.toplevel_surfaces();
        let toplevel = toplevels.iter().find(|toplevel| toplevel.wl_surface() == child).cloned();
        if let Some(toplevel) = toplevel {
            self.parent_changed(toplevel);
        }
        is_toplevel
    }
}

/// What the objects of one version do.
macro_rules! version {
    (
        exporter: $exporter:ident $Exporter:ty, $export:ident; exported: $exported:ident $Exported:ty;
        importer: $importer:ident $Importer:ty, $import:ident; imported: $imported:ident $Imported:ty;
        invalid: $invalid:expr
    ) => {
        version!(global $Exporter);
        version!(global $Importer);

        impl Dispatch<$Exporter, (), State> for Foreign {
            fn request(
                state: &mut State,
                _: &Client,
                _: &$Exporter,
                request: $exporter::Request,
                (): &(),
                _: &DisplayHandle,
                init: &mut DataInit<'_, State>,
            ) {
                if let $exporter::Request::$export { id, surface } = request {
                    let handle = state.export(surface);
                    init.init(id, Handle(handle.clone())).handle(handle);
                }
            }
        }

        impl Dispatch<$Exported, Handle, State> for Foreign {
            fn request(
                _: &mut State,
                _: &Client,
                _: &$Exported,
                _: $exported::Request,
                _: &Handle,
                _: &DisplayHandle,
                _: &mut DataInit<'_, State>,
            ) {
            }

            fn destroyed(
                state: &mut State,
                _: smithay::reexports::wayland_server::backend::ClientId,
                _: &$Exported,
                handle: &Handle,
            ) {
                state.end_export(&handle.0);
            }
        }

        impl Dispatch<$Importer, (), State> for Foreign {
            fn request(
                state: &mut State,
                _: &Client,
                _: &$Importer,
                request: $importer::Request,
                (): &(),
                _: &DisplayHandle,
                init: &mut DataInit<'_, State>,
            ) {
                if let $importer::Request::$import { id, handle } = request {
                    let imported = init.init(id, ());
                    state.import(imported.into(), handle);
                }
            }
        }

        impl Dispatch<$Imported, (), State> for Foreign {
            fn request(
                state: &mut State,
                _: &Client,
                imported: &$Imported,
                request: $imported::Request,
                (): &(),
                _: &DisplayHandle,
                _: &mut DataInit<'_, State>,
            ) {
                if let $imported::Request::SetParentOf { surface } = request
                    && !state.adopt(&imported.clone().into(), &surface)
                {
                    imported.post_error($invalid, "only a toplevel can have a parent, and not its own child");
                }
            }

            fn destroyed(
                state: &mut State,
                _: smithay::reexports::wayland_server::backend::ClientId,
                imported: &$Imported,
                (): &(),
            ) {
                state.end_import(&imported.clone().into());
            }
        }
    };
    (global $Global:ty) => {
        impl GlobalDispatch<$Global, (), State> for Foreign {
            fn bind(
                _: &mut State,
                _: &DisplayHandle,
                _: &Client,
                resource: New<$Global>,
                (): &(),
                init: &mut DataInit<'_, State>,
            ) {
                init.init(resource, ());
            }
        }
    };
}

version! {
    exporter: zxdg_exporter_v1 ZxdgExporterV1, Export; exported: zxdg_exported_v1 ZxdgExportedV1;
    importer: zxdg_importer_v1 ZxdgImporterV1, Import; imported: zxdg_imported_v1 ZxdgImportedV1;
    invalid: 0u32
}

version! {
    exporter: zxdg_exporter_v2 ZxdgExporterV2, ExportToplevel; exported: zxdg_exported_v2 ZxdgExportedV2;
    importer: zxdg_importer_v2 ZxdgImporterV2, ImportToplevel; imported: zxdg_imported_v2 ZxdgImportedV2;
    invalid: zxdg_imported_v2::Error::InvalidSurface
}
