"""The reference: pages of `docs/reference/`, made from the models of the files and from the simulators."""
