"""The fields each resource knows, by dotted name (ONTAP 9.19 REST schemas), and which must be asked for by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from fsxap.acl import rights


@dataclass(frozen=True)
class Shape:
    """`keys` are always returned; `expensive` fields only when named or with `**`; `parameters` are no fields."""

    keys: tuple[str, ...]
    fields: frozenset[str]
    expensive: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    groups: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        parts = (name.split(".") for name in self.fields)
        groups = frozenset(".".join(part[:end]) for part in parts for end in range(1, len(part)))
        object.__setattr__(self, "groups", groups)

    def knows(self, name: str) -> bool:
        return name in self.fields or name in self.groups


def _shape(keys: str, fields: str, *, expensive: str = "", parameters: str = "") -> Shape:
    every = (*keys.split(), *fields.split(), *expensive.split())
    return Shape(tuple(keys.split()), frozenset(every), frozenset(expensive.split()), frozenset(parameters.split()))


CLUSTER = _shape(
    "name uuid version.full version.generation version.major version.minor",
    "location contact timezone.name management_interfaces.ip.address _tags",
)

SVM = _shape(
    "uuid name",
    """state subtype language comment ipspace.name ipspace.uuid max_volumes
    cifs.allowed cifs.enabled cifs.name cifs.ad_domain.fqdn cifs.ad_domain.organizational_unit cifs.auth-style
    cifs.domain_workgroup cifs.workgroup nfs.allowed nfs.enabled s3.allowed s3.enabled s3.name
    nsswitch.passwd nsswitch.group nsswitch.hosts nsswitch.namemap nsswitch.netgroup
    ip_interfaces.name ip_interfaces.uuid ip_interfaces.ip.address aggregates_delegated""",
)

VOLUME = _shape(
    "uuid name",
    """svm.name svm.uuid state style type size comment language create_time
    nas.export_policy.name nas.export_policy.id files.used files.maximum space.used space.size space.available
    snapshot_count flexcache_endpoint_type snapshot_directory_access_enabled _tags""",
    expensive="""nas.path nas.security_style nas.unix_permissions nas.uid nas.gid nas.junction_parent.name
    nas.junction_parent.uuid is_svm_root analytics.state analytics.supported analytics.file_count
    analytics.subdir_count analytics.bytes_used error_state.is_inconsistent""",
    parameters="is_constituent",
)

FILE = _shape(
    "name path type",
    """inode_number inode_generation hard_links_count size bytes_used unique_bytes creation_time modified_time
    changed_time accessed_time owner_id group_id unix_permissions is_junction is_snapshot is_vm_aligned
    volume.name volume.uuid constituent.name constituent.uuid fill_enabled overwrite_enabled""",
    expensive="""is_empty target analytics.file_count analytics.subdir_count analytics.bytes_used
    analytics.incomplete_data analytics.report_time qos_policy.name qos_policy.uuid""",
    parameters="return_metadata byte_offset length stream_name",
)

_RIGHTS = (*rights.BITS, "full_control")

SECURITY = _shape(
    "svm.uuid svm.name path",
    """owner group control_flags inode security_style effective_style dos_attributes text_dos_attr user_id group_id
    mode_bits text_mode_bits access_control acls.user acls.access acls.access_control acls.rights acls.inherited
    acls.apply_to.this_folder acls.apply_to.sub_folders acls.apply_to.files """
    + " ".join(f"acls.advanced_rights.{right}" for right in _RIGHTS),
    parameters="lookup_names",
)

EFFECTIVE = _shape(
    "svm.uuid svm.name path user type",
    "share.path file_permissions share_permissions",
    parameters="user type share.name",
)

SHARE = _shape(
    "svm.uuid svm.name name",
    """path comment volume.name volume.uuid home_directory access_based_enumeration encryption browsable show_snapshot
    show_previous_versions oplocks change_notify continuously_available namespace_caching allow_unencrypted_access
    attribute_cache offline_files unix_symlink vscan_profile dir_umask file_umask force_group_for_create
    max_connections_per_share no_strict_security""",
    expensive="acls acls.user_or_group acls.type acls.permission acls.win_sid_unix_id",
)

SHARE_ACL = _shape("svm.uuid svm.name share user_or_group type", "permission sid unix_id")

CIFS_SERVICE = _shape(
    "svm.uuid svm.name",
    """name enabled ad_domain.fqdn ad_domain.organizational_unit auth-style comment default_unix_user workgroup
    security.smb_signing security.smb_encryption security.restrict_anonymous security.lm_compatibility_level
    security.kdc_encryption security.session_security security.aes_netlogon_enabled
    security.encrypt_dc_connection security.advertised_kdc_encryptions""",
)

CIFS_DOMAIN = _shape(
    "svm.uuid svm.name",
    """discovered_servers.domain discovered_servers.preference discovered_servers.server_ip
    discovered_servers.server_name discovered_servers.server_type discovered_servers.state server_discovery_mode
    discovered_servers.node.name discovered_servers.node.uuid name_mapping.trusted_domains
    trust_relationships.home_domain trust_relationships.trusted_domains""",
)

LOCAL_USER = _shape(
    "svm.uuid svm.name sid name", "account_disabled description full_name membership.name membership.sid"
)
LOCAL_GROUP = _shape("svm.uuid svm.name sid name", "description", expensive="members members.name")
GROUP_MEMBER = _shape("svm.uuid svm.name local_cifs_group.sid name", "")
PRIVILEGE = _shape("svm.uuid svm.name name", "privileges")
NAME_MAPPING = _shape("svm.uuid svm.name direction index", "pattern replacement client_match")
UNIX_USER = _shape("svm.uuid svm.name name", "id primary_gid full_name")
UNIX_GROUP = _shape("svm.uuid svm.name name", "id", expensive="users users.name")

_RULE = """anonymous_user allow_suid allow_device_creation chown_mode ntfs_unix_security protocols ro_rule rw_rule
    superuser clients.match"""

EXPORT_POLICY = _shape(
    "id name",
    "svm.uuid svm.name",
    expensive="rules rules.index " + " ".join(f"rules.{name}" for name in _RULE.split()),
)
EXPORT_RULE = _shape("policy.id policy.name index", f"svm.uuid svm.name {_RULE}")

NFS_SERVICE = _shape(
    "svm.uuid svm.name",
    """enabled state protocol.v3_enabled protocol.v40_enabled protocol.v41_enabled protocol.v42_enabled
    protocol.v40_features.acl_enabled protocol.v41_features.acl_enabled protocol.v4_id_domain
    security.chown_mode security.ntfs_unix_security security.nt_acl_display_permission""",
)

AUDIT = _shape(
    "svm.uuid svm.name",
    """enabled log_path guarantee log.format log.rotation.size events.file_operations events.cifs_logon_logoff
    events.file_share events.audit_policy_change events.authorization_policy events.cap_staging
    events.security_group events.user_account""",
)
