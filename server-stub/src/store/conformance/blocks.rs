//! What every store must do with blocks.

use tealight_protocol::{BlockReason, OperatorId};

use super::{conversation, id, read, write};
use crate::Moment;
use crate::store::{BLOCKS_KEPT_FOR, BlockRecord, ReviewRecord, Store};

pub(super) fn run<S: Store>(empty: &mut impl FnMut() -> S) {
    a_block_comes_back_with_what_was_made_of_it(&mut empty());
    a_block_outlives_its_conversation_without_its_name(&mut empty());
    a_block_is_forgotten_when_its_end_is_old(&mut empty());
}

fn a_block_comes_back_with_what_was_made_of_it<S: Store>(store: &mut S) {
    let all = BlockReason::ALL.map(|reason| BlockRecord { reason, ..block(10) });
    let ids: Vec<_> = all.iter().map(|block| write(store, |tx| tx.insert_block(block))).collect();
    let found = read(store, |tx| tx.blocks());
    let expected: Vec<_> =
        all.iter().zip(&ids).rev().map(|(block, id)| BlockRecord { id: *id, ..block.clone() }).collect();
    assert_eq!(found, expected, "the newest first");
    let who = |n: u8| OperatorId(format!("op:{n}"));
    for (by, lifted) in [(8, false), (9, true)] {
        let review = ReviewRecord { by: who(by), at: Moment(u64::from(by) * 10), lifted };
        assert!(write(store, |tx| tx.review_block(ids[1], &review)));
        let found = read(store, |tx| tx.blocks()).into_iter().find(|block| block.id == ids[1]);
        assert_eq!(found.and_then(|block| block.review), Some(review), "the last word counts");
    }
    let review = ReviewRecord { by: who(8), at: Moment(90), lifted: true };
    assert!(!write(store, |tx| tx.review_block(999, &review)), "there is no such block");
}

fn a_block_outlives_its_conversation_without_its_name<S: Store>(store: &mut S) {
    write(store, |tx| tx.insert_conversation(&conversation(1)));
    write(store, |tx| tx.insert_block(&BlockRecord { conversation: Some(id(1)), ..block(10) }));
    assert_eq!(read(store, |tx| tx.blocks())[0].conversation, Some(id(1)));
    write(store, |tx| tx.delete_conversation(&id(1)));
    let left = read(store, |tx| tx.blocks());
    assert_eq!((left.len(), left[0].conversation.clone()), (1, None));
}

fn a_block_is_forgotten_when_its_end_is_old<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.insert_block(&block(10))?;
        tx.insert_block(&block(11))
    });
    let end = block(11).until;
    write(store, |tx| tx.forget(end.plus(BLOCKS_KEPT_FOR)));
    let left: Vec<_> = read(store, |tx| tx.blocks()).into_iter().map(|block| block.at).collect();
    assert_eq!(left, [Moment(11)]);
}

fn block(at: u64) -> BlockRecord {
    BlockRecord {
        id: 0,
        conversation: None,
        reason: BlockReason::Threat,
        by: OperatorId("op:7".to_owned()),
        at: Moment(at),
        until: Moment(at + 100),
        review: None,
    }
}
