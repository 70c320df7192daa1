-- Version 2: notes between operators, visitors who were passed on to somebody, what an operator speaks and may.
alter table conversations add column reserved_for text;
alter table conversations add column reserved_until integer;

alter table commands add column note integer;

create table notes (
    conversation text    not null references conversations (id) on delete cascade,
    n            integer not null,
    body         text    not null,
    primary key (conversation, n)
) strict, without rowid;

alter table operators add column languages text not null default '[]';
alter table operators add column supervisor integer not null default 0;
