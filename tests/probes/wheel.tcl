# A Tk window that writes which buttons of a wheel were turned, in the file of the first argument.
set log [open [lindex $argv 0] a]
fconfigure $log -buffering line
wm title . "wheel"
wm geometry . 400x300
foreach button {4 5} {
    bind . <ButtonPress-$button> [list puts $log "button $button"]
    bind . <Shift-ButtonPress-$button> [list puts $log "sideways $button"]
}
