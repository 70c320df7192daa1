/**
 * Types of what Tealight adds to a page: the element `<tealight-chat>`, its attributes, methods and events.
 *
 * The script tag takes the same attributes with `data-` before them and adds one element to the body:
 *
 *     <script async src="https://chat.example.org/tealight.js" data-phone="0808 157 0199"></script>
 */

/** `<tealight-chat>`: the launcher, and the chat it opens. */
export interface TealightChatElement extends HTMLElement {
  /** Opens the chat. Resolves to `true` once its first screen is painted, `false` when contacts are shown instead. */
  open(): Promise<boolean>;
  /** Minimises the chat and returns focus to the launcher. The conversation goes on. */
  close(): void;
  /** Opens the chat and asks the visitor there whether to end the conversation. */
  end(): Promise<void>;
}

/** Attributes of `<tealight-chat>`. All are optional. */
export interface TealightChatAttributes {
  /** Origin of the Tealight server. Default: where the loader came from. */
  server?: string;
  /** Language tag of the chat. Default: the page's own `lang`. */
  lang?: string;
  /** Corner of the launcher and the panel, at the end or the start of a line. Default: `end`. */
  position?: "end" | "start";
  /** Words on the launcher while open, and while closed. */
  label?: string;
  "label-closed"?: string;
  /** Words on the launcher where the chat is not offered, and other ways to get help are shown. */
  "label-contacts"?: string;
  /** The crisis telephone number, shown when the chat cannot open, and its words ("Call 0808 157 0199"). */
  phone?: string;
  "phone-label"?: string;
  /** `frame` (default) keeps the page's scripts away from the chat; `inline` needs `trust-host` as well. */
  mode?: "frame" | "inline";
  /** Says that every script of this page may see what a visitor types. */
  "trust-host"?: "";
  /** Neutral words on the launcher: "Message". */
  discreet?: "";
  /** Where Exit leads when it is pressed outside the chat: a neutral page of another site, and no search engine. */
  "exit-url"?: string;
  /** The key that leaves when it is struck three times. Default: `escape` for zh, ja and ko, otherwise `shift`. */
  "exit-key"?: "shift" | "escape";
  /** Fixes the colour scheme. Default: the visitor's own. */
  theme?: "light" | "dark";
  /** Size of the panel on larger screens, in CSS pixels. Default: 400 × 640. */
  width?: string;
  height?: string;
}

/** Events of `<tealight-chat>`. They bubble, cross shadow roots, and tell neither a word nor how far a conversation is. */
export interface TealightEventMap {
  /** The first screen inside the chat is painted. */
  "tealight-ready": CustomEvent<null>;
  /** The panel was opened. */
  "tealight-open": CustomEvent<null>;
  /** The panel was minimised. */
  "tealight-close": CustomEvent<null>;
  /** Messages that came while the panel was minimised; 0 when it is opened again. */
  "tealight-unread": CustomEvent<{ count: number }>;
}

declare global {
  interface HTMLElementTagNameMap {
    "tealight-chat": TealightChatElement;
  }
  interface HTMLElementEventMap extends TealightEventMap {}
}
