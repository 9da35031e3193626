//! Following the changes of a table.
//! Source: Microsoft Learn, "Use change tracking to synchronize data with external systems".

use jiff::Timestamp;
use jiff::tz::TimeZone;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::super::caller::Caller;
use super::super::message::{Answer, Request};
use super::super::model::TableId;
use super::super::query::{Options, Query, Reading, page};
use super::super::refusal::Refusal;
use super::super::render::Renderer;
use super::super::rows::{CHANGES_KEPT_SECONDS, Organisation, Row};
use super::{Service, context};

/// Options that cannot be combined with change tracking.
const REFUSED: &[&str] = &["$filter", "$orderby", "$expand", "$top", "$apply"];

/// Where somebody stands who follows the changes.
#[derive(Clone, Copy)]
struct Token {
    version: u64,
    at_seconds: i64,
}

impl Token {
    fn read(text: &str, now: Timestamp) -> Result<Self, Refusal> {
        let read = || {
            let (version, at) = text.split_once('!')?;
            let at = jiff::civil::DateTime::strptime("%m/%d/%Y %H:%M:%S", at).ok()?;
            Some(Self {
                version: version.parse().ok()?,
                at_seconds: at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second(),
            })
        };
        let token = read().ok_or_else(Refusal::invalid_delta_token)?;
        if now.as_second() - token.at_seconds > CHANGES_KEPT_SECONDS {
            return Err(Refusal::expired_delta_token());
        }
        Ok(token)
    }

    fn text(self) -> String {
        let at = Timestamp::from_second(self.at_seconds)
            .unwrap_or_default()
            .to_zoned(TimeZone::UTC);
        format!("{}!{}", self.version, at.strftime("%m/%d/%Y %H:%M:%S"))
    }
}

/// True for a request that starts to follow the changes or goes on with it.
pub(super) fn is_asked(request: &Request, options: &Options) -> bool {
    options.get("$deltatoken").is_some()
        || request.preferences.track_changes
        || options
            .get("$skiptoken")
            .is_some_and(|token| token.contains("istracking=\"True\""))
}

/// One row that a follower has to hear of.
enum Change<'o> {
    Row(Uuid, &'o Row),
    Gone(Uuid),
}

/// Answers a set with its changes since the token, or with all rows and the first link.
pub(super) fn changes(
    organisation: &Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    options: &Options,
    table: TableId,
) -> Result<Answer, Refusal> {
    if let Some(name) = REFUSED.iter().find(|name| options.get(name).is_some()) {
        return Err(Refusal::not_with_change_tracking(name));
    }
    let model = organisation.model();
    let described = model.table(table);
    let query = Query::read(
        Reading::of(organisation, caller),
        table,
        &options.without("$deltatoken"),
    )?;
    let cookie = options.get("$skiptoken").map(Cookie::read).transpose()?;
    let since = match (&cookie, options.get("$deltatoken")) {
        (Some(cookie), _) => cookie.since,
        (None, Some(token)) => Some(Token::read(token, caller.now)?.version),
        (None, None) => None,
    };
    let end = cookie
        .as_ref()
        .map_or_else(|| organisation.version(), |cookie| cookie.end);
    let from = cookie
        .as_ref()
        .map_or(since.unwrap_or_default(), |cookie| cookie.from);
    let found = found(organisation, table, since, from, end);
    let size = request
        .preferences
        .page_size
        .unwrap_or(page::LARGEST)
        .min(page::LARGEST);
    let more = found.len() > size;
    let renderer = Renderer {
        organisation,
        preferences: &request.preferences,
        service,
        of_set: true,
        nests: false,
    };
    let mut last = from;
    let rows: Vec<Json> = found
        .into_iter()
        .take(size)
        .map(|(version, change)| {
            last = version;
            match change {
                Change::Row(id, row) => Json::Object(renderer.row(table, id, row, &query)),
                Change::Gone(id) => json!({
                    "@odata.context": format!("{service}/$metadata#{}/$deletedEntity", described.set),
                    "id": id.to_string(),
                    "reason": "deleted",
                }),
            }
        })
        .collect();
    let mut body = Map::new();
    let names = query.select.names(described, &query.expand);
    body.insert(
        "@odata.context".to_owned(),
        Json::String(format!(
            "{}/$delta",
            context(service, &described.set, &names, false)
        )),
    );
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let select = options
        .get("$select")
        .map(|names| format!("$select={}&", encode(names).replace("%2C", ",")))
        .unwrap_or_default();
    let (name, link) = if more {
        let cookie = Cookie {
            since,
            from: last,
            end,
        };
        (
            "@odata.nextLink",
            format!("$skiptoken={}", encode(&cookie.text())),
        )
    } else {
        let token = Token {
            version: end,
            at_seconds: caller.now.as_second(),
        };
        (
            "@odata.deltaLink",
            format!("$deltatoken={}", encode(&token.text())),
        )
    };
    body.insert(
        name.to_owned(),
        Json::String(format!("{service}/{}?{select}{link}", described.set)),
    );
    body.insert("value".to_owned(), Json::Array(rows));
    Ok(Answer::json(200, &Json::Object(body)).applying(&request.preferences))
}

/// How many rows changed since the token.
pub(super) fn count(
    organisation: &Organisation,
    caller: &Caller,
    token: &str,
    table: TableId,
) -> Result<Answer, Refusal> {
    let since = Token::read(token, caller.now)?.version;
    let found = found(
        organisation,
        table,
        Some(since),
        since,
        organisation.version(),
    );
    Ok(Answer::text(format!("\u{feff}{}", found.len())))
}

/// Changes after `from` up to `end`: rows in the order of their versions, then deletions.
fn found(
    organisation: &Organisation,
    table: TableId,
    since: Option<u64>,
    from: u64,
    end: u64,
) -> Vec<(u64, Change<'_>)> {
    // Deletions follow all rows, so that their places in the order are beyond every version.
    const BEYOND: u64 = 1 << 62;
    let mut found: Vec<(u64, Change<'_>)> = organisation
        .rows(table)
        .filter(|(_, row)| row.version > from && row.version <= end)
        .map(|(id, row)| (row.version, Change::Row(id, row)))
        .collect();
    found.sort_by_key(|(version, _)| *version);
    if let Some(since) = since {
        found.extend(
            organisation
                .deleted_since(table, since)
                .filter(|gone| gone.version <= end && BEYOND + gone.version > from)
                .filter(|gone| organisation.row(table, gone.id).is_none())
                .map(|gone| (BEYOND + gone.version, Change::Gone(gone.id))),
        );
    }
    found
}

/// Where the next page of changes begins.
struct Cookie {
    since: Option<u64>,
    from: u64,
    end: u64,
}

impl Cookie {
    fn text(&self) -> String {
        let since = self
            .since
            .map(|since| since.to_string())
            .unwrap_or_default();
        format!(
            "<cookie pagenumber=\"2\" pagingcookie=\"{since}!{}!{}\" istracking=\"True\" />",
            self.from, self.end
        )
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        let read = || {
            let (_, rest) = text.split_once("pagingcookie=\"")?;
            let mut parts = rest.split_once('"')?.0.split('!');
            let since = parts.next()?;
            Some(Self {
                since: if since.is_empty() {
                    None
                } else {
                    Some(since.parse().ok()?)
                },
                from: parts.next()?.parse().ok()?,
                end: parts.next()?.parse().ok()?,
            })
        };
        read().ok_or_else(|| Refusal::bad_query("Malformed XML in the Paging Cookie"))
    }
}
