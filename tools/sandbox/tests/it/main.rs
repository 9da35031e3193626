//! The stand-ins and the front of the sandbox over real connections, in one program.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up or read fails the test, and says where"
)]

mod dataverse;
mod front;
mod wxm;
