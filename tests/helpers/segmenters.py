"""DeepLabV3 at the rule's weights; labels of its goldens, and a mask_folder.

What it says is on images of the folder is computed here, too.
"""

import functools
import os
import tempfile

import numpy as np
import tensorflow as tf

from datasets import preparation
from tasks.segmentation import maps
from tests.helpers import annotated_folders
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import golden_rule
from tests.helpers import image_files
from tests.helpers import networks as testing

OS16 = 'deeplab_v3_mobilenet_v2_1.0_129_os16'
ASPP = 'deeplab_v3_mobilenet_v2_1.0_97x65_os8_aspp'

# Of the TestCase:
NETWORK = 'deeplab_v3_mobilenet_v2'
NAMES = ('background', *annotated_folders.NAMES)
SIZE = 65
_WIDTH = 0.1


def deeplab_v3(num_classes, implementation='slim', **options):
  """Returns a RuledModel, not built yet."""
  return testing.RuledModel(
    'deeplab_v3_mobilenet_v2', num_classes, implementation, **options
  )


def golden_labels(batch, size, num_classes, seed=0):
  """Returns [batch, height, width]: squares of one label, some to ignore."""
  height, width = size
  drawn = golden_rule.labels(
    batch * 128 * 128, num_classes + max(1, num_classes // 7), seed
  ).reshape(batch, 128, 128)
  drawn[drawn >= num_classes] = maps.IGNORE_LABEL
  return np.kron(drawn, np.ones([8, 8], int))[:, :height, :width]


def gradients(model, images, labels, **options):
  """Returns (logits, end_points, cross-entropy, {name: gradient}), eagerly."""
  with tf.GradientTape() as tape:
    logits, end_points = model(tf.constant(images), is_training=True, **options)
    losses = maps.pixel_losses(logits, labels)
    loss = maps.mean_of_valid(losses, labels)
  by_name = tape.gradient(loss, model.trainable_variables_by_name)
  return testing.as_arrays((logits, end_points, loss, by_name))


@functools.cache
def narrow_model():
  """Returns the TestCase's network, which has its variables."""
  model = deeplab_v3(len(NAMES), 'fast', depth_multiplier=_WIDTH)
  model(tf.zeros([1, SIZE, SIZE, 3]))
  return model


class TestCase(tf.test.TestCase):
  """Has its checkpoint as published: the names alone say what is in it."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.data = os.path.join(cls.folder, 'data')
    annotated_folders.write_masks(cls.data)
    image_files.write(cls.data, 'val.txt', b'0\n1\n2\n3\n')
    cls.published = checkpoint_testing.save(
      narrow_model().variables_by_name, os.path.join(cls.folder, 'published')
    )
    cls.as_published = (
      f'--checkpoint_path={cls.published}',
      f'--model_name={NETWORK}',
      f'--depth_multiplier={_WIDTH}',
      f'--eval_image_size={SIZE}',
      '--compute_dtype=float32',
    )
    images = [annotated_folders.image(number) for number in range(4)]
    cls.images = np.stack(
      [preparation.fit(image, SIZE, 'deeplab')[0] for image in images]
    )
    cls.logits = testing.run_eagerly(narrow_model(), cls.images)[0]

  def path(self, name):
    return os.path.join(self.folder, name)

  def expected_metrics(self, logits):
    """Of pixels that neither pad an image nor are to be ignored."""
    predicted = np.argmax(maps.resize(logits, [SIZE, SIZE]), -1)
    pairs = [
      np.stack([annotated_folders.mask(number), row[:40, :60]]).reshape(2, -1)
      for number, row in enumerate(predicted)
    ]
    truth, found = np.concatenate(pairs, 1)
    truth, found = truth[truth != 255], found[truth != 255]
    ious = {
      f'IoU_{name}': np.sum((truth == label) & (found == label))
      / np.sum((truth == label) | (found == label))
      for label, name in enumerate(NAMES)
    }
    return {
      'mIOU': np.mean(list(ious.values())),
      'pixel_accuracy': np.mean(truth == found),
      **ious,
    }
