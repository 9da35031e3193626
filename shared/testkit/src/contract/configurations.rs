//! Promises of the store of configurations.

use cxloop_ports::{Configurations, Remedy};
use futures::future::join_all;

use super::{COPIES, refused, well};
use crate::samples;

/// Checks a store where no configuration was ever applied.
pub async fn configurations(configurations: &dyn Configurations) {
    let failure = refused(
        configurations.current().await,
        "without a configuration there is nothing to run by",
    );
    assert_eq!(failure.remedy, Remedy::Mend);
    assert!(failure.message.contains("cxloop apply"), "{failure:?}");

    let first = samples::configuration();
    let applied = well(configurations.apply(&first).await);
    assert_eq!((applied.version, &applied.configuration), (1, &first));
    assert_eq!(
        *well(configurations.current().await),
        applied,
        "it reads back as it was applied"
    );
    assert_eq!(
        well(configurations.apply(&first).await).version,
        1,
        "an equal configuration keeps its version"
    );

    let mut second = first.clone();
    second.case_rules[0].when = "nps <= 5 && location == \"A Coruña\"".to_owned();
    assert_eq!(well(configurations.apply(&second).await).version, 2);
    assert_eq!(
        well(configurations.current().await).configuration,
        second,
        "who applies sees it at once"
    );
    assert_eq!(
        well(configurations.apply(&first).await).version,
        3,
        "going back is a version too"
    );

    let copies = join_all((0..COPIES).map(|_| configurations.apply(&second))).await;
    for copy in copies {
        assert_eq!(
            well(copy).version,
            4,
            "ten who apply the same at once make one version"
        );
    }
}
