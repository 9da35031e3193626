//! Texts as their columns take them.

use proptest::prelude::*;

use crate::case_desk::fitting;

#[test]
fn text_is_cut_by_what_the_column_counts_and_marked() {
    assert_eq!(fitting("Avaría", 6), "Avaría");
    assert_eq!(fitting("Avaría grave", 6), "Avarí…");
    // An emoji counts twice.
    assert_eq!(fitting("😡😡😡", 6), "😡😡😡");
    assert_eq!(fitting("😡😡😡", 5), "😡😡…");
    assert_eq!(fitting("😡😡😡", 4), "😡…");
}

#[test]
fn what_xml_cannot_carry_is_left_out_and_everything_else_kept() {
    assert_eq!(
        fitting("Non\u{0}\u{b}\u{1f} volverei:\r\n\tnão", 100),
        "Non volverei:\r\n\tnão"
    );
}

proptest! {
    #[test]
    fn a_text_always_fits_and_keeps_its_beginning(text in any::<String>(), longest in 1_usize..60) {
        let fitted = fitting(&text, longest);
        prop_assert!(fitted.encode_utf16().count() <= longest);
        let clean = fitting(&text, usize::MAX);
        prop_assert!(clean == fitted || clean.starts_with(fitted.strip_suffix('…').unwrap()));
    }
}
