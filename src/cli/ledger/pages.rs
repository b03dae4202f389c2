//! Reads long lists page by page.

use crate::ledger::archive::{Archive, JournalPage, Kept, Listed, OrderPage};
use crate::verify::port::LedgerError;

/// Rows that are read at once: about a megabyte.
const PAGE: u32 = 1000;

/// Orders, ordered by their ids.
pub(super) struct Orders<'a> {
    archive: &'a dyn Archive,
    page: OrderPage,
    over: bool,
}

impl<'a> Orders<'a> {
    pub(super) const fn new(archive: &'a dyn Archive, mut page: OrderPage) -> Self {
        page.limit = PAGE;
        Self {
            archive,
            page,
            over: false,
        }
    }

    /// The next page; none when there is nothing more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Listed>>, LedgerError> {
        if self.over {
            return Ok(None);
        }
        let found = self.archive.orders(self.page.clone()).await?;
        self.over = found.len() < PAGE as usize;
        if let Some(last) = found.last() {
            self.page.after = Some(last.order_id.clone());
        }
        Ok(Some(found))
    }
}

/// The journal, ordered by its numbers.
pub(super) struct Journal<'a> {
    archive: &'a dyn Archive,
    page: JournalPage,
    over: bool,
}

impl<'a> Journal<'a> {
    pub(super) const fn new(archive: &'a dyn Archive, mut page: JournalPage) -> Self {
        page.limit = PAGE;
        Self {
            archive,
            page,
            over: false,
        }
    }

    /// The next page; none when there is nothing more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Kept>>, LedgerError> {
        if self.over {
            return Ok(None);
        }
        let found = self.archive.journal(self.page.clone()).await?;
        self.over = found.len() < PAGE as usize;
        if let Some(last) = found.last() {
            self.page.after = last.number;
        }
        Ok(Some(found))
    }
}
