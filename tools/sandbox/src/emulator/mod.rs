//! The AWS emulator of the sandbox: starts MiniStack on loopback, deploys our template to it with the AWS SAM CLI, and says
//! what its queues hold.
//!
//! What it must not do: know what our functions mean. It starts, deploys and looks; secrets, configuration and stand-ins are
//! the launcher's.
//!
//! The functions run as processes of the emulator and inherit its environment, so that environment is built from nothing: a
//! proxy or a credential of the person who starts the sandbox must not reach them.

mod api;
mod deploy;
mod functions;
mod process;
mod queues;
mod sent;
mod stack;
#[cfg(test)]
mod tests;
mod tools;

pub use deploy::Deployment;
pub use process::{Emulator, EmulatorOptions};
pub use queues::{Depth, Depths};
pub use stack::Stack;
pub use tools::Tools;
