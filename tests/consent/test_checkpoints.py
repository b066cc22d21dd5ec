"""Signed notes against the reference implementation's vector, and against whatever is not one."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent import checkpoints, merkle
from consent.checkpoints import BadNote, Checkpoint, ProofFile, Signer, verifier_from

# The example of the format's first implementation (Go, sumdb/note).
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    f"{TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PETER = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(SEED))
OTHER = Signer("blog.example/consent", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
CHECKPOINT = Checkpoint("blog.example/consent", 1234, merkle.EMPTY_ROOT)


def test_a_note_is_signed_and_opened_as_the_reference_implementation_does():
    assert checkpoints.sign(TEXT, [PETER]) == NOTE
    assert PETER.verifier.vkey == VKEY
    assert checkpoints.opened(NOTE, [verifier_from(VKEY)]) == TEXT


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**62))
def test_a_checkpoint_says_what_was_signed(root, size):
    checkpoint = Checkpoint("blog.example/consent", size, root)

    note = checkpoint.signed([OTHER, PETER])

    assert checkpoints.checkpoint_from(note, [PETER.verifier]) == checkpoint
    assert checkpoints.checkpoint_from(note, [OTHER.verifier]) == checkpoint
    assert checkpoints.parsed(note) == checkpoint


@given(st.data())
def test_a_changed_character_is_noticed(data):
    note = CHECKPOINT.signed([OTHER])
    place = data.draw(st.integers(0, len(note) - 1))
    character = data.draw(st.characters(codec="utf-8").filter(lambda c: c != note[place]))

    with pytest.raises(BadNote):
        checkpoints.checkpoint_from(note[:place] + character + note[place + 1 :], [OTHER.verifier])


def test_a_note_of_somebody_else_is_refused():
    with pytest.raises(BadNote, match="nobody"):
        checkpoints.opened(NOTE, [OTHER.verifier])


@given(st.text() | st.text(alphabet="\n\u2014 =aA1+"))
def test_whatever_the_text_it_is_refused_in_one_way(text):
    for read in (
        lambda: checkpoints.checkpoint_from(text, [PETER.verifier]),
        lambda: verifier_from(text),
        lambda: checkpoints.proof_file_from(text),
    ):
        with pytest.raises(BadNote):
            read()


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32)), st.binary())
def test_a_proof_file_is_read_as_it_was_written(index, path, extra):
    note = CHECKPOINT.signed([OTHER])

    text = checkpoints.proof_file(index, path, note, extra)

    assert checkpoints.proof_file_from(text) == ProofFile(index, tuple(path), note, extra)


def test_the_name_of_a_key_belongs_to_it():
    with pytest.raises(BadNote, match="key id"):
        verifier_from(VKEY.replace("Peter", "Petra"))
