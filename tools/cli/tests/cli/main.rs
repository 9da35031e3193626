//! The `cxloop` program, run as a person runs it.

#![expect(
    clippy::unwrap_used,
    reason = "a scene that cannot be set is a failed test"
)]

mod apply;
mod check;
mod check_schema;
mod check_surveys;
mod check_write_back;
mod dead_letters;
mod doctor;
mod events;
mod program;
mod replay;
mod send;
mod set_up_scene;
mod setup_dynamics;
mod setup_secret;
mod setup_wxm;
mod table;
mod usage;
