//! The fakes keep the contracts, and the harness notices what it is there to notice.

mod fakes;
mod harness;
mod sending;
