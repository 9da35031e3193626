//! Setting up an organisation whose connection is cut in the middle: the next run finishes it and makes nothing twice.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use cxloop_domain::configuration::{self, Connection};
use cxloop_domain::names::ConnectionName;
use cxloop_domain::setup::Plan;
use cxloop_domain::setup::dynamics::{Action, EndpointWanted, Wanted, plan, removal, steps};
use cxloop_dynamics::setup::Organisation;
use cxloop_ports::Failure;
use cxloop_sandbox::dataverse::{Dataverse, Model};
use cxloop_sandbox::stand_in::{Calls, DropAt, FaultRule, Faults, Wire, serve_on, wall_clock};
use cxloop_testkit::ManualClock;
use cxloop_testkit::fakes::FakeSecrets;
use secrecy::SecretString;
use tokio::net::TcpListener;

const SECRET: &str = "abcdefghijklmnopqrstuvwxyz012345";

/// An empty organisation whose connections can be cut.
struct Scene {
    organisation: Organisation,
    wanted: Wanted,
    faults: Faults,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Scene {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let dynamics = Dataverse::new(Model::customer_service().unwrap(), wall_clock());
        let faults = Faults::new();
        let wire = Wire::new("dynamics", faults.clone(), Calls::new(), wall_clock());
        let server = tokio::spawn(serve_on(listener, dynamics.router(), wire));
        let text = format!(
            "connections:\n  dynamics: {{ kind: dynamics, url: \"{url}\", token_url: \"{url}/t/oauth2/v2.0/token\", secret: s }}\n"
        );
        let configuration = configuration::read(&text).unwrap();
        let (name, connection) = configuration.dynamics().unwrap();
        let secrets = ["tenant", "client_id", "client_secret"]
            .into_iter()
            .fold(FakeSecrets::default(), |secrets, field| {
                secrets.with("s", field, "sandbox")
            });
        let clock = Arc::new(ManualClock::new(wall_clock()()));
        let organisation = Organisation::connect(name, connection, &secrets, clock)
            .await
            .unwrap();
        // The token is there before anything is cut.
        organisation.who_am_i().await.unwrap();
        let wanted = Wanted {
            endpoint: endpoint(name),
            steps: steps(&configuration),
        };
        assert!(matches!(
            configuration.connections[name],
            Connection::Dynamics(_)
        ));
        Self {
            organisation,
            wanted,
            faults,
            server,
        }
    }

    async fn plan(&self) -> Plan<Action> {
        let tables: BTreeSet<&str> = self
            .wanted
            .steps
            .iter()
            .map(|step| step.table.as_str())
            .collect();
        let found = self
            .organisation
            .look(&self.wanted.endpoint, &tables)
            .await
            .unwrap();
        plan(&self.wanted, &found)
    }

    async fn carry_out(&self, action: &Action) -> Result<(), Failure> {
        let secret = SecretString::from(SECRET.to_owned());
        self.organisation
            .carry_out(action, 1033, Some(&secret))
            .await
    }

    async fn run(&self) {
        for action in self.plan().await.actions() {
            self.carry_out(action).await.unwrap();
        }
    }

    fn cut(&self, at: DropAt) {
        let rule = FaultRule {
            target: "dynamics".into(),
            pattern: "POST ".into(),
            status: None,
            retry_after: None,
            delay_ms: None,
            drop: Some(at),
            webhook: None,
            times: 1,
        };
        self.faults.add(rule).unwrap();
    }
}

fn endpoint(name: &ConnectionName) -> EndpointWanted {
    EndpointWanted::of(
        name,
        "https://cxloop.example/webhooks/dynamics",
        Some("00ff00ff00ff00ff".into()),
    )
}

/// Every fifth action is cut: at each of them would take a minute.
async fn cut_at_each(at: DropAt, first: usize) {
    let actions = Scene::new().await.plan().await.actions().count();
    assert!(actions > 30, "{actions}");
    for number in (first..actions).step_by(5) {
        let scene = Scene::new().await;
        let begun = scene.plan().await;
        for (place, action) in begun.actions().enumerate().take(number + 1) {
            if place == number {
                scene.cut(at);
            }
            let done = scene.carry_out(action).await;
            assert_eq!(done.is_err(), place == number, "{action:?}: {done:?}");
        }
        scene.run().await;
        let left = scene.plan().await;
        let open: Vec<String> = left.open().map(|line| line.told()).collect();
        assert!(left.is_done(), "cut {at:?} at action {number}: {open:?}");
        let lines: Vec<&String> = left.lines.iter().map(|line| &line.what).collect();
        let distinct: HashSet<&&String> = lines.iter().collect();
        assert_eq!(
            distinct.len(),
            lines.len(),
            "nothing is there twice: {lines:?}"
        );
    }
}

#[tokio::test]
async fn a_set_up_whose_request_never_arrived_is_finished_by_the_next() {
    cut_at_each(DropAt::Before, 0).await;
}

#[tokio::test]
async fn a_set_up_whose_answer_was_lost_is_finished_by_the_next_and_makes_nothing_twice() {
    cut_at_each(DropAt::After, 2).await;
}

#[tokio::test]
async fn a_removal_is_harmless_twice() {
    let scene = Scene::new().await;
    scene.run().await;
    let tables = BTreeSet::new();
    let found = scene
        .organisation
        .look(&scene.wanted.endpoint, &tables)
        .await
        .unwrap();
    let away = removal(&scene.wanted.endpoint, &found, true);
    for _ in 0..2 {
        for action in away.actions().filter(|action| {
            !matches!(
                action,
                Action::RemoveKey { .. } | Action::RemoveColumn(_) | Action::RemoveTable(_)
            )
        }) {
            scene.carry_out(action).await.unwrap();
        }
    }
    let found = scene
        .organisation
        .look(&scene.wanted.endpoint, &tables)
        .await
        .unwrap();
    assert!(found.endpoint.is_none() && found.solution.is_none() && found.publisher.is_none());
}
