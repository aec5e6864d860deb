// Move a face slowly between rest and peak with the moving parts marked; a slider takes over.
"use strict";
import { stage } from "./desk.js";
import { drawFace } from "./flash.js";

const SLOW_MS = 3600;

export const slowStage = () => `${stage('<svg viewBox="0 0 640 640" aria-hidden="true"></svg>')}
  <div class="play"><button data-do="play">Pause</button>
  <label class="small soft">From rest to the peak <input type="range" id="scrub" min="0" max="100" value="0"></label></div>`;

export const showSlowly = (root, image, told, { cell, isStill }) => {
  const canvas = root.querySelector("canvas"), scrub = root.querySelector("#scrub");
  const button = root.querySelector("[data-do=play]"), svg = root.querySelector("svg");
  if (!scrub) return;
  svg.innerHTML = told.marks.map((m) => ["", "in"].map((kind) =>
    `<ellipse class="${kind}" cx="${640 * m.x}" cy="${640 * m.y}" rx="${640 * m.across}" ry="${640 * m.down}"/>`).join("")).join("");
  let plays = !isStill, before = null, phi = isStill ? Math.PI : 0;
  const draw = () => {
    const height = (1 - Math.cos(phi)) / 2;
    drawFace(canvas, image, cell, height * told.apex);
    svg.style.opacity = height;
    scrub.value = 100 * height;
  };
  const name = () => { button.textContent = plays ? "Pause" : "Play"; };
  const tick = (at) => {
    if (!canvas.isConnected) return;
    if (plays && before !== null) phi = (phi + (2 * Math.PI * (at - before)) / SLOW_MS) % (2 * Math.PI);
    before = at;
    if (plays) draw();
    requestAnimationFrame(tick);
  };
  button.onclick = () => { plays = !plays; name(); };
  scrub.oninput = () => {
    plays = false;
    name();
    phi = Math.acos(1 - (2 * scrub.value) / 100);
    draw();
  };
  name();
  draw();
  requestAnimationFrame(tick);
};
