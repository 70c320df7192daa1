"""What goes over a socket, and how much of it: frames and their fields, texts, rates, and a way to send.

Nothing in here knows a conversation.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
import re
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

# The limits of PROTOCOL.md. `ready.limits` announces the first four.
FRAME_BYTES, TEXT_CHARS, BURST, PER_SECOND = 16_384, 4_000, 20, 2
LIMITS = {"frame": FRAME_BYTES, "text": TEXT_CHARS, "burst": BURST, "per_s": PER_SECOND}
QUEUED_FRAMES, QUEUED_BYTES = 256, 262_144
ALL_BURST, ALL_PER_SECOND = 400, 40  # frames of every kind
FAREWELL_S = 5  # for a slow peer to take its last frames

ID, SECRET, LANG, EPOCH = r"[\w-]{22}", r"[\w-]{43}", r"[A-Za-z0-9-]{1,35}", r".{0,64}"
INVISIBLE = {
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x180B, 0x1810), *range(0x200B, 0x2010), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10),
    *range(0xFFF9, 0xFFFC), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000),
}  # fmt: skip
TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
MARKS_IN_A_ROW = 6

Frame = dict[str, Any]


class Refusal(Exception):
    """A command that was not carried out and changed nothing: its sender gets `error`."""

    def __init__(self, code: str, message: str, retry_ms: int | None = None) -> None:
        self.code, self.message, self.retry_ms = code, message, retry_ms


class Close(Exception):
    """The socket is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason


def parse(text: str) -> Frame:
    """Reads a frame. Whatever is not a JSON object with a string `t` is a violation, not a mistake."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        frame = json.loads(text, parse_constant=refuse)  # NaN and Infinity are no JSON
        json.dumps(frame, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Close(4400, "the frame is not JSON") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
        raise Close(4400, "the frame has no type")
    return frame


def string(frame: Frame, name: str, pattern: str) -> str:
    value = frame.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII | re.DOTALL):
        raise Refusal("bad_request", f"{name} is missing or malformed")
    return value


def about(frame: Frame) -> Frame:
    """For `error`: whose command it was, if that can be told."""
    try:
        return {"cid": string(frame, "cid", ID)}
    except Refusal:
        return {}


def number(frame: Frame, name: str) -> int:
    value = frame.get(name)
    if type(value) is not int or not 0 <= value < 2**53:
        raise Refusal("bad_request", f"{name} is missing or no number from 0 to 2^53 - 1")
    return value


def truth(frame: Frame, name: str) -> bool:
    if not isinstance(frame.get(name), bool):
        raise Refusal("bad_request", f"{name} is neither true nor false")
    return bool(frame[name])


def clean(typed: object) -> str:
    """Cleans a text as under "Common forms". Markup stays as it is: whoever shows it shows it as text."""
    if not isinstance(typed, str):
        raise Refusal("bad_request", "text is missing or malformed")
    kept, marks = [], 0
    for c in LINE_END.sub("\n", typed.strip()):
        category, code = unicodedata.category(c), ord(c)
        if category.startswith("M"):
            marks += 1
        is_dropped = (category == "Cc" and c not in "\n\t") or code in TURNING
        if not (category.startswith("M") or is_dropped or code in INVISIBLE):
            marks = 0
        if not is_dropped and not (category.startswith("M") and marks > MARKS_IN_A_ROW):
            kept.append(c)
    text = "".join(kept).strip()
    if all(c.isspace() or ord(c) in INVISIBLE for c in text):
        raise Refusal("bad_request", "the text is empty")
    if len(text) > TEXT_CHARS:
        raise Refusal("too_large", f"the text has {len(text)} characters; at most {TEXT_CHARS} can be sent")
    return text


def digest(*parts: object) -> bytes:
    """SHA-256. Secrets are stored and looked for only like this, so the time of a search tells nothing of them."""
    return hashlib.sha256(json.dumps(parts).encode()).digest()


class Bucket:
    """So many at once, then a steady rate."""

    def __init__(self, burst: int, per_second: int) -> None:
        self.burst, self.per_second, self.level, self.at = burst, per_second, float(burst), time.monotonic()

    def take(self) -> int:
        """Takes a token, or says in how many milliseconds there will be one."""
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return math.ceil((1 - self.level) / self.per_second * 1000)
        self.level -= 1
        return 0


class Socket:
    """One page instance of a visitor, and what waits to be sent to it."""

    def __init__(self, ws: ServerConnection, ended: Callable[[Socket], None]) -> None:
        self.ws, self.ended = ws, ended
        self.inst, self.visible, self.conv, self.greeted = "", True, "", False
        self.told: Frame | None = None  # the place as it was last told here, and when
        self.told_at = -math.inf
        self.commands, self.frames, self.strikes = (
            Bucket(BURST, PER_SECOND),
            Bucket(ALL_BURST, ALL_PER_SECOND),
            0,
        )
        self.out: asyncio.Queue[str | None] = asyncio.Queue()
        self.queued = 0
        self.writer = asyncio.create_task(self._write())
        self.farewell: asyncio.Task[None] | None = None

    def send(self, t: str, **frame: object) -> None:
        if self.farewell:
            return
        text = json.dumps({"t": t, **frame}, ensure_ascii=False, separators=(",", ":"))
        self.queued += len(text.encode())
        self.out.put_nowait(text)
        # Whoever does not read may not fill our memory. Resuming brings what is lost here.
        if self.out.qsize() > QUEUED_FRAMES or self.queued > QUEUED_BYTES:
            self.close(4008, "too slow")

    def close(self, code: int, reason: str) -> None:
        """From now on nothing is sent, and nothing that still arrives has an effect."""
        if not self.farewell:
            self.farewell = asyncio.create_task(self._close(code, reason))
            self.ended(self)

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while (text := await self.out.get()) is not None:
                await self.ws.send(text)  # waits while the peer does not read
                self.queued -= len(text.encode())

    async def _close(self, code: int, reason: str) -> None:
        """Lets what waits go out first, such as the `bye`; a peer that does not take it in time is cut off."""
        self.out.put_nowait(None)
        if code == 4008:
            self.writer.cancel()
        try:
            async with asyncio.timeout(FAREWELL_S):
                await asyncio.wait([self.writer])
                await self.ws.close(code, reason)
        except TimeoutError:
            self.writer.cancel()
            self.ws.transport.abort()
