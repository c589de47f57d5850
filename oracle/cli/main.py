# SPDX-License-Identifier: Apache-2.0
"""The ``zkrisk`` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oracle.cli import account, ceremony, chain, circuits, config, keys, node, replay
from oracle.cli.bench import bench
from oracle.cli.demo import Demo
from oracle.cli.doctor import doctor
from oracle.cli.greeks import greeks
from oracle.cli.margin import margin
from oracle.cli.options import ArtifactsOption, ConfigOption
from oracle.cli.output import JsonOption, command
from oracle.cli.prove import prove
from oracle.cli.record import record
from oracle.cli.settings import load_settings
from oracle.cli.surface import surface
from oracle.cli.verify import verify
from prover.artifacts import ArtifactStore

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(config.init)
app.command()(doctor)
app.add_typer(config.app, name="config")
app.add_typer(keys.app, name="keys")
app.add_typer(circuits.app, name="circuits")
app.add_typer(ceremony.app, name="ceremony")
app.add_typer(chain.app, name="chain")
app.add_typer(account.app, name="account")
for one in (
    record,
    replay.simulate,
    replay.replay,
    surface,
    greeks,
    margin,
    prove,
    verify,
    node.node,
    node.liquidator,
    bench,
):
    app.command()(one)


@app.callback()
def root() -> None:
    """Zero-knowledge verifiable risk oracle for options protocols.

    Exit status: 0 done, 1 degraded, 2 error or unsafe, 3 a part that the settings do not switch on.
    """


@app.command()
def demo(
    artifacts: ArtifactsOption = None,
    recording: Annotated[Path | None, typer.Option(help="Recording to replay; none: a simulated crash.")] = None,
    stay: Annotated[bool, typer.Option(help="Keep the read API up until Ctrl-C.")] = True,
    api_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the read API, 0: any.")] = 0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole path once on a local chain: quotes, proofs, accounts, crash, liquidation."""
    with command(as_json) as output:
        settings = load_settings(config, artifacts=artifacts)
        shown = Demo(Path.cwd(), ArtifactStore(settings.artifacts), output.console, settings.engine_options())
        output.result(shown.run(recording, stay, api_port))
