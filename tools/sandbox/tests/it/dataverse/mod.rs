//! The Dataverse stand-in over real HTTP: what it answers and, above all, what it refuses, each as the documentation says.

mod agent_page;
mod batch;
mod batch_refusals;
mod bodies;
mod bulk;
mod cases;
mod columns;
mod conditions;
mod emails;
mod entitlements;
mod functions;
mod limits;
mod lists;
mod merges;
mod organisation;
mod ownership;
mod queries;
mod queue_work;
mod queues;
mod sales;
mod service;
mod sharing;
mod tokens;
mod transitions;
mod users;
