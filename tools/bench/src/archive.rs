//! How large the zip file is that is uploaded to Lambda.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::Error;

/// Fixed bytes around a file's data: local header, entry in the central directory. Source: APPNOTE.TXT, sections 4.3.7 and 4.3.12.
const PER_FILE_BYTES: u64 = 30 + 46;
/// Fixed bytes at the end. Source: APPNOTE.TXT, section 4.3.16.
const END_BYTES: u64 = 22;

/// The size in bytes of a zip file with these files in it, deflated as `zip` does by default. Each is named once before
/// its data and once in the directory.
///
/// # Errors
/// A file that cannot be read.
pub fn zip_bytes(files: &[(&str, &Path)]) -> Result<u64, Error> {
    let mut bytes = END_BYTES;
    for (name, path) in files {
        let content =
            fs::read(path).map_err(|error| Error::unusable(path.display().to_string(), error))?;
        bytes += PER_FILE_BYTES + 2 * name.len() as u64 + deflated(&content);
    }
    Ok(bytes)
}

fn deflated(content: &[u8]) -> u64 {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(content)
        .expect("writing into memory cannot fail");
    let packed = encoder.finish().expect("writing into memory cannot fail");
    packed.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_costs_its_headers_and_what_its_files_shrink_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bootstrap");
        fs::write(&path, vec![0_u8; 100_000]).unwrap();
        let one = zip_bytes(&[("bootstrap", &path)]).unwrap();
        assert!((116..1_000).contains(&one), "{one}");
        let two = zip_bytes(&[("bootstrap", &path), ("bootstrap", &path)]).unwrap();
        assert_eq!(two - one, one - END_BYTES);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = zip_bytes(&[("bootstrap", Path::new("no/such/bootstrap"))]).unwrap_err();
        assert!(error.to_string().starts_with("no/such/bootstrap: "));
    }
}
