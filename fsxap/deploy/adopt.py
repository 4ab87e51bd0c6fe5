"""What an existing stack says that settings can say: one of ours, or one of the public sample, by what is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fsxap.deploy.values import DIRECT

SETTINGS = {
    **{parameter: setting for setting, parameter in DIRECT.items()},
    "OntapEndpoint": "ontap",
    "OntapSecretArn": "ontap_secret",
    "BedrockModel": "bedrock_model",
    "S3AccessPointAlias": "source",
    "S3AccessPointOutputAlias": "to",
    "OutputS3APAlias": "to",
    "OntapManagementIp": "ontap",
    "OntapSecretName": "ontap_secret",
    "BedrockModelId": "bedrock_model",
}
"""Parameter of a stack → setting."""
OWN = {
    "TextractRegion": ("idp", "textract_region"),
    **dict.fromkeys(("FarmId", "DeadlineFarmId"), ("media-vfx", "farm")),
    **dict.fromkeys(("QueueId", "DeadlineQueueId"), ("media-vfx", "queue")),
}
"""Parameter of a stack → use case and parameter of it."""
RENAMED = {
    "PrivateSubnetIds": "SubnetIds",
    "PrivateRouteTableIds": "RouteTableIds",
    "EnableVpcEndpoints": "EnableInterfaceEndpoints",
}
"""Parameter of the sample → the one of ours that means the same."""
KEPT = frozenset(
    {"ScheduleExpression", "ScheduleTimezone", "NotificationEmail", "VpcId", "SubnetIds", "RouteTableIds", "OntapCidr"}
    | {"EnableS3GatewayEndpoint", "EnableInterfaceEndpoints", "AlarmProfile", "KeySecretArn"}
)
"""What only a deployment needs."""
UNKNOWN = {
    "SvmUuid": "settings name an SVM by its name",
    "VolumeUuid": "settings name a volume by its name",
    "OntapCa": "it is a path in the functions' zip",
    "TextractPageThreshold": "pages are counted for each document",
    "AnomalyThreshold": "its standard deviations are not the robust ones of threshold",
    "EnableCloudWatchAlarms": "AlarmProfile says which alarms",
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """`settings` by name, `own` by use case and parameter, `stack` for `fsxap deploy --params`, and what was left."""

    settings: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stack: Mapping[str, str] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)


def adopt(parameters: Mapping[str, str], outputs: Mapping[str, str]) -> Adopted:
    """Values that are hidden (NoEcho) or empty say nothing."""
    told = {name: value for name, value in parameters.items() if value and set(value) != {"*"}}
    # A lone star is hidden by nobody: it is all volumes.
    told |= {name: value for name, value in parameters.items() if name == "Volume" and value == "*"}
    settings = {SETTINGS[name]: value for name, value in told.items() if name in SETTINGS}
    for label, setting in (("Source", "source"), ("Output", "to")):
        if arn := told.get(f"{label}Arn"):
            prefix = told.get(f"{label}Prefix", "")
            settings[setting] = f"{arn}/object/{prefix}" if prefix else arn
    if "to" in settings and "OutputS3APPrefix" in told:
        settings["to"] = f"s3://{settings['to']}/{told['OutputS3APPrefix']}"
    if bucket := outputs.get("StateBucketName"):
        settings["state_bucket"] = f"s3://{bucket}"
    own: dict[str, dict[str, str]] = {}
    for name, (case, param) in OWN.items():
        if name in told:
            own.setdefault(case, {})[param] = told[name]
    renamed = {RENAMED.get(name, name): value for name, value in told.items()}
    return Adopted(
        settings,
        own,
        {name: value for name, value in renamed.items() if name in KEPT},
        {name: UNKNOWN[name] for name in told if name in UNKNOWN},
    )
