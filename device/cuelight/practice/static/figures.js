// Write a session's figures as HTML.
"use strict";
import { esc, title } from "./desk.js";

export const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
const one = (value) => (value === null ? "not yet" : value.toFixed(1));

export const matrix = (page) => `<div class="wide"><table class="matrix"><caption>What was shown (rows) and what was said (columns)</caption>
  <thead><tr><th scope="col">Shown</th>${page.titles.map((t) => `<th scope="col">${esc(t)}</th>`).join("")}<th scope="col">d&prime;</th></tr></thead>
  <tbody>${page.rows.map((row, r) => `<tr><th scope="row">${esc(row.title)}</th>${row.counts.map((count, c) =>
    `<td class="${r === c ? "hit" : count ? "" : "none"}">${count || "&middot;"}</td>`).join("")}<td>${row.sensitivity === null ? "" : row.sensitivity.toFixed(1)}</td></tr>`).join("")}</tbody></table></div>`;
export const mixUps = (pairs) => `<h3>Pairs that are often mixed up</h3><ul>${pairs.map((pair) =>
  `<li><strong>${esc(title(pair.first))} and ${esc(title(pair.second).toLowerCase())}</strong>: ${pair.shown
    ? `taken for one another ${pair.taken} of ${pair.shown} times. ` : ""}${esc(pair.tip)}</li>`).join("")}</ul>`;
export const tiles = (sum) => `<dl class="tiles"><div><dt>named rightly</dt><dd>${percent(sum.hit_rate)}</dd></div>
  <div><dt>sensitivity d&prime;</dt><dd>${one(sum.sensitivity)}</dd></div>
  <div><dt>move chosen rightly</dt><dd>${percent(sum.move_rate)}</dd></div>
  <div><dt>seven in ten at</dt><dd>${sum.threshold_ms === null ? "not told yet" : `${Math.round(sum.threshold_ms)} ms`}</dd></div></dl>`;

export const plots = (drawn) => `<h3>Share named rightly</h3>${drawn.hits}<h3>Sensitivity (d&prime;)</h3>${drawn.sensitivity}
  ${drawn.brevity ? `<h3>Time at which seven in ten are right</h3>${drawn.brevity}` : ""}
  <p class="soft small">Rings are tests, dots are lessons and chosen exercises. Sessions that were broken off are left out.</p>`;
