"""Opening checkpoints: by path and folder, as they come, and what they hold."""

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from tests.helpers import checkpoints as checkpoint_testing


class OpenTest(checkpoint_testing.TestCase):
  def test_one(self):
    older = self.save({'global_step': tf.Variable(0)}, 1)
    newer = self.save({'global_step': tf.Variable(0)}, 2)
    for path in (self.folder, newer, newer + '.index'):
      self.assertEqual(newer, reader.open_checkpoint(path).path)
    self.assertEqual(older, reader.open_checkpoint(older).path)
    self.assertEqual(newer, reader.open_newest(self.folder).path)
    self.assertEqual(self.folder, reader.open_checkpoint(older).folder)
    with self.assertRaisesRegex(InputError, 'there is no checkpoint'):
      reader.open_checkpoint(f'{self.folder}/model.ckpt-3')

  def test_stays_what_it_was_while_others_come(self):
    variable = tf.Variable(1.0)
    self.save({'w': variable}, 1)
    checkpoint = reader.open_checkpoint(self.folder)
    variable.assign(2.0)
    self.save({'w': variable}, 2)
    self.assertEqual(1.0, reader.read(checkpoint, 'w'))

  def test_none_in_a_new_folder(self):
    self.assertIsNone(reader.open_newest(self.folder))
    with self.assertRaisesRegex(InputError, 'has no checkpoint'):
      reader.open_checkpoint(self.folder)


class OpenEachTest(checkpoint_testing.TestCase):
  def open_each(self, **options):
    for checkpoint in reader.open_each(self.folder, **options):
      yield checkpoint.path

  def test_each_new_one(self):
    first = self.save({'w': tf.Variable(1.0)}, 1)
    paths = self.open_each(timeout_secs=1)
    self.assertEqual(first, next(paths))
    second = self.save({'w': tf.Variable(1.0)}, 2)
    self.assertEqual([second], list(paths))

  def test_refuses_to_wait_in_vain(self):
    with self.assertRaisesRegex(InputError, 'no checkpoint came within 0 s'):
      list(self.open_each(timeout_secs=0))
    path = self.save({'w': tf.Variable(1.0)}, 1)
    with self.assertRaisesRegex(InputError, 'is one checkpoint'):
      list(reader.open_each(path))


class CountClassesTest(checkpoint_testing.TestCase):
  def count(self, *names):
    self.save({name: tf.Variable([1.0, 2.0]) for name in names})
    return reader.count_classes(reader.open_checkpoint(self.folder))

  def test_heads_of_every_family(self):
    for name in (
      'MobilenetV2/Logits/Conv2d_1c_1x1/biases',
      'final_layer/FC/biases',
    ):
      self.assertEqual(2, self.count(name, 'MobilenetV2/Conv/biases'))

  def test_refuses_a_checkpoint_without_logits(self):
    with self.assertRaisesRegex(InputError, 'no biases of logits'):
      self.count('MobilenetV2/Conv/biases')


if __name__ == '__main__':
  tf.test.main()
