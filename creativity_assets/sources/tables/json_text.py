"""JSON that others wrote: whatever is wrong with it is one line."""

import json
from typing import Any


class NotJson(ValueError):
    """A text is no JSON, or holds what no program should have to read. said: what is wrong; line: where, if known."""

    def __init__(self, said: str, line: int | None = None) -> None:
        super().__init__(said if line is None else f"line {line}: {said}")
        self.said, self.line = said, line


def parsed(text: str) -> Any:
    """The content of a JSON text.

    Raises NotJson, also for objects nested beyond Python's stack and numbers of thousands of digits, which Python's
    own parser answers with a RecursionError and a bare ValueError.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJson(error.msg, error.lineno) from error
    except RecursionError as error:
        raise NotJson("it is nested too deeply") from error
    except ValueError as error:
        raise NotJson(f"a number in it cannot be read: {error}"[:120]) from error
