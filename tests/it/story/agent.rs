//! The way back: an organisation is set up as a new user does it, and what its agent does stands on the response.

use fantoccini::error::CmdError;
use serde_json::Value;

use super::browser::Browser;
use super::chapters::answered_in_the_browser;
use super::stage::Stage;

const WORDS: &str = "A caldeira perde auga dende o luns";
const PUBLIC: &str = "A peza chega mañá";
const INTERNAL: &str = "Xa lle pasou dúas veces";
const DONE: &str = "Cambiamos a peza";

/// The first page of a new user: Dynamics knows nothing of us, one command prepares it, and a second run has nothing to do.
pub(crate) async fn dynamics_is_set_up_by_one_command(stage: &Stage) {
    let registered = async || {
        let steps = "$select=name&$filter=startswith(name,'cxloop: ')";
        stage.rows("sdkmessageprocessingsteps", steps).await.len()
    };
    assert_eq!(registered().await, 0, "nobody has set anything up");
    let to = stage.sandbox.front_url();
    let told = stage.cxloop(&["setup", "dynamics", "--to", to]).await;
    assert!(told.contains("+ step cxloop: Update of incident"), "{told}");
    assert!(told.ends_with("dynamics: everything is set up\n"), "{told}");
    let steps = registered().await;
    assert!(steps > 10, "{steps} steps");
    let again = stage.cxloop(&["setup", "dynamics", "--to", to]).await;
    assert!(again.ends_with("there is nothing to do\n"), "{again}");
    assert_eq!(registered().await, steps);
}

/// On hold, a comment that the customer may see and one that they may not, a resolution; and after each the answer's page.
pub(crate) async fn what_an_agent_does_stands_on_the_response(
    stage: &Stage,
    browser: &Browser,
) -> Result<(), CmdError> {
    let sandbox = &stage.sandbox;
    let email = "antia.souto@example.com";
    let answer = answered_in_the_browser(stage, browser, 2, "Antía Souto", email, WORDS).await?;
    let loop_page = format!("{}/loops/wxm~{answer}", sandbox.front_url());
    let answer_page = format!("{}/answers/{answer}", sandbox.survey_url());
    browser
        .until_page_says(&loop_page, "Response noted")
        .await?;
    let ticket = browser.text("ticket").await?;
    let cases = stage.cases_about("caldeira perde").await;
    assert_eq!(cases.len(), 1, "{cases:#?}");
    let case = cases[0]["incidentid"].as_str().unwrap();
    let case_page = format!("{}/agent/cases/{case}", sandbox.dynamics_url());

    browser.goto(&case_page).await?;
    let status = browser.element("case-status").await?;
    status.select_by_label("On Hold").await?;
    browser.click("set-status").await?;
    browser.element("set-status").await?;
    assert_eq!(browser.text("status").await?, "On Hold");
    browser
        .until_page_says(&answer_page, "CASE_STATUS\nOn Hold")
        .await?;

    for (visible, words) in [("note-internal", INTERNAL), ("note-public", PUBLIC)] {
        browser.goto(&case_page).await?;
        browser.click(visible).await?;
        browser.fill("note-subject", "Peza").await?;
        browser.fill("note-text", words).await?;
        browser.click("add-note").await?;
        browser.until_page_says(&case_page, words).await?;
    }
    browser.until_page_says(&answer_page, PUBLIC).await?;

    browser.goto(&case_page).await?;
    browser.fill("resolution-subject", DONE).await?;
    browser.click("resolve").await?;
    browser.element("reactivate").await?;
    let answered = browser
        .until_page_says(&answer_page, "CASE_STATUS\nProblem Solved")
        .await?;
    let answered = match answered.contains(DONE) {
        true => answered,
        // The fields are written before the note.
        false => browser.until_page_says(&answer_page, DONE).await?,
    };
    assert!(
        !answered.contains(INTERNAL),
        "for colleagues only: {answered}"
    );
    assert_eq!(answered.matches(PUBLIC).count(), 1, "{answered}");

    let solved = format!("Case {ticket} is \"Problem Solved\" now.");
    let told = browser.until_page_says(&loop_page, &solved).await?;
    let held = format!("Case {ticket} is \"On Hold\" now.");
    assert!(told.contains(&held), "{told}");
    stage.idle().await;
    webhooks_told_of_it(stage, &answer).await;
    assert!(stage.dead_letters().await.is_empty());
    Ok(())
}

/// That steps of the loop go on under the traces of webhooks of Dynamics: what the sweep finds has none of them.
async fn webhooks_told_of_it(stage: &Stage, answer: &str) {
    let loops = stage.loops(answer).await;
    let steps = loops[0]["steps"].as_array().unwrap();
    let back: Vec<&Value> = steps
        .iter()
        .filter(|step| step["what"] == "written_back")
        .collect();
    assert!(back.len() >= 3, "{steps:#?}");
    let lines = stage.sandbox.stack().logs("webhooks").await.unwrap();
    let accepted: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &Value| line["connection"] == "dynamics" && line["outcome"] == "accepted")
        .map(|line| line["trace"].clone())
        .collect();
    let by_webhook = back
        .iter()
        .filter(|step| accepted.contains(&step["references"]["trace"]))
        .count();
    // The sweep looks every five minutes: one of them may be its work, if it came first.
    assert!(
        by_webhook + 1 >= back.len(),
        "{by_webhook} of {back:#?} follow from {} webhooks",
        accepted.len()
    );
}
