//! `$expand`: navigation properties with options in parentheses, also inside one another.
//! Source: Microsoft Learn, "Join tables using OData".

use super::super::model::{Collection, Navigation, TableId};
use super::super::refusal::Refusal;
use super::options::split_outside;
use super::{Options, Query, Reading, related};

/// At most this many navigation properties in one query, on all levels together.
const MOST: usize = 15;

/// The options that an expanded navigation property may have; `$skip`, `$count`, `$search` and `$levels` are refused.
const KNOWN: &[&str] = &["$select", "$filter", "$orderby", "$top", "$expand"];

/// One navigation property to expand.
#[derive(Debug)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) to: To,
    pub(crate) query: Query,
    /// `/$ref`: the address of the row instead of its columns.
    pub(crate) reference: bool,
    /// The options, for the address of the collection.
    pub(crate) options: Vec<String>,
    /// What the context address says of it.
    context: String,
}

impl Expand {
    /// What the context address says of it, for example `Account_Tasks(subject)`.
    pub(crate) fn context(&self) -> String {
        self.context.clone()
    }
}

/// Where an expand leads.
#[derive(Debug)]
pub(crate) enum To {
    Row(Navigation),
    /// A user or a team, of which only the key is known before looking.
    Owner(Navigation),
    Rows(Collection),
}

/// Reads an `$expand` over `table`.
pub(super) fn read(
    reading: Reading<'_>,
    table: TableId,
    text: &str,
) -> Result<Vec<Expand>, Refusal> {
    let mut remaining = MOST;
    let expands = level(reading, table, text, &mut remaining)?;
    let nests = expands.iter().any(|item| !item.query.expand.is_empty());
    check(&expands, nests)?;
    Ok(expands)
}

fn level(
    reading: Reading<'_>,
    table: TableId,
    text: &str,
    remaining: &mut usize,
) -> Result<Vec<Expand>, Refusal> {
    let mut expands: Vec<Expand> = Vec::new();
    let items = split_outside(text, ',');
    for item in items
        .into_iter()
        .map(str::trim)
        .filter(|item| !item.is_empty())
    {
        *remaining = remaining.checked_sub(1).ok_or_else(|| {
            Refusal::bad_query(format!(
                "A query may expand at most {MOST} navigation properties."
            ))
        })?;
        let expand = read_item(reading, table, item, remaining)?;
        if expands.iter().any(|before| before.name == expand.name) {
            return Err(Refusal::bad_query(format!(
                "The navigation property '{}' is expanded more than once.",
                expand.name
            )));
        }
        expands.push(expand);
    }
    Ok(expands)
}

fn read_item(
    reading: Reading<'_>,
    table: TableId,
    item: &str,
    remaining: &mut usize,
) -> Result<Expand, Refusal> {
    let (name, options) = match item.split_once('(') {
        Some((name, rest)) => (
            name.trim(),
            rest.strip_suffix(')').ok_or_else(|| {
                Refusal::bad_query(format!(
                    "Found an unbalanced bracket expression in '{item}'."
                ))
            })?,
        ),
        None => (item, ""),
    };
    let (name, reference) = match name.strip_suffix("/$ref") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let own = reading.model().table(table);
    let (to, target) = if let Some(collection) = related::collection(own, name) {
        (To::Rows(collection.clone()), Some(collection.table))
    } else if let Some(navigation) = own.navigation(name) {
        match navigation.tables[..] {
            [target] => (To::Row(navigation.clone()), Some(target)),
            _ => (To::Owner(navigation.clone()), None),
        }
    } else {
        return Err(Refusal::unknown_property(name, &own.name));
    };
    if let Some(target) = target {
        reading.may_read(target)?;
    }
    if reference && matches!(to, To::Rows(_)) {
        return Err(Refusal::bad_query(
            "Expand with $ref is only supported on lookup type navigation property.",
        ));
    }
    let mut query = Query::default();
    let mut context = name.to_owned();
    if reference {
        context = format!("{name},{name}/$ref()");
    } else if let Some(target) = target {
        let nested = Options::read_nested(options);
        nested.refuse_unknown(KNOWN)?;
        query = Query::read_flat(reading, target, &nested)?;
        if let Some(text) = nested.get("$expand") {
            query.expand = level(reading, target, text, remaining)?;
        }
        let names = query
            .select
            .names(reading.model().table(target), &query.expand);
        if !names.is_empty() {
            context = format!("{name}({names})");
        }
    }
    Ok(Expand {
        name: name.to_owned(),
        to,
        query,
        reference,
        options: split_outside(options, ';')
            .into_iter()
            .map(|option| option.trim().to_owned())
            .filter(|option| !option.is_empty())
            .collect(),
        context,
    })
}

/// Refuses what cannot stand together in one query.
fn check(expands: &[Expand], nests: bool) -> Result<(), Refusal> {
    let many_to_many = |item: &Expand| matches!(&item.to, To::Rows(to) if to.through.is_some());
    let of_pairs = expands.iter().filter(|item| many_to_many(item)).count();
    if of_pairs > 0 && (of_pairs < expands.len() || nests) {
        return Err(Refusal::bad_query(
            "An expanded many-to-many relationship cannot be combined with other relationships or nested.",
        ));
    }
    for item in expands {
        let single = !matches!(item.to, To::Rows(_));
        if (single || nests) && (item.query.top.is_some() || !item.query.order.is_by_key()) {
            return Err(Refusal::bad_query(
                "Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.",
            ));
        }
        if item.query.expand.iter().any(many_to_many) {
            return Err(Refusal::bad_query(
                "A many-to-many relationship cannot be expanded inside another $expand.",
            ));
        }
        check(&item.query.expand, nests)?;
    }
    Ok(())
}
