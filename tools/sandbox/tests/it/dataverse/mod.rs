//! The Dataverse stand-in over real HTTP: what it answers and, above all, what it refuses, each as the documentation says.

mod activities;
mod agent_page;
mod alternate_keys;
mod batch;
mod batch_refusals;
mod bodies;
mod cases;
mod change_tracking;
mod columns;
mod conditions;
mod deep_insert;
mod definitions;
mod kept;
mod links;
mod new_definitions;
mod organisation;
mod ownership;
mod queries;
mod queues;
mod service;
mod solutions;
mod tokens;
