//! What must exist in the connected systems before cxloop can work with them, and what is to be done about the difference
//! between that and what is there.
//!
//! Everything here is data: [`dynamics`] and [`wxm`] say what is wanted, take what was found, and give lines of a [`Plan`].
//! Reading and writing the systems is the work of their connectors.

pub mod address;
pub mod dynamics;
mod plan;
pub mod secret;
pub mod wxm;

pub use plan::{Line, Mark, Plan};
