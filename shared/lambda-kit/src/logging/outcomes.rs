//! The values of the field `outcome`. `docs/signals.md` has a row for each.

/// Constants and the list of all of them.
macro_rules! outcomes {
    ($($(#[$meaning:meta])* $name:ident = $outcome:literal;)+) => {
        $($(#[$meaning])* pub const $name: &str = $outcome;)+

        /// All of them.
        pub const ALL: &[&str] = &[$($outcome),+];
    };
}

outcomes! {
    /// A webhook is kept and its event published.
    ACCEPTED = "accepted";
    /// A webhook is kept; its event is left to the sweep.
    LEFT_TO_THE_SWEEP = "left to the sweep";
    /// A webhook is refused.
    REFUSED = "refused";
    /// Nothing follows from a webhook of the CRM.
    PASSED_OVER = "passed over";
    /// A webhook could not be kept now; the sender was asked to try again.
    NOT_KEPT = "not kept";
    /// Events of bodies that were kept and never published are published.
    SWEPT = "swept";
    /// A response is taken in.
    TAKEN_IN = "taken in";
    /// What a message speaks of is not there any more.
    GONE = "gone";
    /// The rules or thresholds were held against a response.
    DECIDED = "decided";
    /// A page of the contacts' addresses was hashed into the index.
    HASHED = "hashed";
    /// The case of a response stands.
    CASE_STANDS = "case stands";
    /// What a threshold asks for is done.
    ACTED_ON = "acted on";
    /// Refused for good and put aside for a person.
    PARKED = "parked";
    /// The case stands, and the platform refuses the note with its number.
    NOT_NOTED = "not noted";
    /// What an agent did stands on the response.
    WRITTEN_BACK = "written back";
    /// The platform refuses a part of what an agent did, and the rest stands on the response; or a response may not follow its case.
    NOT_WRITTEN_BACK = "not written back";
    /// It is known what became of an invitation to a survey.
    INVITATION_SETTLED = "invitation settled";
    /// A message is done with.
    DONE = "done";
    /// A message is sent to its queue again with a delay.
    SENT_AGAIN = "sent again";
    /// A message could not be sent again; its queue delivers it anew.
    NOT_SENT_AGAIN = "not sent again";
    /// A connection could not be closed for the other functions.
    GATE_NOT_CLOSED = "gate not closed";
    /// A message comes every minute until a person mends the set-up.
    WAITS_UNTIL_MENDED = "waits until mended";
    /// Failed; the queue delivers a message again, a schedule starts anew.
    FAILED = "failed";
    /// A message that is no event for its queue.
    UNREADABLE = "unreadable";
    /// A bug: the handler panicked.
    PANICKED = "panicked";
    /// A message for which no time was left.
    NOT_BEGUN = "not begun";
    /// A batch with a record without id.
    BATCH_FAILED = "batch failed";
    /// A page or answer of the console could not be given.
    NOT_ANSWERED = "not answered";
    /// The function did not start.
    NOT_STARTED = "not started";
}
