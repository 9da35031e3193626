//! The Dataverse stand-in over real HTTP: what it answers and, above all, what it refuses, each as the documentation says.

mod agent_page;
mod batch;
mod batch_refusals;
mod bodies;
mod cases;
mod columns;
mod conditions;
mod organisation;
mod ownership;
mod queries;
mod queues;
mod service;
mod tokens;
