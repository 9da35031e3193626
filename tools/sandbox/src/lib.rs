//! The local sandbox of cxloop: stand-ins of the outside systems, each a library that serves itself on a
//! listener, with the clock, the faults and the log of calls handed in; the AWS emulator; the front that a person
//! sees; and the launcher that starts all of them.

pub mod dataverse;
pub mod emulator;
pub mod front;
pub mod launch;
pub mod stand_in;
pub mod text_messages;
pub mod wxm;
