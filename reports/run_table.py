"""Results of runs as text of 80 columns, and as plain values."""

from collections.abc import Sequence
import os
from typing import Any

from reports import runs
from reports.runs import Result

_WIDTH = 80
_NAME_WIDTH = 30
_CELL_WIDTH = 26
_GAP = '  '
_NOTHING = '-'
_LEFT_OUT = ('num_examples', 'images_per_second')  # metrics in passing


def format_results(results: Sequence[Result]) -> str:
  """Returns the metrics, as many as fit, and all settings that differ.

  results: at least one.
  """
  names = _names(results)
  metrics = dict.fromkeys(name for one in results for name in one.metrics)
  columns = ['step', *(name for name in metrics if name not in _LEFT_OUT)]
  fitting, *others = _blocks(columns, [_result_row(one) for one in results])
  lines = _format(names, fitting)
  if others:
    left_out = sum(len(block) for block in others)
    lines.append(f'{left_out} more metrics: --json')
  different = runs.differences(results)
  if different:
    lines += ['', f'What differs ({_NOTHING}: not given):']
  for block in _blocks(different, [one.settings for one in results]):
    lines += ['', *_format(names, block)]
  return '\n'.join(lines)


def to_json(results: Sequence[Result]) -> list[dict[str, Any]]:
  """Returns all that is known of the results, for JSON."""
  different = runs.differences(results)
  return [{**one._asdict(), 'different_settings': different} for one in results]


def _result_row(result):
  return {'step': result.step, **result.metrics}


def _names(results):
  """Returns what tells the results apart: parts of their paths, numbered.

  Of a run with one evaluation its folder, otherwise that of the evaluation.
  """
  folders = [one.run for one in results]
  paths = [
    os.path.dirname(one.evaluation) if folders.count(one.run) > 1 else one.run
    for one in results
  ]
  if len(paths) > 1:
    common = os.path.commonpath([os.path.abspath(path) for path in paths])
    paths = [os.path.relpath(os.path.abspath(path), common) for path in paths]
  return [
    _cut(f'{number} ', path, _NAME_WIDTH)
    for number, path in enumerate(paths, start=1)
  ]


def _blocks(columns, rows):
  """Returns [{column: its cells}]: so many columns as fit beside the names."""
  blocks, free = [], 0
  for column in columns:
    cells = [_cut('', _cell(row.get(column)), _CELL_WIDTH) for row in rows]
    cells = [_cut('', column, _CELL_WIDTH), *cells]
    needed = max(map(len, cells)) + len(_GAP)
    if needed > free:
      blocks.append({})
      free = _WIDTH - _NAME_WIDTH
    blocks[-1][column] = cells
    free -= needed
  return blocks


def _format(names, block):
  """Returns lines: the names on the left, the block's columns beside them."""
  columns = [['run', *names], *block.values()]
  widths = [max(map(len, cells)) for cells in columns]
  return [
    _GAP.join(
      [
        row[0].ljust(widths[0]),
        *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:])),
      ]
    )
    for row in zip(*columns)
  ]


def _cell(value):
  if value is None:
    return _NOTHING
  return f'{value:.4g}' if isinstance(value, float) else str(value)


def _cut(begin, text, longest):
  """Returns both, the text without its beginning where it is too long."""
  free = longest - len(begin)
  return begin + (text if len(text) <= free else '…' + text[1 - free :])
