// Short scripted moments of a sale: what flashes and what is going on, together.
"use strict";
import { choose, desk, esc, guarded, isStill, show, stage, strip, title } from "./desk.js";
import { drawFace, showFlash } from "./flash.js";

let scene = null, beat = 0;
export const scenarios = () => {
  desk.phase = "";
  show(`<h1 tabindex="-1">Scenarios</h1><p class="prose">Short moments of a sale. The right move depends on what flashes <em>and</em> on what is going on; some
    flashes are one-offs to be ignored. Nothing is scored.</p>
    <ul class="choices">${desk.guide.scenarios.map((each, n) => `<li><button data-do="scene" data-name="${n}">${esc(each.title)}</button></li>`).join("")}</ul>`);
};
export const openScene = guarded(async (number) => {
  scene = desk.guide.scenarios[number];
  beat = 0;
  await atBeat();
});
const atBeat = async () => {
  const now = scene.beats[beat], mine = ++desk.round;
  show(`<h1 tabindex="-1">${esc(scene.title)}</h1><p>${esc(scene.setting)}</p>${stage()}
    <p class="quote middle">You: ${esc(now.say)}</p>
    <div id="part"><p class="middle"><button class="strong" data-do="say" disabled>Say it <kbd>Space</kbd></button></p></div>`);
  desk.phase = "loading";
  const image = await strip(now.file);
  if (mine !== desk.round) return;
  drawFace(desk.root.querySelector("canvas"), image, desk.guide.cell, 0);
  desk.phase = "say";
  desk.root.querySelector("[data-do=say]").disabled = false;
};
export const say = guarded(async () => {
  if (desk.phase !== "say") return;
  desk.phase = "flashing";
  const now = scene.beats[beat], mine = desk.round;
  desk.root.querySelector("#part").innerHTML = '<p class="middle soft" role="status">Watch.</p>';
  const options = { cell: desk.guide.cell, ms: now.ms, apex: now.sign ? now.apex : 0, wait_ms: 900, isStill: isStill() };
  if (now.sign) await showFlash(desk.root.querySelector("canvas"), await strip(now.file), options);
  else await new Promise((resolve) => setTimeout(resolve, 1200));
  if (mine !== desk.round) return;
  beat += 1;
  if (beat < scene.beats.length) await atBeat();
  else choose("judge", "What do you do?", desk.guide.moves.map((move, n) => [n + 1, move.name, move.words]));
});
export const judge = (name) => {
  desk.phase = "judged";
  desk.round += 1;
  const move = desk.guide.moves.find((each) => each.name === scene.right), right = name === scene.right;
  const shown = scene.beats.map((b) => `<li>${esc(b.say)} ${b.sign ? `<strong>${esc(title(b.sign))}</strong>` : "Nothing moved."}</li>`);
  show(`<h1 tabindex="-1" class="verdict ${right ? "right" : "wrong"}">${right ? "&#10003; Yes" : "&#10007; Rather not"}: ${esc(move.words)}</h1>
    <section class="card prose"><p>${esc(scene.why)}</p><h2>What was there</h2><ul>${shown.join("")}</ul></section>
    <p class="middle"><button class="strong" data-do="scenarios">Other scenarios <kbd>Space</kbd></button></p>`);
  desk.onward = scenarios;
};
