// The mirror: how far parts of the rep's own face move, beside a rendered one. Nothing is kept.
"use strict";
import { desk, esc, guarded, halt, isStill, send, show, strip, tell } from "./desk.js";
import { drawFace } from "./flash.js";
import { amountsOf, byName, Rest, share, takesPart, written } from "./mirror-figures.js";
import { outline } from "./outline.js";

const STILL_MS = 500;

let guide = null, target = null, look = null, drawnAt = 0;

const find = (selector) => desk.root.querySelector(selector);

const refusal = (words) => `<h1 tabindex="-1">Mirror</h1>
  <section class="card prose"><h2>Not on this machine</h2><p class="note alarm" role="alert">${esc(words)}</p></section>`;

const frame = () => `<h1 tabindex="-1">Mirror</h1>
  <p class="prose">Move a part of your face and see how far it went, beside a rendered face that belongs to nobody. Use it only if you
  want to: nobody may ask you to, or ask you what it showed.</p>
  <details class="card" open id="about"><summary>What it does, why, and what it does not do</summary><div class="prose">
  <ul><li><strong>The camera opens when you press the button, and only then.</strong> It closes when you close it, leave or hide this page or
  close the tab; by itself after ${guide.alone_seconds} seconds without a face, and after ${Math.round(guide.whole_seconds / 60)} minutes.</li>
  <li><strong>It measures where parts go, and says nothing else.</strong> &ldquo;Left lip corner, up: 0.4&rdquo;: 0 is your face at rest, 1 as far as
  faces go; heads and eyes are in degrees. It does not say what a movement means, least of all yours: a movement is not a
  feeling, and a machine that judges the feelings of people at work has no place here (in the European Union it is forbidden). There is no score and no grade.</li>
  <li><strong>Nothing is kept, or sent to anybody.</strong> The pictures stay in the program on this computer, each until the next one comes. No picture is
  shown; the lines below are drawn from the figures alone. Pictures and figures are never written, and when you leave this page it forgets them.</li>
  <li><strong>The figures are rough.</strong> Small movements read too small, glasses, beards and side light spoil them, and people differ: yours
  need not reach the target's. Some parts are not measured well enough to be shown.</li></ul></div></details>
  <p class="middle" role="status" id="camera"></p>
  <p class="middle buttons"><button class="strong" data-do="openMirror">Open the camera <kbd>Space</kbd></button>
  <button data-do="takeRest" hidden>This is my face at rest</button>
  <button data-do="readOut" hidden>Read the figures out</button></p>
  ${isStill() ? '<p class="note">Your system asks for reduced motion: figures change twice a second, and the target is a still picture.</p>' : ""}
  <p class="middle"><label>Try this: <select id="target">${guide.targets.map((one, n) => `<option value="${n}">${esc(one.words)}</option>`).join("")}</select></label></p>
  <div class="pair"><figure><svg viewBox="0 0 100 110" class="outline" role="img" aria-label="Your face as a few lines, drawn from the figures"></svg>
    <figcaption>You, as in a mirror; dashed: the target</figcaption></figure>
    <figure><div class="stage"><canvas width="640" height="640" role="img" aria-label="A rendered face at the peak of the movement"></canvas></div>
    <figcaption>The target, as in a mirror</figcaption></figure></div>
  <div class="wide"><table class="gauges"><caption>How far each part went from rest</caption>
  <thead><tr><th scope="col">Part</th><th scope="col">You <span class="key mine"></span> Target <span class="key aim"></span></th><th scope="col">You</th><th scope="col">Target</th></tr></thead>
  <tbody></tbody></table></div>`;

// ---- the page ----
export const mirror = guarded(async () => {
  desk.phase = "";
  const mine = desk.round;
  show('<h1 tabindex="-1">Mirror</h1><p class="loading" role="status">Measuring the targets&hellip;</p>');
  const found = await (await send("/mirror/guide")).json();
  if (mine !== desk.round) return;
  if (found.refused) {
    show(refusal(found.refused));
    return;
  }
  guide = found;
  show(frame());
  desk.stop = leave;
  find("#target").addEventListener("change", aim);
  closed("");
  aim();
});

const aim = guarded(async () => {
  target = guide.targets[Number(find("#target").value)];
  const rows = guide.movements.map((one, n) => ({ ...one, n, aim: target.amounts[n] }));
  const inIt = (row) => takesPart(row.aim, row);
  const first = rows.filter(inIt).sort((a, b) => Math.round(10 * share(b.aim, b)) - Math.round(10 * share(a.aim, a)));
  find("tbody").innerHTML = [...first, ...rows.filter((row) => !inIt(row))].map((row) =>
    `<tr data-n="${row.n}" class="${inIt(row) ? "in" : ""}"><th scope="row">${esc(row.words)}</th>
    <td><div class="gauge" aria-hidden="true"><span class="mine"></span><span class="aim" style="width:${100 * share(row.aim, row)}%"></span></div></td>
    <td class="number you"></td><td class="number">${written(row.aim, row)}</td></tr>`).join("");
  draw(null);
  const chosen = target, image = await strip(target.file);
  if (chosen === target && find("#target")) animate(image, chosen);
});

// The target moves slowly between rest and peak; with reduced motion it stands at its peak.
const animate = (image, chosen) => {
  const canvas = find(".stage canvas"), { cell, steps } = desk.guide;
  const tick = (at) => {
    if (!canvas.isConnected || chosen !== target) return;
    drawFace(canvas, image, cell, steps * (1 - Math.cos(at / 700)) / 2);
    requestAnimationFrame(tick);
  };
  if (isStill()) drawFace(canvas, image, cell, steps);
  else requestAnimationFrame(tick);
};

// `amounts` null: nobody is measured.
const draw = (amounts) => {
  const { movements } = guide;
  const ghost = outline(byName(target.amounts, movements));
  find(".outline").innerHTML = `<g class="aim">${ghost}</g><g class="mine">${outline(amounts ? byName(amounts, movements) : {})}</g>`;
  for (const row of desk.root.querySelectorAll(".gauges tbody tr")) {
    const n = Number(row.dataset.n);
    row.querySelector(".mine").style.width = amounts ? `${100 * share(amounts[n], movements[n])}%` : "0";
    row.querySelector(".you").textContent = amounts ? written(amounts[n], movements[n]) : "";
  }
};

// ---- the camera ----
export const openMirror = guarded(async () => {
  if (desk.phase !== "mirror closed") return;
  desk.phase = "mirror open";
  const mine = { gone: new AbortController(), rest: new Rest(), amounts: null, words: "" };
  look = mine;
  find("#about").open = false;
  const button = find("[data-do=openMirror]");
  button.dataset.do = "closeMirror";
  button.innerHTML = "Close the camera <kbd>Esc</kbd>";
  desk.root.querySelectorAll(".buttons [hidden]").forEach((each) => { each.hidden = false; });
  say("The camera is opening.");
  let why = "";
  try {
    const answer = await send("/mirror/look", {}, { signal: mine.gone.signal });
    why = await follow(mine, answer.body.pipeThrough(new TextDecoderStream()).getReader());
  } catch (error) {
    if (mine.gone.signal.aborted) return;
    why = error.message;
  }
  if (look === mine) closed(why || "The connection ended.");
});

const follow = async (mine, reader) => {
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done || look !== mine) return "";
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const told = JSON.parse(line);
      if (told.end) return told.end;
      glance(mine, told);
    }
  }
};

const glance = (mine, told) => {
  if (!told.of.length) {
    mine.amounts = null;
    say(told.faces > 1 ? "The camera is open and sees more than one face. It measures nobody until you are alone."
      : told.faces ? "The camera is open and does not see your face clearly." : "The camera is open and sees no face.");
  } else {
    const rest = mine.rest.add(told.face, told.of);
    mine.amounts = rest && amountsOf(told.of, rest, guide.movements);
    say(rest ? "The camera is open. Move." : "The camera is open. Rest your face for a moment.");
  }
  const now = performance.now();
  if (isStill() && now - drawnAt < STILL_MS) return;
  drawnAt = now;
  draw(mine.amounts);
};

const say = (words) => {
  if (look && look.words === words) return;
  if (look) look.words = words;
  const line = find("#camera");
  line.textContent = words;
  line.classList.toggle("on", Boolean(look));
};

// Show that the camera is closed, and forget what was measured.
const closed = (why) => {
  look = null;
  desk.phase = "mirror closed";
  const button = find("[data-do=closeMirror]");
  if (button) {
    button.dataset.do = "openMirror";
    button.innerHTML = "Open the camera <kbd>Space</kbd>";
  }
  desk.root.querySelectorAll("[data-do=takeRest], [data-do=readOut]").forEach((each) => { each.hidden = true; });
  say(`The camera is closed. ${why}`);
  if (target && find("tbody tr")) draw(null);
};

const leave = () => {
  look?.gone.abort();
  look = target = null;
};

export const closeMirror = (why = "") => {
  if (!look) return;
  look.gone.abort();
  closed(typeof why === "string" ? why : "");
};

export const takeRest = () => look?.rest.again();

// Say the target's moving parts, for who hears the page instead of seeing it.
export const readOut = () => {
  if (!look?.amounts) {
    tell("Nothing is measured now.");
    return;
  }
  const said = guide.movements.map((one, n) => ({ one, mine: look.amounts[n], aim: target.amounts[n] }))
    .filter(({ one, aim: wanted }) => takesPart(wanted, one))
    .map(({ one, mine, aim: wanted }) => `${one.words}: ${written(mine, one)}, target ${written(wanted, one)}`);
  tell(said.join("; "));
};

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") closeMirror("It closed because this page was hidden.");
});
// a page that the browser keeps for its Back button must not keep figures either
addEventListener("pagehide", () => {
  if (!target) return;
  halt();
  desk.root.replaceChildren();
  addEventListener("pageshow", () => location.reload(), { once: true });
});
