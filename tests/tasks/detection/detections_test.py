"""Detections, by hand and against the published ones."""

import numpy as np
import tensorflow as tf

from specs.ssdlite import Predictions
from tasks.detection import box_coder
from tasks.detection import detections as detections_lib
from tests.helpers import detection

KEYS = {
  'boxes': 'boxes',
  'scores': 'scores',
  'classes': 'classes',
  'anchors': 'anchor_indices',
  'count': 'num_detections',
}


def _detect(boxes, scores):
  """Returns the Detections of an image; scores [boxes, 1 + classes]."""
  boxes, scores = np.array(boxes, 'f'), np.array(scores, 'f')
  anchors = tf.constant(np.tile(np.array([[0, 0, 1, 1]], 'f'), [len(boxes), 1]))
  predictions = Predictions(
    box_coder.encode(tf.constant(boxes), anchors)[tf.newaxis],
    tf.constant(np.log(scores / (1 - scores))[np.newaxis]),
  )
  found = detections_lib.detect(predictions, anchors)
  return tf.nest.map_structure(lambda value: value[0].numpy(), found)


class DetectionsTest(tf.test.TestCase):
  def test_golden(self):
    heads = detection.heads()
    found = detections_lib.detect(heads.predictions, heads.anchors)
    self.assertAllEqual(
      heads.description['suppressed'],
      detection.count_suppressed(heads.predictions, found),
    )
    for field, key in KEYS.items():
      self.assertAllClose(
        heads.arrays[f'detections/{key}'],
        getattr(found, field),
        rtol=0,
        atol=1e-5,
        msg=field,
      )

  def test_golden_by_xla(self):
    heads = detection.heads()
    detect = tf.function(detections_lib.detect, jit_compile=True)
    found = detect(heads.predictions, heads.anchors)
    for field in ('anchors', 'classes', 'count'):
      self.assertAllEqual(
        heads.arrays[f'detections/{KEYS[field]}'], getattr(found, field)
      )

  def test_shapes_are_known(self):
    """Of any number of images, as in a graph that is exported."""
    heads = detection.heads()
    graph = tf.function(detections_lib.detect).get_concrete_function(
      tf.nest.map_structure(
        lambda value: tf.TensorSpec([None, *value.shape[1:]]), heads.predictions
      ),
      heads.anchors,
    )
    found = graph.structured_outputs
    self.assertEqual([None, 100, 4], found.boxes.shape.as_list())
    self.assertEqual([None, 100], found.scores.shape.as_list())
    self.assertEqual([None], found.count.shape.as_list())

  def test_overlap_is_of_a_class(self):
    """Boxes 0 and 1 overlap by 0.8, 0 and 2 by 0.5."""
    boxes = [[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.4], [0, 0, 0.25, 0.5]]
    # (background, first class, second class)
    scores = [[0.9, 0.6, 0.3], [0.9, 0.5, 0.4], [0.9, 0.2, 1e-9]]
    found = _detect(boxes, scores)
    self.assertEqual(3, found.count)
    self.assertAllEqual([0, 1, 2], found.anchors[:3])
    self.assertAllEqual([0, 1, 0], found.classes[:3])
    self.assertAllClose([0.6, 0.4, 0.2], found.scores[:3])
    self.assertAllClose(boxes, found.boxes[:3])

  def test_what_is_left_is_zeros(self):
    found = _detect([[0, 0, 0.5, 0.5]], [[0.5, 0.5, 0.6]])
    self.assertEqual(2, found.count)
    self.assertAllEqual([1, 0], found.classes[:2])
    self.assertAllEqual([100, 4], found.boxes.shape)
    for field in ('boxes', 'scores', 'classes', 'anchors'):
      rest = getattr(found, field)[2:]
      self.assertAllEqual(np.zeros_like(rest), rest)

  def test_clipped_after_suppression(self):
    """Of equal parts within the image, but not equal as predicted."""
    boxes = [[0.5, 0, 1.0, 1.0], [0.5, 0, 2.0, 1.0]]  # overlap 1 / 3
    found = _detect(boxes, [[0.1, 0.8], [0.1, 0.7]])
    self.assertEqual(2, found.count)
    self.assertAllClose([boxes[0]] * 2, found.boxes[:2])

  def test_outside_of_the_image(self):
    boxes = [[-0.5, 0, -0.1, 1.0], [0.2, 0.2, 0.4, 0.4]]
    found = _detect(boxes, [[0.1, 0.9], [0.1, 0.3]])
    self.assertEqual(1, found.count)
    self.assertEqual(1, found.anchors[0])

  def test_at_most_100(self):
    """Of two classes, each of which has 60 boxes."""
    left = np.linspace(0, 0.9, 60)
    boxes = np.stack([left, left, left + 0.005, left + 0.005], -1)
    scores = np.stack(
      [np.full(60, 0.5), np.linspace(0.9, 0.6, 60), np.linspace(0.8, 0.5, 60)],
      -1,
    )
    found = _detect(boxes, scores)
    self.assertEqual(100, found.count)
    self.assertAllClose(
      np.sort(scores[:, 1:].ravel())[::-1][:100], found.scores
    )


if __name__ == '__main__':
  tf.test.main()
