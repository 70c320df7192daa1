//! The finished directory: hashed names, compressed siblings, the manifest, put in place in one move.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha384};

use crate::dist::Build;
use crate::dist::cache::{Cache, hex};

const MANIFEST: &str = "manifest.json";

/// `manifest.json`: every file by its logical name.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) version: String,
    /// How the wasm was built, see [`Build::name`].
    pub(crate) build: String,
    pub(crate) files: BTreeMap<String, Entry>,
}

/// One file of the manifest. Sizes in bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Relative to the directory.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) gzip: u64,
    pub(crate) brotli: u64,
    /// For the attribute `integrity` (Subresource Integrity).
    pub(crate) integrity: String,
}

impl Manifest {
    pub(crate) fn read(directory: &Path) -> Result<Self> {
        let path = directory.join(MANIFEST);
        let text = fs::read(&path)
            .with_context(|| format!("{} cannot be read; run `cargo xtask dist` first", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is not a manifest", path.display()))
    }
}

/// Files on their way into the directory.
#[derive(Debug)]
pub(crate) struct Output {
    build: Build,
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
struct File {
    path: String,
    body: Vec<u8>,
}

impl Output {
    pub(crate) fn new(build: Build) -> Self {
        Self { build, files: BTreeMap::new() }
    }

    /// Adds a file that may be cached for ever: its path changes with its content.
    pub(crate) fn add_hashed(&mut self, name: &str, body: Vec<u8>) {
        let path = hashed_path(name, &body);
        self.files.insert(name.to_owned(), File { path, body });
    }

    /// Adds a file with the stable path that other people's pages name.
    pub(crate) fn add_unhashed(&mut self, name: &str, body: Vec<u8>) {
        self.files.insert(name.to_owned(), File { path: name.to_owned(), body });
    }

    /// The path of a file on the server.
    pub(crate) fn url(&self, name: &str) -> Result<String> {
        let file = self.files.get(name).with_context(|| format!("{name} is named before it is built"))?;
        Ok(format!("/{}", file.path))
    }

    /// Writes everything beside `directory`, then swaps: a server never sees half a build.
    pub(crate) fn write(&self, directory: &Path, cache: &Cache) -> Result<()> {
        let ours = directory.join(MANIFEST).is_file();
        if !ours && fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some()) {
            bail!(
                "{} holds other files, and a build replaces its directory; name an empty or a new one",
                directory.display()
            );
        }
        let fresh = beside(directory, "new");
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(fresh.join("w")).with_context(|| format!("{} cannot be made", fresh.display()))?;
        let mut files = BTreeMap::new();
        for (name, file) in &self.files {
            let gzip = cache.get("gz", &[&file.body], || gzip(&file.body))?;
            let brotli = cache.get("br", &[&file.body], || brotli(&file.body, self.build))?;
            write(&fresh.join(&file.path), &file.body)?;
            write(&fresh.join(format!("{}.gz", file.path)), &gzip)?;
            write(&fresh.join(format!("{}.br", file.path)), &brotli)?;
            let entry = Entry {
                path: file.path.clone(),
                bytes: file.body.len() as u64,
                gzip: gzip.len() as u64,
                brotli: brotli.len() as u64,
                integrity: format!("sha384-{}", STANDARD.encode(Sha384::digest(&file.body))),
            };
            files.insert(name.clone(), entry);
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let manifest = Manifest { version, build: self.build.name().to_owned(), files };
        let manifest = serde_json::to_vec_pretty(&manifest).context("the manifest cannot be written")?;
        write(&fresh.join(MANIFEST), &manifest)?;

        let stale = beside(directory, "old");
        let _ = fs::remove_dir_all(&stale);
        if directory.exists() {
            fs::rename(directory, &stale)
                .with_context(|| format!("{} cannot be replaced", directory.display()))?;
        }
        fs::rename(&fresh, directory)
            .with_context(|| format!("{} cannot be put in place", directory.display()))?;
        let _ = fs::remove_dir_all(&stale);
        Ok(())
    }
}

/// `widget.wasm` becomes `w/widget.<first 8 hex digits of SHA-256>.wasm`.
fn hashed_path(name: &str, body: &[u8]) -> String {
    let hash = hex(&Sha256::digest(body)[..4]);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("w/{stem}.{hash}.{extension}"),
        None => format!("w/{name}.{hash}"),
    }
}

fn beside(directory: &Path, word: &str) -> std::path::PathBuf {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    directory.with_file_name(format!(".{name}.{word}"))
}

fn write(path: &Path, body: &[u8]) -> Result<()> {
    fs::write(path, body).with_context(|| format!("{} cannot be written", path.display()))
}

fn gzip(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).context("gzip failed")?;
    encoder.finish().context("gzip failed")
}

fn brotli(body: &[u8], build: Build) -> Result<Vec<u8>> {
    // Quality 11 takes seconds for wasm: worth it once per release, not after each change.
    let quality = if build == Build::Dev { 5 } else { 11 };
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).context("brotli failed")?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_path_follows_the_content() {
        let path = hashed_path("en.json", b"{}");
        assert_eq!(path, "w/en.44136fa3.json");
        assert_ne!(path, hashed_path("en.json", b"[]"));
    }

    #[test]
    fn a_written_directory_matches_its_manifest() {
        let (guard, cache) = scratch();
        let directory = guard.path().join("dist");
        output(b"body { color: red }").write(&directory, &cache).unwrap();
        let manifest = Manifest::read(&directory).unwrap();
        for entry in manifest.files.values() {
            let length =
                |suffix: &str| fs::metadata(directory.join(format!("{}{suffix}", entry.path))).unwrap().len();
            assert_eq!((length(""), length(".gz"), length(".br")), (entry.bytes, entry.gzip, entry.brotli));
            assert!(entry.integrity.starts_with("sha384-"));
        }
        assert_eq!(manifest.files["tealight.js"].path, "tealight.js");
    }

    #[test]
    fn a_second_build_replaces_the_first_completely() {
        let (guard, cache) = scratch();
        let directory = guard.path().join("dist");
        output(b"first").write(&directory, &cache).unwrap();
        let first = Manifest::read(&directory).unwrap().files["frame.css"].path.clone();
        output(b"second").write(&directory, &cache).unwrap();
        assert!(!directory.join(first).exists());
        assert_eq!(fs::read_dir(guard.path()).unwrap().count(), 2, "only the directory and the cache remain");
    }

    #[test]
    fn a_directory_with_other_peoples_files_is_left_alone() {
        let (guard, cache) = scratch();
        let error = output(b"sheet").write(guard.path(), &cache).unwrap_err().to_string();
        assert!(error.contains("other files"), "{error}");
        assert!(guard.path().join("cache").is_dir());
    }

    #[test]
    fn compressed_siblings_unpack_to_the_file() {
        let body = b"a light in the window, a light in the window".as_slice();
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut brotli(body, Build::Size).unwrap().as_slice(), &mut unpacked).unwrap();
        assert_eq!(unpacked, body);
        unpacked.clear();
        let packed = gzip(body).unwrap();
        std::io::copy(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut unpacked).unwrap();
        assert_eq!(unpacked, body);
    }

    fn output(sheet: &[u8]) -> Output {
        let mut output = Output::new(Build::Size);
        output.add_hashed("frame.css", sheet.to_vec());
        output.add_unhashed("tealight.js", b"// loader".to_vec());
        output
    }

    fn scratch() -> (tempfile::TempDir, Cache) {
        let guard = tempfile::tempdir().unwrap();
        let cache = Cache::open(guard.path().join("cache")).unwrap();
        (guard, cache)
    }
}
