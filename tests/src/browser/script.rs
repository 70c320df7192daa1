//! What the tests' own scripts may use, in whichever document they run.

/// Finds our frame on a host page.
pub(super) const FRAME: &str = r"
const host = document.querySelector('tealight-chat');
return host && host.shadowRoot && host.shadowRoot.querySelector('iframe');";

/// `T`: looking as a person looks. `root` is the shadow root of the widget in our own document, that of the loader on
/// a host page, and the document itself elsewhere.
pub(super) const HELPERS: &str = r"
const T = {
  root() {
    const host = document.getElementById('tealight-root') || document.querySelector('tealight-chat');
    return (host && host.shadowRoot) || document;
  },
  visible(element) {
    return element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
      && element.getClientRects().length > 0;
  },
  // In inline mode the widget's root is inside the loader's.
  roots() {
    const inner = [...T.root().querySelectorAll('.window > *')].map((e) => e.shadowRoot).filter(Boolean);
    return [...inner, T.root(), ...(T.root() === document ? [] : [document])];
  },
  all(selector) {
    return T.roots().flatMap((root) => [...root.querySelectorAll(selector)]);
  },
  first(selector) {
    return T.all(selector).find(T.visible) || null;
  },
  name(element) {
    const labelled = element.getAttribute('aria-labelledby');
    const root = element.getRootNode();
    if (labelled) {
      return labelled.split(' ').map((id) => root.getElementById(id)?.textContent ?? '').join(' ').trim();
    }
    const own = element.getAttribute('aria-label');
    if (own) return own.trim();
    const labels = element.labels ? [...element.labels] : [];
    const text = (labels.length ? labels.map((label) => label.textContent).join(' ') : element.textContent);
    return (text.trim() || element.value || element.title || '').replace(/\s+/g, ' ').trim();
  },
  control(pattern) {
    const expression = new RegExp(pattern, 'iu');
    const controls = 'button, a[href], input, textarea, select, summary, [role=button], [role=menuitem], [role=radio]';
    const named = T.all(controls).filter((c) => expression.test(T.name(c)));
    // A box that is drawn by its label counts as visible with it.
    return named.find((c) => T.visible(c) || (c.labels && [...c.labels].some(T.visible))) || null;
  },
  // What a finger presses to press a control, once it can be pressed: a box is often hidden behind its label.
  pressable(pattern) {
    const control = T.control(pattern);
    if (!control || control.disabled || control.ariaDisabled === 'true') return null;
    const boxed = ['checkbox', 'radio'].includes(control.type);
    return boxed && control.labels.length ? control.labels[0] : control;
  },
  text() {
    if (!document.body) return '';
    // What is not drawn would give its text all the same.
    const isDrawn = (element) => T.visible(element) || getComputedStyle(element).display === 'contents';
    const drawn = T.roots().filter((root) => root !== document).flatMap((root) => [...root.children]).filter(isDrawn);
    return [document.body, ...drawn].map((part) => part.innerText ?? '').join('\n').replace(/[\u00a0\u202f]/g, ' ');
  },
  reads(pattern) {
    return new RegExp(pattern, 'iu').test(T.text());
  },
  active() {
    let active = document.activeElement;
    while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
    return active;
  },
};";
