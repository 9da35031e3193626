//! Under which ids requests reach the stand-ins.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;

/// The ids, in the order of the requests. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Correlations(Arc<Mutex<Vec<Seen>>>);

/// The header that was looked for, and its value.
type Seen = (&'static str, Option<String>);

impl Correlations {
    /// The router, in front of which a header of each request to its API is noted. Signing in carries no id.
    pub(super) fn noted(&self, header: &'static str, router: Router) -> Router {
        let seen = self.clone();
        router.layer(axum::middleware::map_request(move |request: Request| {
            let path = request.uri().path();
            if path.starts_with("/api/") && !path.ends_with("/LoginToken") {
                let id = request.headers().get(header);
                let id = id.map(|value| value.to_str().unwrap().to_owned());
                seen.0.lock().unwrap().push((header, id));
            }
            async { request }
        }))
    }

    /// The ids that came in a header so far.
    pub(crate) fn of(&self, header: &str) -> Vec<Option<String>> {
        let seen = self.0.lock().unwrap();
        let of_header = seen.iter().filter(|(name, _)| *name == header);
        of_header.map(|(_, id)| id.clone()).collect()
    }
}
