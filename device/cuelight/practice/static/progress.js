// How the player came along so far, and erasing it.
"use strict";
import { ask, desk, esc, guarded, show, tell } from "./desk.js";
import { matrix, mixUps, percent, plots } from "./figures.js";
import { KINDS } from "./home.js";

const NAMES = { expressions: "Seven expressions", cues: "Seven cues" };
const NONE = '<p class="note">There is nothing yet. Take a first test: it takes two minutes.</p>';

const card = (player, way) => `<section class="card"><h2>${esc(player.name)}: ${NAMES[way.family].toLowerCase()}</h2>
  <p class="soft small">${way.sittings.length} session${way.sittings.length === 1 ? "" : "s"}. Best next: ${KINDS[way.due][0].toLowerCase()}.
  ${way.kept ? `First test ${percent(way.kept[0])}, later test ${percent(way.kept[1])}.` : ""}</p>
  ${way.plots ? plots(way.plots) : '<p class="soft">Only broken-off sessions so far; finish one to see how you come along.</p>'}
  <details><summary>What was taken for what</summary>${matrix(way.matrix)}</details>${mixUps(way.mixed_up)}</section>`;

export const progress = guarded(async () => {
  desk.phase = "";
  const mine = desk.round;
  const page = await ask("progress");
  if (mine !== desk.round) return;
  show(`<h1 tabindex="-1">Progress</h1><p class="soft">For you alone; it lies in <code>${esc(page.file)}</code>.</p>
    ${page.players.length ? "" : NONE}
    ${page.players.map((player) => player.families.map((way) => card(player, way)).join("")).join("")}
    ${page.players.length ? '<p class="middle"><button class="danger" data-do="erase">Erase all scores</button></p>' : ""}`);
});

export const erase = guarded(async (button) => {
  if (button.dataset.sure) {
    await ask("erase");
    await progress();
    tell("All scores are erased.");
  } else {
    button.dataset.sure = "yes";
    button.textContent = "Erase them for good? Press again.";
  }
});
