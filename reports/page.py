"""The page of a report: one file that needs no other, and no network."""

import base64
from collections.abc import Sequence
import io
import os
from typing import Any

import numpy as np
from PIL import Image

from tasks.details import Details

_TEMPLATE = 'page.html'
# Of a chart's pixels, where there is room and where there is not: a phone then
# scrolls, so that one can read it.
_SCALE, _SMALLEST = 0.6, 0.35
_QUALITY = 85  # of the worst images: as PNG they would be megabytes


def render(
  about: dict[str, Any],
  details: Details,
  pictures: dict[str, bytes],
  worst: Sequence[tuple[np.ndarray, str]],
) -> str:
  """Returns the page as HTML.

  Args:
    about: what was evaluated, by name.
    details: the evaluator's.
    pictures: PNG files of the sections' charts, by the sections' names.
    worst: see evaluation_report.write.
  """
  import jinja2  # only those who ask for a report wait for it

  environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(os.path.dirname(__file__)),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
  )
  environment.filters['cell'] = _cell
  return environment.get_template(_TEMPLATE).render(
    about=about,
    details=details,
    pictures={name: _chart(picture) for name, picture in pictures.items()},
    is_wide=any(
      picture.shape[1] > 1.5 * picture.shape[0] for picture, _ in worst
    ),
    worst=[
      (_data('image/jpeg', _jpeg(picture)), caption)
      for picture, caption in worst
    ],
  )


def _cell(value):
  if value is None:
    return '–'
  return f'{value:.3f}' if isinstance(value, float) else str(value)


def _chart(picture):
  """Returns what shows a PNG at half its size, or not much smaller."""
  width = Image.open(io.BytesIO(picture)).width
  return {
    'data': _data('image/png', picture),
    'width': round(width * _SCALE),
    'min_width': round(width * _SMALLEST),
  }


def _data(kind, content):
  return f'data:{kind};base64,{base64.b64encode(content).decode()}'


def _jpeg(picture):
  file = io.BytesIO()
  Image.fromarray(picture).save(file, 'JPEG', quality=_QUALITY)
  return file.getvalue()
