"""The end points of NASNet's table."""

from absl.testing import absltest

from base.errors import InputError
from specs import nasnet


class NasnetTest(absltest.TestCase):
  def test_last_endpoints(self):
    net = nasnet.resolve()
    for name in (None, 'Stem', 'Cell_11', 'Reduction_Cell_1', 'global_pool'):
      nasnet.check_final_endpoint(name, net)
    with self.assertRaisesRegex(InputError, "'Cell_12' is not one of Stem,"):
      nasnet.check_final_endpoint('Cell_12', net)


if __name__ == '__main__':
  absltest.main()
