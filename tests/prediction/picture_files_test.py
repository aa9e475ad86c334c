"""Names and numbers of pictures, and the files that are written."""

import json
import os
import tempfile

from absl.testing import absltest
import numpy as np
from PIL import Image

from base.errors import InputError
from prediction import picture_files


class PictureFilesTest(absltest.TestCase):
  def test_each_image_has_a_name_of_its_own(self):
    self.assertEqual(
      {
        'a/cat.jpg': 'cat.png',
        'b/cat.jpg': 'cat-2.png',
        'b/cat.png': 'cat-3.png',
        'cat-2.jpg': 'cat-2-2.png',
        'two.dots.jpg': 'two.dots.png',
        'none': 'none.png',
      },
      picture_files.name_pictures(
        [
          'a/cat.jpg',
          'b/cat.jpg',
          'b/cat.png',
          'cat-2.jpg',
          'two.dots.jpg',
          'none',
        ],
        'predictions',
      ),
    )

  def test_no_picture_takes_the_place_of_an_image(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    path, other, link = (
      os.path.join(folder, name) for name in ('8.png', '8.jpg', 'link')
    )
    os.symlink(folder, link)
    for paths, output in (
      ([path], folder),
      ([path], link),
      ([os.path.join(link, '8.png')], folder),
      ([other, path], os.path.join(folder, '.')),  # of another image's
    ):
      with self.assertRaisesRegex(InputError, '8.png: the picture of .*8.* an'):
        picture_files.name_pictures(paths, output)
    self.assertEqual(
      {other: '8.png'}, picture_files.name_pictures([other], folder)
    )

  def test_image_ids_are_those_of_cocos_files(self):
    coco = ['val2017/000000000139.jpg', 'val2017/000000581781.jpg']
    self.assertEqual([139, 581781], list(_ids(coco)))

  def test_others_count_from_1(self):
    for paths in (
      ['000000000139.jpg', 'dog.jpg'],
      ['a/7.jpg', 'b/007.jpg'],
      ['²', '3'],
      ['-1.jpg', '5.jpg'],
    ):
      self.assertEqual([1, 2], list(_ids(paths)), paths)

  def test_files(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    picture = np.random.RandomState(0).randint(0, 256, [4, 6, 3], np.uint8)
    path = picture_files.write(folder, 'cat.png', picture)
    self.assertEqual(os.path.join(folder, 'cat.png'), path)
    np.testing.assert_array_equal(picture, np.asarray(Image.open(path)))
    picture_files.write_results(folder, 'all.json', [{'score': 0.5}])
    with open(os.path.join(folder, 'all.json'), encoding='utf-8') as file:
      self.assertEqual([{'score': 0.5}], json.load(file))


def _ids(paths):
  return picture_files.image_ids(paths).values()


if __name__ == '__main__':
  absltest.main()
