"""What recipes set."""

from absl.testing import absltest

from datasets import preprocessing
from training import recipes

LABELS, BOXES, MASKS = preprocessing.KINDS


class RecipesTest(absltest.TestCase):
  def test_given_flags_come_first(self):
    self.assertEqual({}, recipes.values('slim', LABELS, {}))
    whole = recipes.values('paper', LABELS, {})
    self.assertEqual((0.045, 96), (whole['learning_rate'], whole['batch_size']))
    left = recipes.values('paper', LABELS, {'learning_rate': 0.1, 'seed': 3})
    del whole['learning_rate']
    self.assertEqual(whole, left)

  def test_folders_of_each_task(self):
    for kind, name in (
      (LABELS, 'image_folder'),
      (BOXES, 'yolo_folder'),
      (MASKS, 'mask_folder'),
    ):
      values = recipes.values('finetune', kind, {})
      self.assertEqual(name, values['dataset_name'])
      self.assertIn('finetune', recipes.names(kind))
    self.assertNotIn('mobilenet_v3', recipes.names(BOXES))

  def test_parts_of_training_keep_their_part(self):
    whole = recipes.values('finetune', LABELS, {})
    half = {'num_epochs': whole['num_epochs'] / 2}
    self.assertAlmostEqual(
      whole['freeze_epochs'] / 2,
      recipes.values('finetune', LABELS, half)['freeze_epochs'],
    )
    fixed = recipes.values('finetune', LABELS, half | {'freeze_epochs': 1})
    self.assertNotIn('freeze_epochs', fixed)
    by_steps = recipes.values('finetune', LABELS, {'max_number_of_steps': 5})
    self.assertNotIn('num_epochs', by_steps)
    self.assertNotIn('freeze_epochs', by_steps)
    self.assertAlmostEqual(
      whole['freeze_epochs'] / whole['num_epochs'], by_steps['freeze_part']
    )
    fixed = recipes.values(
      'finetune', LABELS, {'max_number_of_steps': 5, 'freeze_epochs': 1}
    )
    self.assertFalse({'freeze_epochs', 'freeze_part'} & set(fixed))


if __name__ == '__main__':
  absltest.main()
