//! Names of types: X numbers them, everybody else spells them. What was learned is kept, up to a bound.

use std::collections::HashMap;

use x11rb::protocol::xproto::Atom;

use super::atoms::Atoms;

/// Names that are kept. Whoever invents more finds the rest unknown.
const NAMES: usize = 4096;

/// The longest name of a type.
const NAME: usize = 256;

/// Names that are types although they have no slash: by this one password managers mark secrets.
const MARKS: [&str; 1] = ["x-kde-passwordManagerHint"];

/// What is known.
#[derive(Debug)]
pub(crate) struct Names {
    /// `None`: it has a name that is no type.
    by_atom: HashMap<Atom, Option<String>>,
    by_name: HashMap<String, Atom>,
}

impl Names {
    /// What X11 itself has numbers for.
    pub(crate) fn new(atoms: &Atoms) -> Self {
        let mut names = Self { by_atom: HashMap::new(), by_name: HashMap::new() };
        for (atom, name) in [
            (atoms.TEXT_HTML, "text/html"),
            (atoms.TEXT_URI_LIST, "text/uri-list"),
            (atoms.IMAGE_PNG, "image/png"),
        ] {
            names.learn(atom, name);
        }
        names
    }

    /// The number of a type, if it is known.
    pub(crate) fn atom(&self, name: &str) -> Option<Atom> {
        self.by_name.get(name).copied()
    }

    /// The type that a number stands for, if it is known and is one.
    pub(crate) fn name(&self, atom: Atom) -> Option<&str> {
        self.by_atom.get(&atom)?.as_deref()
    }

    /// Whether nobody has asked for the name of a number yet.
    pub(crate) fn is_new(&self, atom: Atom) -> bool {
        !self.by_atom.contains_key(&atom) && self.by_atom.len() < NAMES
    }

    /// A number has this name.
    pub(crate) fn learn(&mut self, atom: Atom, name: &str) {
        if self.by_atom.len() >= NAMES {
            return;
        }
        let is_type = name.len() <= NAME && (name.contains('/') || MARKS.contains(&name));
        if is_type {
            self.by_name.insert(name.to_owned(), atom);
        }
        self.by_atom.insert(atom, is_type.then(|| name.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_have_names_and_only_so_many_are_kept() {
        let mut names = Names::new(&Atoms::default());
        names.learn(90, "application/x-own");
        names.learn(91, "SAVE_TARGETS");
        names.learn(92, "x-kde-passwordManagerHint");
        assert_eq!(names.name(90), Some("application/x-own"));
        assert_eq!(names.atom("application/x-own"), Some(90));
        assert_eq!((names.name(91), names.is_new(91)), (None, false));
        assert!(names.name(92).is_some());
        (100..100 + NAMES as u32).for_each(|atom| names.learn(atom, &format!("a/{atom}")));
        assert!(names.by_atom.len() <= NAMES && !names.is_new(u32::MAX));
    }
}
