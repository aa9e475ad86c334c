"""Networks are known by names and shapes, of any width."""

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from inspection import identification
from specs import networks

_ROOTS = {
  'mobilenet_v1': 'MobilenetV1/',
  'mobilenet_v2': 'MobilenetV2/',
  'mobilenet_v3': 'MobilenetV3/',
  'shufflenet_v1': 'ShufflenetV1/',
}


def _shapes(name, num_classes=7, **options):
  """Returns what identify takes, by the network's table; kernels alone."""
  root = _ROOTS.get(networks.ALL[name].family.module, '')
  shapes = {}
  for layer in networks.convolutions(name, 64, 64, num_classes, options):
    size, scope = layer.kernel_size, f'{root}{layer.scope}'
    if layer.groups == layer.inputs > 1:
      shapes[f'{scope}/depthwise_weights'] = [size, size, layer.outputs, 1]
    else:
      inputs = layer.inputs // layer.groups
      shapes[f'{scope}/weights'] = [size, size, inputs, layer.outputs]
    if not layer.batch_norm:
      shapes[f'{scope}/biases'] = [layer.outputs]
  return shapes


class IdentificationTest(parameterized.TestCase):
  def test_every_name(self):
    for name in networks.ALL:
      if name != 'nasnet_mobile':  # Its kernels are not called like this.
        found = identification.identify(_shapes(name))
        self.assertEqual((name, {}, 7), found)

  @parameterized.parameters(
    ('mobilenet_v1', {'depth_multiplier': 0.6}),
    ('mobilenet_v1', {'depth_multiplier': 0.1, 'min_depth': 1}),
    ('mobilenet_v1', {'depth_multiplier': 0.333}),
    ('mobilenet_v2', {'depth_multiplier': 1.2}),
    (
      'mobilenet_v2',
      {'depth_multiplier': 0.5, 'finegrain_classification_mode': False},
    ),
    ('mobilenet_v3_small', {'depth_multiplier': 0.5}),
    ('deeplab_v3_mobilenet_v2', {'depth_multiplier': 0.35}),
  )
  def test_other_widths(self, name, options):
    found = identification.identify(_shapes(name, **options))
    self.assertEqual((name, options, 7), found)

  def test_without_logits(self):
    shapes = {
      name: shape
      for name, shape in _shapes('mobilenet_v2_035').items()
      if '/Logits/' not in name
    }
    self.assertEqual(
      ('mobilenet_v2_035', {}, None), identification.identify(shapes)
    )

  def test_the_closest(self):
    """Of a network that is none, so that a message can name what differs."""
    shapes = _shapes('mobilenet_v1_050')
    shapes['MobilenetV1/Conv2d_5_pointwise/weights'][3] = 200
    found = identification.identify(shapes)
    self.assertEqual(('mobilenet_v1_050', {}), found[:2])

  def test_none(self):
    for shapes in ({}, {'a/b/weights': [1, 1, 2, 3]}):
      with self.assertRaisesRegex(InputError, '^no network here has variables'):
        identification.identify(shapes)


if __name__ == '__main__':
  absltest.main()
