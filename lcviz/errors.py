"""One exception tree. Every message names what was seen and what to do next.

The app and the command line catch `LcvizError` at their edge and show the message; anything else
that escapes is a bug.
"""


class LcvizError(Exception):
    """Base of every error that lcviz raises on purpose."""


class ConfigurationError(LcvizError):
    """An option or a setting that cannot be used as given."""


class DatasetError(LcvizError):
    """Something about a SEN12MS folder."""


class DatasetNotFoundError(DatasetError):
    """The folder does not exist, or holds nothing in SEN12MS's layout."""


class NoImageryError(DatasetNotFoundError):
    """The dataset is there, and no patch that was asked for has imagery."""


class PatchDamagedError(DatasetError):
    """One file of a patch cannot be read as what its name promises."""


class PatchVanishedError(PatchDamagedError):
    """A file that was found cannot be reached any more: no fault of the file, but of its disk."""


class FetchError(DatasetError):
    """An archive that cannot be read to its end; the message says how far it went."""


class StudyError(LcvizError):
    """Something about a study folder."""


class StudyNotFoundError(StudyError):
    """The folder does not exist, or is no study."""


class StudySchemaError(StudyError):
    """The study was written with another version of the study contract."""


class ArtefactMissingError(StudyError):
    """A stage has not been run yet; the message says which command makes the artefact."""


class NotPublishedError(ArtefactMissingError):
    """A study of published facts does not hold this, nor can a stage make it there."""


class ArtefactDamagedError(StudyError):
    """A file of the study cannot be read; the message says which and why."""


class UntrustedStudyError(StudyError):
    """A handed-on study that is not as its list says, or holds what no study holds."""


class WeightsError(LcvizError):
    """Network weights that do not fit the network."""


class WorkersError(LcvizError):
    """The processes or machines that work through a dataset cannot be used, or are gone."""


class RasterError(LcvizError):
    """A person's raster that cannot be used, or cannot be read; the message says what to bring."""


class PointsError(LcvizError):
    """Sample points that cannot be used, or cannot be read; the message says what is missing."""
