//! A change of a row asks the right person: by e-mail after a case, by text message after a sale; and the answer comes back.

use fantoccini::Locator;
use fantoccini::error::CmdError;

use super::browser::Browser;
use super::chapters::answered_in_the_browser;
use super::stage::Stage;

const WORDS: &str = "A entrega chegou rota e ninguén contesta";
const EMAIL: &str = "noela.caeiro@example.com";

/// Resolve a case, find the e-mail in the outbox, follow its link, answer badly, and see the same case open again.
pub(crate) async fn a_resolved_case_asks_its_customer_and_the_answer_reopens_it(
    stage: &Stage,
    browser: &Browser,
) -> Result<(), CmdError> {
    let sandbox = &stage.sandbox;
    let answer = answered_in_the_browser(stage, browser, 1, "Noela Caeiro", EMAIL, WORDS).await?;
    let loop_page = format!("{}/loops/wxm~{answer}", sandbox.front_url());
    browser
        .until_page_says(&loop_page, "Response noted")
        .await?;
    let ticket = browser.text("ticket").await?;
    let cases = stage.cases_about("chegou rota").await;
    assert_eq!(cases.len(), 1, "{cases:#?}");
    let case = cases[0]["incidentid"].as_str().unwrap();

    browser
        .goto(&format!("{}/agent/cases/{case}", sandbox.dynamics_url()))
        .await?;
    browser
        .fill("resolution-subject", "Enviamos outra peza")
        .await?;
    browser.click("resolve").await?;
    browser.element("reactivate").await?;

    let outbox = format!("{}/outbox", sandbox.front_url());
    let sent = browser.until_page_says(&outbox, EMAIL).await?;
    assert_eq!(sent.matches(EMAIL).count(), 1, "{sent}");
    let link = format!("//section[contains(., '{EMAIL}')]//a[@class='link']");
    browser
        .client
        .find(Locator::XPath(&link))
        .await?
        .click()
        .await?;
    browser.click("csat-1").await?;
    browser.fill("comments", "Segue rota").await?;
    browser.click("submit").await?;
    browser.element("answer-id").await?;

    let told = browser.until_page_says(&loop_page, "Case reopened").await?;
    assert!(told.contains("Survey sent"), "{told}");
    assert_eq!(browser.text("ticket").await?, ticket, "the same case");
    let invitations = format!("{}/invitations", sandbox.front_url());
    browser.until_page_says(&invitations, "after-case").await?;
    stage.idle().await;
    let sent = browser.until_page_says(&outbox, EMAIL).await?;
    assert_eq!(sent.matches(EMAIL).count(), 1, "asked once: {sent}");
    Ok(())
}

/// Win an opportunity of a customer with a phone number; and one of a customer who wants no calls, which says why not.
pub(crate) async fn a_won_opportunity_asks_by_text_message(
    stage: &Stage,
    browser: &Browser,
) -> Result<(), CmdError> {
    let sandbox = &stage.sandbox;
    let sales = format!("{}/agent/sales", sandbox.dynamics_url());
    browser.goto(&sales).await?;
    browser.fill("opportunity-topic", "Caldeira nova").await?;
    let customer = browser.element("opportunity-customer").await?;
    customer.select_by_label("Antía Souto Lugrís").await?;
    browser.click("open-opportunity").await?;
    browser.until_page_says(&sales, "Caldeira nova").await?;
    let win = "//tr[contains(., 'Caldeira nova')]//button[text()='win']";
    browser
        .client
        .find(Locator::XPath(win))
        .await?
        .click()
        .await?;
    let outbox = format!("{}/outbox", sandbox.front_url());
    browser
        .until_page_says(&outbox, "by End User Messaging")
        .await?;
    let invitations = format!("{}/invitations", sandbox.front_url());
    browser.until_page_says(&invitations, "after-sale").await?;
    stage.idle().await;
    assert!(stage.dead_letters().await.is_empty());
    Ok(())
}
