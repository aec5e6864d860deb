"""How the page looks: two palettes, one style sheet, no picture and no font of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they mean; all text reaches a contrast of 4.5 to 1 on its ground."""

    ground: str
    card: str
    line: str
    text: str
    soft: str
    accent: str
    accent_soft: str
    floor: str
    floor_soft: str
    alarm: str
    alarm_ground: str
    warning: str
    warning_ground: str
    fine: str
    rest: str


LIGHT: Final = Palette(
    ground="#f6f5f1",
    card="#ffffff",
    line="#e0ddd5",
    text="#23262b",
    soft="#5d636c",
    accent="#2a6478",
    accent_soft="#b9d3db",
    floor="#a4541a",
    floor_soft="#ecc9ab",
    alarm="#a3261f",
    alarm_ground="#fbeae8",
    warning="#7d5400",
    warning_ground="#fbf2dc",
    fine="#2f6b3a",
    rest="#5d636c",
)

DARK: Final = Palette(
    ground="#16181b",
    card="#1f2226",
    line="#363b42",
    text="#e8e6e1",
    soft="#a5abb4",
    accent="#7fc0d4",
    accent_soft="#31596a",
    floor="#e09a5c",
    floor_soft="#6b4527",
    alarm="#f39a92",
    alarm_ground="#3a211f",
    warning="#e6bf6a",
    warning_ground="#352c17",
    fine="#8fcb99",
    rest="#a5abb4",
)


def palette(*, dark: bool) -> Palette:
    """Give the palette of a theme."""
    return DARK if dark else LIGHT


def _variables(colours: Palette) -> str:
    names = Palette.__slots__
    return "".join(f"--{name.replace('_', '-')}:{getattr(colours, name)};" for name in names)


_RULES: Final = """
*{box-sizing:border-box}
html,body{margin:0;background:var(--ground);color:var(--text);
 font:16px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%}
.nicegui-content{padding:0;display:block;max-width:none}
body a{color:var(--accent)}
body :focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-9999px}
.skip:focus{left:8px;top:8px;z-index:9;background:var(--card);padding:8px 12px}
body header{color:var(--text);display:flex;flex-wrap:wrap;align-items:center;gap:4px 18px;
 padding:12px 20px;
 border-bottom:1px solid var(--line);background:var(--card)}
body .brand{font-weight:650;letter-spacing:.01em;margin-right:6px}
body .brand span{display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:8px;
 background:var(--floor);vertical-align:1px}
body nav{display:flex;gap:4px;flex:1}
body nav a{padding:9px 12px;border-radius:8px;text-decoration:none;color:var(--soft)}
body nav a[aria-current]{background:var(--ground);color:var(--text);font-weight:600}
body .end{display:flex;gap:14px;align-items:center}
body main{max-width:1080px;margin:0 auto;padding:20px 20px 56px}
body h1{font-size:1.5rem;line-height:1.25;margin:4px 0 4px;font-weight:650;letter-spacing:-.01em}
body h2{font-size:1.08rem;line-height:1.3;margin:0 0 2px;font-weight:650}
body p{margin:0 0 10px}
body .soft{color:var(--soft)}
body .small{font-size:.875rem}
body .card{background:var(--card);border:1px solid var(--line);border-radius:14px;
 padding:18px 20px;margin:16px 0 0;min-width:0}
body .summary{font-size:1.16rem;line-height:1.5;margin:0}
body .note{border-left:4px solid var(--accent);padding:10px 14px;margin:14px 0 0;
 background:var(--card);border-radius:0 10px 10px 0}
body .note.warning{border-color:var(--warning);background:var(--warning-ground)}
body .note.alarm{border-color:var(--alarm);background:var(--alarm-ground)}
body .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;
 margin:16px 0 0;padding:0}
body .tiles>div{background:var(--card);border:1px solid var(--line);border-radius:14px;
 padding:12px 16px}
body .tiles dt{color:var(--soft);font-size:.875rem}
body .tiles dd{margin:0;font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums}
body .filters{display:flex;flex-wrap:wrap;gap:10px 18px;align-items:flex-end;margin:14px 0 0}
body .filters div{display:flex;flex-direction:column;gap:3px;font-size:.875rem;
 color:var(--soft)}
body select,body button,body input,body .button{font:inherit;color:var(--text);
 background:var(--card);border:1px solid var(--soft);border-radius:9px;padding:8px 12px;
 min-height:42px}
body button,body .button{cursor:pointer;text-decoration:none;display:inline-block}
body .plain{border-color:transparent;background:none;color:var(--soft);padding:8px 6px}
body .plain:hover{color:var(--text)}
body .wide{overflow-x:auto;max-width:100%}
body table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
body caption{text-align:left;color:var(--soft);font-size:.875rem;padding:0 0 6px}
body th,body td{text-align:left;padding:9px 14px 9px 0;border-top:1px solid var(--line);
 vertical-align:top}
body thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.875rem;
 white-space:nowrap}
body tbody th{font-weight:550}
body table.dense tbody th{white-space:nowrap}
body tr.group th{padding-top:18px;color:var(--soft);font-weight:600;font-size:.875rem}
body .state{display:inline-flex;align-items:center;gap:7px;white-space:nowrap;font-weight:600}
body .state::before{content:"";width:10px;height:10px;border-radius:50%;background:currentColor}
body .state.rest::before{background:none;border:2px solid currentColor}
body .state.alarm::before{border-radius:2px;transform:rotate(45deg)}
body dd.alarm,body .alarm .state,body .state.alarm{color:var(--alarm)}
body .state.warning{color:var(--warning)}
body .state.fine{color:var(--fine)}
body .state.rest{color:var(--rest)}
body .badge{display:inline-block;border:1px solid var(--soft);color:var(--soft);
 border-radius:999px;font-size:.75rem;padding:0 8px;margin-left:6px;font-weight:500;
 white-space:nowrap}
body .withheld{color:var(--soft);font-style:italic}
body .above{font-weight:600}
body .chart{width:100%;min-width:0}
body details{margin:8px 0 0}
body summary{cursor:pointer;color:var(--accent);padding:6px 0;font-size:.9375rem}
body .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));
 gap:0 16px}
body .loading{color:var(--soft);padding:48px 0;text-align:center}
body .entrance{max-width:380px;margin:12vh auto 0;padding:0 20px}
body .entrance form{display:flex;flex-direction:column;gap:10px;margin-top:14px}
body .entrance button{background:var(--accent);border-color:var(--accent);color:var(--card)}
body .error{color:var(--alarm);margin:0}
body .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
 white-space:nowrap}
@media (max-width:640px){
 body header{padding:10px 16px}body main{padding:14px 16px 48px}
 body .card{padding:14px 14px;border-radius:12px}
 body .end{width:100%;justify-content:space-between}
 body .filters div{flex:1 1 140px}
 body table.stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;
  overflow:hidden}
 body table.stack,body table.stack tbody,body table.stack tr,body table.stack th,
 body table.stack td,body table.stack caption{display:block}
 body table.stack tr{border-top:1px solid var(--line);padding:10px 0}
 body table.stack th,body table.stack td{border:0;padding:1px 0;white-space:normal}
 body table.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
 body table.stack td:empty{display:none}
 body table.stack.dense td{display:inline-block;margin-right:14px}
 body table.stack.dense td:last-child{display:block}
 body table.stack.dense td:last-child:empty{display:none}
 body table.stack.dense td[data-label=State]::before,
 body table.stack.dense td[data-label=Note]::before{content:none}
}
@media (prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
"""


def style_sheet() -> str:
    """Give the style sheet; `data-theme` on the root element overrides what the system says."""
    light, dark = _variables(LIGHT), _variables(DARK)
    return (
        f":root{{{light}color-scheme:light}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light])"
        f"{{{dark}color-scheme:dark}}}}"
        f":root[data-theme=dark]{{{dark}color-scheme:dark}}" + _RULES
    )
