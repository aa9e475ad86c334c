"""What a classifier is in a file that another runtime runs."""

import numpy as np
import tensorflow as tf

from tasks.task import Agreement
from tasks.task import Exported

_PROBABILITIES = 'probabilities'
_LEAST = np.float32(1e-30)  # of which the logarithm is finite


def _predict(logits):
  return {_PROBABILITIES: tf.nn.softmax(logits)}


def _to_outputs(found):
  """Returns logits: whatever is added to all of them, softmax is the same."""
  probabilities = np.float32(found[_PROBABILITIES])
  return tf.math.log(np.maximum(probabilities, _LEAST))


def _compare(expected, found):
  expected, found = expected[_PROBABILITIES], found[_PROBABILITIES]
  return Agreement(
    float(np.abs(expected - found).max()),
    float(np.mean(expected.argmax(1) == found.argmax(1))),
  )


def _publish(tensors, variable_names):
  """Returns slim's names, of graphs that its export_inference_graph made."""
  names = ['final_layer/predictions']  # NASNet's
  for variable in variable_names:
    scope, slash, _ = variable.partition('/Logits/')
    if slash:
      names = [f'{scope}/Predictions/{op}' for op in ('Softmax', 'Reshape_1')]
  return dict.fromkeys(names, tensors[_PROBABILITIES])


EXPORTED = Exported(
  _predict, _to_outputs, _compare, 'likeliest classes', _publish
)
