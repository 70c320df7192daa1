/*
 * The loader: what a charity's page loads as /tealight.js, and all it loads until somebody opens the chat.
 *
 * It works before and without WebAssembly: it paints the launcher, opens the frame on intent, relays a closed set of
 * messages, and shows the helpline's contacts and Exit when the frame stays silent. It deliberately knows nothing of
 * the protocol, the conversation or any typed text, and it never touches the host page's own styles, head or storage.
 */
(() => {
  const TAG = "tealight-chat";
  const SILENCE_MS = 8000;
  const SAFE_LINK = /^(tel|sms|mailto|https):/i;
  const DEFAULT_EXIT = "https://www.wikipedia.org/";

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
button{font:inherit;font-weight:600;color:inherit;min-height:44px;min-width:44px;padding:8px 16px;border:1.5px solid var(--e);border-radius:99px;background:var(--r);cursor:pointer;touch-action:manipulation}
.launcher{display:flex;align-items:center;gap:10px;min-height:56px;padding:8px 20px;border-color:transparent;background:var(--a);color:var(--o);text-align:start}
.closed .launcher{background:var(--r);color:var(--i);border-color:var(--e)}
i{flex:none;width:24px;height:24px;background:currentColor;forced-color-adjust:none;clip-path:path(evenodd,"M5 3h14q3 0 3 3v8q0 3-3 3h-6l-5 4.5V17H5q-3 0-3-3V6q0-3 3-3zM12 5.5c4.5 4.5 3 8 0 8s-4.5-3.5 0-8z")}
b{padding:0 10px;border-radius:99px;background:var(--o);color:var(--a);line-height:26px;text-align:center}
:focus-visible:not(p){outline:3px solid var(--a);outline-offset:3px}
.window{z-index:calc(var(--l) + 1);width:min(var(--w,400px),100vw - 2*var(--g));height:min(var(--h,640px),100vh - 2*var(--g));overflow:hidden;border-radius:var(--tealight-radius,18px);background:var(--p);box-shadow:0 12px 40px #0000002e;outline:1px solid #8886}
.window>*{position:absolute;inset:0;width:100%;height:100%;border:0;color-scheme:normal}
.plain{padding:12px 20px 24px;overflow:auto}
.plain div{display:flex;justify-content:flex-end;gap:8px;margin-bottom:24px}
p{margin:0 0 16px;outline:0}
a{display:flex;flex-wrap:wrap;align-items:center;gap:0 10px;padding:13px 0;color:var(--a);font-weight:600;text-decoration:none;overflow-wrap:anywhere;border-top:1px solid var(--e)}
a span{color:var(--i);font-weight:400}
@media (max-width:480px),(max-height:480px){.box .window{z-index:2147483647;inset:0 auto auto 0;width:100%;height:100%;max-height:100dvh;border-radius:0;padding:env(safe-area-inset-top) env(safe-area-inset-right) 0 env(safe-area-inset-left)}.window>*{position:relative}}`;

  const script = document.currentScript;
  const home = script?.src ? new URL(script.src).origin : location.origin;

  const make = (tag, props, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };

  // A failure is as good as no news.
  const status = (server) =>
    fetch(server + "/v1/status", { credentials: "omit", referrerPolicy: "no-referrer" })
      .then((response) => (response.ok ? response.json() : {}))
      .catch(() => ({}));

  // Whether this page offers the chat at all: the first answer holds as long as the page is there.
  let offered;

  const visible = visualViewport;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  class TealightChat extends HTMLElement {
    static observedAttributes = ["label", "label-closed", "label-contacts", "lang", "position", "discreet", "width", "height", "theme"];

    #root = this.attachShadow({ mode: "open" });
    #status = {}; // the last answer of /v1/status
    #asked; // settles when that has come
    #unread = 0;
    #opening; // the one load in flight or done: true or Promise<boolean>, undefined before and after a failure
    #settle;
    #content; // the iframe, or in inline mode the element that holds the widget
    #port; // to the frame; in inline mode the widget itself, which takes the same messages
    #tokens = []; // the custom properties that the frame would like to know
    #timer;
    #attached; // aborted when the element leaves the page
    #box;
    #dock;
    #launcher;
    #exit;
    #window;
    #plain;

    connectedCallback() {
      if (!this.#window) this.#build();
      this.#paint();
      this.#asked = status(this.#server).then((answer) => {
        this.#status = answer;
        offered ??= answer.offered ?? true;
        this.#paint();
      });
      const { signal } = (this.#attached = new AbortController());
      visible.addEventListener("resize", this.#fit, { signal });
      visible.addEventListener("scroll", this.#fit, { signal });
      dark.addEventListener("change", this.#repaint, { signal });
    }

    // A removed iframe loses its document, so coming back starts closed; the conversation itself waits on the server.
    disconnectedCallback() {
      this.#attached.abort();
      this.#discard();
      this.#show(false);
    }

    attributeChangedCallback() {
      if (this.#window) this.#repaint();
    }

    /** Opens the chat. Resolves to true once its first screen is painted, to false when contacts are shown instead. */
    async open() {
      if (!this.isConnected) return false;
      if (this.#window.hidden) {
        this.#show(true);
        // The page is not told whether a conversation goes on, so from now on Exit stands beside the launcher.
        this.#exit.hidden = false;
        this.#emit("open");
      }
      if (offered ?? true) this.#opening ??= this.#load();
      this.#tellShown();
      this.#focus();
      return this.#opening ?? false;
    }

    /** Minimises the chat; the conversation goes on. */
    close() {
      if (!this.#window || this.#window.hidden) return;
      this.#show(false);
      this.#tellShown();
      if (!this.#opening) this.#discard();
      this.#launcher.focus();
      this.#emit("close");
    }

    /** Asks the visitor, inside the widget, whether to end the conversation. */
    async end() {
      if (await this.open()) this.#tell({ type: "end" });
    }

    #get(name) {
      return this.getAttribute(name);
    }

    #has(name) {
      return this.hasAttribute(name);
    }

    get #server() {
      try {
        return new URL(this.#get("server") || home, location.href).origin;
      } catch {
        return home;
      }
    }

    get #words() {
      return WORDS[this.#lang] || WORDS[this.#lang.split("-")[0]] || WORDS.en;
    }

    get #lang() {
      return this.#get("lang") || document.documentElement.lang || "en";
    }

    #emit(name, detail) {
      this.dispatchEvent(new CustomEvent("tealight-" + name, { bubbles: true, composed: true, detail }));
    }

    #build() {
      const root = this.#root;
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
        root.adoptedStyleSheets = [sheet];
      } catch {
        root.append(make("style", { textContent: CSS }));
      }
      this.#launcher = make("button", { className: "launcher", part: "launcher", ariaHasPopup: "dialog", onclick: () => this.open() });
      this.#exit = make("button", { part: "launcher-exit", onclick: this.#leave, hidden: true });
      this.#plain = make("div", { className: "plain", part: "fallback" });
      this.#window = make("div", { className: "window", part: "window", role: "dialog", ariaLabel: this.#words.discreet, hidden: true }, this.#plain);
      this.#window.addEventListener("keydown", (event) => event.key == "Escape" && !event.isComposing && this.close());
      this.#dock = make("div", { className: "dock", part: "dock" }, this.#launcher, this.#exit);
      this.#box = make("div", {}, this.#dock, this.#window);
      root.append(this.#box);
    }

    #paint() {
      const words = this.#words;
      const closed = (this.#status.state || "open") != "open";
      const kind = offered == false ? "contacts" : closed ? "closed" : "open";
      const label = this.#get(kind == "open" ? "label" : "label-" + kind) || words[kind];
      const text = this.#has("discreet") ? words.discreet : label;
      const theme = this.#get("theme") || (dark.matches ? "dark" : "");
      this.#box.className = ["box", theme, this.#get("position"), closed && !this.#opening ? "closed" : ""].join(" ");
      this.#launcher.replaceChildren(make("i", {}), make("span", {}, text));
      if (this.#unread) this.#launcher.append(make("b", { part: "badge" }, this.#unread + " " + words.fresh));
      this.#exit.textContent = words.exit;
      for (const name of ["width", "height"]) {
        const size = parseInt(this.#get(name));
        this.#window.style.setProperty("--" + name[0], size > 0 ? size + "px" : "");
      }
      this.#paintPlain();
    }

    // Lies under the frame until that has booted: contacts and Exit from the first moment, and all there is if it never does.
    #paintPlain() {
      const words = this.#words;
      const idle = !this.#opening;
      const [why, on] = offered == false ? ["unoffered", "back"] : ["failed", "retry"];
      const phone = this.#get("phone");
      const offers = (this.#status.offers || []).filter((offer) => SAFE_LINK.test(offer.uri));
      if (phone && !offers.some((offer) => offer.channel == "phone")) {
        offers.unshift({ uri: "tel:" + phone.replace(/[^+\d]/g, ""), label: this.#get("phone-label") || phone });
      }
      this.#plain.replaceChildren(
        make(
          "div",
          {},
          make("button", { onclick: () => this.close() }, words.close),
          make("button", { onclick: this.#leave }, words.exit),
        ),
        make("p", { tabIndex: -1 }, words[idle ? why : "opening"]),
        ...offers.map((offer) =>
          make("a", { href: offer.uri, rel: "noreferrer" }, offer.label, make("span", {}, offer.hours || "")),
        ),
        ...(idle ? [make("p", {}), make("button", { onclick: () => this.#goOn() }, words[on])] : []),
      );
    }

    // Whoever is in a conversation already goes on with it, whether or not this page offers new ones.
    #goOn() {
      offered = true;
      this.open();
    }

    #show(open) {
      this.#window.hidden = !open;
      this.#dock.hidden = open;
      this.#launcher.ariaExpanded = open;
      if (open) this.#unread = 0;
      this.#fit();
      this.#paint();
    }

    // On a phone the window keeps to what the keyboard leaves; pinch zoom stays the visitor's own.
    #fit = () => {
      const { style } = this.#window;
      const small = visible.scale < 1.05 && matchMedia("(max-width:480px),(max-height:480px)").matches;
      const { offsetTop: top, offsetLeft: left, width, height } = visible;
      for (const [edge, value] of Object.entries({ top, left, width, height })) style[edge] = small ? value + "px" : "";
    };

    #load() {
      this.#discard();
      const loaded = new Promise((resolve) => (this.#settle = resolve));
      this.#timer = setTimeout(() => this.#fail(), SILENCE_MS);
      const inline = this.#get("mode") == "inline";
      if (inline && !this.#has("trust-host")) {
        console.warn("tealight: inline needs trust-host");
      }
      if (inline && this.#has("trust-host")) {
        this.#loadInline().catch(() => this.#opening && this.#fail());
      } else {
        this.#loadFrame();
      }
      this.#opening = loaded;
      this.#paintPlain();
      return loaded;
    }

    #loadFrame() {
      const server = this.#server;
      const frame = make("iframe", { title: this.#words.discreet, allow: "", referrerPolicy: "no-referrer" });
      frame.setAttribute(
        "sandbox",
        "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
      );
      frame.onload = () => {
        const { port1, port2 } = new MessageChannel();
        this.#port?.close();
        this.#port = port1;
        port1.onmessage = ({ data }) => this.#hear(data || {});
        frame.contentWindow.postMessage({ tealight: 1, type: "connect" }, server, [port2]);
      };
      frame.src = server + "/frame?lang=" + encodeURIComponent(this.#lang) + (this.#has("discreet") ? "&discreet" : "");
      frame.style.visibility = "hidden";
      this.#content = frame;
      this.#window.append(frame);
    }

    async #loadInline() {
      const server = this.#server;
      const box = make("div", { hidden: true });
      this.#content = box;
      this.#window.append(box);
      const { mountInline } = await import(new URL(TEALIGHT_ELEMENT, server)); // its path: the build knows it
      await this.#asked;
      const options = { name: this.#status.name, lang: this.#lang, discreet: this.#has("discreet") };
      const port = await mountInline(box, options, server, (type, detail) => {
        if (this.#content == box) this.#hear({ type, ...detail });
      });
      if (this.#content != box) return port.close();
      this.#port = port;
      this.#hear({ type: "booted" });
    }

    #tell(message) {
      this.#port?.postMessage(message);
    }

    #tellShown() {
      this.#tell({ type: "shown", visible: !this.#window.hidden });
    }

    #sendTokens() {
      const style = getComputedStyle(this);
      const tokens = { scheme: this.#get("theme") || "" };
      for (const name of this.#tokens) tokens[name] = style.getPropertyValue("--tealight-" + name).trim();
      this.#tell({ type: "tokens", tokens });
    }

    #repaint = () => {
      this.#paint();
      this.#sendTokens();
    };

    // The closed set of what the widget may say. Everything else is ignored.
    #hear({ type, count, tokens }) {
      if (type == "booted") {
        if (tokens) this.#tokens = tokens;
        clearTimeout(this.#timer);
        this.#content.style.visibility = "";
        this.#content.hidden = false;
        this.#plain.hidden = true;
        this.#sendTokens();
        this.#tellShown();
        if (!this.#window.hidden) this.#refocus();
      } else if (type == "ready") {
        this.#settle(true);
        this.#opening ??= true; // the visitor tried again inside the frame
        this.#emit("ready");
      } else if (type == "fallback") {
        if (!this.#content.src || !this.#port) return this.#fail();
        this.#settle(false);
        this.#opening = undefined;
      } else if (type == "unread" && count >= 0) {
        this.#unread = this.#window.hidden ? count : 0;
        this.#paint();
        this.#emit("unread", { count });
      } else if (type == "minimise") {
        this.close();
      } else if (type == "exit") {
        this.#hide();
        // The frame leaves by itself; this is for a browser that did not let it.
        if (this.#content.src) setTimeout(this.#leave, 1500);
        else this.#leave();
      }
    }

    #focus() {
      (this.#plain.hidden ? this.#content : this.#plain.querySelector("p")).focus();
    }

    #fail() {
      this.#discard();
      this.#paintPlain();
      this.#refocus();
    }

    // What comes late takes the focus only where the visitor has not moved on to another part of the page.
    #refocus() {
      if ([this, document.body, null].includes(document.activeElement)) this.#focus();
    }

    #discard() {
      clearTimeout(this.#timer);
      this.#settle?.(false);
      this.#port?.close();
      this.#content?.remove();
      this.#opening = this.#settle = this.#port = this.#content = undefined;
      this.#unread = 0;
      if (this.#plain) this.#plain.hidden = false;
    }

    #hide() {
      this.#window.hidden = this.#dock.hidden = true;
    }

    #leave = () => {
      this.#hide();
      const url = this.#get("exit-url");
      location.replace(/^https?:/i.test(url) ? url : DEFAULT_EXIT);
    };
  }

  if (!customElements.get(TAG)) customElements.define(TAG, TealightChat);

  // A plain link to the chat's own page opens the chat in this one.
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const element = document.querySelector(TAG);
    if (link?.href == home + "/chat" && element?.open && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
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
})();
