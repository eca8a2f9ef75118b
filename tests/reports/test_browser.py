"""The report in a real browser: quiet, legible at every width, sortable, and read by keyboard and screen reader."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from affinity.matrix import AffinityMatrix
from reports import figures
from reports.files import write_bytes
from reports.html import page as page_of
from reports.numbers import number, signed
from tests.reports.browser import chromium, grave_findings, launch, opened
from tests.reports.conftest import HOSTILE, ReadSample

PATH = chromium()
WIDTHS = (390, 768, 1440)
"""A phone, a tablet and a screen, in pixels."""
REPEATED = "figure svg > *, tbody tr:nth-child(n + 20)"
"""Thousands of parts of a large report that are like those before them; axe-core would take them one by one."""
LEGIBLE = 7.0
"""Least height of a name on a screen, in pixels."""

pytestmark = pytest.mark.skipif(PATH is None, reason="no Chromium on the path (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert PATH is not None
    with sync_playwright() as playwright:
        found = launch(playwright, PATH)
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(rendered: Path) -> Path:
    return rendered / "report.html"


@pytest.fixture(scope="module")
def hundred(run_of: ReadSample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a hundred tasks, with the three figures of its affinities."""
    run = run_of("hundred")
    drawn = figures.draw_affinities(run.matrix, run.recommendation.tested, chosen=True)
    file = tmp_path_factory.mktemp("hundred") / "report.html"
    return write_bytes(file, page_of(run, {drawing.name: drawing for drawing in drawn}).encode())


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    found: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


def column(page: Page, table: str, place: int) -> list[str]:
    """Cells of one column of the table with this caption."""
    rows = page.locator(f"table:has(caption:has-text('{table}')) tbody tr")
    return [row.locator("th, td").nth(place).inner_text() for row in rows.all()]


@pytest.mark.parametrize("name", ["report", "hostile", "hundred"])
def test_it_opens_without_an_error_or_a_request_and_fits_every_width(
    browser: Browser, name: str, request: pytest.FixtureRequest
) -> None:
    file: Path = request.getfixturevalue(name)
    with opened(browser, file, viewport={"width": WIDTHS[-1], "height": 900}) as (page, heard):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert overflow(page) == 0, width
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert heard.requests == [file.as_uri()]
    assert (heard.errors, heard.dialogs) == ([], [])


@pytest.mark.parametrize("name", ["report", "hundred"])
def test_the_first_screen_has_answer_verdict_baselines_cost_and_affinities(
    browser: Browser, name: str, request: pytest.FixtureRequest
) -> None:
    with opened(browser, request.getfixturevalue(name), viewport={"width": 1440, "height": 900}) as (page, _):
        for what in ("h1", ".badge", "h2:text-is('Baselines')", "h2:text-is('Cost')", ".heatmap svg"):
            box = page.locator(what).first.bounding_box()
            assert box is not None
            assert box["y"] < 700, what
        baselines = page.locator("table:has-text('all together')").first
        assert baselines.get_by_role("button").all_inner_texts()[:3] == ["grouping", "adapters", "training"]


def test_axe_core_finds_nothing_grave_in_either_theme(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        page.locator(".heatmap .scroll").hover()  # the reading of a cell counts too
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            assert grave_findings(page) == [], theme


def test_axe_core_finds_nothing_grave_in_a_large_report(browser: Browser, hundred: Path) -> None:
    with opened(browser, hundred) as (page, _):
        page.evaluate(f"document.querySelectorAll('{REPEATED}').forEach(part => part.remove())")
        assert grave_findings(page, contrast=False) == []  # the colours are those of a small one


def test_tables_sort_by_what_cells_stand_for_and_back(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        several = page.locator("table:has(tbody tr:nth-child(2)) thead th")
        assert several.count() == page.locator("thead th > button").count() > 50
        table, caption = page.locator("#cost table"), "Worker time is summed"
        before = column(page, caption, 3)
        assert before[-1] == "775 TFLOP"
        heading = table.get_by_role("columnheader", name="computation")
        expect(heading).not_to_have_attribute("aria-sort", "ascending")
        heading.get_by_role("button").click()
        expect(heading).to_have_attribute("aria-sort", "ascending")
        rising = column(page, caption, 3)
        assert [text.split()[1] for text in rising] == [*["TFLOP"] * 4, "PFLOP"]  # not by the letters of the text
        heading.get_by_role("button").press("Enter")
        expect(heading).to_have_attribute("aria-sort", "descending")
        assert column(page, caption, 3) == rising[::-1]
        table.get_by_role("columnheader", name="phase").get_by_role("button").click()
        assert page.locator("#cost [aria-sort]").count() == 1
        assert column(page, caption, 0) == sorted(column(page, caption, 0))
        for _ in range(2):
            table.get_by_role("columnheader", name="phase").get_by_role("button").press("Space")
        assert column(page, caption, 3) == before
        assert page.locator("#cost [aria-sort]").count() == 0


def test_minus_signs_sort_as_numbers_and_what_has_no_value_comes_last(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        heading = page.locator("#tasks").get_by_role("columnheader", name="95 % interval")
        for place in (0, -1):
            heading.get_by_role("button").click()
            cells = [row.inner_text() for row in page.locator("#tasks td.n:nth-child(7)").all()]
            assert cells[-1] == "reference"
            lows = [float(text.split()[0].replace("\N{MINUS SIGN}", "-")) for text in cells[:-1]]
            assert lows == sorted(lows, reverse=place == -1)


def test_the_theme_is_the_systems_until_it_is_chosen_and_remembered(
    browser: Browser, report: Path, hostile: Path
) -> None:
    def paper(page: Page) -> str:
        found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return found

    context = browser.new_context(color_scheme="dark")
    with opened(context, report) as (page, heard):
        button = page.get_by_role("button", name="Dark theme")
        expect(button).to_have_attribute("aria-pressed", "true")
        dark = paper(page)
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "false")
        assert (paper(page), dark) == ("rgb(255, 255, 255)", "rgb(18, 22, 27)")
        page.reload()
        assert paper(page) == "rgb(255, 255, 255)"
        assert heard.errors == []
    with opened(context, hostile) as (page, _):
        assert paper(page) == "rgb(255, 255, 255)"  # another report, the same reader
        page.get_by_role("button", name="Dark theme").click()
        assert paper(page) == dark
        page.emulate_media(media="print")
        assert paper(page) == "rgb(255, 255, 255)"
        expect(page.get_by_role("button", name="Dark theme")).to_be_hidden()
    context.close()


def test_a_cell_is_read_under_the_pointer_and_by_arrow_keys(
    browser: Browser, report: Path, matrix: AffinityMatrix
) -> None:
    with opened(browser, report, viewport={"width": 1280, "height": 900}) as (page, heard):
        names = page.locator(".heatmap svg text").all_text_contents()
        tasks = [name for name in names if name in matrix.tasks][-len(matrix.tasks) :]  # of the rows, from the top
        tip, box = page.locator(".tip"), page.get_by_role("application")

        def expected(source: str, target: str) -> str:
            value = f"gain {signed(matrix[source, target])} ± {number(matrix.error(source, target))}"
            return f"{source} to {target}\n{value}"

        cell = page.locator(".heatmap svg text", has_text=signed(matrix[tasks[3], tasks[4]])).first
        cell.hover()
        assert tip.inner_text().startswith(expected(tasks[3], tasks[4]))
        assert "95 % interval" in tip.inner_text().replace("\N{NO-BREAK SPACE}", " ")
        page.mouse.move(5, 5)
        expect(tip).to_be_hidden()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(box).to_be_focused()
        assert tip.inner_text().startswith(expected(tasks[3], tasks[4]))
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown"):
            page.keyboard.press(key)
        assert tip.inner_text().startswith(expected(tasks[4], tasks[2]))
        expect(page.get_by_role("status")).to_contain_text(f"{tasks[4]} to {tasks[2]}. gain")
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        page.keyboard.press("ArrowUp")
        assert tip.inner_text().startswith(expected(tasks[4], tasks[2]))  # the first key only opens it again
        page.keyboard.press("Tab")
        expect(tip).to_be_hidden()
        assert heard.errors == []


def test_hostile_texts_are_read_as_texts(browser: Browser, hostile: Path) -> None:
    with opened(browser, hostile, viewport={"width": 1280, "height": 900}) as (page, heard):
        assert page.locator("img, b[onclick], script:not(head script)").count() == 0
        for text in (*HOSTILE[:3], "<script>alert(4)</script>", '"><img onerror=alert(5)>', "<b onclick=x>bold</b>"):
            expect(page.get_by_text(text).first).to_be_visible()
        assert HOSTILE[1] in page.locator("#tasks tbody th").all_inner_texts()
        page.get_by_role("application").focus()
        said = set()
        for key in ("ArrowRight", *["ArrowDown"] * 5):
            page.keyboard.press(key)
            said.add(page.locator(".tip div").first.inner_text().split(" to ")[0])
        assert HOSTILE[0] in said
        assert page.locator(".tip img, .tip script").count() == 0
    assert (heard.errors, heard.dialogs) == ([], [])


def test_without_a_script_everything_is_there_and_nothing_is_promised(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    with opened(context, report) as (page, heard):
        assert page.locator("table:visible").count() == 11
        assert page.locator("figure svg:visible").count() == 7
        assert page.locator("button:visible, .scripted:visible").count() == 0
    context.close()
    assert heard.requests == [report.as_uri()]


def test_a_hundred_tasks_stay_legible(browser: Browser, hundred: Path) -> None:
    with opened(browser, hundred, viewport={"width": 1440, "height": 900}) as (page, _):
        for figure in ("heatmap", "dendrogram", "graph"):
            heights = page.evaluate(
                """name => [...document.querySelectorAll(`.${name} svg text`)].map(text => {
                    const drawn = text.getScreenCTM();
                    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(drawn.a, drawn.b);
                })""",
                figure,
            )
            assert len(heights) >= 100
            assert min(heights) >= LEGIBLE, figure
        places = page.evaluate(
            """() => [...document.querySelectorAll(".heatmap svg text")].map(text => text.getBoundingClientRect())
                .filter(box => box.width > box.height && box.x < 250).map(box => [box.y, box.height])"""
        )
        rows = sorted(y for y, _ in places)
        assert len(rows) == 100
        assert min(b - a for a, b in pairwise(rows)) > LEGIBLE  # no name lies on another


def test_it_prints_whole(browser: Browser, report: Path) -> None:
    with opened(browser, report) as (page, _):
        page.emulate_media(media="print")
        hidden = page.locator(".scroll").evaluate_all(
            "boxes => boxes.filter(box => getComputedStyle(box).overflowY !== 'visible').length"
        )
        assert hidden == 0
        assert page.pdf(format="A4").startswith(b"%PDF")
