//! Whether a change is one of our own writes coming back.

use uuid::Uuid;

/// The tag of our own writes. It travels as `?tag=` with each request and comes back in the shared variables of what the
/// request causes. Source: Microsoft Learn, "Add a shared variable from the Web API".
pub const OWN_TAG: &str = "cxloop";

/// Who did something in the CRM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorship {
    /// Whether the operation, or the one that it is part of, carries our tag.
    pub is_tagged: bool,
    /// Who began the request.
    pub initiating_user: Option<Uuid>,
    /// In whose name the operation ran.
    pub user: Option<Uuid>,
    /// Whom the row names as having written it.
    pub modified_by: Option<Uuid>,
}

impl Authorship {
    /// Whether this tag is one of ours: [`OWN_TAG`], alone or with more after a colon.
    pub fn is_own_tag(tag: &str) -> bool {
        tag.trim()
            .strip_prefix(OWN_TAG)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    /// Whether it is an own write: begun by us *and* carried out as us.
    ///
    /// It was begun by us when it carries our tag or our application user initiated it. Within the same transaction a
    /// plug-in or a real-time workflow of the company may write as somebody else, in a person's name or the system's: that
    /// is a follow-up, which nobody here knows the result of, and no own write. Who wrote is told by the row itself
    /// (`modifiedby`), else by the user in whose name the operation ran.
    ///
    /// Without a known application user, a tagged operation is ours unless it ran as another user than who began it. Somebody
    /// else who sends our tag is not believed where the application user is known.
    pub fn is_own_write(&self, application_user: Option<Uuid>) -> bool {
        let written_by = self.modified_by.or(self.user);
        match application_user {
            Some(ours) => {
                let begun = match self.initiating_user {
                    Some(user) => user == ours,
                    None => self.is_tagged || self.user == Some(ours),
                };
                begun && written_by.is_none_or(|user| user == ours)
            }
            None => {
                self.is_tagged
                    && (self.initiating_user.is_none()
                        || written_by.is_none()
                        || written_by == self.initiating_user)
            }
        }
    }
}
