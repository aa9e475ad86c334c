"""The program: what it writes, says and leaves behind."""

import os
import tempfile
from unittest import mock

from absl.testing import absltest
import numpy as np

from datasets import catalog
from datasets import images
from datasets.archives import conversion
from datasets.selection import Selection
from tests.helpers import archives
from tests.helpers import conversions
from tests.helpers import image_files
from tests.helpers import programs

_PROGRAM = 'download_and_convert_data'

# Nothing listens there: no machine has a network.
_NO_NETWORK = {
  **{f'{scheme}_proxy': 'http://127.0.0.1:9' for scheme in ('http', 'https')},
  'no_proxy': '',
}


class DownloadAndConvertDataTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.enter_context(mock.patch.dict(os.environ, _NO_NETWORK))
    self.output = self.path('records')

  def path(self, name):
    return os.path.join(self.folder, name)

  def write_mnist(self, name='source', count=20):
    source = self.path(name)
    os.makedirs(source)
    grey = archives.pixels(0, count, 4, 6)
    archives.write_mnist(source, *[(grey, np.arange(count) % 10)] * 2)
    return source

  def test_program(self):
    mnist = f'--source_dir={self.write_mnist()}'
    photos = image_files.write_folder(self.path('photos'), ['cat', 'dog'], 10)
    good = (
      ('--dataset_name=mnist', mnist, '--nocheck_md5', '--dataset_dir=OUT'),
      (
        *('--dataset_name=mnist', mnist, '--nocheck_md5', '--dataset_dir=OUT'),
        *('--classes=seven,two', '--max_images_per_class=1'),
      ),
      (
        *('--dataset_name=image_folder', f'--source_dir={photos}'),
        *('--stratified', '--dataset_dir=OUT'),
      ),
    )
    bad = (
      ((), 'set --dataset_name, one of cifar10, .*, and --dataset_dir'),
      (('--dataset_name=pets', '--dataset_dir=BAD'), 'unknown data set pets; '),
      (
        ('--dataset_name=mnist', mnist, '--dataset_dir=BAD'),
        '.*/source/train-images.*: its MD5 is .*, not f68b3c',
      ),
      (
        (
          *('--dataset_name=fashion_mnist', '--dataset_dir=BAD'),
          f'--source_dir={self.path("empty")}',
        ),
        'http://fashion-mnist.*cannot be downloaded .Connection refused.; run '
        'this again, or put train-images-idx3-ubyte.gz, train-labels-idx1-.* '
        'from http://fashion-mnist.* into .*/empty',
      ),
      (
        ('--dataset_name=image_folder', '--dataset_dir=BAD'),
        'image_folder: set source_dir',
      ),
      (
        ('--dataset_name=mnist', mnist, '--dataset_dir=BAD', '--shards=2'),
        'shards 2: mnist has one file for each split',
      ),
      (('--dataset_name=mnist', f'--dataset_dir={photos}'), '.*not an empty f'),
    )
    outputs = [self.path(str(i)) for i in range(len(good))]
    lines = [
      [argument.replace('OUT', output) for argument in arguments]
      for arguments, output in zip(good, outputs)
    ]
    lines += [
      [argument.replace('BAD', self.output) for argument in arguments]
      for arguments, _ in bad
    ]
    results = programs.run(_PROGRAM, *lines)
    for result, output, name in zip(
      results, outputs, ('mnist', 'tfrecord', 'tfrecord')
    ):
      self.assertEqual(0, result.status, result.stderr)
      self.assertEndsWith(
        result.stdout,
        f'Train with --dataset_name={name} --dataset_dir={output}\n',
      )
    self._check_good(outputs)
    for (_, message), result in zip(bad, results[len(good) :], strict=True):
      programs.assert_fails(self, _PROGRAM, result, message)
    self.assertFalse(os.path.exists(self.output))

  def _check_good(self, outputs):
    self.assertLen(conversions.read('mnist', 'train', outputs[0]), 20)
    few = catalog.get_dataset('tfrecord', 'train', outputs[1])
    self.assertEqual((('seven', 'two'), 2), (few.label_names, few.num_examples))
    for split_name, count in ('train', 8), ('validation', 2):
      labels = [
        label
        for label, *_ in conversions.read('tfrecord', split_name, outputs[2])
      ]
      self.assertEqual([0] * count + [1] * count, labels)

  def test_a_folder_is_held_out_by_names(self):
    """As training on the folder itself does, unless it is to be stratified."""
    photos = image_files.write_folder(self.path('photos'), ['cat', 'dog'], 10)
    conversions.convert('image_folder', photos, self.output)
    for split_name in 'train', 'validation':
      folder = catalog.get_dataset('image_folder', split_name, photos)
      examples = [folder.read(i, None) for i in range(folder.num_examples)]
      self.assertEqual(
        conversions.as_sorted(
          [one.image for one in examples], [one.target for one in examples]
        ),
        conversions.read('tfrecord', split_name, self.output),
      )

  def test_validation_beside_test(self):
    source = self.write_mnist(count=40)
    conversions.convert(
      'mnist',
      source,
      self.output,
      Selection(validation_fraction=0.25, stratified=True),
    )
    for split_name, count in ('train', 30), ('validation', 10), ('test', 40):
      read = conversions.read('mnist', split_name, self.output)
      self.assertLen(read, count)
    self.assertEqual('test', catalog.held_out_split('mnist'))

  def test_interruption_leaves_no_records(self):
    source = self.write_mnist()
    with mock.patch.object(
      images, 'plain_format', side_effect=KeyboardInterrupt
    ):
      with self.assertRaises(KeyboardInterrupt):
        conversions.convert('mnist', source, self.output)
    self.assertEqual(['source'], os.listdir(self.folder))

  def test_archives_are_looked_for_beside_the_records(self):
    self.write_mnist('records_archives')
    self.assertEqual(
      'mnist', conversions.convert('mnist', None, self.output + '/')
    )
    self.assertIn('labels.txt', os.listdir(self.output))

  def test_every_name_is_in_the_catalog(self):
    self.assertContainsSubset(conversion.names(), catalog.dataset_names())


if __name__ == '__main__':
  absltest.main()
