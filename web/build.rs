//! Embeds the built page (`viewer/web/dist`) into the binary: a table of its files, each also compressed.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hasher},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};

fn main() {
    let page = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../viewer/web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", page.display());
    if !page.join("index.html").is_file() {
        println!("cargo::error=the page is not built: run `make page`");
        return;
    }
    if let Err(error) = embed(&page) {
        println!("cargo::error=the page in {} cannot be embedded: {error}", page.display());
    }
}

fn embed(page: &Path) -> io::Result<()> {
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let mut table = String::from("static FILES: &[File] = &[\n");
    for (number, file) in files_below(page)?.into_iter().enumerate() {
        println!("cargo::rerun-if-changed={}", file.display());
        let plain = fs::read(&file)?;
        // Copies, since the page may be built anew while the binary is being compiled.
        let (copy, compressed) = (out.join(format!("page-{number}")), out.join(format!("page-{number}.gz")));
        fs::write(&copy, &plain)?;
        fs::write(&compressed, gzip(&plain)?)?;
        let path =
            file.strip_prefix(page).map_err(io::Error::other)?.to_str().ok_or(io::ErrorKind::InvalidData)?;
        writeln!(
            table,
            "    File {{ path: {:?}, tag: \"\\\"{:016x}\\\"\", plain: include_bytes!({copy:?}), gzip: include_bytes!({compressed:?}) }},",
            format!("/{path}"),
            hash(&plain),
        )
        .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    fs::write(out.join("page.rs"), table)
}

/// All files, in a stable order.
fn files_below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        if entry.file_type()?.is_dir() {
            files.extend(files_below(&entry.path())?);
        } else {
            files.push(entry.path());
        }
    }
    Ok(files)
}

fn gzip(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    encoder.finish()
}

/// Tells versions of a file apart; nothing depends on it being hard to forge.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}
