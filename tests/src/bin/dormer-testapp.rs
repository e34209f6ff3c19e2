//! The test app: see `dormer_tests::testapp`.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    dormer_tests::testapp::run(dormer_tests::testapp::Options::parse())
}
