//! The numbers Dataverse puts into the `code` of an error.

use std::fmt;

/// An error number of the service, such as `0x80040237`.
///
/// Services write it as hexadecimal text in either case (`0x8006088a`, `0x8006088A`) or as a
/// signed decimal (`-2147220969`); both are read to the same value. Text without a number and
/// zero mean "no code".
///
/// Source: Microsoft Learn, "Web service error codes".
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ServiceCode(u32);

/// Defines the codes and the list of them together, so that none is left out.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal;)+) => {
        impl ServiceCode {
            $($(#[doc = $doc])+ pub const $name: Self = Self($number);)+

            /// Every code that has a name here.
            pub const NAMED: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

codes! {
    /// A row with this primary key does not exist ("ObjectDoesNotExist").
    OBJECT_DOES_NOT_EXIST = 0x8004_0217;
    /// No row has these alternate key values.
    NOT_FOUND_BY_KEY = 0x8006_0891;
    /// A row with the same primary key exists.
    DUPLICATE_RECORD = 0x8004_0237;
    /// A row with the same alternate key exists.
    DUPLICATE_ALTERNATE_KEY = 0x8006_0892;
    /// The row changed since the version named in `If-Match`.
    VERSION_MISMATCH = 0x8006_0882;
    /// A duplicate detection rule found a similar row.
    DUPLICATES_FOUND = 0x8004_0333;
    /// The delta link or version stamp is older than the service remembers.
    EXPIRED_VERSION_STAMP = 0x8004_4352;
    /// Too many requests in the window of five minutes.
    TOO_MANY_REQUESTS = 0x8007_2322;
    /// Too much execution time in the window of five minutes.
    TOO_MUCH_TIME = 0x8007_2321;
    /// Too many requests at once.
    TOO_MANY_AT_ONCE = 0x8007_2326;
    /// The caller lacks a privilege.
    PRIVILEGE_DENIED = 0x8004_0220;
    /// The caller lacks a privilege on this row.
    NOT_ENOUGH_PRIVILEGE = 0x8004_8306;
    /// The caller may not reach this row.
    ACCESS_DENIED = 0x8004_8405;
    /// A plug-in of the organisation refused; the message is the plug-in's.
    PLUGIN_REFUSED = 0x8004_0265;
    /// The database failed, for instance in a deadlock.
    SQL_ERROR = 0x8004_4150;
    /// The database did not answer in time.
    SQL_TIMEOUT = 0x8004_4151;
    /// The service failed without saying why.
    UNEXPECTED = 0x8004_0216;
    /// A text is longer than its column.
    TEXT_TOO_LONG = 0x8004_4331;
    /// A number is not one of the column's choices.
    NOT_A_CHOICE = 0x8004_431a;
    /// An argument is not acceptable.
    INVALID_ARGUMENT = 0x8004_0203;
    /// A required column has no value.
    REQUIRED_COLUMN_MISSING = 0x8004_0200;
    /// The status reason does not belong to the state.
    INVALID_STATUS = 0x8004_8408;
    /// The body could not be read, for instance because it names an undeclared property.
    UNREADABLE_BODY = 0x8004_8d19;
    /// The request names something that the service does not have.
    BAD_REQUEST_URI = 0x8006_0888;
    /// The case is already closed.
    CASE_ALREADY_CLOSED = 0x8004_4411;
    /// The row already has an active queue item.
    QUEUE_ITEM_EXISTS = 0x8004_0526;
    /// Open activities forbid closing the case.
    OPEN_ACTIVITIES = 0x8004_440a;
    /// The queue is inactive.
    INACTIVE_QUEUE = 0x8004_0521;
}

impl ServiceCode {
    /// Reads the `code` of an error body; `None` for an empty, zero or unreadable one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16).ok()?,
            None => match text.parse::<i64>().ok()? {
                negative @ i64::MIN..0 => i32::try_from(negative).ok()?.cast_unsigned(),
                positive => u32::try_from(positive).ok()?,
            },
        };
        (number != 0).then_some(Self(number))
    }

    /// The number itself.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl fmt::Display for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

impl fmt::Debug for ServiceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
