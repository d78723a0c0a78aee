"""The entry point `hstar`: one Typer application, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback

import typer
from rich.console import Console
from rich.markup import escape

import hstar
from hstar.cli import bench, circuit, doctor, execute, guest, inspect, machine_files, prove, soundness, verification
from hstar.errors import ExitCode, HstarError, Reason, ResourceError

TYPER_INTERRUPTED = 130  # Typer turns Ctrl-C into this result

app = typer.Typer(
    name="hstar",
    help="An L1 zkEVM in Python: proofs with 128 provable bits, no conjectures, no trusted setup.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("doctor")(doctor.doctor)
app.add_typer(bench.app, name="bench")
app.add_typer(circuit.app, name="circuit")
app.command("execute")(execute.execute_command)
app.add_typer(guest.app, name="guest")
app.command("inspect")(inspect.inspect)
app.command("key")(machine_files.key_command)
app.command("prove")(prove.prove_command)
app.command("verify")(verification.verify_command)
app.add_typer(soundness.app, name="soundness")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hstar {hstar.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """An L1 zkEVM in Python: proofs with 128 provable bits, no conjectures, no trusted setup."""


def _say(error: HstarError, *, as_json: bool, verbose: bool) -> None:
    """One sentence on stderr; with `--json` also the one JSON object on stdout."""
    if as_json:
        where = {key: str(value) for key, value in error.where.items()}
        typer.echo(json.dumps({"error": error.message, "reason": str(error.reason), "where": where}))
    Console(stderr=True, highlight=False).print(f"[red]error[/red]: {escape(error.message)}", soft_wrap=True)
    if verbose:
        traceback.print_exception(error)


def _show_usage_error(error: typer.TyperException) -> None:
    context = getattr(error, "ctx", None)
    if context is None or not sys.argv[1:]:
        typer.echo(error.format_message(), err=True)
        return
    hint = f"`{context.command_path} --help` shows the usage."
    Console(stderr=True, highlight=False).print(
        f"[red]error[/red]: {escape(error.format_message())} {hint}", soft_wrap=True
    )


def main() -> None:
    """Runs the command line and exits with the code of design: 0 done, 1 rejected, 2 input, 3 resources, 4 bug."""
    arguments = sys.argv[1:]
    as_json, verbose = "--json" in arguments, "--verbose" in arguments
    try:
        result = app(standalone_mode=False)
        if result == TYPER_INTERRUPTED:
            raise KeyboardInterrupt
        code = result if isinstance(result, int) else ExitCode.DONE
    except HstarError as error:
        _say(error, as_json=as_json, verbose=verbose)
        code = error.exit_code
    except typer.TyperException as error:  # bad usage: an unknown command or option, a value that does not parse
        _show_usage_error(error)
        code = ExitCode.BAD_INPUT
    except (typer.Abort, KeyboardInterrupt):
        interrupted = ResourceError("interrupted", reason=Reason.INTERRUPTED)
        _say(interrupted, as_json=as_json, verbose=False)
        code = ExitCode.OUT_OF_RESOURCES
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.DONE
    except MemoryError as error:
        out_of_memory = ResourceError(
            "out of memory; close other programs or choose a smaller size", reason=Reason.OUT_OF_MEMORY
        )
        out_of_memory.__cause__ = error
        _say(out_of_memory, as_json=as_json, verbose=verbose)
        code = ExitCode.OUT_OF_RESOURCES
    except Exception as error:  # noqa: BLE001  the last line of defence: a bug is reported, never a bare traceback
        Console(stderr=True, highlight=False).print(
            f"[red]internal error[/red]: {type(error).__name__}: {error}. This is a bug in hstar; please report it "
            "with the command you ran (--verbose prints the traceback).",
            soft_wrap=True,
        )
        if verbose:
            traceback.print_exception(error)
        code = ExitCode.INTERNAL_ERROR
    sys.exit(int(code))


if __name__ == "__main__":
    main()
