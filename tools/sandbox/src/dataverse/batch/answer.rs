//! Writing the answer to a batch: `batchresponse_<guid>` around the parts, `changesetresponse_<guid>` around a change set.

use super::super::drawn;
use super::super::message::Answer;

/// The answer to one request.
pub(super) struct Done {
    pub(super) content_id: Option<String>,
    pub(super) answer: Answer,
}

/// The answer to one item of the batch.
pub(super) enum Part {
    Single(Done),
    ChangeSet(Vec<Done>),
}

impl Part {
    pub(super) fn failed(&self) -> bool {
        let failed = |done: &Done| done.answer.status >= 400;
        match self {
            Self::Single(done) => failed(done),
            Self::ChangeSet(all) => all.iter().any(failed),
        }
    }
}

/// The whole answer. It begins with the boundary line itself, on which callers split.
pub(super) fn write(status: u16, parts: &[Part]) -> Answer {
    let boundary = format!("batchresponse_{}", drawn::key());
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        match part {
            Part::Single(done) => write_done(&mut body, done),
            Part::ChangeSet(all) => {
                let inner = format!("changesetresponse_{}", drawn::key());
                body.extend_from_slice(
                    format!("Content-Type: multipart/mixed; boundary={inner}\r\n\r\n").as_bytes(),
                );
                for done in all {
                    body.extend_from_slice(format!("--{inner}\r\n").as_bytes());
                    write_done(&mut body, done);
                }
                body.extend_from_slice(format!("--{inner}--\r\n").as_bytes());
            }
        }
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Answer {
        status,
        body,
        content_type: Some(format!("multipart/mixed; boundary={boundary}")),
        ..Answer::default()
    }
}

fn write_done(body: &mut Vec<u8>, done: &Done) {
    body.extend_from_slice(
        b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n",
    );
    if let Some(content_id) = &done.content_id {
        body.extend_from_slice(format!("Content-ID: {content_id}\r\n").as_bytes());
    }
    body.extend_from_slice(b"\r\n");
    done.answer.write_part(body);
}
