//! Promises of the store of responses.

use cxloop_ports::{Responses, StoredResponse};
use futures::future::join_all;

use super::{COPIES, well};
use crate::samples;

/// Checks a store with no responses in it.
pub async fn responses(responses: &dyn Responses) {
    let first = samples::response("wxm/r-1", 3);
    assert_eq!(well(responses.load(&first.key).await), None);
    let stored = well(responses.keep(&first, "Detractors").await);
    let expected = StoredResponse {
        response: first.clone(),
        notifications: ["Detractors".to_owned()].into(),
    };
    assert_eq!(stored, expected);
    assert_eq!(
        well(responses.load(&first.key).await),
        Some(expected),
        "a response reads back as it was kept"
    );

    let mut corrected = samples::response("wxm/r-1", 9);
    corrected.comment = Some("Não resolveram a avaria".to_owned());
    let stored = well(responses.keep(&corrected, "Loja de Braga").await);
    assert_eq!(
        stored.response, first,
        "the response that was taken first stands"
    );
    let names: Vec<_> = stored.notifications.iter().map(String::as_str).collect();
    assert_eq!(
        names,
        ["Detractors", "Loja de Braga"],
        "a further notification adds its name"
    );
    assert_eq!(
        well(responses.keep(&first, "").await),
        stored,
        "an empty name is left out"
    );
    assert_eq!(
        well(responses.keep(&first, "Detractors").await),
        stored,
        "a repeat changes nothing"
    );

    let silent = samples::response("wxm/r-2", 0);
    let stored = well(responses.keep(&silent, "").await);
    assert!(stored.notifications.is_empty());
    assert_eq!(well(responses.load(&silent.key).await), Some(stored));

    let copies: Vec<_> = (0..COPIES)
        .map(|copy| samples::response("wxm/r-3", i64::try_from(copy).expect("ten copies")))
        .collect();
    let names: Vec<String> = (0..COPIES)
        .map(|copy| format!("notification-{copy}"))
        .collect();
    let all = join_all(
        copies
            .iter()
            .zip(&names)
            .map(|(copy, name)| responses.keep(copy, name)),
    )
    .await;
    let stands = well(responses.load(&copies[0].key).await).expect("it was kept");
    assert_eq!(stands.notifications.len(), COPIES, "no name gets lost");
    for stored in all {
        assert_eq!(
            well(stored).response,
            stands.response,
            "all copies see the response that stands"
        );
    }
}
