// What all parts of the practice page share: its root, the guide, asking, showing, choosing.
"use strict";

// `phase` says what a key press means now; `round` grows with every new screen, so that what comes
// late is dropped; `onward` is what Space does after an answer; `stop` ends what a screen runs.
export const desk = { root: null, guide: null, phase: "", round: 0, onward: () => {}, stop: () => {} };

export const players = JSON.parse(sessionStorage.getItem("players") || '["me", ""]');

export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

export const title = (name) => desk.guide.signs.find((sign) => sign.name === name).title;

const GONE = "The tutor does not answer. Is `cuelight practice` still running?";

// Send a question of this page; gives the answer itself, whose refusal is thrown in its own words.
export const send = async (address, page = {}, options = {}) => {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: JSON.stringify(page), ...options });
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error(GONE);
  }
  if (!answer.ok) {
    const found = await answer.json().catch(() => ({ error: "Open the address that was printed." }));
    throw new Error(found.error);
  }
  return answer;
};
export const ask = async (question, page) => (await send(`/ask/${question}`, page)).json();

const strips = new Map();
export const strip = (file) => {
  if (!strips.has(file)) {
    const image = new Image();
    image.src = `/frames/${file}`;
    strips.set(file, image.decode().then(() => image));
  }
  return strips.get(file);
};

// End what the present screen runs; going to another one does it too.
export const halt = () => {
  const { stop } = desk;
  desk.stop = () => {};
  stop();
};
export const show = (html, { focus = "h1, h2" } = {}) => {
  halt();
  desk.root.classList.remove("busy");
  desk.root.innerHTML = html;
  desk.root.querySelector(focus)?.focus();
};
export const tell = (words) => { document.getElementById("said").textContent = words; };
export const trouble = (error) => {
  desk.phase = "";
  show(`<h1 tabindex="-1">That did not work</h1><p class="note alarm" role="alert">${esc(error.message)}</p>
    <p class="middle"><a class="button" href="#practise" data-do="home">Back</a></p>`);
};
export const guarded = (deed) => async (...given) => {
  try { await deed(...given); } catch (error) { trouble(error); }
};

export const stage = (marks = "") =>
  `<div class="stage"><canvas width="640" height="640" role="img" aria-label="A rendered face"></canvas>${marks}</div>`;

// Offer numbered choices: [key, name, words] each; a press does the deed that `phase` names.
export const choose = (phase, question, choices) => {
  desk.phase = phase;
  desk.root.querySelector("#part").innerHTML = `<h2 tabindex="-1">${question}</h2><ul class="choices">${choices.map(([key, name, words]) =>
    `<li><button data-do="${phase}" data-name="${name}" data-key="${key}"><kbd>${key}</kbd> ${esc(words)}</button></li>`).join("")}</ul>`;
  desk.root.querySelector("#part h2").focus();
};
