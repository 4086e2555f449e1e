"""Mutants of the printer simulator whose films are not what was sent, which the scenarios `scp/print/films*` catch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dicom_simulators.printer import printer
from dicom_simulators.printer.films import layout, rendering
from mutation import Catalogue, Patch

FILMS = Catalogue()


def draws(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Draw another film than the one that was printed."""
    render = patch.set(printer, "render", lambda film, *further: render(change(film), *further))


def with_pixels(patch: Patch, change: Callable[[Any], Any]) -> None:
    """Draw each image with other samples."""

    def changed(film: Any) -> Any:
        return replace(film, images=tuple(replace(one, pixels=change(one.pixels)) for one in film.images))

    draws(patch, changed)


def with_positions(patch: Patch, places: dict[int, int]) -> None:
    """Draw images in other places."""

    def changed(film: Any) -> Any:
        moved = tuple(replace(one, position=places.get(one.position, one.position)) for one in film.images)
        return replace(film, images=moved)

    draws(patch, changed)


def magnifies_by(patch: Patch, asked: str, kind: str) -> None:
    """Magnify in another way than was asked for."""

    def chosen(film: Any, image: Any) -> str:
        wanted = before(film, image)
        return kind if wanted == asked else wanted

    before = patch.set(rendering, "magnification_type", chosen)


@FILMS.mutant("scp/print/films", "films")
def turns_each_image(patch: Patch) -> None:
    """Each image is turned by 90 degrees."""
    with_pixels(patch, lambda pixels: np.ascontiguousarray(np.rot90(pixels)))


@FILMS.mutant("scp/print/films", "films")
def turns_each_image_upside_down(patch: Patch) -> None:
    """Each image stands on its head."""
    with_pixels(patch, lambda pixels: np.ascontiguousarray(np.rot90(pixels, 2)))


@FILMS.mutant("scp/print/films", "films")
def mirrors_each_image(patch: Patch) -> None:
    """Left and right of each image are exchanged."""
    with_pixels(patch, lambda pixels: np.ascontiguousarray(pixels[:, ::-1]))


@FILMS.mutant("scp/print/films", "films")
def fills_films_column_by_column(patch: Patch) -> None:
    """The second image box is below the first."""
    with_positions(patch, {2: 3, 3: 2})


@FILMS.mutant("scp/print/films", "films")
def prints_the_first_image_everywhere(patch: Patch) -> None:
    """Each place of a film has the image of the first."""

    def changed(film: Any) -> Any:
        first = film.images[0]
        return replace(film, images=tuple(replace(one, pixels=first.pixels) for one in film.images))

    draws(patch, changed)


@FILMS.mutant("scp/print/films", "films")
def leaves_a_place_empty(patch: Patch) -> None:
    """The last image of a film is not printed."""
    draws(patch, lambda film: replace(film, images=film.images[:-1]))


@FILMS.mutant("scp/print/films", "films")
def prints_negatives(patch: Patch) -> None:
    """Bright and dark of a whole film are exchanged."""
    render = patch.set(printer, "render", lambda *given: 255 - render(*given))


@FILMS.mutant("scp/print/films-reversed", "films")
def ignores_polarity(patch: Patch) -> None:
    """An image of Polarity REVERSE is printed like one of NORMAL."""

    def normal(film: Any) -> Any:
        return replace(film, images=tuple(replace(one, parameters={}) for one in film.images))

    draws(patch, normal)


@FILMS.mutant("scp/print/films-12", "films")
def keeps_the_lower_bits_of_12(patch: Patch) -> None:
    """Of samples of 12 bits the lower 8 are printed."""
    with_pixels(patch, lambda pixels: (pixels & 0xFF) << 4)


@FILMS.mutant("scp/print/films-colour", "films")
def exchanges_red_and_blue(patch: Patch) -> None:
    """Red is printed as blue, and blue as red."""
    with_pixels(patch, lambda pixels: np.ascontiguousarray(pixels[..., ::-1]))


@FILMS.mutant("scp/print/films-copies", "films")
def prints_a_copy_too_many(patch: Patch) -> None:
    """The first film comes out once more than it was asked for."""

    def come_out(self: Any, film: Any) -> None:
        before(self, film)
        if self.films_printed == 1:
            before(self, film)

    before = patch.set(printer.Printer, "_come_out", come_out)


@FILMS.mutant("scp/print/films-laid-out[STANDARD\\1,1]", "films")
def loses_a_film(patch: Patch) -> None:
    """The second film never comes out."""

    def come_out(self: Any, film: Any) -> None:
        seen.append(film)
        if len(seen) != 2:
            before(self, film)

    seen: list[Any] = []
    before = patch.set(printer.Printer, "_come_out", come_out)


@FILMS.mutant("scp/print/films-laid-out[ROW\\2,3]", "films")
def lays_rows_out_as_columns(patch: Patch) -> None:
    """ROW is laid out as COL."""
    boxes = patch.set(layout, "_boxes", lambda left, form, custom: boxes(left, form.replace("ROW", "COL"), custom))


@FILMS.mutant("scp/print/films-oriented[LANDSCAPE]", "films")
def turns_a_whole_film(patch: Patch) -> None:
    """A film that lies is printed standing, with everything on it turned."""

    def turned(film: Any, *further: Any) -> Any:
        drawn = render(film, *further)
        return np.ascontiguousarray(np.rot90(drawn)) if film.box.get("FilmOrientation") == "LANDSCAPE" else drawn

    render = patch.set(printer, "render", turned)


@FILMS.mutant("scp/print/films-magnified[CUBIC]", "films")
def repeats_pixels_instead_of_cubic(patch: Patch) -> None:
    """CUBIC is REPLICATE."""
    magnifies_by(patch, "CUBIC", "REPLICATE")


@FILMS.mutant("scp/print/films-magnified[REPLICATE]", "films")
def interpolates_instead_of_repeating(patch: Patch) -> None:
    """REPLICATE is BILINEAR."""
    magnifies_by(patch, "REPLICATE", "BILINEAR")


@FILMS.mutant("scp/print/films-magnified[NONE]", "films")
def magnifies_all_the_same(patch: Patch) -> None:
    """NONE is CUBIC."""
    magnifies_by(patch, "NONE", "CUBIC")
