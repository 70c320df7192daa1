/*
 * The script of the frame document, also when that is a page of its own: mounts the widget, speaks with the loader
 * over one port, and keeps the static panel of contacts in reserve. It never hands the host page anything but the
 * closed set of messages below: no text, no secret, no address, and not whether anybody waits, talks or has ended.
 */

const config = JSON.parse(document.getElementById("tealight-config").textContent);
const panel = document.getElementById("tealight-fallback");
const host = document.getElementById("tealight-root");
const embedded = config.embedded && parent !== window;

// The panel's own words come from the server; these are needed only where there is a script.
const WORDS = { en: { close: "Close", retry: "Try again", failed: "The chat can't open here." } };
const words = WORDS[document.documentElement.lang] ?? WORDS.en;

let port;
let handle;
let ready = false;
let failed = false;
let visible = !embedded;
const unsaid = [];

prepareFallback();
listenForLoader();
addEventListener("keydown", minimiseFallback);
addEventListener("pageshow", startAfreshAfterExit);
open();

async function open() {
  try {
    const { mountWidget } = await import(config.assets.element);
    const options = {
      socket: config.socket,
      lang: document.documentElement.lang || "en",
      name: config.name,
      exit_url: config.exit_url,
      embedded,
      confidentiality_url: config.confidentiality_url ?? null,
      safety_url: config.safety_url ?? null,
      discreet: config.discreet ?? false,
      detail_hint: config.detail_hint ?? true,
      minimisable: embedded,
    };
    const root = host.attachShadow({ mode: "open" });
    handle = await mountWidget(root, options, config.assets, location.origin, hear);
    tellShown();
  } catch {
    fallBack();
  }
}

/** What the widget says; the same names go on to the loader, without any text. */
function hear(name, detail) {
  switch (name) {
    case "ready":
      panel.hidden = true;
      host.hidden = false;
      ready = true;
      tellShown();
      return say({ type: "ready" });
    case "unread":
      return say({ type: "unread", count: detail.count });
    case "minimise":
      return say({ type: "minimise" });
    case "exit":
      return leave(config.exit_url);
    case "fallback":
      return fallBack();
  }
}

/** The widget hears of it once it is on the screen, so that it can put the focus where it belongs. */
function tellShown() {
  if (ready) handle?.shown(visible);
}

/** The contacts instead of the chat. */
function fallBack() {
  if (failed) return;
  failed = true;
  ready = false;
  host.hidden = true;
  panel.hidden = false;
  panel.dataset.state = "failed";
  document.getElementById("tealight-opening").textContent = words.failed;
  if (visible) focusFallback();
  say({ type: "fallback" });
}

function focusFallback() {
  panel.querySelector("h1")?.focus();
}

/** Adds to the static panel what only makes sense with a script: closing, trying again, and an Exit that replaces. */
function prepareFallback() {
  const button = (name, press) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = name;
    element.textContent = words[name];
    element.addEventListener("click", press);
    return element;
  };
  panel.dataset.state = "opening";
  panel.querySelector("h1")?.setAttribute("tabindex", "-1");
  panel.append(button("retry", () => location.reload()));
  const exit = document.getElementById("tealight-exit");
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave(exit.href);
  });
  panel.prepend(exit.parentElement);
  if (embedded) exit.before(button("close", () => say({ type: "minimise" })));
}

// The loader

function listenForLoader() {
  if (!embedded) return;
  addEventListener("message", (event) => {
    if (port || event.source !== parent || !config.hosts.includes(event.origin)) return;
    if (event.data?.tealight !== 1 || event.data.type !== "connect" || !event.ports[0]) return;
    port = event.ports[0];
    port.onmessage = ({ data }) => obey(data ?? {});
    say({ type: "booted", tokens: Object.keys(KINDS) });
    unsaid.splice(0).forEach(say);
  });
}

function say(message) {
  if (port) port.postMessage(message);
  else if (embedded) unsaid.push(message);
}

function obey({ type, visible: shown, tokens }) {
  switch (type) {
    case "shown":
      visible = shown === true;
      tellShown();
      if (visible && failed) focusFallback();
      return;
    case "end":
      return handle?.end();
    case "tokens":
      return applyTokens(tokens ?? {});
  }
}

// What the host page may set, and the property that says whether a value is of the right kind.
const COLOURS = "paper raised ink quiet hairline edge accent on-accent tint amber amber-tint brick glow".split(" ");
const KINDS = {
  ...Object.fromEntries(COLOURS.map((name) => [name, "color"])),
  font: "font-family",
  "text-size": "font-size",
  radius: "border-top-left-radius",
  "bubble-radius": "border-top-left-radius",
  "control-radius": "border-top-left-radius",
};

function applyTokens(tokens) {
  const sheet = new CSSStyleSheet();
  sheet.insertRule(":root{}");
  const { style } = sheet.cssRules[0];
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = tokens[name];
    if (typeof value !== "string" || value.length > 200 || /[;{}\\]|url|var|env|attr/i.test(value)) continue;
    if (CSS.supports(kind, value)) style.setProperty("--tealight-" + name, value);
  }
  document.adoptedStyleSheets = [sheet];
  for (const element of [document.documentElement, host]) {
    if (["light", "dark"].includes(tokens.scheme)) element.dataset.theme = tokens.scheme;
    else delete element.dataset.theme;
  }
}

// Exit: everything in the same task as the press, nothing awaited.

function leave(target) {
  document.documentElement.dataset.left = "";
  say({ type: "exit" });
  try {
    top.location.replace(target);
  } catch {
    location.replace(target);
  }
}

/** Whoever comes back by the browser's Back after Exit finds a first screen, not what was there. */
function startAfreshAfterExit(event) {
  if (event.persisted && "left" in document.documentElement.dataset) location.reload();
}

function minimiseFallback(event) {
  if (!ready && event.key === "Escape") say({ type: "minimise" });
}
