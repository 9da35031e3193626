//! Text whose UTF-8 was read as Windows-1252 on the way, as captures of real bodies have it.

/// What Windows-1252 has from 0x80 to 0x9F; undefined bytes pass as they are.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Reads every byte as one letter.
pub(super) fn garbled(text: &str) -> String {
    let letter = |byte: u8| match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    };
    text.bytes().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_two_bytes_become_two_letters() {
        assert_eq!(garbled("100 € á avaría"), "100 â‚¬ Ã¡ avarÃ\u{ad}a");
        assert_eq!(garbled("plain"), "plain");
    }
}
