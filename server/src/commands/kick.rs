//! `dormer kick` and `dormer revoke`: remove viewers from a running session, and take links back.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Deserialize;

use super::{ask, print, print_json, unexpected};
use crate::{
    console::{Answer, Removed, Request, Who},
    layers::layered,
    usage::Usage,
};

/// `dormer kick`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct KickOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
    /// A viewer as `dormer viewers` names it, such as v1, or all
    #[arg(required = true)]
    #[serde(skip)]
    viewer: Option<Who>,
}

layered!(KickOptions { session, json, viewer });

/// `dormer revoke`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RevokeOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
    /// The number of a link, as `dormer viewers` and the log name it: 16 hexadecimal digits
    #[arg(required = true, value_parser = number)]
    #[serde(skip)]
    link: Option<u64>,
}

layered!(RevokeOptions { session, json, link });

fn number(text: &str) -> Result<u64, String> {
    let number = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16 && !text.starts_with('+'));
    number.ok_or_else(|| "a link's number has 16 hexadecimal digits, as `dormer viewers` shows it".to_owned())
}

/// Removes viewers.
pub(crate) fn kick(options: KickOptions) -> Result<()> {
    let who = options.viewer.ok_or_else(|| Usage("say whom: `dormer kick VIEWER`, or all".to_owned()))?;
    let answer = ask(options.session, &Request::Kick { who })?;
    let Answer::Removed(removed) = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        return print_json(removed);
    }
    if removed.is_empty() {
        print("nobody was here");
    }
    removed.iter().for_each(|removed| print(&line(removed)));
    Ok(())
}

/// Takes a link back.
pub(crate) fn revoke(options: RevokeOptions) -> Result<()> {
    let ticket = options.link.ok_or_else(|| Usage("say which link: `dormer revoke LINK`".to_owned()))?;
    let answer = ask(options.session, &Request::Revoke { ticket })?;
    let Answer::Removed(removed) = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        return print_json(removed);
    }
    print(&format!("link {ticket:016x} is taken back"));
    removed.iter().for_each(|removed| print(&line(removed)));
    Ok(())
}

fn line(removed: &Removed) -> String {
    let Removed { viewer, may_return } = removed;
    let gone = format!("removed {} ({})", viewer.id, viewer.address);
    match &viewer.link {
        Some(link) if *may_return => {
            format!("{gone}; its link can be used again until `dormer revoke {link}` takes it back")
        }
        _ => gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewers_and_links_are_named_as_they_are_shown() {
        let named = ["v12", "12", "all"].map(|text| text.parse::<Who>());
        assert_eq!(named, [Ok(Who::Viewer(12)), Ok(Who::Viewer(12)), Ok(Who::All)]);
        for wrong in ["", "v", "vv1", "v-1", "everybody", "v99999999999"] {
            assert!(wrong.parse::<Who>().is_err(), "{wrong}");
        }
        assert_eq!(number("00000000000000ff"), Ok(255));
        for wrong in ["", "ff", "+0000000000000ff", "00000000000000fg", "000000000000000ff"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
