"""What `oversight bench` measures: workloads, peers and raw limits, each in a process of its own.

The package runs as `bench`, with the tree under test first on the path, so that an older commit can
be measured by today's workloads. See README.md.
"""
