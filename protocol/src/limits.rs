//! Every limit of the protocol, once. A backend announces those that a client must know in `ready.limits`.

/// Longest text of one message, in characters (Unicode scalar values).
pub const TEXT_CHARS: usize = 4_000;

/// Most combining marks on one character of a text. No script in use needs more; piled higher they run over the lines
/// of others.
pub const MARKS_IN_A_ROW: usize = 6;

/// Longest frame that a backend must take from a client, in bytes of UTF-8.
pub const FRAME_BYTES: usize = 16 * 1024;

/// Longest body of a page's word that it is being left, in bytes.
pub const LEAVE_BYTES: usize = 128;

/// How many commands a client may send at once before the steady rate applies.
pub const BURST: u32 = 20;

/// Steady rate of commands on one socket, per second. Starting, answering, offering and ending are commands beside
/// the messages, and a thought is often sent in three short lines at once.
pub const PER_SECOND: u32 = 2;

/// How long a new socket may stay silent before `hello`, in milliseconds.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;

/// After how much silence a backend sends `ping`, in seconds.
pub const PING_S: u32 = 25;

/// Slack of the client's dead-man timer over two ping intervals, in milliseconds.
pub const DEAD_MAN_SLACK_MS: u64 = 5_000;

/// How long a client waits for an `ack` before it reconnects, in milliseconds.
pub const ACK_TIMEOUT_MS: u64 = 10_000;

/// How long a client waits for an answer to its own `ping` after waking, in milliseconds.
pub const WAKE_PONG_MS: u64 = 3_000;

/// How long a client waits for a socket to open, in milliseconds.
pub const CONNECT_TIMEOUT_MS: u64 = 5_000;

/// A jump of the clock by more than this means that the device slept, in milliseconds.
pub const CLOCK_JUMP_MS: u64 = 30_000;

/// Least time between two `typing` frames that say the same, in milliseconds.
pub const TYPING_EVERY_MS: u64 = 3_000;

/// After how long a `typing` that was not repeated no longer holds, in milliseconds.
pub const TYPING_EXPIRES_MS: u64 = 6_000;

/// Least time between two `queue` frames on one socket, in milliseconds.
pub const QUEUE_EVERY_MS: u64 = 2_000;

/// How many page instances may follow one conversation at once, each over one socket: a newer socket of the same page
/// closes the older one. Four are a telephone, a computer, and the page that each of them has just left.
pub const INSTANCES: usize = 4;

/// Frames that may wait for one slow socket before it is closed with 4008.
pub const QUEUED_FRAMES: usize = 256;

/// Bytes that may wait for one slow socket before it is closed with 4008.
pub const QUEUED_BYTES: usize = 256 * 1024;

/// Events in one `ready.conv` or `history`.
pub const PAGE_EVENTS: usize = 200;

/// Bytes of events after which a page of them ends early, with `more`. Whatever waits for a socket counts against
/// [`QUEUED_BYTES`], so a page must stay well below it; a single event always fits.
pub const PAGE_BYTES: usize = 64 * 1024;

/// Most conversations an operator can have at once.
pub const CAPACITY: u8 = 3;

/// The steps that both ends of a range of waiting are rounded to, in minutes.
pub const WAIT_LADDER_MIN: [u32; 12] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120];

/// First step of the client's backoff, in milliseconds.
pub const BACKOFF_BASE_MS: u64 = 1_000;

/// Longest step of the client's backoff, in milliseconds.
pub const BACKOFF_MAX_MS: u64 = 30_000;

/// A connection that lasted this long starts the backoff afresh, in milliseconds.
pub const STABLE_MS: u64 = 30_000;

/// Longest survey, in questions.
pub const SURVEY_QUESTIONS: usize = 3;

/// Longest answer to one question, in characters.
pub const ANSWER_CHARS: usize = 200;

/// Longest note between operators, in characters.
pub const NOTE_CHARS: usize = 1_000;

/// Most notes beside one conversation.
pub const NOTES: u64 = 100;

/// Longest reason that a visitor who is passed on is given, in characters.
pub const REASON_CHARS: usize = 200;

/// Longest sentence for all visitors, in characters.
pub const NOTICE_CHARS: usize = 200;

/// Longest shift, in hours.
pub const SHIFT_HOURS: u64 = 24;

/// How far ahead shifts can be planned and are told, in days.
pub const ROSTER_DAYS: u64 = 14;

/// Most shifts that can be planned ahead, those of the configuration apart.
pub const SHIFTS: usize = 500;

/// How long a visitor who was blocked is not let in, in hours.
pub const BLOCK_HOURS: u64 = 24;

/// How long a place is kept for a visitor who is not connected, unless a backend announces another time, in seconds.
pub const KEEP_S: u32 = 300;

/// Most entries in one `result`. It ends early at [`PAGE_BYTES`], too.
pub const RESULT_ITEMS: usize = 50;

/// Most conversations that one socket may watch at once.
pub const WATCHED: usize = 4;

/// Leading bits of the hash that must be zero where our server asks for work: a mean of 65,536 tries. Whoever asks for
/// one more doubles the time; what a slow phone takes is in `docs/safety.md`.
pub const WORK_BITS: u32 = 16;

/// Most bits that a client works for. More would be felt in the hand and in the battery.
pub const WORK_MOST_BITS: u32 = 20;

/// For how long work that was asked for is taken, in seconds.
pub const WORK_FRESH_S: u64 = 60;
