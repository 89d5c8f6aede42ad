"""Fakes of the upstreams that cost money: each answers as it is documented, keeps state, and misbehaves on demand.

They serve real MP4s on loopback, in a thread of this process or as `python -m mutoscope.testing.upstreams NAME`. No
fake imports anything of the adapter that it is for: both are written from the upstream's own documentation.
"""
