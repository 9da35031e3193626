//! Steps that fire: registrations, what webhooks are told, and when.

mod agents;
mod asynchronous;
mod bodies;
mod bypassing;
mod faults;
mod images;
mod messages;
mod receiver;
mod registered;
mod registration;
mod synchronous;
