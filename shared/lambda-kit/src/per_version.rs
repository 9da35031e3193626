//! What is parsed of a configuration, once for each version.

use std::sync::{Arc, Mutex, PoisonError};

use cxloop_domain::configuration::{Applied, Configuration};

/// Something parsed of the configuration, kept until its version changes.
#[derive(Debug)]
pub struct PerVersion<T> {
    last: Mutex<Option<(u64, Arc<T>)>>,
}

impl<T> Default for PerVersion<T> {
    fn default() -> Self {
        Self {
            last: Mutex::new(None),
        }
    }
}

impl<T> PerVersion<T> {
    /// What was parsed of this version, or what `parse` makes of it now.
    pub fn of(&self, applied: &Applied, parse: impl FnOnce(&Configuration) -> T) -> Arc<T> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last.as_ref() {
            Some((version, parsed)) if *version == applied.version => Arc::clone(parsed),
            _ => {
                let parsed = Arc::new(parse(&applied.configuration));
                *last = Some((applied.version, Arc::clone(&parsed)));
                parsed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cxloop_domain::configuration::read;

    use super::*;

    #[test]
    fn a_configuration_is_parsed_once_a_version() {
        let configuration = read("connections: {}").expect("an empty configuration is one");
        let parsed = PerVersion::default();
        let mut times = 0;
        for version in [1, 1, 2, 2, 1] {
            let applied = Applied {
                version,
                configuration: configuration.clone(),
            };
            parsed.of(&applied, |_| times += 1);
        }
        assert_eq!(times, 3);
    }
}
