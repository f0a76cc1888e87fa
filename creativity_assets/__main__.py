"""The `creativity` command's way in: signals are looked after before anything is imported that takes time."""

import io
import sys
import warnings

from creativity_assets.interrupts import guarded


def main() -> None:
    """Run the command line; see cli.main for its errors and interrupts.guarded for its signals."""

    def command() -> None:
        if not sys.warnoptions:  # python -W: for those who develop; people are told what concerns them
            warnings.simplefilter("ignore")
        from creativity_assets.cli import main as run

        for stream in (sys.stdout, sys.stderr):  # whatever a file is called, and whatever the terminal can show
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        run()

    guarded(command)


if __name__ == "__main__":
    main()
