"""Many small pictures on one."""

from collections.abc import Sequence

import numpy as np

from reports import charts

_TILE = 1.8  # inches: the width of a square picture
_WIDTH = 7.5
_CAPTION = 0.45


def draw(pictures: Sequence[tuple[np.ndarray, str]]) -> bytes:
  """Returns a PNG of (picture, caption)s, row by row.

  pictures: at least one; uint8 [height, width, 3], of one shape.
  """
  return charts.to_png(lambda: _sheet(pictures))


def _sheet(pictures):
  height, width = pictures[0][0].shape[:2]
  columns = max(1, int(_WIDTH / (_TILE * max(1, width / height))))
  rows = -(-len(pictures) // columns)
  tile = _WIDTH / columns
  sheet = charts.new_figure(rows * (tile * height / width + _CAPTION), _WIDTH)
  tiles = sheet.subplots(rows, columns, squeeze=False).ravel()
  for axes in tiles:
    axes.axis('off')
  for axes, (picture, caption) in zip(tiles, pictures):
    axes.imshow(picture)
    axes.set_title(caption, fontsize=8, wrap=True)
  return sheet
