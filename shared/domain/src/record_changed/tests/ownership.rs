//! Which operation it was, and whose.

use super::*;

const SYSTEM: Uuid = Uuid::from_u128(0x5157);

#[test]
fn an_operation_is_its_job_else_request_step_and_row_else_the_kept_body() {
    let asynchronous = message("Update", &[]);
    assert_eq!(
        change(&asynchronous).operation,
        Uuid::from_u128(0x0b).to_string()
    );
    let mut silent = asynchronous.clone();
    silent.operation.is_asynchronous = None;
    assert_eq!(change(&silent).operation, change(&asynchronous).operation);

    let mut synchronous = asynchronous;
    synchronous.operation.is_asynchronous = Some(false);
    synchronous.operation.operation = synchronous.operation.request;
    let written = change(&synchronous).operation;
    let parts: Vec<&str> = written.split('/').collect();
    let expected = [Uuid::from_u128(0x4e), Uuid::from_u128(0x57), CASE].map(|id| id.to_string());
    assert_eq!(parts, expected);
    silent.operation.operation = silent.operation.request;
    assert_eq!(
        change(&silent).operation,
        written,
        "also when the mode is not told"
    );
    synchronous.operation.request = None;
    assert_eq!(
        change(&synchronous).operation,
        written,
        "which 2018 called the operation"
    );

    synchronous.operation = OperationIds::default();
    assert_eq!(change(&synchronous).operation, "body/i-1");
    synchronous.happened_at = None;
    assert_eq!(change(&synchronous).happened_at, origin().accepted_at);
}

/// Tagged, initiating user, user, the row's own word, our user where known: whether it is ours.
#[test]
fn an_own_write_is_begun_by_us_and_carried_out_as_us() {
    let (us, agent, system) = (Some(US), Some(AGENT), Some(SYSTEM));
    for (tagged, initiating, user, modified, known, own, what) in [
        (true, us, us, us, us, true, "our update"),
        (true, us, us, None, us, true, "our delete"),
        (false, us, us, us, us, true, "our update, without its tag"),
        (
            true,
            us,
            us,
            us,
            None,
            true,
            "our update, our user not configured",
        ),
        (
            true,
            None,
            None,
            None,
            None,
            true,
            "nothing known but the tag",
        ),
        (true, None, us, None, us, true, "who began it is not told"),
        (
            true,
            us,
            agent,
            agent,
            us,
            false,
            "a plug-in in a person's name",
        ),
        (true, us, us, agent, us, false, "the row names a person"),
        (
            true,
            us,
            system,
            system,
            us,
            false,
            "a real-time workflow as the system",
        ),
        (
            true,
            us,
            agent,
            None,
            None,
            false,
            "a person's, our user not configured",
        ),
        (false, agent, agent, agent, us, false, "an agent"),
        (
            false,
            us,
            us,
            us,
            None,
            false,
            "nobody says that it is ours",
        ),
        (
            false,
            agent,
            us,
            us,
            us,
            false,
            "a person made a plug-in act as us",
        ),
        (
            true,
            agent,
            agent,
            agent,
            us,
            false,
            "somebody else sends our tag",
        ),
        (false, None, None, None, us, false, "nothing known at all"),
    ] {
        let authorship = Authorship {
            is_tagged: tagged,
            initiating_user: initiating,
            user,
            modified_by: modified,
        };
        assert_eq!(authorship.is_own_write(known), own, "{what}");
    }
}

#[test]
fn our_tag_is_ours_alone_or_with_more_behind_a_colon() {
    for (tag, own) in [
        ("cxloop", true),
        (" cxloop ", true),
        ("cxloop:wxm/r-1", true),
        ("cxloops", false),
        ("not-cxloop", false),
        ("", false),
    ] {
        assert_eq!(Authorship::is_own_tag(tag), own, "{tag:?}");
    }
}

#[test]
fn an_own_write_is_passed_over_and_another_organisation_refused_before() {
    let mut connected = connection();
    connected.application_user = Some(US);
    connected.organization_id = Some(OTHER);
    let mut own = message("Update", &["statuscode"]);
    own.authorship = by(US, US);
    let heard = |notice: &Notice| hear(notice, &connected, &origin());
    assert_eq!(heard(&own), Heard::PassedOver(PassedOver::OwnWrite));
    own.organization = Some(OTHER);
    assert_eq!(heard(&own), Heard::PassedOver(PassedOver::OwnWrite));
    own.organization = Some(NOTE);
    assert_eq!(heard(&own), Heard::OtherOrganization);
    own.message = None;
    assert_eq!(heard(&own), Heard::OtherOrganization);
}
