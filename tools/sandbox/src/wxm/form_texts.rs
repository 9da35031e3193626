//! What respondents read around the questions, in their language.

use super::asked::Asked;

/// A language that the form speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Spanish,
    Galician,
    Portuguese,
}

/// The texts of a form in one language.
#[derive(Debug)]
pub(super) struct FormTexts {
    pub(super) intro: &'static str,
    pub(super) required: &'static str,
    pub(super) missing: &'static str,
    pub(super) check: &'static str,
    pub(super) send: &'static str,
    pub(super) unlikely: &'static str,
    pub(super) likely: &'static str,
    pub(super) bad: &'static str,
    pub(super) good: &'static str,
    pub(super) language: &'static str,
    pub(super) thanks: &'static str,
    pub(super) thanks_text: &'static str,
    pub(super) reference: &'static str,
    pub(super) closed: &'static str,
    pub(super) closed_text: &'static str,
    pub(super) unknown: &'static str,
    pub(super) unknown_text: &'static str,
}

impl Language {
    pub(super) const ALL: [Self; 4] = [
        Self::English,
        Self::Spanish,
        Self::Galician,
        Self::Portuguese,
    ];

    /// The language asked for by the address, by the invitation, or by the browser, in this order.
    pub(super) fn of(asked: &Asked, preferred: Option<&str>) -> Self {
        let chosen = asked.parameter("lang").and_then(Self::from_tag);
        let invited = || preferred.and_then(Self::from_tag);
        let browser = || {
            asked
                .header(http::header::ACCEPT_LANGUAGE)
                .and_then(Self::accepted)
        };
        chosen
            .or_else(invited)
            .or_else(browser)
            .unwrap_or(Self::English)
    }

    /// `gl`, `gl-ES`, `GL`
    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?.trim().to_lowercase();
        Self::ALL
            .into_iter()
            .find(|language| language.tag() == primary)
    }

    /// The best of an `Accept-Language` header that the form speaks. Source: RFC 9110, section 12.5.4.
    fn accepted(header: &str) -> Option<Self> {
        let mut wishes: Vec<(u32, Self)> = header.split(',').filter_map(wish).collect();
        // Stable: of equal wishes the first counts.
        wishes.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        wishes.first().map(|(_, language)| *language)
    }

    /// The tag for the page and for `?lang=`.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::Galician => "gl",
            Self::Portuguese => "pt",
        }
    }

    /// The language's own name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
            Self::Galician => "Galego",
            Self::Portuguese => "Português",
        }
    }

    /// Its place among texts given in all four.
    pub(super) fn place(self) -> usize {
        match self {
            Self::English => 0,
            Self::Spanish => 1,
            Self::Galician => 2,
            Self::Portuguese => 3,
        }
    }

    pub(super) fn texts(self) -> &'static FormTexts {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
            Self::Galician => &GALICIAN,
            Self::Portuguese => &PORTUGUESE,
        }
    }
}

/// One language of the header with its weight in thousandths.
fn wish(entry: &str) -> Option<(u32, Language)> {
    let mut parts = entry.split(';');
    let language = Language::from_tag(parts.next()?.trim())?;
    let weight = parts
        .find_map(|part| part.trim().strip_prefix("q="))
        .map_or(1000, thousandths);
    (weight > 0).then_some((weight, language))
}

fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.parse::<u32>().unwrap_or(0) * 1000 + digits.parse::<u32>().unwrap_or(0)
}

static ENGLISH: FormTexts = FormTexts {
    intro: "Two minutes are enough. Your words reach the people who can change something.",
    required: "required",
    missing: "Please answer this question.",
    check: "Please check the questions marked below.",
    send: "Send",
    unlikely: "Not at all likely",
    likely: "Extremely likely",
    bad: "Very bad",
    good: "Very good",
    language: "Language",
    thanks: "Thank you",
    thanks_text: "We have received your answer.",
    reference: "Reference",
    closed: "This survey is closed",
    closed_text: "It has been answered already, or its time is over.",
    unknown: "There is no such survey",
    unknown_text: "Please check the link in your invitation.",
};

static SPANISH: FormTexts = FormTexts {
    intro: "Bastan dos minutos. Sus palabras llegan a quien puede cambiar las cosas.",
    required: "obligatoria",
    missing: "Responda a esta pregunta, por favor.",
    check: "Revise, por favor, las preguntas señaladas.",
    send: "Enviar",
    unlikely: "Nada probable",
    likely: "Muy probable",
    bad: "Muy mal",
    good: "Muy bien",
    language: "Idioma",
    thanks: "Muchas gracias",
    thanks_text: "Hemos recibido su respuesta.",
    reference: "Referencia",
    closed: "Esta encuesta está cerrada",
    closed_text: "Ya se ha respondido o ha terminado su plazo.",
    unknown: "Esta encuesta no existe",
    unknown_text: "Compruebe, por favor, el enlace de su invitación.",
};

static GALICIAN: FormTexts = FormTexts {
    intro: "Abondan dous minutos. As súas palabras chegan a quen pode cambiar as cousas.",
    required: "obrigatoria",
    missing: "Responda a esta pregunta, por favor.",
    check: "Revise, por favor, as preguntas sinaladas.",
    send: "Enviar",
    unlikely: "Nada probable",
    likely: "Moi probable",
    bad: "Moi mal",
    good: "Moi ben",
    language: "Lingua",
    thanks: "Moitas grazas",
    thanks_text: "Recibimos a súa resposta.",
    reference: "Referencia",
    closed: "Esta enquisa está pechada",
    closed_text: "Xa foi respondida ou rematou o seu prazo.",
    unknown: "Esta enquisa non existe",
    unknown_text: "Comprobe, por favor, a ligazón do seu convite.",
};

static PORTUGUESE: FormTexts = FormTexts {
    intro: "Dois minutos bastam. As suas palavras chegam a quem pode mudar as coisas.",
    required: "obrigatória",
    missing: "Responda a esta pergunta, por favor.",
    check: "Verifique, por favor, as perguntas assinaladas.",
    send: "Enviar",
    unlikely: "Nada provável",
    likely: "Muito provável",
    bad: "Muito mal",
    good: "Muito bem",
    language: "Idioma",
    thanks: "Muito obrigado",
    thanks_text: "Recebemos a sua resposta.",
    reference: "Referência",
    closed: "Este inquérito está fechado",
    closed_text: "Já foi respondido ou o seu prazo terminou.",
    unknown: "Este inquérito não existe",
    unknown_text: "Verifique, por favor, a ligação do seu convite.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_best_known_language_is_spoken() {
        assert_eq!(
            Language::accepted("gl-ES,gl;q=0.9,es;q=0.8"),
            Some(Language::Galician)
        );
        assert_eq!(
            Language::accepted("fr, en;q=0.5, pt;q=0.75"),
            Some(Language::Portuguese)
        );
        assert_eq!(
            Language::accepted("es;q=0, en-GB;q=0.1"),
            Some(Language::English)
        );
        assert_eq!(Language::accepted("de, fr"), None);
    }
}
