"""What a segmenter is in a file that another runtime runs: a class map."""

from typing import Any

import numpy as np
import tensorflow as tf

from tasks.segmentation import maps
from tasks.task import Agreement
from tasks.task import Exported

_LEAST = np.float32(1e-30)  # of which the logarithm is finite
_SHOWN = """\
(class_map,) = np.array(result['class_map'])
for number in np.unique(class_map):  # and its part of what the network saw
  print(labels[number], np.mean(class_map == number))
"""


def make(image_size: int) -> Exported:
  """Returns the Exported of a task on images of image_size x image_size."""

  def predict(logits):
    found = maps.probabilities(logits, [image_size, image_size])
    return {
      'class_map': maps.likeliest(found),
      'scores': tf.reduce_max(found, axis=3),
    }

  return Exported(
    predict, to_outputs, compare, 'pixels', publish, _SHOWN, 'ImageTensor'
  )


def to_outputs(found: dict[str, np.ndarray], num_classes: int) -> tf.Tensor:
  """Returns logits at the size of the map, of which softmax gives the scores.

  What is left of a pixel's probability is spread over the other classes.
  """
  is_class = tf.one_hot(found['class_map'], num_classes, True, False)
  score = np.float32(found['scores'])[..., np.newaxis]
  rest = (1 - score) / max(num_classes - 1, 1)
  return tf.math.log(tf.maximum(tf.where(is_class, score, rest), _LEAST))


def compare(
  expected: dict[str, np.ndarray], found: dict[str, np.ndarray]
) -> Agreement:
  """Returns the largest difference of scores, and the part of the pixels."""
  return Agreement(
    float(np.abs(expected['scores'] - found['scores']).max()),
    float(np.mean(expected['class_map'] == found['class_map'])),
  )


def publish(
  tensors: dict[str, tf.Tensor], variable_names: Any
) -> dict[str, tf.Tensor]:
  """Returns the map by the name that DeepLab's graphs have."""
  del variable_names
  return {'SemanticPredictions': tensors['class_map']}
