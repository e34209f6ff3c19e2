//! The user's themes, fonts and resources as they stand in files, where apps of Wayland read them too.

use std::{
    env,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use crate::x11::settings::{Taste, Value};

/// As much is read of a file.
const BYTES: u64 = 64 << 10;

/// What GTK's file calls a setting, what XSettings calls it, and whether it is a number.
const NAMES: [(&str, &str, bool); 5] = [
    ("gtk-theme-name", "Net/ThemeName", false),
    ("gtk-icon-theme-name", "Net/IconThemeName", false),
    ("gtk-font-name", "Gtk/FontName", false),
    ("gtk-cursor-theme-name", "Gtk/CursorThemeName", false),
    ("gtk-cursor-theme-size", "Gtk/CursorThemeSize", true),
];

/// The taste of the session's user.
pub(super) fn of_user() -> Taste {
    let Some(home) = env::var_os("HOME").map(PathBuf::from) else { return Taste::default() };
    let config = env::var_os("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), PathBuf::from);
    let settings = read(&config.join("gtk-3.0/settings.ini")).map(|text| parse(&text)).unwrap_or_default();
    // Who logs in at a screen has these loaded. Directives are for a preprocessor, which is not ours to run.
    let plain = |text: &String| !text.lines().any(|line| line.starts_with('#'));
    let files = [".Xdefaults", ".Xresources"].map(|name| read(&home.join(name)).filter(plain));
    let resources = files.into_iter().flatten().map(|text| format!("{}\n", text.trim_end())).collect();
    Taste { settings, resources }
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

fn parse(text: &str) -> Vec<(&'static str, Value)> {
    let mut settings: Vec<(&'static str, Value)> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let (key, value) = (key.trim(), value.trim());
        let Some(&(_, name, is_number)) = NAMES.iter().find(|(known, ..)| *known == key) else { continue };
        let value = if is_number {
            value.parse().ok().filter(|&n| n > 0).map(Value::Number)
        } else {
            Some(Value::Text(value.to_owned())).filter(|_| !value.is_empty())
        };
        if let Some(value) = value {
            settings.retain(|(known, _)| *known != name);
            settings.push((name, value));
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_user_chose_is_told_and_nothing_else() {
        let text = "[Settings]\ngtk-theme-name = Adwaita-dark\ngtk-cursor-theme-size=0\nother=1\n\
            gtk-font-name=Sans 9\ngtk-font-name=Sans 11";
        let expected = [
            ("Net/ThemeName", Value::Text("Adwaita-dark".into())),
            ("Gtk/FontName", Value::Text("Sans 11".into())),
        ];
        assert_eq!(parse(text), expected);
    }
}
