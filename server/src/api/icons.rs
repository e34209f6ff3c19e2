//! Icons of apps, from the icon themes of this machine.
//!
//! Source: freedesktop.org, Icon Theme Specification. Of its rules this follows what apps rely on: every app
//! installs its icon into `hicolor`, or into `pixmaps`; some rely on the default theme of their desktop. What
//! a desktop entry says is not trusted: whatever it names, only pictures below these directories are read.

use std::{
    collections::HashMap,
    env, fs,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Svg,
    Png,
}

impl Kind {
    /// Its type on the wire.
    pub(super) fn mime(self) -> &'static str {
        match self {
            Kind::Svg => "image/svg+xml",
            Kind::Png => "image/png",
        }
    }

    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "svg" => Some(Kind::Svg),
            "png" => Some(Kind::Png),
            _ => None,
        }
    }
}

/// A picture.
#[derive(Debug)]
pub(super) struct Icon {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
}

/// The largest picture that is sent.
const MAX_BYTES: u64 = 512 << 10;

/// The longest name that is looked for.
const MAX_NAME: usize = 128;

/// How long it is remembered where an icon is, and how many are.
const REMEMBERED: Duration = Duration::from_secs(60);
const MAX_REMEMBERED: usize = 1024;

const THEMES: [&str; 4] = ["hicolor", "Adwaita", "gnome", "breeze"];

/// Best first: a menu shows icons at 24 to 48 logical units, on displays of any density.
const SIZES: [&str; 8] = ["scalable", "96x96", "128x128", "64x64", "48x48", "256x256", "72x72", "32x32"];

/// Where themes keep pictures of apps, in the order of what is common.
const CONTEXTS: [&str; 3] = ["apps", "legacy", "devices"];

/// Finds icons. Clones share what they remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Icons {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    icons: HashMap<String, Found>,
    /// When directories were looked for, and those that there are.
    places: Option<(Instant, Arc<[PathBuf]>)>,
}

impl Known {
    /// The directories that may hold icons, the best first: most that there could be are not there.
    fn places(&mut self, now: Instant, roots: &[PathBuf]) -> Arc<[PathBuf]> {
        if let Some((found_at, places)) = &self.places
            && now.duration_since(*found_at) < REMEMBERED
        {
            return places.clone();
        }
        let places: Arc<[PathBuf]> = places(roots).into();
        self.places = Some((now, places.clone()));
        places
    }
}

/// When an icon was looked for, and where it is.
type Found = (Instant, Option<PathBuf>);

impl Icons {
    /// Where the icon is that a desktop entry names: by its name in the themes, or by its path. Reads
    /// directories.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        if name.is_empty() || name.len() > MAX_NAME {
            return None;
        }
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((found_at, path)) = known.icons.get(name)
            && now.duration_since(*found_at) < REMEMBERED
        {
            return path.clone();
        }
        let roots = roots();
        let places = known.places(now, &roots);
        let path = look_for(name, &places, &roots);
        if known.icons.len() >= MAX_REMEMBERED {
            known.icons.clear();
        }
        known.icons.insert(name.to_owned(), (now, path.clone()));
        path
    }

    /// Reads the icon that a desktop entry names.
    pub(super) fn read(&self, name: &str) -> Option<Icon> {
        let path = self.find(name)?;
        let kind = Kind::of(&path)?;
        let mut bytes = Vec::new();
        fs::File::open(path).ok()?.take(MAX_BYTES + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= MAX_BYTES).then_some(Icon { kind, bytes })
    }
}

/// Directories that hold `icons` and `pixmaps`.
fn roots() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let own = env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(|| Some(home?.join(".local/share")));
    let system = env::var_os("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    own.into_iter().chain(env::split_paths(&system)).collect()
}

fn look_for(name: &str, places: &[PathBuf], roots: &[PathBuf]) -> Option<PathBuf> {
    if name.starts_with('/') {
        return acceptable(Path::new(name), roots);
    }
    // Some entries name the file instead of the icon.
    let bare = name.strip_suffix(".png").or_else(|| name.strip_suffix(".svg")).unwrap_or(name);
    let is_name =
        !bare.starts_with('.') && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+@".contains(&b));
    if !is_name {
        return None;
    }
    let files = [format!("{bare}.svg"), format!("{bare}.png")];
    places.iter().find_map(|place| files.iter().find_map(|file| acceptable(&place.join(file), roots)))
}

/// All directories that there are of those that may hold icons, the best first.
fn places(roots: &[PathBuf]) -> Vec<PathBuf> {
    let themed = THEMES.iter().flat_map(|theme| {
        SIZES.iter().flat_map(move |size| {
            CONTEXTS.iter().map(move |context| format!("icons/{theme}/{size}/{context}"))
        })
    });
    let directories = themed.chain(["pixmaps".to_owned()]);
    let paths = directories.flat_map(|directory| roots.iter().map(move |root| root.join(&directory)));
    paths.filter(|path| path.is_dir()).collect()
}

/// The path without links, if that is a picture of bounded size where icons belong.
fn acceptable(path: &Path, roots: &[PathBuf]) -> Option<PathBuf> {
    let file = fs::metadata(path).ok()?;
    if !file.is_file() || file.len() > MAX_BYTES {
        return None;
    }
    let whole = path.canonicalize().ok()?;
    Kind::of(&whole)?;
    let places = roots.iter().flat_map(|root| ["icons", "pixmaps"].map(|place| root.join(place)));
    let mut allowed = places.filter_map(|place| place.canonicalize().ok());
    allowed.any(|place| whole.starts_with(place)).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> (tempfile::TempDir, Vec<PathBuf>) {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("share");
        for place in ["icons/hicolor/48x48/apps", "icons/hicolor/scalable/apps", "pixmaps"] {
            fs::create_dir_all(root.join(place)).expect("made");
        }
        let write = |place: &str| fs::write(root.join(place), "picture").expect("written");
        write("icons/hicolor/48x48/apps/both.png");
        write("icons/hicolor/scalable/apps/both.svg");
        write("pixmaps/old.png");
        write("secret.png");
        write("pixmaps/text.txt");
        std::os::unix::fs::symlink(root.join("secret.png"), root.join("pixmaps/out.png")).expect("linked");
        (directory, vec![root])
    }

    #[test]
    fn the_best_picture_of_a_name_is_found() {
        let (_keep, roots) = machine();
        let found = |name: &str| {
            look_for(name, &places(&roots), &roots).map(|path| Kind::of(&path).expect("a picture"))
        };
        assert_eq!(found("both"), Some(Kind::Svg));
        assert_eq!(found("old"), Some(Kind::Png));
        assert_eq!(found("old.png"), Some(Kind::Png));
        let path = roots[0].join("pixmaps/old.png");
        assert_eq!(found(path.to_str().expect("text")), Some(Kind::Png));
        assert_eq!(found("none"), None);
    }

    #[test]
    fn nothing_but_pictures_of_the_themes_is_ever_read() {
        let (_keep, roots) = machine();
        let secret = roots[0].join("secret.png");
        let around = roots[0].join("pixmaps/../secret.png");
        let text = roots[0].join("pixmaps/text.txt");
        for path in [&secret, &around, &text] {
            assert_eq!(
                look_for(path.to_str().expect("text"), &places(&roots), &roots),
                None,
                "{}",
                path.display()
            );
        }
        for name in ["../secret", "../../secret.png", "out", ".", "..", "a/b", "text.txt", "/etc/passwd", "/"]
        {
            assert_eq!(look_for(name, &places(&roots), &roots), None, "{name}");
        }
        let large = roots[0].join("pixmaps/large.png");
        fs::File::create(large).expect("made").set_len(MAX_BYTES + 1).expect("grown");
        assert_eq!(look_for("large", &places(&roots), &roots), None);
    }
}
