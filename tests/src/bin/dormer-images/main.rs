//! Builds all images of subsystems in a Docker of its own and uses what they hold, as people do: `make
//! test-images`. With `--figures` it measures them instead and prints tables: `make figures`. Pictures of
//! what was seen lie in `out/images` afterwards.

mod figures;
mod stories;

use anyhow::{Result, ensure};
use clap::Parser;
use dormer_tests::{
    container::{Docker, tell},
    tools,
};

/// Build all images of subsystems and use what they hold
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Measure them instead, and print tables
    #[arg(long)]
    figures: bool,
    /// Only the stories of these images
    images: Vec<String>,
}

/// What this is called where it says that it cannot run.
const NAME: &str = "all images";

fn main() -> Result<()> {
    let options = Options::parse();
    if !tools::is_root(NAME) || !tools::present(NAME, &["dockerd", "docker-compose", "mmdebstrap", "strip"]) {
        return Ok(());
    }
    let Some(docker) = Docker::start(NAME)? else { return Ok(()) };
    if options.figures {
        return figures::print(&docker);
    }
    let mut told = 0;
    for (image, story) in stories::ALL {
        if options.images.is_empty() || options.images.iter().any(|wanted| wanted == image) {
            docker.build(&["base", image])?;
            story(&docker)?;
            told += 1;
            tell(&format!("{image}: passed"));
        }
    }
    ensure!(told > 0, "there is no story of {:?}", options.images);
    tell(&format!("{told} passed, 0 failed"));
    Ok(())
}
