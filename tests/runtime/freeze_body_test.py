"""A frozen body infers while the head trains, in both implementations."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from runtime.model import Model
from specs import networks
from specs import roles
from tests.helpers import soak

_SIZE = 64
_LAST_OF_BODY = ('layer_19', 'layer_18/output', 'Conv2d_13_pointwise')


class FreezeBodyTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_classifier(self, implementation):
    self.check('mobilenet_v1_025', implementation)

  @soak.slow
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_detector(self, implementation):
    self.check('ssdlite_mobilenet_v2_035', implementation)

  @soak.slow
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_segmenter(self, implementation):
    self.check('deeplab_v3_mobilenet_v2_050', implementation)

  def check(self, name, implementation):
    """Only the head's averages move; the body passes on what it infers."""
    images = tf.random.stateless_uniform([2, _SIZE, _SIZE, 3], [1, 2], -1, 1)
    model = Model(name, 3, implementation).build(_SIZE)
    random = np.random.RandomState(0)
    for variable in model.variables_by_name.values():
      variable.assign(variable + random.uniform(0.1, 0.2, variable.shape))
    before = _values(model)
    run = tf.function(
      lambda **options: model(images, **options)[1], autograph=False
    )
    inferred = run(is_training=False)
    points = run(is_training=True, freeze_body=True)
    after = _values(model)
    moved = {name for name in after if (after[name] != before[name]).any()}
    self.assertEqual(
      {name for name in after if 'moving' in name and not roles.is_body(name)},
      moved,
    )
    self.assertEqual(name in networks.NETWORKS, not moved)
    key = next(key for key in _LAST_OF_BODY if key in points)
    self.assertGreater(np.abs(points[key]).max(), 1e-3)
    self.assertAllClose(inferred[key], points[key], rtol=1e-5)
    self.assertNotAllClose(inferred[key], run(is_training=True)[key])


def _values(model):
  return {
    name: variable.numpy() for name, variable in model.variables_by_name.items()
  }


if __name__ == '__main__':
  tf.test.main()
