/*
 * The hash against the standard's own vectors and against another implementation, and the search against what it promises.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { sha256, solve } from "./work.js";

const hex = (words) => [...words].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
const known = (text) => createHash("sha256").update(text).digest("hex");

test("the examples of FIPS 180", () => {
  const examples = {
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    abc: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu:
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  };
  for (const [text, wanted] of Object.entries(examples)) assert.equal(hex(sha256(text)), wanted, text);
  const million = "a".repeat(1_000_000);
  assert.equal(hex(sha256(million)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("every length around the edges of a block, against another implementation", () => {
  for (let length = 0; length < 200; length++) {
    const text = "tealight–".repeat(30).slice(0, length);
    assert.equal(hex(sha256(text)), known(text), `${length} characters`);
  }
});

test("the number found is the first that does, also where its digits grow", async () => {
  const salt = "Zm9yIHRoZSB0ZXN0cyBvbm";
  for (const bits of [0, 1, 4, 8, 11, 13]) {
    let wanted = 0;
    const zeros = (number) => Math.clz32(parseInt(known(`tealight-work-1:${salt}:${number}`).slice(0, 8), 16));
    while (zeros(wanted) < bits) wanted++;
    assert.equal(await solve(salt, bits), wanted, `${bits} bits`);
  }
});

test("the frames that the protocol shows belong together", async () => {
  const read = (file) => JSON.parse(readFileSync(new URL(`../../protocol/vectors/valid/${file}`, import.meta.url)));
  const { salt, bits } = read("server-to-visitor/error/work-needed.json").work;
  assert.equal(await solve(salt, bits), read("visitor-to-server/start/with-work.json").work);
});

test("the page gets its turn between two slices, and each is short", async () => {
  let turns = 0;
  let longest = 0;
  let since = performance.now();
  const stop = new Error("enough");
  const between = async () => {
    longest = Math.max(longest, performance.now() - since);
    if (++turns === 20) throw stop;
    await new Promise((resume) => setImmediate(resume));
    since = performance.now();
  };
  await assert.rejects(solve("a".repeat(22), 32, between), stop);
  // A busy machine may keep any program waiting; held up by the search alone, it would be about ten.
  assert.ok(longest < 500, `${longest} ms at once`);
});

test("a task that came meanwhile is done before the number is found", async () => {
  let done = false;
  setTimeout(() => (done = true), 1);
  await solve("b".repeat(22), 18);
  assert.ok(done);
});
