"""The public statement as a page: one file, readable without styles, that loads nothing else."""

from html import escape

from quietclicks.pipeline.statement.build import Statement
from quietclicks.pipeline.statement.parts import Block, Bullets, Paragraph, Section, Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #566072; --line: #d8dde6; --leaf: #fff;
  --ground: #f4f6f9; --accent: #0b5c6b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf2; --soft: #a3adbd; --line: #333d4d;
  --leaf: #161c26; --ground: #0e131b; --accent: #6fc3d3; } }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; background: var(--leaf); }
h1 { font-size: 1.9rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; color: var(--accent); }
p.revised { color: var(--soft); margin: 0; }
li { margin: .35rem 0; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media print { body, main { background: none; color: #000; padding: 0; } }
"""


def render(statement: Statement) -> str:
    """A whole page."""
    title = escape(statement.title)
    sections = list(enumerate(statement.sections, 1))
    contents = "\n".join(
        f'<li><a href="#s{number}">{escape(section.title)}</a></li>' for number, section in sections
    )
    body = "\n".join(_section(number, section) for number, section in sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="revised">Last revised: <time>{escape(statement.revision)}</time></p>
<nav aria-label="Contents">
<ul>
{contents}
</ul>
</nav>
{body}
</main>
</body>
</html>
"""


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(_block(block, f"s{number}") for block in section.blocks)
    return (
        f'<section aria-labelledby="s{number}">\n'
        f'<h2 id="s{number}">{escape(section.title)}</h2>\n{blocks}\n</section>'
    )


def _block(block: Block, heading: str) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Bullets(items):
            return "<ul>\n" + "\n".join(f"<li>{escape(item)}</li>" for item in items) + "\n</ul>"
        case Table(head, rows):
            # A table that is wider than the screen scrolls by itself, by keyboard too.
            columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
            lines = "\n".join(map(_row, rows))
            return (
                f'<div class="wide" role="region" aria-labelledby="{heading}" tabindex="0">\n'
                f"<table>\n<thead><tr>{columns}</tr></thead>\n<tbody>\n{lines}\n</tbody>\n"
                "</table>\n</div>"
            )


def _row(cells: tuple[str, ...]) -> str:
    name, *rest = (escape(cell) for cell in cells)
    return f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{c}</td>" for c in rest) + "</tr>"
