//! `GET`: the service document, sets, rows, properties, related rows, counts.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::super::access::Right;
use super::super::address::{self, Address};
use super::super::alternate;
use super::super::caller::Caller;
use super::super::message::{Answer, Request};
use super::super::metadata;
use super::super::model::{ColumnId, TableId};
use super::super::operations::{self, Invocation};
use super::super::payload::References;
use super::super::preferences::Condition;
use super::super::query::path::value_of;
use super::super::query::{Options, Query, Reading};
use super::super::refusal::Refusal;
use super::super::render::Renderer;
use super::super::rows::Organisation;
use super::{Service, context, delta};

/// Answers a request that only reads.
pub(crate) fn read(
    organisation: &Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    references: &References,
) -> Result<Answer, Refusal> {
    let path = references.resolve(&request.path)?;
    let model = organisation.model();
    if let Some(definitions) = metadata::Path::read(&path) {
        return metadata::read(organisation, caller, service, request, &definitions);
    }
    let path = alternate::plain(organisation, path, caller.now)?;
    let address = address::read(model, &path)?;
    if let Some(table) = address.table() {
        caller.may(Right::Read, model.table(table))?;
    }
    let options = Options::read(&request.query)?;
    let call = Invocation {
        caller,
        service,
        request,
        references,
        name: "",
        arguments: "",
    };
    let reader = Reader {
        organisation,
        caller,
        service,
        request,
        options: &options,
    };
    match address {
        Address::ServiceDocument => {
            let sets = model.tables().map(
                |(_, table)| json!({"name": table.set, "kind": "EntitySet", "url": table.set}),
            );
            Ok(Answer::json(
                200,
                &json!({"@odata.context": format!("{service}/$metadata"), "value": sets.collect::<Vec<_>>()}),
            ))
        }
        Address::Set(table) if delta::is_asked(request, &options) => {
            delta::changes(organisation, caller, service, request, &options, table)
        }
        Address::SetCount(table) if options.get("$deltatoken").is_some() => {
            let token = options.get("$deltatoken").unwrap_or_default();
            delta::count(organisation, caller, token, table)
        }
        Address::Set(table) => reader.rows(table, None, &model.table(table).set),
        Address::SetCount(table) => reader.count(table, None),
        Address::Row(table, id) => reader.row(table, id),
        Address::Property(table, id, column) => reader.property(table, id, column, false),
        Address::PropertyValue(table, id, column) => reader.property(table, id, column, true),
        Address::Related(table, id, navigation) => match reader.target(table, id, &navigation)? {
            Some((target, id)) => reader.row(target, id),
            None => Ok(Answer::empty(204)),
        },
        Address::RelatedReference(table, id, navigation) => {
            match reader.target(table, id, &navigation)? {
                Some((target, id)) => Ok(reader.reference(target, id)),
                None => Ok(Answer::empty(204)),
            }
        }
        Address::BelowRelated(table, id, navigation, rest) => {
            let Some((target, id)) = reader.target(table, id, &navigation)? else {
                return Ok(Answer::empty(204));
            };
            let path = format!("{}({id})/{rest}", model.table(target).set);
            below(organisation, caller, service, request, &path)
        }
        Address::CollectionReferences(table, id, name) => reader.references(table, id, &name),
        Address::CollectionReference(table, id, name, member) => {
            let target = reader.member(table, id, &name, member)?;
            Ok(reader.reference(target, member))
        }
        Address::BelowCollection(table, id, name, member, rest) => {
            let target = reader.member(table, id, &name, member)?;
            let path = format!("{}({member})/{rest}", model.table(target).set);
            below(organisation, caller, service, request, &path)
        }
        Address::Collection(table, id, name) => reader.collection(table, id, &name, false),
        Address::CollectionCount(table, id, name) => reader.collection(table, id, &name, true),
        Address::Function(name, arguments) if name == "RetrieveTotalRecordCount" => {
            reader.total_record_count(&arguments)
        }
        Address::Unbound(name) => operations::function(organisation, &call.of(&name, "")),
        Address::Function(name, arguments) => {
            operations::function(organisation, &call.of(&name, &arguments))
        }
        Address::Bound(table, id, name) => {
            operations::bound_function(organisation, &call.of(&name, ""), (table, id))
        }
        Address::BoundFunction(table, id, name, arguments) => {
            operations::bound_function(organisation, &call.of(&name, &arguments), (table, id))
        }
        Address::BoundToSet(..) => Err(Refusal::no_resource(&format!("{service}/{path}"))),
        Address::Batch => Err(Refusal::method_not_allowed("GET")),
    }
}

/// Answers for a path below a row that the request's own path leads to.
fn below(
    organisation: &Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
    path: &str,
) -> Result<Answer, Refusal> {
    let mut request = request.clone();
    request.path = utf8_percent_encode(path.trim_end_matches('/'), IN_PATHS).to_string();
    read(
        organisation,
        caller,
        service,
        &request,
        &References::at(service, caller.now),
    )
}

/// What would be read otherwise when a decoded path is read again.
const IN_PATHS: &AsciiSet = &CONTROLS.add(b'%');

/// One request that reads, with what it is answered from.
pub(super) struct Reader<'a> {
    pub(super) organisation: &'a Organisation,
    pub(super) caller: &'a Caller,
    pub(super) service: Service<'a>,
    pub(super) request: &'a Request,
    pub(super) options: &'a Options,
}

impl Reader<'_> {
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading::of(self.organisation, self.caller)
    }

    pub(super) fn renderer(&self, of_set: bool, query: &Query) -> Renderer<'_> {
        Renderer {
            organisation: self.organisation,
            preferences: &self.request.preferences,
            service: self.service,
            of_set,
            nests: query.nests(),
        }
    }

    /// One column: as JSON, or as bare text for `/$value`.
    /// Source: Microsoft Learn, "Retrieve a table row using the Web API".
    fn property(
        &self,
        table: TableId,
        id: Uuid,
        column: ColumnId,
        bare: bool,
    ) -> Result<Answer, Refusal> {
        let described = self.organisation.model().table(table);
        let row = self
            .organisation
            .row(table, id)
            .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
        let value = value_of(self.organisation, table, id, row, column);
        if value.is_null() {
            return Ok(Answer::empty(204));
        }
        let value = value.to_json();
        if bare {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            return Ok(Answer::text(text));
        }
        let context = format!(
            "{}/$metadata#{}({id})/{}",
            self.service, described.set, described.columns[column].wire
        );
        Ok(Answer::json(
            200,
            &json!({"@odata.context": context, "value": value}),
        ))
    }

    /// The row that a single-valued navigation property leads to.
    fn target(
        &self,
        table: TableId,
        id: Uuid,
        navigation: &str,
    ) -> Result<Option<(TableId, Uuid)>, Refusal> {
        let described = self.organisation.model().table(table);
        let row = self
            .organisation
            .row(table, id)
            .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
        let found = described
            .navigation(navigation)
            .ok_or_else(|| Refusal::unknown_segment(navigation))?;
        let target = row
            .at(found.column)
            .as_row()
            .filter(|(target, _)| found.tables.contains(target));
        if let Some((target, _)) = target {
            self.reading().may_read(target)?;
        }
        Ok(target)
    }

    pub(super) fn address_of(&self, table: TableId, id: Uuid) -> String {
        let set = &self.organisation.model().table(table).set;
        format!("{}/{set}({id})", self.service)
    }

    fn reference(&self, table: TableId, id: Uuid) -> Answer {
        let context = format!("{}/$metadata#$ref", self.service);
        let address = self.address_of(table, id);
        Answer::json(
            200,
            &json!({"@odata.context": context, "@odata.id": address}),
        )
    }

    /// The table of a collection's rows, when `member` is one of them.
    fn member(
        &self,
        table: TableId,
        id: Uuid,
        name: &str,
        member: Uuid,
    ) -> Result<TableId, Refusal> {
        let (target, among) = self.related(table, id, name)?;
        if among.contains(&member) {
            return Ok(target);
        }
        let target = self.organisation.model().table(target);
        Err(Refusal::missing_row(&target.name, member))
    }

    fn row(&self, table: TableId, id: Uuid) -> Result<Answer, Refusal> {
        self.options.refuse_for_one_row()?;
        let query = Query::read(self.reading(), table, self.options)?;
        let described = self.organisation.model().table(table);
        let row = self
            .organisation
            .row(table, id)
            .ok_or_else(|| Refusal::missing_row(&described.name, id))?;
        let etag = row.etag();
        // Source: Microsoft Learn, "Perform conditional operations using the Web API": no 304 with expands or annotations.
        let conditional = query.expand.is_empty() && !self.request.preferences.any_annotation();
        if conditional && self.request.if_none_match == Some(Condition::Tag(etag.clone())) {
            return Ok(Answer::empty(304).with("ETag", etag));
        }
        if matches!(&self.request.if_match, Some(Condition::Tag(expected)) if *expected != etag) {
            return Err(Refusal::version_mismatch());
        }
        let mut body = self.renderer(false, &query).row(table, id, row, &query);
        let names = query.select.names(described, &query.expand);
        body.insert(
            "@odata.context".to_owned(),
            Json::String(context(self.service, &described.set, &names, true)),
        );
        Ok(Answer::json(200, &Json::Object(body))
            .with("ETag", etag)
            .applying(&self.request.preferences))
    }
}
