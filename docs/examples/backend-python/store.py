"""The truth, in SQLite: conversations, their events, and the commands that made them.

What is not in here may be lost at any moment, and nobody loses a word.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PAGE_EVENTS, PAGE_BYTES = 200, 65_536

Event = dict[str, Any]


class OtherBody(Exception):
    """A `cid` came again with another command."""


def stamp(moment: dt.datetime) -> str:
    """A time as on the wire."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    SCHEMA = """
        CREATE TABLE IF NOT EXISTS life (epoch TEXT NOT NULL, starts INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS conversation (
            number INTEGER PRIMARY KEY AUTOINCREMENT,  -- first come, first served
            id TEXT NOT NULL UNIQUE, secret BLOB NOT NULL UNIQUE, state TEXT NOT NULL, ended_at REAL);
        CREATE TABLE IF NOT EXISTS event (
            conv TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            seq INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (conv, seq)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS command (  -- kept as long as the conversation: rule 1
            conv TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            cid TEXT NOT NULL, body BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (conv, cid)) WITHOUT ROWID;
    """

    def __init__(self, path: Path) -> None:
        # Everybody waits while the store does: whoever locks it for longer makes commands `unavailable` instead.
        self.db = sqlite3.connect(path, isolation_level=None, timeout=0.2)
        # FULL: a commit is on the disk before it returns, also when the power goes. secure_delete: gone is gone.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(self.SCHEMA)
        if self.one("SELECT 1 FROM life") is None:
            self.db.execute("INSERT INTO life VALUES (?, 0)", (secrets.token_hex(4),))
        self.db.execute("UPDATE life SET starts = starts + 1")
        # After restoring a back-up the log may lack its end: delete the row in `life`, and clients start afresh.
        self.epoch, starts = self.one("SELECT epoch, starts FROM life") or ("", 0)
        self.rev = starts << 32  # `queue.rev` grows across restarts, too

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; leaving it without an error means that the disk has it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise

    def one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.db.execute(sql, values).fetchone()
        return row

    def with_secret(self, key: bytes) -> str | None:
        row = self.one("SELECT id FROM conversation WHERE secret = ?", key)
        return row[0] if row else None

    def waiting(self) -> list[str]:
        """Who waits, the next first."""
        rows = self.db.execute("SELECT id FROM conversation WHERE state = 'waiting' ORDER BY number")
        return [conv for (conv,) in rows]

    def active(self) -> str | None:
        row = self.one("SELECT id FROM conversation WHERE state = 'active'")
        return row[0] if row else None

    def state(self, conv: str) -> str:
        row = self.one("SELECT state FROM conversation WHERE id = ?", conv)
        return row[0] if row else "ended"

    def ended_at(self, conv: str) -> dt.datetime | None:
        row = self.one("SELECT ended_at FROM conversation WHERE id = ?", conv)
        return dt.datetime.fromtimestamp(row[0], dt.UTC) if row and row[0] else None

    def last(self, conv: str) -> int:
        row = self.one("SELECT COALESCE(MAX(seq), 0) FROM event WHERE conv = ?", conv)
        return row[0] if row else 0

    def open(self, conv: str, key: bytes) -> None:
        self.db.execute("INSERT INTO conversation (id, secret, state) VALUES (?, ?, 'waiting')", (conv, key))

    def become(self, conv: str, state: str) -> None:
        ended_at = time.time() if state == "ended" else None
        self.db.execute("UPDATE conversation SET state = ?, ended_at = ? WHERE id = ?", (state, ended_at, conv))

    def append(self, conv: str, kind: str, **what: object) -> Event:
        """Adds an event with the next number (rule 2). Only inside a transaction."""
        event = {"seq": self.last(conv) + 1, "at": stamp(dt.datetime.now(dt.UTC)), "kind": kind, **what}
        body = json.dumps(event, ensure_ascii=False)
        self.db.execute("INSERT INTO event VALUES (?, ?, ?)", (conv, event["seq"], body))
        return event

    def page(self, conv: str, after: int) -> tuple[list[Event], bool]:
        """The events after one, as many as fit a frame, and whether there are more."""
        rows = self.db.execute(
            "SELECT body FROM event WHERE conv = ? AND seq > ? ORDER BY seq LIMIT ?",
            (conv, after, PAGE_EVENTS + 1),
        ).fetchall()
        events: list[Event] = []
        size = 0
        for (body,) in rows[:PAGE_EVENTS]:
            size += len(body.encode())
            if events and size > PAGE_BYTES:
                break
            events.append(json.loads(body))
        return events, len(events) < len(rows)

    def known(self, conv: str, cid: str, body: bytes) -> int | None:
        """Rule 1: the event that this command became, if it was carried out before."""
        row = self.one("SELECT body, seq FROM command WHERE conv = ? AND cid = ?", conv, cid)
        if row is None:
            return None
        if not hmac.compare_digest(row[0], body):
            raise OtherBody
        return int(row[1])

    def remember(self, conv: str, cid: str, body: bytes, seq: int) -> None:
        self.db.execute("INSERT INTO command VALUES (?, ?, ?, ?)", (conv, cid, body, seq))

    def forget(self, seconds: int) -> list[str]:
        """Destroys what ended so long ago, and returns which conversations that were."""
        before = time.time() - seconds
        old = self.db.execute("SELECT id FROM conversation WHERE ended_at < ?", (before,)).fetchall()
        if old:
            self.db.execute("DELETE FROM conversation WHERE ended_at < ?", (before,))
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # nor may the journal keep it
        return [conv for (conv,) in old]
