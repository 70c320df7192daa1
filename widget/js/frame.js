/*
 * The script of the frame document, also when that is a page of its own: mounts the widget, speaks with the loader
 * over one port, and keeps the static panel of contacts in reserve. It never hands the host page anything but the
 * closed set of messages below: no text, no secret, no address of the visitor's, and not whether anybody waits, talks
 * or has ended.
 */

import { exitKey, forget, make, paintSteps, watchKeys } from "./exit.js";

const config = JSON.parse(document.getElementById("tealight-config").textContent);
const panel = document.getElementById("tealight-fallback");
const host = document.getElementById("tealight-root");
const embedded = config.embedded && parent !== window;

// The panel's own words come from the server; these are needed only where there is a script.
const WORDS = { en: { close: "Close", retry: "Try again", failed: "The chat can't open here.", leave: "Leave this page" } };
const lang = document.documentElement.lang || "en";
const words = WORDS[lang] ?? WORDS.en;
// The loader knows what its page wants; the page of its own goes by its language.
const key = exitKey(lang, new URLSearchParams(location.search).get("key")?.toLowerCase());

let port;
let handle;
let ready = false;
let failed = false;
let visible = !embedded;
let struck = 0;
let unread = 0;
let toldUnread = 0;
const unsaid = [];
const steps = make("div", { id: "tealight-steps", role: "status" });

prepareFallback();
listenForLoader();
addEventListener("keydown", minimiseFallback);
addEventListener("pagehide", () => shield(true));
addEventListener("pageshow", comeBack);
document.body.append(steps);
watchKeys(() => key, countKeys, leave);
open();

async function open() {
  try {
    const { mountWidget } = await import(config.assets.element);
    const options = {
      socket: config.socket,
      lang,
      name: config.name,
      exit_key: key,
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
      unread = detail.count;
      return tellUnread();
    case "minimise":
      return say({ type: "minimise", count: struck });
    case "exit":
      return leave();
    case "fallback":
      return fallBack();
  }
}

/** The widget hears of it once it is on the screen, so that it can put the focus where it belongs. */
function tellShown() {
  if (ready) handle?.shown(visible);
}

/** Only a launcher has a number to show: while the chat is in sight, the page does not hear when something comes in it. */
function tellUnread() {
  const count = visible ? 0 : unread;
  if (count !== toldUnread) say({ type: "unread", count: (toldUnread = count) });
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
  const button = (name, onclick) => make("button", { type: "button", className: name, onclick }, words[name]);
  panel.dataset.state = "opening";
  panel.querySelector("h1")?.setAttribute("tabindex", "-1");
  panel.append(button("retry", () => location.reload()));
  const exit = document.getElementById("tealight-exit");
  exit.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
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
    say({ type: "booted", tokens: Object.keys(KINDS), url: config.exit_url });
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
      tellUnread();
      tellShown();
      if (visible && failed) focusFallback();
      return;
    case "end":
      return handle?.end();
    case "exit":
      vanish();
      return say({ type: "exit", gone: false });
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

function leave() {
  const url = config.exit_url;
  let gone = true;
  document.body.replaceChildren();
  try {
    top.location.replace(url);
  } catch {
    gone = false;
    // Without a press that the browser counts, only the loader may lead the page away; without a loader, this frame goes.
    if (!port) location.replace(url);
  }
  say({ type: "exit", gone });
  vanish();
  const offer = () => document.body.replaceChildren(make("a", { id: "tealight-exit", href: url, target: "_top", rel: "noreferrer" }, words.leave));
  if (!embedded) setTimeout(offer, 1500);
}

/** Nothing of it stays: not on the screen, not on this device. */
function vanish() {
  document.body.replaceChildren();
  forget("", handle?.leave());
}

/** The browser may keep this document whole for its Back. What it keeps shows nothing. */
function shield(isUp) {
  document.documentElement.style.visibility = isUp ? "hidden" : "";
}

/** Whoever comes back finds the conversation if it is still theirs, and after Exit a first screen. */
function comeBack({ persisted }) {
  if (!persisted) return;
  try {
    if (sessionStorage.tealight) return shield(false);
  } catch {
    // Storage is denied, and so nobody can say whose it is.
  }
  location.reload();
}

function countKeys(count) {
  struck = count;
  paintSteps(steps, count, key, lang);
}

function minimiseFallback(event) {
  if (!ready && event.key === "Escape") say({ type: "minimise", count: struck });
}
