//! Making relationships: a lookup with its collection, pairs of rows, and lookups to accounts and contacts.
//! Source: Microsoft Learn, "Create and update table relationships using the Web API".

use serde_json::{Map, Value as Json, json};

use super::super::caller::Caller;
use super::super::message::{Answer, Request};
use super::super::model::naming::metadata_id;
use super::super::model::{
    Collection, Column, Kind, Model, OnDelete, Table, TableId, Target, Through,
};
use super::super::refusal::Refusal;
use super::super::rows::Organisation;
use super::super::service::Service;
use super::{attributes, labels, new_column, solution};

/// Makes a relationship and returns its place below the service.
pub(super) fn create(
    organisation: &mut Organisation,
    caller: &Caller,
    request: &Request,
) -> Result<String, Refusal> {
    let body = request.object("RelationshipDefinitions")?;
    let schema = text(&body, "SchemaName")?;
    solution::check_prefix(organisation, request, schema)?;
    let taken = organisation
        .model()
        .tables()
        .flat_map(|(_, table)| &table.collections)
        .any(|there| there.schema == schema || there.navigation == schema);
    if taken {
        return Err(Refusal::definition_exists("relationship", schema));
    }
    let class = text(&body, "@odata.type")?;
    let mut model = Model::clone(organisation.model());
    if class.ends_with("ManyToManyRelationshipMetadata") {
        many_to_many(&mut model, &body, schema)?;
    } else {
        let lookup = lookup(&body)?;
        one_to_many(&mut model, &body, schema, lookup, None)?;
    }
    organisation.set_model(model);
    let id = metadata_id(&["relationship", schema]);
    let kind = solution::Component::Relationship;
    solution::add(organisation, caller, request, kind, id)?;
    Ok(format!("RelationshipDefinitions({id})"))
}

/// `CreateCustomerRelationships`: one lookup to accounts and contacts.
pub(super) fn customer(
    organisation: &mut Organisation,
    caller: &Caller,
    service: Service<'_>,
    request: &Request,
) -> Result<Answer, Refusal> {
    let body = request.object("CreateCustomerRelationships")?;
    let mut model = Model::clone(organisation.model());
    let column = lookup(&body)?;
    solution::check_prefix(organisation, request, &column.schema)?;
    let relationships: Vec<&Map<String, Json>> = body
        .get("OneToManyRelationships")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_object)
        .collect();
    let mut made = None;
    let mut ids = Vec::new();
    for relationship in relationships {
        let schema = text(relationship, "SchemaName")?;
        let navigation = format!(
            "{}_{}",
            column.schema,
            text(relationship, "ReferencedEntity")?
        );
        let child = one_to_many(
            &mut model,
            relationship,
            schema,
            column.clone(),
            Some(navigation),
        )?;
        made = Some(child);
        ids.push(metadata_id(&["relationship", schema]));
    }
    let Some(child) = made else {
        return Err(Refusal::payload(
            "CreateCustomerRelationships",
            "'OneToManyRelationships' is missing.",
        ));
    };
    let attribute = attributes::id(model.table(child), &column);
    organisation.set_model(model);
    solution::add(
        organisation,
        caller,
        request,
        solution::Component::Attribute,
        attribute,
    )?;
    let ids: Vec<String> = ids.iter().map(uuid::Uuid::to_string).collect();
    Ok(Answer::json(
        200,
        &json!({
            "@odata.context": format!("{service}/$metadata#Microsoft.Dynamics.CRM.CreateCustomerRelationshipsResponse"),
            "AttributeId": attribute.to_string(),
            "RelationshipIds": ids,
        }),
    ))
}

fn text<'b>(body: &'b Map<String, Json>, name: &str) -> Result<&'b str, Refusal> {
    body.get(name)
        .and_then(Json::as_str)
        .ok_or_else(|| Refusal::payload("RelationshipMetadata", &format!("'{name}' is missing.")))
}

fn table(model: &Model, body: &Map<String, Json>, name: &str) -> Result<TableId, Refusal> {
    let table = text(body, name)?;
    model
        .by_name(table)
        .ok_or_else(|| Refusal::no_definition("entity", table))
}

/// The lookup column that a body describes.
fn lookup(body: &Map<String, Json>) -> Result<Column, Refusal> {
    let Some(Json::Object(given)) = body.get("Lookup") else {
        return Err(Refusal::payload(
            "RelationshipMetadata",
            "'Lookup' is missing.",
        ));
    };
    let schema = text(given, "SchemaName")?;
    let mut column = Column::named(&schema.to_lowercase(), Kind::Lookup(Vec::new()));
    column.schema = schema.to_owned();
    column.label = labels::text(given, "DisplayName").unwrap_or_else(|| schema.to_owned());
    column.custom = true;
    new_column::level(given, &mut column);
    Ok(column)
}

/// Adds the lookup, or another table to one that is there, and the collection. Returns the table with the lookup.
fn one_to_many(
    model: &mut Model,
    body: &Map<String, Json>,
    schema: &str,
    lookup: Column,
    navigation: Option<String>,
) -> Result<TableId, Refusal> {
    let parent = table(model, body, "ReferencedEntity")?;
    let child = table(model, body, "ReferencingEntity")?;
    let given = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    // A lookup made at run time is bound by its schema name.
    let navigation = navigation
        .or_else(|| given("ReferencingEntityNavigationPropertyName"))
        .unwrap_or_else(|| lookup.schema.clone());
    let of_customers = navigation != lookup.schema;
    let column = match model.table(child).column(&lookup.name) {
        Some(at) if of_customers => at,
        Some(_) => return Err(Refusal::definition_exists("attribute", &lookup.name)),
        None => model.change_table(child, |table| {
            table.columns.push(lookup);
            table.columns.len() - 1
        }),
    };
    model.change_table(child, |table| {
        if let Kind::Lookup(targets) = &mut table.columns[column].kind {
            targets.push(Target {
                navigation,
                table: parent,
            });
        }
    });
    let delete = body
        .get("CascadeConfiguration")
        .and_then(|cascade| cascade.get("Delete"))
        .and_then(Json::as_str);
    let collection = Collection {
        navigation: given("ReferencedEntityNavigationPropertyName")
            .unwrap_or_else(|| schema.to_owned()),
        schema: schema.to_owned(),
        table: child,
        column,
        through: None,
        on_delete: match delete {
            Some("Cascade") => OnDelete::Cascade,
            Some("Restrict") => OnDelete::Restrict,
            _ => OnDelete::RemoveLink,
        },
    };
    model.change_table(parent, |table| table.collections.push(collection));
    Ok(child)
}

fn many_to_many(model: &mut Model, body: &Map<String, Json>, schema: &str) -> Result<(), Refusal> {
    let first = table(model, body, "Entity1LogicalName")?;
    let second = table(model, body, "Entity2LogicalName")?;
    let name = body
        .get("IntersectEntityName")
        .and_then(Json::as_str)
        .unwrap_or(schema)
        .to_lowercase();
    if model.by_name(&name).is_some() {
        return Err(Refusal::definition_exists("entity", &name));
    }
    let of = |id: TableId, suffix: &str| {
        let column = format!(
            "{}{}",
            model.table(id).id,
            if first == second { suffix } else { "" }
        );
        Column {
            indexed: true,
            read_only: true,
            ..Column::named(&column, Kind::Guid)
        }
    };
    let key = format!("{name}id");
    let type_code = model
        .tables()
        .map(|(_, table)| table.type_code)
        .max()
        .unwrap_or_default()
        + 1;
    let mut intersect = Table::named(&name, &format!("{name}set"), type_code, &key);
    intersect.custom = true;
    intersect.intersect = true;
    intersect.columns = vec![
        Column::named(&key, Kind::Id),
        of(first, "one"),
        of(second, "two"),
        Column {
            read_only: true,
            ..Column::named("versionnumber", Kind::Version)
        },
    ];
    let intersect = model.add_table(intersect);
    let navigation = |property: &str| {
        body.get(property)
            .and_then(Json::as_str)
            .filter(|name| !name.is_empty())
            .unwrap_or(schema)
            .to_owned()
    };
    for (own, far, here, there, property) in [
        (first, second, 1, 2, "Entity1NavigationPropertyName"),
        (second, first, 2, 1, "Entity2NavigationPropertyName"),
    ] {
        let collection = Collection {
            navigation: navigation(property),
            schema: schema.to_owned(),
            table: far,
            column: 0,
            through: Some(Through {
                table: intersect,
                here,
                there,
            }),
            on_delete: OnDelete::RemoveLink,
        };
        model.change_table(own, |table| table.collections.push(collection));
    }
    Ok(())
}
