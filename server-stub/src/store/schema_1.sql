-- Version 1. Times are milliseconds since the Unix epoch; digests are SHA-256.
create table meta (
    key   text primary key,
    value text not null
) strict;

create table conversations (
    id            text primary key,
    secret        blob not null unique,
    area          text,
    lang          text not null,
    route         text not null,
    state         text not null check (state in ('waiting', 'active', 'ended')),
    place         integer not null,
    operator      text,
    claim         integer not null,
    last          integer not null,
    messages      integer not null,
    started_at    integer not null,
    waiting_since integer not null,
    joined_at     integer,
    ended_at      integer,
    expires_at    integer,
    survey        text
) strict;

create table events (
    conversation text    not null references conversations (id) on delete cascade,
    seq          integer not null,
    body         text    not null,
    primary key (conversation, seq)
) strict, without rowid;

create table commands (
    conversation text not null references conversations (id) on delete cascade,
    sender       text not null,
    cid          text not null,
    body         blob not null,
    seq          integer,
    claim        integer,
    primary key (conversation, sender, cid)
) strict, without rowid;
create index commands_by_sender on commands (sender, cid);

create table marks (
    conversation       text primary key references conversations (id) on delete cascade,
    visitor_delivered  integer not null,
    visitor_read       integer not null,
    operator_delivered integer not null,
    operator_read      integer not null
) strict;

create table survey_answers (
    conversation text not null references conversations (id) on delete cascade,
    survey       text not null,
    answers      text not null,
    at           integer not null,
    primary key (conversation, survey)
) strict, without rowid;

create table tombstones (
    secret blob primary key,
    at     integer not null
) strict, without rowid;

create table handling_times (
    id integer primary key,
    at integer not null,
    ms integer not null
) strict;

create table waits (
    id        integer primary key,
    at        integer not null,
    ms        integer not null,
    abandoned integer not null
) strict;

create table operators (
    id            integer primary key autoincrement,
    name          text not null unique collate nocase,
    alias         text not null,
    password_hash text not null,
    areas         text not null,
    accepting     integer not null default 0,
    capacity      integer not null default 1,
    last_chat     integer not null default 0
) strict;

create table operator_sessions (
    token      blob primary key,
    operator   integer not null references operators (id) on delete cascade,
    expires_at integer not null
) strict, without rowid;
