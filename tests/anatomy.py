"""How a notebook is divided into sections, lesson and laboratory, what is counted in it, and how it is cut short for
tests to which it does not matter what is learned."""

import ast
import re
from dataclasses import dataclass, field

LABORATORY = "The laboratory"
OWN = "Make more of your own"  # stands between lesson and laboratory, in the last notebook
SHORT = {"training": """

whole = train


def train(*arguments, steps, **options):
    return whole(*arguments, steps=min(steps, max(20, steps // 10)), **options)
""", "data": """

whole = load_names


def load_names():
    return whole()[::4]
"""}


def shorten(course):
    """In a copy of the course, make every training of the common loop ten times shorter, and those of loops that
    notebooks write with `updates=` in their first line; and take a quarter of the names."""
    for name, addition in SHORT.items():
        module = course / "helpers" / f"{name}.py"
        module.write_text(module.read_text() + addition)
    for notebook in (course / "notebooks").glob("*.ipynb"):
        text = notebook.read_text(encoding="utf-8")
        shorter = re.sub(r"(?<=, updates=)\d+(?=\):)", lambda number: str(int(number[0]) // 10), text)
        notebook.write_text(shorter, encoding="utf-8")


@dataclass
class Section:
    """A part of a notebook under one heading `## ...`; what comes before the first one has no heading."""

    heading: str
    text: str = ""  # of its markdown cells
    code: list = field(default_factory=list)  # its code cells


def sections(notebook):
    """The sections of a notebook, in order. A markdown cell may end one and begin the next."""
    found = [Section("")]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found[-1].code.append(cell)
            continue
        hidden = re.sub(r"```.*?```", lambda code: re.sub(r"^#", " ", code[0], flags=re.M), cell.source, flags=re.S)
        before, *parts = re.split(r"^## ", hidden, flags=re.M)
        found[-1].text += f"\n\n{before}"
        for part in parts:
            heading, _, text = part.partition("\n")
            found.append(Section(heading.strip(), text))
    return found


def section(notebook, heading):
    """The first section whose heading contains some words; an empty one if there is none."""
    return next((each for each in sections(notebook) if heading in each.heading), Section(heading))


def place_of(cells, heading):
    """Which of some cells begins with a heading; how many there are if none does."""
    return next((i for i, cell in enumerate(cells) if cell.source.startswith(f"## {heading}")), len(cells))


def divided(notebook):
    """The cells of the lesson and those of the laboratory; what stands between them belongs to neither.

    Where no laboratory has been set apart, the lesson is all up to the last explorer.
    """
    cells = notebook.cells
    end = place_of(cells, LABORATORY)
    if end == len(cells):
        end = next((i + 1 for i in reversed(range(len(cells))) if shows_explorer(cells[i])), len(cells))
    return cells[:min(end, place_of(cells, OWN))], cells[end:]


def own(notebook):
    """The cells of the section between lesson and laboratory, if there is one."""
    cells = notebook.cells
    return cells[place_of(cells, OWN):place_of(cells, LABORATORY)]


def words(cells):
    """How many words the markdown cells have: without code blocks, HTML tags, formulas and addresses of links."""
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for left_out in (r"```.*?```", r"\$\$.*?\$\$", r"\$[^$\n]*\$", r"</?[a-zA-Z][^>]*>", r"(?<=\])\([^)\s]*\)"):
        text = re.sub(left_out, " ", text, flags=re.S)
    return len(re.findall(r"\S*\w\S*", text))


def is_folded(cell):
    return "folded" in cell.metadata.get("tags", [])


def open_lines(cells):
    """How many lines of code that are neither blank nor folded."""
    return sum(bool(line.strip()) for cell in cells if cell.cell_type == "code" and not is_folded(cell)
               for line in cell.source.splitlines())


def called(tree):
    """The names of all functions and methods that are called somewhere in a syntax tree."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {getattr(function, "attr", getattr(function, "id", "")) for function in functions}


def explorer_makers(sources):
    """The names of the functions that show an explorer: `explore` itself, and those in the sources that call it."""
    functions = [node for source in sources for node in ast.walk(ast.parse(source))
                 if isinstance(node, ast.FunctionDef)]
    return {"explore", *(function.name for function in functions if "explore" in called(function))}


def shows_explorer(cell, makers=("explore",)):
    """Whether a cell calls one of the functions that show an explorer."""
    return cell.cell_type == "code" and not called(ast.parse(cell.source)).isdisjoint(makers)


class Names(ast.NodeVisitor):
    """Which names a cell reads from outside itself, before it binds them, and which it binds at its top level.

    What a function reads counts as read where the function is defined.
    """

    def __init__(self, *parts, bound=()):
        self.read, self.bound = set(), set(bound)
        self.follow(*parts)

    def follow(self, *parts):
        """Visit parts of a syntax tree, or lists of them, in the order in which they are run."""
        for part in parts:
            for node in part if isinstance(part, list) else [part]:
                if node is not None:
                    self.visit(node)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id not in self.bound:
            self.read.add(node.id)

    def visit_Import(self, node):
        self.bound |= {(each.asname or each.name).split(".")[0] for each in node.names}

    visit_ImportFrom = visit_Import

    def visit_Assign(self, node):
        self.follow(node.value, node.targets)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.visit_Name(ast.Name(node.target.id, ast.Load()))
        self.follow(node.value, node.target)

    def visit_AnnAssign(self, node):
        self.follow(node.annotation, node.value, node.target if node.value else None)

    def visit_NamedExpr(self, node):
        self.follow(node.value, node.target)

    def visit_For(self, node):
        self.follow(node.iter, node.target, node.body, node.orelse)

    def visit_ExceptHandler(self, node):
        self.bound |= {node.name} - {None}
        self.follow(node.type, node.body)

    def visit_FunctionDef(self, node):
        arguments = node.args
        self.follow(node.decorator_list, arguments.defaults, arguments.kw_defaults)
        self.bound.add(node.name)
        self.enter(arguments, node.body)

    def visit_Lambda(self, node):
        self.follow(node.args.defaults, node.args.kw_defaults)
        self.enter(node.args, node.body)

    def enter(self, arguments, body):
        """Read what the body of a function reads from outside it."""
        inside = Names(body, bound=[each.arg for each in ast.walk(arguments) if isinstance(each, ast.arg)])
        self.read |= inside.read - inside.bound - self.bound

    def visit_ClassDef(self, node):
        self.follow(node.decorator_list, node.bases, node.keywords)
        self.bound.add(node.name)
        self.read |= Names(node.body).read - self.bound

    def visit_ListComp(self, node):
        inside = Names()
        for each in node.generators:
            inside.follow(each.iter, each.target, each.ifs)
        inside.follow([node.key, node.value] if isinstance(node, ast.DictComp) else node.elt)
        self.read |= inside.read - self.bound

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp


def names(cell):
    return Names(ast.parse(cell.source))


def rebound(notebook):
    """The names that a section binds again although a cell of an earlier one reads them: such a cell cannot be run
    again later. Yields sentences."""
    readers = {}
    for part in sections(notebook):
        cells = [names(cell) for cell in part.code]
        for name in sorted(set().union(*(cell.bound for cell in cells)) & readers.keys()):
            yield f"“{part.heading}” binds {name} again, which a cell of “{readers[name]}” reads"
        for cell in cells:
            readers = dict.fromkeys(cell.read, part.heading) | readers
