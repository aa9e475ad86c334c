"""RandAugment's changes, against NumPy and by hand."""

import collections
from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from PIL import Image

from datasets import rand_augment
from tests.helpers import image_files

_IMAGE = image_files.noise(0, 12, 12)
_COLORS = {
  *('identity', 'autocontrast', 'equalize', 'posterize', 'solarize'),
  *('color', 'contrast', 'brightness', 'sharpness'),
}
_GEOMETRY = {'shear_x', 'shear_y', 'translate_x', 'translate_y', 'rotate'}


def _change(name, strength, image=_IMAGE):
  picture = rand_augment.change(Image.fromarray(image), name, strength)
  return np.asarray(picture).astype(int)


def _luma(image):
  """Returns [height, width, 1], as ITU-R 601-2 has it."""
  return image.astype(float) @ [[0.299], [0.587], [0.114]]


def _drawn(seed_count, num_layers, magnitude, **options):
  """Returns [(name, strength)] of the changes that seeds draw."""
  with mock.patch.object(
    rand_augment, 'change', side_effect=lambda image, *_: image
  ) as change:
    for seed in range(seed_count):
      rand_augment.augment(_IMAGE, num_layers, magnitude, [3, seed], **options)
  return [call.args[1:] for call in change.call_args_list]


class ColorTest(parameterized.TestCase):
  @parameterized.parameters(-1.0, -0.5, 0.0, 0.5, 1.0)
  def test_factors(self, strength):
    factor = 1 + 0.9 * strength
    grey = _luma(_IMAGE)
    for name, other in (
      ('brightness', 0),
      ('contrast', np.round(grey).mean()),
      ('color', grey),
    ):
      expected = np.clip(other + factor * (_IMAGE - other), 0, 255)
      np.testing.assert_allclose(
        _change(name, strength), expected, rtol=0, atol=2, err_msg=name
      )

  def test_sharpness(self):
    flat = np.full([6, 6, 3], 100, np.uint8)
    flat[3, 3] = 230
    # Pillow's smoothing counts the middle five times, its neighbours once.
    smooth = (5 * 230 + 8 * 100) / 13
    for strength in -1, 1:
      factor = 1 + 0.9 * strength
      changed = _change('sharpness', strength, flat)
      expected = min(255, smooth + factor * (230 - smooth))
      self.assertAlmostEqual(expected, changed[3, 3, 0], delta=1)
      np.testing.assert_array_equal(changed[0], flat[0])

  def test_posterize_drops_up_to_four_bits(self):
    for strength, mask in (0.0, 0xFF), (0.25, 0xFE), (-0.5, 0xFC), (1.0, 0xF0):
      np.testing.assert_array_equal(
        _IMAGE & mask, _change('posterize', strength)
      )

  def test_solarize_inverts_what_is_bright(self):
    for strength, threshold in (0.0, 256), (0.5, 128), (-0.75, 64), (1.0, 0):
      np.testing.assert_array_equal(
        np.where(_IMAGE >= threshold, 255 - _IMAGE, _IMAGE),
        _change('solarize', strength),
      )

  def test_whole_range(self):
    # A quarter of the pixels each.
    image = np.repeat(np.uint8([10, 20, 30, 110]), 1020).reshape(60, 68, 1)
    image = np.tile(image, 3)
    np.testing.assert_allclose(
      (image - 10.0) * 255 / 100, _change('autocontrast', 1, image), atol=1
    )
    np.testing.assert_allclose(
      np.repeat([0, 85, 170, 255], 1020).reshape(60, 68),
      _change('equalize', 1, image)[..., 0],
      atol=1,
    )


class GeometryTest(parameterized.TestCase):
  def test_translation(self):
    image = image_files.noise(1, 331, 331)
    for sign in -1, 1:
      for name, axis in ('translate_x', 1), ('translate_y', 0):
        shifted = np.roll(image, -sign * 150, axis)
        gap = [slice(None)] * 2
        gap[axis] = slice(-150, None) if sign > 0 else slice(150)
        shifted[*gap] = 128
        np.testing.assert_array_equal(shifted, _change(name, sign, image))

  def test_rotation(self):
    # Three times as far as it goes: there no pixel is between two.
    for strength, times in (-3, -1), (3, 1):
      np.testing.assert_allclose(
        np.rot90(_IMAGE, times), _change('rotate', strength), rtol=0, atol=1
      )

  def test_shear(self):
    strength = 2 / 0.3  # two columns a row
    for name, image in (
      ('shear_x', _IMAGE),
      ('shear_y', _IMAGE.transpose(1, 0, 2)),
    ):
      sheared = _change(name, strength, image)
      if name == 'shear_y':
        sheared = sheared.transpose(1, 0, 2)
      for row in range(12):
        for column in range(12):
          source = column + 2 * row - 11  # The middle stays where it is.
          expected = _IMAGE[row, source] if 0 <= source < 12 else [128] * 3
          np.testing.assert_array_equal(expected, sheared[row, column])


class DrawTest(absltest.TestCase):
  def test_all_are_equally_likely(self):
    for geometry in (set(), _GEOMETRY):
      drawn = _drawn(1000, 2, 9, with_geometry=bool(geometry))
      self.assertLen(drawn, 2000)
      names = collections.Counter(name for name, _ in drawn)
      self.assertEqual(_COLORS | geometry, set(names))
      expected = 2000 / len(names)
      for name, count in names.items():  # Five standard deviations.
        self.assertAlmostEqual(
          expected, count, delta=5 * expected**0.5, msg=name
        )

  def test_strength_goes_either_way(self):
    for magnitude in 3, 10:
      strengths = [strength for _, strength in _drawn(400, 1, magnitude)]
      self.assertEqual({-magnitude / 10, magnitude / 10}, set(strengths))
      self.assertBetween(np.mean(np.sign(strengths)), -0.25, 0.25)

  def test_the_seed_decides(self):
    def augment(seed):
      return rand_augment.augment(_IMAGE, 2, 9, [3, seed])

    first = [augment(seed) for seed in range(20)]
    np.testing.assert_array_equal(first, [augment(seed) for seed in range(20)])
    self.assertGreater(len(np.unique(np.reshape(first, [20, -1]), axis=0)), 14)
    for image in first:
      self.assertEqual((np.uint8, (12, 12, 3)), (image.dtype, image.shape))


if __name__ == '__main__':
  absltest.main()
