"""Bugs of boxes and masks in the input for planted_bugs.py to plant."""

_BOXES = ('tests/datasets/box_preprocessing_test.py',)
_BOX_SETS = ('tests/datasets/box_sets_test.py',)
_MASKS = ('tests/datasets/mask_preprocessing_test.py',)
_MASK_SETS = ('tests/datasets/mask_sets_test.py',)
_PIPELINE = 'datasets/input_pipeline.py'
_OF_BOXES = 'datasets/box_preprocessing.py'
_OF_MASKS = 'datasets/mask_preprocessing.py'

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'boxes: the image flipped without its boxes',
    _OF_BOXES,
    'flip(targets) if changes[0] > 0 else targets',
    'targets',
    _BOXES,
  ),
  (
    'boxes: a flip without swapping left and right',
    _OF_BOXES,
    '[top, 1 - right, bottom, 1 - left]',
    '[top, 1 - left, bottom, 1 - right]',
    _BOXES,
  ),
  (
    'boxes: still parts of the whole image after the crop',
    _OF_BOXES,
    'inside = (inside - np.tile(start, 2)) / np.tile(sides, 2)',
    'inside = inside - 0 * np.tile(start, 2)',
    _BOXES,
  ),
  (
    'boxes: those that the window hardly shows are kept',
    _OF_BOXES,
    '(parts >= overlap)',
    '(parts >= 0 * overlap)',
    _BOXES,
  ),
  (
    'boxes: cropped in every image',
    _OF_BOXES,
    '_PART_LEFT_WHOLE = 0.15',
    '_PART_LEFT_WHOLE = 0.0',
    _BOXES,
  ),
  (
    'boxes: areas still of the whole image',
    _OF_BOXES,
    'boxes.areas * parts / np.prod(sides)',
    'boxes.areas * parts',
    _BOXES,
  ),
  (
    'boxes: the index of another image',
    'datasets/box_sets.py',
    'boxes, most, (height, width), index)',
    'boxes, most, (height, width), 0)',
    _BOX_SETS,
  ),
  (
    'boxes: the area of the box, not of the object',
    'datasets/coco.py',
    "_area(one.get('area')",
    "_area(one.get('no')",
    _BOX_SETS,
  ),
  (
    'boxes: published labels without the gaps of their numbers',
    'datasets/category_numbers.py',
    'np.array(numbers, np.int64) - 1',
    'np.arange(len(numbers))',
    ('tests/programs/published_detector_test.py',),
  ),
  (
    'boxes: those without area stay in COCO\'s',
    'datasets/coco.py',
    "min(one['bbox'][2:]) <= 0",
    "min(one['bbox'][2:]) < 0",
    ('tests/datasets/coco_test.py',),
  ),
  (
    'labels: two classes may have one name',
    'datasets/labels.py',
    'if count > 1:',
    'if count > 2:',
    ('tests/datasets/labels_test.py',),
  ),
  (
    'pictures: a link hides that an image is overwritten',
    'prediction/picture_files.py',
    'os.path.realpath(picture) in images',
    'picture in images',
    ('tests/prediction/picture_files_test.py',),
  ),
  (
    'masks: scales without the largest',
    _OF_MASKS,
    'int((most - least) / step + 1)',
    'int((most - least) / step)',
    _MASKS,
  ),
  (
    'masks: the image flipped without its mask',
    _OF_MASKS,
    'mask, flips > 0',
    'mask, flips > 1',
    _MASKS,
  ),
  (
    'masks: corners not on corners',
    _OF_MASKS,
    'images=image[tf.newaxis], size=size, align_corners=True',
    'images=image[tf.newaxis], size=size, align_corners=False',
    _MASKS,
  ),
  (
    'masks: padded with a class',
    _OF_MASKS,
    'IGNORED = 255',
    'IGNORED = 0',
    _MASKS,
  ),
  (
    'masks: images padded with black',
    _OF_MASKS,
    '_PADDING = 0.5',
    '_PADDING = 0.0',
    _MASKS,
  ),
  (
    'masks: the square always at the left',
    _OF_MASKS,
    'tf.stack([top, left])',
    'tf.stack([top, 0 * left])',
    _MASKS,
  ),
  (
    'masks: a palette read as colours',
    'datasets/images.py',
    'values = np.asarray(image).astype(np.uint8)',
    "values = np.asarray(image.convert('L')).astype(np.uint8)",
    _MASK_SETS,
  ),
  (
    'masks: the border counts as a class',
    'datasets/mask_sets.py',
    'mask[mask != IGNORED]',
    'mask[mask != 0]',
    _MASK_SETS,
  ),
  (
    'input: boxes drawn by index, not by position',
    _PIPELINE,
    'prepared_as.draw(example.target, position_seed)',
    'prepared_as.draw(example.target, [seed % 2**64, index])',
    _BOX_SETS,
  ),
)
