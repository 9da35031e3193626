//! Carrying out one request against the rows: [`read()`] for requests that only look, [`write()`] for the others.

pub(crate) mod arguments;
mod delta;
mod link;
mod read;
mod rows;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

/// Where the service is, for addresses in answers: `http://host/api/data/v9.2`.
pub(crate) type Service<'a> = &'a str;

/// The address that describes the shape of an answer; `names` lists its columns, and is empty when it has all.
fn context(service: Service<'_>, set: &str, names: &str, single: bool) -> String {
    let names = match names {
        "" => String::new(),
        names => format!("({names})"),
    };
    format!(
        "{service}/$metadata#{set}{names}{}",
        if single { "/$entity" } else { "" }
    )
}
