"""Turns a decoded image into what a network takes.

'inception' is how slim's networks were trained and evaluated on photographs.
Of slim's variants in training, the resizing and the order of the colour changes
are fixed here: bilinear; brightness, saturation, hue, contrast.

'lenet' is for small images of one object, such as digits: resized, no more.

Images come out float32 [image_size, image_size, 3] in [-1, 1].
"""

import tensorflow as tf

from errors import InputError

# slim names a preprocessing after the network that it belongs to.
_INCEPTION = ('inception', 'inception_v1', 'inception_v2', 'inception_v3',
              'inception_v4', 'inception_resnet_v2', 'mobilenet_v1',
              'mobilenet_v2', 'mobilenet_v2_035', 'mobilenet_v2_140',
              'nasnet_mobile')
_LENET = ('lenet',)

_CENTRAL_FRACTION = 0.875
_CROP_AREA = (0.05, 1.0)
_CROP_ASPECT = (3 / 4, 4 / 3)
_BRIGHTNESS = 32 / 255
_SATURATION = (0.5, 1.5)
_CONTRAST = (0.5, 1.5)
_HUE = 0.2


def preprocess_for_eval(image, image_size, name):
  """Resizes an image; 'inception' takes its central 87.5 % of each side.

  Args:
    image: RGB, uint8 [height, width, 3].
    image_size: of the square result.
    name: 'inception', 'lenet', or slim's name for either.
  Raises:
    InputError: the name is unknown.
  """
  if _is_inception(name):
    image = tf.image.central_crop(image, _CENTRAL_FRACTION)
  return _to_signed(_resize(image, image_size))


def preprocess_for_train(image, image_size, name, seed):
  """Resizes an image; 'inception' crops, flips and recolours it at random.

  Args:
    image, image_size, name: as in preprocess_for_eval.
    seed: integers, shape [2]; the result follows from them.
  Raises:
    InputError: the name is unknown.
  """
  if not _is_inception(name):
    return _to_signed(_resize(image, image_size))
  crop_seed, flip_seed, *colour_seeds = tf.unstack(
      tf.random.split(seed, num=6))
  image = _resize(_random_crop(image, crop_seed), image_size)
  image = tf.image.stateless_random_flip_left_right(image, flip_seed)
  return _to_signed(_random_colours(image, colour_seeds))


def check_name(name):
  """Raises InputError if there is no preprocessing of this name."""
  if name not in _INCEPTION + _LENET:
    raise InputError(f'unknown preprocessing {name}; '
                     f'there is {", ".join(_INCEPTION + _LENET)}')


def to_grayscale(image):
  """Takes the colour from an image and keeps its three channels."""
  return tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale(image))


def _is_inception(name):
  check_name(name)
  return name in _INCEPTION


def _resize(image, image_size):
  """Bilinear as slim had it, corners not aligned; returns floats in [0, 1]."""
  images = tf.raw_ops.ResizeBilinear(
      images=image[tf.newaxis], size=[image_size, image_size],
      align_corners=False, half_pixel_centers=False)
  return images[0] / 255


def _to_signed(image):
  return (image - 0.5) * 2


def _random_crop(image, seed):
  begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
      tf.shape(image), tf.zeros([0, 0, 4]), seed, min_object_covered=0,
      aspect_ratio_range=_CROP_ASPECT, area_range=_CROP_AREA,
      use_image_if_no_bounding_boxes=True)
  return tf.ensure_shape(tf.slice(image, begin, size), [None, None, 3])


def _random_colours(image, seeds):
  image = tf.image.stateless_random_brightness(image, _BRIGHTNESS, seeds[0])
  image = tf.image.stateless_random_saturation(image, *_SATURATION, seeds[1])
  image = tf.image.stateless_random_hue(image, _HUE, seeds[2])
  image = tf.image.stateless_random_contrast(image, *_CONTRAST, seeds[3])
  return tf.clip_by_value(image, 0, 1)
