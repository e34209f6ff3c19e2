//! The name of a host's session. It stands in tickets and in the name of a page's cookie, and stays the same
//! when the host is started again: links and browsers that joined stay good.

use std::path::Path;

use crate::{
    secret_file::{self, SecretFileError},
    ticket::{TicketId, is_session_name},
};

/// The file in the state directory.
const FILE: &str = "session";

/// The name of the session whose state is in `state`; one that no other host has, if there was none.
pub fn session_name(state: &Path) -> Result<String, SecretFileError> {
    let made = || TicketId::random().map(|random| format!("s{:016x}", random.0).into_bytes());
    let bytes = secret_file::load_or_create(state, FILE, made)?;
    String::from_utf8(bytes)
        .ok()
        .filter(|name| is_session_name(name))
        .ok_or_else(|| SecretFileError::Corrupt { path: state.join(FILE), problem: "not a name".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_with_the_state_directory_and_is_no_other_s() {
        let (one, other) =
            (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
        let name = session_name(one.path()).expect("made");
        assert_eq!(session_name(one.path()).expect("read"), name);
        assert_ne!(session_name(other.path()).expect("made"), name);
        std::fs::write(one.path().join(FILE), "../x").expect("written");
        assert!(session_name(one.path()).expect_err("no name").to_string().contains("corrupt"));
    }
}
