# A GTK 3 window that writes how it was scrolled: the event's direction and deltas, in the file of the first argument.
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk

log = open(sys.argv[1], "a", buffering=1)


def scrolled(_widget, event):
    smooth, dx, dy = event.get_scroll_deltas()
    print("scroll", event.direction.value_nick, dx if smooth else 0.0, dy if smooth else 0.0, file=log)
    return True


window = Gtk.Window(title="wheel")
window.set_default_size(400, 300)
area = Gtk.EventBox()
area.add_events(Gdk.EventMask.SCROLL_MASK | Gdk.EventMask.SMOOTH_SCROLL_MASK)
area.connect("scroll-event", scrolled)
window.add(area)
window.connect("destroy", Gtk.main_quit)
window.show_all()
Gtk.main()
