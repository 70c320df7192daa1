/*
 * What leaving fast is made of, for the loader, the frame and inline mode alike: the keys that leave, the words that
 * count them, and the word to the backend that somebody has left. It navigates nowhere itself: who leads away, and
 * what covers the screen meanwhile, differs between a host page and a frame.
 */

const PAUSE_MS = 5000;

/** An element with properties and children. */
export const make = (tag, props, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

/** Which key leaves when it is struck three times. Input methods of zh, ja and ko need Shift for themselves. */
export const exitKey = (lang, wish) =>
  (wish ? wish == "escape" : /^(zh|ja|ko)\b/i.test(lang)) ? "Escape" : "Shift";

/**
 * Watches the keys of this document. `key()` says which one leaves now, or "" for none; `show(count)` hears how often it was
 * struck in a row, and `leave` the third time. Shift counts when it comes up and nothing else happened while it was
 * down; Escape when it goes down. Returns what sets the count, for presses that another document has seen.
 */
export const watchKeys = (key, show, leave, signal) => {
  let count = 0;
  let alone;
  let timer;
  const reach = (reached) => {
    clearTimeout(timer);
    count = reached;
    show(count);
    if (count > 2) leave();
    else if (count) timer = setTimeout(reach, PAUSE_MS, 0);
  };
  const watch = (event) => {
    if (event.repeat) return;
    const wanted = key();
    const isUp = event.type == "keyup";
    const isPlain =
      event.key == wanted &&
      event.keyCode != 229 &&
      !event.isComposing &&
      !event.ctrlKey &&
      !event.altKey &&
      !event.metaKey;
    if (!isUp) {
      alone = isPlain;
      if (count && !isPlain) reach(0);
    }
    if (isPlain && alone && isUp == (wanted == "Shift")) {
      alone = false;
      reach(count + 1);
    }
  };
  for (const type of ["keydown", "keyup", "pointerdown"]) addEventListener(type, watch, { capture: true, signal });
  return reach;
};

const STEPS = {
  en: (key, left) => `Press ${key} ${left} more time${left > 1 ? "s" : ""} to leave`,
};

/** Dots for the eye and words for everybody into `node`, or nothing for a count of nothing. */
export const paintSteps = (node, count, key, lang) => {
  const dots = make("span", { ariaHidden: true }, "●".repeat(count), "○".repeat(3 - count), " ");
  const words = (STEPS[lang] || STEPS.en)(key.replace("ape", ""), 3 - count);
  node.replaceChildren(...(count ? [dots, words] : []));
};

/**
 * Forgets the conversation on this device, and tells the backend that the visitor has left, and whether it was to be
 * erased. `entry` is what a widget kept in memory, where the browser denies storage. Nothing is awaited, and nothing of
 * it can fail.
 */
export const forget = (server, entry) => {
  try {
    entry ??= sessionStorage.tealight;
    sessionStorage.removeItem("tealight");
  } catch {
    // Storage is denied: there is nothing to forget.
  }
  try {
    const { secret, place } = JSON.parse(entry);
    navigator.sendBeacon(server + "/v1/leave" + (place === "erasing" ? "?erase" : ""), secret);
  } catch {
    // There was no conversation.
  }
};
