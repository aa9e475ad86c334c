"""Exports of runs that shrank photographs see them as the checkpoint does."""

import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from checkpoints import run_info
from datasets import catalog
from datasets import image_files as opening
from datasets.input_pipeline import InputOptions
from export import images
from tasks import classification_export
from tests.helpers import exports
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing
from tests.helpers import soak

_SIZE = 32
_OPTIONS = InputOptions(8, _SIZE, 'inception', shrink_images=True)
_SHRUNK = (100, 113, 3)  # 800 x 900 by 8: 54 pixels would be left by 14.


class ShrunkPhotographsTest(parameterized.TestCase, tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.model = exports.classifier(5)
    cls.photos = f'{cls.folder}/photos'
    cls.paths = []
    for seed in range(4):
      image = image_files.encode(image_files.noise(seed, 800, 900), 'JPEG')
      name = f'{"ab"[seed % 2]}/{seed}.jpg'
      cls.paths.append(image_files.write(cls.photos, name, image))

  @parameterized.parameters(True, False)
  def test_images_are_those_that_classify_image_sees(self, shrinks):
    options = _OPTIONS._replace(shrink_images=shrinks)
    folder = images.find(self.photos)
    of_folder, _ = images.to_compare(folder, options)
    dataset = catalog.get_dataset('image_folder', 'train', self.photos, 0.0)
    of_dataset, _ = images.to_compare(dataset, options)
    opened = [opening.open_image(path, options) for path in folder.files]
    self.assertLen(opened, 4)
    shape = _SHRUNK if shrinks else (800, 900, 3)
    for image, found in zip(opened, of_folder, strict=True):
      self.assertEqual(shape, found.shape)
      self.assertAllEqual(image.pixels, found)
    self.assertEqual([shape] * 4, [image.shape for image in of_dataset])
    self.assertAllEqual(
      [image.prepared for image in opened],
      images.to_calibrate(folder, 4, options),
    )

  @parameterized.parameters('tflite', 'frozen_graph', 'saved_model')
  def test_card_answers_as_classify_image(self, name):
    exact = self._probabilities(_OPTIONS._replace(shrink_images=False))
    expected = self._probabilities(_OPTIONS)
    self.assertGreater(np.abs(expected - exact).max(), 0.01)
    folder = f'{self.folder}/{name}'
    network = exports.network(
      self.model, classification_export.EXPORTED, _SIZE, 'inception'
    )
    exports.write(network, folder, name)
    exports.write_card(
      folder,
      ['probabilities'],
      classification_export.EXPORTED.shown,
      format=name,
      model_name='mobilenet_v1',
      num_classes=5,
      image_size=_SIZE,
      preprocessing_name='inception',
      shrink_images=True,
    )
    photo = image_files.noise(0, 800, 900)
    label, printed = exports.run_card(folder, photo, 'JPEG').split()
    self.assertEqual(int(np.argmax(expected)), int(label))
    self.assertNear(expected.max(), float(printed), 1e-5)

  def _probabilities(self, options):
    image = opening.open_image(self.paths[0], options).prepared
    logits, _ = testing.run_eagerly(self.model, np.float32([image]))
    return tf.nn.softmax(logits)[0].numpy()

  @soak.slow
  def test_program_takes_it_from_the_run(self):
    """Checkpoints that do not say, such as published ones, are shrunk for."""
    runs = {'unknown': None, 'exact': False}
    for name, shrinks in runs.items():
      exports.save_run(
        self.model.variables_by_name,
        f'{self.folder}/{name}',
        image_size=_SIZE,
        preprocessing_name='inception',
        shrink_images=shrinks,
      )
    results = program_testing.run(
      'export_model',
      *(
        [
          f'--checkpoint_path={self.folder}/{name}',
          f'--output={self.folder}/{name}_export',
          '--format=tflite',
        ]
        for name in runs
      ),
    )
    for (name, shrinks), result in zip(runs.items(), results, strict=True):
      self.assertEqual(0, result.status, result.stderr)
      info = run_info.read_run_info(f'{self.folder}/{name}_export')
      self.assertIs(shrinks is not False, info['shrink_images'])


if __name__ == '__main__':
  tf.test.main()
