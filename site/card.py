"""Draw the favicon, and the picture that a link to the site shows."""

from configparser import ConfigParser
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

BLUE, ORANGE = '#0b57a4', '#E69F00'
# A frozen model as a row of bars, and a trained prompt as the last, short ones.
BARS = [(3, 12, 'white'), (9, 22, 'white'), (15, 17, 'white'), (21, 9, ORANGE)]
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    f'<rect width="32" height="32" rx="6" fill="{BLUE}"/>%s</svg>\n'
)


def draw_icon():
    """Return the favicon as SVG."""
    bars = [
        f'<rect x="{x + 2}" y="{27 - height}" width="4" height="{height}" '
        f'fill="{colour}"/>'
        for x, height, colour in BARS
    ]
    return ICON % ''.join(bars)


def draw_card(title, description):
    """Return the card, 1200 by 630 pixels, as a figure."""
    figure = Figure(figsize=(12, 6.3), facecolor=BLUE)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 120), ylim=(0, 63))
    axes.axis('off')
    for x, height, colour in BARS:
        axes.bar(78 + 1.4 * x, 1.8 * height, width=6, bottom=12, color=colour)
    axes.text(8, 40, title, size=72, weight='bold', color='white')
    axes.text(8, 34, description, size=27, color='white', va='top', linespacing=1.5)
    return figure


def main():
    config = ConfigParser()
    config.read('settings.ini', encoding='utf-8')
    settings = config['DEFAULT']
    lines = settings['description'].replace(' on ', '\non ')
    card = Path('nbs/card.png')
    draw_card(settings['title'], lines).savefig(card, dpi=100)
    Image.open(card).convert('P', palette=Image.ADAPTIVE, colors=32).save(
        card, optimize=True
    )
    Path('nbs/favicon.svg').write_text(draw_icon(), encoding='utf-8')


if __name__ == '__main__':
    main()
