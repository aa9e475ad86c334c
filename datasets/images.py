"""Decodes an image file to RGB, whatever kind of image it is."""

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import functools
import io
import os
import struct
import warnings
import zlib

import numpy as np
from PIL import ExifTags
from PIL import Image
from PIL import UnidentifiedImageError
import tensorflow as tf

from base.errors import InputError
from datasets import jpegs
from datasets import shrinking

MAX_PIXELS = 100_000_000

Window = tuple[int, int, int, int]  # top, left, height, width

# Pillow's other decoders are never reached.
_FORMATS = ('JPEG', 'PNG', 'BMP', 'GIF', 'WEBP', 'TIFF')
_EXTENSIONS = (
  *('.jpg', '.jpeg', '.png', '.bmp', '.gif', '.webp', '.tif', '.tiff'),
)
# What telephones write; it takes a package that is not among the required ones.
_HEIF_EXTENSIONS = ('.heic', '.heif')
_HEIF_BRANDS = (b'heic', b'heix', b'heim', b'heis', b'mif1', b'msf1')
HEIF_REMEDY = 'pip install pillow-heif, or convert to JPEG'

# What Pillow raises on damaged files.
_DAMAGE = (
  OSError,
  SyntaxError,
  ValueError,
  EOFError,
  IndexError,
  KeyError,
  TypeError,
  struct.error,
  zlib.error,
)

# What turns an image of each EXIF orientation upright.
_TRANSPOSES = {
  2: Image.Transpose.FLIP_LEFT_RIGHT,
  3: Image.Transpose.ROTATE_180,
  4: Image.Transpose.FLIP_TOP_BOTTOM,
  5: Image.Transpose.TRANSPOSE,
  6: Image.Transpose.ROTATE_270,
  7: Image.Transpose.TRANSVERSE,
  8: Image.Transpose.ROTATE_90,
}

_BIT_DEPTH_OF_PNG = 24  # the place of this byte in a file
_JPEG = ('JPEG', 'MPO')  # Pillow's names of what is a JPEG, or begins as one
_END_OF_JPEG = b'\xff\xd9'

# read_image has a limit of its own, and Pillow remarks on harmless metadata.
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings('ignore', module=r'PIL\.')


def extensions() -> tuple[str, ...]:
  """Returns the ends of names, in lower case, of files that can be read."""
  return _EXTENSIONS + (_HEIF_EXTENSIONS if _reads_heif() else ())


def is_heif(path: str) -> bool:
  """Whether a file's name ends as that of a HEIC image."""
  return os.path.splitext(path)[1].lower() in _HEIF_EXTENSIONS


@functools.cache
def _reads_heif():
  """Whether the package is there that has Pillow read HEIC images."""
  try:
    import pillow_heif
  except ImportError:
    return False
  pillow_heif.register_heif_opener()
  return True


def read_image(
  encoded: bytes,
  name: str,
  max_pixels: int = MAX_PIXELS,
  choose_window: Callable[[int, int], Window] | None = None,
  smallest_side: int | None = None,
) -> np.ndarray:
  """Decodes a JPEG, PNG, BMP, GIF (its first frame), WebP or TIFF image.

  HEIC, too, where the package pillow_heif is installed.

  White shows through what is transparent, 16 bits become the upper 8, and the
  rotation that EXIF asks for is applied.

  Args:
    encoded: bytes of the file.
    name: of the file or record, for messages.
    max_pixels: an image of more, by its header, is not decoded.
    choose_window: a function (height, width) -> (top, left, height, width) of
      the part to return, the same whenever it is asked; None returns all. Of
      most JPEGs only this part is decoded: damage elsewhere may go unseen.
    smallest_side: shrinks the image by shrinking.ratio, as it is decoded: of
      that the window is a part.
  Returns:
    RGB, uint8 [height, width, 3].
  Raises:
    InputError: the image is empty, damaged, too large or of another format.
  """
  with _opened(encoded, name, max_pixels) as image:
    ratio = shrinking.ratio(*image.size, smallest_side)
    return _decode(image, encoded, choose_window, ratio)


def read_size(encoded: bytes, name: str) -> tuple[int, int]:
  """Returns height and width of an image turned upright; decodes nothing.

  Raises:
    InputError: as read_image.
  """
  with _opened(encoded, name) as image:
    width, height = image.size
    return (width, height) if _orientation(image) >= 5 else (height, width)


def read_mask(encoded: bytes, name: str) -> np.ndarray:
  """Decodes a PNG whose values are classes: a palette's indices, or grey.

  Args:
    encoded: bytes of the file.
    name: of the file, for messages.
  Returns:
    uint8 [height, width].
  Raises:
    InputError: the mask is damaged, too large, or has colours.
  """
  with _opened(encoded, name, formats=('PNG',)) as image:
    if image.mode not in ('1', 'L', 'P'):
      raise InputError(
        f'{name}: a mask has one value a pixel, its class, in 8 bits; this '
        f'one is {image.mode}; save it with a palette, or in grey'
      )
    values = np.asarray(image).astype(np.uint8)
  if image.mode == 'L':
    # Pillow spreads grey of 2 and 4 bits over 0 to 255.
    values //= {2: 85, 4: 17}.get(encoded[_BIT_DEPTH_OF_PNG], 1)
  return values


@contextlib.contextmanager
def _opened(
  encoded, name, max_pixels=MAX_PIXELS, formats=None
) -> Iterator[Image.Image]:
  """An image whose header has been read; errors name it."""
  if not encoded:
    raise InputError(f'{name}: the file is empty')
  if formats is None:
    formats = _FORMATS + (('HEIF',) if _reads_heif() else ())
  try:
    with Image.open(io.BytesIO(encoded), formats=formats) as image:
      width, height = image.size
      if width * height > max_pixels:
        raise InputError(
          f'{name}: {width} x {height} pixels, more than the '
          f'limit of {max_pixels}'
        )
      if image.format == 'TIFF' and image.mode in ('I', 'F'):
        raise InputError(
          f'{name}: pixels of 32 bits, of which nobody knows what is white; '
          'save it with 8 or 16 bits'
        )
      yield image
  except InputError:
    raise
  except UnidentifiedImageError as error:
    raise InputError(f'{name}: {_what_it_is(encoded, formats)}') from error
  except _DAMAGE as error:
    raise InputError(f'{name}: damaged image ({error})') from error


def _what_it_is(encoded, formats):
  """Returns why Pillow opens no image of these formats."""
  is_heif = encoded[4:8] == b'ftyp' and encoded[8:12] in _HEIF_BRANDS
  if is_heif and formats == _FORMATS:
    return f'a HEIC image: {HEIF_REMEDY}'
  expected = (
    'PNG' if formats == ('PNG',) else 'JPEG, PNG, BMP, GIF, WebP or TIFF image'
  )
  return f'not a {expected}, or damaged at its start'


def plain_format(encoded: bytes) -> str | None:
  """'jpg' or 'png' if any decoder shows this valid image as read_image does.

  None for a rotated or transparent one, other colour spaces and formats.
  """
  with _opened(encoded, 'image') as image:
    image.load()
    is_plain = (
      image.mode in ('RGB', 'L')
      and _orientation(image) == 1
      and not image.has_transparency_data
    )
    formats = {'JPEG': 'jpg', 'MPO': 'jpg', 'PNG': 'png'}
    return formats.get(image.format) if is_plain else None


def enlarge(image: np.ndarray, smallest_side: int = 300) -> np.ndarray:
  """Repeats pixels of an image that is too small to look at.

  Args:
    image: [height, width, 3].
    smallest_side: of the result, at least, in pixels.
  """
  times = -(-smallest_side // min(image.shape[:2]))
  return image.repeat(times, axis=0).repeat(times, axis=1)


def encode_png(image: np.ndarray) -> bytes:
  """Returns an RGB image, uint8 [height, width, 3], as bytes of a PNG file."""
  file = io.BytesIO()
  Image.fromarray(image).save(file, 'PNG')
  return file.getvalue()


def _decode(image, encoded, choose_window, ratio):
  """Returns an opened image, or the window of it."""
  if choose_window and _is_plain_jpeg(image, encoded):
    try:
      return jpegs.decode_window(encoded, image.size, choose_window, ratio)
    except tf.errors.OpError:
      pass  # Pillow decodes it, or says what is wrong with it.
  upright = _upright(_shrunk_rgb(image, ratio), _orientation(image))
  rgb = np.asarray(upright)
  if choose_window is None:
    return rgb
  top, left, height, width = choose_window(*rgb.shape[:2])
  return rgb[top : top + height, left : left + width]


def _shrunk_rgb(image, ratio):
  """Returns an image as RGB, its sides divided by the ratio, rounded up."""
  size = image.size
  if ratio > 1 and image.format in _JPEG:
    image.draft(image.mode, [side // ratio for side in size])
  image.load()
  rgb = _to_rgb(image)
  return rgb.reduce(ratio) if ratio > 1 and rgb.size == size else rgb


def _is_plain_jpeg(image, encoded):
  # One without an end is truncated, or something follows: Pillow will tell.
  return (
    image.format in _JPEG
    and image.mode in ('RGB', 'L')
    and encoded.endswith(_END_OF_JPEG)
    and _orientation(image) == 1
  )


def _to_rgb(image):
  if image.mode.startswith('I'):
    # 16-bit grey, which Pillow would clip at 255.
    grey = np.asarray(image).astype(np.uint32) >> 8
    return Image.fromarray(grey.astype(np.uint8)).convert('RGB')
  if image.has_transparency_data:
    image = image.convert('RGBA')
    white = Image.new('RGBA', image.size, 'white')
    return Image.alpha_composite(white, image).convert('RGB')
  return image.convert('RGB')


def _orientation(image):
  """The EXIF orientation, 1 to 8; 1 (upright) if the EXIF is unreadable."""
  try:
    return image.getexif().get(ExifTags.Base.Orientation, 1)
  except _DAMAGE:
    return 1


def _upright(image, orientation):
  transpose = _TRANSPOSES.get(orientation)
  return image if transpose is None else image.transpose(transpose)
