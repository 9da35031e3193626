//! Finding the customer of a response, once for all rules of a message.

use cxloop_domain::address_index::IndexName;
use cxloop_domain::cases::CustomerKeys;
use cxloop_domain::columns::CrmColumns;
use cxloop_domain::customers::{
    CustomerSearch, Found, HashSearch, HashedEmails, algorithm_of, choose, hashed_address,
};
use cxloop_domain::response_to_case::customer_keys;
use cxloop_lambda_kit::logging::{fields, outcomes};
use cxloop_ports::{AddressPage, AddressesFrom, Failure, Remedy};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::Work;

/// How long one worker may be at a page of the index before another takes it for dead, in seconds.
const INDEX_LEASE_SECONDS: i64 = 60;
/// How soon a message comes back that found the index in another's hands, in seconds. A first reading of many contacts
/// takes minutes.
const INDEX_AGAIN_SECONDS: u32 = 30;
/// How soon the message comes back that read a page and was not done, in seconds.
const NEXT_PAGE_SECONDS: u32 = 1;

impl Work<'_> {
    /// The contacts who may be the customer. Asked of the CRM once, whatever number of rules there is.
    pub(crate) async fn found(&self) -> Result<Option<&Found>, Failure> {
        let found = self.found.get_or_try_init(|| self.find()).await?;
        Ok(found.as_ref())
    }

    /// The columns of the customer that rules name; `None` when no contact is the customer.
    pub(crate) async fn customer_columns(&self) -> Result<Option<&CrmColumns>, Failure> {
        let customers = &self.applied.configuration.customers;
        let chosen = self
            .found()
            .await?
            .and_then(|found| choose(found, customers));
        Ok(chosen.and_then(|chosen| Some(&chosen.contact?.columns)))
    }

    async fn find(&self) -> Result<Option<Found>, Failure> {
        // A surer key that finds somebody spares the index, which may have all contacts to read first.
        if let Some(search) = self.search_before_the_index()
            && let Some(found) = self.desk.find_customer(&search).await?
        {
            return Ok(Some(found));
        }
        let Some(search) = self.search(false).await? else {
            return Ok(None);
        };
        let found = self.desk.find_customer(&search).await?;
        if found.is_some() || !matches!(search.hashes, HashSearch::Among(_)) {
            return Ok(found);
        }
        // Whoever had the address has another by now; perhaps somebody else has it.
        match self.search(true).await? {
            Some(again) if again != search => self.desk.find_customer(&again).await,
            _ => Ok(None),
        }
    }

    /// The search by the one key that is surer than a hash, where the index would be asked for that hash.
    fn search_before_the_index(&self) -> Option<CustomerSearch> {
        let keys = customer_keys(self.response);
        let by_index = self.applied.configuration.customers.hashed_emails == HashedEmails::Index;
        (by_index && keys.email_hash.is_some() && keys.external_id.is_some()).then(|| {
            CustomerSearch {
                columns: self.rules.customer_columns().clone(),
                ..CustomerSearch::by(CustomerKeys {
                    external_id: keys.external_id,
                    ..CustomerKeys::default()
                })
            }
        })
    }

    /// What is looked for; `up_to_date` asks for an index that knows of the latest changes.
    async fn search(&self, up_to_date: bool) -> Result<Option<CustomerSearch>, Failure> {
        let mut keys = customer_keys(self.response);
        let hashes = match &keys.email_hash {
            Some(hash) => self.hash_search(hash, up_to_date).await?,
            None => HashSearch::Nowhere,
        };
        if hashes == HashSearch::Nowhere {
            keys.email_hash = None;
        }
        Ok((!keys.is_empty()).then(|| CustomerSearch {
            keys,
            hashes,
            columns: self.rules.customer_columns().clone(),
        }))
    }

    async fn hash_search(&self, hash: &str, up_to_date: bool) -> Result<HashSearch, Failure> {
        Ok(match &self.applied.configuration.customers.hashed_emails {
            HashedEmails::Ignore => HashSearch::Nowhere,
            HashedEmails::Column(column) => HashSearch::Column(column.clone()),
            HashedEmails::Index => match self.contacts_with(hash, up_to_date).await? {
                contacts if contacts.is_empty() => HashSearch::Nowhere,
                contacts => HashSearch::Among(contacts),
            },
        })
    }

    /// The contacts with a hash by the index, which is brought up to date when it has none, or when that is asked for.
    async fn contacts_with(&self, hash: &str, up_to_date: bool) -> Result<Vec<Uuid>, Failure> {
        let addresses = &self.deps.addresses;
        let Some(algorithm) = algorithm_of(hash) else {
            return Ok(Vec::new());
        };
        let index = self.index();
        let mut known = addresses.contacts(&index, hash).await?;
        known.sort();
        if !known.is_empty() && !up_to_date {
            return Ok(known);
        }
        let progress = addresses.progress(&index, algorithm).await?;
        if progress.due(self.deps.clock.now()).is_none() {
            return Ok(known);
        }
        self.read_addresses(&index, algorithm).await?;
        let mut known = addresses.contacts(&index, hash).await?;
        known.sort();
        Ok(known)
    }

    /// The index of the organisation that the desk reaches.
    fn index(&self) -> IndexName {
        let dynamics = self.applied.configuration.dynamics();
        let url = dynamics.map(|(_, dynamics)| dynamics.url.as_str());
        IndexName::of(self.connection, url.unwrap_or_default())
    }

    /// Reads one page of the addresses into the index. Fails with remedy `ComeBack` when more are to be read.
    async fn read_addresses(
        &self,
        index: &IndexName,
        algorithm: &'static str,
    ) -> Result<(), Failure> {
        let deps = self.deps;
        let lease = format!("addresses/{index}/{algorithm}");
        let now = deps.clock.now();
        let until = now + SignedDuration::from_secs(INDEX_LEASE_SECONDS);
        if !deps.claims.lease(&lease, &deps.worker, now, until).await? {
            let why = "another worker reads the addresses of the CRM's contacts";
            return Err(Failure::come_back(INDEX_AGAIN_SECONDS, why));
        }
        let outcome = self.read_page(index, algorithm).await;
        // A lease that cannot be given back runs out by itself.
        let _ = deps.claims.release(&lease, &deps.worker).await;
        if outcome? {
            Ok(())
        } else {
            let why = "the addresses of the CRM's contacts are being read";
            Err(Failure::come_back(NEXT_PAGE_SECONDS, why))
        }
    }

    /// Whether the index is up to date now.
    async fn read_page(&self, index: &IndexName, algorithm: &str) -> Result<bool, Failure> {
        let addresses = &self.deps.addresses;
        // Read again under the lease: another may have gone on meanwhile.
        let progress = addresses.progress(index, algorithm).await?;
        let Some(reading) = progress.due(self.deps.clock.now()) else {
            return Ok(true);
        };
        let from = match &reading.next {
            Some(next) => AddressesFrom::Next(next.clone()),
            None => AddressesFrom::Start {
                changed_since: reading.since,
            },
        };
        let page = match self.desk.contact_addresses(&from).await {
            Err(failure) if reading.next.is_some() && failure.remedy == Remedy::Park => {
                // The address of a page is the service's own and good for a while only.
                let (progress, again) = progress.after_refusal(&reading);
                addresses.keep_progress(index, algorithm, &progress).await?;
                return if again { Ok(false) } else { Err(failure) };
            }
            page => page?,
        };
        addresses.add(index, &entries(&page, algorithm)).await?;
        tracing::info!(
            { fields::OUTCOME } = outcomes::HASHED,
            { fields::CONNECTION } = self.connection.as_str(),
            { fields::COUNT } = page.contacts.len(),
            "a page of the contacts' addresses was hashed into the index"
        );
        let last = page.next.is_none();
        let progress = progress.after_page(&reading, page.next);
        addresses.keep_progress(index, algorithm, &progress).await?;
        Ok(last)
    }
}

fn entries(page: &AddressPage, algorithm: &str) -> Vec<(String, Uuid)> {
    let addresses = page.contacts.iter().flat_map(|(contact, addresses)| {
        let hashes = addresses.iter();
        hashes.filter_map(|address| Some((hashed_address(algorithm, address)?, *contact)))
    });
    addresses.collect()
}
