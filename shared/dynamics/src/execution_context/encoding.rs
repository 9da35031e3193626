//! From bytes to text, and the repair of texts that were decoded wrongly on their way.

use std::borrow::Cow;

/// The body as text. A byte order mark is passed over, also one that was itself decoded wrongly; bytes that are no UTF-8 are
/// taken for Windows-1252, which has a character for each.
pub(super) fn text(body: &[u8]) -> Cow<'_, str> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(body.iter().map(|byte| character(*byte)).collect()),
    };
    let marked = ["\u{feff}", "ï»¿"]
        .iter()
        .find(|mark| text.starts_with(**mark))
        .map(|mark| mark.len());
    match (marked, text) {
        (None, text) => text,
        (Some(length), Cow::Borrowed(text)) => Cow::Borrowed(&text[length..]),
        (Some(length), Cow::Owned(mut text)) => Cow::Owned(text.split_off(length)),
    }
}

/// The text that was meant, when UTF-8 was read as Windows-1252 somewhere on the way: every character is one of
/// Windows-1252, and the bytes that they stand for are UTF-8 with at least one character of several bytes. In a text that was
/// decoded rightly, a letter with an accent is followed by something that does not go on a character, so it is left alone.
pub(super) fn repaired(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte).collect();
    String::from_utf8(bytes?).ok()
}

/// What Windows-1252 has from 0x80 to 0x9F. Five places are free; there the byte itself passes through.
/// Source: the Unicode Consortium's mapping table of code page 1252.
const OWN: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn character(byte: u8) -> char {
    match byte {
        0x80..=0x9f => OWN[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn byte(character: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(character)) {
        // Some decoders pass all of 0x80 to 0x9F through.
        return Some(byte);
    }
    let place = OWN.iter().position(|own| *own == character)?;
    u8::try_from(place + 0x80).ok()
}
