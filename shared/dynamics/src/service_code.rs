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

impl ServiceCode {
    /// A row with this primary key does not exist ("ObjectDoesNotExist").
    pub const OBJECT_DOES_NOT_EXIST: Self = Self(0x8004_0217);
    /// No row has these alternate key values.
    pub const NOT_FOUND_BY_KEY: Self = Self(0x8006_0891);
    /// A row with the same primary key exists.
    pub const DUPLICATE_RECORD: Self = Self(0x8004_0237);
    /// A row with the same alternate key exists.
    pub const DUPLICATE_ALTERNATE_KEY: Self = Self(0x8006_0892);
    /// The row changed since the version named in `If-Match`.
    pub const VERSION_MISMATCH: Self = Self(0x8006_0882);
    /// A duplicate detection rule found a similar row.
    pub const DUPLICATES_FOUND: Self = Self(0x8004_0333);
    /// Too many requests in the window of five minutes.
    pub const TOO_MANY_REQUESTS: Self = Self(0x8007_2322);
    /// Too much execution time in the window of five minutes.
    pub const TOO_MUCH_TIME: Self = Self(0x8007_2321);
    /// Too many requests at once.
    pub const TOO_MANY_AT_ONCE: Self = Self(0x8007_2326);
    /// The caller lacks a privilege.
    pub const PRIVILEGE_DENIED: Self = Self(0x8004_0220);
    /// The caller lacks a privilege on this row.
    pub const NOT_ENOUGH_PRIVILEGE: Self = Self(0x8004_8306);
    /// The caller may not reach this row.
    pub const ACCESS_DENIED: Self = Self(0x8004_8405);
    /// A plug-in of the organisation refused; the message is the plug-in's.
    pub const PLUGIN_REFUSED: Self = Self(0x8004_0265);
    /// The database failed, for instance in a deadlock.
    pub const SQL_ERROR: Self = Self(0x8004_4150);
    /// The database did not answer in time.
    pub const SQL_TIMEOUT: Self = Self(0x8004_4151);
    /// The service failed without saying why.
    pub const UNEXPECTED: Self = Self(0x8004_0216);
    /// A text is longer than its column.
    pub const TEXT_TOO_LONG: Self = Self(0x8004_4331);
    /// A number is not one of the column's choices.
    pub const NOT_A_CHOICE: Self = Self(0x8004_431a);
    /// An argument is not acceptable.
    pub const INVALID_ARGUMENT: Self = Self(0x8004_0203);
    /// A required column has no value.
    pub const REQUIRED_COLUMN_MISSING: Self = Self(0x8004_0200);
    /// The status reason does not belong to the state.
    pub const INVALID_STATUS: Self = Self(0x8004_8408);
    /// The body could not be read, for instance because it names an undeclared property.
    pub const UNREADABLE_BODY: Self = Self(0x8004_8d19);
    /// The request names something that the service does not have.
    pub const BAD_REQUEST_URI: Self = Self(0x8006_0888);
    /// The case is already closed.
    pub const CASE_ALREADY_CLOSED: Self = Self(0x8004_4411);
    /// The row already has an active queue item.
    pub const QUEUE_ITEM_EXISTS: Self = Self(0x8004_0526);
    /// Open activities forbid closing the case.
    pub const OPEN_ACTIVITIES: Self = Self(0x8004_440a);
    /// The queue is inactive.
    pub const INACTIVE_QUEUE: Self = Self(0x8004_0521);

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
