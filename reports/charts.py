"""The charts of a report, as PNG files: one function for each kind.

On white, in a size that a phone can show: 5 inches wide, unless there is much
on it. matplotlib is imported where it draws, which takes a second.
"""

from collections.abc import Callable
import io
from typing import Any
import warnings

import numpy as np

from tasks.details import Bars
from tasks.details import Chart
from tasks.details import Curves
from tasks.details import Matrix
from tasks.details import Reliability

_DPI = 144
_WIDTH = 5.0  # inches
_BLUE, _ORANGE, _GREY = '#2a6fb0', '#d9642c', '#8c8c8c'
_STYLE = {
  'font.size': 10,
  'text.parse_math': False,  # a class may have a $ in its name
  'axes.spines.top': False,
  'axes.spines.right': False,
  'figure.facecolor': 'white',
}
_MOST_NUMBERS = 20  # classes of a matrix whose numbers can be read
_MOST_BARS = 40
_MOST_PAIRS = 20
_MOST_NAMED = 10  # curves
_LETTERS = 9  # in an inch
_LONGEST = 24  # letters of a class's name


def draw(chart: Chart) -> bytes:
  """Returns a chart as a PNG file."""
  return to_png(lambda: _figure(chart))


def to_png(make_figure: Callable[[], Any]) -> bytes:
  """Returns the matplotlib figure that is made, as a PNG file in this style."""
  import matplotlib

  file = io.BytesIO()
  with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
    # Letters that the font has not are shown as boxes.
    warnings.filterwarnings('ignore', message='Glyph .* missing')
    make_figure().savefig(file, format='png', dpi=_DPI)
  return file.getvalue()


def new_figure(height: float, width: float = _WIDTH) -> Any:
  """Returns an empty matplotlib figure; sizes are in inches."""
  from matplotlib import figure

  return figure.Figure((width, height), layout='constrained')


def _figure(chart):
  match chart:
    case Matrix():
      return _matrix(chart)
    case Bars():
      return _bars(chart)
    case Curves():
      return _curves(chart)
    case Reliability():
      return _reliability(chart)


def _matrix(chart):
  count = len(chart.names)
  if count > _MOST_NUMBERS:
    return _large_matrix(chart)
  from sklearn import metrics

  side = max(3.2, 1.4 + 0.36 * count)
  chart_figure = new_figure(side, max(_WIDTH, side + 0.6))
  axes = chart_figure.subplots()
  names = [_cut(name) for name in chart.names]
  fits = max(map(len, names)) <= _LETTERS * (side - 1.4) / count
  metrics.ConfusionMatrixDisplay(chart.counts, display_labels=names).plot(
    ax=axes,
    cmap='Blues',
    colorbar=False,
    values_format='d',
    xticks_rotation='horizontal' if fits else 'vertical',
    text_kw={'fontsize': 9 if chart.counts.max() < 1000 else 7},
  )
  axes.set(xlabel='predicted', ylabel='true')
  axes.spines[:].set_visible(False)
  return chart_figure


def _large_matrix(chart):
  """All classes without their names, and the pairs that are most confused."""
  chart_figure = new_figure(9.6)
  above, below = chart_figure.subplots(2, height_ratios=[1.2, 1])
  in_class = chart.counts.sum(axis=1, keepdims=True)
  image = above.imshow(
    chart.counts / np.maximum(in_class, 1), cmap='Blues', vmin=0, vmax=1
  )
  above.set(
    title=f'{len(chart.names)} classes',
    xlabel='number of the predicted class',
    ylabel='number of the true class',
  )
  chart_figure.colorbar(image, ax=above, label='part of the true class')
  wrong = chart.counts - np.diag(np.diagonal(chart.counts))
  order = np.argsort(-wrong, axis=None, kind='stable')[:_MOST_PAIRS]
  pairs = np.transpose(np.unravel_index(order, wrong.shape))
  pairs = [pair for pair in pairs if wrong[tuple(pair)]]
  _draw_bars(
    below,
    [
      f'{_cut(chart.names[true], 16)} as {_cut(chart.names[found], 16)}'
      for true, found in pairs
    ],
    [int(wrong[tuple(pair)]) for pair in pairs],
    _ORANGE,
  )
  below.xaxis.get_major_locator().set_params(integer=True)
  below.set(title='Most confused', xlabel='images')
  return chart_figure


def _bars(chart):
  """The lowest, where there are many."""
  order = np.argsort(-np.asarray(chart.values), kind='stable')
  shown = order[-_MOST_BARS:]
  chart_figure = new_figure(1.0 + 0.24 * len(shown))
  axes = chart_figure.subplots()
  colors = _BLUE
  if chart.colors is not None:
    colors = np.asarray(chart.colors)[shown] / 255
  _draw_bars(
    axes,
    [_cut(chart.names[place]) for place in shown],
    [chart.values[place] for place in shown],
    colors,
  )
  if len(shown) < len(order):
    axes.set_title(f'The lowest {len(shown)} of {len(order)}')
  axes.set(xlim=(0, 1), xlabel=chart.label)
  return chart_figure


def _draw_bars(axes, names, values, color):
  """From the top down, with their values beside them."""
  bars = axes.barh(range(len(values)), values, 0.7, color=color)
  axes.set_yticks(range(len(values)), names, fontsize=9)
  axes.tick_params(axis='y', length=0)
  axes.set_ylim(len(values) - 0.4, -0.6)
  labels = [
    f'{value:.3f}' if isinstance(value, float) else str(value)
    for value in values
  ]
  axes.bar_label(
    bars,
    labels,
    padding=3,
    fontsize=8,
    bbox={'color': 'white', 'alpha': 0.7, 'pad': 0.5},
  )


def _curves(chart):
  chart_figure = new_figure(4.4)
  axes = chart_figure.subplots()
  named = len(chart.curves) <= _MOST_NAMED
  for name, values in chart.curves.items():
    style = {'label': _cut(name)} if named else {'color': _GREY, 'alpha': 0.4}
    axes.plot(chart.x, values, linewidth=1, **style)
  axes.plot(chart.x, chart.mean, color='black', linewidth=2.2, label='mean')
  axes.set(
    xlim=(0, 1), ylim=(0, 1.02), xlabel=chart.x_label, ylabel=chart.y_label
  )
  axes.grid(color='#e4e4e4')
  title = None if named else f'grey: {len(chart.curves)} classes'
  axes.legend(fontsize=8, title=title, title_fontsize=8)
  return chart_figure


def _reliability(chart):
  from sklearn import calibration

  chart_figure = new_figure(5.0)
  above, below = chart_figure.subplots(2, sharex=True, height_ratios=[3, 1])
  calibration.CalibrationDisplay(
    chart.accuracies, chart.confidences, None
  ).plot(ax=above, name='network', color=_BLUE)
  above.set(xlabel='', ylabel='accuracy', xlim=(0, 1.02), ylim=(0, 1.02))
  above.grid(color='#e4e4e4')
  below.bar(
    chart.confidences, chart.counts / chart.counts.sum(), 0.04, color=_BLUE
  )
  below.set(xlabel='confidence', ylabel='part of images', ylim=(0, 1))
  return chart_figure


def _cut(name, longest=_LONGEST):
  name = str(name)
  return name if len(name) <= longest else name[: longest - 1] + '…'
