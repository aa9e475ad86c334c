"""A detector at the goldens' rule, and a yolo_folder of what it finds.

It detects in noise; the data set's truth is what it detects on some images, so
that its numbers are neither 0 nor 1.
"""

import functools
import os
import tempfile

import numpy as np
import tensorflow as tf

from datasets import preparation
from tasks.detection import task as detection_task
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import detection
from tests.helpers import image_files
from tests.helpers import networks as testing

NETWORK = 'ssdlite_mobilenet_v2_035'
NAMES = ('ant', 'bee', 'cat')
_SIZE = 64


@functools.cache
def model():
  """Returns a network at the rule, which has its variables."""
  model = testing.RuledModel(NETWORK, len(NAMES), 'fast')
  model(tf.zeros([1, _SIZE, _SIZE, 3]))
  return model


class TestCase(tf.test.TestCase):
  """Has the checkpoint, the data, and what programs should say of them."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.task = detection_task.make_task(len(NAMES), _SIZE, NAMES)
    cls.arrays = [image_files.noise(seed, _SIZE, _SIZE) for seed in range(3)]
    cls.arrays.append(image_files.noise(3, 48, 80))
    cls.paths = [
      cls.write(f'data/images/val/{number}.png', image_files.encode(array))
      for number, array in enumerate(cls.arrays, 1)
    ]
    images = np.stack(
      [preparation.fit(array, _SIZE, 'ssd')[0] for array in cls.arrays]
    )
    cls.outputs = testing.run_eagerly(model(), images)[0]
    cls.detections = tf.nest.map_structure(
      np.asarray, cls.task.predict(cls.outputs)
    )
    cls.write_truth()
    # As published: the names alone say what is in it.
    cls.published = checkpoint_testing.save(
      model().variables_by_name, os.path.join(cls.folder, 'published')
    )
    cls.as_published = (
      f'--checkpoint_path={cls.published}',
      f'--model_name={NETWORK}',
      f'--eval_image_size={_SIZE}',
      '--compute_dtype=float32',
    )

  @classmethod
  def write(cls, name, data):
    return image_files.write(cls.folder, name, data)

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def true_ranks(cls, number):
    """Returns which detections of an image are there: each class's second."""
    classes = cls.detections.classes[number]
    return [np.flatnonzero(classes == label)[1] for label in range(len(NAMES))]

  @classmethod
  def write_truth(cls):
    """Writes the labels of a yolo_folder."""
    cls.write('data/classes.txt', '\n'.join(NAMES).encode())
    for number in range(len(cls.arrays)):
      lines = []
      for rank in cls.true_ranks(number):
        top, left, bottom, right = cls.detections.boxes[number, rank].tolist()
        label = cls.detections.classes[number, rank]
        lines.append(
          f'{label} {(left + right) / 2} {(top + bottom) / 2} {right - left} '
          f'{bottom - top}\n'
        )
      cls.write(f'data/labels/val/{number + 1}.txt', ''.join(lines).encode())

  def expected_metrics(self):
    targets = detection.box_targets(
      [
        (
          array.shape[:2],
          [
            (
              self.detections.boxes[number, rank] * (array.shape[:2] * 2),
              self.detections.classes[number, rank],
              False,
              None,
            )
            for rank in self.true_ranks(number)
          ],
        )
        for number, array in enumerate(self.arrays)
      ]
    )
    evaluator = self.task.make_evaluator()
    evaluator.add(self.outputs, targets)
    return evaluator.result()
