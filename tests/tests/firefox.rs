//! Firefox, which draws by subsurfaces of its own and waits for frame callbacks of commits that change
//! nothing.

use anyhow::{Context, Result};
use dormer_tests::{HostOptions, Until, Viewer, tools, wait::PATIENCE};

#[test]
fn firefox_goes_on_painting_after_clicks() -> Result<()> {
    if !tools::present("Firefox", &["firefox-esr"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let page = directory.path().join("page.html");
    std::fs::write(&page, CLICKED)?;
    std::fs::write(directory.path().join("user.js"), FIREFOX)?;
    let profile = directory.path().to_str().context("a path")?;
    let command = ["firefox-esr", "--no-remote", "--profile", profile, page.to_str().context("a path")?];
    let host = HostOptions::command(command).variable("MOZ_ENABLE_WAYLAND", "1").start()?;
    let mut viewer = Viewer::start(host.link())?;
    let windows = viewer.wait_for(Until::Title("0 clicks".into()), PATIENCE * 3)?;
    let window = windows.into_iter().find(|window| window.title.contains("0 clicks"));
    let window = window.context("waited for it")?;
    let track = window.track;
    viewer.activate(track)?;
    let middle = (f64::from(window.width) / 2.0, f64::from(window.height) / 2.0);
    let painted = |viewer: &mut Viewer, clicks: usize| {
        let shade = SHADES[clicks % SHADES.len()];
        viewer.look_until(track, &format!("the page after {clicks} clicks"), |picture| {
            let luma = picture.luma(picture.width / 2, picture.height / 2)?;
            (luma.abs_diff(shade) <= 8).then_some(())
        })
    };
    painted(&mut viewer, 0)?;
    for clicks in 1..=12 {
        viewer.click(track, middle.0, middle.1, "left")?;
        viewer.wait(Until::Title(format!("{clicks} clicks")))?;
        painted(&mut viewer, clicks)?;
        // Its own bars draw as well, and open what lies over the page.
        if clicks % 3 == 0 {
            viewer.keys(track, &["ctrl+l", "a", "Escape", "Escape"])?;
        }
    }
    viewer.close(track)?;
    viewer.wait(Until::Closed(track))?;
    Ok(())
}

/// A page that counts clicks in its title and by its shade.
const CLICKED: &str = "<!doctype html><title>0 clicks</title><body style='background:rgb(40,40,40)'><script>
    let clicks = 0;
    onmousedown = () => {
        clicks += 1;
        const shade = [40, 120, 200][clicks % 3];
        document.body.style.background = `rgb(${shade},${shade},${shade})`;
        document.title = `${clicks} clicks`;
    };
</script>";
const SHADES: [u8; 3] = [40, 120, 200];

/// Firefox says nothing of its own.
const FIREFOX: &str = "
    user_pref('browser.aboutwelcome.enabled', false);
    user_pref('browser.shell.checkDefaultBrowser', false);
    user_pref('browser.sessionstore.resume_from_crash', false);
    user_pref('browser.tabs.warnOnClose', false);
    user_pref('datareporting.policy.dataSubmissionPolicyBypassNotification', true);
    user_pref('termsofuse.bypassNotification', true);
    user_pref('network.captive-portal-service.enabled', false);
    user_pref('network.connectivity-service.enabled', false);
    user_pref('app.normandy.enabled', false);
    user_pref('app.update.auto', false);
    user_pref('extensions.update.enabled', false);
    user_pref('security.sandbox.warn_unprivileged_namespaces', false);
";
