//! Blocks, in SQL.

use rusqlite::{Row, params};
use tealight_protocol::{BlockId, BlockReason, ConversationId, OperatorId};

use super::rows::{one_of, signed, unsigned};
use super::work::Work;
use crate::Moment;
use crate::store::{BLOCKS_KEPT_FOR, BlockRecord, ReviewRecord, StoreError};

const BLOCK: &str =
    "select id, conversation, reason, blocked_by, at, until, reviewed_by, reviewed_at, lifted from blocks";

impl Work<'_> {
    pub(super) fn add_block(&self, block: &BlockRecord) -> Result<BlockId, StoreError> {
        self.run(
            "insert into blocks (conversation, reason, blocked_by, at, until) values (?1, ?2, ?3, ?4, ?5)",
            params![
                block.conversation.as_ref().map(|id| id.0.as_str()),
                block.reason.word(),
                block.by.0,
                signed(block.at.0),
                signed(block.until.0),
            ],
        )?;
        Ok(self.transaction.last_insert_rowid().unsigned_abs())
    }

    pub(super) fn all_blocks(&self) -> Result<Vec<BlockRecord>, StoreError> {
        self.many(&format!("{BLOCK} order by id desc"), [], block)
    }

    pub(super) fn review(&self, id: BlockId, review: &ReviewRecord) -> Result<bool, StoreError> {
        let changed = self.run(
            "update blocks set reviewed_by = ?2, reviewed_at = ?3, lifted = ?4 where id = ?1",
            params![signed(id), review.by.0, signed(review.at.0), review.lifted],
        )?;
        Ok(changed == 1)
    }

    pub(super) fn forget_blocks(&self, now: Moment) -> Result<(), StoreError> {
        self.run("delete from blocks where until < ?1", [signed(now.minus(BLOCKS_KEPT_FOR).0)])?;
        Ok(())
    }
}

fn block(row: &Row<'_>) -> rusqlite::Result<BlockRecord> {
    let reviewed_by: Option<String> = row.get(6)?;
    let review = match reviewed_by {
        Some(by) => {
            Some(ReviewRecord { by: OperatorId(by), at: Moment(unsigned(row, 7)?), lifted: row.get(8)? })
        }
        None => None,
    };
    Ok(BlockRecord {
        id: unsigned(row, 0)?,
        conversation: row.get::<_, Option<String>>(1)?.map(ConversationId),
        reason: one_of(BlockReason::ALL, BlockReason::word, row, 2)?,
        by: OperatorId(row.get(3)?),
        at: Moment(unsigned(row, 4)?),
        until: Moment(unsigned(row, 5)?),
        review,
    })
}
