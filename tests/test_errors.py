"""Errors carry a reason and an exit code, and survive the way between processes."""

import pickle

import pytest

from hstar.errors import ExitCode, HstarError, InputError, Reason, ResourceError, VerificationError


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (VerificationError, ExitCode.REJECTED),
        (InputError, ExitCode.BAD_INPUT),
        (ResourceError, ExitCode.OUT_OF_RESOURCES),
        (HstarError, ExitCode.INTERNAL_ERROR),
    ],
)
def test_each_kind_has_its_exit_code_and_pickles(kind, code):
    error = kind("the shape is wrong", reason=Reason.WRONG_SHAPE, row=3)

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert (copy.message, copy.reason, copy.where) == ("the shape is wrong", Reason.WRONG_SHAPE, {"row": 3})
    assert copy.exit_code is code
