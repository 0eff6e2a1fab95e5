"""A panel in which the reader chooses a list of their own: an upload, or the path of a file."""

from html import escape

import ipywidgets as widgets
from IPython.display import display

from helpers import CourseError, data
from helpers.explore import REFUSED

last = None  # the panel shown last: whoever runs its cell again keeps what was chosen in it


class Chooser:
    """The controls and a line that says what the file holds, or what is wrong with it; made by `choose`."""

    def __init__(self, path, column, lower):
        self.given, self.uploaded, self.showing = (path, column, lower), None, False  # uploaded: the bytes of a file
        style, layout = {"description_width": "8.5em"}, {"width": "32em"}
        self.upload = widgets.FileUpload(description="Upload a list", multiple=False)
        self.path = widgets.Text(path, description="or give its path", continuous_update=False, style=style,
                                 layout=layout)
        self.column = widgets.Text(column, description="column", continuous_update=False, style=style,
                                   placeholder="only if it is a table", layout=layout)
        self.lower = widgets.Checkbox(lower, description="in lower case", style=style)
        self.message = widgets.HTML()
        self.upload.observe(self.take_upload, names="value")
        self.path.observe(self.take_path, names="value")
        for each in (self.column, self.lower):
            each.observe(self.read, names="value")
        self.read()
        self.box = widgets.VBox([self.upload, self.path, self.column, self.lower, self.message])

    def take_upload(self, change):
        """Read an uploaded file; ipywidgets 7 gives a dictionary by names, 8 a tuple."""
        files = change["new"]
        if not files:
            return
        if isinstance(files, dict):
            name, file = list(files.items())[-1]
        else:
            name, file = files[-1]["name"], files[-1]
        self.show(name, bytes(file["content"]))

    def take_path(self, change):
        self.show(change["new"], None)

    def show(self, path, uploaded):
        """Take another file, of which no column has been chosen yet."""
        if self.showing:  # it is this function that changes the path
            return
        self.showing = True
        self.uploaded, self.path.value, self.column.value = uploaded, path, ""
        self.showing = False
        self.read()

    def words(self):
        """The file's Words, see `data.load_words`. CourseError if it is no list that can be learned from."""
        path, column = (each.value.strip().strip("'\"") for each in (self.path, self.column))
        return data.load_words(path, column, lower=self.lower.value, content=self.uploaded)

    def read(self, change=None):
        """Say in the message line what the file holds."""
        if self.showing:
            return
        try:
            words = self.words()
            self.message.value = f"{escape(str(words))}.<br>Now run the cells below, one after the other."
        except CourseError as error:
            self.message.value = f'<b style="{REFUSED}">{escape(str(error))}</b>'


def choose(path, column="", lower=False):
    """Show the panel, with a file to begin with; returns its `words` function.

    path, column, lower: as for `data.load_words`. Called again with the same, it shows the panel as the reader left it.
    """
    global last
    if last is None or last.given != (path, column, lower):
        last = Chooser(path, column, lower)
    display(last.box)
    return last.words
