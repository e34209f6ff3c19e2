//! Which TURN servers browsers are told of. Secrets come out of files: everybody can read the command line of
//! a process.

use std::{fs::File, io::Read, path::Path};

use super::options::ServeOptions;
use crate::{
    api::{Turn, TurnLogin, TurnUri},
    usage::Usage,
};

/// The most TURN servers. Browsers try all of them, so many only slow them down.
const MAX_SERVERS: usize = 8;

/// The longest secret, name or password, in bytes.
const MAX_SECRET: u64 = 512;

/// The TURN servers of flags and file; none unless some were given.
pub(super) fn resolve(options: &ServeOptions) -> Result<Option<Turn>, Usage> {
    let uris = options.turn.iter().map(|text| text.parse());
    let uris = uris
        .collect::<Result<Vec<TurnUri>, _>>()
        .map_err(|error: String| Usage(format!("--turn {error}")))?;
    let login = login(options)?;
    match (uris.len(), login) {
        (0, None) => Ok(None),
        (0, Some(_)) => Err(Usage("a login for TURN is of no use without --turn URL".into())),
        (1..=MAX_SERVERS, Some(login)) => Ok(Some(Turn { uris, login })),
        (_, None) => Err(Usage(format!("--turn needs {HOW}"))),
        _ => Err(Usage(format!("--turn may be given {MAX_SERVERS} times at most"))),
    }
}

const HOW: &str = "--turn-secret-file FILE, or --turn-user NAME and --turn-password-file FILE";

fn login(options: &ServeOptions) -> Result<Option<TurnLogin>, Usage> {
    match (&options.turn_secret_file, &options.turn_user, &options.turn_password_file) {
        (None, None, None) => Ok(None),
        (Some(secret), None, None) => {
            Ok(Some(TurnLogin::with_secret(&read_secret("--turn-secret-file", secret)?)))
        }
        (None, Some(user), Some(_)) if user.is_empty() || user.len() as u64 > MAX_SECRET => {
            Err(Usage(format!("--turn-user is a name of 1 to {MAX_SECRET} bytes")))
        }
        (None, Some(user), Some(password)) => {
            let password = read_secret("--turn-password-file", password)?;
            Ok(Some(TurnLogin::Password { user: user.clone(), password }))
        }
        _ => Err(Usage(format!("a login for TURN is either of these: {HOW}"))),
    }
}

/// The one line of a file.
fn read_secret(flag: &str, path: &Path) -> Result<String, Usage> {
    let refuse = |reason: &str| Usage(format!("{flag} {}: {reason}", path.display()));
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_SECRET + 3).read_to_string(&mut text));
    read.map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() || secret.len() as u64 > MAX_SECRET || secret.chars().any(char::is_control) {
        return Err(refuse(&format!("must hold one line of 1 to {MAX_SECRET} bytes, the secret itself")));
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{super::config::Config, *};

    /// What a configuration file comes to.
    fn resolved(text: &str) -> anyhow::Result<Option<Turn>> {
        let options = ServeOptions { state_dir: Some("/nowhere".into()), ..toml::from_str(text)? };
        Ok(Config::resolve(options)?.http.expect("on unless turned off").turn)
    }

    #[test]
    fn servers_are_named_with_one_login_out_of_a_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let secret = directory.path().join("secret");
        fs::write(&secret, "north\r\n").expect("written");
        assert_eq!(read_secret("", &secret).expect("one line"), "north");
        let secret = secret.display();
        assert!(resolved("").expect("valid").is_none());
        let by_secret = format!("turn = ['turn:a', 'turns:b']\nturn-secret-file = '{secret}'");
        let by_secret = resolved(&by_secret).expect("valid").expect("some");
        assert_eq!(by_secret.uris.len(), 2);
        assert!(matches!(by_secret.login, TurnLogin::Secret(_)));
        let by_name = format!("turn = ['turn:a']\nturn-user = 'me'\nturn-password-file = '{secret}'");
        let TurnLogin::Password { user, password } = resolved(&by_name).expect("valid").expect("some").login
        else {
            panic!("a password")
        };
        assert_eq!((user.as_str(), password.as_str()), ("me", "north"));
        for (wrong, said) in [
            ("turn = ['turn:a']", "--turn-secret-file"),
            ("turn = ['stun:a']", "turn:turn.example.org"),
            ("turn-secret-file = 'SECRET'", "--turn URL"),
            ("turn = ['turn:a']\nturn-user = 'me'", "--turn-password-file"),
            ("turn = ['turn:a']\nturn-user = ''\nturn-password-file = 'SECRET'", "--turn-user"),
            ("turn = ['turn:a']\nturn-user = 'me'\nturn-secret-file = 'SECRET'", "either"),
            ("turn = ['turn:a']\nturn-secret-file = '/nowhere/secret'", "/nowhere/secret"),
            (&format!("turn = {:?}\nturn-secret-file = 'SECRET'", ["turn:a"; MAX_SERVERS + 1]), "8 times"),
        ] {
            let text = wrong.replace("SECRET", &secret.to_string());
            let error = resolved(&text).expect_err(wrong).to_string();
            assert!(error.contains(said) && !error.contains('\n'), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_secret_is_one_line_and_its_content_is_never_repeated() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("secret");
        let longest = "x".repeat(MAX_SECRET as usize);
        for good in ["north", "north\n", &format!("{longest}\r\n")] {
            fs::write(&file, good).expect("written");
            assert_eq!(read_secret("--flag", &file).expect("one line"), good.trim_end());
        }
        for wrong in ["", "\n", "hunter2\nmore", &format!("{longest}\r\nx"), &format!("{longest}x")] {
            fs::write(&file, wrong).expect("written");
            let Usage(error) = read_secret("--flag", &file).expect_err("not one line");
            assert!(error.starts_with("--flag") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_login_of_the_flags_takes_the_place_of_the_file_s() {
        let file: ServeOptions =
            toml::from_str("turn = ['turn:a']\nturn-user = 'me'\nturn-password-file = '/p'").expect("valid");
        let flags = ServeOptions { turn_secret_file: Some("/s".into()), ..ServeOptions::default() };
        let both = flags.or(file);
        assert_eq!(both.turn_secret_file, Some("/s".into()));
        assert_eq!((both.turn_user, both.turn_password_file), (None, None));
        assert_eq!(both.turn, ["turn:a"]);
    }
}
