//! The apps, and how a user does in each what all can do.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::Result;
use dormer_tests::{Press, Track, Viewer};

use super::report::Column;

/// One app.
#[derive(Debug)]
pub(crate) struct App {
    /// Its name and, where it has both, by which protocol it comes.
    pub(crate) name: &'static str,
    /// The toolkit, or what draws it.
    pub(crate) toolkit: &'static str,
    /// `{home}` stands for a directory that is its own.
    pub(crate) command: &'static [&'static str],
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Files that are there before it starts, below its home.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// What its window's title contains.
    pub(crate) title: &'static str,
    /// Titles of what it shows first and nobody asked for.
    pub(crate) in_the_way: &'static [&'static str],
    /// Its picture never rests.
    pub(crate) moves: bool,
    pub(crate) text: Option<Text>,
    /// Keys that take all text away.
    pub(crate) clear: &'static [&'static str],
    /// Where to click before typing.
    pub(crate) text_at: Option<(f64, f64)>,
    pub(crate) menu: Option<Menu>,
    pub(crate) scrolls: bool,
    /// Keys that go to where scrolling down shows more.
    pub(crate) to_the_top: &'static [&'static str],
    pub(crate) resizes: bool,
    /// Keys that answer "save?" with no.
    pub(crate) discard: &'static [&'static str],
    /// What it can't do by nature, and why.
    pub(crate) cannot: &'static [(Column, &'static str)],
}

/// How it is known what an app took for text.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    /// A program in it writes a file.
    File,
    /// It is copied back by these keys.
    Copied { keys: &'static [&'static str] },
}

/// How a menu opens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Menu {
    Key(&'static str),
    Click(f64, f64),
    Right(f64, f64),
    /// It stands as long as a button and a key are held.
    Held {
        key: &'static str,
        x: f64,
        y: f64,
    },
}

impl Menu {
    pub(crate) fn open(self, viewer: &mut Viewer, track: Track) -> Result<()> {
        match self {
            Menu::Key(key) => viewer.key(track, key, Press::Tap),
            Menu::Click(x, y) => viewer.click(track, x, y, "left"),
            Menu::Right(x, y) => viewer.click(track, x, y, "right"),
            Menu::Held { key, x, y } => {
                viewer.key(track, key, Press::Press)?;
                Self::button(viewer, track, x, y, "press")
            }
        }
    }

    pub(crate) fn dismiss(self, viewer: &mut Viewer, track: Track) -> Result<()> {
        match self {
            Menu::Held { key, .. } => {
                Self::button(viewer, track, 2.0, 2.0, "release")?;
                viewer.key(track, key, Press::Release)
            }
            Menu::Key(_) | Menu::Click(..) | Menu::Right(..) => viewer.keys(track, &["Escape", "Escape"]),
        }
    }

    fn button(viewer: &mut Viewer, track: Track, x: f64, y: f64, state: &str) -> Result<()> {
        let mut request =
            serde_json::json!({"do": "pointer", "track": track, "x": x, "y": y, "button": "left"});
        request["state"] = state.into();
        viewer.ask(request).map(drop)
    }
}

impl App {
    /// Whether it is in its nature.
    pub(crate) fn can(&self, column: Column) -> bool {
        !self.cannot.iter().any(|(cannot, _)| *cannot == column)
    }

    /// Its picture's file, without its extension.
    pub(crate) fn file_name(&self) -> String {
        self.name.to_lowercase().replace([' ', ',', '.'], "-").replace("--", "-")
    }

    pub(crate) fn command_line(&self, program: &Path, home: &Path) -> Vec<String> {
        let home = home.display().to_string();
        let arguments = self.command[1..].iter().map(|argument| argument.replace("{home}", &home));
        std::iter::once(program.display().to_string()).chain(arguments).collect()
    }

    pub(crate) fn prepare(&self, home: &Path) -> Result<()> {
        for (name, content) in self.files {
            let file = home.join(name);
            fs::create_dir_all(file.parent().unwrap_or(home))?;
            fs::write(&file, content)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }

    const fn new(name: &'static str, toolkit: &'static str, command: &'static [&'static str]) -> Self {
        App {
            name,
            toolkit,
            command,
            environment: &[],
            files: &[],
            title: "",
            in_the_way: &[],
            moves: false,
            text: None,
            clear: &["ctrl+a", "BackSpace"],
            text_at: None,
            menu: None,
            scrolls: false,
            to_the_top: &[],
            resizes: true,
            discard: &[],
            cannot: &[],
        }
    }

    /// A terminal that runs `cat` into a file.
    const fn terminal(name: &'static str, toolkit: &'static str, command: &'static [&'static str]) -> Self {
        App { text: Some(Text::File), ..Self::new(name, toolkit, command) }
    }

    /// An editor with an empty text.
    const fn editor(name: &'static str, toolkit: &'static str, command: &'static [&'static str]) -> Self {
        App {
            text: Some(Text::Copied { keys: &["ctrl+a", "ctrl+c"] }),
            menu: Some(Menu::Key("alt+f")),
            scrolls: true,
            to_the_top: &["ctrl+Home"],
            ..Self::new(name, toolkit, command)
        }
    }
}

const CAT: &str = "cat > {home}/typed";
const PAGE: &str = "<!doctype html><meta charset=utf-8><title>page</title><style>*{margin:0}</style>\
                    <textarea autofocus style='width:100vw;height:100vh;box-sizing:border-box'></textarea>";
const CHROMIUM: [&str; 6] = [
    "chromium",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--user-data-dir={home}/profile",
    "--app=file://{home}/page.html",
];
const FIREFOX: [&str; 5] =
    ["firefox-esr", "--no-remote", "--profile", "{home}/profile", "file://{home}/page.html"];
const FIREFOX_SAYS_NOTHING: &str = "
    user_pref('browser.aboutwelcome.enabled', false);
    user_pref('browser.shell.checkDefaultBrowser', false);
    user_pref('browser.tabs.warnOnClose', false);
    user_pref('datareporting.policy.dataSubmissionPolicyBypassNotification', true);
    user_pref('termsofuse.bypassNotification', true);
    user_pref('app.normandy.enabled', false);
    user_pref('app.update.auto', false);
    user_pref('security.sandbox.warn_unprivileged_namespaces', false);
";
const BROWSER_FILES: [(&str, &str); 2] = [("page.html", PAGE), ("profile/user.js", FIREFOX_SAYS_NOTHING)];
const TK: &str = "package require Tk; wm title . tk; . configure -menu [menu .m]; \
                  .m add cascade -label File -underline 0 -menu [menu .m.f -tearoff 0]; \
                  .m.f add command -label Open; \
                  pack [text .t -width 60 -height 20] -expand 1 -fill both; focus .t; \
                  bind .t <Control-a> {.t tag add sel 1.0 end-1c; break}";
const SWING: &str = "import javax.swing.*;
public class Swing {
    public static void main(String[] a) {
        JFrame f = new JFrame(\"swing\");
        f.setDefaultCloseOperation(JFrame.EXIT_ON_CLOSE);
        JMenuBar bar = new JMenuBar();
        JMenu file = new JMenu(\"File\");
        file.setMnemonic('F');
        file.add(\"Open\");
        file.add(\"Close\");
        bar.add(file);
        f.setJMenuBar(bar);
        f.add(new JScrollPane(new JTextArea(18, 50)));
        f.pack();
        f.setVisible(true);
    }
}";

/// All of them.
pub(crate) static APPS: &[App] = &[
    App {
        scrolls: false,
        ..App::terminal("foot", "Wayland", &["foot", "--config=/dev/null", "sh", "-c", CAT])
    },
    App {
        menu: Some(Menu::Held { key: "Control_L", x: 40.0, y: 30.0 }),
        ..App::terminal("xterm", "Xt", &["xterm", "-u8", "-fa", "monospace", "-e", "sh", "-c", CAT])
    },
    App::terminal("urxvt", "X11", &["urxvt", "-e", "sh", "-c", CAT]),
    App {
        menu: Some(Menu::Click(20.0, 12.0)),
        ..App::terminal("gnome-terminal", "GTK 3", &["gnome-terminal", "--wait", "--", "sh", "-c", CAT])
    },
    App {
        cannot: &[(Column::Types, "it writes a NUL after each letter beyond ASCII, on any compositor")],
        files: &[("shell", "#!/bin/sh\ncat > $HOME/typed\n")],
        ..App::terminal("weston-terminal", "Cairo", &["weston-terminal", "--shell={home}/shell"])
    },
    App {
        environment: &[("GDK_BACKEND", "wayland")],
        discard: &["alt+n"],
        ..App::editor("l3afpad, Wayland", "GTK 3", &["l3afpad"])
    },
    App {
        environment: &[("GDK_BACKEND", "x11")],
        discard: &["alt+n"],
        ..App::editor("l3afpad, X11", "GTK 3", &["l3afpad"])
    },
    App {
        environment: &[("QT_QPA_PLATFORM", "wayland")],
        discard: &["alt+d"],
        ..App::editor("featherpad, Wayland", "Qt 5", &["featherpad"])
    },
    App {
        environment: &[("QT_QPA_PLATFORM", "xcb")],
        discard: &["alt+d"],
        ..App::editor("featherpad, X11", "Qt 5", &["featherpad"])
    },
    App {
        text: Some(Text::Copied { keys: &["ctrl+x", "h", "alt+w"] }),
        clear: &["ctrl+x", "h", "BackSpace"],
        menu: Some(Menu::Click(20.0, 12.0)),
        resizes: true,
        cannot: &[
            (Column::PastesIn, "Ctrl+V is another command"),
            (Column::Scrolls, "nothing was pasted to scroll"),
        ],
        scrolls: false,
        ..App::editor("emacs", "GTK 3", &["emacs", "-Q", "--eval", "(switch-to-buffer \"t\")"])
    },
    App {
        scrolls: false,
        cannot: &[
            (Column::Types, "it knows Latin 1 alone"),
            (Column::PastesIn, "it knows Latin 1 alone"),
            (Column::Scrolls, "nothing was pasted to scroll"),
        ],
        discard: &["alt+n"],
        ..App::editor("nedit", "Motif", &["nedit"])
    },
    App {
        text_at: Some((200.0, 150.0)),
        menu: Some(Menu::Key("alt+f")),
        files: &[("t.tcl", TK)],
        ..App::editor("Tk", "Tk", &["wish", "{home}/t.tcl"])
    },
    App {
        files: &[("Swing.java", SWING)],
        title: "swing",
        menu: None,
        cannot: &[(Column::Menu, "it draws its menus into its own window")],
        ..App::editor("Swing", "Java", &["java", "{home}/Swing.java"])
    },
    App {
        title: "page",
        menu: Some(Menu::Right(300.0, 200.0)),
        files: &BROWSER_FILES,
        ..App::editor(
            "Chromium, Wayland",
            "Chromium",
            &[
                CHROMIUM[0],
                CHROMIUM[1],
                CHROMIUM[2],
                CHROMIUM[3],
                CHROMIUM[4],
                "--ozone-platform=wayland",
                CHROMIUM[5],
            ],
        )
    },
    App {
        title: "page",
        menu: Some(Menu::Right(300.0, 200.0)),
        files: &BROWSER_FILES,
        ..App::editor(
            "Chromium, X11",
            "Chromium",
            &[
                CHROMIUM[0],
                CHROMIUM[1],
                CHROMIUM[2],
                CHROMIUM[3],
                CHROMIUM[4],
                "--ozone-platform=x11",
                CHROMIUM[5],
            ],
        )
    },
    App {
        title: "page",
        menu: Some(Menu::Right(300.0, 250.0)),
        environment: &[("MOZ_ENABLE_WAYLAND", "1")],
        files: &BROWSER_FILES,
        ..App::editor("Firefox, Wayland", "Firefox", &FIREFOX)
    },
    App {
        title: "page",
        menu: Some(Menu::Right(300.0, 250.0)),
        environment: &[("MOZ_ENABLE_WAYLAND", "0"), ("GDK_BACKEND", "x11")],
        files: &BROWSER_FILES,
        ..App::editor("Firefox, X11", "Firefox", &FIREFOX)
    },
    App {
        title: "LibreOffice Writer",
        in_the_way: &["Tip of the Day"],
        discard: &["alt+n"],
        ..App::editor("LibreOffice Writer", "GTK 3", &["soffice", "--writer", "--norestore", "--nologo"])
    },
    App {
        title: "LibreOffice Calc",
        in_the_way: &["Tip of the Day"],
        text: Some(Text::Copied { keys: &["Return", "ctrl+Home", "ctrl+c"] }),
        clear: &["ctrl+Home", "Delete"],
        discard: &["alt+n"],
        cannot: &[(Column::PastesIn, "it asks how lines are to be read as cells")],
        ..App::editor("LibreOffice Calc", "GTK 3", &["soffice", "--calc", "--norestore", "--nologo"])
    },
    App {
        title: "GNU Image",
        menu: Some(Menu::Click(20.0, 12.0)),
        ..App::new("GIMP", "GTK 2", &["gimp", "-n"])
    },
    App {
        menu: Some(Menu::Key("alt+d")),
        title: "KeePassXC",
        ..App::new("KeePassXC", "Qt 5", &["keepassxc"])
    },
    App::new("gtk3-demo", "GTK 3", &["gtk3-demo"]),
    App::new("gtk4-demo", "GTK 4", &["gtk4-demo"]),
    App { menu: Some(Menu::Key("alt+g")), ..App::new("cutemaze", "Qt 6", &["cutemaze"]) },
    App {
        resizes: false,
        ..App::new(
            "mpv, Wayland",
            "mpv",
            &[
                "mpv",
                "--no-config",
                "--force-window=yes",
                "--idle=yes",
                "--gpu-context=wayland",
                "--vo=wlshm,gpu",
            ],
        )
    },
    App {
        resizes: false,
        ..App::new("mpv, X11", "mpv", &["mpv", "--no-config", "--force-window=yes", "--idle=yes", "--vo=x11"])
    },
    App::new("xeyes", "Xt", &["xeyes"]),
    App { moves: true, ..App::new("glxgears", "OpenGL on X11", &["glxgears"]) },
    App { resizes: false, ..App::new("weston-flower", "Cairo", &["weston-flower"]) },
];
