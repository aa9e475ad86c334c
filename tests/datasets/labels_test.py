"""Files of class names, of both kinds."""

import tensorflow as tf

from base.errors import InputError
from datasets import labels
from tests.helpers import image_files


class LabelNamesTest(tf.test.TestCase):
  def read(self, text):
    folder = self.get_temp_dir()
    image_files.write(folder, 'labels.txt', text.encode())
    return labels.read_folder(folder)

  def test_read(self):
    self.assertEqual(
      ('cat', 'dog: big', 'zoé'), self.read('0:cat\n2:zoé\n1:dog: big\n\n')
    )
    self.assertEqual(('cat', 'dog'), self.read('0: cat\r\n1: dog'))

  def test_round_trip(self):
    names = ('b', 'a c', 'é')
    labels.write_folder(self.get_temp_dir(), names)
    self.assertEqual(names, labels.read_folder(self.get_temp_dir()))

  def test_missing(self):
    self.assertIsNone(labels.read_folder('/nowhere'))

  def test_wrong(self):
    for text in 'cat\ndog', '0:cat\nx:dog', '0:cat\n0:dog':
      with self.assertRaisesRegex(InputError, r'labels.txt line \d: want id'):
        self.read(text)
    for text in '', '1:cat\n2:dog':
      with self.assertRaisesRegex(InputError, 'ids must run from 0'):
        self.read(text)


class EitherKindTest(tf.test.TestCase):
  def read(self, text):
    path = image_files.write(self.get_temp_dir(), 'names.txt', text.encode())
    return labels.read_label_names(path)

  def test_either_kind_of_file(self):
    self.assertEqual(('a', 'b:c'), self.read('1:b:c\r\n0:a\r\n'))
    self.assertEqual(
      ('tench, Tinca', 'été'), self.read('tench, Tinca\nété\n\n \r\n')
    )
    self.assertEqual(('0:a', 'b'), self.read('0:a\nb'))

  def test_refuses_blank_lines_in_between(self):
    for text, line in (('a\n\nb\n', 2), ('\na\n', 1)):
      with self.assertRaisesRegex(
        InputError, f'names.txt line {line}: blank, .* of class {line - 1} '
      ):
        self.read(text)

  def test_names_of_which_two_are_equal(self):
    labels.check_unique(('a', 'b'), 'here')
    with self.assertRaisesRegex(InputError, "here: 2 classes are called 'b'"):
      labels.check_unique(('a', 'b', 'c', 'b'), 'here')

  def test_refuses_ids_that_are_not_the_classes(self):
    for text in ('0:a\n2:b\n', '0:a\n0:b\n', '1:a\n', ''):
      with self.assertRaisesRegex(
        InputError, r'names.txt( line \d)?: want id:name'
      ):
        self.read(text)


if __name__ == '__main__':
  tf.test.main()
