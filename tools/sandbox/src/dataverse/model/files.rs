//! The model files that come with the sandbox, one table each.

macro_rules! model_files {
    ($($table:literal)*) => {
        &[$(include_str!(concat!("../../../model/", $table, ".json"))),*]
    };
}

/// Texts of the files of the tables of customer service, sales, marketing lists, consent and the platform's own.
pub(super) const CUSTOMER_SERVICE: &[&str] = model_files![
    "systemuser" "team" "businessunit" "queue" "account" "contact" "incident" "incidentresolution" "queueitem" "annotation"
    "activitypointer" "activityparty" "task" "phonecall" "email" "appointment"
    "lead" "opportunity" "opportunityclose" "list" "listmember" "campaign" "campaignitem" "campaignresponse"
    "entitlement" "entitlementchannel" "sla" "slaitem" "slakpiinstance" "knowledgearticle" "subject" "product" "transactioncurrency"
    "serviceendpoint" "sdkmessage" "sdkmessagefilter" "sdkmessageprocessingstep" "sdkmessageprocessingstepimage" "asyncoperation"
    "savedquery" "savedqueryvisualization" "systemform" "webresource" "publisher" "solution" "solutioncomponent"
    "queuemembership" "teammembership" "principalobjectaccess"
    "msdynmkt_purpose" "msdynmkt_contactpointconsent4"
];
