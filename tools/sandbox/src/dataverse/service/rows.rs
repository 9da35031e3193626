//! `GET` on a set or a collection: pages of rows, counts, references, groups.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::super::message::Answer;
use super::super::model::TableId;
use super::super::query::page::Cut;
use super::super::query::{Query, apply, page};
use super::super::refusal::Refusal;
use super::context;
use super::read::Reader;

const TOTAL: &str = "Microsoft.Dynamics.CRM.totalrecordcount";
const EXCEEDED: &str = "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded";

impl Reader<'_> {
    /// A page of rows, or the groups of an `$apply`. `among` limits them to the rows of a collection; `path` is where they are.
    pub(super) fn rows(
        &self,
        table: TableId,
        among: Option<Vec<Uuid>>,
        path: &str,
    ) -> Result<Answer, Refusal> {
        let query = Query::read(self.reading(), table, self.options)?;
        let described = self.organisation.model().table(table);
        let preferences = &self.request.preferences;
        let renderer = self.renderer(true, &query);
        if let Some(apply) = &query.apply {
            let groups = apply::answer(apply, &renderer, table, among)?;
            let context = context(self.service, &described.set, "", false);
            let body = json!({"@odata.context": context, "value": groups});
            return Ok(Answer::json(200, &body).applying(preferences));
        }
        let cut = Cut {
            page_size: preferences.page_size,
            count: false,
        };
        let page = page::page(self.organisation, table, &query, among, cut)?;
        let rows = page
            .rows
            .iter()
            .map(|(id, row)| Json::Object(renderer.row(table, *id, row, &query)));
        let mut body = Map::new();
        let names = query.select.names(described, &query.expand);
        body.insert(
            "@odata.context".to_owned(),
            Json::String(context(self.service, &described.set, &names, false)),
        );
        body.insert("value".to_owned(), Json::Array(rows.collect()));
        // Source: Microsoft Learn, "Count rows using OData".
        let counted = page.total.min(page::LARGEST);
        if query.count {
            body.insert("@odata.count".to_owned(), Json::from(counted));
        }
        if preferences.wants(TOTAL) {
            let total = if query.count {
                Json::from(counted)
            } else {
                Json::from(-1)
            };
            body.insert(format!("@{TOTAL}"), total);
        }
        if preferences.wants(EXCEEDED) {
            let exceeded = query.count && page.total > page::LARGEST;
            body.insert(format!("@{EXCEEDED}"), Json::Bool(exceeded));
        }
        if let Some(token) = page.next {
            let link = self.next_link(path, &token);
            body.insert("@odata.nextLink".to_owned(), Json::String(link));
        }
        Ok(Answer::json(200, &Json::Object(body)).applying(preferences))
    }

    /// The request's own address with another token.
    fn next_link(&self, path: &str, token: &str) -> String {
        let is_token = |name: &str| {
            percent_decode_str(name)
                .decode_utf8()
                .is_ok_and(|name| name == "$skiptoken")
        };
        let mut kept: Vec<String> = self
            .request
            .query
            .split('&')
            .filter(|pair| {
                !pair.is_empty() && !is_token(pair.split('=').next().unwrap_or_default())
            })
            .map(str::to_owned)
            .collect();
        kept.push(format!("$skiptoken={token}"));
        format!("{}/{path}?{}", self.service, kept.join("&"))
    }

    /// `/$count`: a number as text, which ends at the same limit as `$count=true`.
    pub(super) fn count(
        &self,
        table: TableId,
        among: Option<Vec<Uuid>>,
    ) -> Result<Answer, Refusal> {
        let query = Query::read(self.reading(), table, self.options)?;
        let counted = page::count(self.organisation, table, &query, among).min(page::LARGEST);
        // The service begins this text with a byte order mark.
        Ok(Answer::text(format!("\u{feff}{counted}")))
    }

    pub(super) fn collection(
        &self,
        table: TableId,
        id: Uuid,
        name: &str,
        count: bool,
    ) -> Result<Answer, Refusal> {
        let (target, among) = self.related(table, id, name)?;
        if count {
            return self.count(target, Some(among));
        }
        let set = &self.organisation.model().table(table).set;
        self.rows(target, Some(among), &format!("{set}({id})/{name}"))
    }

    /// The references of a collection. Source: Microsoft Learn, "Retrieve a table row using the Web API".
    pub(super) fn references(
        &self,
        table: TableId,
        id: Uuid,
        name: &str,
    ) -> Result<Answer, Refusal> {
        let (target, among) = self.related(table, id, name)?;
        let query = Query::read(self.reading(), target, self.options)?;
        let preferences = &self.request.preferences;
        let cut = Cut {
            page_size: preferences.page_size,
            count: false,
        };
        let page = page::page(self.organisation, target, &query, Some(among), cut)?;
        let value: Vec<Json> = page
            .rows
            .into_iter()
            .map(|(id, _)| json!({"@odata.id": self.address_of(target, id)}))
            .collect();
        let mut body = json!({
            "@odata.context": format!("{}/$metadata#Collection($ref)", self.service),
            "value": value,
        });
        if let Some(token) = page.next {
            let set = &self.organisation.model().table(table).set;
            let link = self.next_link(&format!("{set}({id})/{name}/$ref"), &token);
            body["@odata.nextLink"] = Json::String(link);
        }
        Ok(Answer::json(200, &body).applying(preferences))
    }

    /// The rows of a collection.
    pub(super) fn related(
        &self,
        table: TableId,
        id: Uuid,
        name: &str,
    ) -> Result<(TableId, Vec<Uuid>), Refusal> {
        let described = self.organisation.model().table(table);
        if self.organisation.row(table, id).is_none() {
            return Err(Refusal::missing_row(&described.name, id));
        }
        let collection = described
            .collection(name)
            .ok_or_else(|| Refusal::unknown_segment(name))?;
        self.reading().may_read(collection.table)?;
        Ok((collection.table, self.organisation.related(collection, id)))
    }

    /// `RetrieveTotalRecordCount(EntityNames=['account','contact'])`.
    /// Source: Microsoft Learn, "RetrieveTotalRecordCount Function"; the real numbers may be up to 24 hours old.
    pub(super) fn total_record_count(&self, arguments: &str) -> Result<Answer, Refusal> {
        const NAME: &str = "RetrieveTotalRecordCount";
        let names = super::arguments::read(NAME, arguments, self.options)?.array("EntityNames")?;
        let mut totals = Vec::new();
        for name in &names {
            let table = self.organisation.model().by_name(name).ok_or_else(|| {
                Refusal::invalid_argument(format!(
                    "The entity with a name = '{name}' was not found."
                ))
            })?;
            totals.push(self.organisation.rows(table).count());
        }
        Ok(Answer::json(
            200,
            &json!({
                "@odata.context": format!("{}/$metadata#Microsoft.Dynamics.CRM.{NAME}Response", self.service),
                "EntityRecordCountCollection": {
                    "Count": names.len(),
                    "IsReadOnly": false,
                    "Keys": names,
                    "Values": totals,
                },
            }),
        ))
    }
}
