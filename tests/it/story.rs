//! The story, on the deployed sandbox: our template on the AWS emulator, our binaries as its functions, a real browser.
//!
//! One sandbox serves all chapters, because deploying it takes half a minute; each chapter has answers and cases of its own.

mod agent;
mod browser;
mod chapters;
mod killed;
pub(crate) mod stage;

use browser::Browser;
use stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_answer_becomes_a_case_and_a_bad_rating_reopens_it() {
    let stage = Stage::before_set_up().await;
    agent::dynamics_is_set_up_by_one_command(&stage).await;
    let browser = Browser::open().await;
    let told = async {
        chapters::told_in_the_browser(&stage, &browser).await?;
        agent::what_an_agent_does_stands_on_the_response(&stage, &browser).await
    };
    let told = told.await;
    browser.close().await;
    told.expect("the story is told to its end");
    chapters::doubled_and_reordered_webhooks_make_one_case_each(&stage).await;
    chapters::a_crm_that_asks_to_wait_is_waited_for_and_nothing_is_dead_lettered(&stage).await;
    chapters::cut_connections_lose_nothing(&stage).await;
    chapters::a_signed_body_of_any_tool_makes_a_case(&stage).await;
    chapters::a_threshold_changes_by_cxloop_apply(&stage).await;
    chapters::an_event_nobody_knows_goes_to_dead_letters(&stage).await;
    chapters::what_was_never_published_is_published_by_the_sweep(&stage).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_accepted_answers_two_hundred_are_cases_however_functions_die() {
    let stage = Stage::set().await;
    killed::every_accepted_answer_is_one_case(&stage).await;
}
