//! Any schedule of webhooks ends in the state of a clean run, over HTTP: the steps of the stand-in really fire, and what they
//! send is dropped, doubled, overtaken, stripped, garbled and refused on its way; the sweep comes last.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use cxloop_domain::names::ResponseKey;
use cxloop_domain::record_changed::RecordChanged;
use cxloop_ports::{Clock, Loops, NewLoop, Remedy, TiedCase};
use cxloop_sandbox::dataverse::AsyncService;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::changing::{Agent, back, back_until_done, changed, fields};
use super::rules;
use crate::drawn::Drawn;
use crate::world::{Answered, World};

/// What Dataverse takes out of a body over 256 KB. Source: Microsoft Learn, "Use webhooks to create external handlers for
/// server events".
const STRIPPED: [&str; 4] = [
    "ParentContext",
    "InputParameters",
    "PreEntityImages",
    "PostEntityImages",
];

/// The longest delay of a system job, in seconds. Jobs of one moment overtake each other within it.
const JITTER_SECONDS: i64 = 20;

/// What becomes of the next webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    Dropped,
    Doubled,
    Garbled,
    Stripped,
    Refused,
}

const FATES: [Fate; 8] = [
    Fate::Arrives,
    Fate::Arrives,
    Fate::Arrives,
    Fate::Dropped,
    Fate::Doubled,
    Fate::Garbled,
    Fate::Stripped,
    Fate::Refused,
];

/// Something that an agent does.
#[derive(Debug, Clone, Copy)]
enum Edit {
    Status(u64),
    Kind(Option<u64>),
    Comment(u64),
    Resolve,
    Reactivate,
}

/// A case in one world, with the response that it answers.
struct Case<'w> {
    world: &'w World,
    agent: &'w Agent<'w>,
    key: ResponseKey,
    id: Uuid,
}

impl<'w> Case<'w> {
    /// A case of a customer, opened by somebody else and tied to a response: how it came to that is another test's matter.
    async fn open(world: &'w World, agent: &'w Agent<'w>, customer: &str) -> Self {
        let key = world.answer(&Answered::visit(3));
        let customer = format!("/contacts({customer})");
        let row = json!({"title": "Avaría", "customerid_contact@odata.bind": customer});
        let id = agent.create("incidents", row).await;
        let new = NewLoop {
            response: key.clone(),
            survey: "store-visit".into(),
            began_at: world.clock.now(),
            score: None,
        };
        world.store.begin(&new, &[]).await.unwrap();
        let ticket = "CAS-1";
        let tied = TiedCase { id, ticket };
        let done = world.store.tie_case(&key.loop_id(), &tied, &[]).await;
        done.unwrap();
        Self {
            world,
            agent,
            key,
            id,
        }
    }

    async fn edit(&self, edit: Edit) {
        let (agent, id) = (self.agent, self.id);
        match edit {
            Edit::Status(value) => agent.set(id, json!({ "statuscode": value })).await,
            Edit::Kind(value) => agent.set(id, json!({ "casetypecode": value })).await,
            Edit::Comment(number) => {
                let text = format!("<p>comentario {number}.</p>");
                agent.note(id, "[public] Avaría", &text).await;
            }
            Edit::Resolve => self.world.resolve(id).await,
            Edit::Reactivate => {
                let active = json!({ "statecode": 0, "statuscode": 1 });
                agent.set(id, active).await;
            }
        }
    }

    /// What has to be equal in the end: the fields, what the last note says of the case, and each comment once.
    fn end(&self, comments: u64) -> (BTreeMap<String, Value>, String, BTreeSet<u64>) {
        let notes = self.world.response_notes(&self.key);
        let last = notes.last().unwrap();
        let (_, status) = last.split_once(": ").unwrap_or_else(|| panic!("{last}"));
        let status = status.split('.').next().unwrap().to_owned();
        let mut told = BTreeSet::new();
        for number in 1..=comments {
            let text = format!("comentario {number}.");
            match notes.iter().filter(|note| note.contains(&text)).count() {
                0 => {}
                1 => assert!(told.insert(number)),
                times => panic!("comment {number} was told {times} times: {notes:#?}"),
            }
        }
        (fields(self.world, &self.key), status, told)
    }
}

/// The fates that the schedule in hand has drawn, for what happens on the receiving side.
type Fates = Arc<Mutex<Vec<Fate>>>;

/// Takes the next fate and does to a body what it says.
fn on_the_way(fates: &Fates, body: Vec<u8>) -> Option<Vec<u8>> {
    match fates.lock().unwrap().pop() {
        Some(Fate::Refused) => None,
        Some(Fate::Stripped) => {
            let mut context: Value = serde_json::from_slice(&body).unwrap();
            let context = context.as_object_mut().unwrap();
            context.retain(|key, _| !STRIPPED.contains(&key.as_str()));
            Some(serde_json::to_vec(context).unwrap())
        }
        _ => Some(body),
    }
}

/// A world whose CRM tells of changes, and one beside it that goes by itself.
struct Worlds {
    fired: World,
    clean: World,
    fates: Fates,
    /// Somebody who is a customer in both.
    customer: String,
}

impl Worlds {
    async fn new() -> Self {
        let (fired, clean) = (
            World::with_rules(&rules()).await,
            World::with_rules(&rules()).await,
        );
        let fates = Fates::default();
        let drawn = Arc::clone(&fates);
        let on_the_way = Arc::new(move |body| on_the_way(&drawn, body));
        fired.tells_of_changes(on_the_way).await;
        // What is known to the sweep before is not found by it afterwards.
        sweep::handle(&fired.sweep()).await.unwrap();
        let customer = fired.rows("contacts", "$select=contactid&$top=1").await;
        Self {
            fired,
            clean,
            fates,
            customer: customer[0]["contactid"].as_str().unwrap().to_owned(),
        }
    }

    fn same_time(&self) {
        self.clean.clock.set(self.fired.clock.now());
    }

    /// Orders what becomes of the next webhook, by the stand-in or by the receiver.
    fn order(&self, fate: Fate) {
        let word = match fate {
            Fate::Arrives => return,
            Fate::Dropped => "drop",
            Fate::Doubled => "double",
            Fate::Garbled => "garble",
            Fate::Stripped | Fate::Refused => return self.fates.lock().unwrap().push(fate),
        };
        let rule = json!({"target": "dynamics", "match": "/webhooks/", "webhook": word});
        let rule = serde_json::from_value(rule).unwrap();
        self.fired.faults.add(rule).unwrap();
    }

    /// Lets the time of every system job come.
    async fn told(&self) {
        self.fired.clock.advance(JITTER_SECONDS + 2);
        self.fired.dataverse.jobs_ended().await;
        self.fired.faults.clear();
        self.fates.lock().unwrap().clear();
    }
}

/// What waits in the queue of the function: when it is due, and the event.
type Queue = Vec<(Timestamp, u64, RecordChanged)>;

/// What was published since, into the queue; some of it twice, as a queue may.
fn queued(world: &World, seen: &mut usize, queue: &mut Queue, drawn: &mut Drawn) {
    let published = world.bus.published();
    for event in published.iter().skip(*seen) {
        if event.name != "RecordChanged" {
            continue;
        }
        let change: RecordChanged = serde_json::from_str(&event.detail).unwrap();
        for _ in 0..drawn.one_of(&[1, 1, 1, 2]) {
            let late = SignedDuration::from_secs(i64::try_from(drawn.below(8)).unwrap());
            queue.push((world.clock.now() + late, drawn.below(100), change.clone()));
        }
    }
    *seen = published.len();
}

/// Delivers what is due, to a worker of its own each; with trouble on the far side while `troubled`.
async fn work(world: &World, queue: &mut Queue, drawn: &mut Drawn, troubled: bool) {
    queue.sort_by_key(|(due, order, _)| (*due, *order));
    let now = world.clock.now();
    let due: Queue = queue.extract_if(.., |(due, ..)| *due <= now).collect();
    for (_, order, change) in due {
        if troubled && drawn.one_in(6) {
            let trouble = drawn.one_of(&[
                ("dynamics", "GET /api/data/v9.2/incidents"),
                ("wxm", "/api/Answer/"),
                ("wxm", "/api/answers/update"),
                ("wxm", "/api/Answers/Note/"),
            ]);
            let cut = drawn.one_of(&["before", "after"]);
            let rule = json!({"target": trouble.0, "match": trouble.1, "drop": cut});
            let rule = serde_json::from_value(rule).unwrap();
            world.faults.add(rule).unwrap();
        }
        let done = back(world, &change).await;
        world.faults.clear();
        let Err(failure) = done else { continue };
        let seconds = match failure.remedy {
            Remedy::ComeBack { after_seconds } => i64::from(after_seconds),
            Remedy::Retry => 5,
            ref other => panic!("{other:?}: {failure:?}"),
        };
        queue.push((now + SignedDuration::from_secs(seconds), order, change));
    }
}

/// The next edit of a case, which is resolved or not.
fn next_edit(drawn: &mut Drawn, resolved: &mut bool, comments: &mut u64) -> Edit {
    match drawn.below(8) {
        0 | 1 => {
            *comments += 1;
            Edit::Comment(*comments)
        }
        2 | 3 => {
            *resolved = !*resolved;
            if *resolved {
                Edit::Resolve
            } else {
                Edit::Reactivate
            }
        }
        _ if *resolved => {
            *comments += 1;
            Edit::Comment(*comments)
        }
        4 => Edit::Kind(drawn.one_of(&[None, Some(1), Some(2), Some(3)])),
        _ => Edit::Status(1 + drawn.below(4)),
    }
}

async fn schedule(seed: u64, worlds: &Worlds) {
    let (fired, clean) = (&worlds.fired, &worlds.clean);
    // They sign in anew, because an hour goes by in a few schedules.
    let (agent, other_agent) = (Agent::new(fired).await, Agent::new(clean).await);
    let mut drawn = Drawn(seed);
    let service = AsyncService {
        seed,
        delay: SignedDuration::from_secs(1),
        jitter: SignedDuration::from_secs(JITTER_SECONDS),
        lanes: 1,
    };
    fired.dataverse.run_jobs(service);
    worlds.same_time();
    let case = Case::open(fired, &agent, &worlds.customer).await;
    let twin = Case::open(clean, &other_agent, &worlds.customer).await;
    worlds.told().await;
    let (mut queue, mut seen) = (Queue::new(), fired.bus.published().len());
    let (mut resolved, mut comments) = (false, 0);
    for _ in 0..=drawn.below(5) {
        worlds.same_time();
        let edit = next_edit(&mut drawn, &mut resolved, &mut comments);
        case.edit(edit).await;
        twin.edit(edit).await;
        worlds.order(drawn.one_of(&FATES));
        // What is not told yet overtakes, or is overtaken by, what comes next.
        if drawn.one_in(2) {
            worlds.told().await;
            queued(fired, &mut seen, &mut queue, &mut drawn);
            work(fired, &mut queue, &mut drawn, true).await;
        }
    }
    worlds.told().await;
    fired.clock.advance(301);
    sweep::handle(&fired.sweep()).await.unwrap();
    queued(fired, &mut seen, &mut queue, &mut drawn);
    while !queue.is_empty() {
        fired.clock.advance(2);
        work(fired, &mut queue, &mut drawn, false).await;
    }
    worlds.same_time();
    back_until_done(clean, &changed(twin.id, &format!("clean {seed}"))).await;
    let (end, expected) = (case.end(comments), twin.end(comments));
    assert_eq!(end, expected, "seed {seed}");
}

async fn schedules(seeds: std::ops::Range<u64>) {
    let worlds = Worlds::new().await;
    for seed in seeds {
        schedule(seed, &worlds).await;
    }
}

#[tokio::test]
async fn fifty_schedules_of_fired_webhooks_end_as_clean_runs_do() {
    schedules(0..50).await;
}

#[tokio::test]
async fn fifty_more_schedules_of_fired_webhooks_end_as_clean_runs_do() {
    schedules(50..100).await;
}
