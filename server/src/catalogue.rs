//! The apps that can be started in a session, from the desktop entries that their packages installed.
//!
//! Source: freedesktop.org, Desktop Entry Specification 1.5.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use ini::{Ini, ParseOption, Properties};
use serde::{Deserialize, Serialize};

/// One app that can be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct App {
    /// The desktop file's name without its ending.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it is for, for people.
    pub comment: String,
    /// The icon's name or path.
    pub icon: String,
    /// Program and arguments, without placeholders for files.
    pub command: Vec<String>,
    /// What kind of app it is, in the words of the Desktop Menu Specification.
    #[serde(default)]
    pub categories: Vec<String>,
}

/// Reads all desktop entries of this machine, for people who speak `language` (as in HTML: `zh-CN`). Where two have the
/// same id, the user's own wins.
pub(crate) fn installed(language: Option<&str>) -> Vec<App> {
    let mut apps = BTreeMap::new();
    for directory in data_dirs() {
        for (id, path) in desktop_files(&directory.join("applications")) {
            if apps.contains_key(&id) {
                continue;
            }
            let app = fs::read_to_string(path).ok().and_then(|text| parse(&id, &text, language));
            apps.insert(id, app);
        }
    }
    apps.into_values().flatten().collect()
}

/// The app of this id.
pub(crate) fn find(id: &str) -> Option<App> {
    let file = format!("{id}.desktop");
    let is_name = !id.is_empty() && !id.contains(['/', '\0']);
    let mut entries = data_dirs().into_iter().map(|directory| directory.join("applications").join(&file));
    let entry = entries.find(|path| is_name && fs::metadata(path).is_ok_and(|file| is_entry(&file)))?;
    parse(id, &fs::read_to_string(entry).ok()?, None)
}

/// The largest desktop entry that is read; the longest of Debian's, with all translations, have 60 kB.
const MAX_ENTRY: u64 = 1 << 20;

fn data_dirs() -> Vec<PathBuf> {
    let home = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".local/share")));
    let system = env::var_os("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
    home.into_iter().chain(env::split_paths(&system)).collect()
}

fn desktop_files(directory: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| fs::metadata(entry.path()).is_ok_and(|file| is_entry(&file)))
        .filter_map(|entry| {
            let id = entry.file_name().to_str()?.strip_suffix(".desktop")?.to_owned();
            Some((id, entry.path()))
        })
        .collect()
}

fn is_entry(file: &fs::Metadata) -> bool {
    file.is_file() && file.len() <= MAX_ENTRY
}

/// The app of one desktop entry, unless it is hidden, no application, or not installed.
fn parse(id: &str, text: &str, language: Option<&str>) -> Option<App> {
    let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(text, options).ok()?;
    let entry = ini.section(Some("Desktop Entry"))?;
    let is = |key: &str| entry.get(key) == Some("true");
    let shown = entry.get("Type") == Some("Application") && !is("NoDisplay") && !is("Hidden");
    let command = command_line(entry.get("Exec")?, is("Terminal"))?;
    let program = entry.get("TryExec").unwrap_or(command.first()?);
    (shown && is_installed(program)).then(|| App {
        id: id.to_owned(),
        name: translated(entry, "Name", language).unwrap_or_else(|| id.to_owned()),
        comment: translated(entry, "Comment", language).unwrap_or_default(),
        icon: text_of(entry, "Icon").unwrap_or_default(),
        command,
        categories: text_of(entry, "Categories").map(|text| words_of(&text)).unwrap_or_default(),
    })
}

/// The text in this language, or in its country's form, or as it is.
fn translated(entry: &Properties, key: &str, language: Option<&str>) -> Option<String> {
    let Some(tag) = language else { return text_of(entry, key) };
    let (language, country) = tag.split_once('-').unwrap_or((tag, ""));
    let exact = format!("{key}[{language}_{}]", country.to_ascii_uppercase());
    [exact, format!("{key}[{language}]"), key.to_owned()].iter().find_map(|key| text_of(entry, key))
}

fn words_of(list: &str) -> Vec<String> {
    list.split(';').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn text_of(entry: &Properties, key: &str) -> Option<String> {
    let text: String = entry.get(key)?.chars().filter(|c| !c.is_control()).take(256).collect();
    (!text.is_empty()).then_some(text)
}

/// Splits an `Exec` line and drops its placeholders: we start apps without files.
fn command_line(exec: &str, in_terminal: bool) -> Option<Vec<String>> {
    let is_placeholder = |word: &String| word.len() == 2 && word.starts_with('%') && word != "%%";
    let words = shlex::split(exec)?.into_iter().filter(|word| !is_placeholder(word));
    let words = words.map(|word| word.replace("%%", "%"));
    let terminal = ["foot".to_owned(), "--".to_owned()];
    Some(terminal.into_iter().filter(|_| in_terminal).chain(words).collect())
}

fn is_installed(program: &str) -> bool {
    if program.starts_with('/') {
        return Path::new(program).is_file();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "[Desktop Entry]\nType=Application\nName=Shell\nName[de]=Muschel\nComment=Runs \\ things\n\
                         Exec=sh -c \"echo 100%%\" %U\n\n[Desktop Action new]\nName=New\nExec=sh\n";

    #[test]
    fn an_entry_becomes_an_app_without_placeholders() {
        let app = parse("shell", ENTRY, None).expect("sh is everywhere");
        assert_eq!(app.name, "Shell");
        assert_eq!(app.command, ["sh", "-c", "echo 100%"]);
    }

    #[test]
    fn names_come_in_the_language_that_is_asked_for_where_there_is_one() {
        let name = |language| parse("shell", ENTRY, language).expect("sh is everywhere").name;
        for (language, expected) in
            [(Some("de-AT"), "Muschel"), (Some("de"), "Muschel"), (Some("fr"), "Shell"), (None, "Shell")]
        {
            assert_eq!(name(language), expected, "{language:?}");
        }
    }

    #[test]
    fn what_is_hidden_missing_or_broken_is_left_out() {
        assert_eq!(parse("x", &ENTRY.replace("Name=Shell", "NoDisplay=true"), None), None);
        assert_eq!(parse("x", &ENTRY.replace("Exec=sh", "Exec=no-such-program-here"), None), None);
        assert_eq!(parse("x", "[Desktop Entry", None), None);
        assert_eq!(parse("x", "Exec='unbalanced", None), None);
    }
}
