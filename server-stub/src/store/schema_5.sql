-- Version 5. What operators did, without a word of what anybody said. `who` is an operator's identifier or a word
-- that is none. Nothing here belongs to a conversation, or names one: `conversation` is a mark, a part of a SHA-256.
create table audit (
    id           integer primary key autoincrement,
    at           integer not null,
    who          text    not null,
    what         text    not null,
    conversation text,
    about        text,
    times        integer not null
) strict;
create index audit_by_time on audit (at);
