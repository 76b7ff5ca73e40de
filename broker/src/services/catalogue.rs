//! Services that are ready to be declared, as the files of `catalogue/` have them: nothing is fetched from anywhere.

use super::file::services_of;
use protocol::services::ServiceDefinition;
use std::sync::LazyLock;

/// The files.
const FILES: &[&str] =
    &[include_str!("../../../catalogue/github.toml"), include_str!("../../../catalogue/demo-tracker.toml")];

static ALL: LazyLock<Vec<ServiceDefinition>> =
    LazyLock::new(|| FILES.iter().flat_map(|file| services_of(file).unwrap_or_default()).collect());

/// All of them.
pub fn all() -> &'static [ServiceDefinition] {
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_catalogue_is_here_and_good() {
        for file in FILES {
            assert_eq!(services_of(file).unwrap().len(), 1, "{file}");
        }
        for service in all() {
            assert_eq!(domain::definition::check(service), Ok(()), "{}", service.id);
        }
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue");
        let files = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|it| it == "toml"));
        assert_eq!(files.count(), FILES.len(), "a file of the catalogue is not in the list");
    }
}
