"""What an export holds: what the screens show, for each reader, and nothing that is hidden."""

import json
import re
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from pyarrow import parquet

from api.access import BREAK_GLASS, EXPORT, ROLES
from orderproof.exporting import columnar, growing, rows, sheets
from orderproof.exporting.rows import BOOL, INT, TEXT
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401
from tests.orderproof.test_exports import export, filled, finished, rows_of  # noqa: F401

KINDS = ("orders", "events", "refunds", "contacts")
FORMATS = ("jsonl", "csv", "xlsx", "parquet")
MADE = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def served(filled, record):  # noqa: F811
    record(story("late", day="2025-06-01"), story("2", shop="fr", day="2025-03-02"))
    with reading(filled) as found:
        yield found


def made(served, token, **body):
    """Have an export made; return its job, bytes and manifest."""
    body = {"kind": "orders", "reason": "what it holds"} | body
    started = served.post("/v1/exports", body, token=token)
    assert started.status_code == 202, started.text
    job = finished(served, started.json(), token)
    assert job["state"] == "done"
    data, manifest = (
        served.get(f"/v1/exports/{job['id']}/{part}", token=token) for part in ("data", "manifest")
    )
    return job, data.content, manifest.json()


def walked(served, path, token, **parameters):
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = served.get(path, token=token, limit=2, **parameters, **more).json()
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


READERS = [
    {},
    {"shops": ["de"]},
    {"shops": ["fr"], "days": (date(2025, 3, 1), date(2025, 3, 31))},
    {"days": (date(2025, 3, 2), date(2025, 3, 4))},
]


@pytest.mark.parametrize("limits", READERS)
@pytest.mark.parametrize("chosen", [{}, {"shop": "de"}, {"from": "2025-03-02", "to": "2025-03-03"}])
def test_an_export_of_orders_is_the_list_on_the_screen(served, limits, chosen):
    token = served.token(engagement=served.engagement(**limits)) if limits else served.token()
    shown = walked(served, "/v1/orders", token, **chosen)
    job, data, manifest = made(served, token, **chosen)
    assert [json.loads(line) for line in data.splitlines()] == shown
    assert manifest["filter"] == {"shop": None, "from": None, "to": None} | chosen
    assert (manifest["as_of"], manifest["rows"]) == (job["as_of"], len(shown))
    assert manifest["sees"]["shops"] == (limits.get("shops") or "all")


@pytest.mark.parametrize("limits", READERS)
def test_an_export_of_events_is_the_list_on_the_screen(served, limits):
    token = served.token(engagement=served.engagement(**limits)) if limits else served.token()
    job, data, _ = made(served, token, kind="events")
    shown = walked(served, "/v1/events", token)
    found = [json.loads(line) for line in data.splitlines()]
    # The list leaves out what an event's own page shows.
    assert [{k: v for k, v in row.items() if k not in ("schema", "actor")} for row in found] == [
        each for each in shown if each["position"] <= job["as_of"]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_preview_counts_and_shows_what_an_export_then_holds(served, kind):
    token = served.token(shops=["de"])
    body = {"kind": kind, "reason": "counted before", "from": "2025-03-02", "to": "2025-03-31"}
    preview = served.post("/v1/exports/preview", body, token=token).json()
    job, data, _ = made(served, token, **body)
    found = [json.loads(line) for line in data.splitlines()]
    everything = walked(served, "/v1/orders", token)
    within = [one for one in everything if one in walked(served, "/v1/orders", token, **{
        "from": "2025-03-02", "to": "2025-03-31"})]  # fmt: skip
    assert preview["sample"] == found[:5]
    assert preview["columns"] == list(found[0]) if found else preview["sample"] == []
    assert preview["orders"] == len(within)
    assert preview["left_out_by_filter"] == len(everything) - len(within) > 0
    assert preview["events"] == sum(one["events"] for one in within)
    if kind in ("orders", "events"):
        assert job["expected"] == len(found) == preview[kind]


#
@pytest.mark.parametrize("role", sorted(role for role in ROLES if EXPORT in ROLES[role]))
def test_no_role_gets_personal_data(served, role):
    token = served.token(role)
    for kind in KINDS:
        body = {"kind": kind, "reason": "masked for all"}
        preview = served.post("/v1/exports/preview", body, token=token)
        _, data, manifest = made(served, token, **body)
        for part in (preview.text, data.decode(), json.dumps(manifest)):
            assert "Testa" not in part
            assert "testa@" not in part
        assert manifest["masked"] == "all personal data"
        assert manifest["role"] == role


#
@pytest.mark.parametrize(
    "role", sorted(role for role in ROLES if EXPORT not in ROLES[role] and role != BREAK_GLASS)
)
def test_who_may_not_export_gets_nothing(served, role):
    token = served.token(role)
    body = {"kind": "orders", "reason": "not for them"}
    for path in ("/v1/exports", "/v1/exports/preview"):
        assert served.post(path, body, token=token).status_code == 403
    assert served.get("/v1/exports", token=token).status_code == 403


#
def test_a_workbook_hides_nothing(served):
    token = served.token()
    _, data, _ = made(served, token, kind="events", format="xlsx")
    path = served.store.installation.data / "hidden.xlsx"
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        core = archive.read("docProps/core.xml").decode()
        texts = {name: archive.read(name).decode() for name in names}
        assert not archive.comment
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [info for info in archive.infolist() if info.comment]
    assert sorted(names) == [
        "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", "docProps/core.xml",
        "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml", "xl/styles.xml",
        "xl/theme/theme1.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml",
    ]  # fmt: skip
    assert re.findall("<dc:creator>(.*)</dc:creator>", core) in ([], [""])
    assert re.findall("<cp:lastModifiedBy>(.*)</cp:lastModifiedBy>", core) in ([], [""])
    for name, text in texts.items():
        for mark in ("Testa", "testa@", "hidden=", "eryHidden", "<!--", "<f>", "<hyperlink ",
                     'TargetMode="External"', str(path.parent)):  # fmt: skip
            assert mark not in text, (name, mark)


#
def test_a_parquet_file_hides_nothing(served):
    token = served.token()
    _, data, _ = made(served, token, kind="events", format="parquet")
    path = served.store.installation.data / "hidden.parquet"
    path.write_bytes(data)
    about = parquet.read_metadata(path)
    assert set(about.metadata) == {b"ARROW:schema"}
    assert parquet.read_schema(path).metadata is None
    assert not [field for field in parquet.read_schema(path) if field.metadata]
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            found = about.row_group(group).column(column).statistics
            assert "Testa" not in f"{found.min}{found.max}"
            assert "testa@" not in f"{found.min}{found.max}"
    assert b"Testa" not in data


def test_a_csv_file_begins_with_a_mark_where_it_is_asked_for(filled, export, orderproof):  # noqa: F811
    plain, _ = export(filled, "orders", "csv")
    marked, _ = export(filled, "orders", "csv", "--bom")
    assert not plain.read_bytes().startswith(b"\xef\xbb\xbf")
    assert marked.read_bytes() == b"\xef\xbb\xbf" + plain.read_bytes()
    with reading(filled) as served:
        _, data, _ = made(served, served.token(), format="csv", bom=True)
    assert data == marked.read_bytes()


def test_progress_goes_from_nothing_to_all(served, monkeypatch):
    monkeypatch.setattr(rows, "_PAGE", 4)
    told = []
    add = growing.Growing.add

    def look(self, *arguments, **more):
        add(self, *arguments, **more)
        [job] = served.get("/v1/exports", token=token).json()["items"]
        told.append((job["state"], job["rows"]))
        assert served.get(f"/v1/exports/{job['id']}/data", token=token).status_code == 404

    monkeypatch.setattr(growing.Growing, "add", look)
    token = served.token(shops=["de"])
    job, data, _ = made(served, token, kind="events")
    counts = [count for _, count in told]
    assert {state for state, _ in told} == {"running"}
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] <= job["rows"] == len(data.splitlines())
    assert len(set(counts)) > 3


TEXTS = (
    "=1+1", '"=1+1', "＝1", "a\nb", "\nb", "a\r\nb", "\x00\x1f", "_x0041_", "<b>&amp;</b>", " a ",
    "\ufffe\uffff", "😀", "\u202eabc", "", "'", "]]>", "x\ty",
)  # fmt: skip


def bound(path, columns, *pages):
    """Make a workbook of pages."""
    parts = path.with_suffix(".parts")
    before, cut = 0, 0
    with parts.open("wb") as out:
        for page in pages:
            encoded = sheets.encode(columns, page, before)
            out.write(encoded.data)
            before += len(page)
            cut += encoded.cut
    sheets.bind(parts, path, "orders", columns, before, MADE)
    return cut


#
def test_a_workbook_gives_back_what_it_was_given(tmp_path):
    columns = {"n": INT, "yes": BOOL, "text": TEXT}
    given = [(n, n % 2 == 0, text) for n, text in enumerate(TEXTS)]
    given += [(2**53, None, None), (-(2**53) + 1, True, "x"), (10**30, False, "y")]
    bound(tmp_path / "x.xlsx", columns, given[:4], given[4:])
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    head, *found = list(sheet.iter_rows(values_only=True))
    assert head == tuple(columns)
    for (number, yes, text), (n, flag, cell) in zip(given, found, strict=True):
        assert (str(n), flag) == (str(number), yes)
        expected = text and ("'" + text if text[0] in "=＝\n" else text)
        # XML has one kind of line end; a carriage return is an escape of the format.
        assert (unescape(cell) if cell else "") == (expected or "")
    read_only = openpyxl.load_workbook(tmp_path / "x.xlsx", read_only=True)
    assert read_only.active.calculate_dimension() == f"A1:C{len(given) + 1}"
    assert len(list(read_only.active.iter_rows())) == len(given) + 1
    read_only.close()


def test_a_sheet_that_is_full_goes_on_on_another(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "_ROOM", 5)
    given = [(n,) for n in range(12)]
    bound(tmp_path / "x.xlsx", {"n": INT}, given[:3], given[3:4], given[4:])
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["orders", "orders 2", "orders 3"]
    found = [[cell for (cell,) in sheet.iter_rows(values_only=True)] for sheet in book]
    assert found == [["n", 0, 1, 2, 3, 4], ["n", 5, 6, 7, 8, 9], ["n", 10, 11]]
    bound(tmp_path / "full.xlsx", {"n": INT}, given[:5])
    assert openpyxl.load_workbook(tmp_path / "full.xlsx").sheetnames == ["orders"]
    bound(tmp_path / "none.xlsx", {"n": INT})
    assert openpyxl.load_workbook(tmp_path / "none.xlsx").active.max_row == 1


def test_a_cell_is_cut_where_spreadsheets_would_and_counted(tmp_path):
    longest = "x" * 32_767
    wide = "😀" * 16_383  # two of UTF-16's units each
    given = [(longest,), (longest + "y",), (wide + "x",), (wide + "😀",)]
    assert bound(tmp_path / "x.xlsx", {"text": TEXT}, given) == 2
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    _, *found = [cell for (cell,) in sheet.iter_rows(values_only=True)]
    assert found == [longest, longest, wide + "x", wide]


def test_a_workbook_may_need_the_longer_form_of_an_archive(tmp_path, monkeypatch):
    bound(tmp_path / "short.xlsx", {"n": INT}, [(1,)])
    monkeypatch.setattr(sheets, "_LARGE", 10)
    bound(tmp_path / "long.xlsx", {"n": INT}, [(1,)])
    assert openpyxl.load_workbook(tmp_path / "long.xlsx").active["A2"].value == 1
    # Old readers do not know it, so it is only where it has to be.
    longer = b"PK\x03\x04\x2d"  # needs version 4.5
    assert longer in (tmp_path / "long.xlsx").read_bytes()
    assert longer not in (tmp_path / "short.xlsx").read_bytes()


def test_groups_of_a_parquet_file_do_not_depend_on_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(columnar, "_GROUP", 5)
    given = [(n, str(n)) for n in range(12)]
    columns = {"n": INT, "text": TEXT}
    parts = tmp_path / "parts"
    parts.write_bytes(
        b"".join(columnar.encode(columns, given[n : n + 2], n).data for n in range(0, 12, 2))
    )
    columnar.bind(parts, tmp_path / "x.parquet", "", columns, 12, MADE)
    file = parquet.ParquetFile(tmp_path / "x.parquet")
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert groups == [6, 6]
    assert file.read().to_pylist() == [{"n": n, "text": text} for n, text in given]
    parts.write_bytes(b"")
    columnar.bind(parts, tmp_path / "none.parquet", "", columns, 0, MADE)
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0
