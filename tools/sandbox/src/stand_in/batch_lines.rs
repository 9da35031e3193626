//! Finds the requests inside a `multipart/mixed` batch, so that a fault can be aimed at one of them.

const METHODS: &[&str] = &["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "MERGE"];

/// "METHOD path" of each request inside the body of a batch sent to `batch_path`, in order.
///
/// Addresses are reduced to the path on the host, because clients write them absolute, rooted or relative to
/// the service root. Source: Microsoft Learn, "Execute batch operations using the Web API".
pub(super) fn requests_in(batch_path: &str, body: &[u8]) -> Vec<String> {
    let root = batch_path.rsplit_once('/').map_or("", |(root, _)| root);
    String::from_utf8_lossy(body)
        .lines()
        .filter_map(|line| request_line(root, line))
        .collect()
}

fn request_line(root: &str, line: &str) -> Option<String> {
    let (method, rest) = line.trim_end().split_once(' ')?;
    let (address, version) = rest.trim_end().rsplit_once(' ')?;
    if !METHODS.contains(&method) || !version.starts_with("HTTP/") {
        return None;
    }
    let path = match address.split_once("://") {
        Some((_, after)) => after.find('/').map_or("/", |at| &after[at..]).to_owned(),
        None if address.starts_with('/') => address.to_owned(),
        None => format!("{root}/{address}"),
    };
    Some(format!("{method} {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_rooted_and_relative_addresses_give_the_same_path() {
        let body = b"--b\r\n\r\nPATCH http://127.0.0.1:1/api/data/v9.2/incidents(1) HTTP/1.1\r\n\r\n{}\r\n\
            GET /api/data/v9.2/incidents(1) HTTP/1.1\r\nPOST incidents HTTP/1.1\n";
        assert_eq!(
            requests_in("/api/data/v9.2/$batch", body),
            [
                "PATCH /api/data/v9.2/incidents(1)",
                "GET /api/data/v9.2/incidents(1)",
                "POST /api/data/v9.2/incidents"
            ]
        );
    }

    #[test]
    fn words_of_a_customer_that_look_like_a_request_are_not_one() {
        assert!(requests_in("/$batch", "POST mortem da avaría\nGET lost".as_bytes()).is_empty());
    }
}
