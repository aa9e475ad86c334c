"""The table of what was restored."""

import tensorflow as tf

from checkpoints import report as restore_report


class ReportTest(tf.test.TestCase):
  def test_counts_per_scope(self):
    report = restore_report.Report(
      '/tmp/model.ckpt-9',
      9,
      ('Net/block/weights', 'Net/block_1/weights', 'Net/block_12/weights'),
      {'Net/Logits/weights': 'other shape', 'Net/Logits/biases': 'excluded'},
      ('Net/block/weights/RMSProp_1', 'global_step'),
    )
    lines = restore_report.format_report(report).splitlines()
    self.assertEqual('Checkpoint /tmp/model.ckpt-9, step 9', lines[0])
    self.assertEqual(
      [
        ['*/RMSProp_1', '0', '0', '1'],
        ['Net/Logits', '0', '2', '0', 'excluded,', 'other', 'shape'],
        ['Net/block', '3', '0', '0'],
        ['global_step', '0', '0', '1'],
      ],
      [line.split() for line in lines[2:]],
    )

  def test_stays_small(self):
    names = tuple(f'Net/{"scope" * 20}{chr(97 + i)}/weights' for i in range(20))
    report = restore_report.Report('/tmp/model', None, names, {}, ())
    lines = restore_report.format_report(report).splitlines()
    self.assertLen(lines, 15)
    self.assertEqual(['8', 'other', 'scopes', '8', '0', '0'], lines[-1].split())
    self.assertLessEqual(max(map(len, lines)), 80)


if __name__ == '__main__':
  tf.test.main()
