//! Guests that mean ill harm only themselves.

use anyhow::{Context, Result, ensure};
use dormer_tests::{Host, Press, Track, Until, Viewer, binaries, wait};

/// The most that a host may grow because of one guest.
const MOST_MEMORY_KIB: u64 = 400 << 10;
/// The most that a host may grow because of what waits.
const MOST_PENDING_KIB: u64 = 32 << 10;
/// The number of the first key that [`beside`] has not sent.
const ROUNDS: u32 = 12;

#[test]
fn a_guest_that_floods_starves_nobody() -> Result<()> {
    beside(&["--flood"]).and_then(|(_, host, _)| bounded(&host))
}

#[test]
fn a_guest_that_lies_about_damage_harms_nobody() -> Result<()> {
    beside(&["--lie-damage", "--motion", "60"]).and_then(|(_, host, _)| bounded(&host))
}

#[test]
fn a_guest_that_opens_ten_thousand_surfaces_harms_nobody() -> Result<()> {
    let (mut viewer, mut host, honest) = beside(&["--surfaces", "10000"])?;
    // Its first windows are seen long before it has more surfaces than any app may: the flood is over when it
    // is cut off.
    wait::until(wait::PATIENCE, "the end of the flood", || Ok(host.log().contains("cut off").then_some(())))?;
    viewer.wait(Until::Windows(1))?;
    works(&mut viewer, &mut host, honest, ROUNDS)?;
    bounded(&host)
}

#[test]
fn a_guest_that_crashes_takes_its_window_along_and_nothing_else() -> Result<()> {
    let testapp = binaries()?.testapp.to_str().context("a path")?.to_owned();
    let mut host = Host::start([testapp.as_str(), "--title", "Honest"])?;
    let (mut viewer, honest) = Viewer::with_window(host.link())?;
    host.run(&[&testapp, "--title", "Doomed", "--motion", "30", "--crash-after", "60"])?;
    let windows = viewer.wait(Until::Windows(2))?;
    let doomed = windows.iter().find(|window| window.title == "Doomed").context("waited for it")?;
    viewer.wait(Until::Closed(doomed.track))?;
    works(&mut viewer, &mut host, honest.track, 1)
}

#[test]
fn what_takes_effect_later_or_never_is_not_kept_without_end() -> Result<()> {
    let testapp = binaries()?.testapp.to_str().context("a path")?.to_owned();
    let mut host = Host::start([testapp.as_str(), "--title", "Honest"])?;
    let (mut viewer, honest) = Viewer::with_window(host.link())?;
    works(&mut viewer, &mut host, honest.track, 1)?;
    for (what, number) in ["damage", "regions", "states"].into_iter().zip(1..) {
        let before = host.usage()?.memory_kib;
        host.run(&[&testapp, "--hoard", what])?;
        let mut most = before;
        // For what it keeps, or for how fast it asks for that.
        wait::until(wait::PATIENCE, "the hoarder's end", || {
            most = most.max(host.usage()?.memory_kib);
            Ok((host.log().matches("an app is cut off").count() == number).then_some(()))
        })?;
        ensure!(most - before < MOST_PENDING_KIB, "{what}: the host grew by {} KiB", most - before);
        viewer.wait(Until::Windows(1))?;
        works(&mut viewer, &mut host, honest.track, number as u32 + 1)?;
    }
    Ok(())
}

/// A hostile guest runs beside an honest one, which must go on to work.
fn beside(hostile: &[&str]) -> Result<(Viewer, Host, Track)> {
    let testapp = binaries()?.testapp.to_str().context("a path")?.to_owned();
    let mut host = Host::start([testapp.as_str(), "--title", "Honest"])?;
    let (mut viewer, honest) = Viewer::with_window(host.link())?;
    works(&mut viewer, &mut host, honest.track, 1)?;
    host.run(&[&[testapp.as_str(), "--title", "Hostile"], hostile].concat())?;
    // It shows its window, or was thrown out with a clear line.
    wait::until(wait::PATIENCE, "the hostile guest", || {
        let seen = viewer.windows()?.iter().any(|window| window.title != "Honest");
        Ok((seen || host.log().contains("cut off")).then_some(()))
    })?;
    for round in 2..ROUNDS {
        works(&mut viewer, &mut host, honest.track, round)?;
    }
    Ok((viewer, host, honest.track))
}

fn bounded(host: &Host) -> Result<()> {
    let memory = host.usage()?.memory_kib;
    ensure!(memory < MOST_MEMORY_KIB, "the host takes {memory} KiB");
    Ok(())
}

/// The honest app answers to its `number`th key.
fn works(viewer: &mut Viewer, host: &mut Host, track: Track, number: u32) -> Result<()> {
    viewer.key(track, "a", Press::Tap)?;
    let seen = viewer.code_until(track, |code| code.input == number);
    ensure!(host.runs()?, "the host ended");
    seen.map(drop)
}
