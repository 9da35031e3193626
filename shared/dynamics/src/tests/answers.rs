//! `docs/dynamics-answers.md` is what the code does: every status with every code is looked up in
//! the page's table, and the table is written from the same lines.

use std::{collections::BTreeSet, fs, path::PathBuf};

use cxloop_ports::Remedy;
use serde_json::json;

use crate::{
    Action::{self, DecideAgain, LookForOurRow, Park, RefreshToken, RetryLater, WaitUntil},
    Error,
    FailureKind::{self, Configuration},
    ServiceCode, classify,
};

use super::answer_lines::{LINES, Line, WITHOUT_STATUS};

/// One answer that Dynamics may give.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) status: u16,
    pub(super) code: Option<ServiceCode>,
    pub(super) message: &'static str,
    pub(super) names_a_wait: bool,
}

impl Given {
    fn error(self) -> Error {
        let code = self.code.map_or(String::new(), |code| code.to_string());
        let body = json!({"error": {"code": code, "message": self.message}}).to_string();
        Error::from_answer(self.status, body.as_bytes(), self.names_a_wait.then_some(7))
    }
}

/// A code that has no line of its own.
const UNNAMED: &str = "0x80041234";

/// The documented messages that stand in for a missing code, and none.
pub(super) const GONE: &str = "incident With Id = 5f0c Does Not Exist";
pub(super) const KEY_EXISTS: &str = "A record with matching key values already exists.";
pub(super) const CHANGED: &str =
    "The version of the existing record doesn't match the RowVersion property provided.";
pub(super) const DUPLICATE: &str =
    "A record was not created or updated because a duplicate of the current record already exists.";

fn every_answer() -> impl Iterator<Item = Given> {
    let coded = ServiceCode::NAMED
        .iter()
        .copied()
        .map(Some)
        .chain([ServiceCode::parse(UNNAMED)])
        .map(|code| (code, ""));
    let worded = ["", GONE, KEY_EXISTS, CHANGED, DUPLICATE, "outra cousa"].map(|text| (None, text));
    let bodies: Vec<_> = coded.chain(worded).collect();
    (100..600).flat_map(move |status| {
        let bodies = bodies.clone();
        bodies.into_iter().flat_map(move |(code, message)| {
            [false, true].map(|names_a_wait| Given {
                status,
                code,
                message,
                names_a_wait,
            })
        })
    })
}

fn variant(error: &Error) -> String {
    let debug = format!("{error:?}");
    let end = debug.find(['(', ' ']).unwrap_or(debug.len());
    debug[..end].to_owned()
}

#[test]
fn every_status_with_every_code_is_on_the_page() {
    let mut used = BTreeSet::new();
    for given in every_answer() {
        let error = given.error();
        let place = LINES
            .iter()
            .position(|line| (line.fits)(&given))
            .unwrap_or_else(|| panic!("{given:?} is on no line"));
        used.insert(place);
        let line = &LINES[place];
        assert_eq!(
            variant(&error),
            line.meaning,
            "{given:?} by the line {} {}",
            line.status,
            line.with
        );
    }
    let unused: Vec<&str> = (0..LINES.len())
        .filter(|place| !used.contains(place))
        .map(|place| LINES[place].status)
        .collect();
    assert!(unused.is_empty(), "lines that no answer fits: {unused:?}");
}

/// The words of the page for what is done.
fn next(action: Action, kind: FailureKind) -> &'static str {
    match (action, kind) {
        (WaitUntil { .. }, _) => "wait",
        (RetryLater, Configuration) => "mend",
        (RetryLater, _) => "retry",
        (RefreshToken, _) => "renew",
        (LookForOurRow, _) => "look",
        (DecideAgain, _) => "decide again",
        (Park, _) => "park",
    }
}

fn next_after(error: &Error) -> &'static str {
    let verdict = classify(error);
    next(verdict.action, verdict.kind)
}

#[test]
fn the_words_of_the_page_are_the_remedies_of_the_queue() {
    let connection = super::case_desk::connection_name();
    let now = jiff::Timestamp::UNIX_EPOCH;
    for given in every_answer().filter(|given| given.status >= 300) {
        let error = given.error();
        let remedy = crate::case_desk::failure("open the case", &error, &connection, now).remedy;
        let expected = match next_after(&error) {
            "wait" => matches!(remedy, Remedy::WaitUntil { .. }),
            "mend" => remedy == Remedy::Mend,
            "retry" | "renew" => remedy == Remedy::Retry,
            _ => remedy == Remedy::Park,
        };
        assert!(expected, "{given:?}: {remedy:?}");
    }
}

fn table() -> String {
    let mut table =
        String::from("| Dynamics answers | with | which means | next |\n|---|---|---|---|\n");
    for Line {
        status,
        with,
        meaning,
        ..
    } in LINES
    {
        let example = every_answer()
            .find(|given| {
                LINES.iter().position(|line| (line.fits)(given)) == Some(place(status, with))
            })
            .unwrap_or_else(|| panic!("no answer fits {status} {with}"));
        let error = example.error();
        let next = next_after(&error);
        let words = error
            .to_string()
            .replace("wait 7 s", "wait")
            .replace("wait 30 s", "wait");
        let words = words.split(&[':', ';'][..]).next().unwrap_or_default();
        let words = words.replace(&format!(" with status {}", example.status), "");
        table.push_str(&format!(
            "| {status} | {with} | `{meaning}`: {words} | {next} |\n"
        ));
    }
    for (what, error) in WITHOUT_STATUS {
        let error = error();
        let next = next_after(&error);
        table.push_str(&format!("| {what} | | `{}` | {next} |\n", variant(&error)));
    }
    table
}

fn place(status: &str, with: &str) -> usize {
    LINES
        .iter()
        .position(|line| line.status == status && line.with == with)
        .expect("the line is one of the lines")
}

/// `CXLOOP_WRITE_DOCS=1 cargo test -p cxloop-dynamics the_page` writes the table anew.
#[test]
fn the_page_holds_this_table() {
    const START: &str = "<!-- written by shared/dynamics/src/tests/answers.rs -->\n";
    const END: &str = "<!-- end -->";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/dynamics-answers.md");
    let page = fs::read_to_string(&path).unwrap();
    let start = page
        .find(START)
        .expect("the page marks where its table begins")
        + START.len();
    let end = page.find(END).expect("the page marks where its table ends");
    let table = table();
    if std::env::var_os("CXLOOP_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{}{table}{}", &page[..start], &page[end..])).unwrap();
    } else {
        assert_eq!(&page[start..end], table, "run with CXLOOP_WRITE_DOCS=1");
    }
}
