//! The words of a text that may be HTML, as the CRM's editors keep notes and e-mails.

/// The text without tags, comments, scripts and styles; entities are the characters that they stand for, and what begins a
/// line in HTML begins one here. Text that is no HTML stays as it is, but for spaces at the ends of lines and empty lines in
/// a row. Takes any text at all.
pub fn plain_text(text: &str) -> String {
    let is_html = text.contains('<') && text.contains('>') || has_entity(text);
    if is_html {
        tidy(&without_tags(text), true)
    } else {
        tidy(text, false)
    }
}

fn has_entity(text: &str) -> bool {
    text.match_indices('&')
        .any(|(at, _)| entity(&text[at..]).is_some())
}

fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        plain.push_str(&spaced(&rest[..at]));
        rest = &rest[at..];
        if rest.starts_with('&') {
            match entity(rest) {
                Some((character, length)) => {
                    plain.push(character);
                    rest = &rest[length..];
                }
                None => {
                    plain.push('&');
                    rest = &rest[1..];
                }
            }
            continue;
        }
        rest = after_tag(rest, &mut plain);
    }
    plain.push_str(&spaced(rest));
    plain
}

/// Line breaks in the source of HTML are spaces. Source: HTML Standard, "Normal flow" (white space is collapsed).
fn spaced(text: &str) -> String {
    text.replace(['\r', '\n', '\t'], " ")
}

/// What follows the tag at the beginning of `text`, whose meaning for lines is written.
fn after_tag<'t>(text: &'t str, plain: &mut String) -> &'t str {
    if let Some(comment) = text.strip_prefix("<!--") {
        return comment.find("-->").map_or("", |end| &comment[end + 3..]);
    }
    let inside = &text[1..];
    let name: String = inside
        .strip_prefix('/')
        .unwrap_or(inside)
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_tag = !name.is_empty() || inside.starts_with(['!', '?']);
    let Some(end) = inside.find('>').filter(|_| is_tag) else {
        // A lone "<", as in "5 < 6".
        plain.push('<');
        return inside;
    };
    let after = &inside[end + 1..];
    let closes = inside.starts_with('/');
    match name.as_str() {
        "script" | "style" | "head" | "title" if !closes => {
            let closing = format!("</{name}");
            let lower = after.to_ascii_lowercase();
            let Some(at) = lower.find(&closing) else {
                return "";
            };
            after[at..]
                .find('>')
                .map_or("", |end| &after[at + end + 1..])
        }
        "li" if !closes => {
            plain.push_str("\n- ");
            after
        }
        "td" | "th" if closes => {
            plain.push(' ');
            after
        }
        "br" | "p" | "div" | "tr" | "ul" | "ol" | "table" | "blockquote" | "pre" | "hr" | "h1"
        | "h2" | "h3" | "h4" | "h5" | "h6" => {
            plain.push('\n');
            after
        }
        _ => after,
    }
}

/// The character of the entity at the beginning of `text`, and its length in bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            let found = char::from_u32(code)?;
            if found.is_control() && found != '\n' {
                ' '
            } else {
                found
            }
        }
        None => named(name)?,
    };
    Some((character, end + 1))
}

/// The entities that editors write for letters of the languages around us, and for signs.
/// Source: HTML Standard, "Named character references".
fn named(name: &str) -> Option<char> {
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("euro", '€'),
        ("hellip", '…'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("iexcl", '¡'),
        ("iquest", '¿'),
        ("ordm", 'º'),
        ("ordf", 'ª'),
        ("ntilde", 'ñ'),
        ("Ntilde", 'Ñ'),
        ("ccedil", 'ç'),
        ("Ccedil", 'Ç'),
        ("aacute", 'á'),
        ("eacute", 'é'),
        ("iacute", 'í'),
        ("oacute", 'ó'),
        ("uacute", 'ú'),
        ("Aacute", 'Á'),
        ("Eacute", 'É'),
        ("Iacute", 'Í'),
        ("Oacute", 'Ó'),
        ("Uacute", 'Ú'),
        ("agrave", 'à'),
        ("acirc", 'â'),
        ("ecirc", 'ê'),
        ("ocirc", 'ô'),
        ("atilde", 'ã'),
        ("otilde", 'õ'),
        ("Atilde", 'Ã'),
        ("Otilde", 'Õ'),
        ("uuml", 'ü'),
        ("iuml", 'ï'),
    ];
    NAMED
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, character)| *character)
}

/// Lines without spaces at their ends, at most one empty line in a row, none at the ends. In HTML spaces in a row are one.
fn tidy(text: &str, is_html: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.replace("\r\n", "\n").replace('\r', "\n").split('\n') {
        let line = if is_html {
            line.split([' ', '\u{a0}'])
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        } else {
            line.trim_end().to_owned()
        };
        let is_second_blank = line.is_empty() && lines.last().is_none_or(String::is_empty);
        if !is_second_blank {
            lines.push(line);
        }
    }
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_words_of_html_come_through_and_nothing_else() {
        for (html, words) in [
            (
                "<div class=\"x\"><p>A peza&nbsp;chegou <b>on&#8230;</b></p><p>Ma&ntilde;&aacute;n</p></div>",
                "A peza chegou on…\n\nMañán",
            ),
            (
                "<ul><li>um</li><li>dois &amp; tr&ecirc;s</li></ul>",
                "- um\n- dois & três",
            ),
            (
                "<style>p{color:red}</style><script>alert('<p>')</script><!-- <b> -->ola<br/>adeus",
                "ola\nadeus",
            ),
            ("5 < 6 & 7 > 3", "5 < 6 & 7 > 3"),
            (
                "Sen etiquetas\r\n\r\n\r\nnin nada  ",
                "Sen etiquetas\n\nnin nada",
            ),
            ("&lt;b&gt;", "<b>"),
            ("<p>sen fin", "sen fin"),
            ("<script>sen fin", ""),
            ("", ""),
        ] {
            assert_eq!(plain_text(html), words, "{html}");
        }
    }

    proptest! {
        #[test]
        fn any_text_at_all_is_read(text in "(<|>|&|#|;|/|!--|script|p|é|\\PC){0,60}") {
            let plain = plain_text(&text);
            prop_assert!(plain.chars().count() <= text.chars().count() * 3 + 8);
        }
    }
}
