//! Keeping an organisation in a file over the end of a process.

use std::path::Path;

use super::Dataverse;
use super::caller::Caller;
use super::company;
use super::message::Request;
use super::metadata;
use super::rows::{LogError, Record, open_log};

impl Dataverse {
    /// Keeps everything that changes from now on in a file, after bringing back what the file has from before. Rows that a new
    /// organisation starts with must be there already; the file holds only what came to differ from them. A change is in the
    /// file before it is answered, so that a process that is killed between two requests loses nothing.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else.
    pub fn kept_in(self, path: &Path) -> Result<Self, LogError> {
        let (records, file) = open_log(path)?;
        {
            let mut organisation = self.writing();
            for record in &records {
                let Record::Definition(write) = record else {
                    organisation.restore(record);
                    continue;
                };
                let Some(place) = metadata::Path::read(&write.path) else {
                    continue;
                };
                let request = Request {
                    method: write.method.clone(),
                    path: write.path.clone(),
                    body: write.body.to_string().into(),
                    ..Request::default()
                };
                let caller = Caller {
                    now: write.at,
                    ..company::application_user(write.at)
                };
                if let Err(refusal) =
                    metadata::write(&mut organisation, &caller, "", &request, &place)
                {
                    tracing::error!(
                        code = refusal.code,
                        "a kept change of definitions was refused"
                    );
                }
            }
            organisation.settle_in();
            organisation.log_to(file);
        }
        Ok(self)
    }
}
