"""JSON that others wrote: whatever is wrong with it is one line."""

import json
from typing import Any


class NotJson(ValueError):
    """A text is no JSON, or holds what no program should have to: the line says what and where."""


def parsed(text: str) -> Any:
    """The content of a JSON text.

    Raises NotJson, also for objects nested beyond Python's stack and numbers of thousands of digits, which Python's
    own parser answers with a RecursionError and a bare ValueError.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    except ValueError as error:
        raise NotJson(f"a number in it cannot be read: {error}"[:120]) from error
