// A session: flash after flash, the answers, the lesson after each, the sum at the end.
"use strict";
import { ask, choose, desk, esc, guarded, isStill, players, show, stage, strip, trouble } from "./desk.js";
import { matrix, mixUps, tiles } from "./figures.js";
import { drawFace, showFlash } from "./flash.js";
import { home } from "./home.js";
import { showSlowly, slowStage } from "./slow.js";

let family = "expressions", trial = null, seen = null, said = null;

export const begin = guarded(async (plan) => {
  family = plan.family;
  await ready((await ask("start", plan)).trial);
});

const ready = async (next, words = "") => {
  trial = window.cuelightTrial = next;
  seen = said = null;
  const mine = ++desk.round;
  show(`<h1 tabindex="-1">Flash ${trial.number} of ${trial.of}${players[1] ? `: ${esc(trial.player)}` : ""}</h1>
    <div class="bar" aria-hidden="true"><span style="width:${(100 * (trial.number - 1)) / trial.of}%"></span></div>
    ${words ? `<p class="note warning" role="status">${esc(words)}</p>` : ""}
    ${stage()}<div id="part"><p class="middle"><button class="strong" data-do="flash" disabled>Show it <kbd>Space</kbd></button></p></div>`);
  desk.phase = "loading";
  const image = await strip(trial.file);
  if (mine !== desk.round) return;
  drawFace(desk.root.querySelector("canvas"), image, desk.guide.cell, 0);
  desk.phase = "ready";
  desk.root.querySelector("[data-do=flash]").disabled = false;
};

export const flash = guarded(async () => {
  if (desk.phase !== "ready") return;
  desk.phase = "flashing";
  const mine = desk.round;
  desk.root.querySelector("#part").innerHTML = '<p class="middle soft" role="status">Watch.</p>';
  const found = await showFlash(desk.root.querySelector("canvas"), await strip(trial.file),
    { cell: desk.guide.cell, ms: trial.ms, apex: trial.apex, wait_ms: trial.wait_ms, isStill: isStill() });
  if (mine !== desk.round) return;
  seen = window.cuelightSeen = found;
  choose("sign", "What was it?", [
    ...desk.guide.signs.filter((sign) => sign.family === family).map((sign, n) => [n + 1, sign.name, sign.title]),
    [0, "nothing", "I saw no movement"],
  ]);
});

export const chooseMove = (name) => {
  said = name;
  if (name === "nothing") {
    settle("wait");
    return;
  }
  choose("move", "If a second sign agrees, what would you do next?",
    desk.guide.moves.filter((move) => move.name !== "wait").map((move, n) => [n + 1, move.name, move.words]));
};

export const settle = guarded(async (move) => {
  desk.phase = "asking";
  const mine = desk.round;
  const answer = await ask("answer", { said, move, measured_ms: seen.measured });
  if (mine !== desk.round) return;
  let next = () => sums(answer.sum);
  if (!answer.sum) {
    strip(answer.trial.file);
    next = () => ready(answer.trial, answer.late
      ? "The screen was too slow, and that flash took too long to count. Here is another." : "");
  }
  if (answer.result) result(answer.result, next);
  else next();
});

const result = (told, next) => {
  desk.onward = next;
  desk.phase = "result";
  const { sign } = told;
  const verdict = told.right ? `Right: ${sign.title}.` : `It was: ${sign.title}. You said: ${told.said}.`;
  show(`<h1 tabindex="-1" class="verdict ${told.right ? "right" : "wrong"}">${told.right ? "&#10003;" : "&#10007;"} ${esc(verdict)}</h1>
    <div class="lesson"><div>${slowStage()}</div><div>
    <dl class="answer"><dt>What shows</dt><dd>${esc(sign.shows)}</dd><dt>What may bring it on</dt><dd>${esc(sign.brings_on)}</dd>
    <dt>What it may mean</dt><dd>${esc(sign.may_mean)}</dd>
    <dt>What to do next, if a second sign agrees</dt><dd><strong>${esc(told.move)}</strong>${told.move_right ? " - as you said." : "."} ${esc(sign.advice)}</dd>
    <dt>On the screen</dt><dd>${Math.round(told.measured_ms)} ms, measured (${trial.ms} asked for)</dd></dl>
    <p class="middle"><button class="strong" data-do="onward">Go on <kbd>Space</kbd></button></p></div></div>`);
  const mine = desk.round;
  strip(told.file).then((image) => {
    if (mine === desk.round) showSlowly(desk.root, image, told, { cell: desk.guide.cell, isStill: isStill() });
  }).catch(trouble);
};

const sums = (all) => {
  desk.phase = "sum";
  show(`<h1 tabindex="-1">Done</h1><p class="soft">Guessing names one in seven, and has a sensitivity of 0.</p>
    ${all.map((sum) => `<section class="card" aria-label="${esc(sum.player)}"><h2>${esc(sum.player)}</h2>${tiles(sum)}
    <details><summary>What was taken for what</summary>${matrix(sum.matrix)}</details>${mixUps(sum.mixed_up)}</section>`).join("")}
    <p class="middle"><button class="strong" data-do="home">Go on <kbd>Space</kbd></button></p>`);
  desk.onward = home;
};
