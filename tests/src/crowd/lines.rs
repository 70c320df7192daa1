//! What the made-up people say: calm, ordinary, and about nobody.

/// First messages, written while waiting.
pub(super) const FIRST: [&str; 8] = [
    "Hi. I'm not sure where to start. It has been a long week.",
    "I can't sleep again and everything feels loud tonight.",
    "Is it all right to write here if it's not an emergency?",
    "I had an argument at home and I need to talk to someone who isn't part of it.",
    "My exams start on Monday. I can't think straight any more.",
    "Hello. I lost my job last month and I haven't told anyone.",
    "I feel a bit silly writing this. I'm lonely, I think.",
    "It's my first Christmas without my mum and it's coming fast.",
];

/// What visitors say in the middle.
pub(super) const TALK: [&str; 12] = [
    "Thank you for asking.",
    "Yes. Mostly in the evenings.",
    "I haven't really said that out loud before.",
    "I don't know. Maybe since the summer.",
    "Sorry, I needed a minute.",
    "I have a friend I used to call, but it's been a while.",
    "It helps a little to write it down.",
    "Walking helps sometimes.",
    "I keep thinking that I should be over it by now.",
    "That makes sense, I think.",
    "I could try that.",
    "My sister would probably listen. I just don't want to worry her.",
];

/// How visitors say goodbye.
pub(super) const GOODBYE: [&str; 4] = [
    "I think I can sleep now. Thank you.",
    "That helped. I'm going to call my friend tomorrow.",
    "Thank you for listening. Good night.",
    "I feel a bit lighter. Thanks.",
];

/// How volunteers begin.
pub(super) const GREETING: [&str; 4] = [
    "Hello, I'm glad you wrote. Take all the time you need.",
    "Hi. I'm here, and there is no hurry.",
    "Hello. Thank you for waiting. What's on your mind tonight?",
    "Hi, good that you're here. Would you like to tell me how today was?",
];

/// What volunteers say in the middle.
pub(super) const LISTENING: [&str; 10] = [
    "That sounds heavy. How long has it been like this?",
    "I'm listening.",
    "It makes sense that you're tired.",
    "Is there someone near you whom you trust?",
    "What does an evening look like when it's a little better?",
    "Thank you for telling me.",
    "You don't have to sort it all out tonight.",
    "What would you say to a friend who felt like that?",
    "Would it help to think about tomorrow morning together?",
    "Take your time. I'll stay here.",
];

/// How volunteers say goodbye.
pub(super) const CLOSING: [&str; 3] = [
    "I'm glad we talked. You can come back any evening.",
    "Look after yourself tonight. We're here again tomorrow.",
    "Thank you for your trust. Good night.",
];
