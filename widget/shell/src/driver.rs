//! The loop around a session core.
//!
//! 1. Hand one input to the core, with the time.
//! 2. Carry out every effect it asks for.
//! 3. Set the one timer to the core's deadline.
//! 4. Publish the view.
//!
//! Inputs that arrive meanwhile, from whatever the view made the screens do, wait their turn in order.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use tealight_protocol::CloseCode;
use tealight_session::{ConnectionId, Effect, Fact, Millis, operator, visitor};

use crate::{Lifecycle, Slot, Socket, Timer, facts_at_start, now};

/// What the loop needs of a session: both kinds have it.
pub trait Core: 'static {
    /// What people can want of it.
    type Command: 'static;
    /// What the screens show.
    type View: 'static;

    /// Takes in a fact about the world.
    fn handle_fact(&mut self, now: Millis, fact: Fact);
    /// Takes in what a person wants.
    fn handle_command(&mut self, now: Millis, command: Self::Command);
    /// The next thing to do, if any.
    fn poll_effect(&mut self) -> Option<Effect>;
    /// When to call again at the latest.
    fn poll_timeout(&self) -> Option<Millis>;
    /// What to show.
    fn view(&self) -> Self::View;
}

/// Runs one session in a page. Cheap to clone; the last one dropped closes the socket and stops the timer.
pub struct Driver<C: Core>(Rc<Machine<C>>);

struct Machine<C: Core> {
    core: RefCell<C>,
    inputs: RefCell<VecDeque<Asked<C::Command>>>,
    turning: Cell<bool>,
    url: String,
    socket: RefCell<Option<(ConnectionId, Socket)>>,
    timer: Timer,
    slot: Option<Slot>,
    publish: Box<dyn Fn(C::View)>,
    lifecycle: RefCell<Option<Lifecycle>>,
}

enum Asked<Command> {
    Fact(Fact),
    Command(Command),
}

impl<C: Core> Driver<C> {
    /// Puts a core to work: `url` is the socket's, `slot` is where its snapshot lives (none: nowhere), and `publish`
    /// hears every view, the first before this returns.
    pub fn start(core: C, url: String, slot: Option<Slot>, publish: impl Fn(C::View) + 'static) -> Self {
        let machine = Rc::new_cyclic(|weak: &Weak<Machine<C>>| Machine {
            core: RefCell::new(core),
            inputs: RefCell::default(),
            turning: Cell::new(false),
            url,
            socket: RefCell::default(),
            timer: Timer::new({
                let weak = Weak::clone(weak);
                move || put(&weak, Asked::Fact(Fact::Tick))
            }),
            slot,
            publish: Box::new(publish),
            lifecycle: RefCell::default(),
        });
        let weak = Rc::downgrade(&machine);
        *machine.lifecycle.borrow_mut() = Some(Lifecycle::watch(move |fact| put(&weak, Asked::Fact(fact))));
        machine.inputs.borrow_mut().extend(facts_at_start().into_iter().map(Asked::Fact));
        machine.turn();
        Self(machine)
    }

    /// Hands in what a person wants.
    pub fn dispatch(&self, command: C::Command) {
        self.0.take_in(Asked::Command(command));
    }

    /// Hands in a fact that the loop cannot see itself.
    pub fn tell(&self, fact: Fact) {
        self.0.take_in(Asked::Fact(fact));
    }

    /// The view as it is now.
    pub fn view(&self) -> C::View {
        self.0.core.borrow().view()
    }
}

impl<C: Core> Clone for Driver<C> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<C: Core> std::fmt::Debug for Driver<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Driver(…)")
    }
}

fn put<C: Core>(machine: &Weak<Machine<C>>, asked: Asked<C::Command>) {
    if let Some(machine) = machine.upgrade() {
        machine.take_in(asked);
    }
}

impl<C: Core> Machine<C> {
    fn take_in(self: &Rc<Self>, asked: Asked<C::Command>) {
        self.inputs.borrow_mut().push_back(asked);
        self.turn();
    }

    fn turn(self: &Rc<Self>) {
        if self.turning.replace(true) {
            return;
        }
        loop {
            // Taken out on its own line: the borrow must be over when the input is handled.
            let next = self.inputs.borrow_mut().pop_front();
            let Some(asked) = next else { break };
            let now = now();
            match asked {
                Asked::Fact(fact) => self.core.borrow_mut().handle_fact(now, fact),
                Asked::Command(command) => self.core.borrow_mut().handle_command(now, command),
            }
            self.carry_out();
            let deadline = self.core.borrow().poll_timeout();
            self.timer.set(now, deadline);
            let view = self.core.borrow().view();
            (self.publish)(view);
        }
        self.turning.set(false);
    }

    fn carry_out(self: &Rc<Self>) {
        loop {
            let next = self.core.borrow_mut().poll_effect();
            match next {
                None => break,
                Some(Effect::OpenSocket(connection)) => self.open(connection),
                Some(Effect::Transmit(connection, text)) => {
                    if let Some((current, socket)) = &*self.socket.borrow()
                        && *current == connection
                    {
                        socket.send(&text);
                    }
                }
                Some(Effect::CloseSocket(connection, code)) => {
                    let is_current =
                        self.socket.borrow().as_ref().is_some_and(|(current, _)| *current == connection);
                    if is_current && let Some((_, socket)) = self.socket.take() {
                        socket.close(code);
                    }
                }
                Some(Effect::Save(snapshot)) => {
                    if let Some(slot) = self.slot {
                        slot.save(&snapshot);
                    }
                }
                Some(Effect::Forget) => {
                    if let Some(slot) = self.slot {
                        slot.clear();
                    }
                }
                // Only visitors are asked to work, and their core sees to it.
                Some(Effect::Solve(_)) => {}
            }
        }
    }

    fn open(self: &Rc<Self>, connection: ConnectionId) {
        let weak = Rc::downgrade(self);
        let opened = Socket::open(&self.url, move |event| put(&weak, Asked::Fact(event.about(connection))));
        match opened {
            Ok(socket) => drop(self.socket.replace(Some((connection, socket)))),
            Err(_) => {
                let closed = Fact::SocketClosed(connection, CloseCode::Abnormal.as_u16());
                self.inputs.borrow_mut().push_back(Asked::Fact(closed));
            }
        }
    }
}

impl Core for visitor::Session {
    type Command = visitor::Command;
    type View = visitor::View;

    fn handle_fact(&mut self, now: Millis, fact: Fact) {
        self.handle(now, visitor::Input::Fact(fact));
    }

    fn handle_command(&mut self, now: Millis, command: visitor::Command) {
        self.handle(now, visitor::Input::Command(command));
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        Self::poll_effect(self)
    }

    fn poll_timeout(&self) -> Option<Millis> {
        Self::poll_timeout(self)
    }

    fn view(&self) -> visitor::View {
        Self::view(self)
    }
}

impl Core for operator::Session {
    type Command = operator::Command;
    type View = operator::View;

    fn handle_fact(&mut self, now: Millis, fact: Fact) {
        self.handle(now, operator::Input::Fact(fact));
    }

    fn handle_command(&mut self, now: Millis, command: operator::Command) {
        self.handle(now, operator::Input::Command(command));
    }

    fn poll_effect(&mut self) -> Option<Effect> {
        Self::poll_effect(self)
    }

    fn poll_timeout(&self) -> Option<Millis> {
        Self::poll_timeout(self)
    }

    fn view(&self) -> operator::View {
        Self::view(self)
    }
}
