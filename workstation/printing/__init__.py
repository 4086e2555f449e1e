"""The print client: what a user has printed, translated for the printer, previewed, and sent to it.

References
----------
Conformance statement, 2.2.2.4, 3.2.4; PS3.4 Annex H; PS3.3 C.13
"""
