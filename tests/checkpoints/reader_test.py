"""Opening checkpoints: by path and folder, as they come, and what they hold."""

import os
from unittest import mock

import numpy as np
import tensorflow as tf

from base import errors
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

  def test_stays_what_it_was_when_it_is_deleted(self):
    """As training does, which keeps the newest few."""
    self.save({'w': tf.Variable(1.0)}, 1)
    checkpoint = reader.open_checkpoint(self.folder)
    for name in os.listdir(self.folder):
      os.remove(os.path.join(self.folder, name))
    self.assertEqual(1.0, reader.read(checkpoint, 'w'))

  def test_deleted_while_it_is_opened(self):
    self.save({'w': tf.Variable(1.0)}, 1)
    newer = self.save({'w': tf.Variable(2.0)}, 2)
    load = tf.train.load_checkpoint

    def delete_first(path):
      if path == newer:
        self.save({'w': tf.Variable(3.0)}, 3)
        os.remove(newer + '.index')
      return load(path)

    with (
      mock.patch.object(tf.train, 'load_checkpoint', delete_first),
      mock.patch.object(errors, 'tell', side_effect=AssertionError),
    ):
      self.assertEqual(3.0, reader.open_checkpoint(self.folder).values['w'])

  def test_none_in_a_new_folder(self):
    self.assertIsNone(reader.open_newest(self.folder))
    with self.assertRaisesRegex(InputError, 'has no checkpoint'):
      reader.open_checkpoint(self.folder)


class StepTest(tf.test.TestCase):
  def _step_of(self, **values):
    arrays = {name: np.array(value) for name, value in values.items()}
    return reader.Checkpoint('folder/model.ckpt-1', arrays).step

  def test_is_a_number(self):
    self.assertEqual(5, self._step_of(global_step=5))
    self.assertIsNone(self._step_of(weights=1.0))
    for bad, message in (
      ([1, 2], 'global_step is no number'),
      (b'five', 'global_step is no number'),
      (np.nan, 'global_step holds NaN'),
    ):
      with self.assertRaisesRegex(InputError, f'ckpt-1: {message}'):
        self._step_of(global_step=bad)


class LatestTest(checkpoint_testing.TestCase):
  def test_none_in_an_empty_or_missing_folder(self):
    self.assertIsNone(reader.latest(self.folder))
    self.assertIsNone(reader.latest(os.path.join(self.folder, 'none')))

  def test_a_damaged_or_missing_state_file(self):
    """The newest by its step is taken; training does not start anew."""
    for step in (9, 10):
      path = self.save(
        checkpoint_testing.TinyModel().variables_by_name, step=step
      )
    state_file = os.path.join(self.folder, 'checkpoint')
    for content in (
      b'rubbish',
      b'',
      b'\xff\xfe\x00',
      b'model_checkpoint_path: "model.ckpt-8"',
      None,
    ):
      if content is None:
        os.remove(state_file)
      else:
        self._write(state_file, content)
      self.assertEqual(path, reader.latest(self.folder))
      self.assertEqual(path, reader.open_newest(self.folder).path)

  def test_the_one_that_the_state_file_names_comes_first(self):
    older, newer = (
      self.save(checkpoint_testing.TinyModel().variables_by_name, step=step)
      for step in (9, 10)
    )
    self._write(
      os.path.join(self.folder, 'checkpoint'),
      b'model_checkpoint_path: "model.ckpt-9"',
    )
    self.assertEqual([older, newer], reader.newest_first(self.folder))

  def test_a_state_file_that_names_another_folder(self):
    """It comes from there; training must not go on from what is not its own."""
    other = os.path.join(os.path.dirname(self.folder), 'other')
    variables = checkpoint_testing.TinyModel().variables_by_name
    foreign = checkpoint_testing.save(variables, other, step=90)
    own = [self.save(variables, step=step) for step in (9, 10)]
    state_file = os.path.join(self.folder, 'checkpoint')
    for name, newest in (
      (foreign, own[1]),
      ('../other/model.ckpt-90', own[1]),
      # slim's have absolute paths, and folders are moved.
      ('/was/here/model.ckpt-9', own[0]),
      (own[0], own[0]),
    ):
      self._write(state_file, f'model_checkpoint_path: "{name}"'.encode())
      self.assertEqual(newest, reader.latest(self.folder))

  def test_killed_before_the_state_file_was_written(self):
    """What was saved last is whole, and is not lost."""
    named, saved = (
      self.save(checkpoint_testing.TinyModel().variables_by_name, step=step)
      for step in (9, 10)
    )
    state_file = os.path.join(self.folder, 'checkpoint')
    self._write(state_file, b'model_checkpoint_path: "model.ckpt-9"')
    for later, first in ((1, saved), (-1, named)):
      now = os.stat(state_file).st_mtime
      os.utime(f'{saved}.index', (now + later, now + later))
      self.assertEqual(first, reader.latest(self.folder))

  def _write(self, path, content):
    with open(path, 'wb') as file:
      file.write(content)

  def test_a_damaged_checkpoint_is_passed_over(self):
    """The next newer one that is good is taken, and that is said."""
    paths = [
      self.save(checkpoint_testing.TinyModel().variables_by_name, step=step)
      for step in (1, 2, 3)
    ]
    self._write(paths[2] + '.index', b'rubbish')
    data = paths[1] + '.data-00000-of-00001'
    with open(data, 'rb') as file:
      content = file.read()
    self._write(data, content[:9] + bytes([content[9] ^ 1]) + content[10:])
    with mock.patch.object(errors, 'tell') as tell:
      self.assertEqual(paths[0], reader.open_newest(self.folder).path)
      self.assertEqual(paths[0], reader.open_checkpoint(self.folder).path)
    message = tell.call_args.args[0]
    self.assertRegex(
      message, 'ckpt-3 is not a .*ckpt-2 is damaged.*ckpt-1 is taken'
    )
    self._write(paths[0] + '.index', b'')
    with self.assertRaisesRegex(InputError, 'no checkpoint that is good: .*-1'):
      reader.open_newest(self.folder)


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

  def test_one_is_deleted_meanwhile(self):
    """By the training that keeps the newest few: the next is taken."""
    self.save({'w': tf.Variable(1.0)}, 1)
    second = self.save({'w': tf.Variable(2.0)}, 2)
    load = tf.train.load_checkpoint

    def delete_first(path):
      if path == second:
        self.save({'w': tf.Variable(3.0)}, 3)
        os.remove(f'{second}.index')
      return load(path)

    with (
      mock.patch.object(tf.train, 'load_checkpoint', delete_first),
      mock.patch.object(errors, 'tell', side_effect=AssertionError),
    ):
      found = list(self.open_each(interval_secs=0.01, timeout_secs=1))
    self.assertEqual([f'{self.folder}/model.ckpt-3'], found)

  def test_the_newest_is_damaged(self):
    """Then the newest good one counts; without any, it waits for one."""
    paths = [self.save({'w': tf.Variable(1.0)}, i) for i in (1, 2)]
    for path in paths[::-1]:
      with open(f'{path}.index', 'wb'):
        pass
      with mock.patch.object(errors, 'tell') as tell:
        found = self.open_each(timeout_secs=0.5)
        if path == paths[0]:
          with self.assertRaisesRegex(InputError, 'within 0.5 s; .*is damaged'):
            list(found)
        else:
          self.assertEqual(paths[:1], list(found))
          tell.assert_called_once()

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
