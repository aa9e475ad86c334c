"""PyTorch's libraries: their weights, here, give what they give there."""

import os

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from checkpoints.importing import torch
from runtime.model import Model
from runtime.model import Variables
from tests.helpers import networks as testing
from tests.helpers import torch_cases
from tests.helpers import torch_files

# Of the largest; at most 5e-6 were seen, of PyTorch in float32, too.
_TOLERANCE = 2e-5


class _Given(Variables):
  """Begin at the values of their names; there are no others."""

  def __init__(self, values):
    super().__init__()
    self.values_by_name = values

  def __call__(self, getter, name, shape, dtype, initializer, **options):
    def value(shape, dtype):
      value = self.values_by_name[name].astype(dtype.as_numpy_dtype)
      assert value.shape == tuple(shape), (name, value.shape, shape)
      return value

    return super().__call__(getter, name, shape, dtype, value, **options)


class TorchTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.named_parameters(testing.named(torch_cases.CASES))
  def test_outputs(self, name):
    case, expected = torch_files.load_case(name)
    path = os.path.join(self.get_temp_dir(), f'{name}.safetensors')
    torch_files.write(path, torch_files.state_dict(name))
    imported = torch.read(path)
    self.assertEqual(case['library'], imported.library)
    self.assertGreater(np.abs(expected['logits']).max(), 0.1)
    variables = _Given(imported.values)
    for implementation in ('slim', 'fast'):
      model = Model(
        case['network'],
        torch_cases.NUM_CLASSES,
        implementation,
        **imported.options,
      )
      model._variables = variables
      logits, end_points = testing.run_eagerly(model, torch_cases.images())
      feature = testing.sampled(end_points[case['end_point']], 64)
      for actual, key in ((logits, 'logits'), (feature, 'feature')):
        deviation = testing.deviation(actual, expected[key])
        self.assertLessEqual(deviation, _TOLERANCE, f'{implementation} {key}')
    self.assertEqual(set(imported.values), set(variables))


if __name__ == '__main__':
  tf.test.main()
