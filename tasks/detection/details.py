"""Where a detector errs, out of COCO's evaluation: for a report."""

from collections.abc import Sequence

import numpy as np
from pycocotools.cocoeval import COCOeval

from tasks.details import Curves
from tasks.details import Section
from tasks.details import Table

NOTHING = -1  # what COCO's code gives where there is no object

_AT_HALF, _AT_THREE_QUARTERS = 0, 5  # of its overlaps, 0.5 to 0.95
_ALL, _MOST = 0, -1  # of its sizes, and of its numbers of detections


def average_precisions(evaluation: COCOeval) -> list[float | None]:
  """Returns each class's AP; None: of this class there is no object."""
  return [
    _mean(evaluation.eval['precision'][:, :, label, _ALL, _MOST])
    for label in range(len(evaluation.params.catIds))
  ]


def sections(evaluation: COCOeval, label_names: Sequence[str]) -> list[Section]:
  """Returns a report's sections, of an evaluation that is done."""
  return [_curves(evaluation, label_names), _by_class(evaluation, label_names)]


def _mean(precision):
  known = precision[precision != NOTHING]
  return float(known.mean()) if known.size else None


def _curves(evaluation, label_names):
  precision = evaluation.eval['precision'][_AT_HALF, :, :, _ALL, _MOST]
  curves = {
    name: curve
    for name, curve in zip(label_names, precision.T, strict=True)
    if (curve != NOTHING).any()
  }
  return Section(
    'precision_recall',
    'Precision and recall',
    'At an overlap (IoU) of 0.5: precision is the part of the detections that '
    'are right, recall the part of the objects that are found, with all '
    'detections of at least some score. As COCO has it, precision is the best '
    'at this recall or a higher one.',
    Curves(
      'recall',
      'precision',
      evaluation.params.recThrs,
      curves,
      np.mean(list(curves.values()) or np.zeros([1, len(precision)]), axis=0),
    ),
  )


def _by_class(evaluation, label_names):
  """[overlaps, recalls, classes, sizes, numbers of detections]."""
  precision = evaluation.eval['precision'][..., _MOST]
  objects = [
    sum(
      not one['iscrowd']
      for one in evaluation.cocoGt.loadAnns(
        evaluation.cocoGt.getAnnIds(catIds=[label])
      )
    )
    for label in range(len(label_names))
  ]
  rows = [
    _row(name, precision[:, :, label], objects[label])
    for label, name in enumerate(label_names)
  ]
  rows.append(_row('all', precision, sum(objects)))
  return Section(
    'classes',
    'Average precision of each class, by size',
    'AP: mean over overlaps from 0.5 to 0.95. Small objects have less than '
    '32 x 32 pixels in the image as it was, large ones more than 96 x 96.',
    table=Table(
      ('class', 'AP', 'AP 50', 'AP 75', 'small', 'medium', 'large', 'objects'),
      rows,
    ),
  )


def _row(name, precision, num_objects):
  """precision: [overlaps, recalls, ..., sizes]."""
  of_all, small, medium, large = np.moveaxis(precision, -1, 0)
  parts = (
    of_all,
    of_all[_AT_HALF],
    of_all[_AT_THREE_QUARTERS],
    *(small, medium, large),
  )
  return (name, *map(_mean, parts), num_objects)
