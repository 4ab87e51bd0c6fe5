"""Contracts in five languages: what their sentences say."""

from __future__ import annotations

import pytest

from fsxap.usecases.idp.extract import extract
from fsxap.usecases.idp.layout import fold
from fsxap.usecases.idp.signatories import signatories
from fsxap.usecases.idp.terms import terms
from tests.unit.usecases.idp.pages import document

SERVICES = """SERVICES AGREEMENT
This Services Agreement is entered into as of January 15, 2024 (the "Effective Date"),
by and between Acme Robotics, Inc., a Delaware corporation with its place of business at 1 Main St
("Client"), and Birch Consulting LLC, a Texas limited liability company ("Consultant").
1. This Agreement shall commence on the Effective Date and shall continue until January 14, 2026.
6. Either party may terminate this Agreement upon thirty (30) days' prior written notice.
9. This Agreement shall be governed by and construed in accordance with the laws of the State
of Delaware, without regard to its conflict of laws principles."""
RENT = """Mietvertrag über Gewerberäume
zwischen der Immobilien Nord KG (Vermieter) und der Café Sonne GmbH (Mieter) wird folgender Vertrag geschlossen:
§ 1 Das Mietverhältnis beginnt am 1. Juli 2023 und ist befristet bis 30. Juni 2028.
§ 2 Die Kündigungsfrist beträgt 6 Monate.
§ 3 Auf diesen Vertrag findet deutsches Recht Anwendung. Gerichtsstand ist Kiel."""
PRESTATION = """CONTRAT DE PRESTATION DE SERVICES
Entre les soussignés :
La société Alpha Conseil SARL, au capital de 10 000 euros, ci-après dénommée « le Prestataire »,
et
La société Bêta Industrie SA, dont le siège social est à Lyon, ci-après dénommée « le Client ».
Le présent contrat prend effet le 1er janvier 2024 et prend fin le 31 décembre 2025.
Résiliation : chaque partie peut résilier le contrat moyennant un préavis de trois mois.
Le présent contrat est soumis au droit français."""
ARRENDAMIENTO = """CONTRATO DE ARRENDAMIENTO
De una parte, Inmobiliaria Sol S.L. (en adelante, el "Arrendador"), y de otra parte, Tiendas Luna S.A. (en adelante,
el "Arrendatario"). Las partes acuerdan:
El contrato entrará en vigor el 1 de febrero de 2024 y finalizará el 31 de enero de 2029.
Cualquiera de las partes podrá resolver el contrato con un preaviso de dos meses.
El presente contrato se regirá por la ley española."""
CHINTAI = """賃貸借契約書
賃貸人 東京不動産株式会社(以下、甲という)と賃借人 株式会社北斗(以下、乙という)とは、以下のとおり契約を締結した。
第1条 契約期間は令和6年4月1日より令和8年3月31日までの2年間とする。
第2条 乙は3ヶ月前に甲に書面により通知して解約することができる。
第3条 本契約は日本法に準拠する。"""


@pytest.mark.parametrize(
    ("said", "language", "parties", "others"),
    [
        (
            SERVICES,
            "en",
            ("Acme Robotics, Inc.", "Birch Consulting LLC"),
            ("2024-01-15", "2026-01-14", "P30D", "State of Delaware"),
        ),
        (
            RENT,
            "de",
            ("Immobilien Nord KG", "Café Sonne GmbH"),
            ("2023-07-01", "2028-06-30", "P6M", "deutsches Recht"),
        ),
        (
            PRESTATION,
            "fr",
            ("Alpha Conseil SARL", "Bêta Industrie SA"),
            ("2024-01-01", "2025-12-31", "P3M", "français"),
        ),
        (
            ARRENDAMIENTO,
            "es",
            ("Inmobiliaria Sol S.L.", "Tiendas Luna S.A."),
            ("2024-02-01", "2029-01-31", "P2M", "española"),
        ),
        (CHINTAI, "ja", ("東京不動産株式会社", "株式会社北斗"), ("2024-04-01", "2026-03-31", "P3M", "日本")),
    ],
)
def test_what_a_contract_says(said: str, language: str, parties: tuple[str, str], others: tuple[str, ...]) -> None:
    found = extract(document([(20, 20 + 7 * at, line) for at, line in enumerate(said.splitlines())], language=language))
    assert found.kinds.kind == "contract"
    values = {name: each.value for name, each in found.fields.items()}
    assert values["parties"] == parties
    assert tuple(values[name] for name in ("effective_date", "expiry_date", "notice_period", "governing_law")) == others


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (
            "made between (1) OAK PROPERTIES LIMITED (the Landlord); and (2) FERN RETAIL PLC (the Tenant)",
            ("OAK PROPERTIES LIMITED", "FERN RETAIL PLC"),
        ),
        (
            "between Black and White Ltd and Nimbus Services Pte. Ltd. of Singapore",
            ("Black and White Ltd", "Nimbus Services Pte. Ltd"),
        ),
        ("甲:株式会社青山 乙:合同会社みどり", ("株式会社青山", "合同会社みどり")),
        ("nobody is named here and nothing is agreed", None),
        ("between the hours of nine and five", None),
    ],
)
def test_names_around_and(said: str, names: tuple[str, str] | None) -> None:
    found = signatories(said)
    assert (found.names if found else None) == names
    if found:
        assert said[found.start : found.end].startswith(found.names[0])


@pytest.mark.parametrize(
    ("said", "values"),
    [
        (
            "It shall continue for an initial term of three (3) years. It shall automatically renew for successive"
            " one (1) year terms unless either party gives 60 days' notice.",
            {"term": "P3Y", "renewal": "P1Y"},
        ),
        ("The term of this Agreement is 24 months. The parties may renew it in writing.", {"term": "P24M"}),
        (
            "It remains in effect for a period of two years and is automatically extended, unless terminated.",
            {"term": "P2Y", "renewal": "automatic"},
        ),
        (
            "This Agreement shall not automatically renew. Confidentiality survives for a period of five years.",
            {"renewal": "none"},
        ),
        (
            "Der Vertrag hat eine Laufzeit von 24 Monaten. Er verlängert sich automatisch um jeweils ein weiteres Jahr,"
            " sofern er nicht mit einer Frist von 3 Monaten gekündigt wird.",
            {"term": "P24M", "renewal": "P1Y"},
        ),
        (
            "Le contrat est conclu pour une durée de trois ans. Il est renouvelé par tacite reconduction pour des"
            " périodes successives d'un an, sauf dénonciation avec préavis de trois mois.",
            {"term": "P3Y", "renewal": "P1Y"},
        ),
        (
            "El contrato tendrá una duración de dos años. Se prorrogará automáticamente por períodos de un año, salvo"
            " denuncia con 30 días.",
            {"term": "P2Y", "renewal": "P1Y"},
        ),
        (
            "契約期間は令和6年4月1日より令和8年3月31日までの2年間とする。期間満了の3か月前までに申出がないときは、"
            "同一条件で更に1年間自動的に更新される。",
            {"term": "P2Y", "renewal": "P1Y"},
        ),
        ("This Agreement begins on 1 March 2024. Payment is due within 30 days.", {}),
    ],
)
def test_how_long_it_runs_and_whether_it_renews_itself(said: str, values: dict[str, str]) -> None:
    folded = fold(said)
    found = {name: (value, start, end) for name, value, start, end in terms(folded)}
    assert {name: each[0] for name, each in found.items()} == values
    assert all(0 <= start < end <= len(folded) for _, start, end in found.values())


def test_a_date_that_may_be_read_two_ways_is_less_sure() -> None:
    lines = ["AGREEMENT", "The parties hereby agree. Effective Date: 03/04/2025", "governed by the laws of Ohio"]
    found = extract(document([(20, 20 + 8 * at, line) for at, line in enumerate(lines)]))
    assert found.fields["effective_date"].confidence < 0.85
