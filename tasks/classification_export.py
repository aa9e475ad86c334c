"""What a classifier is in a file that another runtime runs."""

import numpy as np
import tensorflow as tf

from tasks.task import Agreement
from tasks.task import Exported

_PROBABILITIES = 'probabilities'
_TIE = 1e-6  # Rounding decides which of two classes is the likelier.
_LEAST = np.float32(1e-30)  # of which the logarithm is finite


def _predict(logits):
  return {_PROBABILITIES: tf.nn.softmax(logits)}


def to_outputs(found: dict[str, np.ndarray], num_classes: int) -> tf.Tensor:
  """Returns logits: whatever is added to all of them, softmax is the same."""
  del num_classes
  probabilities = np.float32(found[_PROBABILITIES])
  return tf.math.log(np.maximum(probabilities, _LEAST))


def _compare(expected, found):
  expected, found = expected[_PROBABILITIES], found[_PROBABILITIES]
  chosen = np.take_along_axis(expected, found.argmax(1)[:, np.newaxis], 1)
  return Agreement(
    float(np.abs(expected - found).max()),
    float(np.mean(expected.max(1) - chosen[:, 0] <= _TIE)),
  )


def _publish(tensors, variable_names):
  """Returns slim's names, of graphs that its export_inference_graph made."""
  names = ['final_layer/predictions']  # NASNet's
  for variable in variable_names:
    scope, slash, _ = variable.partition('/Logits/')
    if slash:
      names = [f'{scope}/Predictions/{op}' for op in ('Softmax', 'Reshape_1')]
  return dict.fromkeys(names, tensors[_PROBABILITIES])


_SHOWN = f"""\
(probabilities,) = np.array(result['{_PROBABILITIES}'])
best = probabilities.argmax()
print(labels[best], probabilities[best])
"""

EXPORTED = Exported(
  _predict, to_outputs, _compare, 'likeliest classes', _publish, _SHOWN
)
