"""Makes docs/cost.md: how an estimate is made, and figures a public sample published beside the ones made here."""

# ruff: noqa: E501 - rows of a Markdown table cannot be broken
from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from fsxap.cli.choices import TIERS, Wish, choice
from fsxap.costs.deployment import Month
from fsxap.costs.measures import MEASURES
from fsxap.costs.pricing import Prices, money, total
from fsxap.engine import catalog, estimate
from fsxap.engine.estimate import Choice
from fsxap.engine.settings import resolve
from fsxap.model import Item

REGION = "ap-northeast-1"
SIZES = (100, 1_000, 10_000)
PUBLISHED = {
    "legal-compliance": ("0.13", "1.18", "12.65"),
    "idp": ("0.30", "2.95", "30.50"),
    "manufacturing-analytics": ("0.13", "1.20", "13.00"),
    "media-vfx": ("0.12", "1.15", "12.50"),
    "healthcare-dicom": ("0.17", "1.65", "17.50"),
}
"""USD a month for so many files: a public sample's cost analysis for Tokyo, January 2026, without fixed cost."""

CALCULATOR = ((10, 1, "0.05"), (100, 24, "15"), (1_000, 24, "150"), (10_000, 96, "640"))
"""Files and runs a day, and USD a month by the sample's calculator, May 2026."""

HEAD = """# Cost

`fsxap cost USE_CASE` says what a use case would cost before anything is spent: one run from here, or, with `--schedule`
or `--tier`, a month of its deployed pipeline. Every line says from which source and day its price is; the last line is
the total with its range. `run-uc --dry-run` and `--budget` count with the same prices and the same measures.

```sh
fsxap cost healthcare-dicom -s ./scans --engines aws              # items of a folder
fsxap cost healthcare-dicom --items manifest.jsonl                # what discover listed
fsxap cost healthcare-dicom --count 1000 --size 500KB -P images=1 # nothing but numbers
fsxap cost uc1 --count 5000 --schedule "rate(1 hour)" --new-per-run 20 --tier production
fsxap cost uc5 --count 1000 --compare local,aws --compare images=3
fsxap cost uc5 --count 1000 --schedule "rate(1 hour)" --report cost.html
```

## How it is made

- **Items** come from a source, a manifest or `--count`; their number and bytes are counted. What one consumes is said by
  its use case (pages of Textract by feature) and by measures. `-P` gives a measure; otherwise it is counted where few
  bytes of a file tell it, `pages` of PDF and TIFF files and `images` of DICOM files that are looked at for text; the rest
  is assumed. The last lines on stderr say which is which:

"""

RULES = """
- **A month** has 730 hours. Each item is processed once: the backlog in the first month, and `--new-per-run` items at
  each run. Items to come are taken to be like those looked at.
- **The pipeline** is counted by its templates: 10 states entered in a run and 4 in each batch of 100 items (3 more where
  a batch goes on), two invocations a run and one a batch, arm64 functions with the use case's memory, one second an item
  unless `-P seconds=` says otherwise, requests of state, key, logs and metrics. `production` adds alarms, a dashboard
  and, for functions in a VPC, interface endpoints: each is billed **in every zone**, two here, whether used or not.
- **Counting** opens at most `--look` files (200) of `-s`, drawn by chance where there are more: all of them stand for the
  others, and low and high are two standard errors away (19 of 20 such draws hold the truth). A PDF is not read for its
  text, so where `features=text` alone is paid for, pages with a good text layer cost less than was counted.
- **The range**: low halves and high doubles what is assumed, and takes the cheapest and dearest figure where sources
  differ or a price is borrowed from another region. What is given or counted is not stretched.
- **Free tiers** are lines of their own and not in the total, because the whole account shares them.
- **Not in it**: the file system itself, storage of state and outputs, data leaving the region, NAT gateways, render fleets
  of Deadline Cloud, volume tiers, taxes, and the requests to S3 of a run from here (under half a cent for 1,000 files).

## Budgets

`run-uc --budget USD` (or `budget` in the settings) stops before an item that would exceed it; what is in flight is held
at its estimate, what is done at what was metered. A deployed pipeline has `RunBudget`: Discover prices everything that is
still to do, by the same figures, and where that is above the limit the run ends as `OverBudget` before anything is
processed, with both amounts in its notice. Both are about services that read and write documents; what the stack itself
uses is in the table of a month.

## Prices

The prices of the package are one dated file. A region without a figure borrows one, and the line says whose; nothing
is guessed. A price does not say that a region has the service: `fsxap doctor --use-case` does. `--refresh-prices` asks AWS's Price List API (it needs `pricing:GetProducts`) and keeps the answers in the
user's settings folder, where every command finds them; `--prices FILE` counts with another file. Usage types of Textract,
Comprehend, Rekognition, Bedrock, EventBridge Scheduler and SNS are not looked up: their figures stay as dated in the file.
`verify` marks figures that nobody has compared with the price page of that day: {verify} of {rows}. Of {regions}, regions
have figures of their own for: {own}. What they lack they borrow, line by line.

"""

ERRORS = """
What makes the difference:

| published | what holds | effect |
| --- | --- | --- |
| each file is processed once a month | the sample processes every file at every hourly run: 730 times in a month | 1,000 one-page documents at the published Textract price are $1,095, not $1.50 |
| Textract forms and tables at $1.50 for 1,000 pages | $1.50 is plain text; forms are $50 and tables $15 more | 43 times too low; with hourly reprocessing $47,450 a month |
| interface endpoint $7.20 a month | billed by the hour in every zone, and Tokyo's hour is dearer | four endpoints in two zones are about $82, not $28.80 |
| a model call for each file of the permission audit ($1.00 for 1,000) | one call a run, and 1,000 calls of Nova Lite with 2,000 tokens in and 500 out would be $0.24 | cost does not grow with files |
| S3 lists at $0.0047 for 10,000 | the price is for 1,000 | 10 times too low |
| Bedrock without the number of runs, beside lines with it | what is done again is paid again | inconsistent lines in one sum |
| large scenarios rounded by hand ($640 for 10,000 files every 15 minutes) | the sample's own formula gives about $4,300 for Step Functions alone | the row was not computed |
| five transitions a file | batches of 100 share four | about 100 times fewer |
| one Athena query line at $0.003 | the sample's own formula gives $0.034 for its example | 11 times too low |
| Comprehend Medical at about $0.0005 a file | DetectPHI is billed for each 100 characters: 2,000 are 20 units, $0.028 at the price of the first tier | 56 times too low |
| Rekognition in Tokyo at $1.00 for 1,000 | $1.30, to be verified | 1.3 times too low |
| SNS e-mails at $2.00 and at $0.50 for 100,000 | two pages of one sample | cents either way; $2.00 is taken here |
| logs at $0.76 and at $0.50 for a GB | two pages of one sample; $0.50 is us-east-1's | the range of the line has both |
| 1 TB of file system with 128 MBps at $230 and at $194 | two pages of one sample | not part of these estimates |
| an endpoint of SageMaker at $33 and at $215 a month | two pages of one sample | not used here |
| months of 720 hours (30 days) | 730 here, as AWS's calculator has it | 1.4 % |
"""


def page() -> str:
    tables = "\n".join([*prices(), "", *scenarios(), "", *calculated(), "", *tiers()])
    return HEAD + "\n".join(measures()) + "\n" + RULES.format(**_known()) + tables + "\n" + ERRORS


def measures() -> Iterator[str]:
    yield "  | measure | assumed | of | matters for |"
    yield "  | --- | --- | --- | --- |"
    for each in MEASURES:
        about = f"{each.help} (`{'`, `'.join(each.capability.split())}` by AWS)"
        yield f"  | `{each.name}` | {each.default:,} | {'a run' if each.per_run else 'an item'} | {about} |"


def prices() -> Iterator[str]:
    yield "| service | what | USD | for | region | of | certainty | source |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in Prices.bundled().rows:
        cells = (row["service"], row["item"], row["usd"], f"{row['per']:,}", row["region"], row["dated"])
        yield f"| {' | '.join(cells)} | {row['certainty']} | {row['source']} |"


def scenarios() -> Iterator[str]:
    yield "## Beside published figures\n"
    yield "USD a month in Tokyo. Published: variable cost of a public sample, January 2026. Here: the demo tier with AWS's"
    yield "engines and the assumptions above; once is one run, hourly is 730 runs over the same 1,000 files, incremental or"
    yield "everything each time.\n"
    yield "| use case | published: 100, 1,000, 10,000 | here, once: 100, 1,000, 10,000 | hourly, incremental | hourly, everything |"
    yield "| --- | --- | --- | --- | --- |"
    for name in catalog.names():
        once = ", ".join(money(_month(name, 1, items)) for items in SIZES)
        hourly, everything = _month(name, 730, 1_000), _month(name, 730, 1_000, again=True)
        published = ", ".join(PUBLISHED[name]) if name in PUBLISHED else "none"
        yield f"| {name} | {published} | {once} | {money(hourly)} | {money(everything)} |"


def calculated() -> Iterator[str]:
    yield "The sample's calculator, for files that come each day; here each is processed once, incrementally:\n"
    yield f"| files a day, runs a day | published | {' | '.join(catalog.names())} |"
    yield f"| --- | --- |{' --- |' * len(catalog.names())}"
    for files, runs, usd in CALCULATOR:
        found = " | ".join(money(_month(name, 30 * runs, 30 * files)) for name in catalog.names())
        yield f"| {files:,}, {runs} | {usd} | {found} |"


def tiers() -> Iterator[str]:
    yield "A month of 1,000 files once, hourly runs, by tier. Published for one use case: 1 to 3 as a demo, 30 to 32 in production;"
    yield "for five, 34 to 44.\n"
    yield "| use case | demo | production |"
    yield "| --- | --- | --- |"
    for name in catalog.names():
        demo, production = (money(_month(name, 730, 1_000, tier=tier)) for tier in TIERS)
        yield f"| {name} | {demo} | {production} |"


def _known() -> dict[str, object]:
    rows = Prices.bundled().rows
    units, regions = {row["unit"] for row in rows}, sorted({row["region"] for row in rows})
    own = {region: {row["unit"] for row in rows if row["region"] == region} for region in regions}
    return {
        "verify": sum(row["certainty"] == "verify" for row in rows),
        "rows": len(rows),
        "regions": f"{len(units)} units",
        "own": ", ".join(f"{region} {len(own[region])}" for region in regions),
    }


def _month(name: str, runs: int, items: int, *, again: bool = False, tier: str = "demo") -> Decimal:
    case = catalog.load(name)
    made = choice(case, Wish(schedule="rate(1 hour)", engines="aws", tier=tier), resolve({}, {}, []), remote=True)
    asked = Choice("", case, made.params, made.engines, {}, Month(Fraction(runs), items), made.stack)
    like = Item(f"item{next(iter(case.match.suffixes), '')}")
    (found,) = estimate.repeated([asked], like, items)
    return total(estimate.lines(asked, found, Prices.bundled(), REGION, again=again))
