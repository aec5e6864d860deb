// The practice page: which part is shown, clicks and keys.
"use strict";
import { ask, desk, guarded, halt, show } from "./desk.js";
import { home } from "./home.js";
import { closeMirror, mirror, openMirror, readOut, takeRest } from "./mirror.js";
import { erase, progress } from "./progress.js";
import { judge, openScene, say, scenarios } from "./scenarios.js";
import { chooseMove, flash, settle } from "./session.js";

const help = () => {
  desk.phase = "";
  show(document.getElementById("help").innerHTML);
};

const PAGES = { practise: home, scenarios, mirror, progress, help };
const go = () => {
  const name = location.hash.slice(1) in PAGES ? location.hash.slice(1) : "practise";
  desk.round += 1;
  halt();
  document.querySelectorAll("header nav a").forEach((link) =>
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#${name}`));
  PAGES[name]();
};

const DEEDS = {
  home: () => { location.hash === "#practise" || !location.hash ? go() : (location.hash = "practise"); },
  flash, say, scenarios, erase, openMirror, closeMirror, takeRest, readOut,
  sign: (button) => chooseMove(button.dataset.name),
  move: (button) => settle(button.dataset.name),
  judge: (button) => judge(button.dataset.name),
  onward: () => desk.onward(),
  scene: (button) => openScene(Number(button.dataset.name)),
};
const click = (event) => {
  const button = event.target.closest("[data-do]");
  if (button && DEEDS[button.dataset.do]) {
    if (button.tagName === "A") event.preventDefault();
    DEEDS[button.dataset.do](button);
  }
};

const SPACE = {
  ready: flash, say, result: () => desk.onward(), sum: () => desk.onward(), judged: () => desk.onward(),
  "mirror closed": openMirror, "mirror open": closeMirror,
};
const press = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape" && desk.phase === "mirror open") {
    closeMirror();
    return;
  }
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === " " && !event.target.closest("button, a, summary")) {
    if (SPACE[desk.phase]) {
      event.preventDefault();
      SPACE[desk.phase]();
    }
  } else if (/^[0-9]$/.test(event.key) && ["sign", "move", "judge"].includes(desk.phase)) {
    desk.root.querySelector(`[data-key="${event.key}"]`)?.click();
  }
};

const open = guarded(async () => {
  desk.guide = await ask("guide");
  desk.root.addEventListener("click", click);
  document.addEventListener("keydown", press);
  addEventListener("hashchange", go);
  document.querySelector("header")?.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link?.classList.contains("skip")) {
      event.preventDefault();
      desk.root.querySelector("h1, h2")?.focus();
    } else if (link?.hash && link.hash === location.hash) go();
  });
  go();
});
// the framework puts the page's body in place after this has run
const find = () => {
  desk.root = document.getElementById("practice");
  if (desk.root) open();
  return Boolean(desk.root);
};
if (!find()) {
  const watch = new MutationObserver(() => { if (find()) watch.disconnect(); });
  watch.observe(document.documentElement, { childList: true, subtree: true });
}
