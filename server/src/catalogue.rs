//! The apps that can be started in a session, from the desktop entries that their packages installed.
//!
//! Source: freedesktop.org, Desktop Entry Specification 1.5.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
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
    /// Other words by which people may look for it.
    #[serde(default)]
    pub keywords: Vec<String>,
}

/// The desktop that entries can be meant for, or not: what apps find in `XDG_CURRENT_DESKTOP`.
pub(crate) const DESKTOP: &str = "Dormer";

/// Reads all desktop entries of this machine, for people who speak `language` (as in HTML: `zh-CN`). Where
/// two have the same id, the user's own wins.
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

/// The app of one desktop entry, unless it is hidden, meant for other desktops, no application, not
/// installed, or for the machine instead of the session.
fn parse(id: &str, text: &str, language: Option<&str>) -> Option<App> {
    let options = ParseOption { enabled_quote: false, enabled_escape: false, ..ParseOption::default() };
    let ini = Ini::load_from_str_opt(text, options).ok()?;
    let entry = ini.section(Some("Desktop Entry"))?;
    let is = |key: &str| entry.get(key) == Some("true");
    let shown = entry.get("Type") == Some("Application") && !is("NoDisplay") && !is("Hidden");
    let words = words_of_exec(entry.get("Exec")?)?;
    let installed = is_installed(words.first()?) && entry.get("TryExec").is_none_or(is_installed);
    if !shown || !installed || !is_for_here(entry) || acts_on_machine(&words) {
        return None;
    }
    let command = if is("Terminal") { in_terminal(words)? } else { words };
    Some(App {
        id: id.to_owned(),
        name: translated(entry, "Name", language).unwrap_or_else(|| id.to_owned()),
        comment: translated(entry, "Comment", language).unwrap_or_default(),
        icon: text_of(entry, "Icon").unwrap_or_default(),
        command,
        categories: text_of(entry, "Categories").map(|text| words_of(&text)).unwrap_or_default(),
        keywords: ["GenericName", "Keywords"]
            .iter()
            .filter_map(|key| translated(entry, key, language))
            .flat_map(|text| words_of(&text))
            .collect(),
    })
}

/// Whether an entry is meant for this desktop. Those that name others configure or belong to them.
fn is_for_here(entry: &Properties) -> bool {
    let names_us = |key: &str| entry.get(key).map(|list| words_of(list).iter().any(|name| name == DESKTOP));
    names_us("OnlyShowIn") != Some(false) && names_us("NotShowIn") != Some(true)
}

/// Whether a command ends, restarts or suspends the machine or somebody's login there: whoever uses the
/// session's apps means neither, and it would not work.
fn acts_on_machine(words: &[String]) -> bool {
    const ALWAYS: [&str; 6] = ["shutdown", "poweroff", "reboot", "halt", "pm-suspend", "pm-hibernate"];
    const MANAGERS: [&str; 10] = [
        "systemctl",
        "loginctl",
        "dbus-send",
        "gdbus",
        "busctl",
        "qdbus",
        "qdbus6",
        "lxqt-leave",
        "dm-tool",
        "xdg-screensaver",
    ];
    const VERBS: [&str; 9] = [
        "poweroff",
        "powerdown",
        "shutdown",
        "reboot",
        "suspend",
        "hibernate",
        "hybridsleep",
        "logout",
        "lock",
    ];
    const SESSIONS: [&str; 9] = [
        "gnome-session-quit",
        "xfce4-session-logout",
        "mate-session-save",
        "cinnamon-session-quit",
        "lxsession-logout",
        "lxde-logout",
        "lxqt-leave",
        "ksmserver-logout-greeter",
        "budgie-session-quit",
    ];
    let split = |c: char| c.is_whitespace() || ";&|\"'()".contains(c);
    let parts: Vec<String> = words
        .iter()
        .flat_map(|word| word.split(split))
        .filter_map(|word| word.rsplit('/').next())
        .map(|word| word.trim_start_matches('-').to_lowercase())
        .collect();
    let named = |names: &[&str]| parts.iter().any(|part| names.contains(&part.as_str()));
    let verb = |part: &String| {
        let plain: String = part.chars().filter(|c| *c != '-').collect();
        VERBS.iter().any(|verb| plain.contains(verb))
    };
    named(&SESSIONS) || named(&ALWAYS) || (named(&MANAGERS) && parts.iter().any(verb))
}

/// The command in a terminal of its own, if there is any terminal.
fn in_terminal(words: Vec<String>) -> Option<Vec<String>> {
    const TERMINALS: [(&str, &str); 8] = [
        ("foot", "--"),
        ("kgx", "--"),
        ("gnome-terminal", "--"),
        ("konsole", "-e"),
        ("xfce4-terminal", "-x"),
        ("alacritty", "-e"),
        ("xterm", "-e"),
        ("x-terminal-emulator", "-e"),
    ];
    let (terminal, option) = TERMINALS.iter().find(|(terminal, _)| is_installed(terminal))?;
    Some([*terminal, *option].into_iter().map(str::to_owned).chain(words).collect())
}

/// The text in this language, or in its country's form, or as it is.
fn translated(entry: &Properties, key: &str, language: Option<&str>) -> Option<String> {
    let Some(tag) = language else { return text_of(entry, key) };
    locales(tag)
        .iter()
        .map(|locale| format!("{key}[{locale}]"))
        .chain([key.to_owned()])
        .find_map(|key| text_of(entry, &key))
}

/// The locales of a language as in HTML, the best first: `zh-Hans-CN` is `zh_CN` and `zh`. A language alone
/// is also that of its largest country, since some entries know no other.
fn locales(tag: &str) -> Vec<String> {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut locales = Vec::new();
    for part in parts {
        match part.to_ascii_lowercase().as_str() {
            "hans" => locales.push(format!("{language}_CN")),
            "hant" => locales.push(format!("{language}_TW")),
            "latn" => locales.push(format!("{language}@latin")),
            country if country.len() == 2 => {
                locales.insert(0, format!("{language}_{}", country.to_ascii_uppercase()))
            }
            _ => {}
        }
    }
    locales.push(language.clone());
    let common = match language.as_str() {
        "zh" => "zh_CN",
        "pt" => "pt_BR",
        "en" => "en_US",
        _ => return locales,
    };
    locales.push(common.to_owned());
    locales
}

fn words_of(list: &str) -> Vec<String> {
    list.split(';').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn text_of(entry: &Properties, key: &str) -> Option<String> {
    let text: String = entry.get(key)?.chars().filter(|c| !c.is_control()).take(256).collect();
    (!text.is_empty()).then_some(text)
}

/// Splits an `Exec` line and drops its placeholders: we start apps without files.
fn words_of_exec(exec: &str) -> Option<Vec<String>> {
    let is_placeholder = |word: &String| word.len() == 2 && word.starts_with('%') && word != "%%";
    let words = shlex::split(exec)?.into_iter().filter(|word| !is_placeholder(word));
    Some(words.map(|word| word.replace("%%", "%")).collect())
}

fn is_installed(program: &str) -> bool {
    if program.starts_with('/') {
        return is_program(Path::new(program));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    !program.is_empty() && env::split_paths(&path).any(|directory| is_program(&directory.join(program)))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
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
    fn a_language_is_found_by_all_names_that_it_has() {
        let names = |tag| locales(tag);
        assert_eq!(names("zh-CN"), ["zh_CN", "zh", "zh_CN"]);
        assert_eq!(names("zh-Hans"), ["zh_CN", "zh", "zh_CN"]);
        assert_eq!(names("zh-Hant-HK"), ["zh_HK", "zh_TW", "zh", "zh_CN"]);
        assert_eq!(names("sr-Latn-RS"), ["sr_RS", "sr@latin", "sr"]);
        assert_eq!(names("de"), ["de"]);
    }

    #[test]
    fn entries_for_other_desktops_are_left_out() {
        let shown = |line: &str| {
            parse("x", &ENTRY.replace("Name=Shell", &format!("Name=Shell\n{line}")), None).is_some()
        };
        for (line, expected) in [
            ("OnlyShowIn=GNOME;Unity;", false),
            ("OnlyShowIn=GNOME;Dormer;", true),
            ("OnlyShowIn=", false),
            ("NotShowIn=KDE;", true),
            ("NotShowIn=KDE;Dormer", false),
            ("TryExec=no-such-program-here", false),
            ("TryExec=/etc/passwd", false),
            ("TryExec=sh", true),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn what_ends_the_machine_or_a_login_is_no_app() {
        let acts = |exec: &str| acts_on_machine(&words_of_exec(exec).expect("well formed"));
        for exec in [
            "systemctl suspend",
            "/usr/bin/loginctl poweroff",
            "pkexec /sbin/reboot",
            "sh -c \"sleep 1; sudo shutdown -h now\"",
            "lxqt-leave --shutdown",
            "xfce4-session-logout",
            "dbus-send --system --dest=org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager.Hibernate",
        ] {
            assert!(acts(exec), "{exec}");
        }
        for exec in [
            "systemctl --user status",
            "foot -e bash",
            "gedit --new-window",
            "/opt/halting/run",
            "suspend-notes",
        ] {
            assert!(!acts(exec), "{exec}");
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
