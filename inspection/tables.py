"""What was found, as text of at most 80 columns and a screen's height."""

import os
import textwrap

from inspection.checkpoints import CheckpointReport
from inspection.data_sets import DataReport

_WIDTH = 80
_MOST_ROWS = 12


def as_json(reports: dict[str, DataReport | CheckpointReport]) -> dict:
  """Returns the reports as plain dicts and lists."""

  def plain(value):
    if hasattr(value, '_asdict'):
      return {key: plain(part) for key, part in value._asdict().items()}
    if isinstance(value, tuple):
      return [plain(part) for part in value]
    return value

  return {name: plain(report) for name, report in reports.items()}


def data_table(report: DataReport, folder: str | None) -> str:
  """Returns the splits, the classes, and what to look at.

  folder: of the data set, which names of images then lack; None: none.
  """
  lines = [f'{report.name}: {len(report.label_names)} classes', '']
  rows = [('split', 'images', 'unreadable', 'height in pixels', 'width')]
  rows += [
    (
      split.name,
      f'{split.num_images}',
      f'{len(split.unreadable)}',
      _range(split.heights),
      _range(split.widths),
    )
    for split in report.splits
  ]
  lines += _aligned(rows)
  rows = [('images of class', *(split.name for split in report.splits))]
  rows += [
    (name, *map(str, counts))
    for name, *counts in zip(
      report.label_names, *(split.counts for split in report.splits)
    )
  ]
  lines += ['', *_aligned(_shortened(rows))]
  named = [
    *(error for split in report.splits for error in split.unreadable),
    *(' = '.join(names) for names in report.duplicates),
  ]
  if folder:
    named = [one.replace(os.path.join(folder, ''), '') for one in named]
  lines += ['', *_listed('To look at', report.warnings)]
  if named:
    lines += ['', *_listed('These images', named[:_MOST_ROWS])]
  if len(named) > _MOST_ROWS:
    lines.append(f'  and {len(named) - _MOST_ROWS} more; --json has all')
  return '\n'.join(lines)


def checkpoint_table(report: CheckpointReport) -> str:
  """Returns what a checkpoint holds, and what it would restore into."""
  step = 'none' if report.step is None else str(report.step)
  computation = report.computation.items()
  lines = [
    report.path,
    f'step {step}, {report.num_variables} variables, '
    f'{report.num_parameters / 1e6:.2f} M values',
    f'also there: {", ".join(report.also) or "nothing"}',
    *(f'not as in slim: {key} {value}' for key, value in computation),
    '',
  ]
  rows = [('network', 'classes', 'variables fit', 'other shape', 'missing')]
  rows += [
    (
      fit.model_name,
      '-' if report.num_classes is None else str(report.num_classes),
      str(fit.fits),
      str(fit.other_shape),
      str(fit.missing),
    )
    for fit in report.fits
  ]
  lines += _aligned(_shortened(rows))
  lines += ['', *_listed('To look at', report.warnings)]
  return '\n'.join(lines)


def _listed(title, items):
  """Returns lines; none is cut, for what is long are names to be copied."""
  if not items:
    return [f'{title}: nothing']
  lines = [f'{title}:']
  for item in items:
    lines += textwrap.wrap(
      item,
      _WIDTH,
      initial_indent='  ',
      subsequent_indent='    ',
      break_long_words=False,
      break_on_hyphens=False,
    )
  return lines


def _range(side):
  least, median, most = side
  return str(least) if least == most else f'{least} to {most}, median {median}'


def _shortened(rows):
  """Leaves out rows beyond a screen, and says so."""
  if len(rows) <= _MOST_ROWS + 1:
    return rows
  rest = len(rows) - _MOST_ROWS
  return [*rows[:_MOST_ROWS], (f'{rest} more', *[''] * (len(rows[0]) - 1))]


def _aligned(rows):
  """Returns lines: the first column to the left, others to the right."""
  widths = [max(map(len, column)) for column in zip(*rows)]
  widths[0] = min(widths[0], 40)
  lines = []
  for first, *others in rows:
    cells = [f'{first[: widths[0]]:{widths[0]}}']
    cells += [
      f'{cell:>{width}}' for cell, width in zip(others, widths[1:], strict=True)
    ]
    lines.append('  '.join(cells)[:_WIDTH].rstrip())
  return lines
