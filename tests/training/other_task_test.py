"""Another task than classification, through the same training and evaluation.

How bright is a scanned digit? The targets are a structure, not a label, and one
scan cannot be read.
"""

import json
import os
import tempfile

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import checkpoint_flags
from datasets import catalog
from datasets import kinds
from datasets.input_pipeline import InputOptions
from runtime import network_flags
from runtime.network_flags import NetworkOptions
from tasks.task import Task
from tests.helpers import soak
from training import evaluation_flags
from training import evaluation_run
from training import run
from training import run_flags
from training.learning_rates import LearningRate
from training.optimizers import Optimization
from training.options import EvaluationOptions

_DAMAGED = 3
_NETWORK = NetworkOptions(
  'mobilenet_v1_025', 'fast', None, 'NHWC', 'float32', 'false', 1.0
)
_OPTIMIZATION = Optimization(
  'adam', {'opt_epsilon': 1e-8}, LearningRate(0.003), 0.0, 0.997, None
)
_INPUT = InputOptions(32, 32)


def _dataset(split_name):
  """Returns digits whose targets are brightness, -1 to 1, and name."""
  digits = catalog.get_dataset('digits', split_name)

  def read(index, choose_window):
    if index == _DAMAGED:
      raise InputError(f'scan {index} is damaged')
    example = digits.read(index, choose_window)
    # The scans are dimmed, by how much the index says: 0.2 to 1.
    image = np.uint8(example.image * (0.2 + 0.1 * (index % 9)))
    brightness = np.float32((image.mean() / 255 - 0.2) * 10)
    return example._replace(
      image=image,
      target={'brightness': brightness, 'digit': str(example.target).encode()},
    )

  return digits._replace(
    num_classes=1,
    label_names=None,
    read=read,
    target_spec={
      'brightness': tf.TensorSpec([], tf.float32),
      'digit': tf.TensorSpec([], tf.string),
    },
  )


class _Evaluator:
  """Mean absolute error, over all and over the zeros."""

  def __init__(self):
    self._errors, self._digits = [], []

  def add(self, outputs, targets):
    self._errors += list(np.abs(outputs[:, 0] - targets['brightness']))
    self._digits += list(targets['digit'].numpy())

  def result(self):
    errors, is_zero = np.array(self._errors), np.array(self._digits) == b'0'
    return {
      'error': float(errors.mean()),
      'error_of_zeros': float(errors[is_zero].mean()),
    }


def _differences(outputs, targets):
  return outputs[:, 0] - targets['brightness']


_KIND = kinds.LABELS._replace(
  open=lambda options: _dataset(options.dataset_split_name), fewest_classes=1
)
_TASK = Task(
  losses=lambda outputs, end_points, targets: {
    'squared_error': tf.reduce_mean(_differences(outputs, targets) ** 2)
  },
  metrics=lambda outputs, targets: {
    'error': tf.reduce_mean(tf.abs(_differences(outputs, targets)))
  },
  make_evaluator=_Evaluator,
  predict=lambda outputs: outputs[:, 0],
)


@soak.slow
class OtherTaskTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def train(self, steps):
    run.train(
      run.TrainingOptions(
        kinds.DatasetOptions('digits', 'train', None, None, None),
        _INPUT,
        _NETWORK,
        _OPTIMIZATION,
        checkpoint_flags.StartOptions(None, None, None, False),
        run_flags.RunOptions(self.folder, steps, None, 10, 600, 600),
        max_bad_images=1,
      ),
      network_flags.CLASSIFIERS,
      _KIND,
      lambda dataset, image_size: _TASK,
    )

  def evaluate(self):
    evaluation_run.evaluate_checkpoints(
      EvaluationOptions(
        checkpoint_flags.CheckpointOptions(self.folder, None),
        _NETWORK._replace(model_name=None, implementation=None),
        kinds.DatasetOptions(None, None, None, None, None),
        InputOptions(100, None),
        evaluation_flags.ResultOptions(
          self.folder, False, 0, None, None, False
        ),
        max_bad_images=1,
      ),
      network_flags.CLASSIFIERS,
      _KIND,
      lambda dataset, image_size: _TASK,
      write_report=None,
    )
    path = os.path.join(self.folder, 'evaluation-model.ckpt-{}.json')
    with open(path.format(self.steps), encoding='utf-8') as file:
      return json.load(file)['metrics']

  def test_learns_brightness_and_resumes(self):
    held_out = _dataset('validation')
    brightness = np.array(
      [
        held_out.read(index, None).target['brightness']
        for index in range(held_out.num_examples)
        if index != _DAMAGED
      ]
    )
    by_guessing = np.abs(brightness - brightness.mean()).mean()
    self.train(20)
    self.steps = 160
    self.train(self.steps)
    metrics = self.evaluate()
    self.assertEqual(359, metrics['num_examples'])
    self.assertLess(metrics['error'], 0.5 * by_guessing)
    self.assertLess(metrics['error_of_zeros'], by_guessing)


if __name__ == '__main__':
  tf.test.main()
