//! Names for people, in the languages that the project speaks.

/// A name in four languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Galician.
    pub gl: &'static str,
    /// Portuguese.
    pub pt: &'static str,
    /// Spanish.
    pub es: &'static str,
}

impl Words {
    /// The name in an organisation's language, given by its Windows locale number; in English where it is another one.
    pub fn in_language(&self, language: u32) -> &'static str {
        // The lower ten bits of a locale number are the language, the others the country.
        // Source: Microsoft Open Specifications, MS-LCID, "Language Code Identifier (LCID) Reference".
        match language & 0x3ff {
            0x56 => self.gl,
            0x16 => self.pt,
            0x0a => self.es,
            _ => self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_the_organisations_language() {
        let words = Words {
            en: "Root cause",
            gl: "Causa raíz",
            pt: "Causa raiz",
            es: "Causa raíz (es)",
        };
        for (language, name) in [
            (1033, words.en),
            (1110, words.gl),
            (2070, words.pt),
            (1046, words.pt),
            (3082, words.es),
            (1031, words.en),
        ] {
            assert_eq!(words.in_language(language), name);
        }
    }
}
