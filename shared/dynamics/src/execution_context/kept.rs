//! From the bytes that were kept to what follows from them: the same for whoever publishes them, now or later.

use cxloop_domain::configuration::DynamicsConnection;
use cxloop_domain::record_changed::{self, Heard, Origin};

use super::{ExecutionContext, Unreadable};

/// Reads a body and decides what follows from it.
///
/// # Errors
/// As for [`ExecutionContext::read`].
pub fn hear(
    body: &[u8],
    connection: &DynamicsConnection,
    origin: &Origin,
) -> Result<Heard, Unreadable> {
    let notice = ExecutionContext::read(body)?.notice();
    Ok(record_changed::hear(&notice, connection, origin))
}
