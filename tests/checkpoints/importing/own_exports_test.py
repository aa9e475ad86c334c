"""What export_model.py made of either implementation is imported again.

With all that its network computes otherwise than slim's.
"""

import os

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from checkpoints.importing import formats
from export import formats as export_formats
from specs import networks
from tasks import classification_export
from tests.helpers import exports
from tests.helpers import golden_rule
from tests.helpers import graphs
from tests.helpers import networks as testing
from tests.helpers import soak

_OPTIONS = {'input_normalization': 'imagenet', 'use_explicit_padding': True}


class OwnExportsTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(
    ('mobilenet_v3_small_075', 'fast', ('tflite', 'frozen_graph')),
    ('mobilenet_v1_025', 'slim', ('frozen_graph',)),
  )
  def test_classifier(self, name, implementation, formats_made):
    soak.skip_slow(self, implementation == 'fast')
    model = testing.RuledModel(
      name, graphs.NUM_CLASSES, implementation, **_OPTIONS
    )
    model(tf.zeros([1, graphs.SIZE, graphs.SIZE, 3]))
    network = exports.network(
      model, classification_export.EXPORTED, graphs.SIZE, 'lenet'
    )
    images = golden_rule.images(2, graphs.SIZE, graphs.SIZE)
    for format_name in formats_made:
      folder = os.path.join(self.get_temp_dir(), name, format_name)
      exports.write(network, folder, format_name)
      loaded = export_formats.load(folder, format_name, ['probabilities'])
      expected = loaded(images)['probabilities']
      self.assertGreater(np.ptp(expected), 0.05)
      imported = formats.read(
        os.path.join(folder, export_formats.FORMATS[format_name].FILE)
      )
      self.assertEqual(
        {**_OPTIONS, 'image_size': graphs.SIZE}, imported.options
      )
      self.assertEmpty(imported.left_over)
      for each in networks.IMPLEMENTATIONS:
        _, logits = graphs.predict(name, imported, images, each)
        self.assertAllClose(tf.nn.softmax(logits), expected, 0, 1e-4)


if __name__ == '__main__':
  tf.test.main()
