/*
 * What a hostile host page runs before the loader: it listens to everything, replaces whatever the loader could use,
 * and looks around all the time. `loot` holds what it got, as pairs of a way and a thing.
 *
 * It is thorough and not clever: it need not make sense of what it sees.
 */
(() => {
  "use strict";
  const loot = (window.loot = []);
  const write = JSON.stringify;
  const say = (thing) => {
    try {
      return write(thing, (_, value) => (value instanceof Node || value === window ? String(value) : value)) ?? String(thing);
    } catch {
      return String(thing);
    }
  };
  const take = (way, thing) => loot.push([way, say(thing)]);
  const { addEventListener: listen } = EventTarget.prototype;

  // Every event that any object of a page knows, and those that have no property.
  const types = new Set(
    "beforeinput compositionstart compositionupdate compositionend textInput focusin focusout selectionchange DOMActivate touchstart touchmove touchend touchcancel visibilitychange fullscreenchange gotpointercapture hashchange webkitmouseforcechanged".split(" "),
  );
  for (const owner of [Window, Document, Element, HTMLElement, SVGElement, HTMLBodyElement, HTMLIFrameElement]) {
    for (const name of Object.getOwnPropertyNames(owner.prototype)) if (/^on/.test(name)) types.add(name.slice(2));
  }
  for (const name of Object.getOwnPropertyNames(window)) if (/^on/.test(name)) types.add(name.slice(2));
  // These say that a page lives, and nothing of anybody.
  for (const name of ["load", "DOMContentLoaded", "readystatechange", "devicemotion", "deviceorientation", "deviceorientationabsolute"]) types.delete(name);
  const hear = (event) => {
    const { type, target, key, code, data, detail, inputType, clipboardData } = event;
    let pasted;
    try {
      pasted = clipboardData?.getData("text");
    } catch {
      // It is not given to listeners of this event.
    }
    take("event", [type, target?.nodeName ?? String(target), key, code, data, detail, inputType, pasted].filter((it) => it !== undefined));
  };
  const listenToAll = (target) => {
    for (const type of types) listen.call(target, type, hear, { capture: true, passive: true });
  };
  listenToAll(window);
  listenToAll(document);

  // Shadow roots, closed ones too, and everything that changes in them.
  const roots = [document];
  const watch = new MutationObserver((changes) => {
    for (const { type, target, attributeName, addedNodes, oldValue } of changes) {
      if (attributeName === "cd_frame_id_") continue; // the driver's own
      const now = attributeName ? target.getAttribute(attributeName) : [...addedNodes].map((node) => node.outerHTML ?? node.data);
      take("change", [type, target.nodeName, attributeName, oldValue, now]);
    }
  });
  const everything = { subtree: true, childList: true, attributes: true, characterData: true, attributeOldValue: true, characterDataOldValue: true };
  watch.observe(document, everything);
  const { attachShadow } = Element.prototype;
  Element.prototype.attachShadow = function (init) {
    const root = attachShadow.call(this, init);
    roots.push(root);
    watch.observe(root, everything);
    listenToAll(root);
    return root;
  };

  // Functions that say what they are given.
  const wrap = (owner, name, way) => {
    const { [name]: original } = owner;
    if (typeof original !== "function") return;
    owner[name] = new Proxy(original, {
      apply(target, self, values) {
        take(way, values);
        return Reflect.apply(target, self, values);
      },
      construct(target, values, kind) {
        take(way, values);
        return Reflect.construct(target, values, kind);
      },
    });
  };
  wrap(CustomElementRegistry.prototype, "define", "define");
  wrap(window, "fetch", "fetch");
  wrap(window, "postMessage", "postMessage");
  wrap(window, "WebSocket", "WebSocket");
  wrap(window, "EventSource", "EventSource");
  wrap(window, "BroadcastChannel", "BroadcastChannel");
  wrap(XMLHttpRequest.prototype, "open", "XMLHttpRequest");
  wrap(Navigator.prototype, "sendBeacon", "sendBeacon");
  wrap(MessagePort.prototype, "postMessage", "to the frame");
  for (const name of ["getItem", "setItem", "removeItem", "clear", "key"]) wrap(Storage.prototype, name, "Storage");
  wrap(IDBFactory.prototype, "open", "IndexedDB");
  wrap(History.prototype, "pushState", "History");
  wrap(History.prototype, "replaceState", "History");
  wrap(CSSStyleSheet.prototype, "replaceSync", "style");

  // What comes out of a channel, however it is listened to.
  const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
  const overhear = (react) => (event) => {
    take("from the frame", event.data);
    return react.call(event.target, event);
  };
  Object.defineProperty(MessagePort.prototype, "onmessage", { ...onmessage, set(react) { onmessage.set.call(this, overhear(react)); } });
  EventTarget.prototype.addEventListener = function (type, react, options) {
    const isPort = this instanceof MessagePort && typeof react === "function";
    return listen.call(this, type, isPort ? overhear(react) : react, options);
  };

  // Names that something might be looked up by on an object that lacks them.
  for (const name of "text draft secret state count tokens visible tealight conv token detail words name_of".split(" ")) {
    Object.defineProperty(Object.prototype, name, {
      configurable: true,
      get() {
        return undefined;
      },
      set(thing) {
        take("trap", [name, thing]);
        Object.defineProperty(this, name, { value: thing, writable: true, enumerable: true, configurable: true });
      },
    });
  }

  // What the browser measures.
  const timings = (window.timings = []);
  for (const type of PerformanceObserver.supportedEntryTypes) {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) timings.push([entry.entryType, entry.name]);
    }).observe({ type, buffered: true });
  }

  // What can be seen by looking again and again.
  const frame = () => roots.map((root) => root.querySelector("iframe")).find(Boolean);
  const outside = {
    length: () => window.length,
    name: () => window.name,
    title: () => document.title,
    icon: () => document.querySelector("link[rel=icon]")?.href,
    history: () => history.length,
    address: () => location.href,
    focus: () => [document.hasFocus(), document.activeElement?.nodeName],
    scroll: () => [scrollX, scrollY],
    size: () => [document.documentElement.scrollWidth, document.documentElement.scrollHeight],
    selection: () => String(getSelection()),
    cookie: () => document.cookie,
    stores: () => [Object.keys(localStorage), Object.keys(sessionStorage)],
    frame: () => {
      const { width, height } = frame()?.getBoundingClientRect() ?? {};
      return [width, height];
    },
    inside: () => {
      const inner = frame()?.contentWindow;
      return inner ? [inner.length, inner.closed, inner.opener === null] : [];
    },
  };
  const before = {};
  const look = () => {
    for (const [what, see] of Object.entries(outside)) {
      const now = say(see());
      if (before[what] !== now) take("look", [what, (before[what] = now)]);
    }
    // The browser tells a page whether a key or a button was pressed within the last seconds, in its frames too.
    if (navigator.userActivation.isActive) window.activated = (window.activated ?? 0) + 1;
  };
  setInterval(look, 20);

  // What only works by guessing.
  window.pry = (marker) => {
    const inner = frame()?.contentWindow;
    const tries = {
      document: () => inner.document.body.textContent,
      location: () => inner.location.href,
      variable: () => inner.config,
      storage: () => inner.sessionStorage.getItem("tealight"),
      contentDocument: () => frame().contentDocument?.body.textContent,
      find: () => window.find(marker, false, false, true, false, true, false) || undefined,
      copy: () => {
        document.execCommand("selectAll");
        return String(getSelection()).includes(marker) || undefined;
      },
      caret: () => document.caretRangeFromPoint(innerWidth - 200, innerHeight - 200)?.startContainer.data,
    };
    const got = {};
    for (const [name, attempt] of Object.entries(tries)) {
      try {
        got[name] = say(attempt() ?? null);
      } catch (error) {
        got[name] = error.name;
      }
    }
    return got;
  };
})();
