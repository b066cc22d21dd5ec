"""The tree against RFC 6962's vectors, and every proof of every size to 300."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import merkle
from consent.merkle import BadProof, Frontier, Node, Tile

# The leaves and roots of the reference implementation's tests (Certificate Transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 300


def reference_root(hashes):
    """RFC 6962, 2.1, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return merkle.node_hash(reference_root(hashes[:split]), reference_root(hashes[split:]))


@pytest.fixture(scope="module")
def tree():
    """(leaf hashes, every complete node, the root of every size)."""
    leaves = [merkle.leaf_hash(str(number).encode()) for number in range(LARGEST)]
    frontier, nodes, roots = Frontier(), {}, [merkle.EMPTY_ROOT]
    for index, leaf in enumerate(leaves):
        completed = frontier.append(leaf)
        for level in range(len(completed) // 32):
            nodes[Node(level, index >> level)] = completed[level * 32 : level * 32 + 32]
        roots.append(frontier.root())
    return leaves, nodes, roots


@pytest.mark.parametrize("size", range(1, len(LEAVES) + 1))
def test_the_roots_are_those_of_the_reference_implementation(size):
    root = merkle.root_of(map(merkle.leaf_hash, LEAVES[:size]))

    assert root.hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root_of([]) == hashlib.sha256(b"").digest()


def test_proofs_of_the_reference_implementation():
    leaves = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    nodes = {
        Node(level, position): reference_root(leaves[position << level : position + 1 << level])
        for level in range(4)
        for position in range(8 >> level)
    }

    path = merkle.proof(merkle.inclusion_nodes(5, 8), nodes)

    assert [each.hex() for each in path] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    path = merkle.proof(merkle.consistency_nodes(6, 8), nodes)
    assert [each.hex() for each in path] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_root_of_every_size_is_that_of_the_definition(tree):
    leaves, nodes, roots = tree
    for size in range(LARGEST + 1):
        assert roots[size] == reference_root(leaves[:size])
        assert merkle.fold([nodes[node] for node in merkle.root_nodes(size)]) == roots[size]


def test_every_leaf_of_every_size_has_a_proof_that_holds(tree):
    leaves, nodes, roots = tree
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = merkle.proof(merkle.inclusion_nodes(index, size), nodes)
            merkle.verify_inclusion(leaves[index], index, size, path, roots[size])


def test_every_size_extends_every_smaller_one(tree):
    _, nodes, roots = tree
    for size in range(1, LARGEST + 1):
        for old in range(size + 1):
            path = merkle.proof(merkle.consistency_nodes(old, size), nodes)
            merkle.verify_consistency(old, roots[old], size, roots[size], path)


@given(st.data())
def test_no_other_leaf_index_size_root_or_path_passes(tree, data):
    leaves, nodes, roots = tree
    size = data.draw(st.integers(1, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    path = merkle.proof(merkle.inclusion_nodes(index, size), nodes)
    given_ = {"leaf": leaves[index], "index": index, "size": size, "path": path}
    given_["root"] = roots[size]
    place = data.draw(st.integers(0, 255))
    flipped = [
        {"leaf": flip(leaves[index], place)},
        {"root": flip(roots[size], place)},
        {"path": [*path, roots[size]]},
        *({"path": path[:at] + path[at + 1 :]} for at in range(len(path))),
        *(
            {"path": [*path[:at], flip(path[at], place), *path[at + 1 :]]}
            for at in range(len(path))
        ),
    ]
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else size
    for change in [*flipped, {"index": other}, {"index": -1}, {"index": size}]:
        with pytest.raises(BadProof):
            merkle.verify_inclusion(**{**given_, **change})


def flip(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@given(st.data())
def test_no_other_history_passes(tree, data):
    _, nodes, roots = tree
    size = data.draw(st.integers(2, LARGEST))
    old = data.draw(st.integers(1, size - 1))
    path = merkle.proof(merkle.consistency_nodes(old, size), nodes)
    place = data.draw(st.integers(0, 255))
    changes = [
        (flip(roots[old], place), roots[size], path),
        (roots[old], flip(roots[size], place), path),
        (roots[old], roots[size], [*path, roots[old]]),
        (roots[old], roots[size], []),
        *(
            (roots[old], roots[size], [*path[:at], flip(path[at], place), *path[at + 1 :]])
            for at in range(len(path))
        ),
    ]
    for old_root, root, changed in changes:
        with pytest.raises(BadProof):
            merkle.verify_consistency(old, old_root, size, root, changed)


@given(st.integers(1, 10_000_000), st.data())
def test_a_proof_reads_a_number_of_nodes_that_grows_with_the_logarithm(size, data):
    index = data.draw(st.integers(0, size - 1))

    read = [node for span in merkle.inclusion_nodes(index, size) for node in span]

    # The path, and the complete subtrees of which the right edge is made.
    assert len(read) <= 2 * size.bit_length()
    assert all(node.last_leaf < size for node in read)


@given(st.integers(0, 6), st.integers(0, 2**40), st.integers(1, 256))
def test_the_path_of_a_tile_leads_back_to_it(level, number, width):
    tile = Tile(level, number, width)

    assert merkle.tile_at(str(level), tile.path.split("/", 2)[2]) == tile


def test_paths_of_tiles_are_spelt_as_the_format_says():
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert Tile(1, 0, 3).path == "tile/1/000.p/3"


@given(st.text(alphabet="0123456789x./p", max_size=20) | st.text(max_size=20))
def test_whatever_the_path_it_names_a_tile_in_one_spelling_or_none(path):
    tile = merkle.tile_at("0", path)

    assert tile is None or tile.path == f"tile/0/{path}"


def test_a_tile_is_served_once_the_tree_has_all_of_it():
    assert Tile(0, 0, 3).is_in(3)
    assert not Tile(0, 0, 3).is_in(2)
    assert Tile(1, 0, 1).is_in(256)
    assert not Tile(1, 0, 1).is_in(255)
