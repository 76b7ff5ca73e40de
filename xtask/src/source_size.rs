//! No source file grows beyond what a reader keeps in mind.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

const LONGEST: usize = 400;

/// One source file and how many lines it has.
#[derive(Debug, PartialEq, Eq)]
pub struct Size {
    pub lines: usize,
    pub file: PathBuf,
}

/// Every Rust file below the folders, the longest first.
pub fn measure<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<Vec<Size>> {
    let mut sizes = Vec::new();
    for folder in folders {
        measure_into(folder, &mut sizes)?;
    }
    sizes.sort_by(|a, b| b.lines.cmp(&a.lines).then_with(|| a.file.cmp(&b.file)));
    Ok(sizes)
}

fn measure_into(folder: &Path, sizes: &mut Vec<Size>) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            measure_into(&path, sizes)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sizes.push(Size { lines: fs::read_to_string(&path)?.lines().count(), file: path });
        }
    }
    Ok(())
}

/// What is wrong with the sizes, if anything.
pub fn check(sizes: &[Size]) -> Vec<String> {
    let long = sizes.iter().filter(|size| size.lines > LONGEST);
    long.map(|size| format!("{} has {} lines; {LONGEST} is the wall", size.file.display(), size.lines))
        .collect()
}

/// One line on how large the files are.
pub fn summary(sizes: &[Size]) -> String {
    let (Some(longest), Some(median)) = (sizes.first(), sizes.get(sizes.len() / 2)) else {
        return "no source files".to_owned();
    };
    let (file, lines) = (longest.file.display(), longest.lines);
    format!("{} source files, median {} lines, longest {lines} ({file})", sizes.len(), median.lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_wall_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let nested = dir.path().join("src/grants");
        fs::create_dir_all(&nested).unwrap();
        fs::create_dir_all(dir.path().join("target")).unwrap();
        fs::write(nested.join("long.rs"), "x\n".repeat(401)).unwrap();
        fs::write(nested.join("fits.rs"), "x\n".repeat(400)).unwrap();
        fs::write(nested.join("page.html"), "x\n".repeat(900)).unwrap();
        fs::write(dir.path().join("target/generated.rs"), "x\n".repeat(900)).unwrap();
        let sizes = measure([dir.path()]).unwrap();
        assert_eq!(sizes.iter().map(|size| size.lines).collect::<Vec<_>>(), [401, 400]);
        let wrong = check(&sizes);
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].ends_with("long.rs has 401 lines; 400 is the wall"), "{wrong:?}");
        assert!(summary(&sizes).starts_with("2 source files, median 400 lines, longest 401"));
    }
}
