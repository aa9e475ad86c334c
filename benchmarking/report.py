"""The results as text and as plain values."""

import itertools
import math
import textwrap
from typing import Any

from benchmarking import ceilings
from benchmarking.ceilings import Speed
from benchmarking.timing import Row

_WIDTH = 80
_COLUMNS = {
  '': 25,
  'images/s': 9,
  'ms/step': 9,
  'spread': 7,
  'x Keras': 8,
  'ceiling': 8,
  'first s': 8,
  'MB': 6,
}
# Where there are exports, whose ceilings are not known.
_COLUMNS_WITH_EXPORTS = {
  **{name: width for name, width in _COLUMNS.items() if name != 'ceiling'},
  'accuracy': 9,
  'MB': 5,
}
# Where rows say how requests were driven.
_COLUMNS_WITH_DRIVES = {
  name: width + 16 * (not name)
  for name, width in _COLUMNS.items()
  if name not in ('ceiling', 'first s')
}


def by_workload(rows: list[Row]) -> list[tuple[str, list[Row]]]:
  """Returns [(workload, [Row])], in the order of rows."""
  return [
    (workload, list(group))
    for workload, group in itertools.groupby(
      rows, lambda row: row.configuration.workload
    )
  ]


def ceiling_share(row: Row, speed: Speed) -> float:
  """Returns the part reached of the highest level's images/s, or NaN."""
  most = ceilings.images_per_second(row.configuration, speed)
  return row.images_per_second / max(most.values(), default=math.nan)


def format_table(rows: list[Row], speed: Speed) -> str:
  """Returns the table of Rows and what its columns mean."""
  columns = _columns(rows)
  lines = [_cells(columns, columns)]
  for workload, group in by_workload(rows):
    lines += ['', workload]
    network = None
    for row in group:
      if row.configuration.implementation != 'keras' and (
        row.configuration.network != network
      ):
        network = row.configuration.network
        lines.append(network)
      lines.append(_format_row(row, columns, speed))
  return '\n'.join(lines + ['', _legend(columns, speed)])


def _columns(rows):
  if any(row.configuration.mode == 'throughput' for row in rows):
    return _COLUMNS_WITH_DRIVES
  if any(row.configuration.export for row in rows):
    return _COLUMNS_WITH_EXPORTS
  return _COLUMNS


def _cells(values, columns):
  return ''.join(
    f'{value:<{width}}' if not name else f'{value:>{width}}'
    for value, (name, width) in zip(values, columns.items())
  ).rstrip()


def _format_row(row, columns, speed):
  is_keras = row.configuration.implementation == 'keras'
  label = ('' if is_keras else '  ') + row.configuration.label
  if row.error:
    return textwrap.fill(
      f'{label:<{columns[""] + 1}}not timed: {row.error}',
      _WIDTH,
      subsequent_indent=' ' * 28,
    )
  accuracy = row.configuration.accuracy
  cells = {
    '': label,
    'images/s': number(row.images_per_second),
    'ms/step': number(1000 * row.median),
    'spread': f'{row.spread:.0%}',
    'x Keras': '' if is_keras else ratio(row.ratio),
    'ceiling': f'{ceiling_share(row, speed):.0%}',
    'accuracy': '-' if accuracy is None else f'{accuracy:.4f}',
    'first s': f'{row.first_call:.1f}',
    'MB': f'{row.peak_memory / 1e6:.0f}',
  }
  return _cells([cells[name] for name in columns], columns)


def number(value: float) -> str:
  """Returns a positive number with three digits or more."""
  return f'{value:.{max(0, 2 - math.floor(math.log10(value)))}f}'


def ratio(value: float) -> str:
  """Returns a ratio for people, who need not know of NaN."""
  return '-' if math.isnan(value) else f'{value:.2f}'


def _legend(columns, speed):
  tflops = [flops / 1e12 for flops in speed.flops.values()]
  meaning = (
    'ceiling: part reached of the images/s '
    f'that {number(speed.bandwidth / 1e9)} GB/s and {number(min(tflops))} to '
    f'{number(max(tflops))} TFLOP/s ({speed.source}; by precision) allow at '
    'level A, in training N, of benchmarking/ceilings.py. '
    if 'ceiling' in columns
    else ''
  )
  first = (
    'first s: seconds until the first step is made, compiled and done. '
    if 'first s' in columns
    else ''
  )
  text = (
    'images/s, ms/step: medians of all rounds. spread: the middle half of '
    'the rounds, in percent of the median. x Keras: times as fast as Keras '
    'MobileNetV2 in the same round. '
    f'{meaning}{first}MB: peak memory of the process; on a GPU the GPU\'s.'
  )
  if columns == _COLUMNS_WITH_DRIVES:
    text += (
      ' throughput: as many requests at once as suit the row, which says how: '
      'in so many processes of a core each, in sessions of one process, by '
      "OpenVINO's queue, or one at a time in 1 process, by all cores; ms/step: "
      'between the ends of two requests.'
    )
  if 'accuracy' in columns:
    text += (
      ' accuracy: of exports that were evaluated when they were made; of '
      'detectors mAP, of segmenters mIOU.'
    )
  return textwrap.fill(text, _WIDTH)


def format_fastest(rows: list[Row]) -> str:
  """Returns a sentence for each workload and network: what is fastest."""

  def subject(row):
    return row.configuration.workload, row.configuration.network

  timed = [
    row
    for row in rows
    if not row.error and row.configuration.implementation != 'keras'
  ]
  sentences = []
  for (workload, network), group in itertools.groupby(timed, subject):
    # The ratio first: this machine may have been busy for some of them.
    best = max(
      group,
      key=lambda row: (
        -1.0 if math.isnan(row.ratio) else row.ratio,
        row.images_per_second,
      ),
    )
    compared = (
      ''
      if math.isnan(best.ratio)
      else f', {ratio(best.ratio)} times as fast as Keras'
    )
    sentences.append(
      f'Fastest here for {network}, {workload}: '
      f'{number(best.images_per_second)} images/s{compared}, with '
      f'{best.configuration.flags}'
    )
  if not sentences:
    return 'Nothing could be timed; the table says why.'
  return '\n'.join(
    textwrap.fill(
      sentence, _WIDTH, break_on_hyphens=False, subsequent_indent='  '
    )
    for sentence in sentences
  )


def to_json(row: Row, speed: Speed) -> dict[str, Any]:
  """Returns a dict of a Row, its times and its ceilings, for JSON."""
  configuration = row.configuration
  if configuration.weights:  # They were this run's alone, and are gone.
    configuration = configuration._replace(weights=None, export=None)
  values = {
    **configuration._asdict(),
    'error': row.error,
    'seconds': row.seconds,
    'keras_seconds': row.keras_seconds,
    'first_call_seconds': row.first_call,
    'peak_memory_bytes': row.peak_memory,
    'ceilings': ceilings.images_per_second(row.configuration, speed),
  }
  if not row.error:
    values |= {
      'median_seconds': row.median,
      'spread': row.spread,
      'images_per_second': row.images_per_second,
      'ratio_to_keras': row.ratio,
      'part_of_ceiling': ceiling_share(row, speed),
    }
  # JSON has no NaN.
  return {
    key: None if isinstance(value, float) and math.isnan(value) else value
    for key, value in values.items()
  }
