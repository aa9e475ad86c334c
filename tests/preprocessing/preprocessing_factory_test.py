"""slim's preprocessing in graphs, against datasets/preprocessing.py."""

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf

from base.errors import InputError
from datasets import preprocessing
from preprocessing import preprocessing_factory
from tests.helpers import image_files

_NAMES = ('inception', 'lenet', 'mobilenet_v2', 'nasnet_mobile')
_KINDS = {
  'uint8': lambda image: image,
  'float32': lambda image: image / np.float32(255),
}


def _images():
  """Returns images of several sizes, uint8."""
  return [
    image_files.noise(seed, height, width)
    for seed, (height, width) in enumerate(((57, 91), (8, 8), (120, 33)))
  ]


class _Graph:
  """Preprocesses images of a size that the graph does not know."""

  def __init__(
    self, name, size, dtype='uint8', seed=None, crop_image=True, **options
  ):
    with tf.Graph().as_default() as graph:
      if seed is not None:
        tf.set_random_seed(seed)
      self._image = tf.placeholder(dtype)
      preprocess = preprocessing_factory.get_preprocessing(name, **options)
      self.output = preprocess(self._image, *size, crop_image=crop_image)
    self._session = tf.Session(graph=graph)

  def run(self, image):
    return self._session.run(self.output, {self._image: image})


class PreprocessingFactoryTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.product(name=_NAMES, kind=tuple(_KINDS))
  def test_evaluation(self, name, kind):
    size = (32, 48)
    graph = _Graph(name, size, kind)
    self.assertEqual([*size, 3], graph.output.shape.as_list())
    self.assertEqual(tf.float32, graph.output.dtype)
    for image in _images():
      expected = preprocessing.preprocess_for_eval(image, size, name)
      self.assertGreater(np.ptp(expected), 1.5)
      self.assertAllClose(expected, graph.run(_KINDS[kind](image)), atol=1e-6)

  @parameterized.parameters(*_KINDS)
  def test_training_draws_anew_for_every_image(self, kind):
    size = (24, 40)
    graph = _Graph('mobilenet_v2', size, kind, is_training=True)
    self.assertEqual([*size, 3], graph.output.shape.as_list())
    for image in _images():
      results = np.stack([graph.run(_KINDS[kind](image)) for _ in range(20)])
      self.assertAllInRange(results, -1, 1)
      self.assertGreater(np.ptp(results), 1)
      for i in range(19):
        self.assertNotAllClose(results[i], results[i + 1], atol=0.05)

  def test_training_follows_from_the_graphs_seed(self):
    image = _images()[0]
    runs = [
      [graph.run(image) for _ in range(3)]
      for graph in (
        _Graph('inception', (16, 16), seed=seed, is_training=True)
        for seed in (1, 1, 2)
      )
    ]
    self.assertAllClose(runs[0], runs[1])
    self.assertNotAllClose(runs[0], runs[2])

  def test_training_crops_flips_and_recolours(self):
    # Of a ramp without colour: its ends tell the window and the flip.
    ramp = np.broadcast_to(np.arange(50, 200)[:, np.newaxis], [150, 150, 3])
    graph = _Graph('inception', (8, 8), seed=1, is_training=True)
    results = np.stack([graph.run(ramp.astype(np.uint8)) for _ in range(60)])
    self.assertBetween(np.mean(results[:, :, 0] > results[:, :, -1]), 0.3, 0.7)
    widths = np.abs(results[:, 0, 0, 0] - results[:, 0, -1, 0])
    self.assertGreater(widths.max(), 3 * widths.min())
    # Columns alone differ: brightness, hue and contrast leave rows alike.
    self.assertAllClose(results[:, :1] + 0 * results, results, atol=1e-4)

  def test_without_a_crop(self):
    image = _images()[0]
    self.assertAllClose(
      preprocessing.preprocess_for_eval(image, 16, 'lenet'),
      _Graph('inception', (16, 16), crop_image=False).run(image),
      atol=1e-6,
    )
    # All of it, recoloured: of a flat image with a mark in the corner the mark
    # is there, on one side or the other.
    image = np.full([40, 40, 3], 100, np.uint8)
    image[:20, :20] = 200
    graph = _Graph(
      'inception', (2, 2), seed=1, crop_image=False, is_training=True
    )
    for _ in range(20):
      left, right = graph.run(image)[0, :, 0]
      self.assertGreater(abs(left - right), 0.1)

  def test_boxes(self):
    image = np.full([100, 100, 3], 60, np.uint8)
    image[40:60, 40:60] = 250
    with tf.Graph().as_default(), tf.Session() as session:
      tf.set_random_seed(4)
      output = preprocessing_factory.get_preprocessing('inception', True)(
        tf.constant(image), 50, 50, bbox=tf.constant([[[0.4, 0.4, 0.6, 0.6]]])
      )
      for _ in range(30):
        self.assertGreater(np.ptp(session.run(output)), 0.1)

  @parameterized.parameters(True, False)
  def test_lenet_draws_nothing(self, is_training):
    image = _images()[1]
    self.assertAllClose(
      preprocessing.preprocess_for_eval(image, 12, 'lenet'),
      _Graph('lenet', (12, 12), is_training=is_training).run(image),
      atol=1e-6,
    )

  @parameterized.parameters(True, False)
  def test_grayscale_keeps_the_channels(self, is_training):
    graph = _Graph(
      'inception', (16, 16), is_training=is_training, use_grayscale=True
    )
    result = graph.run(_images()[0])
    self.assertEqual((16, 16, 3), result.shape)
    self.assertGreater(np.ptp(result), 0.5)
    self.assertAllClose(result[..., 0], result[..., 1])
    self.assertAllClose(result[..., 0], result[..., 2])

  def test_slims_arguments_without_effect(self):
    image = tf.constant(_images()[0])
    preprocess = preprocessing_factory.get_preprocessing('mobilenet_v2')
    self.assertAllEqual(
      preprocess(image, 16, 16),
      preprocess(image, 16, 16, fast_mode=False, add_image_summaries=False),
    )

  def test_unknown_name(self):
    for error in (InputError, ValueError):  # ValueError is what slim raised.
      with self.assertRaisesRegex(error, 'unknown preprocessing vgg'):
        preprocessing_factory.get_preprocessing('vgg')


if __name__ == '__main__':
  tf.test.main()
