"""The GPU executor: Dagster's own in-process or multiprocess execution, chosen by the machine's devices."""

from typing import Any

import dagster as dg


@dg.executor(
    name="gpu_executor",
    config_schema={
        "processes": dg.Field(int, default_value=0, description="Steps at once; 0 means one per device."),
    },
    requirements=dg.multiple_process_executor_requirements(),
)
def gpu_executor(init_context: dg.InitExecutorContext) -> dg.Executor:
    """One device: all steps in this process, so that a model is loaded once. Several: one process per device.

    Which process gets which device is settled by the lease of the accelerator, how many steps may hold a
    device at once by the pool `gpu`.
    """
    from creativity_assets.engine.devices import find_devices

    processes = init_context.executor_config["processes"] or len(find_devices())
    if processes == 1:
        return _create(dg.in_process_executor, init_context, {})
    return _create(dg.multiprocess_executor, init_context, {"max_concurrent": processes})


def _create(
    definition: dg.ExecutorDefinition, context: dg.InitExecutorContext, settings: dict[str, Any]
) -> dg.Executor:
    create = definition.executor_creation_fn
    assert create is not None
    return create(context._replace(executor_config={"retries": {"enabled": {}}, **settings}))
