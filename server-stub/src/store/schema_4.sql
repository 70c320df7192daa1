-- Version 4: what people say is sealed. What stands in the plain_… tables is sealed into the new ones right after
-- this, in the same transaction, and these tables are dropped.
create table data_keys (
    conversation text primary key references conversations (id) on delete cascade,
    server_key   text not null,
    wrapped      blob not null
) strict, without rowid;

alter table events rename to plain_events;
create table events (
    conversation text    not null references conversations (id) on delete cascade,
    seq          integer not null,
    body         blob    not null,
    primary key (conversation, seq)
) strict, without rowid;

alter table notes rename to plain_notes;
create table notes (
    conversation text    not null references conversations (id) on delete cascade,
    n            integer not null,
    body         blob    not null,
    primary key (conversation, n)
) strict, without rowid;

alter table survey_answers rename to plain_survey_answers;
create table survey_answers (
    conversation text    not null references conversations (id) on delete cascade,
    survey       text    not null,
    answers      blob    not null,
    at           integer not null,
    primary key (conversation, survey)
) strict, without rowid;

drop index commands_by_sender;
alter table commands rename to plain_commands;
create table commands (
    conversation text not null references conversations (id) on delete cascade,
    sender       text not null,
    cid          text not null,
    body         blob not null,
    seq          integer,
    claim        integer,
    note         integer,
    primary key (conversation, sender, cid)
) strict, without rowid;
create index commands_by_sender on commands (sender, cid);
