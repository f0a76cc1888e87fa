"""The `creativity` command's way in: signals are looked after before anything is imported that takes time."""

from creativity_assets.interrupts import guarded


def main() -> None:
    """Run the command line; see cli.main for its errors and interrupts.guarded for its signals."""

    def command() -> None:
        from creativity_assets.cli import main as run

        run()

    guarded(command)


if __name__ == "__main__":
    main()
