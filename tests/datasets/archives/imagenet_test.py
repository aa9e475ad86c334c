"""ImageNet's archives, made small, and folders of synsets become records."""

import io
import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np
from scipy import io as scipy_io

from base.errors import InputError
from datasets import catalog
from datasets import images
from datasets.archives import imagenet
from datasets.selection import Selection
from tests.helpers import archives
from tests.helpers import conversions
from tests.helpers import image_files

_SYNSETS = [f'n{10_000_000 + 7 * label}' for label in range(1000)]
# The development kit numbers its synsets in another order, from 1.
_NUMBERED = np.random.RandomState(0).permutation(1000)
_TRUTH = np.random.RandomState(1).randint(0, 1000, 30)  # labels
_JPEGS = [
  image_files.encode(image_files.noise(i, 6, 8), 'JPEG') for i in range(8)
]


def _jpeg(label):
  return _JPEGS[label % 8]


def _meta():
  """Returns meta.mat: 1000 synsets, and one that has them as children."""
  fields = ('ILSVRC2012_ID', 'WNID', 'words', 'gloss', 'num_children')
  rows = [
    (number, _SYNSETS[label], f'word {label}, other', 'A thing.', 0)
    for number, label in enumerate(_NUMBERED, 1)
  ]
  rows.append((1001, 'n00001740', 'entity', 'All.', 1000))
  synsets = np.array(rows, [(field, object) for field in fields])
  file = io.BytesIO()
  scipy_io.savemat(file, {'synsets': synsets.reshape(-1, 1)})
  return file.getvalue()


class ImagenetTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.output = os.path.join(self.folder, 'records')

  def path(self, name):
    return os.path.join(self.folder, name)

  def write_kit(self):
    numbers = {label: number for number, label in enumerate(_NUMBERED, 1)}
    truth = ''.join(f'{numbers[label]}\n' for label in _TRUTH)
    top = 'ILSVRC2012_devkit_t12/data'
    archives.write_tar(
      self.path('ILSVRC2012_devkit_t12.tar.gz'),
      {
        f'{top}/ILSVRC2012_validation_ground_truth.txt': truth.encode(),
        f'{top}/meta.mat': _meta(),
      },
      'w:gz',
    )

  def write_train(self, labels):
    archives.write_tar(
      self.path('ILSVRC2012_img_train.tar'),
      {
        f'{_SYNSETS[label]}.tar': archives.tar_bytes(
          {f'{_SYNSETS[label]}_{label}.JPEG': _jpeg(label)}
        )
        for label in reversed(labels)
      },
    )

  def write_validation(self, count=30):
    names = [f'ILSVRC2012_val_{i:08d}.JPEG' for i in range(1, count + 1)]
    archives.write_tar(
      self.path('ILSVRC2012_img_val.tar'),
      {names[i]: _jpeg(_TRUTH[i]) for i in reversed(range(count))},
    )

  def check(self, read_as, split_name, labels, offset):
    """labels: of the images that were written; offset: in the records."""
    expected = conversions.as_sorted(
      [images.read_image(_jpeg(label), 'x') for label in labels],
      [label + offset for label in labels],
    )
    self.assertEqual(
      expected, conversions.read(read_as, split_name, self.output)
    )

  @parameterized.parameters(
    (None, 'imagenet', 1001, 1), (False, 'tfrecord', 1000, 0)
  )
  def test_archives(self, background, name, num_classes, offset):
    self.write_kit()
    self.write_train(range(1000))
    self.write_validation()
    read_as = conversions.convert(
      'imagenet', self.folder, self.output, num_shards=3, background=background
    )
    self.assertEqual(name, read_as)
    self.check(name, 'train', range(1000), offset)
    self.check(name, 'validation', _TRUTH, offset)
    dataset = catalog.get_dataset(name, 'validation', self.output)
    self.assertEqual(
      (num_classes, 'word 7, other'),
      (dataset.num_classes, dataset.label_names[7 + offset]),
    )
    self.assertEqual(
      'background' if offset else 'word 0, other', dataset.label_names[0]
    )
    self.assertIn('train-00002-of-00003', os.listdir(self.output))
    if not offset:
      with self.assertRaisesRegex(InputError, 'imagenet has 1001'):
        catalog.get_dataset('imagenet', 'train', self.output)

  def test_shards_are_slims(self):
    self.write_kit()
    self.write_validation()
    chosen = Selection()
    # Validation alone, of which not every class has an image here.
    with self.assertRaisesRegex(InputError, 'validation has no images of 97'):
      conversions.convert('imagenet', self.folder, self.output, chosen)
    taken = tuple(_SYNSETS[label] for label in dict.fromkeys(_TRUTH))
    conversions.convert('imagenet', self.folder, self.output, Selection(taken))
    self.assertIn('validation-00029-of-00030', os.listdir(self.output))

  def test_some_classes(self):
    self.write_kit()
    self.write_train([3, 5, 900])
    read_as = conversions.convert(
      'imagenet',
      self.folder,
      self.output,
      Selection((_SYNSETS[900], _SYNSETS[3])),
      num_shards=1,
    )
    self.assertEqual('tfrecord', read_as)
    dataset = catalog.get_dataset('tfrecord', 'train', self.output)
    self.assertEqual(('word 900, other', 'word 3, other'), dataset.label_names)
    self.assertEqual(
      conversions.as_sorted(
        [images.read_image(_jpeg(label), 'x') for label in (900, 3)], [0, 1]
      ),
      conversions.read('tfrecord', 'train', self.output),
    )

  def test_folders(self):
    words = ''.join(f'{name} the {name}, a\n' for name in _SYNSETS)
    image_files.write(self.folder, 'LOC_synset_mapping.txt', words.encode())
    for label in range(1000):
      name = f'train/{_SYNSETS[label]}/x.JPEG'
      image_files.write(self.folder, name, _jpeg(label))
    image_files.write(self.folder, f'val/{_SYNSETS[8]}/y.JPEG', _jpeg(8))
    # Another image, for no mask or text goes by its name.
    image_files.write(self.folder, f'val/{_SYNSETS[8]}/y.jpg', _jpeg(9))
    image_files.write(self.folder, 'val/other/y.txt', b'')
    conversions.convert('imagenet', self.folder, self.output, num_shards=1)
    self.check('imagenet', 'train', range(1000), 1)
    self.assertEqual(
      conversions.as_sorted(
        [images.read_image(_jpeg(label), 'x') for label in (8, 9)], [9, 9]
      ),
      conversions.read('imagenet', 'validation', self.output),
    )
    dataset = catalog.get_dataset('imagenet', 'train', self.output)
    self.assertEqual(f'the {_SYNSETS[0]}, a', dataset.label_names[1])

  def test_not_1000_synsets(self):
    self.write_train([3, 5])
    with self.assertRaisesRegex(
      InputError, '2 synsets, ILSVRC2012 has 1000; .*=image_folder'
    ):
      imagenet.read(self.folder)

  def test_a_synset_is_missing(self):
    self.write_kit()
    self.write_train(range(998))
    with self.assertRaisesRegex(
      InputError,
      f'train has no images of 2 of its 1000 classes: {_SYNSETS[998]}, n',
    ):
      conversions.convert('imagenet', self.folder, self.output)
    self.assertFalse(os.path.exists(self.output))

  def test_nothing_there(self):
    with self.assertRaisesRegex(
      InputError, 'put ILSVRC2012_img_train.tar .*https://image-net.org/'
    ):
      imagenet.read(self.folder)

  def test_validation_without_the_kit(self):
    self.write_validation()
    with self.assertRaisesRegex(InputError, 'labels are in .*devkit_t12.tar'):
      imagenet.read(self.folder)

  def test_validation_of_another_number(self):
    self.write_kit()
    self.write_validation(29)
    with self.assertRaisesRegex(InputError, '29 images, .* labels of 30'):
      imagenet.read(self.folder, check_md5=False)

  def test_kit_that_is_none(self):
    self.write_kit()
    with self.assertRaisesRegex(InputError, 'MD5 is .*, not fa75699e'):
      imagenet.read(self.folder)
    archives.write_tar(
      self.path('ILSVRC2012_devkit_t12.tar.gz'), {'a/data/x': b''}, 'w:gz'
    )
    with self.assertRaisesRegex(InputError, "not ILSVRC2012's development kit"):
      imagenet.read(self.folder, check_md5=False)

  def test_truncated(self):
    self.write_train(range(20))
    path = self.path('ILSVRC2012_img_train.tar')
    os.truncate(path, os.path.getsize(path) // 2)
    with self.assertRaisesRegex(InputError, 'no whole tar archive'):
      imagenet.read(self.folder)


if __name__ == '__main__':
  absltest.main()
