//! What an operator may ask for, page by page.

use serde::Serialize;
use tealight_protocol::{Cid, ConversationId, ErrorCode, OperatorId, QueryKind, ToOperator, limits};

use super::{ConnId, Desk, Refusal};
use crate::store::Store;

impl<S: Store> Desk<S> {
    pub(super) fn query(
        &mut self,
        conn: ConnId,
        me: &OperatorId,
        cid: Cid,
        what: QueryKind,
        conv: Option<&ConversationId>,
        after: u64,
    ) -> Result<(), Refusal> {
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let (mut items, mut offers, mut notes, mut waits) = (None, None, None, None);
        let more = match what {
            QueryKind::Canned => {
                let (page, more) = page_of(self.settings.canned.iter().skip(skipped).cloned());
                items = Some(page);
                more
            }
            QueryKind::Offers => {
                let (page, more) = page_of(self.settings.alternatives.iter().skip(skipped).cloned());
                offers = Some(page);
                more
            }
            QueryKind::Notes => {
                let id = conv
                    .ok_or(Refusal::last_word(ErrorCode::BadRequest, "the notes of which conversation?"))?;
                let (page, more) = page_of(self.notes_for(conn, me, id, after)?.into_iter());
                notes = Some(page);
                more
            }
            QueryKind::Board => {
                let board = self.whole_board();
                self.send(conn, &ToOperator::Board(board));
                return Ok(());
            }
            QueryKind::Waits => {
                waits = Some(self.waits(self.clock));
                false
            }
            QueryKind::Roster | QueryKind::Blocks | QueryKind::Unknown => {
                return Err(Refusal::last_word(ErrorCode::Unsupported, "this question is not known here"));
            }
        };
        self.send(
            conn,
            &ToOperator::Result { cid, items, offers, notes, roster: None, waits, blocks: None, more },
        );
        Ok(())
    }
}

/// As many as fit one frame, and whether there are more.
pub(super) fn page_of<T: Serialize>(entries: impl Iterator<Item = T>) -> (Vec<T>, bool) {
    let mut page = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        bytes += serde_json::to_string(&entry).map_or(0, |text| text.len());
        if page.len() == limits::RESULT_ITEMS || (bytes > limits::PAGE_BYTES && !page.is_empty()) {
            return (page, true);
        }
        page.push(entry);
    }
    (page, false)
}
