#!/usr/bin/env python3
"""A small Tealight backend: levels L1 and L2 of protocol/PROTOCOL.md, on `websockets` and SQLite.

It carries real conversations with the unchanged widget, and is a starting point for a backend in another language.
Its one operator sits at the terminal it was started from. It has no accounts, no estimate of waits and nothing of
L3 and L4; it says so by empty `caps`, and a widget hides what is missing. README.md beside this file has the rest.

This file is the helpline: `Helpline.serve` keeps one socket from `hello` to the end, `Helpline.start` and
`Helpline.command` are where nothing is lost and nothing is doubled, `Helpline.take` is the operator's side. wire.py
reads and sends frames, store.py keeps what was said, pages.py serves the widget. "Rule 3" is a rule of the chapter
"Exactly once on the screen" in PROTOCOL.md.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import logging
import math
import queue
import secrets
import signal
import sqlite3
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import wire
from pages import Pages
from store import OtherBody, Store, stamp
from wire import Close, Frame, Refusal, Socket

HELLO_S, QUEUE_EVERY_S, INSTANCES = 10, 2, 4  # as PROTOCOL.md has them
SOCKETS, STRIKES, SPREAD_MS = 5_000, 120, 2_000  # ours: at once; refusals for speed before 4429; after a restart

log = logging.getLogger("backend")  # states and numbers: never a frame, a text, an address or a secret


@dataclass
class Settings:
    """What a helpline decides: the keys of backend.toml, which explains them."""

    name: str = "Night Line"
    operator: str = "Sam"
    listen: str = "127.0.0.1:8090"
    public_url: str = ""
    origins: tuple[str, ...] = ()
    database: str = "tealight.db"
    dist: str = "../../../target/dist"
    exit_url: str = "https://www.wikipedia.org/"
    time_zone: str = "UTC"
    opens: dt.time | None = None
    closes: dt.time | None = None
    capacity: int = 50
    ping_s: int = 25
    hold_s: int = 90
    place_kept_s: int = 300
    retention_s: int = 24 * 3600
    offers: tuple[Frame, ...] = ()

    def hours(self, now: dt.datetime) -> tuple[bool, dt.datetime | None]:
        """Whether it is open, and when that changes next."""
        if self.opens is None or self.closes is None:
            return True, None
        zone = ZoneInfo(self.time_zone)
        for days in (-1, 0, 1):
            date = now.astimezone(zone).date() + dt.timedelta(days)
            past_midnight = dt.timedelta(self.closes <= self.opens)
            start = dt.datetime.combine(date, self.opens, zone)
            end = dt.datetime.combine(date + past_midnight, self.closes, zone)
            if now < end:
                return (True, end) if now >= start else (False, start)
        return False, None


class Helpline:
    """The waiting room, the conversations and the one operator. Nothing in here awaits between reading and writing
    the store, so each step sees the world as the step before left it."""

    def __init__(self, settings: Settings, store: Store, desk: Callable[[str], None]) -> None:
        self.settings, self.store, self.desk = settings, store, desk
        self.sockets: set[Socket] = set()
        self.pages: dict[str, list[Socket]] = {}  # the sockets of each conversation
        self.gone: dict[str, float] = {}  # waiting without any socket, since when
        self.hold: tuple[str, float] | None = None  # whom the operator waits for, until when
        self.held: set[str] = set()  # called, and did not look
        self.told: Frame = self.service()
        self.places_due: asyncio.TimerHandle | None = None

    # One socket.

    async def serve(self, ws: ServerConnection) -> None:
        sock = Socket(ws, self.leave)
        self.sockets.add(sock)
        try:
            if len(self.sockets) > SOCKETS:
                raise Close(1013, "no room just now")
            if ws.subprotocol != "tealight.v1":
                raise Close(4406, "this server speaks tealight.v1")
            try:
                async with asyncio.timeout(HELLO_S):
                    first = await ws.recv()
            except TimeoutError:
                raise Close(4408, "no hello in time") from None
            self.hello(sock, self.frame(sock, first))
            pings = 0
            while not sock.farewell:
                try:
                    async with asyncio.timeout(self.settings.ping_s):
                        message = await ws.recv()
                except TimeoutError:
                    if pings == 2:
                        raise Close(4408, "no answer to ping") from None
                    pings += 1
                    sock.send("ping")
                    continue
                pings = 0
                if not sock.farewell:
                    self.obey(sock, self.frame(sock, message))
        except Close as why:
            sock.close(why.code, why.reason)
        except ConnectionClosed:
            pass
        except sqlite3.Error as fault:
            log.error("the database: %s", fault)
            sock.close(1013, "the database cannot be used just now")
        except Exception as fault:  # ours; its message might quote a frame, so only its place is logged
            log.error("%s\n%s", type(fault).__name__, "".join(traceback.format_tb(fault.__traceback__)))
            sock.close(1011, "a fault in the server")
        finally:
            sock.close(1000, "")
            if sock.farewell:
                await sock.farewell

    def frame(self, sock: Socket, message: str | bytes) -> Frame:
        if sock.frames.take():
            raise Close(4429, "too many frames")
        if isinstance(message, bytes):
            raise Close(4400, "frames are text")
        return wire.parse(message)

    def leave(self, sock: Socket) -> None:
        self.sockets.discard(sock)
        if sock in self.pages.get(sock.conv, ()):
            self.pages[sock.conv].remove(sock)
            if not self.pages[sock.conv]:
                del self.pages[sock.conv]

    def hello(self, sock: Socket, frame: Frame) -> None:
        try:
            if frame["t"] != "hello" or frame.get("role") != "visitor":
                raise Refusal("bad_request", "the first frame must be a visitor's hello")
            sock.inst, _ = wire.string(frame, "inst", wire.ID), wire.string(frame, "lang", wire.LANG)
            caps = frame.get("caps", [])
            if not isinstance(caps, list) or not all(isinstance(cap, str) for cap in caps):
                raise Refusal("bad_request", "caps is no list of words")
            sock.visible = wire.truth(frame, "visible") if "visible" in frame else True
            secret = wire.string(frame, "secret", wire.SECRET) if "secret" in frame else None
            epoch = wire.string(frame, "epoch", wire.EPOCH) if "epoch" in frame else None
            after = wire.number(frame, "after") if "after" in frame else 0
        except Refusal as why:
            raise Close(4400, why.message) from None
        snapshot = None
        if secret is not None:
            conv = self.store.with_secret(wire.digest(secret))
            if conv is None:
                raise Close(4404, "no conversation has this secret")
            snapshot = self.resume(sock, conv, epoch, after)
        ready = {"epoch": self.store.epoch, "ping_s": self.settings.ping_s, "caps": [], "limits": wire.LIMITS}
        sock.send("ready", **ready, service=self.service(), conv=snapshot)
        # Not before `ready` is on its way: nothing may come ahead of it.
        sock.greeted = True
        if snapshot:
            self.pages.setdefault(sock.conv, []).append(sock)

    def resume(self, sock: Socket, conv: str, epoch: str | None, after: int) -> Frame:
        """Rule 5: everything after `after`, or everything."""
        self.follow(sock, conv)
        last = self.store.last(conv)
        reset = after > last or (after > 0 and epoch != self.store.epoch)
        events, more = self.store.page(conv, 0 if reset else after)
        state = self.store.state(conv)
        snapshot: Frame = {"id": conv, "state": state, "last": last, "reset": reset, "more": more, "events": events}
        none = {"delivered": 0, "read": 0}
        snapshot["marks"] = {"visitor": none, "operator": none}
        if ended_at := self.store.ended_at(conv):
            snapshot["expires_at"] = stamp(ended_at + dt.timedelta(seconds=self.settings.retention_s))
        if state == "waiting":
            snapshot["queue"] = self.tell_place(sock, self.place(conv, self.store.waiting().index(conv) + 1))
        return snapshot

    def follow(self, sock: Socket, conv: str) -> None:
        """Rule 7: a page instance has one socket, a conversation at most four page instances."""
        others = self.pages.get(conv, [])
        if sum(other.inst != sock.inst for other in others) >= INSTANCES:
            raise Close(4429, "too many pages follow this conversation")
        for old in [other for other in others if other.inst == sock.inst]:
            old.close(4409, "a newer socket of the same page")
        if sock.visible:
            self.looked(conv)
        sock.conv = conv

    def obey(self, sock: Socket, frame: Frame) -> None:
        about = wire.about(frame)
        try:
            match frame["t"]:
                case "hello":
                    raise Close(4400, "a second hello")
                case "ping":
                    sock.send("pong")
                case "presence":
                    sock.visible = wire.truth(frame, "visible")
                    if sock.visible and sock.conv:
                        self.looked(sock.conv)
                case "start" | "send" | "end" | "sync" | "answer" | "erase" as t:
                    self.limit(sock)
                    match t:
                        case "start":
                            self.start(sock, frame)
                        case "send" | "end":
                            self.command(sock, frame)
                        case "sync":
                            after = wire.number(frame, "after")
                            events, more = self.store.page(self.own(sock), after)
                            sock.send("history", events=events, last=self.store.last(sock.conv), more=more)
                        case _:  # L3: who sends a command waits for an answer
                            raise Refusal("unsupported", f"there is no {t} here")
                case _:
                    pass  # what is unknown is ignored, now and in years: widgets grow older than backends
        except OtherBody:
            message = "this cid was used for another command"
            sock.send("error", **about, code="conflict", retry=False, message=message)
        except Refusal as why:
            retry = {} if why.retry_ms is None else {"retry_ms": why.retry_ms}
            sock.send("error", **about, code=why.code, retry=bool(retry), **retry, message=why.message)
        except sqlite3.Error as fault:
            # Nothing was acknowledged, so nothing is lost: the client keeps the command and sends it again.
            log.error("a command could not be stored: %s", fault)
            message = "it cannot be stored just now"
            sock.send("error", **about, code="unavailable", retry=True, retry_ms=2_000, message=message)

    def limit(self, sock: Socket) -> None:
        if retry_ms := sock.commands.take():
            sock.strikes += 1
            if sock.strikes > STRIKES:
                raise Close(4429, "too many commands")
            raise Refusal("rate_limited", f"more than {wire.PER_SECOND} commands per second", retry_ms)

    def own(self, sock: Socket) -> str:
        if not sock.conv:
            raise Refusal("not_found", "this socket has no conversation: start one first")
        return sock.conv

    # Durable commands: look for the cid, append, commit, and only then say so.

    def start(self, sock: Socket, frame: Frame) -> None:
        cid, lang = wire.string(frame, "cid", wire.ID), wire.string(frame, "lang", wire.LANG)
        secret = wire.string(frame, "secret", wire.SECRET)
        patient = "route" in frame and wire.string(frame, "route", ".*") == "patient"
        route = "patient" if patient else "standard"
        body, key = wire.digest("start", secret, lang, route, frame.get("area")), wire.digest(secret)
        conv = self.store.with_secret(key)
        if conv is not None:  # its `ack` was lost: the same conversation, on this socket now
            seq = self.store.known(conv, cid, body)
            if seq is None or sock.conv not in ("", conv):
                raise Refusal("conflict", "this secret has a conversation already")
            events = [] if sock.conv else self.store.page(conv, 0)[0]
            if not sock.conv:
                self.follow(sock, conv)
                self.pages.setdefault(conv, []).append(sock)
        else:
            if sock.conv:
                raise Refusal("conflict", "this socket has a conversation already")
            if "area" in frame:
                raise Refusal("bad_request", "there is no such area")
            match self.service()["state"]:
                case "closed":
                    raise Refusal("closed", "the service is closed")
                case "full":
                    raise Refusal("queue_full", "the waiting room is full", 30_000)
            conv = secrets.token_urlsafe(12)
            with self.store.transaction():
                self.store.open(conv, key)
                events = [self.store.append(conv, "started", lang=lang, route=route)]
                seq = events[0]["seq"]
                self.store.remember(conv, cid, body, seq)
            sock.conv = conv
            self.pages[conv] = [sock]
            self.desk(f"{conv} joined; {len(self.store.waiting())} waiting")
        sock.send("ack", cid=cid, conv=conv, seq=seq)
        for event in events:
            sock.send("event", **event)
        self.tell()

    def command(self, sock: Socket, frame: Frame) -> None:
        """`send` and `end`."""
        cid = wire.string(frame, "cid", wire.ID)
        text = wire.clean(frame.get("text")) if frame["t"] == "send" else None
        conv, body = self.own(sock), wire.digest(frame["t"], text)
        event = None
        with self.store.transaction():
            seq = self.store.known(conv, cid, body)
            if seq is None:
                state = self.store.state(conv)
                if state == "ended":
                    raise Refusal("ended", "the conversation is over")
                if text is not None:
                    event = self.store.append(conv, "message", **{"from": "visitor"}, cid=cid, text=text)
                else:
                    event = self.ending(conv, "visitor", "done" if state == "active" else "left_waiting")
                seq = event["seq"]
                self.store.remember(conv, cid, body, seq)
        # Here it is safe on the disk, whatever happens to us next.
        sock.send("ack", cid=cid, seq=seq)
        if event:
            self.happened(conv, event)

    def ending(self, conv: str, by: str, reason: str) -> Frame:
        self.store.become(conv, "ended")
        return self.store.append(conv, "ended", by=by, reason=reason)

    def happened(self, conv: str, event: Frame) -> None:
        """Tells everybody whom a committed event concerns."""
        for sock in self.pages.get(conv, ()):
            sock.send("event", **event)
        if event["kind"] == "ended":
            self.held.discard(conv)
            if self.called(conv):
                self.hold = None
            done = event["reason"] == "done"
            waiting = len(self.store.waiting())
            self.desk(f"ended by the {event['by']}" if done else f"somebody left the waiting room; {waiting} waiting")
            self.tell()
        elif self.store.active() == conv:
            self.show(event)

    # What visitors are told without asking.

    def service(self) -> Frame:
        """`ready.service`, the frame `service` and `/v1/status`."""
        is_open, change = self.settings.hours(dt.datetime.now(dt.UTC))
        full = len(self.store.waiting()) >= self.settings.capacity
        status: Frame = {"name": self.settings.name, "state": "closed" if not is_open else "full" if full else "open"}
        if change:
            status["closes_at" if is_open else "next_open"] = stamp(change)
        # An honest range needs an estimate (see "Waits"); whoever has none says so.
        status["wait"] = {"kind": "unknown" if is_open else "closed"}
        status["offers"] = list(self.settings.offers)
        return status

    def place(self, conv: str, place: int) -> Frame:
        state = "ready" if self.called(conv) else "held" if conv in self.held else "waiting"
        return {"state": state, "place": place, "wait": {"kind": "unknown"}}

    def tell_place(self, sock: Socket, update: Frame) -> Frame:
        sock.told, sock.told_at = update, time.monotonic()
        self.store.rev += 1
        if self.hold and update["state"] == "ready":
            update = {**update, "hold_s": max(0, math.ceil(self.hold[1] - time.monotonic()))}
        return {"rev": self.store.rev, **update}

    def tell(self) -> None:
        """Tells each visitor what changed for them: the service, and the place at most once in two seconds."""
        service = self.service()
        if service != self.told:
            self.told = service
            for sock in [sock for sock in self.sockets if sock.greeted]:
                sock.send("service", **service)
        if self.places_due:
            self.places_due.cancel()
            self.places_due = None
        early = []
        for place, conv in enumerate(self.store.waiting(), 1):
            update = self.place(conv, place)
            for sock in [sock for sock in self.pages.get(conv, ()) if sock.told != update]:
                wait = sock.told_at + QUEUE_EVERY_S - time.monotonic()
                if wait > 0:
                    early.append(wait)
                else:
                    sock.send("queue", **self.tell_place(sock, update))
        if early:
            self.places_due = asyncio.get_running_loop().call_later(min(early), self.tell)

    # The operator. "Your turn: ready and hold" in PROTOCOL.md.

    def take(self, wanted: str = "") -> None:
        if self.store.active() or self.hold:
            raise Refusal("conflict", "one visitor at a time: /end this conversation first")
        waiting = self.store.waiting()
        if not waiting or (wanted and wanted not in waiting):
            raise Refusal("not_found", "nobody is waiting, or not under this name")
        self.call(wanted or self.next() or waiting[0])

    def next(self) -> str | None:
        """The first who is connected and was not called in vain."""
        there = (conv for conv in self.store.waiting() if conv in self.pages and conv not in self.held)
        return next(there, None)

    def called(self, conv: str) -> bool:
        return self.hold is not None and self.hold[0] == conv

    def here(self, conv: str) -> bool:
        return any(sock.visible for sock in self.pages.get(conv, ()))

    def call(self, conv: str) -> None:
        self.hold = (conv, time.monotonic() + self.settings.hold_s)
        if self.here(conv):
            self.looked(conv)
        else:
            self.desk(f"the visitor does not look just now; waiting {self.settings.hold_s} s for them")
            self.tell()

    def looked(self, conv: str) -> None:
        """A page of the visitor is in sight: whoever was called has come, whoever was held waits again."""
        if self.called(conv):
            who = {"id": "op:desk", "name": self.settings.operator, "role": "operator"}
            with self.store.transaction():
                self.store.become(conv, "active")
                event = self.store.append(conv, "joined", who=who)
            self.hold = None
            self.transcript(conv)
            for sock in self.pages.get(conv, ()):
                sock.send("event", **event)
            self.tell()
        if conv in self.held:
            self.held.discard(conv)
            self.tell()

    def say(self, typed: str) -> None:
        conv = self.store.active()
        if conv is None:
            raise Refusal("not_found", "nobody to talk with: /take somebody first")
        text = wire.clean(typed)
        with self.store.transaction():
            event = self.store.append(conv, "message", **{"from": "op:desk"}, text=text)
        self.happened(conv, event)

    def end(self) -> None:
        conv = self.store.active()
        if conv is None:
            raise Refusal("not_found", "there is no conversation to end")
        self.end_by(conv, "operator", "done")

    def end_by(self, conv: str, by: str, reason: str) -> None:
        with self.store.transaction():
            event = self.ending(conv, by, reason)
        self.happened(conv, event)

    def transcript(self, conv: str) -> None:
        after, more = 0, True
        while more:
            events, more = self.store.page(conv, after)
            for event in events:
                self.show(event)
            after = events[-1]["seq"] if events else after

    def show(self, event: Frame) -> None:
        if event["kind"] == "message":
            # Further lines stand aside, so that no text can pass for something else on this terminal.
            text = event["text"].replace("\n", "\n    ")
            self.desk(f"{'visitor' if event['from'] == 'visitor' else 'you'}: {text}")
        elif event["kind"] == "joined":
            self.desk("you are together now: what you type is sent")

    def tick(self) -> None:
        """Once a second: whatever is due."""
        now = time.monotonic()
        if self.hold and self.here(self.hold[0]):
            self.looked(self.hold[0])  # it could not be stored when they looked
        elif self.hold and self.hold[1] <= now:
            # Nobody looked: the place is kept, and the turn goes to the next.
            self.held.add(self.hold[0])
            self.hold = None
            self.desk("the visitor did not look; they keep their place")
            if (conv := self.next()) is not None:
                self.call(conv)
        is_open, _ = self.settings.hours(dt.datetime.now(dt.UTC))
        waiting = self.store.waiting()
        self.gone = {conv: self.gone.get(conv, now) for conv in waiting if conv not in self.pages}
        for conv in waiting:
            if now - self.gone.get(conv, now) > self.settings.place_kept_s:
                self.end_by(conv, "system", "away")
            elif not is_open and not self.called(conv):
                self.end_by(conv, "system", "closed")
        for conv in self.store.forget(self.settings.retention_s):
            for sock in list(self.pages.get(conv, ())):
                sock.close(4404, "the conversation has expired")
        self.tell()

    def stop(self) -> list[asyncio.Task[None]]:
        """Says goodbye to everybody; the farewells are done when these are."""
        everybody = list(self.sockets)
        for sock in everybody:
            if sock.greeted:
                sock.send("bye", code="restart", spread_ms=SPREAD_MS)
            sock.close(1012, "restart")
        return [sock.farewell for sock in everybody if sock.farewell]


def operate(helpline: Helpline, line: str) -> None:
    """One line from the terminal: a command with a slash, or something to say."""
    line = line.strip()
    try:
        match line:
            case "":
                pass
            case "/end":
                helpline.end()
            case _ if line.split()[0] == "/take":
                helpline.take(*line.split()[1:2])
            case _ if line.startswith("/"):
                helpline.desk("/take the next visitor, /end the conversation; anything else is said to the visitor")
            case _:
                helpline.say(line)
    except Refusal as why:
        helpline.desk(f"not done: {why.message}")
    except sqlite3.Error as fault:
        helpline.desk(f"not stored: {fault}")


async def run(settings: Settings, folder: Path) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    helpline = Helpline(settings, Store(folder / settings.database), lines.put)

    # The terminal has threads of its own: one that stands still must not stop the helpline.
    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(operate, helpline, line)

    def speak() -> None:
        while True:
            print(lines.get(), flush=True)

    server = serve(
        helpline.serve,
        settings.listen.rpartition(":")[0],
        int(settings.listen.rpartition(":")[2]),
        start_serving=False,
        process_request=lambda connection, request: pages.answer(connection, request),
        subprotocols=[Subprotocol("tealight.v1"), Subprotocol("tealight")],  # the second to say 4406 on
        compression=None,
        max_size=wire.FRAME_BYTES,  # beyond it the library closes with 1009
        ping_interval=None,  # the protocol has its own `ping`, which a page can see
        open_timeout=HELLO_S,
        close_timeout=wire.FAREWELL_S,
    )
    async with server:
        if not settings.public_url:
            settings.public_url = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
        pages = Pages(
            name=settings.name,
            public_url=settings.public_url,
            exit_url=settings.exit_url,
            origins=list(settings.origins),
            dist=folder / settings.dist,
            status=helpline.service,
        )
        await server.start_serving()
        helpline.desk(f"tealight backend on {settings.public_url}")
        if (conv := helpline.store.active()) is not None:
            helpline.transcript(conv)
        for work in (listen, speak):
            threading.Thread(target=work, daemon=True).start()
        while not stop.is_set():
            try:
                helpline.tick()
            except sqlite3.Error as fault:
                log.error("the database: %s", fault)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
        await asyncio.gather(*helpline.stop())
    helpline.store.db.close()


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # anybody can break a handshake
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    config = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).with_name("backend.toml")).resolve()
    try:
        settings = Settings(**tomllib.loads(config.read_text()))
    except (OSError, TypeError, ValueError) as fault:
        sys.exit(f"{config}: {fault}")
    asyncio.run(run(settings, config.parent))


if __name__ == "__main__":
    main()
