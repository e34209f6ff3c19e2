//! How much memory there is for us: the machine's, or less where a control group says so, as containers have
//! it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What we and all that shares it with us may ever have.
    pub(crate) total: u64,
    /// What of it can still be had.
    pub(crate) free: u64,
}

/// Looks. `None` where nothing tells.
pub(crate) fn look() -> Option<Memory> {
    look_in(Path::new("/"))
}

fn look_in(root: &Path) -> Option<Memory> {
    let machine = of_machine(&fs::read_to_string(root.join("proc/meminfo")).ok()?)?;
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(|line| of_group(root, line));
    Some(limits.fold(machine, |least, group| Memory {
        total: least.total.min(group.total),
        free: least.free.min(group.free),
    }))
}

fn of_machine(meminfo: &str) -> Option<Memory> {
    let kib = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    };
    let total = kib("MemTotal")?.saturating_mul(1024);
    let free = kib("MemAvailable").or_else(|| kib("MemFree"))?.saturating_mul(1024);
    Some(Memory { total, free })
}

/// The limits of a group of ours and of all above it. A line is `number:controllers:path`; version 2 has no
/// controllers.
fn of_group(root: &Path, line: &str) -> Vec<Memory> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
    let path = Path::new(path.trim_start_matches('/'));
    let mounts = root.join("sys/fs/cgroup");
    let version_1 = controllers.split(',').any(|controller| controller == "memory");
    let (mount, files) = match (version_1, controllers) {
        (true, _) => (mounts.join("memory"), VERSION_1),
        (false, "") => {
            // Beside version 1, version 2 has a folder of its own.
            let unified = mounts.join("unified");
            (if unified.is_dir() { unified } else { mounts }, VERSION_2)
        }
        (false, _) => return Vec::new(),
    };
    // A container may see its own group as the topmost, whatever the path says.
    path.ancestors().filter_map(|path| files.read(&mount.join(path))).collect()
}

/// What the files of a group are called.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// What of that is given back as soon as it is needed: files that were read and are not in use.
    idle: &'static str,
}

const VERSION_1: Files =
    Files { limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", idle: "total_inactive_file" };

const VERSION_2: Files = Files { limit: "memory.max", used: "memory.current", idle: "inactive_file" };

impl Files {
    /// `None` if the group has no limit, which is written as a word or as a number beyond any memory.
    fn read(&self, group: &Path) -> Option<Memory> {
        let number = |file: &str| read_number(&group.join(file));
        let total = number(self.limit)?;
        let statistics = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let idle = statistics.lines().find_map(|line| line.strip_prefix(self.idle)?.trim().parse().ok());
        let used = number(self.used)?.saturating_sub(idle.unwrap_or(0));
        Some(Memory { total, free: total.saturating_sub(used) })
    }
}

fn read_number(file: &PathBuf) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMINFO: &str =
        "MemTotal:        8000 kB\nMemFree:          100 kB\nMemAvailable:    5000 kB\nSwapTotal: 0 kB\n";

    /// A machine made of files.
    fn machine(files: &[(&str, &str)]) -> Option<Memory> {
        let root = tempfile::tempdir().expect("a temporary directory");
        for (path, content) in [("proc/meminfo", MEMINFO)].iter().chain(files) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, content).expect("a file");
        }
        look_in(root.path())
    }

    fn kib(total: u64, free: u64) -> Option<Memory> {
        Some(Memory { total: total << 10, free: free << 10 })
    }

    #[test]
    fn a_machine_without_groups_has_what_it_has() {
        assert_eq!(machine(&[]), kib(8000, 5000));
        assert_eq!(machine(&[("proc/self/cgroup", "0::/\n")]), kib(8000, 5000));
        let without = [("proc/self/cgroup", "0::/a\n"), ("sys/fs/cgroup/a/memory.max", "max\n")];
        assert_eq!(machine(&without), kib(8000, 5000));
    }

    #[test]
    fn the_strictest_group_of_version_2_counts_less_what_is_idle() {
        let files = [
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/memory.max", "4096000\n"),
            ("sys/fs/cgroup/a/memory.current", "1024000\n"),
            ("sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 1024\n"),
            ("sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/memory.current", "1024000\n"),
        ];
        assert_eq!(machine(&files), kib(4000, 3001));
    }

    #[test]
    fn groups_of_version_1_count_and_a_container_sees_its_own_as_the_topmost() {
        let files = [
            ("proc/self/cgroup", "5:cpu:/c\n4:memory:/docker/c\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2048000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1024000\n"),
            ("sys/fs/cgroup/memory/memory.stat", "inactive_file 9\ntotal_inactive_file 1024\n"),
        ];
        assert_eq!(machine(&files), kib(2000, 1001));
        let unlimited = [
            ("proc/self/cgroup", "4:memory:/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1024000\n"),
        ];
        assert_eq!(machine(&unlimited), kib(8000, 5000));
    }

    #[test]
    fn this_machine_tells() {
        let memory = look().expect("/proc tells");
        assert!(memory.total > 0 && memory.free <= memory.total, "{memory:?}");
    }
}
