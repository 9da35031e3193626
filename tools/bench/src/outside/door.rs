//! The door at which Dynamics tells of changes.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use cxloop_sandbox::launch::set_up_dynamics;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::{Outside, serve};
use crate::Error;

/// What Dynamics tells of one operation.
pub struct Told {
    /// The body.
    pub body: String,
    /// Takes the status that is answered; Dynamics tries again or gives up without one.
    pub answer: oneshot::Sender<u16>,
}

impl Outside {
    /// Sets Dynamics up as `cxloop setup dynamics` does, so that it tells of what is changed from now on.
    ///
    /// # Errors
    /// A port cannot be had, or the stand-in refuses what it is given.
    pub async fn told_of_changes(&mut self) -> Result<UnboundedReceiver<Told>, Error> {
        let (told, telling) = unbounded_channel();
        let door = Router::new().fallback(take).with_state(told);
        let url = serve(door, &mut self.servers).await?;
        let set_up = set_up_dynamics(&self.configuration, &url).await;
        set_up.map_err(|why| Error::unusable("the stand-in of Dynamics", format!("{why:#}")))?;
        self.dynamics.jobs_ended().await;
        Ok(telling)
    }
}

async fn take(State(told): State<UnboundedSender<Told>>, body: String) -> StatusCode {
    let (answer, answered) = oneshot::channel();
    // Nobody listens any more once what was to be measured is over.
    let _ = told.send(Told { body, answer });
    let status = answered.await.unwrap_or(503);
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}
