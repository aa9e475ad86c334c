"""compare_runs.py on runs whose files are written here."""

import json
import os
import tempfile

from absl.testing import absltest

from tests.helpers import image_files
from tests.helpers import programs as program_testing

_PROGRAM = 'compare_runs'


def _evaluation(step, **metrics):
  return {
    'checkpoint': f'model.ckpt-{step}',
    'step': step,
    'dataset_name': 'digits',
    'dataset_split_name': 'validation',
    'implementation': 'fast',
    'metrics': {**metrics, 'num_examples': 360, 'images_per_second': 99.5},
  }


class ProgramTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    model = {'model_name': 'net', 'dataset_name': 'digits', 'image_size': 64}
    cls.write('good/model.json', model)
    cls.write('good/flags.json', {'train_dir': 'good', 'learning_rate': 0.03})
    cls.write(
      'good/eval/evaluation-model.ckpt-9.json',
      _evaluation(9, Accuracy=0.75, loss=0.5),
    )
    cls.write(
      'good/eval/evaluation-model.ckpt-80.json',
      _evaluation(80, Accuracy=0.875, loss=0.25),
    )
    # A run of an earlier stage, which is another.
    cls.write('good/head/model.json', model)
    cls.write(
      'good/head/evaluation-model.ckpt-99.json', _evaluation(99, Accuracy=1.0)
    )
    cls.write('bad/model.json', {**model, 'image_size': 32})
    cls.write('bad/flags.json', {'train_dir': 'bad', 'learning_rate': 0.3})
    for number in (1, 2):
      cls.write(
        f'bad/eval_{number}/evaluation-model.ckpt-80.json',
        _evaluation(80, Accuracy=0.25 * number, loss=2.0),
      )
    # Of its best checkpoint, beside which model.json is, too.
    cls.write('bad/best/model.json', {**model, 'image_size': 32})
    cls.write(
      'bad/best/eval/evaluation-model.ckpt-40.json',
      _evaluation(40, Accuracy=0.625, loss=1.0),
    )
    cls.write('new/model.json', model)
    cls.write('wide/model.json', model)
    cls.write(
      'wide/evaluation-model.ckpt-1.json',
      _evaluation(1, **{f'metric_number_{n}': 0.1 * n for n in range(20)}),
    )
    image_files.write(cls.folder, 'damaged/model.json', b'{}')
    image_files.write(
      cls.folder, 'damaged/evaluation-model.ckpt-1.json', b'{"metrics": '
    )
    cls.write('odd/model.json', model)
    cls.write('odd/evaluation-model.ckpt-1.json', ['no result'])
    cls.cases = (
      ((), 'name runs'),
      ((cls.path('nothing'),), '.*nothing: no model.json here or below'),
      ((cls.path('good/eval'),), '.*eval: no model.json here or below'),
      ((cls.path('damaged'),), '.*evaluation-model.ckpt-1.json is damaged'),
      ((cls.path('odd'),), '.*ckpt-1.json is no result of an evaluation'),
    )
    three = [cls.path(name) for name in ('bad', 'new', 'good')]
    cls.text, cls.json, cls.one, cls.wide, *cls.failed = program_testing.run(
      _PROGRAM,
      three,
      ['--json', *three],
      [cls.path('good')],
      [cls.path('wide'), cls.path('bad')],
      *(arguments for arguments, _ in cls.cases),
    )

  @classmethod
  def path(cls, name):
    return os.path.join(cls.folder, name)

  @classmethod
  def write(cls, name, content):
    image_files.write(cls.folder, name, json.dumps(content).encode())

  def test_table(self):
    """The best first, of each evaluation the newest; what is not known, -."""
    self.assertEqual(0, self.text.status, self.text.stderr)
    results, different, *settings = self.text.stdout.split('\n\n')
    self.assertEqual(
      [
        ['run', 'step', 'Accuracy', 'loss'],
        ['1', 'good', '80', '0.875', '0.25'],
        ['2', 'bad/best/eval', '40', '0.625', '1'],
        ['3', 'bad/eval_2', '80', '0.5', '2'],
        ['4', 'bad/eval_1', '80', '0.25', '2'],
        ['5', 'new', '-', '-', '-'],
      ],
      [line.split() for line in results.splitlines()],
    )
    self.assertEqual('What differs (-: not given):', different)
    self.assertEqual(
      [
        ['run', 'image_size', 'learning_rate'],
        ['1', 'good', '64', '0.03'],
        ['2', 'bad/best/eval', '32', '0.3'],
        ['3', 'bad/eval_2', '32', '0.3'],
        ['4', 'bad/eval_1', '32', '0.3'],
        ['5', 'new', '64', '-'],
      ],
      [line.split() for line in '\n'.join(settings).splitlines()],
    )

  def test_json(self):
    first, *_, last = json.loads(self.json.stdout)
    self.assertEqual(self.path('good'), first['run'])
    self.assertEqual(0.25, first['metrics']['loss'])
    self.assertEqual(360, first['metrics']['num_examples'])
    self.assertEqual('net', first['settings']['model_name'])
    self.assertEqual('validation', first['settings']['eval dataset_split_name'])
    self.assertCountEqual(
      ['image_size', 'learning_rate'], first['different_settings']
    )
    self.assertEqual({}, last['metrics'])

  def test_one_run(self):
    lines = self.one.stdout.splitlines()
    self.assertLen(lines, 2)
    self.assertEndsWith(lines[1].split('  ')[0], 'good')

  def test_eighty_columns(self):
    for result in (self.text, self.one, self.wide):
      self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
    self.assertRegex(self.wide.stdout, r'\n1\d more metrics: --json\n')

  def test_bad_input_is_one_line(self):
    program_testing.assert_all_fail(self, _PROGRAM, self.cases, self.failed)


if __name__ == '__main__':
  absltest.main()
