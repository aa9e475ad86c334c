"""Which machines train together."""

import json

from absl.testing import absltest

from base.errors import InputError
from runtime import hosts


def _tf_config(cluster, task_type, index):
  config = {'cluster': cluster, 'task': {'type': task_type, 'index': index}}
  return {'TF_CONFIG': json.dumps(config)}


class HostsTest(absltest.TestCase):
  def test_flags(self):
    self.assertEqual((('a:1', 'b:22'), 1), hosts.find(('a:1', 'b:22'), 1, {}))

  def test_none(self):
    self.assertEqual(((), 0), hosts.find((), 0, {}))

  def test_tf_config(self):
    """A chief is the first of the workers."""
    cluster = {'worker': ['b:1', 'c:1'], 'chief': ['a:1']}
    everyone = ('a:1', 'b:1', 'c:1')
    for task_type, index, number in (
      ('chief', 0, 0),
      ('worker', 0, 1),
      ('worker', 1, 2),
    ):
      environment = _tf_config(cluster, task_type, index)
      self.assertEqual((everyone, number), hosts.find((), 0, environment))

  def test_flags_come_first(self):
    environment = _tf_config({'worker': ['c:1', 'd:1']}, 'worker', 1)
    self.assertEqual(
      (('a:1', 'b:1'), 0), hosts.find(('a:1', 'b:1'), 0, environment)
    )

  def test_tf_config_without_cluster(self):
    environment = {'TF_CONFIG': '{"task": {"type": "worker", "index": 0}}'}
    self.assertEqual(((), 0), hosts.find((), 0, environment))

  def test_errors(self):
    pair = {'worker': ['a:1', 'b:1']}
    for worker_hosts, task, environment, message in (
      ((), 1, {}, '--task=1 is a place in --worker_hosts: add it'),
      (('a:1', 'b'), 0, {}, "--worker_hosts: 'b' is not host:port"),
      (('a:1', 'a:1'), 0, {}, 'want 2 different hosts'),
      (('a:1', 'b:1'), 2, {}, 'a task from 0 to 1; got a:1,b:1 and 2'),
      ((), 0, {'TF_CONFIG': '{'}, 'TF_CONFIG is wrong'),
      ((), 0, {'TF_CONFIG': '[]'}, 'TF_CONFIG is wrong'),
      ((), 0, {'TF_CONFIG': '{"cluster": {}}'}, 'TF_CONFIG is wrong'),
      ((), 0, _tf_config(pair, 'ps', 0), 'a ps has nothing to do here'),
      ((), 0, _tf_config(pair, 'worker', 2), 'TF_CONFIG: want 2 different'),
    ):
      with self.subTest(message=message):
        with self.assertRaisesRegex(InputError, message):
          hosts.find(worker_hosts, task, environment)


if __name__ == '__main__':
  absltest.main()
