//! Which page a request asks for.

use cxloop_domain::console::INVITATION_STATES;
use cxloop_domain::names::{LoopId, ResponseId};
use lambda_http::http::Method;
use uuid::Uuid;

use crate::invitations::Listing;

/// The pages and the JSON beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `GET /loops`
    Newest,
    /// `GET /loops/{id}`
    One(LoopId),
    /// `POST /loops/{id}/replay`
    Replay(LoopId),
    /// `GET /invitations?state={word}&before={time}`
    Invitations(Listing),
    /// `GET /invitations/{id}`
    Invitation(Uuid),
    /// `POST /invitations/{id}/replay`
    ReplayInvitation(Uuid),
    /// `GET /assets/console.css`
    Style,
    /// `GET /api/loops`
    ApiNewest,
    /// `GET /api/loops?response={id}`
    ApiOfResponse(ResponseId),
    /// `GET /api/loops/{id}`
    ApiOne(LoopId),
    /// `GET /api/invitations?state={word}&before={time}`
    ApiInvitations(Listing),
    /// `GET /api/invitations/{id}`
    ApiInvitation(Uuid),
}

impl Route {
    /// Reads method, path and query. The stage of the API, where it stands in front, is passed over.
    pub(crate) fn of(method: &Method, path: &str, query: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let begin = parts
            .iter()
            .position(|part| ["loops", "invitations", "api", "assets"].contains(part))?;
        match (method, &parts[begin..]) {
            (&Method::GET, ["loops"]) => Some(Self::Newest),
            (&Method::GET, ["loops", id]) => id_of(id).map(Self::One),
            (&Method::POST, ["loops", id, "replay"]) => id_of(id).map(Self::Replay),
            (&Method::GET, ["invitations"]) => listing_of(query).map(Self::Invitations),
            (&Method::GET, ["invitations", id]) => id.parse().ok().map(Self::Invitation),
            (&Method::POST, ["invitations", id, "replay"]) => {
                id.parse().ok().map(Self::ReplayInvitation)
            }
            (&Method::GET, ["assets", "console.css"]) => Some(Self::Style),
            (&Method::GET, ["api", "loops"]) => match value_of("response", query) {
                None => Some(Self::ApiNewest),
                Some(response) => decoded(response).parse().ok().map(Self::ApiOfResponse),
            },
            (&Method::GET, ["api", "loops", id]) => id_of(id).map(Self::ApiOne),
            (&Method::GET, ["api", "invitations"]) => listing_of(query).map(Self::ApiInvitations),
            (&Method::GET, ["api", "invitations", id]) => id.parse().ok().map(Self::ApiInvitation),
            _ => None,
        }
    }
}

fn id_of(part: &str) -> Option<LoopId> {
    decoded(part).parse().ok()
}

fn value_of<'q>(name: &str, query: &'q str) -> Option<&'q str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Which part of the invitations is asked for; none when a state or a time is none.
fn listing_of(query: &str) -> Option<Listing> {
    let state = match value_of("state", query).filter(|word| !word.is_empty()) {
        None => None,
        Some(word) => {
            let (known, _) = INVITATION_STATES.iter().find(|(known, _)| *known == word)?;
            Some(*known)
        }
    };
    let before = match value_of("before", query).filter(|time| !time.is_empty()) {
        None => None,
        Some(time) => Some(decoded(time).parse().ok()?),
    };
    Some(Listing { state, before })
}

/// Undoes percent encoding. Ids are plain ASCII, so a byte that is not stays encoded and is refused as an id.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        let byte = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(u8::is_ascii_graphic);
        match byte {
            Some(byte) => {
                decoded.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_stands_or_percent_encoded() {
        let of = |path: &str| Route::of(&Method::GET, path, "");
        let expected = Some(Route::One("wxm~52c7".parse().unwrap()));
        assert_eq!(of("/loops/wxm~52c7"), expected);
        assert_eq!(of("/loops/wxm%7E52c7"), expected);
        assert_eq!(of("/prod/loops/wxm~52c7"), expected);
        for nothing in [
            "/loops/a%20b",
            "/loops/a%2",
            "/loops/a/b/c",
            "/other",
            "/assets/else.css",
        ] {
            assert_eq!(of(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn invitations_are_asked_for_by_state_and_time() {
        let of = |path: &str, query: &str| Route::of(&Method::GET, path, query);
        let all = Listing::default();
        assert_eq!(
            of("/invitations", ""),
            Some(Route::Invitations(all.clone()))
        );
        assert_eq!(
            of("/api/invitations", "state="),
            Some(Route::ApiInvitations(all))
        );
        let before = "2026-11-22T10:00:00.123456789Z";
        let some = Listing {
            state: Some("not_sent"),
            before: Some(before.parse().unwrap()),
        };
        let encoded = before.replace(':', "%3A");
        for time in [before, &encoded] {
            let query = format!("before={time}&state=not_sent");
            assert_eq!(
                of("/invitations", &query),
                Some(Route::Invitations(some.clone()))
            );
        }
        for nothing in ["state=perdida", "before=onte"] {
            assert_eq!(of("/invitations", nothing), None, "{nothing}");
        }
        let id = Uuid::from_u128(7);
        let one = Some(Route::Invitation(id));
        assert_eq!(of(&format!("/prod/invitations/{id}"), ""), one);
        assert_eq!(of("/invitations/wxm~52c7", ""), None);
    }

    #[test]
    fn the_loop_of_a_response_is_asked_for_by_query() {
        let asked = Route::of(&Method::GET, "/api/loops", "x=1&response=52c7%3A1");
        assert_eq!(asked, Some(Route::ApiOfResponse("52c7:1".parse().unwrap())));
        assert_eq!(
            Route::of(&Method::GET, "/api/loops", ""),
            Some(Route::ApiNewest)
        );
        assert_eq!(Route::of(&Method::DELETE, "/api/loops", ""), None);
    }
}
