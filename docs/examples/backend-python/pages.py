"""What a browser loads from a backend before it opens the socket: the built files, and the documents around them.

Any web server can do this instead; docs/embedding.md says what has to be served, and why with which headers.
"""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

log = logging.getLogger("backend")

SOCKET, STATUS = "/v1/ws", "/v1/status"

# It helps without any script: the ways to reach somebody are in it. frame.js needs exactly these ids.
DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Message</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{frame_css}">
</head>
<body>
<main id="tealight-fallback">
<h1>You can reach us</h1>
<p id="tealight-opening" role="status">The chat is opening…</p>
<ul>{offers}</ul>
<p><a id="tealight-exit" href="{exit_url}" target="_top" rel="noreferrer">Exit</a></p>
</main>
<div id="tealight-root" hidden></div>
<script type="application/json" id="tealight-config">{config}</script>
<script type="module" src="{frame_js}"></script>
</body>
</html>
"""

KINDS = {
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".css": "text/css",
    ".json": "application/json",
}


class Pages:
    """Answers every request that is not a socket."""

    def __init__(
        self,
        *,
        name: str,
        public_url: str,
        exit_url: str,
        origins: list[str],
        dist: Path,
        status: Callable[[], dict[str, Any]],
    ) -> None:
        self.name, self.public_url, self.exit_url, self.origins = name, public_url, exit_url, origins
        self.status = status
        manifest = dist / "manifest.json"
        entries = json.loads(manifest.read_text())["files"] if manifest.is_file() else {}
        if not entries:
            log.warning("no built files in %s: the socket works, the pages do not (`cargo xtask dist`)", dist)
        self.urls: dict[str, str] = {logical: "/" + entry["path"] for logical, entry in entries.items()}
        self.files = {url: dist / url[1:] for url in self.urls.values()}

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """None lets the socket's handshake go on."""
        path = request.path.partition("?")[0]
        if path == SOCKET:
            # Only exact origins. Who sends none is no browser, and carries nobody's authority.
            allowed = [None, self.public_url, *self.origins]
            return None if request.headers.get("Origin") in allowed else reply(HTTPStatus.FORBIDDEN, b"not from here")
        if path == STATUS:
            headers = {"Cache-Control": "public, max-age=15", "Access-Control-Allow-Origin": "*"}
            return reply(HTTPStatus.OK, json.dumps(self.status()).encode(), "application/json", headers)
        if path in ("/frame", "/chat") and self.urls:
            return self.document(embedded=path == "/frame")
        if path in self.files:
            return self.file(path, request.headers.get("Accept-Encoding", ""))
        return reply(HTTPStatus.NOT_FOUND, b"nothing here")

    def file(self, url: str, accepted: str) -> Response:
        """A file in the smallest form that the browser takes. All but the loader are named by their content."""
        file = self.files[url]
        headers = {"Access-Control-Allow-Origin": "*", "Vary": "Accept-Encoding"}
        headers["Cache-Control"] = "public, max-age=" + ("300" if url == "/tealight.js" else "31536000, immutable")
        body, kind = file, KINDS.get(file.suffix, "application/octet-stream")
        for coding, ending in (("br", ".br"), ("gzip", ".gz")):
            compressed = file.with_name(file.name + ending)
            if coding in accepted and compressed.is_file():
                headers["Content-Encoding"] = coding
                body = compressed
                break
        return reply(HTTPStatus.OK, body.read_bytes(), kind, headers)

    def document(self, *, embedded: bool) -> Response:
        """`/frame` for host pages, `/chat` as a page of its own."""
        socket_origin = self.public_url.replace("http", "ws", 1)
        names = {"element": "element.js", "glue": "widget.js", "wasm": "widget.wasm", "css": "tealight.css"}
        assets: dict[str, Any] = {use: self.urls[logical] for use, logical in names.items()}
        assets["locales"] = {"en": self.urls["en.json"]}
        config = {
            "server": self.public_url,
            "socket": socket_origin + SOCKET,
            "embedded": embedded,
            "hosts": self.origins if embedded else [],
            "name": self.name,
            "exit_url": self.exit_url,
            "assets": assets,
        }
        offers = "".join(
            f'<li><a href="{html.escape(offer["uri"])}" rel="noreferrer">{html.escape(offer["label"])}</a></li>'
            for offer in self.status()["offers"]
        )
        page = DOCUMENT.format(
            frame_css=self.urls["frame.css"],
            frame_js=self.urls["frame.js"],
            offers=offers,
            exit_url=html.escape(self.exit_url),
            config=json.dumps(config).replace("<", "\\u003c"),  # nothing else can end a script element early
        )
        ancestors = " ".join(["'self'", *self.origins]) if embedded else "'none'"
        policy = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self' {socket_origin}; font-src 'self'; base-uri 'none'; form-action 'none'; "
            f"frame-ancestors {ancestors}; require-trusted-types-for 'script'"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
        return reply(HTTPStatus.OK, page.encode(), "text/html; charset=utf-8", headers)


def reply(status: HTTPStatus, body: bytes, kind: str = "text/plain", more: dict[str, str] | None = None) -> Response:
    headers = Headers(
        {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Connection": "close",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "cross-origin",
            **({"Cache-Control": "no-store"} if more is None else more),
        }
    )
    return Response(status.value, status.phrase, headers, body)
