"""What the notebooks share and what is not the lesson: one module a concern."""


class CourseError(ValueError):
    """Something the reader can put right. A notebook shows its message alone, without the traceback."""

    def _render_traceback_(self):  # IPython looks for this name
        return [f"{type(self).__name__}: {self}"]
