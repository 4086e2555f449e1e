"""Every mutant, by its name."""

from __future__ import annotations

from mutants_among_strangers import STRANGERS
from mutants_of_character_sets import CHARACTER_SETS
from mutants_of_colours_and_planes import COLOURS_AND_PLANES
from mutants_of_conversions import CONVERSIONS
from mutants_of_display_protocols import DISPLAY_PROTOCOLS
from mutants_of_negotiation import NEGOTIATION
from mutants_of_print_statuses import PRINT_STATUSES
from mutants_of_reading import READING
from mutants_of_security import SECURITY
from mutants_of_the_claims import CLAIMS
from mutants_of_the_clients import CLIENTS
from mutants_of_the_display import DISPLAY
from mutants_of_the_explorer import EXPLORER
from mutants_of_the_loader import LOADER
from mutants_of_the_print_client import PRINT
from mutants_of_the_worklist import WORKLIST
from mutants_that_hang_or_die import HANG_OR_DIE
from mutation import Mutant

MUTANTS: tuple[Mutant, ...] = tuple(
    mutant
    for catalogue in (
        NEGOTIATION,
        LOADER,
        CLIENTS,
        DISPLAY,
        SECURITY,
        HANG_OR_DIE,
        CHARACTER_SETS,
        PRINT,
        PRINT_STATUSES,
        COLOURS_AND_PLANES,
        STRANGERS,
        CONVERSIONS,
        READING,
        CLAIMS,
        WORKLIST,
        DISPLAY_PROTOCOLS,
        EXPLORER,
    )
    for mutant in catalogue.mutants
)
BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
