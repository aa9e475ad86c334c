"""How many threads an operation takes is kept by machine."""

import os
import platform
import tempfile
from unittest import mock

from absl.testing import absltest

from runtime import threads
from tests.helpers import image_files


class ThreadsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.enter_context(
      mock.patch.dict(os.environ, {'XDG_CACHE_HOME': self.folder})
    )

  def test_until_it_was_measured(self):
    self.assertEqual([1, 1, 8], [threads.for_few_images(n) for n in (1, 2, 8)])
    self.assertEmpty(os.listdir(self.folder))

  def test_what_was_measured_is_kept_by_cores(self):
    threads.keep(8, 4)
    threads.keep(2, 2)
    self.assertEqual(
      [2, 16, 4], [threads.for_few_images(n) for n in (2, 16, 8)]
    )
    with mock.patch.object(threads, 'processor', return_value='another'):
      self.assertEqual(8, threads.for_few_images(8))

  def test_processor(self):
    for content, name in (
      (
        'processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\n'
        'model name\t: AMD EPYC\n\nprocessor\t: 1\nmodel\t\t: 1\n',
        'AMD EPYC (family 25, model 17)',
      ),
      ('processor\t: 0\nmodel name\t: Cortex\n', 'Cortex'),
      ('processor\t: 0\nCPU part\t: 0xd40\n', platform.machine()),
      ('', platform.machine()),
    ):
      image_files.write(self.folder, 'cpuinfo', content.encode())
      path = os.path.join(self.folder, 'cpuinfo')
      self.assertEqual(name, threads.processor(path))
      os.remove(path)
      self.assertEqual(platform.machine(), threads.processor(path))

  def test_what_nobody_kept_counts_for_nothing(self):
    machine = threads.machine(2)
    for content in (
      '',
      '\0',
      '[2]',
      f'{{"{machine}": 3}}',
      f'{{"{machine}": "2"}}',
    ):
      image_files.write(self.folder, 'twinslim/threads.json', content.encode())
      self.assertEqual(1, threads.for_few_images(2), content)
    threads.keep(2, 2)
    self.assertEqual(2, threads.for_few_images(2))


if __name__ == '__main__':
  absltest.main()
