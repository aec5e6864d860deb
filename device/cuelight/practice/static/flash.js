// Show a brief movement on a face at the screen's own pace, and measure it on what was drawn.
"use strict";

// Draw one picture of a strip; between two pictures both are mixed, for slow motion.
export const drawFace = (canvas, strip, cell, position) => {
  const pen = canvas.getContext("2d");
  const low = Math.floor(position);
  const draw = (number, alpha) => {
    pen.globalAlpha = alpha;
    pen.drawImage(strip, number * cell, 0, cell, cell, 0, 0, canvas.width, canvas.height);
  };
  draw(low, 1);
  if (position > low) draw(low + 1, position - low);
  pen.globalAlpha = 1;
};

// Which picture is due after `passed` ms of a flash: up in its first quarter, down in its last.
export const stepAt = (passed, ms, apex, isStill) => {
  if (isStill) return apex;
  const share = passed / ms;
  const height = share < 0.25 ? share * 4 : share > 0.75 ? (1 - share) * 4 : 1;
  return Math.max(1, Math.min(apex, Math.round(height * apex)));
};

// Rest, flash once and rest again. Gives {asked, measured, frames: [{at, step}]}: every picture
// that was drawn, at the time of its screen refresh; measured from the first to the one that is
// neutral again. The apex is always drawn, however late the screen is.
export const showFlash = (canvas, strip, { cell, ms, apex, wait_ms, isStill }) =>
  new Promise((resolve) => {
    const frames = [];
    let began = null, start = null, before = null, interval = 1000 / 60, seen = false;
    const put = (at, step) => {
      drawFace(canvas, strip, cell, step);
      frames.push({ at, step });
    };
    const tick = (at) => {
      if (began === null) {
        began = at;
        put(at, 0);
      } else if (start === null) {
        if (before !== null) interval = Math.min(Math.max(at - before, 4), 34);
        if (at - began >= wait_ms) start = at;
      }
      before = at;
      if (start !== null) {
        const passed = at - start;
        // the picture that is nearest to the end, not the first past it
        if (passed >= ms - interval / 2 && seen) {
          put(at, 0);
          const measured = at - frames.find((one) => one.step > 0).at;
          resolve({ asked: ms, measured, frames });
          return;
        }
        const isLast = passed + interval >= ms - interval / 2;
        const step = isLast && !seen ? apex : stepAt(passed, ms, apex, isStill);
        seen = seen || step === apex;
        put(at, step);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
