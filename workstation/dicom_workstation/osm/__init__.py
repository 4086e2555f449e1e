"""The OSM: a small archive that keeps on the disk what it answered for (conformance statement, 2.1.1 and 3.1).

May import: `data_sets`, `instances`, `tables`.
Begin with `disk_store`; `index` finds what it holds.
"""
