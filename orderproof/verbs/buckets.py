"""Verbs about the bucket that an archive is in."""

import typer

from orderproof import installation
from orderproof.verbs.options import Data, Json

bucket = typer.Typer(name="bucket", help="The bucket that the archive is in.", no_args_is_help=True)


@bucket.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Try on a canary whether the bucket keeps what is locked in it. Ends with 8 if it does not."""
    from orderproof import bucket_doctor

    raise typer.Exit(bucket_doctor.run(installation.find(data), as_json=as_json))


@bucket.command("make")
def make(data: Data = None, as_json: Json = False) -> None:
    """Make the bucket with Object Lock, where there is none; what is there stays as it is."""
    from orderproof import bucket_doctor

    raise typer.Exit(bucket_doctor.make(installation.find(data), as_json=as_json))
