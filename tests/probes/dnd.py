"""A window to drag a text from, or to drop one or files on: `dnd.py source|target|files FILE`, which notes
what happened."""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

role, log = sys.argv[1], open(sys.argv[2], "a", buffering=1)
COPY = Gdk.DragAction.COPY


def note(*words):
    print(*words, file=log)


def begin(_widget, context):
    """Notes when what is under the pointer would take it."""
    note("begin")
    dragging["context"] = context

    def looks():
        if dragging.get("context") is not context:
            return False
        if context.get_selected_action() != COPY:
            return True
        note("accepted")
        return False

    GLib.timeout_add(20, looks)


def end(*_):
    dragging.clear()
    note("end")


dragging = {}
window = Gtk.Window(title=f"dnd {role}")
window.set_default_size(300, 200)
box = Gtk.EventBox()
box.add(Gtk.Label(label=role))
window.add(box)
if role == "source":
    box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], COPY)
    box.drag_source_add_text_targets()
    box.connect("drag-begin", begin)
    box.connect("drag-data-get", lambda _w, _c, data, *_: data.set_text("dragged text ä€", -1))
    # Handled: else what was dragged slides back, and the next drag finds it under the pointer.
    box.connect("drag-failed", lambda _w, _c, why: note("failed", why.value_nick) or True)
    box.connect("drag-end", end)
elif role == "files":
    box.drag_dest_set(Gtk.DestDefaults.ALL, [], COPY)
    box.drag_dest_add_uri_targets()
    box.connect("drag-data-received", lambda _w, _c, _x, _y, data, *_: note("got", *data.get_uris()))
else:
    box.drag_dest_set(Gtk.DestDefaults.ALL, [], COPY)
    box.drag_dest_add_text_targets()
    box.connect("drag-motion", lambda *_: note("motion") or False)
    box.connect("drag-leave", lambda *_: note("leave"))
    box.connect("drag-data-received", lambda _w, _c, _x, _y, data, *_: note("got", data.get_text()))
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
