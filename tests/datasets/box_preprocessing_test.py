"""SSD's crop and flip: boxes stay on what is painted in them."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from datasets import annotations
from datasets import box_preprocessing
from datasets import preparation
from tests.helpers import golden_rule
from tests.helpers import networks as testing

_HEIGHT, _WIDTH = 80, 120
# top, left, bottom, right in pixels.
_PAINTED = ((5, 10, 30, 40), (40, 20, 75, 60), (10, 70, 70, 110))


def _targets(boxes=_PAINTED, most=5):
  """Returns BoxTargets of the painted image, label i for box i."""
  corners = [
    (top / _HEIGHT, left / _WIDTH, bottom / _HEIGHT, right / _WIDTH)
    for top, left, bottom, right in boxes
  ]
  made = annotations.make_boxes(
    corners,
    list(range(len(boxes))),
    [label == 1 for label in range(len(boxes))],
  )
  return annotations.fill_up(made, most, (_HEIGHT, _WIDTH), 7)


def _painted():
  """Returns an image where box i has the value i + 1, on black."""
  image = np.zeros([_HEIGHT, _WIDTH], np.uint8)
  for label, (top, left, bottom, right) in enumerate(_PAINTED):
    image[top:bottom, left:right] = label + 1
  return image


def _tight(is_inside):
  rows, columns = (np.flatnonzero(is_inside.any(axis)) for axis in (1, 0))
  return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


class BoxPreprocessingTest(parameterized.TestCase, tf.test.TestCase):
  def test_boxes_are_tight_around_their_pixels(self):
    image, targets = _painted(), _targets()
    flipped = cropped = lost = 0
    for position in range(200):
      seed = [3, position]
      (top, left, height, width), overlap = box_preprocessing.random_crop(
        _HEIGHT, _WIDTH, targets, seed
      )
      window = image[top : top + height, left : left + width]
      drawn, changes = box_preprocessing.draw(targets, seed)
      if changes[0] > 0:
        window = window[:, ::-1]
        flipped += 1
      boxes = annotations.cut_filling(drawn)
      for label, (begin_top, begin_left, bottom, right) in enumerate(_PAINTED):
        pixels = np.sum(window == label + 1)
        share = pixels / ((bottom - begin_top) * (right - begin_left))
        if share < 1 and abs(share - overlap) < 1e-6:
          continue  # Rounding decides.
        is_kept = share > 0 and share >= overlap
        self.assertEqual(is_kept, label in boxes.labels)
        if not is_kept:
          lost += 1
          continue
        (place,) = np.flatnonzero(boxes.labels == label)
        self.assertAllClose(
          _tight(window == label + 1),
          boxes.corners[place] * [height, width, height, width],
          atol=1e-4,
        )
        # The whole of each box is its object.
        self.assertNear(pixels / window.size, boxes.areas[place], 1e-6)
        self.assertEqual(label == 1, boxes.is_crowd[place])
      self.assertAllEqual([_HEIGHT, _WIDTH], drawn.size)
      self.assertEqual(7, drawn.index)
      self.assertAllEqual(
        np.zeros([5 - drawn.count, 4]), drawn.corners[drawn.count :]
      )
      cropped += window.size < image.size
    self.assertBetween(flipped, 70, 130)
    self.assertBetween(cropped, 110, 185)  # 85 %, if a window is found.
    self.assertGreater(lost, 50)

  def test_windows_as_published(self):
    targets = _targets()
    overlaps, whole = set(), 0
    for position in range(400):
      window, overlap = box_preprocessing.random_crop(
        _HEIGHT, _WIDTH, targets, [0, position]
      )
      top, left, height, width = window
      if (height, width) == (_HEIGHT, _WIDTH):
        whole += 1
        continue
      overlaps.add(overlap)
      self.assertBetween(top, 0, _HEIGHT - height)
      self.assertBetween(left, 0, _WIDTH - width)
      self.assertBetween(width / height, 0.45, 2.2)  # rounded to pixels
      self.assertBetween(height * width / (_HEIGHT * _WIDTH), 0.095, 1)
      cut = box_preprocessing.cut(targets, window, overlap * 0.95)
      self.assertGreater(cut.count, 0)  # One box is covered enough.
    self.assertGreater(overlaps, {0.1, 0.3, 0.5, 0.7, 0.9})
    self.assertBetween(whole, 30, 200)

  def test_cut_by_hand(self):
    """A window of 40 x 60 pixels at 20, 30: boxes cut, left out, re-expressed.

    Of box 0 it shows 10 x 10 of 25 x 30 pixels (13 %), of box 1 20 x 30 of
    35 x 40 (43 %), of box 2 40 x 20 of 60 x 40 (33 %).
    """
    window = (20, 30, 40, 60)
    cut = box_preprocessing.cut(_targets(), window, 0.2)
    self.assertEqual(2, cut.count)
    self.assertAllClose(
      [[0.5, 0, 1, 0.5], [0, 40 / 60, 1, 1], [0, 0, 0, 0]], cut.corners[:3]
    )
    self.assertAllEqual([1, 2, 0, 0, 0], cut.labels)
    self.assertAllEqual([True, False, False, False, False], cut.is_crowd)
    self.assertAllClose([600 / 2400, 800 / 2400, 0, 0, 0], cut.areas)
    self.assertEqual(3, box_preprocessing.cut(_targets(), window, 0.0).count)
    self.assertEqual(0, box_preprocessing.cut(_targets(), window, 0.5).count)

  def test_a_box_wholly_inside_is_kept_at_overlap_one(self):
    for top, left in ((5, 10), (0, 3), (4, 9)):
      window = (top, left, 30, 40)
      cut = box_preprocessing.cut(_targets(), window, 1.0)
      self.assertAllEqual([0], cut.labels[: cut.count])

  def test_flip_by_hand(self):
    flipped = box_preprocessing.flip(_targets(_PAINTED[:1], 2))
    self.assertAllClose(
      [[5 / 80, 80 / 120, 30 / 80, 110 / 120], [0, 0, 0, 0]], flipped.corners
    )

  def test_without_objects(self):
    targets = _targets((), 1)
    sizes = set()
    for position in range(30):
      sizes.add(
        box_preprocessing.choose_window(_HEIGHT, _WIDTH, targets, [0, position])
      )
      drawn, _ = box_preprocessing.draw(targets, [0, position])
      self.assertEqual(0, drawn.count)
      self.assertAllEqual([[0, 0, 0, 0]], drawn.corners)
    self.assertGreater(len(sizes), 10)

  def test_in_place_of_an_image_that_cannot_be_read(self):
    nothing = tf.nest.map_structure(
      np.zeros_like,
      annotations.fill_up(annotations.make_boxes([], []), 3, (0, 0), 0),
    )
    with np.errstate(all='raise'):
      for position in range(20):
        drawn, _ = box_preprocessing.draw(nothing, [0, position])
        self.assertEqual(0, drawn.count)

  @parameterized.parameters('ssd', 'ssd_color')
  def test_images_in_training(self, name):
    prepared_as = preparation.make_preparation(name, 'boxes')
    image = np.repeat(_painted()[..., np.newaxis] * 60, 3, -1)
    changes = np.float32([1, 0.1, 1.2, 0.1, 0.8])
    made, targets = prepared_as.for_training(image, _targets(), changes, 60)
    self.assertEqual([60, 60, 3], made.shape)
    self.assertAllEqual(_targets().corners, targets.corners)
    # Every second column and every 4 / 3 rows, then mirrored.
    expected = np.float32(image[np.arange(0, 80, 4)][:, ::2][:, ::-1]) / 255
    if name == 'ssd':
      self.assertAllClose(expected, made[::3])
    else:
      self.assertGreater(np.abs(made[::3] - expected).mean(), 0.03)

  def test_golden_of_evaluation(self):
    description, arrays = testing.load_golden('ssdlite_mobilenet_v2_heads_300')
    image = golden_rule.pixels(*description['preprocess']['pixels'])
    prepared_as = preparation.make_preparation('ssd', 'boxes')
    made, _ = prepared_as.for_evaluation(image, None, description['size'])
    flat = np.ravel(made)
    places = np.linspace(0, flat.size - 1, 512).astype(int)
    self.assertAllClose(arrays['preprocess'], flat[places], atol=1e-5, rtol=0)
    self.assertNear(
      description['preprocess']['norm'], np.linalg.norm(flat), 1e-2
    )


if __name__ == '__main__':
  tf.test.main()
