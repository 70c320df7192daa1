/*
 * Mounts the widget into a shadow root: fetches styles, glue, wasm and words side by side, and watches over them.
 *
 * Used by the frame document and by the loader's inline mode. It holds no conversation and reads no text; it only sees
 * to it that whoever called learns, once, when the widget cannot be had or has broken down.
 */

import { forget } from "./exit.js";

const SILENCE_MS = 8000;

let breakdowns = 0;

/**
 * Mounts the widget.
 *
 * `notify(name, detail)` receives what the widget says, and `fallback` once when the widget is missing, broken, silent
 * for eight seconds, or trapped later. Resolves to a handle that never throws; rejects where `fallback` came first.
 *
 * @param {ShadowRoot} root where the widget paints; its styles are adopted here
 * @param {object} options what the widget's `mount` takes
 * @param {{glue: string, wasm: string, css: string, locales: Record<string, string>}} assets paths below `base`
 * @param {string} base origin of the Tealight server
 * @param {(name: string, detail: object) => void} notify
 * @returns {Promise<{shown(visible: boolean): void, end(): void, leave(): string | undefined, free(): void}>} `leave`
 *   has the widget keep nothing any more, and gives what a browser that denies storage made it keep in memory
 */
export async function mountWidget(root, options, assets, base, notify) {
  const url = (path) => new URL(path, base).href;
  // The browser keeps a module under its address, also one that broke down: another try needs another address.
  const again = breakdowns ? "?" + breakdowns : "";
  const glueUrl = url(assets.glue) + again;
  const wasmUrl = url(assets.wasm) + again;
  let widget;
  let broken = false;
  let telling = 0; // deep in somebody else's code, called by the widget
  let giveUp;
  const gaveUp = new Promise((_, reject) => (giveUp = reject));
  gaveUp.catch(() => {});

  const breakDown = (error) => {
    if (broken) return;
    broken = true;
    breakdowns++;
    stopWatching();
    // After a mere exception the module can still say goodbye on its socket; after a trap its memory is not to be trusted.
    if (!isTrap(error)) {
      try {
        widget?.free();
      } catch {
        // It is in the middle of something for good.
      }
    }
    root.replaceChildren();
    root.adoptedStyleSheets = [];
    giveUp(error);
    notify("fallback", {});
  };

  // What passes uncaught through our code leaves it in the middle of something, and so the chat frozen. A trap in
  // another module of the page, or in what is left of a widget before this one, is none of our business; where there
  // is no stack, better safe than mute.
  const watch = (event) => {
    const error = event.error ?? event.reason;
    const passed = (address) => error.stack.includes(address);
    if (isTrap(error)) {
      const isOthers = error.stack && !passed(wasmUrl) && (passed(url(assets.wasm)) || !passed("wasm"));
      if (!isOthers) breakDown(error);
    } else if (error?.stack && !telling && (passed(glueUrl) || passed(wasmUrl))) {
      breakDown(error);
    }
  };
  const silence = setTimeout(() => breakDown(new Error("silent")), SILENCE_MS);
  const stopWatching = () => {
    clearTimeout(silence);
    removeEventListener("error", watch);
    removeEventListener("unhandledrejection", watch);
  };
  addEventListener("error", watch);
  addEventListener("unhandledrejection", watch);

  const guarded = (method) => (...values) => {
    if (broken) return;
    try {
      return widget[method](...values);
    } catch (error) {
      breakDown(error);
    }
  };

  const handle = {};
  for (const method of ["shown", "end", "leave", "alert_failed", "details", "solved", "free"]) handle[method] = guarded(method);

  // Fetched once somebody asks for it, from where the build says. A browser unlocks sound only in the very press that asks.
  let audio;
  let alarm;
  const alert = ({ on, ring }) => {
    if (on) {
      audio ??= self.AudioContext && new AudioContext();
      alarm ??= import(url(TEALIGHT_ALERT)).then((module) => module.alarm(audio, !options.embedded));
      audio?.resume().then(() => audio.suspend());
      alarm.catch(() => {
        alarm = undefined;
        handle.alert_failed();
      });
    } else if (alarm) {
      alarm.then((it) => (ring ? it.ring(ring) : it.stop())).catch(() => {});
    }
  };

  const start = async () => {
    const wasm = fetchOk(wasmUrl);
    wasm.catch(() => {});
    const [glue, locale] = await Promise.all([
      import(glueUrl),
      fetchOk(url(pickLocale(assets.locales, options.lang))).then((response) => response.json()),
      adoptStyles(root, url(assets.css)),
    ]);
    await glue.default({ module_or_path: wasm });
    if (broken) throw new Error("late");
    widget = glue.mount(root, JSON.stringify(options), locale, (name, detail) => {
      if (broken) return;
      if (name === "ready") clearTimeout(silence);
      if (name === "alert") return alert(detail);
      // Only a hint: where it cannot be had, nothing is missing.
      if (name === "details") return import(url(TEALIGHT_DETAILS)).then(({ hints }) => handle.details(hints()), () => {});
      if (name === "work") {
        const { salt, bits } = detail;
        return import(url(TEALIGHT_WORK))
          .then(({ solve }) => solve(salt, bits))
          .then((number) => handle.solved(salt, number), () => handle.solved(salt));
      }
      telling++;
      try {
        notify(name, detail ?? {});
      } finally {
        telling--;
      }
    });
  };

  try {
    await Promise.race([start(), gaveUp]);
  } catch (error) {
    breakDown(error);
    throw error;
  }

  return {
    ...handle,
    free() {
      handle.free();
      broken = true;
      stopWatching();
      audio?.close();
    },
  };
}

// By its name: a browser that has no WebAssembly does not know the class either.
const isTrap = (error) => error?.name === "RuntimeError";

/** The parts of the widget that a page in inline mode may style with `tealight-chat::part(…)`. */
const PARTS =
  "panel header name exit minimise menu menu-list strip screen title range place note button button-primary button-quiet offers offer crisis log day automatic bubble bubble-visitor bubble-operator card typing pill composer input send chip dialog survey kept";

/**
 * Mounts the widget straight into the host page, inside `box`: the loader's inline mode. Otherwise as `mountWidget`,
 * but `hear(message, port)` receives what a frame would say, and with it what is spoken to like the port of a frame.
 */
export async function mountInline(box, base, lang, exitKey, hear) {
  box.setAttribute("exportparts", PARTS.split(" ").join(","));
  const root = box.attachShadow({ mode: "open" });
  const socket = base.replace(/^http/, "ws") + "/v1/ws";
  const discreet = box.getRootNode().host.hasAttribute("discreet");
  const options = { socket, lang, exit_key: exitKey, discreet, embedded: true, minimisable: true };
  let handle;
  const port = {
    postMessage({ type, visible }) {
      if (type === "shown") handle?.shown(visible);
      if (type === "end") handle?.end();
      if (type === "exit") forget(base, handle?.leave());
    },
    close: () => handle?.free(),
  };
  // Filled in by the build: {glue, wasm, css, locales}, paths of hashed files below the server's origin.
  const notify = (type, detail) => hear({ type, ...detail }, port);
  handle = await mountWidget(root, options, TEALIGHT_ASSETS, base, notify);
  notify("booted");
}

/** The words for a language tag: exact, then without the region, then English. */
function pickLocale(locales, lang = "en") {
  return locales[lang] ?? locales[lang.split("-")[0]] ?? locales.en;
}

async function fetchOk(address) {
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error("asset " + response.status);
  return response;
}

async function adoptStyles(root, address) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(await (await fetchOk(address)).text());
    root.adoptedStyleSheets = [sheet];
  } catch (error) {
    if (typeof CSSStyleSheet.prototype.replaceSync === "function") throw error;
    // An older browser: a plain link does the same, a moment later.
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    root.append(link);
  }
}
