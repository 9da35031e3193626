//! The columns, the table and the keys that cxloop brings along.

use super::{CASE, OPTION_PREFIX, RESPONSE, Words};

/// A table to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct TableWanted {
    /// Its schema name.
    pub schema_name: &'static str,
    /// Its logical name.
    pub name: &'static str,
    /// What one row is called.
    pub singular: Words,
    /// What many are called.
    pub plural: Words,
    /// What the column is called that names a row.
    pub subject: Words,
}

/// A column to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct ColumnWanted {
    /// The table.
    pub table: &'static str,
    /// Its schema name, which is its logical name too: ours are written small.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// What it is called.
    pub label: Words,
    /// What it is for, in English: an administrator reads it.
    pub description: &'static str,
}

/// What a column holds.
#[derive(Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// One line of at most so many characters.
    Text(u32),
    /// Several lines of at most so many characters.
    Lines(u32),
    /// A number with two digits after the point, between bounds.
    Decimal(i64, i64),
    /// A moment.
    Moment,
    /// One of these values.
    Choice(&'static [(i32, Words)]),
}

impl ColumnKind {
    /// What the service calls the type. Source: Microsoft Learn, "AttributeTypeCode EnumType".
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "String",
            Self::Lines(_) => "Memo",
            Self::Decimal(..) => "Decimal",
            Self::Moment => "DateTime",
            Self::Choice(_) => "Picklist",
        }
    }
}

/// An alternate key to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyWanted {
    /// The table.
    pub table: &'static str,
    /// Its schema name, which is its logical name too.
    pub name: &'static str,
    /// The column that is unique.
    pub column: &'static str,
    /// What it is called.
    pub label: Words,
}

/// The tables.
pub fn tables() -> &'static [TableWanted] {
    &TABLES
}

/// The columns, of cases first.
pub fn columns() -> &'static [ColumnWanted] {
    &COLUMNS
}

/// The alternate keys.
pub fn keys() -> &'static [KeyWanted] {
    &KEYS
}

const fn words(en: &'static str, gl: &'static str, pt: &'static str, es: &'static str) -> Words {
    Words { en, gl, pt, es }
}

const fn cause(number: i32, words: Words) -> (i32, Words) {
    (OPTION_PREFIX * 10_000 + number, words)
}

/// Why a case arose. A company changes, adds and translates these as it likes; they are made once and then left alone.
const CAUSES: &[(i32, Words)] = &[
    cause(0, words("Product", "Produto", "Produto", "Producto")),
    cause(1, words("Delivery", "Entrega", "Entrega", "Entrega")),
    cause(2, words("Staff", "Persoal", "Pessoal", "Personal")),
    cause(
        3,
        words(
            "Price or invoice",
            "Prezo ou factura",
            "Preço ou fatura",
            "Precio o factura",
        ),
    ),
    cause(
        4,
        words(
            "Website or app",
            "Web ou aplicación",
            "Site ou aplicação",
            "Web o aplicación",
        ),
    ),
    cause(
        5,
        words(
            "Misunderstanding",
            "Malentendido",
            "Mal-entendido",
            "Malentendido",
        ),
    ),
    cause(6, words("Other", "Outra", "Outra", "Otra")),
];

static TABLES: [TableWanted; 1] = [TableWanted {
    schema_name: "cxl_SurveyResponse",
    name: RESPONSE,
    singular: words(
        "Survey response",
        "Resposta de enquisa",
        "Resposta de inquérito",
        "Respuesta de encuesta",
    ),
    plural: words(
        "Survey responses",
        "Respostas de enquisas",
        "Respostas de inquéritos",
        "Respuestas de encuestas",
    ),
    subject: words("Subject", "Asunto", "Assunto", "Asunto"),
}];

/// The longest response id, in characters. Two bytes each stay far below the 900 bytes that a key may have.
/// Source: Microsoft Learn, "Define alternate keys for a table".
const ID_CHARS: u32 = 200;

const RESPONSE_ID: Words = words(
    "Response id",
    "Id da resposta",
    "Id da resposta",
    "Id de la respuesta",
);

static COLUMNS: [ColumnWanted; 10] = [
    ColumnWanted {
        table: CASE,
        name: "cxl_responseid",
        kind: ColumnKind::Text(ID_CHARS),
        label: RESPONSE_ID,
        description: "The survey response that opened the case.",
    },
    ColumnWanted {
        table: CASE,
        name: "cxl_rootcause",
        kind: ColumnKind::Choice(CAUSES),
        label: words("Root cause", "Causa raíz", "Causa raiz", "Causa raíz"),
        description: "Why the case arose; written back to the survey response. Its values may be changed.",
    },
    ColumnWanted {
        table: CASE,
        name: "cxl_reopenedon",
        kind: ColumnKind::Moment,
        label: words("Reopened on", "Reaberto o", "Reaberto em", "Reabierto el"),
        description: "When a bad rating opened the case again; an SLA may start from here.",
    },
    ColumnWanted {
        table: CASE,
        name: "cxl_reopeningresponse",
        kind: ColumnKind::Text(ID_CHARS),
        label: words(
            "Reopening response",
            "Resposta que o reabriu",
            "Resposta que o reabriu",
            "Respuesta que lo reabrió",
        ),
        description: "The survey response that opened the case again.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_responseid",
        kind: ColumnKind::Text(ID_CHARS),
        label: RESPONSE_ID,
        description: "The response's id at its survey platform, in a form that an alternate key can have.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_survey",
        kind: ColumnKind::Text(200),
        label: words("Survey", "Enquisa", "Inquérito", "Encuesta"),
        description: "The questionnaire.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_metric",
        kind: ColumnKind::Text(20),
        label: words("Metric", "Métrica", "Métrica", "Métrica"),
        description: "What the score measures: nps, csat or ces.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_score",
        kind: ColumnKind::Decimal(-1_000, 1_000),
        label: words("Score", "Puntuación", "Pontuação", "Puntuación"),
        description: "The score on the questionnaire's own scale.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_comment",
        kind: ColumnKind::Lines(100_000),
        label: words("Comment", "Comentario", "Comentário", "Comentario"),
        description: "What the customer wrote.",
    },
    ColumnWanted {
        table: RESPONSE,
        name: "cxl_submittedon",
        kind: ColumnKind::Moment,
        label: words("Submitted on", "Enviada o", "Enviada em", "Enviada el"),
        description: "When the customer answered.",
    },
];

static KEYS: [KeyWanted; 2] = [
    KeyWanted {
        table: CASE,
        name: "cxl_caseofresponse",
        column: "cxl_responseid",
        label: words(
            "Case of a response",
            "Caso dunha resposta",
            "Caso de uma resposta",
            "Caso de una respuesta",
        ),
    },
    KeyWanted {
        table: RESPONSE,
        name: "cxl_response",
        column: "cxl_responseid",
        label: RESPONSE_ID,
    },
];
