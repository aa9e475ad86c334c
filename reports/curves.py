"""How training went, as one picture: curves of its TensorBoard log."""

import collections
import glob
import math
import os

from base import files
from checkpoints import run_info
from reports import charts

FILE_NAME = 'curve.png'

_VALIDATION = run_info.VALIDATION_FOLDER + '/'
# Of the log: how fast training is, not how good.
_LEFT_OUT = ('images_per_second', 'loss_scale', 'part_of_time_without_images')
_COLUMNS = 2
_TRAINED, _VALIDATED = '#2a6fb0', '#d9642c'

# {metric: {'' or _VALIDATION: {step: value}}}
Curves = dict[str, dict[str, dict[int, float]]]


def draw(train_dir: str) -> str | None:
  """Writes train_dir/curve.png of the log there, if it has any curve.

  A panel for each metric: NAME, and validation/NAME where there is one.

  Returns:
    The path of the picture, or None.

  Raises:
    InputError: train_dir cannot be written.
  """
  curves = read(train_dir)
  if not curves:
    return None
  path = os.path.join(train_dir, FILE_NAME)
  files.write_bytes(path, charts.to_png(lambda: _figure(curves)))
  return path


def read(train_dir: str) -> Curves:
  """Returns the scalars of a run's event files, loss first.

  Those of validation are named validation/NAME, or are in the folder
  validation. Of a step that a resumed run has made again, the last value
  counts.
  """
  scalars = _scalars(train_dir)
  for tag, values in _scalars(
    os.path.join(train_dir, run_info.VALIDATION_FOLDER)
  ).items():
    scalars[_VALIDATION + tag] = values
  curves = collections.defaultdict(dict)
  for tag, values in sorted(scalars.items()):
    name = tag.removeprefix(_VALIDATION)
    if name not in _LEFT_OUT:
      curves[name][tag.removesuffix(name)] = values
  return dict(sorted(curves.items(), key=lambda item: item[0] != 'loss'))


def _scalars(folder):
  """Returns {tag: {step: value}}; {} where there is no log."""
  from tensorboard.backend.event_processing import event_file_loader
  import tensorflow as tf

  scalars = collections.defaultdict(dict)
  for path in sorted(glob.glob(os.path.join(folder, 'events.out.tfevents.*'))):
    for event in event_file_loader.EventFileLoader(path).Load():
      for value in event.summary.value:
        array = tf.make_ndarray(value.tensor)
        if not array.shape and array.dtype.kind == 'f':
          scalars[value.tag][event.step] = float(array)
  return scalars


def _figure(curves):
  rows = math.ceil(len(curves) / _COLUMNS)
  figure = charts.new_figure(0.4 + 2.4 * rows, 4.2 * _COLUMNS)
  panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
  for axes in panels[len(curves) :]:
    axes.axis('off')
  for axes, (name, by_part) in zip(panels, curves.items()):
    _draw_panel(axes, name, by_part)
  return figure


def _draw_panel(axes, name, by_part):
  for part, label, color in (
    ('', 'training', _TRAINED),
    (_VALIDATION, 'validation', _VALIDATED),
  ):
    if part in by_part:
      steps, values = zip(*sorted(by_part[part].items()))
      marker = 'o' if len(steps) < 30 else ''
      axes.plot(steps, values, color=color, label=label, marker=marker, ms=3)
  axes.set_title(name, loc='left', fontsize=10)
  axes.set_xlabel('step')
  axes.grid(color='#e4e4e4')
  if _VALIDATION in by_part:
    axes.legend(fontsize=8)
