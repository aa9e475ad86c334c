"""Bugs in the reading of labelled folders for planted_bugs.py to plant."""

_VOC = ('tests/datasets/voc_test.py',)
_YOLO = ('tests/datasets/yolo_folder_test.py',)
_MASK_SETS = ('tests/datasets/mask_sets_test.py', '-k', 'own_classes')
_MISSING = ('tests/datasets/mask_sets_test.py', '-k', 'several_missing')
_BAD_IMAGES = ('tests/datasets/bad_images_test.py', '-k', 'told_once')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'formats: the background of labels.txt is a class of boxes',
    'datasets/voc.py',
    'names[names[0] == labels.BACKGROUND :]',
    'names[:]',
    _VOC,
  ),
  (
    "formats: masks of other classes are taken for VOC's",
    'datasets/voc.py',
    'if classes.names is _LABEL_NAMES:',
    'if False:',
    _VOC,
  ),
  (
    'formats: masks with a labels.txt have no background',
    'datasets/mask_sets.py',
    '(labels.BACKGROUND, *voc.read_classes(dataset_dir).names)',
    'voc.read_classes(dataset_dir).names',
    _MASK_SETS,
  ),
  (
    'formats: polygons of y before x',
    'datasets/yolo_folder.py',
    'x, y = numbers[::2], numbers[1::2]',
    'y, x = numbers[::2], numbers[1::2]',
    _YOLO,
  ),
  (
    "formats: labelImg's classes.txt is not found",
    'datasets/yolo_folder.py',
    "places = (_NAMES, os.path.join('labels', _NAMES))",
    'places = (_NAMES,)',
    _YOLO,
  ),
  (
    'formats: of missing files one too many is counted',
    'datasets/image_folder.py',
    'more = len(paths) - 1',
    'more = len(paths)',
    _MISSING,
  ),
  (
    'formats: a reason is told for each image',
    'datasets/bad_images.py',
    'names_by_reason.setdefault(reason, [])',
    'names_by_reason.setdefault(message, [])',
    _BAD_IMAGES,
  ),
)
