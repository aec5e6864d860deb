// Draw a face as a few lines from figures alone: nobody's face, as seen in a mirror.
"use strict";

const between = (low, high, share) => low + (high - low) * share;
const path = (points, more = "") => `<path d="${points}"${more}/>`;
const at = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;

// One side's brow and eye; `out` is -1 for the person's left, which a mirror shows on the left.
const brow = (a, side, out) => {
  const down = 5 * a[`AU04${side}`];
  const inner = 35 - 6 * a.AU01 - 2 * a[`AU02${side}`] + down, outer = 36 - 3 * a[`AU02${side}`] + down / 3;
  const mid = 31 - 7 * a[`AU02${side}`] - 2 * a.AU01 + 0.7 * down;
  const near = 50 + out * (8 - 2.5 * a[`AU04${side}`]);
  return path(`M ${at(near, inner)} Q ${at(50 + out * 18, mid)} ${at(50 + out * 28, outer)}`);
};
const eye = (a, side, out) => {
  const x = 50 + out * 18, open = 1 - a[`AU45${side}`];
  const upper = 44 - 5 * open * (1 + 0.5 * a.AU05), lower = 44 + 3.5 * open * (1 - 0.5 * Math.max(a.AU06, a.AU07));
  const look = x - 0.12 * Math.max(-30, Math.min(30, a.gaze));
  return path(`M ${at(x - 7, 44)} Q ${at(x, upper)} ${at(x + 7, 44)} Q ${at(x, lower)} ${at(x - 7, 44)} Z`)
    + (open > 0.35 ? `<circle cx="${look.toFixed(1)}" cy="43.5" r="1.9" class="full"/>` : "")
    + (a.AU06 > 0.05 ? path(`M ${at(x - 6, 54 - 3 * a.AU06)} Q ${at(x, 51 - 4 * a.AU06)} ${at(x + 6, 54 - 3 * a.AU06)}`, ` opacity="${a.AU06.toFixed(2)}"`) : "");
};
const nose = (a) => path(`M 50 44 L ${at(47.5, 60 - 2 * a.AU09)} Q ${at(50, 63 - 2 * a.AU09)} ${at(53, 60 - 2 * a.AU09)}`)
  + [-1, 1].map((out) => [47, 50].map((y) =>
    path(`M ${at(50 + out * 4, y)} L ${at(50 + out * 7, y - 2.5)}`, ` opacity="${Math.min(1, 1.4 * a.AU09).toFixed(2)}"`)).join("")).join("");
const mouth = (a) => {
  const wide = 13 + 3 * a.AU20 - 4 * a.AU18;
  const corner = (side, out) => [
    50 + out * (wide + 2 * a[`AU12${side}`] + 1.5 * a[`AU14${side}`]),
    74 - 7 * a[`AU12${side}`] + 5 * a.AU15 - 1.5 * a[`AU14${side}`],
  ];
  const [lx, ly] = corner("L", -1), [rx, ry] = corner("R", 1);
  const thin = 1 - 0.8 * Math.max(a.AU24, a.AU28), gap = 3 * a.AU25 + 9 * a.AU26;
  const upper = 74 - 4 * a.AU10 - a.AU25, lower = upper + gap;
  return path(`M ${at(lx, ly)} Q ${at(50, upper - 5 * thin)} ${at(rx, ry)} Q ${at(50, lower + 6 * thin)} ${at(lx, ly)} Z`)
    + path(`M ${at(lx, ly)} Q ${at(50, upper)} ${at(rx, ry)} Q ${at(50, lower + 0.1)} ${at(lx, ly)}`);
};

// `amounts` maps each movement's name to its way from rest; what is missing has not moved.
export const outline = (amounts) => {
  const a = new Proxy(amounts, { get: (given, name) => given[name] ?? 0 });
  const turn = -0.2 * Math.max(-40, Math.min(40, a.yaw)), jaw = 92 + 6 * a.AU26 - 2 * a.AU17;
  const sides = [["L", -1], ["R", 1]];
  return `<g transform="rotate(${(-a.roll).toFixed(1)} 50 60)">${path(
    `M 14 44 C 14 12 86 12 86 44 C 86 ${between(62, jaw, 0.3).toFixed(1)} 70 ${jaw.toFixed(1)} 50 ${jaw.toFixed(1)} C 30 ${jaw.toFixed(1)} 14 ${between(62, jaw, 0.3).toFixed(1)} 14 44 Z`)}
    <g transform="translate(${turn.toFixed(1)} 0)">${sides.map(([side, out]) => brow(a, side, out) + eye(a, side, out)).join("")}${nose(a)}${mouth(a)}</g></g>`;
};
