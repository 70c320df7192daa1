/*
 * Tells a visitor of their turn: a soft sound made here, a short buzz, and on the chat's own page a notification. It is
 * fetched only when a visitor asks for it, and knows nothing but one neutral word. Title and icon of the page never
 * change.
 */

/** When it sounds, in seconds after the turn has come: it stops as soon as the page is looked at. */
const TIMES = [0, 12, 30];

/** Two notes, in hertz, each with the seconds it begins after the first. */
const NOTES = [
  [523.25, 0],
  [659.25, 0.35],
];

/**
 * Asks the browser for what it may do.
 *
 * @param {AudioContext} [audio] unlocked in the visitor's own press; without one there is no sound
 * @param {boolean} notifies whether this is a page of its own: inside another page a browser shows no notifications
 * @returns {{ring(word: string): void, stop(): void}}
 */
export function alarm(audio, notifies) {
  let stop = () => {};
  if (notifies && self.Notification?.permission === "default") {
    // Whatever the answer: the sound does not need it.
    Notification.requestPermission()?.catch(() => {});
  }
  return {
    ring(word) {
      stop();
      const ends = [];
      stop = () => ends.splice(0).forEach((end) => end());
      if (audio) ends.push(sound(audio));
      if (!document.hidden) return;
      navigator.vibrate?.([200, 150, 200]);
      if (notifies && self.Notification?.permission === "granted") ends.push(notice(word));
      const seen = () => document.hidden || stop();
      document.addEventListener("visibilitychange", seen);
      ends.push(() => document.removeEventListener("visibilitychange", seen));
    },
    stop: () => stop(),
  };
}

/** Everything is put on the sound's own clock at once: the timers of a hidden page may sleep. */
function sound(audio) {
  const playing = [];
  audio.resume();
  for (const time of document.hidden ? TIMES : TIMES.slice(0, 1)) {
    for (const [pitch, after] of NOTES) {
      const begin = audio.currentTime + 0.05 + time + after;
      const tone = new OscillatorNode(audio, { frequency: pitch });
      const volume = new GainNode(audio, { gain: 0 });
      volume.gain.setValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(0.12, begin + 0.04);
      volume.gain.exponentialRampToValueAtTime(0.0001, begin + 1.4);
      tone.connect(volume).connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + 1.5);
      playing.push(tone);
    }
  }
  // A context that sounds nothing need not run.
  playing.at(-1).onended = () => audio.suspend();
  return () => playing.forEach((tone) => tone.disconnect());
}

/** One word that names nobody. The browser adds the address of the page by itself. */
function notice(word) {
  try {
    const shown = new Notification(word, { tag: "message", silent: true });
    shown.onclick = () => {
      focus();
      shown.close();
    };
    return () => shown.close();
  } catch {
    // Some telephones allow this to service workers only, and there is none here.
    return () => {};
  }
}
