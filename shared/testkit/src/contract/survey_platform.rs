//! Promises of a survey platform.

use cxloop_domain::case_write_back::{Intended, IntendedNote, Written};
use cxloop_domain::names::ResponseId;
use cxloop_ports::{Noted, Remedy, SurveyPlatform};

use super::well;

/// What the suite needs of the platform it is held against.
pub struct SurveyFixture {
    /// A response that the platform has, without notes.
    pub known: ResponseId,
    /// A well-formed id that the platform does not have.
    pub unknown: ResponseId,
    /// A webhook body that announces the known response under the name `Detractors`.
    pub body: Vec<u8>,
    /// Whether responses can be asked for by id.
    pub fetches: bool,
}

/// Checks a survey platform.
pub async fn survey_platform(platform: &dyn SurveyPlatform, fixture: &SurveyFixture) {
    let hint = platform
        .parse(&fixture.body)
        .expect("the fixture's body is well-formed");
    assert_eq!(hint.response, fixture.known);
    for garbage in [
        &b""[..],
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe",
        "{\"avaría\":1}".as_bytes(),
    ] {
        let unparsable = platform
            .parse(garbage)
            .expect_err("what says nothing is unparsable");
        assert!(!unparsable.reason.is_empty(), "and the reason is given");
        assert!(
            !unparsable.reason.contains("avaría"),
            "without the content: {}",
            unparsable.reason
        );
    }

    if fixture.fetches {
        assert_eq!(hint.notification, "Detractors");
        let response = well(platform.fetch(&fixture.known).await).expect("the platform has it");
        assert_eq!(response.key.response, fixture.known);
        assert_eq!(
            well(platform.fetch(&fixture.known).await),
            Some(response),
            "asked twice, answered the same"
        );
        assert_eq!(
            well(platform.fetch(&fixture.unknown).await),
            None,
            "what it does not know is no error"
        );
    }

    let marker = "a1b2c3d4e5f6";
    let text = format!("A incidencia CAS-00001 está aberta. [{marker}]");
    let first = well(platform.note(&fixture.known, marker, &text).await);
    let second = well(platform.note(&fixture.known, marker, &text).await);
    match first {
        Noted::Written => assert_eq!(second, Noted::AlreadyThere, "a note is written once"),
        Noted::NotSupported => assert_eq!(second, Noted::NotSupported),
        Noted::AlreadyThere => panic!("the fixture's response has a note already"),
    }
    if first == Noted::Written {
        let other = "f6e5d4c3b2a1";
        let text = format!("A incidencia CAS-00001 volve estar aberta. [{other}]");
        let noted = well(platform.note(&fixture.known, other, &text).await);
        assert_eq!(noted, Noted::Written, "another marker is another note");
    }

    let takes = platform.capabilities();
    let back = Intended {
        note: Some(IntendedNote {
            marker: "0a1b2c3d4e5f".to_owned(),
            text: "Caso CAS-00001: resolto. [0a1b2c3d4e5f]".to_owned(),
        }),
        fields: std::collections::BTreeMap::new(),
        ticket: "CAS-00001".to_owned(),
        status: Some("resolto".to_owned()),
        comments: 0,
        after: Written::default(),
    };
    for known in [true, true, false] {
        let response = if known {
            &fixture.known
        } else {
            &fixture.unknown
        };
        let written = platform.write_back(response, &back).await;
        match written {
            Ok(settled) => assert!(
                known && takes.notes && settled.refused.is_empty(),
                "{settled:?}"
            ),
            Err(failure) => assert!(
                failure.remedy == Remedy::Park && !(known && takes.notes),
                "{failure:?}"
            ),
        }
    }
}
