"""The archive of flowers, here with a real one, becomes the same records."""

import os
import tarfile
import tempfile

from absl.testing import absltest
import numpy as np
from PIL import Image
from sklearn import datasets as sklearn_datasets

from base.errors import InputError
from datasets import catalog
from datasets import images
from datasets.archives import flowers
from datasets.selection import Selection
from tests.helpers import archives
from tests.helpers import conversions
from tests.helpers import image_files

_NAMES = ('daisy', 'dandelion', 'roses', 'sunflowers', 'tulips')


def _photos(count):
  """Returns {name in the archive: JPEG}, many parts of two real photographs."""
  flower, china = sklearn_datasets.load_sample_images().images[::-1]
  photos = {}
  for index in range(count):
    photo = china if index % 2 else flower
    left = index * 2 % 600
    crop = Image.fromarray(photo[100:120, left : left + 30])
    name = f'flower_photos/{_NAMES[index % 5]}/{index}_n.jpg'
    photos[name] = image_files.encode(crop, 'JPEG')
  return photos


class FlowersTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.output = os.path.join(self.folder, 'records')

  def write(self, members):
    path = os.path.join(self.folder, flowers.FLOWERS.name)
    return archives.write_tar(path, members, 'w:gz')

  def test_round_trip(self):
    photos = _photos(400)
    self.write({'flower_photos/LICENSE.txt': b'CC-BY', **photos})
    self.assertEqual(
      'flowers', conversions.convert('flowers', self.folder, self.output)
    )
    read = [
      conversions.read('flowers', split_name, self.output)
      for split_name in ('train', 'validation')
    ]
    self.assertEqual([50, 350], [len(split) for split in read])
    self.assertEqual(
      conversions.as_sorted(
        [images.read_image(photo, name) for name, photo in photos.items()],
        [_NAMES.index(name.split('/')[1]) for name in photos],
      ),
      sorted(read[0] + read[1]),
    )
    self.assertContainsSubset(
      [f'flowers_train_0000{i}-of-00005.tfrecord' for i in range(5)],
      os.listdir(self.output),
    )
    dataset = catalog.get_dataset('flowers', 'validation', self.output)
    self.assertEqual(_NAMES, dataset.label_names)
    labels = [dataset.read(i, None).target for i in range(350)]
    self.assertNotEqual(sorted(labels), labels)

  def test_another_seed_holds_out_other_images(self):
    self.write(_photos(400))
    held_out = []
    for name, seed in ('a', 0), ('b', 0), ('c', 1):
      output = os.path.join(self.folder, name)
      conversions.convert('flowers', self.folder, output, Selection(seed=seed))
      held_out.append(conversions.read('flowers', 'validation', output))
    self.assertEqual(held_out[0], held_out[1])
    self.assertNotEqual(held_out[0], held_out[2])

  def test_stratified(self):
    self.write(_photos(400))
    conversions.convert(
      'flowers',
      self.folder,
      self.output,
      Selection(validation_fraction=0.25, stratified=True),
    )
    for split_name, count in ('train', 60), ('validation', 20):
      split = conversions.read('flowers', split_name, self.output)
      counts = np.bincount([label for label, *_ in split])
      self.assertEqual([count] * 5, counts.tolist())

  def test_names_lead_nowhere(self):
    """Neither a path upwards, nor a link, nor a hidden file is followed."""
    link = tarfile.TarInfo('flower_photos/roses/link.jpg')
    link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
    photos = _photos(10)
    self.write(
      {
        '../../outside.jpg': b'x',
        '/tmp/outside/of/it.jpg': b'x',
        'link': link,
        'flower_photos/roses/._1.jpg': b'x',
        **photos,
      }
    )
    found = flowers.read(self.folder)
    self.assertEqual(_NAMES, found.label_names)
    self.assertLen(found.splits['train'].labels, 10)
    self.assertEqual(
      sorted(photos.values()),
      sorted(found.splits['train'].read(i)[0] for i in range(10)),
    )
    self.assertEqual([flowers.FLOWERS.name], os.listdir(self.folder))

  def test_other_archive(self):
    self.write({'other/photo.jpg': b'x'})
    with self.assertRaisesRegex(InputError, 'no flower_photos/CLASS/NAME.jpg'):
      flowers.read(self.folder)

  def test_an_unreadable_photo_is_named(self):
    self.write({**_photos(400), 'flower_photos/roses/bad.jpg': b'text'})
    with self.assertRaisesRegex(InputError, '1 of 401 images cannot be read'):
      conversions.convert('flowers', self.folder, self.output)
    self.assertEqual([flowers.FLOWERS.name], os.listdir(self.folder))


if __name__ == '__main__':
  absltest.main()
