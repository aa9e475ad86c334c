"""Whether what is asked for can be held in memory at all."""

import os

from base.errors import InputError

_BYTES_PER_PIXEL = 12  # float32, as images enter a network


def check_images(num_images: int, image_size: int) -> None:
  """Sees that the images of a step fit into this machine's memory.

  A network needs many times as much for what it computes; what is refused here
  would take memory until the process is killed.

  Args:
    num_images: of all batches of a step.
    image_size: their height and width.

  Raises:
    InputError: they alone take more than there is.
  """
  needed = num_images * image_size**2 * _BYTES_PER_PIXEL
  there_is = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
  if needed > there_is:
    raise InputError(
      f'{num_images} images of {image_size} pixels take {needed / 2**30:.0f} '
      f'GiB in a step, and this machine has {there_is / 2**30:.0f}: lower '
      '--batch_size or the image size'
    )
