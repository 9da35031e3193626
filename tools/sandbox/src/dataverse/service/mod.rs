//! Carrying out one request against the rows: [`read()`] for requests that only look, [`write()`] for the others.

mod delta;
mod link;
mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// Where the service is, for addresses in answers: `http://host/api/data/v9.2`.
pub(crate) type Service<'a> = &'a str;

/// The address that describes the shape of an answer.
fn context(service: Service<'_>, set: &str, names: Option<String>, single: bool) -> String {
    let names = names.map(|names| format!("({names})")).unwrap_or_default();
    format!(
        "{service}/$metadata#{set}{names}{}",
        if single { "/$entity" } else { "" }
    )
}
