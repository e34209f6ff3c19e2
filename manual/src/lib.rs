//! Man pages and completions of a command line, as packages install them. They come from the options
//! themselves, so they never differ from what the program takes.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::{fs, io, path::Path};

use clap::Command;
use clap_complete::Shell;

/// The shells that Debian has a place for completions for.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

/// Writes the man pages (`NAME.1`, `NAME-SUBCOMMAND.1`) and the completions (`NAME.bash`, `_NAME`,
/// `NAME.fish`) of a command into a directory, which is made if it is not there.
pub fn write(mut command: Command, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    // `help` of a command is that command's page.
    clap_mangen::generate_to(command.clone().disable_help_subcommand(true), directory)?;
    let name = command.get_name().to_owned();
    for shell in SHELLS {
        clap_complete::generate_to(shell, &mut command, &name, directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    #[test]
    fn every_command_has_a_page_and_every_shell_completions_but_for_what_is_hidden() {
        let flag = Arg::new("loud").long("loud").help("Say more");
        let serve = Command::new("serve").about("Serve it").arg(flag);
        let hidden = Command::new("secret").hide(true);
        let command = Command::new("house").about("A house").subcommand(serve).subcommand(hidden);
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().join("new");
        write(command, &place).expect("written");
        let mut names: Vec<_> = fs::read_dir(&place)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect();
        names.sort();
        assert_eq!(names, ["_house", "house-serve.1", "house.1", "house.bash", "house.fish"]);
        for name in ["house-serve.1", "_house", "house.bash", "house.fish"] {
            let text = fs::read_to_string(place.join(name)).expect("text");
            assert!(text.contains("loud"), "{name}: {text}");
        }
    }
}
