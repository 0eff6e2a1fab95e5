"""Execute and normalise the course's notebooks, or check the committed ones without running them.

    python notebooks/build.py                        execute all notebooks
    python notebooks/build.py 01                     execute those whose file name begins with 01
    python notebooks/build.py --prose 01             only the text changed: normalise, keep the outputs
    python notebooks/build.py --check                verify, run nothing
    python notebooks/build.py --address              write where the course lives on GitHub, and the version, into every
                                                     badge, link and first cell: address and branch are taken from
                                                     git, or given: --address OWNER/REPOSITORY --version v1.0
    python notebooks/build.py --site FOLDER          write the course as a static site, with sliders that move: from
                                                     the stored outputs; the notebooks run once more, for the pictures
                                                     of the sliders. Needs Node, and 'npm ci' in notebooks/site.
                                                     --still: without moving sliders, in seconds

Each notebook runs from top to bottom in a fresh kernel and fails on any error or warning. Its results go into the
reference timeline, its run time (as on the machine of pace.py) into its own head and into the README.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from helpers import start

FOLDER = Path(__file__).resolve().parent
README = FOLDER.parent / "README.md"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # what JupyterLab, and what Colab wants to hear
WIDGET = "application/vnd.jupyter.widget-view+json"
LARGEST = 1_000_000  # bytes a notebook file may have
LONGEST = 900  # seconds a cell may take
PLACES = {  # where an address or a version stands, and what is to stand there
    re.compile(r"(?<=research\.google\.com/github/)[\w.-]+/[\w.-]+/blob/[\w.-]+"): "{address}/blob/{version}",
    re.compile(r"(?<=//github\.com/)[\w.-]+/[\w.-]+(?=/actions/)"): "{address}",
    re.compile(r"(?<=--branch )\S+ https://github\.com/[\w.-]+/[\w.-]+(?=\.git how-gpt)"):
        "{version} https://github.com/{address}",
    re.compile(r"(?<=https://)[\w-]+\.github\.io(?:/[\w.-]+)?(?=/)"): "{site}",
}


class BuildError(Exception):
    """A notebook is not fit to be committed; the message says why."""


def chosen(prefixes):
    """The notebooks whose file names begin with one of the prefixes; all without prefixes."""
    found = [path for path in start.notebooks(FOLDER) if not prefixes or path.name.startswith(tuple(prefixes))]
    if not found:
        raise BuildError(f"There is no notebook that begins with {' or '.join(prefixes) or 'anything'}.")
    return found


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def code_hash(notebook):
    """A hash of all code, which ties the stored outputs to it."""
    return hashlib.sha256("\0".join(cell.source for cell in code_cells(notebook)).encode()).hexdigest()


def normalise(notebook):
    """Bring a notebook into the one form that is committed. Changes it in place; doing it twice changes nothing."""
    course = {"code_sha256": code_hash(notebook), **notebook.metadata.get("course", {})}
    notebook.metadata = nbformat.from_dict({
        "course": course,
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    notebook.nbformat_minor = 5
    seen = set()
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        folded = FOLDED if cell.cell_type == "code" and "folded" in tags else {}
        cell.metadata = nbformat.from_dict({**({"tags": tags} if tags else {}), **folded})
        cell.id = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        while cell.id in seen:
            cell.id = hashlib.sha256(cell.id.encode()).hexdigest()[:8]
        seen.add(cell.id)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = list(merged(cell.outputs))
    return notebook


def merged(outputs):
    """Outputs without widget views and memory addresses, neighbouring pieces of one stream joined. Nothing is left of
    an output that was a widget and no picture."""
    last = None
    for output in outputs:
        if WIDGET in output.get("data", {}) and "image/png" not in output.data:
            continue
        if output.output_type == "stream":
            if last is not None and last.output_type == "stream" and last.name == output.name:
                last.text = masked(last.text + output.text)
                continue
            output.text = masked(output.text)
        if "data" in output:
            output.data.pop(WIDGET, None)
            if "text/plain" in output.data:
                output.data["text/plain"] = masked(output.data["text/plain"])
        last = output
        yield output


def masked(text):
    return re.sub(r"0x[0-9a-fA-F]{6,}", "0x...", text)


def troubles(notebook):
    """What in the outputs must not be committed, as sentences."""
    for number, cell in enumerate(code_cells(notebook), 1):
        if cell.execution_count != number:
            yield f"code cell {number} has the execution count {cell.execution_count}: not one clean run"
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"code cell {number} ends in {output.ename}: {output.evalue}"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"code cell {number} writes to stderr: {output.text.strip()[:300]}"
    for model in notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get(
            "state", {}).values():
        for output in model.get("state", {}).get("outputs", []):
            if output.get("output_type") == "error":
                yield f"an Output widget hides {output.get('ename')}: {output.get('evalue')}"


def folding_troubles(notebook):
    """Code cells that are to open folded, by their tag, and have no title to be seen; and the other way round."""
    for number, cell in enumerate(code_cells(notebook), 1):
        folded = "folded" in cell.metadata.get("tags", [])
        if folded and not re.match(r"#@title \S", cell.source):
            yield f"code cell {number} is tagged 'folded', but does not begin with a line '#@title ...'"
        if not folded and re.search(r"^\s*#@title\b", cell.source, re.MULTILINE):
            yield f"code cell {number} has a line '#@title', but no tag 'folded'"


def refuse(path, problems):
    problems = list(problems)
    if problems:
        raise BuildError("\n".join(f"{path.name}: {problem}" for problem in problems))


def pace():
    """How fast this machine is now, see pace.py; PyTorch is loaded only here."""
    from pace import pace

    return pace()


def execute(path):
    """Run a notebook in a fresh kernel, write it back in its committed form, and note how many seconds it would have
    run on the machine for which the README gives run times (see pace.py)."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    os.environ["COURSE_REFERENCE_RUN"] = "1"  # timeline.record writes data/timeline.csv
    before, start = pace(), time.perf_counter()
    client = NotebookClient(notebook, timeout=LONGEST, kernel_name="python3", record_timing=False, allow_errors=True,
                            resources={"metadata": {"path": str(FOLDER)}})
    try:
        client.execute()
    except CellTimeoutError as error:
        raise BuildError(f"{path.name}: a cell has not answered within {LONGEST} s.") from error
    seconds = (time.perf_counter() - start) * (before + pace()) / 2
    nbformat.write(notebook, path.with_suffix(".failed.ipynb"))
    refuse(path, troubles(notebook))
    path.with_suffix(".failed.ipynb").unlink()
    notebook.metadata["course"] = {"code_sha256": code_hash(notebook), "run_time": f"{seconds / 60:.1f} min"}
    note_run_time(path, notebook)
    nbformat.write(normalise(notebook), path)
    return seconds


def note_run_time(path, notebook):
    """Write the measured run time into the notebook's first cell and into its row of the README's table."""
    run_time = notebook.metadata["course"]["run_time"]
    head = notebook.cells[0]
    head.source, changed = re.subn(r"(?<=\*\*Run time:\*\* )[\d.]+ min", run_time, head.source)
    text, listed = re.subn(rf"^(\|.*{re.escape(path.name)}.*\| )[\d.]+ min( \|)$", rf"\g<1>{run_time}\2",
                           README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if not (changed == listed == 1):
        raise BuildError(f"{path.name}: its head and one row of the README's table must give the run time.")
    README.write_text(text, encoding="utf-8")


def keep_outputs(path):
    """Normalise a notebook of which only the text changed."""
    notebook = nbformat.read(path, as_version=4)
    refuse(path, troubles(notebook))
    if notebook.metadata.get("course", {}).get("code_sha256") != code_hash(notebook):
        raise BuildError(f"{path.name}: its code has changed since it was run; execute it.")
    note_run_time(path, notebook)
    nbformat.write(normalise(notebook), path)


def check(path):
    """Every reason, as sentences, why a notebook is not fit to be committed as it lies there."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    yield from troubles(notebook)
    yield from folding_troubles(notebook)
    if notebook.metadata.get("course", {}).get("code_sha256") != code_hash(notebook):
        yield "its code has changed since it was run"
    if len(text.encode()) > LARGEST:
        yield f"it has {len(text.encode()):,} bytes, more than {LARGEST:,}"
    before = json.loads(text)
    if json.loads(nbformat.writes(normalise(notebook))) != before:
        yield "it is not in its normal form (widget state, metadata or cell ids); build it again"
    run_time = notebook.metadata["course"].get("run_time", "no run time")
    if f"**Run time:** {run_time}" not in notebook.cells[0].source:
        yield f"its head does not give the measured run time, {run_time}"
    if not re.search(rf"{re.escape(path.name)}.*\| {re.escape(run_time)} \|", README.read_text(encoding="utf-8")):
        yield f"the README does not give its measured run time, {run_time}"


def git(*arguments):
    """What a git command prints in this repository; empty if it fails."""
    return subprocess.run(["git", "-C", FOLDER, *arguments], capture_output=True, text=True, check=False).stdout.strip()


def from_git():
    """The address (owner/repository) of the remote `origin` on GitHub; BuildError if there is none."""
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", git("remote", "get-url", "origin"))
    if not found:
        raise BuildError("The git remote 'origin' is not on github.com: give --address OWNER/REPOSITORY.")
    return found[1]


def site_of(address):
    """Where GitHub Pages show the site of a repository, without https:// before it and the slash behind it."""
    owner, name = address.lower().split("/")[0], address.split("/")[1]
    return f"{owner}.github.io" if name.lower() == f"{owner}.github.io" else f"{owner}.github.io/{name}"


def readdress(address="", version=""):
    """Put address and version into every badge, link and first cell. By default the remote's address and the
    present branch."""
    address = address or from_git()
    version = version or git("branch", "--show-current") or "main"
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", address) or not re.fullmatch(r"[\w.-]+", version):
        raise BuildError(f"An address looks like owner/repository, a version like v1.0, not {address!r}, {version!r}.")

    def written(text):
        for place, words in PLACES.items():
            text = place.sub(words.format(address=address, version=version, site=site_of(address)), text)
        return text

    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    for path in chosen([]):
        notebook = nbformat.read(path, as_version=4)
        refuse(path, check(path))
        for cell in [notebook.cells[0], code_cells(notebook)[0]]:
            cell.source = written(cell.source)
        notebook.metadata["course"]["code_sha256"] = code_hash(notebook)
        nbformat.write(normalise(notebook), path)
    print(f"{address}, version {version}")


def write_site(folder, prefixes=(), still=False, cache=None):
    """Write the static site of the chosen notebooks into a folder; see site/pages.py and site/frames.py. Its links lead
    where the badges lead."""
    sys.path.insert(0, str(FOLDER / "site"))
    import frames
    import pages

    try:
        assets = Path(folder).absolute() / "assets"
        assets.mkdir(parents=True, exist_ok=True)
        address, version = badge_of(chosen([])[0])
        paths, explorers = chosen(prefixes), {}
        for path in [] if still else paths:
            start = time.perf_counter()
            found = frames.record(path, assets, cache)
            explorers |= {(path.stem, *place): each for place, each in found.items()}
            count = sum(len(each["frames"]) for each in found.values())
            drawing, seconds = sum(each["seconds"] for each in found.values()), time.perf_counter() - start
            print(f"{path.name}: {len(found)} explorers, {count:,} pictures, {seconds:.0f} s; drawing them took "
                  f"{drawing:.0f} s", flush=True)
        pages.write_site(folder, paths, explorers, address, version)
    except (frames.FramesError, pages.SiteError, OSError) as error:
        raise BuildError(str(error)) from error
    size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    print(f"{folder}: {len(paths)} notebooks, {size / 1e6:.0f} MB")


def badge_of(path):
    """(owner/repository, branch or tag) to which the badge of a notebook leads."""
    head = nbformat.read(path, as_version=4).cells[0].source
    return re.search(r"research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/([\w.-]+)", head).groups()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefix", nargs="*", help="beginnings of file names, such as 01")
    parser.add_argument("--prose", action="store_true", help="keep the outputs; only text changed")
    parser.add_argument("--check", action="store_true", help="verify without running")
    parser.add_argument("--address", metavar="OWNER/REPOSITORY", nargs="?", const="", help="where it lives on GitHub")
    parser.add_argument("--version", default="", help="the tag or branch that Colab fetches")
    parser.add_argument("--site", metavar="FOLDER", help="write the course as a static site")
    parser.add_argument("--still", action="store_true", help="a site without moving sliders")
    parser.add_argument("--cache", metavar="FOLDER", help="keep the sliders' pictures from one site to the next")
    options = parser.parse_args()
    if options.site:
        write_site(options.site, options.prefix, options.still, options.cache)
        return
    if options.address is not None:
        readdress(options.address, options.version)
        return
    for path in chosen(options.prefix):
        if options.check:
            refuse(path, check(path))
            print(f"{path.name}: fit to be committed")
        elif options.prose:
            keep_outputs(path)
            print(f"{path.name}: normalised")
        else:
            print(f"{path.name}: running", flush=True)
            print(f"{path.name}: {execute(path):.0f} s")


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        sys.exit(str(error))
