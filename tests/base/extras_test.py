"""What is not installed is told in one line."""

import json

from absl.testing import absltest

from base import extras
from base.errors import InputError


class ExtrasTest(absltest.TestCase):
  def test_there(self):
    self.assertIs(json, extras.load('json'))
    self.assertEqual('json.decoder', extras.load('json.decoder').__name__)

  def test_missing(self):
    with self.assertRaisesRegex(
      InputError,
      '^not_there is not installed: make EXTRAS=export lint installs it, or '
      'pip install --require-hashes -r requirements-export.lock$',
    ):
      extras.load('not_there.interpreter')


if __name__ == '__main__':
  absltest.main()
