"""When epochs end and are validated, counted by hand."""

from absl.testing import absltest

from training.epochs import Epochs


class EpochsTest(absltest.TestCase):
  def test_epochs_end_in_the_step_that_fills_them(self):
    """Of 10 images by 4: after 10, 20 and 30 images."""
    epochs = Epochs(10, 4, 8)
    ends = [step for step in range(1, 9) if epochs.ends_with(step)]
    self.assertEqual([3, 5, 8], ends)
    self.assertEqual(
      ['epoch 1/3', 'epoch 1.6/3', 'epoch 2/3', 'epoch 3/3'],
      [epochs.name(step) for step in (3, 4, 5, 8)],
    )
    self.assertEqual('epoch 2', epochs._replace(last_step=None).name(5))
    self.assertEqual('epoch 12.8/100', Epochs(100, 4, 2500).name(320))
    self.assertEqual('epoch 0.0008/1', Epochs(20000, 8, 2500).name(2))

  def test_a_step_may_hold_several_epochs(self):
    epochs = Epochs(3, 7, 2, validate_every=1.0)
    self.assertTrue(all(epochs.ends_with(step) for step in (1, 2)))
    self.assertEqual('epoch 2/4', epochs.name(1))

  def test_validations(self):
    """Each so many epochs, parts of them too, and at the end."""
    for every, last_step, wanted in (
      (1.0, 8, [3, 5, 8]),
      (2.0, 8, [5, 8]),
      (0.5, 4, [2, 3, 4]),
      (100.0, 8, [8]),
      (None, 8, []),
    ):
      epochs = Epochs(10, 4, last_step, every)
      steps = range(1, last_step + 1)
      self.assertEqual(
        wanted, [step for step in steps if epochs.is_validated(step)]
      )

  def test_between_validations_are_whole_ones(self):
    """Of 100 images by 32: epoch 5 ends with step 16, epoch 8 with 25."""
    epochs = Epochs(100, 32, None, 1.0)
    self.assertTrue(epochs.is_validated(16) and epochs.is_validated(25))
    self.assertEqual(3.0, epochs.between_validations(16, 25))
    self.assertEqual(2.0, epochs.between_validations(16, 22))
    tenths = Epochs(100, 10, None, 0.1)
    self.assertEqual(0.3, tenths.between_validations(1, 4))


if __name__ == '__main__':
  absltest.main()
