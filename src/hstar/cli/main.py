"""The entry point `hstar`: one Typer application, and the one place where errors become sentences and exit codes."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module

import typer
from rich.console import Console
from rich.markup import escape

import hstar
from hstar.errors import ExitCode, HstarError, Reason, ResourceError

TYPER_INTERRUPTED = 130  # Typer turns Ctrl-C into this result

COMMANDS = {
    "doctor": ("doctor", "doctor"),
    "bench": ("bench", "app"),
    "circuit": ("circuit", "app"),
    "execute": ("execute", "execute_command"),
    "guest": ("guest", "app"),
    "inspect": ("inspect", "inspect"),
    "key": ("machine_files", "key_command"),
    "prove": ("prove", "prove_command"),
    "verify": ("verification", "verify_command"),
    "soundness": ("soundness", "app"),
}
"""Module and what in it is the command, or the application with its commands."""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hstar {hstar.__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """An L1 zkEVM in Python: proofs with 128 provable bits, no conjectures, no trusted setup."""


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands; only their modules are imported."""
    made = typer.Typer(
        name="hstar",
        help="An L1 zkEVM in Python: proofs with 128 provable bits, no conjectures, no trusted setup.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(_root)
    for name in names:
        module, attribute = COMMANDS[name]
        command = getattr(import_module(f"hstar.cli.{module}"), attribute)
        if isinstance(command, typer.Typer):
            made.add_typer(command, name=name)
        else:
            made.command(name)(command)
    return made


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
        named = [name for name in arguments[:1] if name in COMMANDS]
        result = application(named or COMMANDS)(standalone_mode=False)
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
