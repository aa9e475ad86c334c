"""Name -> preprocessing, at slim's path; datasets/preprocessing.py does it."""

from collections.abc import Callable

import tensorflow as tf

from datasets import preprocessing


def get_preprocessing(
  name: str, is_training: bool = False, use_grayscale: bool = False
) -> Callable:
  """Returns the preprocessing of a network, for graphs as slim makes them.

  Args:
    name: 'inception', 'lenet', or a network's name.
    is_training: whether to crop, flip and recolour at random, otherwise in
      every session.run; tf.compat.v1.set_random_seed makes it repeatable.
    use_grayscale: images lose their colour, not their channels.
  Returns:
    preprocess(image, output_height, output_width) -> float32
    [output_height, output_width, 3] in [-1, 1]. image: RGB [height, width, 3],
    of any size, which need not be known; uint8, or floats in [0, 1].
  Raises:
    InputError: the name is unknown.
  """
  preprocessing.check_name(name)

  def preprocess(
    image,
    output_height,
    output_width,
    bbox=None,
    crop_image=True,
    fast_mode=True,
    add_image_summaries=True,
  ):
    """The last two are slim's and have no effect: there is one way."""
    del fast_mode, add_image_summaries
    image = tf.ensure_shape(image, [None, None, 3])
    size = (output_height, output_width)
    if is_training:
      window = (
        preprocessing.sample_window(image, name, bbox) if crop_image else image
      )
      changes = preprocessing.sample_changes(name)
      image = preprocessing.to_signed(
        preprocessing.preprocess_for_train(window, size, name, changes)
      )
    else:
      image = preprocessing.preprocess_for_eval(
        image, size, name if crop_image else 'lenet'
      )
    return preprocessing.to_grayscale(image) if use_grayscale else image

  return preprocess
