"""What a detector finds on an image, as lines of text."""

from collections.abc import Sequence
from typing import Any

_MOST = 20  # lines of an image; hardly trained detectors find 100 objects
_SURER = 0.5  # a least score that leaves fewer
_WIDTH = 80  # of a line, in columns


def to_lines(
  objects: Sequence[dict[str, Any]], names: Sequence[str], min_score: float
) -> list[str]:
  """Returns a line for each object: score, box in pixels, name of the class.

  A box is left, top, width and height. Of many objects the surest have lines,
  and a last line says how many there are besides.

  Args:
    objects: of coco_results.to_json, the surest first.
    names: of the objects' classes.
    min_score: the least score of an object that counts.
  """
  lines = [
    _line(one, name)
    for one, name in zip(objects, names, strict=True)
    if one['score'] >= min_score
  ]
  more = len(lines) - _MOST
  if more > 0:
    remedy = f' or --min_score={_SURER}' if min_score < _SURER else ''
    lines[_MOST:] = [f'  and {more} more; --json{remedy}']
  return lines


def _line(one, name):
  box = ' '.join(f'{side:6.0f}' for side in one['bbox'])
  return f'  {one["score"]:6.4f} {box}  {name}'[:_WIDTH].rstrip()
