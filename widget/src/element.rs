//! Building blocks for markup: elements, and what in them follows the state.
//!
//! Leptos owns the effects and decides when they run and end; the elements are the browser's own. Every block is
//! one function for all elements: whatever a caller hands in is boxed at the door, so that the same code is not
//! compiled again for every place that uses it. What is drawn once is a plain value; only what changes while it is
//! on the screen is a function.
//!
//! Words become text nodes, and nothing is ever parsed as HTML.

use leptos::prelude::{Effect, Owner, RenderEffect, on_cleanup, untrack};
use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, Node};

use crate::kept::Kept;

const SVG: &str = "http://www.w3.org/2000/svg";

// Without the failures these calls have in general: the names are this crate's own.
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = document, js_name = createElementNS)]
    fn create_element_ns(namespace: &str, tag: &str) -> Node;
    #[wasm_bindgen(js_namespace = document, js_name = createElement)]
    fn create_element(tag: &str) -> Node;
    #[wasm_bindgen(js_namespace = document, js_name = createTextNode)]
    fn create_text(text: &str) -> Node;
    #[wasm_bindgen(js_namespace = document, js_name = createDocumentFragment)]
    fn create_fragment() -> Node;
    #[wasm_bindgen(js_name = requestAnimationFrame)]
    fn request_animation_frame(then: &JsValue) -> i32;
}

/// An element that is being built, or several side by side. Clones are the same element.
#[derive(Clone)]
pub(crate) struct El(Node);

/// An element.
pub(crate) fn el(tag: &str) -> El {
    El(create_element(tag))
}

/// An element of a drawing.
pub(crate) fn drawing(tag: &str) -> El {
    El(create_element_ns(SVG, tag))
}

/// Elements side by side, without one around them. Only children make sense here.
pub(crate) fn side_by_side() -> El {
    El(create_fragment())
}

/// Runs `run` after the current work, and again whenever something it read has changed.
pub(crate) fn follow(run: impl FnMut() + 'static) {
    fn start(mut run: Box<dyn FnMut()>) {
        Effect::new(move |_: Option<()>| run());
    }
    start(Box::new(run));
}

/// Runs `run` before the next frame is painted, unless what asked for it has gone by then.
pub(crate) fn before_paint(run: impl FnOnce() + 'static) {
    fn ask(run: Box<dyn FnOnce()>) {
        request_animation_frame(&Closure::once_into_js(run));
    }
    ask(Box::new(run));
}

/// Runs `run` when the owner of what is being built is cleaned up.
pub(crate) fn finally(run: impl FnOnce() + 'static) {
    fn keep(run: Box<dyn FnOnce()>) {
        // There is only one thread.
        let run = SendWrapper::new(run);
        on_cleanup(move || (run.take())());
    }
    keep(Box::new(run));
}

impl El {
    /// The element itself, for what only the browser can do with it.
    pub(crate) fn element(&self) -> Element {
        self.0.clone().unchecked_into()
    }

    pub(crate) fn attr(self, name: &str, value: &str) -> Self {
        set_attribute(&self.0, name, Some(value));
        self
    }

    pub(crate) fn maybe_attr(self, name: &str, value: Option<&str>) -> Self {
        set_attribute(&self.0, name, value);
        self
    }

    pub(crate) fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    pub(crate) fn part(self, names: &str) -> Self {
        self.attr("part", names)
    }

    /// An attribute that follows the state; without a value it is not there.
    pub(crate) fn live_attr(
        self,
        name: &'static str,
        value: impl Fn() -> Option<&'static str> + 'static,
    ) -> Self {
        fn start(node: Node, name: &'static str, value: Box<dyn Fn() -> Option<&'static str>>) {
            let mut shown = None;
            draw(Box::new(move || {
                let value = value();
                if value != shown {
                    set_attribute(&node, name, value);
                    shown = value;
                }
            }));
        }
        start(self.0.clone(), name, Box::new(value));
        self
    }

    /// Hears an event until the element's owner is cleaned up.
    pub(crate) fn on(self, event: &'static str, hear: impl FnMut(Event) + 'static) -> Self {
        fn start(node: Node, event: &'static str, hear: Box<dyn FnMut(Event)>) {
            let hear = Closure::wrap(hear);
            let _ = node.add_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
            finally(move || {
                let _ = node.remove_event_listener_with_callback(event, hear.as_ref().unchecked_ref());
            });
        }
        start(self.0.clone(), event, Box::new(hear));
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        append(&self.0, &create_text(text));
        self
    }

    /// Words that follow the state.
    pub(crate) fn live_text(self, words: impl Fn() -> String + 'static) -> Self {
        fn start(parent: &Node, words: Box<dyn Fn() -> String>) {
            let node = create_text("");
            append(parent, &node);
            let mut shown = String::new();
            draw(Box::new(move || {
                let words = words();
                if words != shown {
                    node.set_node_value(Some(&words));
                    shown = words;
                }
            }));
        }
        start(&self.0, Box::new(words));
        self
    }

    pub(crate) fn child(self, El(child): El) -> Self {
        append(&self.0, &child);
        self
    }

    pub(crate) fn maybe(self, child: Option<El>) -> Self {
        match child {
            Some(child) => self.child(child),
            None => self,
        }
    }

    /// Children that are there while the condition holds.
    pub(crate) fn when(self, holds: impl Fn() -> bool + 'static, build: impl Fn() -> El + 'static) -> Self {
        fn start(parent: &Node, holds: Box<dyn Fn() -> bool>, build: Box<dyn Fn() -> El>) {
            start_live(parent, Box::new(move || holds().then(String::new)), Box::new(move |_| build()));
        }
        start(&self.0, Box::new(holds), Box::new(build));
        self
    }

    /// Children that are built anew whenever `key` changes, and not there while there is none.
    pub(crate) fn live(
        self,
        key: impl Fn() -> Option<String> + 'static,
        build: impl Fn(&str) -> El + 'static,
    ) -> Self {
        start_live(&self.0, Box::new(key), Box::new(build));
        self
    }

    /// A list whose rows keep their elements as long as their keys are in it. A row begins and ends with elements
    /// that stay.
    pub(crate) fn each(
        self,
        keys: impl Fn() -> Vec<String> + 'static,
        build: impl Fn(&str) -> El + 'static,
    ) -> Self {
        start_list(&self.0, Box::new(keys), Box::new(build));
        self
    }
}

/// An effect that runs at once, so that nothing is painted without it.
fn draw(mut run: Box<dyn FnMut()>) {
    let effect = RenderEffect::new(move |_| run());
    on_cleanup(move || drop(effect));
}

type Key = Box<dyn Fn() -> Option<String>>;
type Build = Box<dyn Fn(&str) -> El>;

fn start_live(parent: &Node, key: Key, build: Build) {
    let (start, end) = (create_text(""), create_text(""));
    append(parent, &start);
    append(parent, &end);
    // Not the effect's own: that one is cleaned up with every run.
    let owner = Owner::new();
    let mut shown = None;
    draw(Box::new(move || {
        let key = key();
        if key == shown {
            return;
        }
        untrack(|| {
            owner.cleanup();
            clear_between(&start, &end);
            if let Some(key) = &key {
                let child = owner.with(|| build(key));
                insert_before(&child.0, &end);
            }
        });
        shown = key;
    }));
}

fn start_list(parent: &Node, keys: Box<dyn Fn() -> Vec<String>>, build: Build) {
    let end = create_text("");
    append(parent, &end);
    let mut list = List { rows: Vec::new(), end, owner: Owner::new(), build };
    draw(Box::new(move || {
        let keys = keys();
        untrack(|| list.update(keys));
    }));
}

struct List {
    rows: Vec<Row>,
    end: Node,
    owner: Owner,
    build: Build,
}

struct Row {
    key: String,
    nodes: Vec<Node>,
    owner: Owner,
}

impl List {
    /// Rows at both ends that stay are not touched: mostly a list grows at its end.
    fn update(&mut self, keys: Vec<String>) {
        let same = |(row, key): &(&Row, &String)| row.key == **key;
        let head = self.rows.iter().zip(&keys).take_while(same).count();
        if head == self.rows.len() && head == keys.len() {
            return;
        }
        let mut old = Kept::default();
        for row in self.rows.drain(head..) {
            old.push(row.key.clone(), row);
        }
        for key in keys.into_iter().skip(head) {
            let row = old.take(&key).unwrap_or_else(|| self.new_row(key));
            self.rows.push(row);
        }
        for row in old.into_rest() {
            row.owner.cleanup();
            for node in &row.nodes {
                remove(node);
            }
        }
        let mut next = self.end.clone();
        for node in self.rows[head..].iter().rev().flat_map(|row| row.nodes.iter().rev()) {
            if node.next_sibling().as_ref() != Some(&next) {
                insert_before(node, &next);
            }
            next = node.clone();
        }
    }

    fn new_row(&self, key: String) -> Row {
        let owner = self.owner.child();
        let El(node) = owner.with(|| (self.build)(&key));
        let mut nodes = Vec::new();
        if node.node_type() == Node::DOCUMENT_FRAGMENT_NODE {
            let mut child = node.first_child();
            while let Some(node) = child {
                child = node.next_sibling();
                nodes.push(node);
            }
        } else {
            nodes.push(node);
        }
        Row { key, nodes, owner }
    }
}

fn set_attribute(node: &Node, name: &str, value: Option<&str>) {
    let element: &Element = node.unchecked_ref();
    let _ = match value {
        Some(value) => element.set_attribute(name, value),
        None => element.remove_attribute(name),
    };
}

fn append(parent: &Node, child: &Node) {
    let _ = parent.append_child(child);
}

fn insert_before(node: &Node, next: &Node) {
    if let Some(parent) = next.parent_node() {
        let _ = parent.insert_before(node, Some(next));
    }
}

fn remove(node: &Node) {
    if let Some(parent) = node.parent_node() {
        let _ = parent.remove_child(node);
    }
}

fn clear_between(start: &Node, end: &Node) {
    while let Some(node) = start.next_sibling().filter(|node| node != end) {
        remove(&node);
    }
}
