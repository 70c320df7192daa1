-- Version 6. Who was not let in for a while, by whom, and what a second person made of it. Nothing here says where
-- anybody came from, and nothing brings back a conversation that was erased.
create table blocks (
    id           integer primary key autoincrement,
    conversation text    references conversations (id) on delete set null,
    reason       text    not null,
    blocked_by   text    not null,
    at           integer not null,
    until        integer not null,
    reviewed_by  text,
    reviewed_at  integer,
    lifted       integer not null default 0
) strict;
create index blocks_by_conversation on blocks (conversation);
