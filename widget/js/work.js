/*
 * Work before the door: finds the number that a helpline asks for while too many come at once. Fetched only then.
 *
 * The number is one whose text, hashed with SHA-256, begins with so many zero bits (PROTOCOL.md, "Work before the door").
 * It is looked for in slices, so that the page stays as it is: scrolling, Exit and every key go on between two of them.
 * The hash is here because the browser's own is asked for one answer at a time, and is ten times as slow for it.
 */

const LABEL = "tealight-work-1:";

/** How long the page is held up at once, in milliseconds: less than a frame of the screen. */
const SLICE_MS = 10;

/** How many are tried between two looks at the clock. */
const AT_ONCE = 128;

const ROUNDS = 64;

// prettier-ignore
const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const FIRST = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

const w = new Int32Array(ROUNDS);

/** Takes one block of 64 bytes, from `at`, into `state`. */
function compress(state, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < ROUNDS; i++) {
    const p = w[i - 15];
    const q = w[i - 2];
    const s0 = ((p >>> 7) | (p << 25)) ^ ((p >>> 18) | (p << 14)) ^ (p >>> 3);
    const s1 = ((q >>> 17) | (q << 15)) ^ ((q >>> 19) | (q << 13)) ^ (q >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < ROUNDS; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/** The blocks of a text: its bytes, the end mark, zeros, and its length in bits. */
function blocks(text) {
  const bytes = new TextEncoder().encode(text);
  const whole = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  new DataView(whole.buffer).setUint32(whole.length - 4, bytes.length * 8);
  return whole;
}

/** The SHA-256 of a text, as eight words of 32 bits. */
export function sha256(text) {
  const state = Int32Array.from(FIRST);
  const bytes = blocks(text);
  for (let at = 0; at < bytes.length; at += 64) compress(state, bytes, at);
  return state;
}

/** Counts on in the decimal digits that end before `end`, in place; `false` where they would need one more. */
function count(bytes, first, end) {
  for (let at = end - 1; at >= first; at--) {
    if (bytes[at] < 57) {
      bytes[at]++;
      return true;
    }
    bytes[at] = 48;
  }
  return false;
}

/** Gives the page a turn. A timer would be held back for a second each in a tab out of sight. */
const pause = () =>
  new Promise((resume) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resume();
    };
    port2.postMessage(0);
  });

/**
 * Finds the first number for a salt whose hash begins with `bits` zero bits, at most 32. `between` is awaited between
 * two slices.
 *
 * @param {string} salt 22 characters
 * @param {number} bits
 * @param {() => Promise<void>} between
 * @returns {Promise<number>}
 */
export async function solve(salt, bits, between = pause) {
  const prefix = LABEL + salt + ":";
  const state = new Int32Array(8);
  let number = 0;
  let bytes = blocks(prefix + number);
  let end = prefix.length + 1;
  for (;;) {
    const began = performance.now();
    do {
      for (let tries = 0; tries < AT_ONCE; tries++) {
        state.set(FIRST);
        compress(state, bytes, 0);
        if (Math.clz32(state[0]) >= bits) return number;
        number++;
        if (!count(bytes, prefix.length, end)) {
          bytes = blocks(prefix + number);
          end++;
        }
      }
    } while (performance.now() - began < SLICE_MS);
    await between();
  }
}
