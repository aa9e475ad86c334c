"""In which order runs are compared."""

import json
import os
import tempfile

from absl.testing import absltest

from reports import runs
from tests.helpers import image_files


class RunsTest(absltest.TestCase):
  def test_what_is_not_a_number_is_worst(self):
    """Wherever it is met; and a run without an evaluation comes after it."""
    folder = self.enterContext(tempfile.TemporaryDirectory())
    values = (('a', 'NaN'), ('b', '0.25'), ('c', 'NaN'), ('d', '0.75'))
    for name, value in (*values, ('e', None)):
      image_files.write(folder, f'{name}/model.json', b'{}')
      if value:
        content = {'step': 1, 'metrics': {'mIOU': float(value)}}
        image_files.write(
          folder,
          f'{name}/evaluation-model.ckpt-1.json',
          json.dumps(content).encode(),
        )
    found = [os.path.basename(result.run) for result in runs.read([folder])]
    self.assertEqual(['d', 'b', 'a', 'c', 'e'], found)


if __name__ == '__main__':
  absltest.main()
