//! The Dataverse stand-in over real HTTP: what it answers and, above all, what it refuses, each as the documentation says.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod agent_page;
mod batch;
mod bodies;
mod cases;
mod columns;
mod conditions;
mod organisation;
mod queries;
mod queues;
mod service;
mod tokens;
