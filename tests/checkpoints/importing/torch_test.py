"""PyTorch's libraries: their weights, here, give what they give there."""

import json
import os
import pathlib
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.importing import formats
from checkpoints.importing import torch
from inspection import imported_weights
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

  @parameterized.parameters('timm_mobilenetv2_050', 'mmpretrain_ShuffleNetV1')
  def test_network_is_told_by_what_is_in_the_file(self, name):
    path = os.path.join(self.get_temp_dir(), 'weights')
    torch_files.write(path, torch_files.state_dict(name))
    fitted = imported_weights.fit(path, formats.read(path))
    self.assertEqual(torch_cases.CASES[name].network, fitted.model_name)
    self.assertEqual(torch_cases.NUM_CLASSES, fitted.num_classes)


class RefusedTest(absltest.TestCase):
  def check_refused(self, case, changes, message):
    """Reads a case's weights, some other (None: missing); message: a regex."""
    tensors = {**torch_files.state_dict(case), **changes}
    with tempfile.TemporaryDirectory() as folder:
      path = torch_files.write(
        os.path.join(folder, 'weights'),
        {name: value for name, value in tensors.items() if value is not None},
      )
      with self.assertRaisesRegex(InputError, f'^{path}{message}$'):
        torch.read(path)

  def test_a_value_is_missing(self):
    self.check_refused(
      'torchvision_mobilenet_v2',
      {'classifier.1.bias': None},
      " is of no network known here, by its names: torchvision's mobilenet_v2, "
      'the closest, lacks classifier.1.bias',
    )

  def test_a_value_more(self):
    self.check_refused(
      'torchvision_mobilenet_v2',
      {'features.1.bias': np.zeros(1)},
      ' .*, the closest, has no place for features.1.bias',
    )

  def test_no_kernel(self):
    self.check_refused(
      'torchvision_mobilenet_v2',
      {'features.0.0.weight': np.zeros((32, 27, 1))},
      r': features.0.0.weight is of shape \[32, 27, 1\], no kernel of a '
      'convolution',
    )

  def test_another_depth(self):
    more = [
      f'blocks.1.2.{name}.weight' for name in ('conv_dw', 'conv_pw', 'conv_pwl')
    ]
    self.check_refused(
      'timm_mobilenetv2_050',
      {name: np.zeros((1, 1, 1, 1)) for name in (*more, 'x')},
      f" .*: timm's mobilenet_v2, the closest, has no place for "
      f'{", ".join(more)} and 1 more',
    )

  def test_another_network(self):
    changes = dict.fromkeys(torch_files.state_dict('timm_mobilenetv2_050'))
    changes |= {f'layer{number}.weight': np.zeros(1) for number in range(5)}
    self.check_refused(
      'timm_mobilenetv2_050',
      changes,
      ' .*lacks .* more and has no place for layer0.weight, .* and 2 more',
    )


class TimmTest(absltest.TestCase):
  """What a file's name, or a config.json beside it, adds to the names."""

  def read(self, name, config=None):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    path = os.path.join(folder, name)
    torch_files.write(
      path, torch_files.state_dict('timm_mobilenetv3_small_075')
    )
    if config is not None:
      pathlib.Path(folder, 'config.json').write_text(config)
    return torch.read(path)

  def test_own_without_a_word(self):
    for config in (None, '{', '[]', '{"mean": 3}'):
      imported = self.read('model.safetensors', config)
      self.assertEqual(
        {
          'use_explicit_padding': True,
          'batch_norm_epsilon': 1e-5,
          'input_normalization': 'imagenet',
        },
        imported.options,
      )
      self.assertIn('tf_mobilenetv3_*', imported.notes[-1])

  def test_tensorflows_by_name(self):
    imported = self.read('tf_mobilenetv3_small_075-da427f52.safetensors')
    self.assertEqual({}, imported.options)
    self.assertLen(imported.notes, 1)  # of the gates

  def test_tensorflows_by_config(self):
    config = {'architecture': 'tf_mobilenetv3_small_075'}
    imported = self.read('model.safetensors', json.dumps(config))
    self.assertEqual({}, imported.options)
    self.assertLen(imported.notes, 1)

  def test_pixels_by_config(self):
    half = [0.5, 0.5, 0.5]
    config = {
      'architecture': 'mobilenetv3_small_075',
      'pretrained_cfg': {'mean': half, 'std': half},
    }
    imported = self.read('model.safetensors', json.dumps(config))
    self.assertEqual(
      {'use_explicit_padding': True, 'batch_norm_epsilon': 1e-5},
      imported.options,
    )
    for other in ({'mean': half}, [], {'mean': half, 'std': 1}):
      config['pretrained_cfg'] = other
      with self.assertRaisesRegex(InputError, 'config.json .* neither Image'):
        self.read('model.safetensors', json.dumps(config))


if __name__ == '__main__':
  tf.test.main()
