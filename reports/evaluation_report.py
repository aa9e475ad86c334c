"""All that an evaluation tells, as files: pictures, tables and one page."""

from collections.abc import Sequence
import csv
import io
import os
from typing import Any

import numpy as np
import tensorflow as tf

from base import files
from reports import charts
from reports import contact_sheet
from reports import page
from tasks.details import Details
from tasks.details import Matrix
from tasks.details import Section
from training import summaries

PAGE = 'report.html'


def write(
  folder: str,
  step: int,
  about: dict[str, Any],
  details: Details,
  worst: Sequence[tuple[np.ndarray, str]],
) -> None:
  """Writes report.html, its charts and tables, and the charts for TensorBoard.

  Args:
    folder: exists.
    step: of the checkpoint, for TensorBoard.
    about: what was evaluated, by name; what is None is not shown.
    details: the evaluator's.
    worst: (picture, caption), the worst first: uint8 [height, width, 3].

  Raises:
    InputError: the folder cannot be written.
  """
  pictures = {
    section.name: charts.draw(section.chart)
    for section in details.sections
    if section.chart is not None
  }
  for section in details.sections:
    rows = _csv_rows(section)
    if rows:
      _write(folder, f'{section.name}.csv', _csv(rows))
  for name, picture in pictures.items():
    _write(folder, f'{name}.png', picture)
  if worst:
    _write(folder, 'worst.png', contact_sheet.draw(worst))
  _log(folder, step, pictures)
  text = page.render(about, details, pictures, worst)
  _write(folder, PAGE, text.encode(errors='replace'))
  print(f'Report: {os.path.join(folder, PAGE)}', flush=True)


def _write(folder, name, content):
  files.write_bytes(os.path.join(folder, name), content)


def _csv_rows(section: Section) -> list[Sequence[Any]]:
  if section.table is not None:
    return [section.table.columns, *section.table.rows]
  if isinstance(section.chart, Matrix):
    names, counts = section.chart
    return [
      ('true / predicted', *names),
      *((name, *row) for name, row in zip(names, counts.tolist())),
    ]
  return []


def _csv(rows):
  file = io.StringIO()
  csv.writer(file, lineterminator='\n').writerows(rows)
  return file.getvalue().encode(errors='replace')


def _log(folder, step, pictures):
  with summaries.make_writer(folder).as_default(step):
    for name, picture in pictures.items():
      image = tf.io.decode_png(picture, channels=3)
      tf.summary.image(f'report/{name}', image[tf.newaxis])
    tf.summary.flush()
