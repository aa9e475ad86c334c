"""Logs for TensorBoard where nothing can be written."""

import os
import tempfile

import tensorflow as tf

from base.errors import InputError
from tests.helpers import full_disks
from training import summaries


class SummariesTest(tf.test.TestCase):
  def test_a_full_disk_leaves_no_empty_file(self):
    with tempfile.TemporaryDirectory() as folder:
      summaries.make_writer(folder).close()
      before = os.listdir(folder)
      self.assertLen(before, 1)
      with full_disks.largest_file(0):
        with self.assertRaisesRegex(InputError, f'{folder}: no log .*large'):
          summaries.make_writer(folder)
      self.assertEqual(before, os.listdir(folder))


if __name__ == '__main__':
  tf.test.main()
