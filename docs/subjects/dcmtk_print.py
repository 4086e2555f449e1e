"""Print files with DCMTK's print programs, as a subject file asks for it: what another print client would be told.

    python dcmtk_print.py TITLE HOST PORT [NAME=VALUE ...] -- FILE...

dcmpsprt makes films of the files, dcmprscu sends them. NAME=VALUE are the arguments of the operation `print`
(`layout=2x3 trim=YES copies=2 ...`); one that DCMTK has no option for ends the program, and nothing is printed.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

OF_FILM = {
    "film_size": "--filmsize",
    "magnification": "--magnification",
    "smoothing": "--smoothing",
    "configuration_information": "--configinfo",
    "resolution": "--resolution",
    "border_density": "--border",
    "empty_image_density": "--empty-image",
    "max_density": "--max-density",
    "min_density": "--min-density",
}
OF_SESSION = {
    "copies": "--copies",
    "medium": "--medium-type",
    "destination": "--destination",
    "label": "--label",
    "priority": "--priority",
    "owner": "--owner",
}
CHOICES = {
    "trim": {"YES": "--trim", "NO": "--no-trim"},
    "orientation": {"PORTRAIT": "--portrait", "LANDSCAPE": "--landscape"},
}
IGNORED = ("follow", "film_s")  # dcmprscu knows no print jobs
CONFIGURATION = """\
[[GENERAL]]
[APPLICATION]
LogDirectory = {folder}
[PRINT]
Directory = {folder}
DeletePrintJobs = false
[DATABASE]
Directory = {folder}
[NETWORK]
aetitle = DCMTK
[[COMMUNICATION]]
[PRINTER]
Aetitle = {title}
Description = printer
Hostname = {host}
Port = {port}
Type = PRINTER
DisableNewVRs = false
ImplicitOnly = false
MaxPDU = 32768
OmitSOPClassUIDFromCreateResponse = false
Supports12Bit = {takes_12_bits}
SupportsDecimateCrop = true
SupportsImageSize = true
SupportsPresentationLUT = false
SupportsTrim = true
"""


def layout_of(text: str) -> tuple[int, int]:
    """Give columns and rows."""
    by_rows, standard = re.fullmatch(r"(\d+)x(\d+)", text), re.fullmatch(r"STANDARD\\(\d+),(\d+)", text)
    if by_rows is not None:
        return int(by_rows[2]), int(by_rows[1])
    if standard is not None:
        return int(standard[1]), int(standard[2])
    raise SystemExit(f"no layout of DCMTK's: {text}")


def run(*words: object) -> None:
    """Run a program; end with its exit status if it fails."""
    done = subprocess.run([str(word) for word in words], check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)


def main() -> None:
    """Do what the words of the command line say."""
    mark = sys.argv.index("--")
    title, host, port, *said = sys.argv[1:mark]
    files = sys.argv[mark + 1 :]
    asked = dict(one.split("=", 1) for one in said)
    columns, rows = layout_of(asked.pop("layout", "1x1"))
    bits, state = asked.pop("bits", "12"), asked.pop("state", None)
    film: list[object] = ["-l", columns, rows]
    session: list[object] = []
    for name, value in asked.items():
        if name in OF_FILM:
            film += [OF_FILM[name], value]
        elif name in OF_SESSION:
            session += [OF_SESSION[name], value]
        elif value in CHOICES.get(name, ()):
            film.append(CHOICES[name][value])
        elif (name, value) == ("per", "session"):
            session.append("--session-print")
        elif name not in IGNORED:
            raise SystemExit(f"no option of DCMTK's: {name}={value}")
    with tempfile.TemporaryDirectory() as folder:
        values = {"folder": folder, "title": title, "host": host, "port": port}
        configuration = Path(folder) / "print.cfg"
        configuration.write_text(CONFIGURATION.format(**values, takes_12_bits="false" if bits == "8" else "true"))
        films: list[Path] = []
        for first in range(0, len(files), columns * rows):
            on_film = files[first : first + columns * rows]
            images = [word for file in on_film for word in (("+p", state, file) if state else (file,))]
            run("dcmpsprt", "-q", "-c", configuration, "-p", "PRINTER", *film, *images)
            films += [path for path in Path(folder).glob("SP_*.dcm") if path not in films]
        run("dcmprscu", "-q", "-c", configuration, "-p", "PRINTER", *session, *films)


if __name__ == "__main__":
    main()
