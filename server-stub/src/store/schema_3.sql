-- Version 3: what a wait leaves behind, promises that outlive a restart, the roster, and what all visitors are told.
alter table conversations add column promise text;

alter table waits rename to waits_of_version_2;
create table waits (
    id          integer primary key,
    joined      integer not null,
    ended       integer not null,
    area        text,
    class       integer not null check (class in (0, 1)),
    outcome     text    not null check (outcome in ('met', 'left', 'sent')),
    issued_q25     real,
    issued_q90     real,
    first_upper integer,
    offered     integer,
    pending     integer not null
) strict;
create index waits_pending on waits (class, joined) where pending;
-- How long those who left would have waited was not written down, and nobody can find out any more.
insert into waits (id, joined, ended, class, outcome, offered, pending)
    select id, max(at - ms, 0), at, 1, iif(abandoned, 'left', 'met'), iif(abandoned, null, ms), 0
    from waits_of_version_2;
drop table waits_of_version_2;

create table shifts (
    id       text primary key,
    operator integer references operators (id) on delete cascade,
    begins   integer not null,
    ends     integer not null,
    at_once  integer not null
) strict;

create table staffing (
    at    integer primary key,
    slots integer not null
) strict;

-- At most one row.
create table announcement (
    id      integer primary key check (id = 1),
    notice  text,
    paused  integer not null,
    said_by text    not null,
    at      integer not null
) strict;

-- Commands that are about no conversation.
create table desk_commands (
    sender text    not null,
    cid    text    not null,
    body   blob    not null,
    at     integer not null,
    primary key (sender, cid)
) strict, without rowid;
