"""What may be chosen of SSD's loss and detections, and the flags of it."""

from typing import NamedTuple

from absl import flags

from base import program_flags

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class DetectionOptions(NamedTuple):
  """Numbers of the published ssdlite_mobilenet_v2_coco's configuration."""

  matched_threshold: float = 0.5
  localization_weight: float = 1.0
  classification_weight: float = 1.0
  max_negatives_per_positive: int = 3
  min_negatives_per_image: int = 3
  iou_threshold: float = 0.6
  score_threshold: float = 1e-8
  max_detections_per_class: int = 100
  max_total_detections: int = 100


PUBLISHED = DetectionOptions()


def define_for_training() -> None:
  """Defines the flags of a program that trains."""
  flags.DEFINE_float(
    'matched_threshold',
    PUBLISHED.matched_threshold,
    'Least intersection over union of an anchor and the object that it learns. '
    "Each object's best anchor learns it in any case.",
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'localization_weight',
    PUBLISHED.localization_weight,
    'Factor on the loss of boxes.',
    lower_bound=0.0,
  )
  flags.DEFINE_float(
    'classification_weight',
    PUBLISHED.classification_weight,
    'Factor on the loss of classes.',
    lower_bound=0.0,
  )
  flags.DEFINE_integer(
    'max_negatives_per_positive',
    PUBLISHED.max_negatives_per_positive,
    'Number of anchors without an object, those of the largest losses, that '
    'learn for each one with an object.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'min_negatives_per_image',
    PUBLISHED.min_negatives_per_image,
    'Least number of such anchors in an image.',
    lower_bound=0,
  )
  define_for_inference()


def define_for_inference() -> None:
  """Defines the flags of programs that detect."""
  flags.DEFINE_float(
    'iou_threshold',
    PUBLISHED.iou_threshold,
    'Intersection over union above which two boxes of a class are one object; '
    'the one of the lower score is left out.',
    0.0,
    1.0,
  )
  flags.DEFINE_float(
    'score_threshold',
    PUBLISHED.score_threshold,
    'Score, from 0 to 1, above which boxes are detections.',
    0.0,
    1.0,
  )
  flags.DEFINE_integer(
    'max_detections_per_class',
    PUBLISHED.max_detections_per_class,
    'Largest number of detections of a class in an image.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'max_total_detections',
    PUBLISHED.max_total_detections,
    'Largest number of detections in an image; of these, evaluation counts the '
    'first 100, as COCO does.',
    lower_bound=1,
  )


def given() -> dict[str, str]:
  """Returns {name: value} of these flags, as far as a command line has them."""
  return {
    name: str(flags.FLAGS[name].value)
    for name in DetectionOptions._fields
    if name in flags.FLAGS and flags.FLAGS[name].present
  }


def read() -> DetectionOptions:
  """Returns what these flags say, as far as they are defined."""
  return program_flags.read(DetectionOptions)
