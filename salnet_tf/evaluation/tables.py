"""Tables as text: Markdown, HTML, and columns for a terminal. Cells are text."""

import html


def markdown(head, rows, left=1):
    """A Markdown table, one line per row, each ending in a newline.

    Args:
        head: the columns' headings.
        rows: lists of as many cells.
        left: so many columns are text, to the left; the rest are numbers, to the right.
    """
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    lines = [head, rule, *rows]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def as_html(head, rows):
    """An HTML table; an interval, ` [low, high]`, goes on a line of its own."""

    def cell(text):
        text = html.escape(text)
        return f"<td>{text.replace(' [', ' <small>[', 1)}{'</small>' if ' [' in text else ''}</td>"

    first = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    lines = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{first}</tr>{lines}</table></div>'


def terminal(head, rows):
    """Aligned columns, the first to the left."""
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def score(value, interval=True):
    """A mean of `intervals.mean` as a cell, with its 95 % interval if wanted."""
    if not value or value["mean"] is None:
        return "–"
    mean = f"{value['mean']:.3f}"
    return f"{mean} [{value['low']:.3f}, {value['high']:.3f}]" if interval else mean
