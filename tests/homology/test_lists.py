"""Lists of annotated edges, by their chunks."""

from __future__ import annotations

from layertopo.homology import vertices as ends


def test_free_chunks_are_linked_beyond_32_bits() -> None:
    """Lists of 2**31 entries take 16 gigabytes: only the link is looked at."""
    far = 2**33 + 4
    vertices = ends.new_vertices(4)
    vertices.free[2] = far
    vertices.first[0], vertices.room[0] = 8, 4
    ends._free_chunk(vertices, 0)
    assert vertices.free[2] == 8
    assert ends._chunk(vertices, 4) == 8
    assert vertices.free[2] == far
    vertices.free[2] = ends.NONE
    vertices.room[0] = 4
    ends._free_chunk(vertices, 0)
    assert ends._chunk(vertices, 4) == 8
    assert vertices.free[2] == ends.NONE
