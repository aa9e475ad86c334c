"""Detectors and segmenters in files: with boxes, and maps, inside."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints.checkpoint_flags import CheckpointOptions
from datasets import kinds
from datasets import preparation
from datasets.input_pipeline import InputOptions
from export import formats
from export import saved_model
from prediction import predictor as predictor_lib
from prediction.label_flags import LabelOptions
from prediction.predictor import PredictionOptions
from runtime import network_flags
from runtime.network_flags import NetworkOptions
from tasks.detection import export as detection_export
from tasks.detection import task as detection
from tasks.segmentation import export as segmentation_export
from tasks.segmentation import task as segmentation
from tests.helpers import detectors
from tests.helpers import exports
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import segmenters
from tests.helpers import soak

_BOXES = ['boxes', 'scores', 'classes', 'count']


class DetectorTest(parameterized.TestCase, tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    model = detectors.model()
    cls.task = detection.make_task(len(detectors.NAMES), 64)
    cls.pixels, cls.images = exports.images(3, 64)
    outputs = testing.run_eagerly(model, cls.images)[0]
    cls.expected = cls.task.predict(outputs)
    cls.network = exports.network(model, cls.task.exported, 64, 'ssd')

  def check(self, found, count=3):
    """The same objects, in an order that rounding may change a little."""
    expected = {name: getattr(self.expected, name)[:count] for name in _BOXES}
    agreement = self.task.exported.compare(
      tf.nest.map_structure(np.asarray, expected), found
    )
    self.assertAllGreater(found['count'], 20)
    self.assertLess(agreement.difference, 1e-4)
    self.assertGreater(agreement.agreeing, 0.98)

  def test_detections_are_inside(self):
    self.check_format('tflite')

  def test_card(self):
    folder = self.written('tflite')
    exports.write_card(
      folder,
      _BOXES,
      self.task.exported.shown,
      detectors.NAMES,
      model_name=detectors.NETWORK,
      num_classes=len(detectors.NAMES),
      image_size=64,
    )
    label, *numbers = exports.run_card(folder, self.pixels[1]).split()
    boxes, scores, classes, _ = (
      getattr(self.expected, name)[1] for name in _BOXES
    )
    number = classes[0].numpy()
    self.assertEqual(f'{number}:{detectors.NAMES[number]}', label)
    self.assertAllClose([scores[0], *boxes[0]], np.float32(numbers), atol=1e-4)

  def test_no_float16_of_loops(self):
    with self.assertRaisesRegex(InputError, 'float16 cannot be made of detec'):
      formats.write('onnx', self.network, self.folder, 'float16', None)

  def test_int8(self):
    """Scores by rank: of random weights, few boxes stay where they are."""
    folder = os.path.join(self.folder, 'int8')
    exports.write(self.network, folder, 'tflite', 'int8')
    found = formats.load(folder, 'tflite', _BOXES)(self.images)
    expected = {name: getattr(self.expected, name).numpy() for name in _BOXES}
    agreement = self.task.exported.compare(expected, found)
    self.assertAllEqual(expected['count'], found['count'])
    self.assertBetween(agreement.difference, 1e-3, 0.1)

  @parameterized.parameters('onnx', 'openvino')
  @soak.slow
  def test_detections_in_other_formats(self, name):
    self.check_format(name)

  def written(self, name):
    folder = os.path.join(self.folder, name)
    if not os.path.exists(folder):
      exports.write(self.network, folder, name)
    return folder

  def check_format(self, name):
    loaded = formats.load(self.written(name), name, _BOXES)
    self.check(loaded(self.images))
    self.check(loaded(self.images[:1]), 1)

  def test_names_of_the_object_detection_api(self):
    folder = exports.write(
      self.network, os.path.join(self.folder, 'frozen'), 'frozen_graph'
    )
    graph_def = tf.compat.v1.GraphDef()
    with open(os.path.join(folder, 'frozen_graph.pb'), 'rb') as file:
      graph_def.ParseFromString(file.read())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.import_graph_def(graph_def, name='')
      boxes, scores, classes, number = session.run(
        [
          f'{name}:0'
          for name in (
            'detection_boxes',
            'detection_scores',
            'detection_classes',
            'num_detections',
          )
        ],
        {'image_tensor:0': self.pixels},
      )
    self.assertAllInSet(classes, [1.0, 2.0, 3.0])
    self.check(
      {
        'boxes': boxes,
        'scores': scores,
        'classes': np.int32(classes - 1),
        'count': np.int32(number),
      }
    )

  def test_an_export_predicts(self):
    folder = self.written('tflite')
    exports.write_card(
      folder, _BOXES, model_name=detectors.NETWORK, num_classes=3, image_size=64
    )
    paths = [
      image_files.write(self.folder, f'{i}.png', image_files.encode(image))
      for i, image in enumerate(self.pixels)
    ]
    predictor = predictor_lib.open_predictor(
      _options(folder, 'ssd'),
      network_flags.DETECTORS,
      kinds.BOXES,
      len(paths),
      detection_export.to_outputs,
    )
    found = [
      one.outputs._asdict()
      for one in predictor_lib.predict(predictor, self.task.predict, paths)
    ]
    self.check(
      {name: np.stack([one[name] for one in found]) for name in _BOXES}
    )


def _options(folder, preprocessing_name):
  return PredictionOptions(
    CheckpointOptions(folder, None),
    NetworkOptions(None, None, None),
    InputOptions(8, None, preprocessing_name),
    LabelOptions(None, None, None),
  )


class SegmenterTest(parameterized.TestCase, tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.size = segmenters.SIZE
    model = segmenters.narrow_model()
    num_classes = len(segmenters.NAMES)
    cls.task = segmentation.make_task(num_classes, image_size=cls.size)
    cls.pixels, cls.images = exports.images(3, cls.size)
    logits = testing.run_eagerly(model, cls.images)[0]
    resized = tf.compat.v1.image.resize(
      logits, [cls.size] * 2, align_corners=True
    ).numpy()
    cls.map = resized.argmax(3)
    cls.scores = tf.nn.softmax(resized).numpy().max(3)
    cls.network = exports.network(model, cls.task.exported, cls.size, 'deeplab')

  def check(self, found):
    self.assertGreater(len(np.unique(self.map)), 1)
    self.assertGreater(np.mean(self.map == found['class_map']), 0.999)
    self.assertAllClose(self.scores, found['scores'], atol=1e-4)

  def test_maps_are_inside(self):
    self.check_format('tflite')

  @parameterized.parameters('onnx', 'openvino', 'frozen_graph')
  @soak.slow
  def test_maps_in_other_formats(self, name):
    self.check_format(name)

  def written(self, name):
    folder = os.path.join(self.folder, name)
    if not os.path.exists(folder):
      exports.write(self.network, folder, name)
    return folder

  def check_format(self, name):
    folder = self.written(name)
    loaded = formats.load(folder, name, ['class_map', 'scores'])
    self.check(loaded(self.images))
    self.assertEqual(
      (1, *[self.size] * 2), loaded(self.images[:1])['class_map'].shape
    )

  def test_card(self):
    folder = self.written('tflite')
    exports.write_card(
      folder,
      ['class_map', 'scores'],
      self.task.exported.shown,
      model_name=segmenters.NETWORK,
      num_classes=len(segmenters.NAMES),
      image_size=self.size,
      preprocessing_name='deeplab',
    )
    for photo in (self.pixels[0, :40, :50], image_files.noise(4, 90, 120)):
      prepared, _ = preparation.fit(photo, self.size, 'deeplab')
      logits = testing.run_eagerly(
        segmenters.narrow_model(), prepared[np.newaxis]
      )[0]
      class_map = self.task.exported.predict(logits)['class_map'].numpy()
      lines = exports.run_card(folder, photo).splitlines()
      found = dict(map(str.split, lines))
      self.assertEqual(
        [str(number) for number in np.unique(class_map)], list(found)
      )
      for number, part in found.items():
        # Rounding may decide a pixel or two between classes.
        self.assertNear(np.mean(class_map == int(number)), float(part), 1e-3)

  def test_saved_model_fills_images_up(self):
    folder = exports.write(
      self.network, os.path.join(self.folder, 'saved'), 'saved_model'
    )
    run = saved_model.load_for_files(folder)
    self.check(run(self.pixels))
    small = self.pixels[:, :40, :50]
    grey = np.full_like(self.images, 0.0)
    grey[:, :40, :50] = self.images[:, :40, :50]
    loaded = formats.load(folder, 'saved_model', ['class_map', 'scores'])
    self.assertAllClose(loaded(grey)['scores'], run(small)['scores'], atol=1e-5)

  def test_outputs_for_the_evaluator(self):
    """Logits, of which softmax gives class and score."""
    logits = segmentation_export.to_outputs(
      {'class_map': np.int32([[[2, 0]]]), 'scores': np.float32([[[0.7, 1.0]]])},
      4,
    )
    self.assertAllClose(
      [[[[0.1, 0.1, 0.7, 0.1], [1.0, 0.0, 0.0, 0.0]]]], tf.nn.softmax(logits)
    )


class CompareTest(tf.test.TestCase):
  def test_boxes(self):
    expected = {
      'boxes': np.float32([[[0, 0, 1, 1], [0, 0, 0.5, 0.5], [0, 0, 0, 0]]]),
      'scores': np.float32([[0.9, 0.8, 0.0]]),
      'classes': np.int32([[1, 0, 0]]),
      'count': np.int32([2]),
    }
    compare = detection_export.compare
    self.assertEqual((0.0, 1.0), tuple(compare(expected, expected)))
    # The order does not count; class and place do.
    turned = {**expected, 'boxes': expected['boxes'][:, [1, 0, 2]]}
    self.assertEqual(0.0, compare(expected, turned).agreeing)
    turned['classes'] = expected['classes'][:, [1, 0, 2]]
    self.assertEqual(1.0, compare(expected, turned).agreeing)
    fewer = {**expected, 'count': np.int32([1])}
    fewer['boxes'] = expected['boxes'] * np.float32([[[1], [0], [0]]])
    fewer['scores'] = np.float32([[0.85, 0.0, 0.0]])
    difference, agreeing = compare(expected, fewer)
    self.assertNear(0.8, difference, 1e-6)
    self.assertEqual(0.5, agreeing)


if __name__ == '__main__':
  tf.test.main()
