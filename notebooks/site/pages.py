"""The course as a static site: a start page and a page for each notebook, made from its stored outputs.

Nothing is executed. Markdown goes through nbconvert's renderer, code through Pygments, formulas through KaTeX (`npm ci`
in this folder installs it), and the pages through the Jinja templates beside this file. They load nothing from
anywhere else, and work from a server as well as from disk.
"""

import hashlib
import html
import io
import json
import math
import posixpath
import re
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
KATEX = HERE / "node_modules" / "katex" / "dist"
COLAB = "https://colab.research.google.com/github/"
HIGHLIGHTING = {"light": "xcode", "dark": "github-dark"}  # Pygments' style for each colour scheme
EXPLORER = re.compile(r"\bexplore\.explore\(")  # code that shows a picture with sliders


class SiteError(RuntimeError):
    """The site cannot be made of these notebooks; the message says why."""


class Site:
    """What all pages share: where links lead, the formulas found so far, the folder of pictures."""

    def __init__(self, folder, notebooks, address, version):
        self.folder, self.address, self.version = Path(folder), address, version
        self.assets = self.folder / "assets"
        self.pages = {f"notebooks/{path.name}": f"{path.stem}.html" for path in notebooks}
        self.formulas = {}  # (formula, whether it is displayed): (its number, the file where it stood first)
        self.assets.mkdir(parents=True, exist_ok=True)

    def github(self, path):
        return f"https://github.com/{self.address}/blob/{self.version}/{path}"

    def colab(self, path):
        return f"{COLAB}{self.address}/blob/{self.version}/{path}"

    def link(self, url, file):
        """Where a link that stands in a file of the repository leads to on the site."""
        if url.startswith(COLAB):
            return self.colab("notebooks/" + url.rpartition("/")[2])
        if re.match(r"https://[\w-]+\.github\.io/.*\.html", url):  # this site's own address
            return url.rpartition("/")[2]
        if re.match(r"[a-z]+:", url):
            return url
        path, _, fragment = url.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
        if not (ROOT / path).exists():
            raise SiteError(f"{file}: there is no {path}, to which a link leads.")
        if path in self.pages:
            return self.pages[path] + (f"#{slug(fragment)}" if fragment else "")
        return self.github(path) + (f"#{fragment}" if fragment else "")

    def formula(self, formula, displayed, file):
        """A mark in the place of a formula. `typeset` knows what is to stand there when all pages are written."""
        number, _ = self.formulas.setdefault((formula, displayed), (len(self.formulas), file))
        return f"<!--formula {number}-->"

    def typeset(self):
        """The HTML of every formula, in the order of their numbers, by one call of Node. SiteError if one is wrong."""
        try:
            done = subprocess.run(["node", HERE / "katex.mjs"], input=json.dumps(list(self.formulas)), check=True,
                                  capture_output=True, encoding="utf-8")
        except (OSError, subprocess.CalledProcessError) as error:
            raise SiteError(f"KaTeX does not run; has 'npm ci' been run in {HERE}? {getattr(error, 'stderr', error)}"
                            ) from error
        results = json.loads(done.stdout)
        wrong = [f"{file}: {formula!r}: {result['error']}" for ((formula, _), (_, file)), result
                 in zip(self.formulas.items(), results, strict=True) if "error" in result]
        if wrong:
            raise SiteError("\n".join(wrong))
        return [result["html"] for result in results]

    def picture(self, output, where):
        """Write a stored picture as lossless WebP, once, and say what its page must know of it."""
        about = output.metadata.get("image/png", {})
        if not about.get("alt"):
            raise SiteError(f"{where}: a picture has no alternative text.")
        png = b64decode(output.data["image/png"])
        name = f"{hashlib.sha256(png).hexdigest()[:16]}.webp"
        with Image.open(io.BytesIO(png)) as image:
            if not (self.assets / name).exists():
                image.convert("RGB").save(self.assets / name, lossless=True, method=4)
            size = {"width": about.get("width", image.width), "height": about.get("height", image.height)}
        return {"src": f"assets/{name}", "alt": about["alt"], **size}


class Renderer(IPythonRenderer):
    """Markdown of one file of the repository, as HTML for the site. Keeps its headings: (level, id, HTML)."""

    def __init__(self, site, file):
        super().__init__(escape=False)
        self.site, self.file, self.headings, self.ids = site, file, [], {"content"}
        self.markdown = MarkdownWithMath(renderer=self)

    def convert(self, text):
        return Markup(self.markdown.render(text))

    def heading(self, text, level, **attrs):
        name = plain = slug(text)
        number = 1
        while name in self.ids:
            number += 1
            name = f"{plain}-{number}"
        self.ids.add(name)
        self.headings.append((level, name, Markup(text)))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def link(self, text, url, title=None):
        return super().link(text, self.site.link(url, self.file), title)

    def image(self, text, url, title=None):
        """Only the words of a remote picture, such as the badge of Colab: the pages load none."""
        if not url.startswith("https:"):
            raise SiteError(f"{self.file}: the site shows the pictures of outputs, not of text: {url}")
        return text

    def table(self, text):
        return f'<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n{text}</table></div>\n'

    def block_code(self, code, info=None):
        return highlighted(code, info or "text")

    def inline_math(self, body):
        return self.site.formula(body, False, self.file)

    def block_math(self, body):
        formula = self.site.formula(body.replace(r"\qquad", r"\qquad\allowbreak "), True, self.file)  # for phones
        return f'<span class="formula" role="group" aria-label="Formula" tabindex="0">{formula}</span>'

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


def words(text):
    """A piece of HTML as plain text."""
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


def slug(text):
    """The id of a heading, of its text."""
    return re.sub(r"\W+", "-", words(text).lower()).strip("-") or "section"


def highlighted(code, language="python"):
    inside = highlight(code, get_lexer_by_name(language), HtmlFormatter(nowrap=True))
    return Markup(f'<pre class="code" tabindex="0"><code>{inside}</code></pre>\n')


def code_cell(source, folded):
    """Source, summary and state of the code of a cell. What a folded cell says in its title is not shown again."""
    title = re.match(r"#@title (.*)\n*", source)
    if folded and title:
        return {"code": highlighted(source[title.end():]), "summary": title[1], "open": False}
    return {"code": highlighted(source), "summary": "Code: imports" if folded else "Code", "open": not folded}


def prepared(explorer, assets, where):
    """An explorer with what the template needs besides: its first frame, its longest caption, and the styles that cut
    its panels out for phones. SiteError if frames or captions are not one for each combination of values."""
    controls, captions, frames = explorer["controls"], explorer["captions"], explorer["frames"]
    count = math.prod(len(control["values"]) for control in controls)
    if not len(frames) == len(captions) == count:
        raise SiteError(f"{where}: {count} combinations, but {len(frames)} frames and {len(captions)} captions.")
    missing = sorted({frame for frame in frames if not (assets / frame).exists()})
    if missing:
        raise SiteError(f"{where}: {len(missing)} frames are not in {assets}, such as {missing[0]}.")
    start = 0
    for control in controls:
        start = start * len(control["values"]) + control["start"]
    settings = ", ".join(f"{control['label']}: {control['values'][control['start']]}" for control in controls)
    width, height = explorer["width"], explorer["height"]
    columns = explorer["columns"] if len(explorer["columns"]) > 1 else []
    return {
        **explorer,
        "src": f"assets/{frames[start]}", "caption": captions[start], "longest": max(captions, key=len),
        "words": f"{explorer['alt']} {settings}. {captions[start]}".strip(),
        "crops": [f"--scale: {width / (right - left):.4f}; --shift: {-left / (right - left):.4f}; "
                  f"aspect-ratio: {right - left} / {height}; max-width: {right - left}px" for left, right in columns],
        "data": {key: explorer[key] for key in ("controls", "frames", "captions", "alt")},
    }


class Page:
    """One notebook, ready for the template."""

    def __init__(self, site, path, explorers):
        self.site, self.stem, self.file = site, path.stem, f"notebooks/{path.name}"
        self.url, self.colab, self.github = site.pages[self.file], site.colab(self.file), site.github(self.file)
        self.notebook = nbformat.read(path, as_version=4)
        self.explorers = {key[1:]: explorer for key, explorer in explorers.items() if key[0] == self.stem}
        self.renderer = Renderer(site, self.file)
        self.cells = list(self.read())
        if self.explorers:
            raise SiteError(f"{self.file}: there are no pictures for the explorers {sorted(self.explorers)}.")
        if not self.renderer.headings or self.renderer.headings[0][0] != 1:
            raise SiteError(f"{self.file} does not begin with a title.")
        self.title = self.renderer.headings[0][2]
        time = re.search(r"\*\*Reading time:\*\* (\d+ minutes)", self.notebook.cells[0].source)
        self.reading_time = time[1] if time else ""

    def read(self):
        """What the template shows of each cell. The first code cell, which fetches the course, and what is said of it
        are of no use here; the second, with the imports, is folded."""
        cells = self.notebook.cells
        fetches, imports, *_ = (i for i, cell in enumerate(cells) if cell.cell_type == "code")
        for number, cell in enumerate(cells):
            if number in (fetches - 1, fetches) and number > 0:
                continue
            if cell.cell_type == "markdown":
                yield {"text": self.renderer.convert(cell.source)}
            elif cell.cell_type == "code" and cell.source.strip():
                folded = number == imports or "folded" in cell.metadata.get("tags", [])
                outputs = [self.shown(number, place, cell) for place in range(len(cell.outputs))]
                yield {**code_cell(cell.source, folded), "outputs": outputs}

    def shown(self, number, place, cell):
        """What the template shows of one output of a cell."""
        output, where = cell.outputs[place], f"{self.file}, cell {number}"
        data = output.get("data", {})
        if (number, place) in self.explorers:
            explorer = prepared(self.explorers.pop((number, place)), self.site.assets, where)
            return {"explorer": explorer, "id": f"explorer-{number}-{place}"}
        if "image/png" in data:
            return {"picture": self.site.picture(output, where), "moves": bool(EXPLORER.search(cell.source))}
        if "text/markdown" in data:
            return {"text": self.renderer.convert(data["text/markdown"])}
        if output.output_type == "stream" or "text/plain" in data:
            return {"plain": output.get("text") or data["text/plain"]}
        raise SiteError(f"{where}: the site does not know how to show {output.output_type} {list(data)}.")

    @property
    def outline(self):
        return [heading for heading in self.renderer.headings if heading[0] in (2, 3)]

    def first_picture(self):
        """The first picture after the heading "See it", or the first of all."""
        seen, pictures = False, []
        for cell in self.cells:
            seen = seen or ">See it</h2>" in cell.get("text", "")
            pictures += [(not seen, output["picture"]) for output in cell.get("outputs", []) if "picture" in output]
        return min(pictures, key=lambda picture: picture[0])[1] if pictures else None


def read_readme(site, pages):
    """What the README says about the course: {name of a text of the start page: HTML} and {stem of a notebook: paper,
    year, and what one can explain after it}."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    render = Renderer(site, "README.md").convert
    _, first, lessons, *_ = re.split(r"^#+ .*\n", text, flags=re.MULTILINE)
    lead, *intro = (part for part in first.strip().split("\n\n") if not part.startswith(("![", "[![", "- ")))
    about = {}
    for page in pages:
        row = re.search(rf"^\|[^|]*\({page.file}\) \|[^|]*\|([^|]*)\|([^|]*)\|", lessons, re.MULTILINE)
        line = re.search(rf"^- \*\*{page.stem[:2]}\*\*: (.*)$", lessons, re.MULTILINE)
        if not row or not line:
            raise SiteError(f"README.md has no row in its table, or no line in its list, for {page.file}.")
        paper, explain = (Markup(re.sub(r"^<p>|</p>\n*$", "", render(each))) for each in (row[1].strip(), line[1]))
        about[page.stem] = {"paper": paper, "year": row[2].strip(), "explain": explain}
    texts = {"lead": lead, "intro": "\n\n".join(intro), "closing": lessons.strip().rpartition("\n\n")[2]}
    return {name: render(text) for name, text in texts.items()}, about


def write_assets(site):
    """Style, script, and KaTeX's style with the one kind of font files that every browser of today reads."""
    style = (HERE / "style.css").read_text(encoding="utf-8")
    for scheme, name in HIGHLIGHTING.items():
        rules = HtmlFormatter(style=name).get_token_style_defs(".code")
        style += f"@media (prefers-color-scheme: {scheme}) {{\n" + "\n".join(rules) + "\n}\n"
    (site.assets / "style.css").write_text(style, encoding="utf-8")
    shutil.copy(HERE / "script.js", site.assets)
    if not KATEX.exists():
        raise SiteError(f"KaTeX is not there: run 'npm ci' in {HERE}.")
    katex = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    katex = re.sub(r',url\([^)]*\.(woff|ttf)\) format\("\w+"\)', "", katex)
    (site.assets / "katex.css").write_text(katex, encoding="utf-8")
    (site.assets / "fonts").mkdir(exist_ok=True)
    for font in (KATEX / "fonts").glob("*.woff2"):
        shutil.copy(font, site.assets / "fonts")


def write_site(folder, notebooks, explorers, address, version):
    """Write the pages of the notebooks and all that they need into a folder. SiteError if something is amiss.

    notebooks: paths of the notebooks, in order. address: owner/repository on GitHub, and version: a branch or a tag of
        it, for the links.
    explorers: {(stem of the notebook, number of the cell, number of the output): explorer}, both counted from 0. Such
        an explorer takes the place of the stored picture. It is a dictionary of
        controls: a list of {"name", "label", "kind": "slider", "menu" or "tick", "values": as they are shown (of a
            tick box: without, with), "start": the index of one};
        frames: a file name in the folder assets/ for each combination of values, the last control changing fastest;
        captions: a text for each of them; alt, width, height: of every frame;
        columns: [left, right] in pixels for each of several panels side by side, which phones show one below another;
        whole: whether the controls have all the values here that they have in the notebook.
    """
    notebooks = [Path(path) for path in notebooks]
    site = Site(folder, notebooks, address, version)
    write_assets(site)
    pages = [Page(site, path, explorers) for path in notebooks]
    unknown = sorted({key[0] for key in explorers} - {page.stem for page in pages})
    if unknown:
        raise SiteError(f"There are explorers of notebooks that are not here: {', '.join(unknown)}.")
    texts, about = read_readme(site, pages)
    templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.filters["words"] = words
    shared = {"site": site, "pages": pages, "about": about}
    start_page = templates.get_template("index.html.j2")
    written = {"index.html": start_page.render(**texts, **shared)}
    for before, page, after in zip([None, *pages], pages, [*pages[1:], None], strict=False):
        neighbours = {"before": before, "after": after}
        written[page.url] = templates.get_template("page.html.j2").render(page=page, **neighbours, **shared)
    formulas = site.typeset()
    for name, text in written.items():
        text = re.sub(r"<!--formula (\d+)-->", lambda mark: formulas[int(mark[1])], text)
        (site.folder / name).write_text(text, encoding="utf-8")
