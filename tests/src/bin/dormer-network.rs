//! Runs a command behind a network that delays, limits and loses: see `dormer_tests::network`.
//!
//! `{address}` in the command's words stands for the far side's address, which is printed first, as JSON.
//! Lines on standard input change the network: `cut`, `join`, `shape DELAY RATE LOSS` (such as `shape 40ms
//! 10000000 0.02`; rate 0: no limit). The end of standard input ends the command, politely, and the network.

use std::{
    io::{BufRead, Write},
    process::Child,
    sync::mpsc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::Parser;
use dormer_tests::network::{self, Network, Shape};
use rustix::process::{Pid, Signal, kill_process};

/// Run a command behind a network that delays, limits and loses
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// How long a packet travels, each way
    #[arg(long, value_parser = humantime::parse_duration, default_value = "0ms")]
    delay: Duration,
    /// Bits per second, each way [default: no limit]
    #[arg(long)]
    rate: Option<u64>,
    /// The share of packets that are lost, each way
    #[arg(long, default_value_t = 0.0)]
    loss: f64,
    /// What runs on the far side
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// What ends the wait.
enum Happening {
    Line(String),
    InputEnded,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(missing) = network::missing() {
        bail!(missing);
    }
    let mut shape =
        Shape { delay: options.delay, rate: options.rate, loss: options.loss, ..Shape::default() };
    let network = Network::build(shape)?;
    print(&format!("{{\"address\":\"{}\"}}", network.address()))?;
    let words = options.command.iter().map(|word| word.replace("{address}", &network.address().to_string()));
    let words: Vec<String> = words.collect();
    let (program, arguments) = words.split_first().context("clap wants a command")?;
    let mut child = network.command(program).args(arguments).stdin(std::process::Stdio::null()).spawn()?;
    let lines = lines();
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(Happening::Line(line)) => match order(&line, shape) {
                Ok(next) => {
                    shape = next;
                    network.reshape(shape);
                    print("{\"ok\":true}")?;
                }
                Err(error) => print(&format!("{{\"error\":\"{error}\"}}"))?,
            },
            Ok(Happening::InputEnded) | Err(mpsc::RecvTimeoutError::Disconnected) => return end(&mut child),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait()? {
                    anyhow::ensure!(status.success(), "the command ended: {status}");
                    return Ok(());
                }
            }
        }
    }
}

fn order(line: &str, shape: Shape) -> Result<Shape> {
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["cut"] => Ok(Shape { cut: true, ..shape }),
        ["join"] => Ok(Shape { cut: false, ..shape }),
        ["shape", delay, rate, loss] => {
            let rate = Some(rate.parse()?).filter(|rate| *rate > 0);
            Ok(Shape { delay: humantime::parse_duration(delay)?, rate, loss: loss.parse()?, ..shape })
        }
        _ => bail!("orders are cut, join, and shape DELAY RATE LOSS"),
    }
}

fn lines() -> mpsc::Receiver<Happening> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(std::result::Result::ok) {
            if sender.send(Happening::Line(line)).is_err() {
                return;
            }
        }
        // The main thread may be gone already.
        let _ = sender.send(Happening::InputEnded);
    });
    receiver
}

/// Asks the command to end, and waits for it for some seconds.
fn end(child: &mut Child) -> Result<()> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a child's pid is positive")?;
    if child.try_wait()?.is_none() {
        kill_process(pid, Signal::TERM)?;
    }
    let ended =
        dormer_tests::wait::until(
            Duration::from_secs(10),
            "the end of the command",
            || Ok(child.try_wait()?),
        );
    if ended.is_err() {
        child.kill()?;
        child.wait()?;
    }
    Ok(())
}

fn print(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
