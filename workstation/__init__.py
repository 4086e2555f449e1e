"""The diagnostic workstation of the conformance statement, built on pynetdicom.

It acts; what it promises stands elsewhere and it never reads it: query engine (3.2.1), loader, server and client
side (3.2.2), store client (3.2.3), its memory, its configuration and its control interface. It knows of no test.
"""
