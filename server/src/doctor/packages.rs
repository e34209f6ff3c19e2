//! Which of the system's packages a session needs and does not find, with the one command that brings them.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{Finding, absent, broken, good, keymap_root, program};

/// Something that a package brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Nothing can be typed without keyboard layouts.
    Keymaps,
    /// For X11 apps.
    Xwayland,
    /// Apps show boxes without any.
    Fonts,
}

/// How packages are installed, and what they are called there.
struct Distribution {
    /// Tells that it is this one.
    tool: &'static str,
    install: &'static str,
    keymaps: &'static str,
    xwayland: &'static str,
    fonts: &'static str,
}

const DISTRIBUTIONS: [Distribution; 5] = [
    Distribution {
        tool: "apt-get",
        install: "apt-get install",
        keymaps: "xkb-data",
        xwayland: "xwayland",
        fonts: "fonts-dejavu-core",
    },
    Distribution {
        tool: "dnf",
        install: "dnf install",
        keymaps: "xkeyboard-config",
        xwayland: "xorg-x11-server-Xwayland",
        fonts: "dejavu-sans-fonts",
    },
    Distribution {
        tool: "pacman",
        install: "pacman -S",
        keymaps: "xkeyboard-config",
        xwayland: "xorg-xwayland",
        fonts: "ttf-dejavu",
    },
    Distribution {
        tool: "zypper",
        install: "zypper install",
        keymaps: "xkeyboard-config",
        xwayland: "xwayland",
        fonts: "dejavu-fonts",
    },
    Distribution {
        tool: "apk",
        install: "apk add",
        keymaps: "xkeyboard-config",
        xwayland: "xwayland",
        fonts: "font-dejavu",
    },
];

/// Looks for all of them.
pub(super) fn packages() -> Finding {
    let mut missing = Vec::new();
    if !keymap_root().join("rules/evdev").is_file() {
        missing.push(Part::Keymaps);
    }
    if program("Xwayland").is_none() {
        missing.push(Part::Xwayland);
    }
    if !font_directories().iter().any(|directory| holds_font(directory, 4)) {
        missing.push(Part::Fonts);
    }
    finding(&missing, DISTRIBUTIONS.iter().find(|distribution| program(distribution.tool).is_some()))
}

fn finding(missing: &[Part], distribution: Option<&Distribution>) -> Finding {
    const NAME: &str = "packages";
    if missing.is_empty() {
        return good(NAME, "keyboard layouts, Xwayland and fonts are installed");
    }
    let what: Vec<&str> = missing.iter().map(|part| part.name()).collect();
    let detail = format!("missing: {}", what.join(", "));
    let remedy = match distribution {
        Some(distribution) => {
            let packages: Vec<&str> = missing.iter().map(|part| part.package(distribution)).collect();
            format!("{} {}", distribution.install, packages.join(" "))
        }
        None => format!("install {}", what.join(", ")),
    };
    let needed = missing.contains(&Part::Keymaps);
    if needed { broken(NAME, detail, remedy) } else { absent(NAME, detail, remedy) }
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Keymaps => "keyboard layouts",
            Part::Xwayland => "Xwayland",
            Part::Fonts => "fonts",
        }
    }

    fn package(self, distribution: &Distribution) -> &'static str {
        match self {
            Part::Keymaps => distribution.keymaps,
            Part::Xwayland => distribution.xwayland,
            Part::Fonts => distribution.fonts,
        }
    }
}

/// Where fontconfig looks unless it is told otherwise.
fn font_directories() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let own = home.iter().flat_map(|home| [home.join(".local/share/fonts"), home.join(".fonts")]);
    ["/usr/share/fonts", "/usr/local/share/fonts"].into_iter().map(PathBuf::from).chain(own).collect()
}

/// Whether a font lies in a directory or a little below.
fn holds_font(directory: &Path, depth: u32) -> bool {
    let is_font = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        ["ttf", "otf", "ttc", "pcf", "pfb", "gz"].contains(&extension)
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| is_font(&path) || (depth > 0 && path.is_dir() && holds_font(&path, depth - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn one_command_brings_all_that_is_missing() {
        let debian = finding(&[Part::Xwayland, Part::Fonts], DISTRIBUTIONS.first());
        assert_eq!(debian.verdict, Verdict::Absent);
        assert_eq!(debian.detail, "missing: Xwayland, fonts");
        assert_eq!(debian.remedy, "apt-get install xwayland fonts-dejavu-core");
        let unknown = finding(&[Part::Keymaps], None);
        assert_eq!(unknown.verdict, Verdict::Broken);
        assert_eq!(unknown.remedy, "install keyboard layouts");
        assert_eq!(finding(&[], None).verdict, Verdict::Good);
    }

    #[test]
    fn fonts_are_found_in_directories_below() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let deep = directory.path().join("truetype/dejavu");
        fs::create_dir_all(&deep).expect("a directory");
        fs::write(deep.join("README"), "").expect("a file");
        assert!(!holds_font(directory.path(), 4));
        fs::write(deep.join("DejaVuSans.ttf"), "").expect("a file");
        assert!(holds_font(directory.path(), 4));
    }
}
