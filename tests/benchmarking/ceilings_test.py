"""What a device can do at most: against print and against sums by hand."""

import math
from unittest import mock

from absl.testing import absltest

from benchmarking import ceilings
from benchmarking.configurations import Configuration
from specs import networks
from specs.convolution import Convolution

# GB/s: thousands of images/s of MobileNetV2 1.0 at 224 in float16, counted by
# somebody else: inference at U, N and A, training at N; rounded as here.
PRINTED = {
  484: (6.1, 8.9, 17.6, 2.6),
  900: (11.3, 16.6, 32.8, 4.8),
  2040: (25.7, 37.6, 74.3, 10.8),
  3350: (42.2, 61.8, 122, 17.7),
  4300: (54, 79, 157, 22.8),
}

# 8x8x3 to 4x4x8 by 3x3, then 1x1 with a shortcut and no activation.
TOY = [
  Convolution('a', 3, 3, 8, 1, 4, 4, True, stride=2),
  Convolution('b', 1, 8, 8, 1, 4, 4, True, shortcut=128, activation=False),
]


def _speed(bandwidth, flops=math.inf):
  return ceilings.Speed(
    bandwidth, dict.fromkeys(('float32', 'bfloat16', 'float16'), flops), ''
  )


class CeilingsTest(absltest.TestCase):
  def test_printed_figures(self):
    for bandwidth, printed in PRINTED.items():
      speed = _speed(bandwidth * 1e9)
      inference, training = (
        ceilings.images_per_second(
          Configuration(
            mode, 1024, 224, 'mobilenet_v2', 'fast', 'NCHW', 'float16'
          ),
          speed,
        )
        for mode in ('inference', 'training')
      )
      counted = [inference['U'], inference['N'], inference['A'], training['N']]
      for own, theirs in zip(counted, printed, strict=True):
        self.assertAlmostEqual(1, own / 1000 / theirs, delta=0.02)

  def _toy(self, mode, batch_size, compute_dtype, speed):
    with mock.patch.object(networks, 'convolutions', return_value=TOY):
      return ceilings.images_per_second(
        Configuration(
          mode, batch_size, 8, 'mobilenet_v2', 'fast', 'NHWC', compute_dtype
        ),
        speed,
      )

  def test_inference_by_hand(self):
    # Input 192, between 128, output 128, shortcut 128.
    fused = 192 + 128 + 128 + 128 + 128
    batch_norms = 2 * 128 + 2 * 128
    relu_and_sum = 2 * 128 + 2 * 128
    # 3 * 3 * 3 * 8 and 8 * 8 weights, gamma and beta for 16 channels: shared
    # by the images of a batch.
    weights = 216 + 64 + 32
    values = {
      'U': fused + batch_norms + relu_and_sum,
      'N': fused + batch_norms,
      'A': fused,
    }
    for compute_dtype, width in (('float16', 2), ('float32', 4)):
      counted = self._toy('inference', 2, compute_dtype, _speed(1000))
      self.assertSameElements(values, counted)
      for level, images_per_second in counted.items():
        self.assertAlmostEqual(
          1000 / (width * (values[level] + weights / 2)), images_per_second
        )

  def test_training_by_hand(self):
    values = 3 * (192 + 128) + 3 * (128 + 128) + 8 * 128 + 8 * 128 + 2 * 128
    self.assertAlmostEqual(
      1000 / (4 * values + 40 * (216 + 64 + 32) / 4),
      self._toy('training', 4, 'float32', _speed(1000))['N'],
    )

  def test_multiply_adds_by_hand(self):
    # 16 places of 216 and 64 weights, two operations each.
    operations = 2 * 16 * (216 + 64)
    speed = _speed(math.inf, 1000)
    for level in 'UNA':
      self.assertAlmostEqual(
        1000 / operations, self._toy('inference', 1, 'bfloat16', speed)[level]
      )
    self.assertAlmostEqual(
      1000 / (3 * operations), self._toy('training', 1, 'bfloat16', speed)['N']
    )

  def test_the_slower_of_both_counts(self):
    memory = self._toy('inference', 1, 'float32', _speed(1000))
    work = self._toy('inference', 1, 'float32', _speed(math.inf, 1000))
    both = self._toy('inference', 1, 'float32', _speed(1000, 1000))
    for level in 'UNA':
      self.assertEqual(min(memory[level], work[level]), both[level])

  def test_published_speeds(self):
    for name in ('NVIDIA GeForce GTX 1080 Ti', 'GeForce GTX 1080 Ti'):
      speed = ceilings.published_speed(name)
      self.assertEqual(484e9, speed.bandwidth)
      self.assertEqual(11.3e12, speed.flops['float16'])
    self.assertEqual(
      900e9, ceilings.published_speed('Tesla V100-SXM2-16GB').bandwidth
    )
    self.assertEqual(
      495e12, ceilings.published_speed('NVIDIA H200').flops['float32']
    )
    # Not another one whose name begins alike.
    self.assertIsNone(ceilings.published_speed('NVIDIA H200 MIG 1g.18gb'))
    self.assertIsNone(ceilings.published_speed(None))

  def test_flags_replace_a_speed(self):
    published = ceilings.published_speed('NVIDIA H200')
    self.assertEqual(published, ceilings.override(published, None, None))
    bandwidth = ceilings.override(published, 4300.0, None)
    self.assertEqual(
      (4300e9, published.flops, 'published and given'), bandwidth
    )
    both = ceilings.override(None, 50.0, 0.3)
    self.assertEqual(50e9, both.bandwidth)
    self.assertEqual(
      {'float32': 0.3e12, 'bfloat16': 0.3e12, 'float16': 0.3e12}, both.flops
    )

  def test_half_precision_may_be_cast(self):
    speed = ceilings.measured_speed(
      50e9, {'float32': 3e11, 'bfloat16': 6e11, 'float16': 1e10}
    )
    self.assertEqual(
      {'float32': 3e11, 'bfloat16': 6e11, 'float16': 3e11}, speed.flops
    )


if __name__ == '__main__':
  absltest.main()
