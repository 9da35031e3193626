//! No value can break out of its quotes or out of its query option.

use proptest::prelude::*;
use uuid::Uuid;

use crate::{Etag, Filter, Literal, Query, Request};

/// Reads a quoted OData string from the front, as the service does: its value and what follows.
fn read_quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let quote = rest.find('\'')?;
        value.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, rest)),
        }
    }
}

#[test]
fn values_are_written_in_the_notation_of_odata() {
    let moment: jiff::Timestamp = "2026-09-01T12:30:00.75+02:00".parse().unwrap();
    let id: Uuid = "5F0C6A52-9C2D-5A53-8D2A-0D6A4F1F7B11".parse().unwrap();
    let decimal = |units, decimals| Literal::Decimal { units, decimals };
    let table = [
        (Literal::from("d'Ourense"), "'d''Ourense'"),
        (Literal::from(""), "''"),
        (Literal::from(-3), "-3"),
        (Literal::from(true), "true"),
        (Literal::Null, "null"),
        (decimal(725, 2), "7.25"),
        (decimal(-5, 2), "-0.05"),
        (decimal(3, 0), "3"),
        (decimal(i64::MIN, 4), "-922337203685477.5808"),
        (Literal::from(jiff::civil::date(2026, 9, 1)), "2026-09-01"),
        (Literal::from(moment), "2026-09-01T10:30:00Z"),
        (Literal::from(id), "5f0c6a52-9c2d-5a53-8d2a-0d6a4f1f7b11"),
    ];
    for (literal, text) in table {
        assert_eq!(literal.to_string(), text);
    }
}

#[test]
fn operators_and_functions_are_spelled_as_documented() {
    let filter = Filter::ne("a", 1)
        .and(Filter::gt("b", 2))
        .or(Filter::ge("c", 3).and(Filter::lt("d", 4)))
        .and(Filter::le("e", 5));
    assert_eq!(
        filter.as_text(),
        "(((a ne 1 and b gt 2) or (c ge 3 and d lt 4)) and e le 5)"
    );
    assert_eq!(
        Filter::contains("title", "50%_[x]").as_text(),
        "contains(title,'50[%][_][[]x]')"
    );
    assert_eq!(
        Filter::starts_with("title", "Ñ").as_text(),
        "startswith(title,'Ñ')"
    );
}

#[test]
fn an_etag_that_would_end_its_header_line_is_refused() {
    for text in ["", "W/\"1\"\r\nIf-Match: *", "W/\"é\"", "\n"] {
        assert!(Etag::new(text).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_out_of_its_quotes(value in any::<String>()) {
        let filter = Filter::eq("emailaddress1", value.as_str());
        let quoted = filter.as_text().strip_prefix("emailaddress1 eq ").unwrap();
        prop_assert_eq!(read_quoted(quoted), Some((value, "")));
    }

    #[test]
    fn no_text_breaks_out_of_its_query_option(value in any::<String>()) {
        let filter = Filter::eq("emailaddress1", value.as_str());
        let expected = filter.as_text().to_owned();
        let resource = Request::list("contacts", &Query::new().filter(filter).top(1)).resource("cxloop");
        prop_assert!(resource.bytes().all(|byte| (0x21..0x7f).contains(&byte)), "{}", resource);
        let url = reqwest::Url::parse(&format!("https://example.com/{resource}")).unwrap();
        let options: Vec<_> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(options, [
            ("$filter".to_owned(), expected),
            ("$top".to_owned(), "1".to_owned()),
        ]);
        prop_assert_eq!(url.fragment(), None);
    }

    #[test]
    fn no_wildcard_survives_in_a_search_for_text(value in any::<String>()) {
        let filter = Filter::contains("title", &value);
        let inner = filter.as_text().strip_prefix("contains(title,").unwrap();
        let (pattern, rest) = read_quoted(inner).unwrap();
        prop_assert_eq!(rest, ")");
        let unescaped = pattern.replace("[%]", "%").replace("[_]", "_").replace("[[]", "[");
        prop_assert_eq!(unescaped, value);
    }
}
