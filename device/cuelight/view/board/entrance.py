"""The log-in page: plain HTML that works without scripts."""

from __future__ import annotations

from html import escape

from cuelight.view.board.style import style_sheet


def entrance_page(target: str, *, error: str = "") -> str:
    """Write the page that asks for the password and goes on to `target`."""
    trouble = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Log in - cuelight</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style_sheet()}</style></head>
<body><main class="entrance">
<h1>cuelight</h1>
<p class="soft">Anonymous counts and the health of the devices. Nothing about single visits, nothing
about reps.</p>
<form method="post" action="/login">{trouble}
<input type="hidden" name="next" value="{escape(target)}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required
 autofocus>
<button type="submit">Log in</button>
</form></main></body></html>"""
