"""`fsxap ask`: a question answered from files, with citations, by what whoever asks may read."""

from __future__ import annotations

from typing import Annotated

import typer

from fsxap.cli.options import command, option
from fsxap.cli.session import Session
from fsxap.errors import UsageError

EXAMPLES = """\
  fsxap ask "when does the lease end?" -s ./contracts

  fsxap scan-acl --ontap HOST --svm svm1 --volume vol1 --files --emit acls -o acl.jsonl

  fsxap ask "when does the lease end?" -s s3://my-ap-ext-s3alias \\
      --as 'CORP\\\\j.doe' --acl acl.jsonl --groups members.csv

  fsxap ask "when does the lease end?" --kb ABCDEFGHIJ --as 'CORP\\\\j.doe' --acl acl.jsonl\
"""
TOP = typer.Option("--top", help="passages at most", min=1, max=100)


def register(app: typer.Typer) -> None:
    command(app, "ask", EXAMPLES, settings=("source", "engines"))(ask)


def ask(
    session: Session,
    question: Annotated[str, typer.Argument(help="in any language the documents are in", show_default=False)],
    kb: Annotated[str, option("--kb", help="ask this Bedrock knowledge base instead of a local index")] = "",
    trustee: Annotated[str, option("--as", help="only from what this user or group may read", metavar="TRUSTEE")] = "",
    acl: Annotated[
        str, option("--acl", help="what says so: scan-acl --files --emit acls -o FILE", metavar="FILE")
    ] = "",
    groups: Annotated[str, option("--groups", help="memberships: CSV (member,group) or LDIF", metavar="FILE")] = "",
    acl_root: Annotated[
        str, option("--acl-root", help="path in that audit where the source begins; by default its top", metavar="PATH")
    ] = "",
    acl_max_age: Annotated[
        str, option("--acl-max-age", help="older audits are not believed: 7d by default", metavar="AGE")
    ] = "7d",
    top: Annotated[int, TOP] = 5,
    vectors: Annotated[bool, option("--vectors", help="rank by meaning too, with MiniLM (extra rag)")] = False,
    rebuild: Annotated[bool, option("--rebuild", help="make the local index anew")] = False,
) -> int:
    """Answer a question from files: the best passages, each with its document and page, then an answer that cites them.

    Without a language model (llm_url, or bedrock_model) the answer is those passages.
    """
    from fsxap.cli import asking

    if not question.strip():
        raise UsageError("there is no question")
    if kb and (session.settings.text("source") or vectors or rebuild):
        raise UsageError("--kb does not go together with a local index", hint="leave out -s, --vectors and --rebuild")
    if not kb and not session.settings.text("source"):
        raise UsageError("ask needs documents", hint="give -s LOCATION, or --kb ID")
    if bool(trustee) != bool(acl):
        raise UsageError("--as and --acl go together", hint="fsxap scan-acl --files --emit acls -o acl.jsonl")
    wish = asking.Wish(question, trustee, acl, groups, acl_root, acl_max_age, top, vectors, rebuild)
    return asking.from_knowledge_base(session, wish, kb) if kb else asking.from_source(session, wish)
