//! The two questionnaires that a sandbox starts with. Their ids never change, so that a mapping may name them.

use super::question::{PiiSettings, Question, Translation};

/// A questionnaire of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Questionnaire {
    /// Its name, which is the `locationId` of its answers.
    pub(super) name: String,
    /// What its respondents read as a title: English, Spanish, Galician, Portuguese.
    pub(super) titles: [&'static str; 4],
}

/// The name of the questionnaire about a visit.
pub(super) const STORE_VISIT: &str = "store-visit";
/// The name of the questionnaire sent after a case was closed.
pub(super) const AFTER_CASE: &str = "after-case";

/// Both questionnaires.
pub(super) fn questionnaires() -> Vec<Questionnaire> {
    vec![
        Questionnaire {
            name: STORE_VISIT.to_owned(),
            titles: ["Your visit", "Su visita", "A súa visita", "A sua visita"],
        },
        Questionnaire {
            name: AFTER_CASE.to_owned(),
            titles: ["Your case", "Su caso", "O seu caso", "O seu caso"],
        },
    ]
}

/// The questions of both, in the order in which they are asked.
pub(super) fn questions(user: &str) -> Vec<Question> {
    let mut questions = store_visit();
    questions.extend(after_case());
    for question in &mut questions {
        user.clone_into(&mut question.user);
    }
    questions
}

fn store_visit() -> Vec<Question> {
    let recommend = [
        "How likely are you to recommend us to a friend or relative?",
        "¿Qué probabilidad hay de que nos recomiende a un amigo o familiar?",
        "Que probabilidade hai de que nos recomende a unha amizade ou familiar?",
        "Qual é a probabilidade de nos recomendar a um amigo ou familiar?",
    ];
    let reason = [
        "What is the main reason for your score?",
        "¿Cuál es el motivo principal de su puntuación?",
        "Cal é o motivo principal da súa puntuación?",
        "Qual é o motivo principal da sua pontuação?",
    ];
    let name = ["Your name", "Su nombre", "O seu nome", "O seu nome"];
    let email = [
        "Your e-mail address",
        "Su correo electrónico",
        "O seu correo electrónico",
        "O seu e-mail",
    ];
    let mobile = [
        "Your mobile phone",
        "Su teléfono móvil",
        "O seu teléfono móbil",
        "O seu telemóvel",
    ];
    let store = [
        "Which store did you visit?",
        "¿Qué tienda visitó?",
        "Que tenda visitou?",
        "Que loja visitou?",
    ];
    let mut questions = vec![
        scale(
            asked(
                STORE_VISIT,
                1,
                "64c0ffe0a11ce0000000a101",
                "NPS",
                "NPS",
                recommend,
            ),
            "0-10",
        ),
        Question {
            display_type: "MultilineText".into(),
            ..asked(
                STORE_VISIT,
                2,
                "64c0ffe0a11ce0000000a102",
                "Comments",
                "Comment",
                reason,
            )
        },
        staff_filled(asked(
            STORE_VISIT,
            3,
            "64c0ffe0a11ce0000000a103",
            "NAME",
            "name",
            name,
        )),
        Question {
            pii_settings: Some(PiiSettings {
                is_pii: true,
                pii_type: Some("Email".into()),
            }),
            ..staff_filled(asked(
                STORE_VISIT,
                4,
                "64c0ffe0a11ce0000000a104",
                "EMAIL",
                "Email",
                email,
            ))
        },
        staff_filled(asked(
            STORE_VISIT,
            5,
            "64c0ffe0a11ce0000000a105",
            "MOBILE",
            "Mobile number",
            mobile,
        )),
        staff_filled(asked(
            STORE_VISIT,
            6,
            "64c0ffe0a11ce0000000a106",
            "LOCATION",
            "Location",
            store,
        )),
    ];
    questions.extend(of_the_case());
    let ids = ["64c0ffe0a11ce0000000a121", "64c0ffe0a11ce0000000a122"];
    questions.extend(of_the_invitation(STORE_VISIT, 21, ids));
    questions
}

/// What a program fills in when it sends the questionnaire: by which invitation, and about which row of the CRM.
fn of_the_invitation(place: &str, first: u32, ids: [&str; 2]) -> Vec<Question> {
    let invitation = ["Invitation", "Invitación", "Invitación", "Convite"];
    let about = ["About", "Sobre", "Sobre", "Sobre"];
    let hidden = [("INVITATION", invitation), ("ABOUT", about)];
    (first..)
        .zip(ids.into_iter().zip(hidden))
        .map(|(sequence, (id, (tag, texts)))| Question {
            api_fill: true,
            ..asked(place, sequence, id, tag, tag, texts)
        })
        .collect()
}

/// What a program fills in when the case of the response changes. No respondent sees them.
fn of_the_case() -> Vec<Question> {
    let status = [
        "Case: status",
        "Caso: estado",
        "Caso: estado",
        "Caso: estado",
    ];
    let cause = ["Case: cause", "Caso: causa", "Caso: causa", "Caso: causa"];
    let first = [
        "Case: minutes to the first response",
        "Caso: minutos hasta la primera respuesta",
        "Caso: minutos ata a primeira resposta",
        "Caso: minutos até à primeira resposta",
    ];
    let closed = [
        "Case: minutes to its resolution",
        "Caso: minutos hasta su resolución",
        "Caso: minutos ata a súa resolución",
        "Caso: minutos até à sua resolução",
    ];
    let reopened = [
        "Case: times reopened",
        "Caso: veces reabierto",
        "Caso: veces reaberto",
        "Caso: vezes reaberto",
    ];
    let hidden = [
        ("64c0ffe0a11ce0000000a111", "CASE_STATUS", status, false),
        ("64c0ffe0a11ce0000000a112", "CASE_CAUSE", cause, false),
        (
            "64c0ffe0a11ce0000000a113",
            "CASE_FIRST_RESPONSE",
            first,
            true,
        ),
        ("64c0ffe0a11ce0000000a114", "CASE_CLOSED", closed, true),
        ("64c0ffe0a11ce0000000a115", "CASE_REOPENED", reopened, true),
    ];
    let places = 11..;
    places
        .zip(hidden)
        .map(|(place, (id, tag, texts, is_number))| Question {
            api_fill: true,
            display_type: if is_number { "Number" } else { "Text" }.into(),
            ..asked(STORE_VISIT, place, id, tag, tag, texts)
        })
        .collect()
}

fn after_case() -> Vec<Question> {
    let rate = [
        "How do you rate the way we resolved your case?",
        "¿Cómo valora la resolución de su caso?",
        "Como valora a resolución do seu caso?",
        "Como avalia a resolução do seu caso?",
    ];
    let better = [
        "What could we have done better?",
        "¿Qué podríamos haber hecho mejor?",
        "Que poderiamos ter feito mellor?",
        "O que poderíamos ter feito melhor?",
    ];
    let case = ["Case", "Caso", "Caso", "Caso"];
    let ids = ["64c0ffe0a11ce0000000b204", "64c0ffe0a11ce0000000b205"];
    let mut questions = vec![
        scale(
            asked(
                AFTER_CASE,
                1,
                "64c0ffe0a11ce0000000b201",
                "CSAT",
                "CSAT",
                rate,
            ),
            "1-5",
        ),
        Question {
            display_type: "MultilineText".into(),
            ..asked(
                AFTER_CASE,
                2,
                "64c0ffe0a11ce0000000b202",
                "Comments",
                "Comment",
                better,
            )
        },
        Question {
            api_fill: true,
            ..asked(
                AFTER_CASE,
                3,
                "64c0ffe0a11ce0000000b203",
                "CASE_ID",
                "Case ID",
                case,
            )
        },
    ];
    questions.extend(of_the_invitation(AFTER_CASE, 4, ids));
    questions
}

fn asked(
    place: &str,
    sequence: u32,
    id: &str,
    tag: &str,
    note: &str,
    texts: [&str; 4],
) -> Question {
    let translated = ["es", "gl", "pt"]
        .into_iter()
        .zip(&texts[1..])
        .map(|(language, text)| {
            (
                language.to_owned(),
                Translation {
                    text: (*text).to_owned(),
                },
            )
        })
        .collect();
    Question {
        id: id.to_owned(),
        sequence,
        text: texts[0].to_owned(),
        display_type: "Text".to_owned(),
        display_location: vec![place.to_owned()],
        question_tags: vec![tag.to_owned()],
        note: Some(note.to_owned()),
        translated,
        ..Question::default()
    }
}

fn scale(question: Question, bounds: &str) -> Question {
    Question {
        display_type: "Scale".into(),
        multi_select: vec![bounds.to_owned()],
        is_required: true,
        ..question
    }
}

fn staff_filled(question: Question) -> Question {
    Question {
        staff_fill: true,
        ..question
    }
}
