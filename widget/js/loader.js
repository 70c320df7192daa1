/*
 * The loader: what a charity's page loads as /tealight.js, and all it loads until somebody opens the chat.
 *
 * It works before and without WebAssembly: it paints the launcher, opens the frame on intent, relays a closed set of
 * messages, and shows the helpline's contacts and Exit when the frame stays silent. It deliberately knows nothing of
 * the protocol, the conversation or any typed text, and it never touches the host page's own styles, head or storage.
 */
import { exitKey, make, paintSteps, watchKeys } from "./exit.js";

const TAG = "tealight-chat";
const SILENCE_MS = 8000;
const FORGET_MS = 300;
const SAFE_LINK = /^(tel|sms|mailto|https?):/;
const DEFAULT_EXIT = "https://www.wikipedia.org/";
// Where Exit may lead: a page that shows the same to everybody, and so no search engine.
const NEUTRAL = /^https?:(?!.*\b(google|bing|duckduckgo|yahoo|baidu|yandex|ecosia|qwant)\.)/i;

const WORDS = {
  en: {
    open: "Chat with us",
    closed: "Chat is closed",
    contacts: "Get help",
    discreet: "Message",
    fresh: "new",
    opening: "Opening…",
    failed: "The chat can't open here. You can still reach us:",
    retry: "Try again",
    unoffered: "We can't offer a chat just now. You can reach us here:",
    plain: "Chat on a simple page",
    back: "Go back to my chat",
    close: "Close",
    exit: "Exit",
  },
};

// Everything is under one box without a box of its own, so that the host's flow has nothing to make room for.
const CSS = `:host{all:initial!important;display:contents!important}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box}
.box{display:contents;--p:var(--tealight-paper,#fbf8f3);--r:var(--tealight-raised,#fff);--i:var(--tealight-ink,#22303c);--e:var(--tealight-edge,#857d70);--a:var(--tealight-accent,#0f5f63);--o:var(--tealight-on-accent,#fff);--g:var(--tealight-gap,16px);--l:var(--tealight-layer,900)}
.dark{--p:var(--tealight-paper,#14191f);--r:var(--tealight-raised,#1c232b);--i:var(--tealight-ink,#eef1f3);--e:var(--tealight-edge,#74818e);--a:var(--tealight-accent,#7cc4c2);--o:var(--tealight-on-accent,#0c2223)}
.box>*{position:fixed;z-index:var(--l);inset-block-end:calc(var(--g) + env(safe-area-inset-bottom));inset-inline-end:calc(var(--g) + env(safe-area-inset-right));font:400 max(17px,1.0625rem)/1.5 var(--tealight-font,system-ui,sans-serif);color:var(--i)}
.start>*{inset-inline:calc(var(--g) + env(safe-area-inset-left)) auto}
.dock{display:flex;gap:8px;align-items:center;max-width:calc(100vw - 2*var(--g))}
button{font:inherit;color:inherit}
button,.steps:not(:empty){font-weight:600;min-height:44px;min-width:44px;padding:8px 16px;border:1.5px solid var(--e);border-radius:99px;background:var(--r);cursor:pointer;touch-action:manipulation}
.launcher{display:flex;align-items:center;gap:10px;min-height:56px;padding:8px 20px;border-color:transparent;background:var(--a);color:var(--o);text-align:start}
.closed .launcher{background:var(--r);color:var(--i);border-color:var(--e)}
i{flex:none;width:24px;height:24px;background:currentColor;forced-color-adjust:none;clip-path:path(evenodd,"M5 3h14q3 0 3 3v8q0 3-3 3h-6l-5 4.5V17H5q-3 0-3-3V6q0-3 3-3zM12 5.5c4.5 4.5 3 8 0 8s-4.5-3.5 0-8z")}
b{padding:0 10px;border-radius:99px;background:var(--o);color:var(--a);line-height:26px;text-align:center}
:focus-visible:not(p){outline:3px solid var(--a);outline-offset:3px}
[data-over]>.dock{inset-block:var(--g) auto}
[data-over],.steps,.cover{--l:2147483647}
.box>.steps{inset:auto auto var(--g) var(--g)}
.cover{background:var(--p)}
.window{width:min(var(--w),100vw - 2*var(--g));height:min(var(--h),100vh - 2*var(--g));overflow:hidden;border-radius:var(--tealight-radius,18px);background:var(--p);box-shadow:0 12px 40px #0000002e;outline:1px solid #8886}
.window>*,.box>.cover{inset:0;width:100%;height:100%;border:0;color-scheme:normal}
.window>*{position:absolute}
.plain{padding:12px 20px 24px;overflow:auto}
.plain div{display:flex;justify-content:flex-end;gap:8px;margin-bottom:24px}
p{margin:0 0 16px;outline:0}
a{display:flex;flex-wrap:wrap;align-items:center;gap:0 10px;padding:13px 0;color:var(--a);font-weight:600;text-decoration:none;overflow-wrap:anywhere;border-top:1px solid var(--e)}
a span{color:var(--i);font-weight:400}
@media (max-width:480px),(max-height:480px){.box .window{--l:2147483647;inset:0 auto auto 0;width:100%;height:100%;max-height:100dvh;border-radius:0;padding:env(safe-area-inset-top) env(safe-area-inset-right) 0 env(safe-area-inset-left)}.window>*{position:relative}}`;

const script = document.currentScript;
const home = new URL(script?.src || location).origin;

// With a dot before it, one host's name ends like another's only where one site is part of the other.
const site = (address) => new URL(address).hostname.replace(/^(www\.)?/, ".");

// Whether this page offers the chat at all: the first answer holds as long as the page is there.
let offered;

const visible = visualViewport;
const dark = matchMedia("(prefers-color-scheme: dark)");

// Everything inside one element, and the methods that a page may call: open(), close() and end().
const furnish = (element) => {
  const root = element.attachShadow({ mode: "open" });
  let answer = {}; // the last of /v1/status
  let unread = 0;
  let opening; // the one load in flight or done: true or Promise<boolean>, undefined before and after a failure
  let settle;
  let content; // the iframe, or in inline mode the element that holds the widget
  let port; // to the frame; in inline mode the widget itself, which takes the same messages
  let wanted = []; // the custom properties that the frame would like to know
  let timer;
  let rounds;
  let attached; // aborted when the element leaves the page
  let reach; // sets how often the key that leaves was struck

  const get = (name) => element.getAttribute(name);
  const has = (name) => element.hasAttribute(name);
  const lang = () => get("lang") || document.documentElement.lang || "en";
  const key = () => exitKey(lang(), get("exit-key"));
  const speak = () => WORDS[lang()] || WORDS[lang().split("-")[0]] || WORDS.en;
  const server = () => new URL(get("server") || home, location).origin;
  const emit = (name, detail) =>
    element.dispatchEvent(new CustomEvent("tealight-" + name, { bubbles: true, composed: true, detail }));

  const connected = () => {
    paint();
    fetch(server() + "/v1/status", { credentials: "omit", referrerPolicy: "no-referrer" })
      .then((response) => response.json())
      .catch(() => ({})) // a failure is as good as no news
      .then((answered) => {
        answer = { ...answer, ...answered };
        offered ??= answer.offered ?? true;
        paint();
      });
    const { signal } = (attached = new AbortController());
    const on = (target, type, run) => target.addEventListener(type, run, { signal });
    on(visible, "resize", fit);
    on(visible, "scroll", fit);
    on(dark, "change", repaint);
    // The browser may keep this page whole for its Back: what it keeps shows nothing, and after Exit has nothing.
    on(window, "pagehide", close);
    on(window, "pageshow", ({ persisted }) => {
      if (persisted && !cover.hidden) location.reload();
      if (persisted && !content?.src) discard();
    });
    reach = watchKeys(
      () => (panel.hidden && exit.hidden ? "" : key()),
      (count) => paintSteps(steps, count, key(), lang()),
      leave,
      signal,
    );
    neutral(get("exit-url"));
  };

  // A removed iframe loses its document, so coming back starts closed; the conversation itself waits on the server.
  const disconnected = () => {
    attached.abort();
    rounds = clearInterval(rounds);
    discard();
    show(false);
  };

  /** Opens the chat. Resolves to true once its first screen is painted, to false when contacts are shown instead. */
  const open = async () => {
    if (!element.isConnected) return false;
    if (panel.hidden) {
      show(true);
      emit("open");
    }
    if (offered ?? true) opening ??= load();
    tellShown();
    focus();
    return opening ?? false;
  };

  /** Minimises the chat; the conversation goes on. */
  const close = () => {
    if (panel.hidden) return;
    show(false);
    tellShown();
    if (!opening) discard();
    launcher.focus();
    emit("close");
  };

  /** Asks the visitor, inside the widget, whether to end the conversation. */
  const end = async () => {
    if (await open()) tell({ type: "end" });
  };

  const paint = () => {
    const words = speak();
    const isShut = (answer.state || "open") != "open";
    const kind = offered == false ? "contacts" : isShut ? "closed" : "open";
    // The attributes label, label-closed and label-contacts.
    const label = get(kind == "open" ? "label" : "label-" + kind) || words[kind];
    const theme = get("theme") || (dark.matches ? "dark" : "");
    box.className = ["box", theme, get("position"), isShut && !opening ? "closed" : ""].join(" ");
    launcher.replaceChildren(make("i"), make("span", {}, has("discreet") ? words.discreet : label));
    if (unread) launcher.append(make("b", { part: "badge" }, unread + " " + words.fresh));
    exit.textContent = words.exit;
    panel.ariaLabel = words.discreet;
    box.style = `--w:${parseInt(get("width")) || 400}px;--h:${parseInt(get("height")) || 640}px`;
    // Lies under the frame until that has booted: contacts and Exit from the first moment, and all there is if it never does.
    const isOff = offered == false;
    const links = [];
    const add = (uri, label, hours = "") =>
      SAFE_LINK.test(uri) && links.push(make("a", { href: uri, rel: "noreferrer" }, label, make("span", {}, hours)));
    for (const { uri, label, hours } of answer.offers || []) add(uri, label, hours);
    // Only a server that answers has other pages, and only where the chat is offered does it lead there. Where none
    // gives ways to reach somebody, it is the page's own, which stay where they are, too.
    if (links[0]) offered && add(server() + "/plain?lang=" + lang(), words.plain);
    else for (const { href, text } of document.querySelectorAll("[data-tealight-numbers] a")) add(href, text);
    const phone = get("phone");
    if (phone && !links.some((link) => link.protocol == "tel:")) {
      add("tel:" + phone.replace(/[^+\d]/g, ""), get("phone-label") || phone);
    }
    contacts.replaceChildren(
      make("div", {}, make("button", { onclick: close }, words.close), make("button", { onclick: leave }, words.exit)),
      make("p", { tabIndex: -1 }, words[opening ? "opening" : isOff ? "unoffered" : "failed"]),
      ...links,
      ...(opening ? [] : [make("p"), make("button", { onclick: goOn }, words[isOff ? "back" : "retry"])]),
    );
  };

  // Whoever is in a conversation already goes on with it, whether or not this page offers new ones.
  const goOn = () => {
    offered = true;
    open();
  };

  const show = (isOpen) => {
    rounds ??= setInterval(uncover, 1000);
    panel.hidden = !isOpen;
    dock.hidden = isOpen;
    launcher.ariaExpanded = isOpen;
    // The page is not told whether a conversation goes on, so from the first opening on Exit stands beside the launcher.
    if (isOpen) unread = exit.hidden = 0;
    fit();
    paint();
  };

  // On a phone the window keeps to what the keyboard leaves; pinch zoom stays the visitor's own.
  const fit = () => {
    const { scale, offsetTop, offsetLeft, width, height } = visible;
    const isSmall = scale < 1.05 && matchMedia("(max-width:480px),(max-height:480px)").matches;
    panel.style = isSmall ? `inset:${offsetTop}px auto auto ${offsetLeft}px;width:${width}px;height:${height}px` : "";
  };

  const load = () => {
    discard();
    const loaded = new Promise((resolve) => (settle = resolve));
    timer = setTimeout(fail, SILENCE_MS);
    const isInline = get("mode") == "inline";
    if (isInline && has("trust-host")) {
      loadInline().catch(() => opening && fail());
    } else {
      if (isInline) console.warn("tealight: no trust-host");
      loadFrame();
    }
    opening = loaded;
    paint();
    return loaded;
  };

  const loadFrame = () => {
    const origin = server();
    place(
      make("iframe", {
        title: speak().discreet,
        allow: "",
        sandbox:
          "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
        referrerPolicy: "no-referrer",
        onload() {
          const { port1, port2 } = new MessageChannel();
          port?.close();
          port = port1;
          port1.onmessage = ({ data }) => hear(data || {});
          this.contentWindow.postMessage({ tealight: 1, type: "connect" }, origin, [port2]);
        },
        src: origin + `/frame?lang=${lang()}&key=${key()}` + (has("discreet") ? "&discreet" : ""),
      }),
    );
  };

  const loadInline = async () => {
    const holder = place(make("div"));
    const { mountInline } = await import(new URL(TEALIGHT_ELEMENT, server())); // its path: the build knows it
    await mountInline(holder, server(), lang(), key(), (message, widget) => {
      if (content != holder) return widget?.close();
      port = widget;
      hear(message);
    });
  };

  const place = (node) => {
    node.hidden = true;
    content = node;
    panel.append(node);
    return node;
  };

  const tell = (message) => port?.postMessage(message);

  const tellShown = () => tell({ type: "shown", visible: !panel.hidden });

  const sendTokens = () => {
    const style = getComputedStyle(element);
    const tokens = { scheme: get("theme") || "" };
    for (const name of wanted) tokens[name] = style.getPropertyValue("--tealight-" + name).trim();
    tell({ type: "tokens", tokens });
  };

  const repaint = () => {
    paint();
    sendTokens();
  };

  // The closed set of what the widget may say. Everything else is ignored.
  const hear = ({ type, count, tokens, url, gone }) => {
    if (type == "booted") {
      wanted = tokens || [];
      answer.exit_url = url || answer.exit_url;
      clearTimeout(timer);
      content.hidden = false;
      contacts.hidden = true;
      sendTokens();
      tellShown();
      if (!panel.hidden) refocus();
    } else if (type == "ready") {
      settle(true);
      opening ??= true; // the visitor tried again inside the frame
      emit("ready");
    } else if (type == "fallback") {
      if (!content.src || !port) return fail();
      settle(false);
      opening = undefined;
    } else if (type == "unread" && count >= 0) {
      unread = panel.hidden ? count : 0;
      paint();
      emit("unread", { count });
    } else if (type == "minimise") {
      close();
      if (count > 0) reach(count);
    } else if (type == "exit") {
      depart(gone);
    }
  };

  const focus = () => (contacts.hidden ? content : contacts.querySelector("p")).focus();

  const fail = () => {
    discard();
    paint();
    refocus();
  };

  // What comes late takes the focus only where the visitor has not moved on to another part of the page.
  const refocus = () => {
    if ([element, document.body, null].includes(document.activeElement)) focus();
  };

  const discard = () => {
    clearTimeout(timer);
    settle?.(false);
    port?.close();
    content?.remove();
    opening = settle = port = content = undefined;
    unread = 0;
    contacts.hidden = false;
  };

  // An address that may be left for, and of another site than this page and the server.
  const neutral = (address) => {
    try {
      const host = site(address);
      const isNear = (other) => host.endsWith(other) || other.endsWith(host);
      if (NEUTRAL.test(address) && ![location, server()].map(site).some(isNear)) return address;
    } catch {
      // It is no address at all.
    }
    if (address) console.warn("tealight: exit-url refused");
  };

  const leave = () => depart();

  // The cover comes in the task of the press, and so does the way out where there is no frame. A frame may be asleep
  // behind the launcher, and a page that went at once could take it away before it has forgotten: it answers within
  // milliseconds, and is waited for no longer than FORGET_MS. `gone` says that a frame has forgotten, and leads away
  // itself (true) or cannot (false).
  const depart = (gone) => {
    const url = neutral(get("exit-url")) || answer.exit_url || DEFAULT_EXIT;
    const go = () => location.replace(url);
    const isFirst = cover.hidden;
    const link = make("a", { href: url, rel: "noreferrer", hidden: true }, speak().exit);
    cover.replaceChildren(link);
    if (isFirst) {
      cover.hidden = false;
      cover.showPopover?.();
    }
    document.head.append(make("meta", { name: "referrer", content: "no-referrer" }));
    // The page's own "Leave this site?" must not stand in the way.
    addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), true);
    if (gone == null) tell({ type: "exit" });
    if (gone == null && isFirst && port && content.src) setTimeout(go, FORGET_MS);
    else if (!gone) go();
    setTimeout(() => (link.hidden = false), 1500);
  };

  // What lies over Exit makes it move to the top, and over that.
  const uncover = () => {
    const { left, right, top } = (panel.hidden ? exit : panel).getBoundingClientRect();
    const lies = element.getRootNode().elementFromPoint((left + right) / 2, top + 22);
    if (right && lies != element) box.dataset.over = "";
  };

  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make("style", { textContent: CSS }));
  }
  const launcher = make("button", { className: "launcher", part: "launcher", ariaHasPopup: "dialog", onclick: open });
  const exit = make("button", { part: "launcher-exit", onclick: leave, hidden: true });
  const contacts = make("div", { className: "plain", part: "fallback" });
  // Gives nothing back: a handler that gives back false would keep the key from what is typed into.
  const minimise = (event) => {
    if (event.key == "Escape" && !event.isComposing) close();
  };
  const panel = make("div", { className: "window", part: "window", role: "dialog", onkeydown: minimise, hidden: true }, contacts);
  const dock = make("div", { className: "dock", part: "dock" }, launcher, exit);
  const steps = make("div", { className: "steps", role: "status" });
  const cover = make("div", { className: "cover", popover: "manual", hidden: true });
  const box = make("div", {}, dock, panel, steps, cover);
  root.append(box);
  new MutationObserver(repaint).observe(element, { attributes: true });

  Object.assign(element, { open, close, end });
  return { connected, disconnected };
};

class TealightChat extends HTMLElement {
  #inside = furnish(this);

  connectedCallback() {
    this.#inside.connected();
  }

  disconnectedCallback() {
    this.#inside.disconnected();
  }
}

if (!customElements.get(TAG)) customElements.define(TAG, TealightChat);

// A plain link to the chat's own page opens the chat in this one.
addEventListener("click", (event) => {
  const element = document.querySelector(TAG);
  const isOurs = event.target.closest?.("a")?.href == home + "/chat";
  if (isOurs && element?.open && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    element.open();
  }
});

// A script tag alone is enough: it adds one element, unless the page has its own or says data-auto="off".
const start = () => {
  if (script.dataset.auto == "off" || document.querySelector(TAG)) return;
  const element = document.createElement(TAG);
  for (const { name, value } of script.attributes) {
    if (name.startsWith("data-")) element.setAttribute(name.slice(5), value);
  }
  document.body.append(element);
};
if (script) {
  if (document.body && document.readyState != "loading") start();
  else addEventListener("DOMContentLoaded", start);
}
