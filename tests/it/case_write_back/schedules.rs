//! Any schedule of edits and events ends in the state of a clean run: thousands of them, on fakes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxloop_domain::case_write_back::{CaseRecord, Comment, CommentKind};
use cxloop_domain::cases::CaseState;
use cxloop_domain::columns::CrmColumn;
use cxloop_domain::configuration::{Configuration, read};
use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::RecordChanged;
use cxloop_ports::{Clock, Configurations, Failure, Loops, NewLoop, Remedy, TiedCase};
use cxloop_testkit::fakes::{
    FakeCaseRecords, FakePlatforms, FakeRecordDesks, FakeSignals, FakeStore, FakeSurveys,
};
use cxloop_testkit::{ManualClock, samples};
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::changing::changed;
use crate::drawn::Drawn;

const CONFIGURATION: &str = r#"
connections:
  wxm: { kind: wxm, secret: s }
  dynamics: { kind: dynamics, url: "https://contoso.crm4.dynamics.com", secret: s }
write_back:
  comments: { subject_starts_with: "[public]" }
  fields:
    - { question: STATUS, column: statuscode }
    - { question: CAUSE, column: cause }
"#;

const CASE: Uuid = Uuid::from_u128(7);

struct Scene {
    clock: Arc<ManualClock>,
    store: Arc<FakeStore>,
    records: Arc<FakeCaseRecords>,
    surveys: Arc<FakeSurveys>,
    key: ResponseKey,
    comments: u128,
    worker: u64,
}

impl Scene {
    async fn new(configuration: &Configuration) -> Self {
        let clock = Arc::new(ManualClock::default());
        let store = Arc::new(FakeStore::default());
        let surveys = Arc::new(FakeSurveys::new("wxm"));
        let records = Arc::new(FakeCaseRecords::default());
        store.apply(configuration).await.unwrap();
        let response = samples::response("wxm/r-1", 3);
        let key = response.key.clone();
        surveys.submit(response);
        let new = NewLoop {
            response: key.clone(),
            survey: "visita".into(),
            began_at: clock.now(),
            score: None,
        };
        store.begin(&new, &[]).await.unwrap();
        let tied = TiedCase {
            id: CASE,
            ticket: "CAS-1",
        };
        store.tie_case(&key.loop_id(), &tied, &[]).await.unwrap();
        records.put(CaseRecord {
            id: CASE,
            row_version: 0,
            state: CaseState::Active,
            status: "s0".into(),
            ticket: "CAS-1".into(),
            owner: None,
            created_at: clock.now(),
            resolved_at: None,
            resolution: None,
            reopen_count: 0,
            merged_into: None,
            columns: BTreeMap::new(),
            comments: Vec::new(),
        });
        Self {
            clock,
            store,
            records,
            surveys,
            key,
            comments: 0,
            worker: 0,
        }
    }

    /// Each delivery is another worker's.
    async fn deliver(&mut self, change: &RecordChanged) -> Result<(), Failure> {
        self.worker += 1;
        let deps = case_write_back::Deps {
            configurations: self.store.clone(),
            plans: self.store.clone(),
            claims: self.store.clone(),
            loops: self.store.clone(),
            gates: self.store.clone(),
            records: Arc::new(FakeRecordDesks::with(&self.records)),
            platforms: Arc::new(FakePlatforms::default().with(&self.surveys)),
            clock: self.clock.clone(),
            signals: Arc::new(FakeSignals::default()),
            worker: format!("w-{}", self.worker),
        };
        case_write_back::handle(&deps, change.clone()).await
    }

    /// Something that an agent does.
    fn edit(&mut self, drawn: &mut Drawn) {
        let (kind, value) = (drawn.below(4), drawn.below(3));
        let number = self.comments + 1;
        let at = self.clock.now();
        self.records.change(CASE, |case| match kind {
            0 | 1 => {
                case.status = format!("s{value}");
                let status = CrmColumn {
                    value: json!(value),
                    label: Some(format!("s{value}")),
                };
                case.columns.insert("statuscode".into(), status);
            }
            2 if value == 0 => {
                case.columns.remove("cause");
            }
            2 => {
                let cause = CrmColumn {
                    value: json!(format!("causa {value}")),
                    label: None,
                };
                case.columns.insert("cause".into(), cause);
            }
            _ => case.comments.push(Comment {
                id: Uuid::from_u128(number),
                kind: CommentKind::Note,
                subject: "[public]".into(),
                text: format!("<p>comentario {number}.</p>"),
                written_at: at,
                is_ours: false,
                went_out: false,
                marker: None,
            }),
        });
        if kind == 3 {
            self.comments = number;
        }
    }

    /// What has to be equal in the end: the fields, what the last note says of the case, and each comment once.
    async fn end(&self) -> (BTreeMap<String, String>, String, BTreeSet<u128>) {
        let notes = self.surveys.notes(&self.key.response);
        let last = notes.last().cloned().unwrap_or_default();
        let status = last
            .split(['.', '\n'])
            .next()
            .unwrap_or_default()
            .to_owned();
        let mut told = BTreeSet::new();
        for number in 1..=self.comments {
            let text = format!("comentario {number}.");
            let times = notes.iter().filter(|note| note.contains(&text)).count();
            assert!(
                times <= 1,
                "comment {number} was told {times} times: {notes:#?}"
            );
            if times == 1 {
                told.insert(number);
            }
        }
        (self.surveys.fields(&self.key.response), status, told)
    }
}

/// What waits in the queue: when it is due, and the event.
type Queue = Vec<(jiff::Timestamp, u64, RecordChanged)>;

/// Edits with their events dropped, doubled, late and out of order, workers that meet trouble, and a sweep at the end.
async fn schedule(seed: u64, configuration: &Configuration) {
    let mut drawn = Drawn(seed);
    let mut scene = Scene::new(configuration).await;
    let mut queue: Queue = Vec::new();
    let mut sent = 0;
    let edits = 1 + drawn.below(12);
    for number in 0..edits {
        scene.edit(&mut drawn);
        let copies = drawn.one_of(&[0, 1, 1, 1, 2]);
        for _ in 0..copies {
            let late = SignedDuration::from_secs(i64::try_from(drawn.below(20)).unwrap());
            sent += 1;
            queue.push((
                scene.clock.now() + late,
                sent,
                changed(CASE, &number.to_string()),
            ));
        }
        scene.clock.advance(i64::try_from(drawn.below(6)).unwrap());
        work(&mut scene, &mut queue, &mut drawn, Some(seed)).await;
    }
    // The sweep finds the case changed, whatever came of the events.
    queue.push((scene.clock.now(), sent + 1, changed(CASE, "sweep")));
    while !queue.is_empty() {
        scene.clock.advance(1);
        work(&mut scene, &mut queue, &mut drawn, None).await;
    }
    let (fields, status, told) = scene.end().await;

    let mut clean = Scene::new(configuration).await;
    clean.records = scene.records.clone();
    clean.comments = scene.comments;
    clean.deliver(&changed(CASE, "clean")).await.unwrap();
    let expected = clean.end().await;
    assert_eq!((fields, status, told), expected, "seed {seed}");
}

/// Delivers what is due by now. Trouble only while a seed is given.
async fn work(scene: &mut Scene, queue: &mut Queue, drawn: &mut Drawn, trouble: Option<u64>) {
    queue.sort_by_key(|(due, sent, _)| (*due, *sent));
    let now = scene.clock.now();
    let due: Queue = queue.extract_if(.., |(due, _, _)| *due <= now).collect();
    for (_, sent, change) in due {
        if trouble.is_some() && drawn.one_in(4) {
            let fault = Failure::retry("the far side is not answering", "");
            match drawn.below(3) {
                0 => scene.surveys.faults().next(fault),
                1 => scene.records.faults().next(fault),
                _ => scene.store.faults().next(fault),
            }
        }
        let Err(failure) = scene.deliver(&change).await else {
            continue;
        };
        let seconds = match failure.remedy {
            Remedy::ComeBack { after_seconds } => i64::from(after_seconds),
            Remedy::Retry => 5,
            other => panic!("{other:?}"),
        };
        let due = scene.clock.now() + SignedDuration::from_secs(seconds);
        queue.push((due, sent, change));
    }
    if trouble.is_some() {
        scene.surveys.faults().mend();
        scene.records.faults().mend();
        scene.store.faults().mend();
    }
}

#[tokio::test]
async fn any_schedule_of_edits_and_events_ends_as_a_clean_run_does() {
    let configuration = read(CONFIGURATION).unwrap();
    for seed in 0..3_000 {
        schedule(seed, &configuration).await;
    }
}

#[tokio::test]
async fn a_thousand_changes_a_minute_are_a_write_every_few_seconds() {
    let configuration = read(CONFIGURATION).unwrap();
    let mut scene = Scene::new(&configuration).await;
    let mut drawn = Drawn(1);
    let mut queue: Queue = Vec::new();
    for number in 0..1_000u64 {
        scene.edit(&mut drawn);
        let now = scene.clock.now();
        queue.push((now, number, changed(CASE, &number.to_string())));
        work(&mut scene, &mut queue, &mut drawn, None).await;
        scene.clock.set(now + SignedDuration::from_millis(60));
    }
    while !queue.is_empty() {
        scene.clock.advance(1);
        work(&mut scene, &mut queue, &mut drawn, None).await;
    }
    let (writes, reads) = (scene.surveys.writes(), scene.records.reads());
    assert!((10..=14).contains(&writes), "{writes} writes");
    assert!(reads <= 14, "{reads} reads");
    let (_, _, told) = scene.end().await;
    assert_eq!(
        told.len(),
        usize::try_from(scene.comments).unwrap(),
        "nothing is lost"
    );
}
