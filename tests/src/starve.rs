//! A thread of another process that hardly gets any time.

use std::{
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use anyhow::{Context, Result, ensure};

/// Keeps a thread from running, until dropped: it may run when nobody else wants to, and somebody always
/// does.
#[derive(Debug)]
pub struct Starved {
    task: String,
    over: Arc<AtomicBool>,
    spinners: Vec<JoinHandle<()>>,
}

impl Starved {
    /// Starves the thread of a process that has this name. Needs `chrt`.
    pub fn thread(pid: u32, name: &str) -> Result<Self> {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten();
        let named = |path: &std::path::Path| {
            std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name)
        };
        let task = tasks.map(|task| task.path()).find(|path| named(path)).context("no such thread")?;
        let task = task.file_name().and_then(|name| name.to_str()).context("a number")?.to_owned();
        schedule(&task, "--idle")?;
        let over = Arc::new(AtomicBool::new(false));
        let spinner = |_| {
            let over = over.clone();
            thread::spawn(move || while !over.load(Ordering::Relaxed) {})
        };
        let spinners = (0..thread::available_parallelism()?.get()).map(spinner).collect();
        Ok(Self { task, over, spinners })
    }
}

impl Drop for Starved {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for spinner in self.spinners.drain(..) {
            // It cannot fail.
            let _ = spinner.join();
        }
        // The process may be gone.
        let _ = schedule(&self.task, "--other");
    }
}

fn schedule(task: &str, class: &str) -> Result<()> {
    let chrt = Command::new("chrt").args([class, "--pid", "0", task]).stdout(Stdio::null()).status()?;
    ensure!(chrt.success(), "chrt: {chrt}");
    Ok(())
}
