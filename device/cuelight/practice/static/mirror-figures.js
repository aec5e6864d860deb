// What the mirror reckons: the face at rest, the way from there, and how it is written.
"use strict";

const REST_FRAMES = 20;
// A slow machine sees few frames a second; after so long a few of them must do.
const REST_MS = 1000;
const FEW_FRAMES = 5;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

// Gathers a face's figures at rest: `add` gives them once there are enough, and null before.
export class Rest {
  #face = null;
  #frames = [];
  #since = 0;
  #found = null;

  add(face, figures) {
    if (face !== this.#face) this.again();
    this.#face = face;
    if (!this.#found) {
      if (!this.#frames.length) this.#since = performance.now();
      this.#frames.push(figures);
      const long = performance.now() - this.#since >= REST_MS;
      if (this.#frames.length >= (long ? FEW_FRAMES : REST_FRAMES)) {
        this.#found = figures.map((_, n) => median(this.#frames.map((frame) => frame[n])));
        this.#frames = [];
      }
    }
    return this.#found;
  }

  again() {
    this.#frames = [];
    this.#found = null;
  }
}

// How far each part went from its rest: a share of the way left, or degrees (as movements.py).
export const amountsOf = (figures, rest, movements) => movements.map((one, n) => one.angle
  ? figures[n] - rest[n]
  : Math.min(1, Math.max(0, (figures[n] - rest[n]) / Math.max(1 - rest[n], 0.05))));

export const written = (amount, movement) => {
  if (!movement.angle) return amount.toFixed(1);
  const degrees = Math.round(Math.abs(amount));
  return degrees < 2 ? "0\u00b0" : `${degrees}\u00b0 ${amount > 0 ? "left" : "right"}`;
};

// How full a bar is, 0 to 1.
export const share = (amount, movement) => Math.min(1, Math.abs(amount) / movement.whole);

// Whether a part takes part in a target at all.
export const takesPart = (amount, movement) => share(amount, movement) >= 0.12;

export const byName = (amounts, movements) =>
  Object.fromEntries(movements.map((one, n) => [one.name, amounts[n]]));
