"""The results as bars."""

import matplotlib
from matplotlib import figure

from base import files
from benchmarking import report
from benchmarking.timing import Row

_DPI = 100
_WIDTH = 10  # inches
_COLORS = {'keras': '#8c8c8c', 'slim': '#4c78a8', 'fast': '#e4572e'}
_OF_EXPORTS = '#54a24b'
_LABEL_PART = 1.28  # of the longest bar: room for the figures beside it


def draw(path: str, rows: list[Row], title: str) -> None:
  """Draws images/s of Rows as a PNG, a panel for each workload.

  Raises:
    InputError: path cannot be written.
  """
  matplotlib.use('Agg')
  panels = report.by_workload(rows)
  heights = [len(group) for _, group in panels]
  chart = figure.Figure(
    (_WIDTH, 0.9 + sum(0.32 * height + 0.75 for height in heights)),
    dpi=_DPI,
    layout='constrained',
  )
  chart.suptitle(title, fontsize=13)
  panels_axes = chart.subplots(
    len(panels),
    squeeze=False,
    height_ratios=[height + 0.6 for height in heights],
  )
  for axes, (workload, group) in zip(panels_axes[:, 0], panels):
    _draw_panel(axes, workload, group)
  panels_axes[-1, 0].set_xlabel(
    'images/s (median; the line at its end: middle half of the rounds)'
  )
  with files.write_whole(path) as partial:
    chart.savefig(partial, format='png')


def _draw_panel(axes, workload, group):
  networks = {
    row.configuration.network
    for row in group
    if row.configuration.implementation != 'keras'
  }
  longest = max(
    (row.images_per_second for row in group if not row.error), default=1.0
  )
  for place, row in enumerate(group):
    _draw_bar(axes, place, row, longest)
  axes.set_title(workload, loc='left', fontsize=11)
  axes.set_yticks(
    range(len(group)),
    [_label(row.configuration, len(networks)) for row in group],
  )
  axes.set_ylim(len(group) - 0.5, -0.5)  # from the top down
  axes.set_xlim(0, longest * _LABEL_PART)
  axes.spines[['top', 'right', 'left']].set_visible(False)
  axes.tick_params(axis='y', length=0)
  axes.grid(axis='x', color='#dddddd')
  axes.set_axisbelow(True)


def _label(configuration, num_networks):
  if num_networks < 2 or configuration.implementation == 'keras':
    return configuration.label
  return f'{configuration.network} {configuration.label}'


def _draw_bar(axes, place, row, longest):
  if row.error:
    axes.text(0.01 * longest, place, 'not timed', va='center', color='#666666')
    return
  value, implementation = (
    row.images_per_second,
    row.configuration.implementation,
  )
  axes.barh(place, value, 0.72, color=_COLORS.get(implementation, _OF_EXPORTS))
  low, high = (
    row.configuration.batch_size / seconds
    for seconds in reversed(row.middle_half)
  )
  axes.plot([low, high], [place, place], color='black', linewidth=1.5)
  text = report.number(value)
  if implementation == 'keras':
    axes.axvline(value, color=_COLORS['keras'], linestyle='--', linewidth=1)
  elif row.keras_seconds:
    text += f'  ({report.ratio(row.ratio)} x Keras)'
  axes.text(
    max(value, high) + 0.01 * longest,
    place,
    text,
    va='center',
    bbox={'color': 'white', 'pad': 1},
  )
