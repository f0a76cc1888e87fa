"""The console of a run: warnings and errors. All of its log is in the UI."""

import logging

import dagster as dg


@dg.logger(
    config_schema={"log_level": dg.Field(str, default_value="WARNING", description="The least that is shown.")},
    description="Warnings and errors of runs on the terminal of `creativity ui`.",
)
def quiet_console(context: dg.InitLoggerContext) -> logging.Logger:
    """Dagster's own console logger starts at DEBUG: a measurement of six images writes 1,900 lines."""
    logger = logging.getLogger(f"creativity.run.{context.run_id}")
    logger.setLevel(context.logger_config["log_level"].upper())
    logger.propagate = False
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        logger.addHandler(handler)
    return logger
