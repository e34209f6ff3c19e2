//! Names of files: which may be given, and what another file of the same name is called.

use super::Fault;

/// The longest name that file systems take, in bytes.
const MAX_NAME: usize = 255;

/// The deepest path.
const MAX_DEPTH: usize = 64;

/// One name of a file or folder, which leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// One of something that is there already.
    pub(crate) fn existing(text: &str) -> Result<Self, Fault> {
        match text {
            "" | "." | ".." => return Err(Fault::Name("that names no file or folder")),
            _ if text.contains(['/', '\0']) => return Err(Fault::Name("a name has no slash in it")),
            _ if text.len() > MAX_NAME => return Err(Fault::Name("the name is too long")),
            _ => {}
        }
        Ok(Self(text.to_owned()))
    }

    /// One for something new.
    pub(crate) fn fresh(text: &str) -> Result<Self, Fault> {
        if text.chars().any(char::is_control) {
            return Err(Fault::Name("a name has no line breaks or other control characters in it"));
        }
        Self::existing(text)
    }

    /// The names of a path below some folder, at least one.
    pub(crate) fn path(text: &str) -> Result<Vec<Self>, Fault> {
        let names = text.split('/').map(Self::fresh).collect::<Result<Vec<_>, _>>()?;
        if names.len() > MAX_DEPTH { Err(Fault::Name("the path has too many folders")) } else { Ok(names) }
    }

    /// The name itself.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the `n`th other file of this name is called: `name (1).txt`. As short as names have to be.
    pub(super) fn numbered(&self, n: u32) -> Self {
        if n == 0 {
            return self.clone();
        }
        let dot = self.0.rfind('.').filter(|dot| *dot > 0 && *dot + 1 < self.0.len());
        let (stem, extension) = self.0.split_at(dot.unwrap_or(self.0.len()));
        // What stands behind the dot of a longer one is hardly a kind of file.
        let (stem, extension) = if extension.len() > 32 { (self.0.as_str(), "") } else { (stem, extension) };
        let number = format!(" ({n})");
        let most = MAX_NAME - number.len() - extension.len();
        let end = (0..=most.min(stem.len())).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
        Self(format!("{}{number}{extension}", &stem[..end]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_of_a_name_have_numbers_before_their_kind() {
        let numbered = |name: &str, n| Name::fresh(name).expect("a name").numbered(n).0;
        assert_eq!(numbered("a.txt", 0), "a.txt");
        assert_eq!(numbered("a.txt", 1), "a (1).txt");
        assert_eq!(numbered("a.b.txt", 12), "a.b (12).txt");
        assert_eq!(numbered("a", 1), "a (1)");
        assert_eq!(numbered(".profile", 1), ".profile (1)");
        assert_eq!(numbered("a.", 1), "a. (1)");
        let long = format!("{}.txt", "ü".repeat(125));
        assert_eq!(numbered(&long, 1), format!("{}ü (1).txt", "ü".repeat(122)));
        let odd = format!("a.{}", "x".repeat(253));
        assert_eq!(numbered(&odd, 7).len(), 255);
    }

    #[test]
    fn names_that_lead_elsewhere_are_none() {
        for wrong in ["", ".", "..", "a/b", "/", "a\0b", &"x".repeat(256)] {
            assert!(Name::existing(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["a\nb", "\u{1b}[2J", "\u{7f}", "\u{85}"] {
            assert!(Name::fresh(wrong).is_err() && Name::existing(wrong).is_ok(), "{wrong:?}");
        }
        for path in ["", "/", "/etc/passwd", "a/", "a//b", "../a", "a/../b", "a/./b", &"a/".repeat(99)] {
            assert!(Name::path(path).is_err(), "{path:?}");
        }
        assert_eq!(Name::path("a/b c.txt").expect("a path").len(), 2);
    }
}
