//! The survey platform's stand-in and the wire in front of it, asked over real connections without any of
//! the project's own clients.

mod answers;
mod form;
mod login;
mod notifications;
mod platform;
mod questions;
mod settings;
mod tokens;
mod wire;
