//! Settings in layers: the flags come first, and a file gives what they leave open.

/// The value of one setting, given or left open.
pub(crate) trait Setting {
    /// Whether this layer says nothing about it.
    fn is_open(&self) -> bool;

    /// The value of this layer, or else that of the layer below.
    fn or(self, below: Self) -> Self;
}

impl<T> Setting for Option<T> {
    fn is_open(&self) -> bool {
        self.is_none()
    }

    fn or(self, below: Self) -> Self {
        Option::or(self, below)
    }
}

/// A flag that was not given leaves its setting open: no flag turns a setting of the file off.
impl Setting for bool {
    fn is_open(&self) -> bool {
        !self
    }

    fn or(self, below: Self) -> Self {
        self || below
    }
}

/// A list is taken as a whole.
impl<T> Setting for Vec<T> {
    fn is_open(&self) -> bool {
        self.is_empty()
    }

    fn or(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

/// Gives a struct of settings the method `or`, setting by setting. Settings in brackets belong together:
/// where a layer gives one of them, none comes from below. A setting that is missing here does not compile.
macro_rules! layered {
    ($options:ident { $($one:ident),* $(,)? $(; [$($part:ident),+])* }) => {
        impl $options {
            /// These, and what they leave open from the layer below.
            pub(crate) fn or(self, below: Self) -> Self {
                use $crate::layers::Setting;
                $(
                    let is_open = true $(&& self.$part.is_open())+;
                    let ($($part,)+) = if is_open { ($(below.$part,)+) } else { ($(self.$part,)+) };
                )*
                Self { $($one: Setting::or(self.$one, below.$one),)* $($($part,)+)* }
            }
        }
    };
}

pub(crate) use layered;

#[cfg(test)]
mod tests {
    #[derive(Debug, Default, PartialEq)]
    struct Options {
        address: Option<u16>,
        quiet: bool,
        names: Vec<&'static str>,
        user: Option<&'static str>,
        password: Option<&'static str>,
    }

    layered!(Options { address, quiet, names; [user, password] });

    #[test]
    fn the_upper_layer_wins_setting_by_setting_and_what_belongs_together_stays_together() {
        let below = || Options {
            address: Some(1),
            quiet: true,
            names: vec!["a", "b"],
            user: Some("below"),
            password: Some("secret"),
        };
        assert_eq!(Options::default().or(below()), below(), "all is open");
        let upper = Options { address: Some(2), names: vec!["c"], user: Some("upper"), ..Options::default() };
        let both = upper.or(below());
        assert_eq!((both.address, both.quiet, both.names), (Some(2), true, vec!["c"]));
        assert_eq!((both.user, both.password), (Some("upper"), None), "a login is one whole");
    }
}
