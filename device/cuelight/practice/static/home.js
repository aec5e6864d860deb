// The first page: what to tell apart, how, who.
"use strict";
import { ask, desk, esc, guarded, isStill, players, show } from "./desk.js";
import { begin } from "./session.js";

export const KINDS = {
  "first test": ["First test", "14 flashes of 210 ms. Answers are told at the end."],
  lesson: ["Lesson", "21 flashes, from slow and strong to brief and faint, at your pace."],
  chosen: ["Chosen", "You set how long and how strong."],
  "retention test": ["Later test", "The first test again, a week or more later: what stayed?"],
};

const form = (guide) => `<h1 tabindex="-1">Train the eye</h1>
  <p class="prose">A face rests, something flashes over it, and it rests again. Name what you saw and say what you would do next.
  The faces are rendered and belong to nobody. What you read is a clue, not a truth: <a href="#help">what it can and cannot tell</a>.</p>
  ${isStill() ? '<p class="note">Your system asks for reduced motion: faces change in one step, and answers open as still pictures.</p>' : ""}
  <form class="card" id="start">
  <fieldset><legend>What to tell apart</legend><div class="pick">
    <label><input type="radio" name="family" value="expressions" checked> Seven expressions</label>
    <label><input type="radio" name="family" value="cues"> Seven cues of a sales talk</label></div></fieldset>
  <fieldset><legend>How</legend><div class="pick">${Object.entries(KINDS).map(([kind, [name]]) =>
    `<label><input type="radio" name="kind" value="${kind}"> ${name}</label>`).join("")}</div>
    <p class="soft small" id="about"></p></fieldset>
  <div class="slide" id="chosen" hidden>
    <label>Flash: <output name="said_ms"></output><input type="range" name="ms" min="${guide.shortest}" max="${guide.longest}" step="10" value="300"></label>
    <label>Strength: <output name="said_steps"></output><input type="range" name="steps" min="1" max="${guide.steps}" value="${guide.steps}"></label></div>
  <fieldset><legend>Who</legend><div class="names">
    <label>Player<input name="one" maxlength="24" required value="${esc(players[0])}"></label>
    <label>Second player, in turn (may stay empty)<input name="two" maxlength="24" value="${esc(players[1])}"></label></div></fieldset>
  <p class="middle"><button class="strong">Start</button></p></form>`;

export const home = guarded(async () => {
  desk.phase = "";
  const { guide } = desk, mine = desk.round;
  const progress = await ask("progress");
  if (mine !== desk.round) return;
  const best = (family) => progress.players.find((p) => p.name === players[0])
    ?.families.find((f) => f.family === family)?.due || "first test";
  show(form(guide));
  wire(guide, desk.root.querySelector("form"), best);
});

const wire = (guide, given, best) => {
  const turn = () => {
    const next = best(given.family.value);
    if (!given.kind.value) given.kind.value = next;
    desk.root.querySelector("#chosen").hidden = given.kind.value !== "chosen";
    given.said_ms.value = `${given.ms.value} ms`;
    given.said_steps.value = `${Math.round((100 * given.steps.value) / guide.steps)} %`;
    desk.root.querySelector("#about").textContent = KINDS[given.kind.value][1]
      + (given.kind.value === next ? " Best next for you." : "");
  };
  given.addEventListener("input", turn);
  turn();
  given.addEventListener("submit", (event) => {
    event.preventDefault();
    players[0] = given.one.value.trim();
    players[1] = given.two.value.trim();
    sessionStorage.setItem("players", JSON.stringify(players));
    begin({
      kind: given.kind.value, family: given.family.value, players: players.filter(Boolean),
      ...(given.kind.value === "chosen" ? { ms: Number(given.ms.value), steps: Number(given.steps.value) } : {}),
    });
  });
};
