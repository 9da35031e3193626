//! The survey platform's stand-in and the wire in front of it, asked over real connections without any of
//! the project's own clients.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up or read fails the test, and says where"
)]

mod answers;
mod form;
mod login;
mod notifications;
mod platform;
mod settings;
mod tokens;
mod wire;
