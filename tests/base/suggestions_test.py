"""Names that are nearly right find those that are meant, others none."""

from absl.testing import absltest
from absl.testing import parameterized

from base import suggestions

_FLAGS = (
  'batch_size',
  'learning_rate',
  'learning_rate_decay_type',
  'num_epochs',
  'train_dir',
  'train_image_size',
)
_NETWORKS = ('mobilenet_v1', 'mobilenet_v2', 'mobilenet_v2_140', 'nasnet')


class SuggestionsTest(parameterized.TestCase):
  @parameterized.parameters(
    ('num_epoch', ['num_epochs']),
    ('epochs', ['num_epochs']),
    ('image_size', ['train_image_size', 'batch_size']),
    ('learningrate', ['learning_rate']),
    ('lr', ['learning_rate']),
    ('bs', ['batch_size']),
    ('x', []),
    ('', []),
    ('gpu', []),
  )
  def test_flags(self, name, expected):
    found = suggestions.similar(name, _FLAGS)
    self.assertEqual(expected[:1], found[:1])
    if not expected:
      self.assertEmpty(found)

  @parameterized.parameters(
    ('mobilenetv2', ['mobilenet_v2']),
    ('MobileNet-V2', ['mobilenet_v2']),
    ('mobilnet_v1', ['mobilenet_v1', 'mobilenet_v2', 'mobilenet_v2_140']),
    ('vgg_16', []),
  )
  def test_networks(self, name, expected):
    self.assertEqual(expected, suggestions.similar(name, _NETWORKS))

  def test_words(self):
    self.assertEqual(
      ' (did you mean --num_epochs?)',
      suggestions.did_you_mean('epochs', _FLAGS, '--'),
    )
    self.assertEqual(
      ' (did you mean mobilenet_v2 or mobilenet_v1 or mobilenet_v2_140?)',
      suggestions.did_you_mean('mobilenet', _NETWORKS),
    )
    self.assertEqual('', suggestions.did_you_mean('vgg_16', _NETWORKS))


if __name__ == '__main__':
  absltest.main()
