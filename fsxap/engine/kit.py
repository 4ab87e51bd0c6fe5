"""The only place that picks providers: by location, by --engines, by --engine CAPABILITY=NAME."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsxap.engine import farms, locations
from fsxap.engine.locations import Location
from fsxap.engine.settings import Settings
from fsxap.engine.stores import connect_aws, open_store
from fsxap.engine.types import Params, UseCase, labels_engine
from fsxap.errors import ConfigurationError, UsageError
from fsxap.ports import (
    Cancellation,
    Documents,
    Entities,
    Features,
    Labels,
    Narrator,
    Notifier,
    Ontap,
    PhiText,
    Progress,
    Sql,
    Store,
    Tabular,
    TextInImage,
)
from fsxap.providers.metering import Meter
from fsxap.rendering import Farm, Frames, Moderation
from fsxap.retry import Retry

if TYPE_CHECKING:
    from fsxap.acl.site import AccessPoints
    from fsxap.providers.aws.session import Aws

ENGINES = ("local", "aws")
LEAST_SECRET = 16
"""Bytes: a shorter key is guessed."""
Ask = Callable[[str], str]


class Kit:
    """What one run hands to its use case. Capabilities connect when first asked for, once, from any thread."""

    def __init__(
        self,
        use_case: UseCase,
        settings: Settings,
        params: Params,
        *,
        run: str,
        source: Location | None,
        to: Location | None,
        cancel: Cancellation,
        progress: Progress,
        scratch: Path,
        engines: Mapping[str, str] | None = None,
        ask: Ask | None = None,
        keys: Path | None = None,
        preview: bool = False,
    ) -> None:
        self.use_case = use_case
        self.settings = settings
        self.params = params
        self.run = run
        self.cancel = cancel
        self.progress = progress
        self.scratch = scratch
        self._source, self._to = source, to
        self._engines = dict(settings.sections.get("engine", {})) | dict(engines or {})
        self._ask = ask
        self._keys = keys
        self._preview = preview
        self._lock = threading.RLock()
        self._memo: dict[str, Any] = {}
        self._meter = Meter()

    def secret(self, reference: str, own: str) -> bytes:
        from fsxap.providers import secrets

        purpose = secrets.Purpose(
            f"{self.use_case.name} key",
            "give file:PATH (mode 0600), env:NAME or a Secrets Manager name, and keep it: equal keys, equal results",
            code="key",
        )
        if reference:
            found, where = secrets.read(reference, purpose, environ=os.environ, fetch=self._secret)
        elif self._keys is None:
            raise purpose.unusable("a pipeline without a state folder of its own needs one key for all its functions")
        else:
            found, where = secrets.own(self._keys / own, purpose, keep=not self._preview), f"file {own}"
        value = found.strip().encode("utf-8", "surrogateescape")
        if len(value) < LEAST_SECRET:
            raise purpose.unusable(f"{where} holds fewer than {LEAST_SECRET} bytes")
        return value

    def memo(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._memo:
                self._memo[name] = make()
            return self._memo[name]

    def used(self) -> Mapping[str, int]:
        return self._meter.take()

    def engine(self, capability: str) -> str:
        """local or aws, unless the capability was given an engine of its own."""
        return self._asked(capability) or ("aws" if self._source is not None and self._source.kind == "s3" else "local")

    def _asked(self, capability: str) -> str:
        return self._engines.get(capability) or self.settings.text("engines")

    def plan(self) -> dict[str, str]:
        """Capability → engine, for dry runs and digests."""
        chosen = {"ontap": self._ontap_kind(), "labels": labels_engine(self.params)}
        return {each: chosen.get(each) or self.engine(each) for each in self.use_case.engines}

    @cached_property
    def aws(self) -> Aws:
        return connect_aws(self.settings)

    @property
    def source(self) -> Store:
        if self._source is None:
            raise UsageError(
                f"{self.use_case.name} needs a source", hint="-s ./folder or -s s3://access-point-alias/prefix"
            )
        location = self._source
        workers = int(self.settings["workers"])
        return self.memo("source", lambda: open_store(location, lambda: self.aws, workers=workers))  # type: ignore[no-any-return]

    @property
    def sink(self) -> Store:
        if self._to is None:
            raise UsageError(f"{self.use_case.name} writes outputs", hint="say where with --to")
        location = self._to
        return self.memo("sink", lambda: open_store(location, lambda: self.aws))  # type: ignore[no-any-return]

    @property
    def ontap(self) -> Ontap:
        return self.memo("ontap", self._connect_ontap)  # type: ignore[no-any-return]

    @property
    def sql(self) -> Sql:
        return self.memo("sql", self._connect_sql)  # type: ignore[no-any-return]

    @property
    def tabular(self) -> Tabular:
        from fsxap.providers.local.tabular import DuckTabular

        return self.memo("tabular", lambda: DuckTabular(self.scratch))  # type: ignore[no-any-return]

    @property
    def features(self) -> Features:
        from fsxap.providers.local.features import DetectorFeatures

        return self.memo("features", DetectorFeatures)  # type: ignore[no-any-return]

    def labels(self, model: str) -> Labels:
        from fsxap.engine import finders

        asked = self._asked("labels")
        return self.memo(f"labels {model}", lambda: finders.connect_labels(self, self._meter.add, model, asked))  # type: ignore[no-any-return]

    @property
    def text_in_image(self) -> TextInImage:
        return self.memo("text_in_image", self._connect_text_in_image)  # type: ignore[no-any-return]

    @property
    def text_on_frames(self) -> TextInImage:
        return self.memo("text_on_frames", lambda: farms.text_on_frames(self, self._meter.add))  # type: ignore[no-any-return]

    @property
    def moderation(self) -> Moderation | None:
        return self.memo("moderation", lambda: farms.moderation(self, self._meter.add))  # type: ignore[no-any-return]

    @property
    def documents(self) -> Documents:
        return self.memo("documents", self._connect_documents)  # type: ignore[no-any-return]

    @property
    def entities(self) -> Entities | None:
        return self.memo("entities", self._connect_entities)  # type: ignore[no-any-return]

    @property
    def phi_text(self) -> PhiText | None:
        return self.memo("phi_text", self._connect_phi_text)  # type: ignore[no-any-return]

    @property
    def frames(self) -> Frames:
        return self.memo("frames", farms.frames)  # type: ignore[no-any-return]

    @property
    def farm(self) -> Farm:
        return self.memo("farm", lambda: farms.connect(self))  # type: ignore[no-any-return]

    @property
    def narrator(self) -> Narrator:
        return self.memo("narrator", self._connect_narrator)  # type: ignore[no-any-return]

    @property
    def notifier(self) -> Notifier:
        return self.memo("notifier", self._connect_notifier)  # type: ignore[no-any-return]

    def _ontap_kind(self) -> str:
        return "rest" if self.settings["ontap"] else "local"

    def _connect_ontap(self) -> Ontap:
        if self.settings["ontap"]:
            return self._connect_rest()
        if self._source is not None and self._source.kind == "folder":
            from fsxap.providers.local.permissions import FolderPermissions

            return FolderPermissions(Path(self._source.path))
        raise ConfigurationError(
            "permissions come from ONTAP, and no management endpoint was given",
            hint="--ontap HOST --svm NAME --ontap-secret REF, or -s ./folder for a folder's own permissions",
        )

    def _connect_rest(self) -> Ontap:
        from fsxap.providers.ontap.ontap import connect
        from fsxap.providers.ontap.secrets import resolve

        read = self.settings.text
        login = resolve(
            read("ontap_secret"),
            user=read("ontap_user"),
            environ=os.environ,
            fetch_secret=self._secret,
            prompt=self._ask,
        )
        return connect(
            read("ontap"),
            login.user,
            login.password,
            ca_file=read("ontap_ca"),
            insecure=bool(self.settings["insecure"]),
            svm=read("svm"),
            volumes=tuple(name.strip() for name in read("volume").split(",") if name.strip()),
            workers=int(self.settings["workers"]),
            retry=Retry.from_environment(os.environ),
            cancel=self.cancel,
            access_points=self._access_points if self._uses_aws() else None,
        )

    def _uses_aws(self) -> bool:
        """An audit asks AWS about access points only where AWS is in use anyway: it may have no way there."""
        return self.settings.text("engines") == "aws" or (self._source is not None and self._source.kind == "s3")

    def _access_points(self) -> AccessPoints:
        from fsxap.providers.aws.access_points import read_access_points

        return read_access_points(self.aws.client("fsx"), self.aws.client("s3control"))

    def _secret(self, name: str) -> str:
        from fsxap.providers.aws.errors import translated

        client = self.aws.client("secretsmanager")
        with translated(f"secret {name}"):
            return str(client.get_secret_value(SecretId=name)["SecretString"])

    def _connect_sql(self) -> Sql:
        if self.engine("sql") == "local":
            from fsxap.providers.local.sql import DuckSql

            return DuckSql(self.scratch)
        from fsxap.providers.aws.athena import Athena

        if not (bucket := self.settings.text("state_bucket")):
            raise ConfigurationError(
                "Athena writes its results to a standard bucket, and none was given",
                hint="set state_bucket to s3://BUCKET/PREFIX (never an access point), or use --engine sql=local",
            )
        place = locations.parse(f"{bucket.rstrip('/')}/athena/{self.run}")
        store = open_store(place, lambda: self.aws)
        return Athena(
            self.aws.client("athena"),
            store.put,
            location=store.location,
            database=self.settings.text("athena_database"),
            workgroup=self.settings.text("athena_workgroup"),
            create_database=True,
            retry=Retry.from_environment(os.environ),
            cancel=self.cancel,
        )

    def _connect_text_in_image(self) -> TextInImage:
        from fsxap.engine import finders

        aws = self.engine("text_in_image") == "aws"
        return finders.connect_text_in_image(self, self._meter.add) if aws else finders.embedded()

    def _connect_phi_text(self) -> PhiText | None:
        from fsxap.engine import finders

        if self.engine("phi_text") != "aws":
            return None
        return finders.connect_phi_text(self, self._meter.add, asked=bool(self._asked("phi_text")))

    def _connect_documents(self) -> Documents:
        from fsxap.engine import reading

        if self.engine("documents") == "aws":
            return reading.connect_documents(self)
        return reading.embedded(self.cancel.check)

    def _connect_entities(self) -> Entities | None:
        from fsxap.engine import reading

        return reading.connect_entities(self, self._meter.add) if self.engine("entities") == "aws" else None

    def _connect_narrator(self) -> Narrator:
        from fsxap.providers.local.narrator import OpenAiNarrator, TemplateNarrator

        read = self.settings.text
        if read("llm_url"):
            return OpenAiNarrator(read("llm_url"), read("llm_model"), read("llm_key_env"))
        if self.engine("narrator") == "aws" and read("bedrock_model"):
            from fsxap.providers.aws.bedrock import BedrockNarrator

            client = self.aws.client("bedrock-runtime", region=read("bedrock_region"))
            return BedrockNarrator(client, read("bedrock_model"))
        return TemplateNarrator()

    def _connect_notifier(self) -> Notifier:
        if topic := self.settings.text("topic"):
            from fsxap.providers.aws.sns import SnsNotifier

            return SnsNotifier(self.aws.client("sns"), topic)
        from fsxap.providers.local.notifier import LineNotifier

        return LineNotifier(sys.stderr)

    def close(self) -> None:
        """Give back connections, temporary tables and the like."""
        with self._lock:
            for made in self._memo.values():
                if hasattr(made, "close"):
                    made.close()
