"""Named steps of a check, counted."""

import contextlib
import io


class Steps:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, step):
        try:
            # One of the packages prints from its batch code.
            with contextlib.redirect_stdout(io.StringIO()):
                step()
        except Exception as error:
            self.failed += 1
            print(f"FAIL {name}: {error.__class__.__name__}: {error}")
        else:
            self.passed += 1
            print(f"ok   {name}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def same(found, expected, what):
    assert found == expected, f"{what}: {found!r} is not {expected!r}"


def refused(call, status, code=None):
    """Calls and returns the error, which must have this status and, when it is given, this code."""
    try:
        call()
    except Exception as error:
        found = getattr(error, "status_code", None)
        if found is None and getattr(error, "response", None) is not None:
            found = error.response.status_code
        same(found, status, "status")
        if code is not None:
            assert code.lower() in text_of(error).lower(), f"{code} is not in {text_of(error)}"
        return error
    raise AssertionError("nothing was refused")


def text_of(error):
    response = getattr(error, "response", None)
    if response is not None:
        return response.text
    return f"{error} {getattr(error, 'details', '')}"
