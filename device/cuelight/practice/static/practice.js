// The practice page: asks the tutor on this machine, shows flashes, takes answers.
"use strict";
(() => {
  let root, guide, signs, trial = null, isTest = false, phase = "", seen = null, said = null;
  let stop = () => {}, round = 0;
  const players = JSON.parse(sessionStorage.getItem("players") || '["me", ""]');
  const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const esc = window.cuelightEscape;
  const title = (name) => signs.find((sign) => sign.name === name).title;
  const { matrix, mixUps, tiles, plots, percent } = window.cuelightFigures(title);

  const ask = async (question, page = {}) => {
    let answer;
    try {
      answer = await fetch(`/ask/${question}`, { method: "POST", body: JSON.stringify(page) });
    } catch {
      throw new Error("The tutor does not answer. Is `cuelight practice` still running?");
    }
    const found = await answer.json().catch(() => ({ error: "Open the address that was printed." }));
    if (!answer.ok) throw new Error(found.error);
    return found;
  };

  const strips = new Map();
  const strip = (file) => {
    if (!strips.has(file)) {
      const image = new Image();
      image.src = `/frames/${file}`;
      strips.set(file, image.decode().then(() => image));
    }
    return strips.get(file);
  };

  const show = (html, { focus = "h1, h2" } = {}) => {
    stop();
    stop = () => {};
    root.classList.remove("busy");
    root.innerHTML = html;
    root.querySelector(focus)?.focus();
  };
  const tell = (words) => { document.getElementById("said").textContent = words; };
  const trouble = (error) => {
    phase = "";
    show(`<h1 tabindex="-1">That did not work</h1><p class="note alarm" role="alert">${esc(error.message)}</p>
      <p class="middle"><a class="button" href="#practise" data-do="home">Back</a></p>`);
  };
  const guarded = (deed) => async (...given) => {
    try { await deed(...given); } catch (error) { trouble(error); }
  };

  // ---- the first page ----
  const KINDS = {
    "first test": ["First test", "14 flashes of 210 ms. Answers are told at the end."],
    lesson: ["Lesson", "21 flashes, from slow and strong to brief and faint, at your pace."],
    chosen: ["Chosen", "You set how long and how strong."],
    "retention test": ["Later test", "The first test again, a week or more later: what stayed?"],
  };
  const home = guarded(async () => {
    phase = "";
    trial = null;
    const progress = await ask("progress");
    const mine = (family) => progress.players.find((p) => p.name === players[0])
      ?.families.find((f) => f.family === family)?.due || "first test";
    show(`<h1 tabindex="-1">Train the eye</h1>
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
      <p class="middle"><button class="strong">Start</button></p></form>`);
    const form = root.querySelector("form");
    const turn = () => {
      const best = mine(form.family.value);
      if (!form.kind.value) form.kind.value = best;
      root.querySelector("#chosen").hidden = form.kind.value !== "chosen";
      form.said_ms.value = `${form.ms.value} ms`;
      form.said_steps.value = `${Math.round((100 * form.steps.value) / guide.steps)} %`;
      root.querySelector("#about").textContent = KINDS[form.kind.value][1]
        + (form.kind.value === best ? " Best next for you." : "");
    };
    form.addEventListener("input", turn);
    turn();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      players[0] = form.one.value.trim();
      players[1] = form.two.value.trim();
      sessionStorage.setItem("players", JSON.stringify(players));
      begin({
        kind: form.kind.value, family: form.family.value, players: players.filter(Boolean),
        ...(form.kind.value === "chosen" ? { ms: Number(form.ms.value), steps: Number(form.steps.value) } : {}),
      });
    });
  });

  // ---- a session ----
  let family = "expressions";
  const begin = guarded(async (plan) => {
    family = plan.family;
    const answer = await ask("start", plan);
    isTest = answer.is_test;
    await ready(answer.trial);
  });

  const stage = (marks = "") =>
    `<div class="stage"><canvas width="640" height="640" role="img" aria-label="A rendered face"></canvas>${marks}</div>`;

  const ready = async (next, words = "") => {
    trial = window.cuelightTrial = next;
    seen = said = null;
    const mine = ++round;
    show(`<h1 tabindex="-1">Flash ${trial.number} of ${trial.of}${players[1] ? `: ${esc(trial.player)}` : ""}</h1>
      <div class="bar" aria-hidden="true"><span style="width:${(100 * (trial.number - 1)) / trial.of}%"></span></div>
      ${words ? `<p class="note warning" role="status">${esc(words)}</p>` : ""}
      ${stage()}<div id="part"><p class="middle"><button class="strong" data-do="flash" disabled>Show it <kbd>Space</kbd></button></p></div>`);
    phase = "loading";
    const image = await strip(trial.file);
    if (mine !== round) return;
    window.cuelightDraw(root.querySelector("canvas"), image, guide.cell, 0);
    phase = "ready";
    root.querySelector("[data-do=flash]").disabled = false;
  };

  const flash = guarded(async () => {
    if (phase !== "ready") return;
    phase = "flashing";
    const mine = round;
    root.querySelector("#part").innerHTML = '<p class="middle soft" role="status">Watch.</p>';
    const found = await window.cuelightFlash(root.querySelector("canvas"), await strip(trial.file),
      { cell: guide.cell, ms: trial.ms, apex: trial.apex, wait_ms: trial.wait_ms, isStill: isStill() });
    if (mine !== round) return;
    seen = found;
    window.cuelightSeen = found;
    choose("sign", "What was it?", [
      ...signs.filter((sign) => sign.family === family).map((sign, n) => [n + 1, sign.name, sign.title]),
      [0, "nothing", "I saw no movement"],
    ]);
  });

  const choose = (next, question, choices) => {
    phase = next;
    root.querySelector("#part").innerHTML = `<h2 tabindex="-1">${question}</h2><ul class="choices">${choices.map(([key, name, words]) =>
      `<li><button data-do="${next}" data-name="${name}" data-key="${key}"><kbd>${key}</kbd> ${esc(words)}</button></li>`).join("")}</ul>`;
    root.querySelector("#part h2").focus();
  };

  const chooseMove = (name) => {
    said = name;
    if (name === "nothing") {
      settle("wait");
      return;
    }
    choose("move", "If a second sign agrees, what would you do next?",
      guide.moves.filter((move) => move.name !== "wait").map((move, n) => [n + 1, move.name, move.words]));
  };

  const settle = guarded(async (move) => {
    phase = "asking";
    const mine = round;
    const answer = await ask("answer", { said, move, measured_ms: seen.measured });
    if (mine !== round) return;
    if (answer.sum) answer.next = () => sums(answer.sum);
    else {
      strip(answer.trial.file);
      answer.next = () => ready(answer.trial, answer.late
        ? "The screen was too slow, and that flash took too long to count. Here is another." : "");
    }
    if (answer.result) result(answer.result, answer.next);
    else answer.next();
  });

  let onward = () => {};
  const result = (told, next) => {
    onward = next;
    phase = "result";
    const sign = told.sign;
    const verdict = told.right ? `Right: ${sign.title}.` : `It was: ${sign.title}. You said: ${told.said}.`;
    show(`<h1 tabindex="-1" class="verdict ${told.right ? "right" : "wrong"}">${told.right ? "&#10003;" : "&#10007;"} ${esc(verdict)}</h1>
      <div class="lesson"><div>${slow()}</div><div>
      <dl class="answer"><dt>What shows</dt><dd>${esc(sign.shows)}</dd><dt>What may bring it on</dt><dd>${esc(sign.brings_on)}</dd>
      <dt>What it may mean</dt><dd>${esc(sign.may_mean)}</dd>
      <dt>What to do next, if a second sign agrees</dt><dd><strong>${esc(told.move)}</strong>${told.move_right ? " - as you said." : "."} ${esc(sign.advice)}</dd>
      <dt>On the screen</dt><dd>${Math.round(told.measured_ms)} ms, measured (${trial.ms} asked for)</dd></dl>
      <p class="middle"><button class="strong" data-do="onward">Go on <kbd>Space</kbd></button></p></div></div>`);
    const mine = round;
    strip(told.file).then((image) => {
      if (mine === round) window.cuelightSlow(root, image, told, { cell: guide.cell, isStill: isStill() });
    }).catch(trouble);
  };

  const slow = () => `${stage('<svg viewBox="0 0 640 640" aria-hidden="true"></svg>')}
    <div class="play"><button data-do="play">Pause</button>
    <label class="small soft">From rest to the peak <input type="range" id="scrub" min="0" max="100" value="0"></label></div>`;

  // ---- sums ----
  const sums = (all) => {
    phase = "sum";
    show(`<h1 tabindex="-1">Done</h1><p class="soft">Guessing names one in seven, and has a sensitivity of 0.</p>
      ${all.map((sum) => `<section class="card" aria-label="${esc(sum.player)}"><h2>${esc(sum.player)}</h2>${tiles(sum)}
      <details><summary>What was taken for what</summary>${matrix(sum.matrix)}</details>${mixUps(sum.mixed_up)}</section>`).join("")}
      <p class="middle"><button class="strong" data-do="home">Go on <kbd>Space</kbd></button></p>`);
    onward = home;
  };

  const NAMES = { expressions: "Seven expressions", cues: "Seven cues" };
  const progress = guarded(async () => {
    phase = "";
    const page = await ask("progress");
    const none = '<p class="note">There is nothing yet. Take a first test: it takes two minutes.</p>';
    show(`<h1 tabindex="-1">Progress</h1><p class="soft">For you alone; it lies in <code>${esc(page.file)}</code>.</p>
      ${page.players.length ? "" : none}
      ${page.players.map((player) => player.families.map((way) => `<section class="card">
      <h2>${esc(player.name)}: ${NAMES[way.family].toLowerCase()}</h2>
      <p class="soft small">${way.sittings.length} session${way.sittings.length === 1 ? "" : "s"}. Best next: ${KINDS[way.due][0].toLowerCase()}.
      ${way.kept ? `First test ${percent(way.kept[0])}, later test ${percent(way.kept[1])}.` : ""}</p>
      ${way.plots ? plots(way.plots) : '<p class="soft">Only broken-off sessions so far; finish one to see how you come along.</p>'}
      <details><summary>What was taken for what</summary>${matrix(way.matrix)}</details>${mixUps(way.mixed_up)}</section>`).join("")).join("")}
      ${page.players.length ? '<p class="middle"><button class="danger" data-do="erase">Erase all scores</button></p>' : ""}`);
  });
  const erase = guarded(async (button) => {
    if (button.dataset.sure) {
      await ask("erase");
      await progress();
      tell("All scores are erased.");
    } else {
      button.dataset.sure = "yes";
      button.textContent = "Erase them for good? Press again.";
    }
  });

  // ---- scenarios ----
  let scene = null, beat = 0;
  const scenarios = () => {
    phase = "";
    show(`<h1 tabindex="-1">Scenarios</h1><p class="prose">Short moments of a sale. The right move depends on what flashes <em>and</em> on what is going on; some
      flashes are one-offs to be ignored. Nothing is scored.</p>
      <ul class="choices">${guide.scenarios.map((each, n) => `<li><button data-do="scene" data-name="${n}">${esc(each.title)}</button></li>`).join("")}</ul>`);
  };
  const openScene = guarded(async (number) => {
    scene = guide.scenarios[number];
    beat = 0;
    await atBeat();
  });
  const atBeat = async () => {
    const now = scene.beats[beat], mine = ++round;
    show(`<h1 tabindex="-1">${esc(scene.title)}</h1><p>${esc(scene.setting)}</p>${stage()}
      <p class="quote middle">You: ${esc(now.say)}</p>
      <div id="part"><p class="middle"><button class="strong" data-do="say" disabled>Say it <kbd>Space</kbd></button></p></div>`);
    phase = "loading";
    const image = await strip(now.file);
    if (mine !== round) return;
    window.cuelightDraw(root.querySelector("canvas"), image, guide.cell, 0);
    phase = "say";
    root.querySelector("[data-do=say]").disabled = false;
  };
  const say = guarded(async () => {
    if (phase !== "say") return;
    phase = "flashing";
    const now = scene.beats[beat], mine = round;
    root.querySelector("#part").innerHTML = '<p class="middle soft" role="status">Watch.</p>';
    const options = { cell: guide.cell, ms: now.ms, apex: now.sign ? now.apex : 0, wait_ms: 900, isStill: isStill() };
    if (now.sign) await window.cuelightFlash(root.querySelector("canvas"), await strip(now.file), options);
    else await new Promise((resolve) => setTimeout(resolve, 1200));
    if (mine !== round) return;
    beat += 1;
    if (beat < scene.beats.length) await atBeat();
    else choose("judge", "What do you do?", guide.moves.map((move, n) => [n + 1, move.name, move.words]));
  });
  const judge = (name) => {
    phase = "judged";
    round += 1;
    const move = guide.moves.find((each) => each.name === scene.right), right = name === scene.right;
    const shown = scene.beats.map((b) => `<li>${esc(b.say)} ${b.sign ? `<strong>${esc(title(b.sign))}</strong>` : "Nothing moved."}</li>`);
    show(`<h1 tabindex="-1" class="verdict ${right ? "right" : "wrong"}">${right ? "&#10003; Yes" : "&#10007; Rather not"}: ${esc(move.words)}</h1>
      <section class="card prose"><p>${esc(scene.why)}</p><h2>What was there</h2><ul>${shown.join("")}</ul></section>
      <p class="middle"><button class="strong" data-do="scenarios">Other scenarios <kbd>Space</kbd></button></p>`);
    onward = scenarios;
  };

  const help = () => {
    phase = "";
    show(document.getElementById("help").innerHTML);
  };

  // ---- pages, clicks and keys ----
  const PAGES = { practise: home, scenarios, progress, help };
  const go = () => {
    const name = location.hash.slice(1) in PAGES ? location.hash.slice(1) : "practise";
    round += 1;
    document.querySelectorAll("header nav a").forEach((link) =>
      link.toggleAttribute("aria-current", link.getAttribute("href") === `#${name}`));
    PAGES[name]();
  };
  const DEEDS = {
    home: () => { location.hash === "#practise" || !location.hash ? go() : (location.hash = "practise"); },
    flash, say, scenarios, erase,
    sign: (button) => chooseMove(button.dataset.name),
    move: (button) => settle(button.dataset.name),
    judge: (button) => judge(button.dataset.name),
    onward: () => onward(),
    scene: (button) => openScene(Number(button.dataset.name)),
  };
  const click = (event) => {
    const button = event.target.closest("[data-do]");
    if (button && DEEDS[button.dataset.do]) {
      if (button.tagName === "A") event.preventDefault();
      DEEDS[button.dataset.do](button);
    }
  };
  const press = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.closest("input, select, textarea")) return;
    if (event.key === " " && !event.target.closest("button, a, summary")) {
      const deeds = { ready: flash, say, result: () => onward(), sum: () => onward(), judged: () => onward() };
      if (deeds[phase]) {
        event.preventDefault();
        deeds[phase]();
      }
    } else if (/^[0-9]$/.test(event.key) && ["sign", "move", "judge"].includes(phase)) {
      root.querySelector(`[data-key="${event.key}"]`)?.click();
    }
  };

  const open = guarded(async () => {
    guide = await ask("guide");
    signs = guide.signs;
    root.addEventListener("click", click);
    document.addEventListener("keydown", press);
    addEventListener("hashchange", go);
    document.querySelector("header")?.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (link?.classList.contains("skip")) {
        event.preventDefault();
        root.querySelector("h1, h2")?.focus();
      } else if (link?.hash && link.hash === location.hash) go();
    });
    go();
  });
  // the framework puts the page's body in place after this has run
  const find = () => {
    root = document.getElementById("practice");
    if (root) open();
    return Boolean(root);
  };
  if (!find()) {
    const watch = new MutationObserver(() => { if (find()) watch.disconnect(); });
    watch.observe(document.documentElement, { childList: true, subtree: true });
  }
})();
