"""Spark on this machine: the Java it needs, and one job by PySpark's own spark-submit in a process group of its own."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from fsxap.errors import ConfigurationError, MissingExtra, ServiceError
from fsxap.ports import Cancellation

JAVA = (8, 11, 17)
"""What Spark 3.5 runs on."""
CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    # Without its checksum files, which no other reader knows, and without _SUCCESS: the manifest says more.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
_GRACE = 10.0
_log = logging.getLogger(__name__)


def java(environ: Mapping[str, str] = os.environ) -> str:
    """The home of a Java that Spark runs on; ConfigurationError says what is there instead."""
    hint = "install a Java 17 runtime (openjdk-17-jre-headless, brew openjdk@17) and name it with JAVA_HOME"
    home = environ.get("JAVA_HOME", "")
    found = shutil.which(str(Path(home, "bin", "java"))) if home else shutil.which("java", path=environ.get("PATH"))
    if found is None:
        where = f"JAVA_HOME={home} has no bin/java" if home else "there is no java on the PATH"
        raise ConfigurationError(f"Spark needs Java: {where}", code="java", hint=hint)
    try:
        told = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"Spark needs Java, and {found} does not start", code="java", hint=hint) from error
    version = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    if told.returncode or version is None:
        # macOS has a java that only says where to get one.
        raise ConfigurationError(f"Spark needs Java, and {found} is none", code="java", hint=hint)
    if int(version[1]) not in JAVA:
        listed = ", ".join(map(str, JAVA))
        raise ConfigurationError(f"{found} is Java {version[1]}; Spark 3.5 runs on {listed}", code="java", hint=hint)
    return str(Path(found).resolve().parents[1])


def installed() -> Path:
    """The folder of PySpark, which is Spark's home too."""
    found = importlib.util.find_spec("pyspark")
    if found is None or not found.submodule_search_locations:
        raise MissingExtra("spark", "PySpark")
    return Path(found.submodule_search_locations[0])


def submit(
    script: Path,
    arguments: Sequence[str],
    *,
    files: Sequence[Path] = (),
    scratch: Path,
    cores: int,
    tell: Callable[[str], None],
    cancel: Cancellation,
) -> None:
    """Run one script to its end. What it prints goes to `tell`; Spark's own log, which may quote rows, to ours."""
    home = installed()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SPARK_"))}
    environment |= {"JAVA_HOME": java(), "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1"}
    conf = CONF | {"spark.local.dir": str(scratch), "spark.sql.warehouse.dir": str(scratch / "warehouse")}
    options = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    if files:
        options += ["--py-files", ",".join(map(str, files))]
    command = [str(home / "bin" / "spark-submit"), "--master", f"local[{cores}]", *options, str(script), *arguments]
    try:
        process = subprocess.Popen(  # noqa: S603  # a list, without a shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigurationError(f"cannot start {command[0]}: {error.strerror}", code="spark-submit") from error
    ears = [
        threading.Thread(target=_listen, args=(process.stdout, tell), daemon=True),
        threading.Thread(target=_listen, args=(process.stderr, lambda line: _log.info("%s", line)), daemon=True),
    ]
    for ear in ears:
        ear.start()
    try:
        while process.poll() is None and not cancel.wait(0.2):
            continue
    finally:
        _end(process)
        for ear in ears:
            ear.join(_GRACE)
    cancel.check()
    if process.returncode:
        raise ServiceError(
            f"{script.name} ended with code {process.returncode}",
            code="spark-job",
            hint="-v shows Spark's own log; it may quote rows of the input",
        )


def _listen(stream: object, tell: Callable[[str], None]) -> None:
    for line in stream or ():  # type: ignore[attr-defined]
        if line.strip():
            tell(line.rstrip())


def _end(process: subprocess.Popen[str]) -> None:
    """Spark and the Python workers that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
