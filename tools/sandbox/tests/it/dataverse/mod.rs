//! The Dataverse stand-in over real HTTP: what it answers and, above all, what it refuses, each as the documentation says.

mod agent_page;
mod aggregates;
mod batch;
mod batch_refusals;
mod bodies;
mod cases;
mod columns;
mod conditions;
mod expands;
mod filters;
mod navigation;
mod organisation;
mod ownership;
mod paging;
mod queries;
mod query_functions;
mod queues;
mod service;
mod tokens;
