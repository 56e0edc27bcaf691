"""atsock trace --html, in headless Chromium: what a person sees and can do; a log that attacks the page; a long log."""

import json
import shutil

import pytest
from atsock_host import cli
from click.testing import CliRunner
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.slow

WAIT_S = 20
TRACE = r"""# atsock trace
      0.000 > AT+CPIN="9876"\r
     10.000 < \r\nOK\r\n
     20.000 > AT+QIOPEN=1,13,"TCP","a.example",80\r
     24.000 < \r\nERROR\r\n
     30.000 > AT+QISEND=3,5\r
     33.000 < \r\n>\x20
     34.000 > hello
    900.000 < \r\nSEND OK\r\n
    950.000 < \r\n+QIURC: "recv",4\r\n
    951.000 > AT+QIRD=4,1500\r
    960.000 < \r\n+QIRD: 4\r\nabcd\r\n\r\nOK\r\n
   2000.000 ! command sent before the final result
   3000.000 > AT+COPS?\r
"""
HOSTILE = r"""      0.000 > AT+CGMM\r
      1.000 < \r\n</script><script>document.title="owned"</script><img src=x onerror=document.title='owned'>\r\nOK\r\n
      2.000 > AT+X="{{ 7*7 }}<!--<script>"\r
      3.000 < \r\n+QIURC: "recv",0,<svg onload=document.title='owned'>\r\n
      4.000 ! <b id=injected>]]></b>
"""


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=1300,900"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    assert chromium and driver, "these tests need a browser: Debian's packages chromium and chromium-driver"
    options.binary_location = chromium
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as browser:
        yield browser


class Page:
    def __init__(self, browser):
        self.browser = browser

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [each.get_property("textContent") for each in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def lines(self):
        return self.texts(".row .text")

    def search(self, text):
        field = self.one("#search")
        field.clear()
        field.send_keys(text)

    def until(self, condition):
        return WebDriverWait(self.browser, WAIT_S, poll_frequency=0.02).until(lambda _: condition())

    def complaints(self):
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def opened(browser, tmp_path):
    def open_page(text):
        log, out = tmp_path / "a <i> & log.trace", tmp_path / "page.html"
        log.write_text(text)
        result = CliRunner().invoke(cli.main, ["trace", str(log), "--html", str(out)])
        assert (result.exit_code, result.output) == (0, "")
        browser.get_log("browser")      # those of the page before
        browser.get(out.as_uri())
        page = Page(browser)
        page.until(lambda: page.one("#count").text)
        return page

    return open_page


def test_the_lines_and_what_they_mean(opened):
    page = opened(TRACE)
    assert page.complaints() == []
    assert page.one("h1").text == "a <i> & log.trace"
    assert page.one("#length").text.startswith("3.0 s, 5 commands: 3 good, 1 failed, 1 without a result")
    assert page.lines() == [
        'AT+CPIN="****"', "OK", 'AT+QIOPEN=1,13,"TCP","a.example",80', "ERROR", "AT+QISEND=3,5", ">", "hello",
        "SEND OK", '+QIURC: "recv",4', "AT+QIRD=4,1500", "+QIRD: 4", "abcd", "OK",
        "command sent before the final result", "AT+COPS?"]
    assert "unasked: data has come for connection 4" in page.texts(".row .said")
    assert "9876" not in page.browser.page_source
    assert page.texts(".row.bad .text") == ["ERROR", "command sent before the final result"]
    assert page.texts(".row.open .text") == ["AT+COPS?"]


def test_search_patterns_and_kinds(opened):
    page = opened(TRACE)
    page.search("qird")
    assert page.lines() == ["AT+QIRD=4,1500", "+QIRD: 4"]
    assert page.texts("mark") == ["QIRD", "QIRD"]
    assert page.one("#count").text == "2 of 15 lines"
    page.search("/^ok$|hello/")
    assert page.lines() == ["OK", "hello", "OK"]
    page.search("/(/")
    assert page.lines() == []
    page.search("the module waits")
    assert page.lines() == [">"]
    page.search(Keys.BACKSPACE)
    page.one("#search").clear()
    page.search("e" + Keys.BACKSPACE)
    page.one("[data-kind=result]").click()
    assert "OK" not in page.lines() and "AT+COPS?" in page.lines()
    page.one("[data-kind=result]").click()
    page.one("[data-show=problems]").click()
    assert page.lines() == [
        'AT+QIOPEN=1,13,"TCP","a.example",80', "ERROR", "command sent before the final result", "AT+COPS?"]


def test_what_is_known_of_a_line(opened):
    page = opened(TRACE)
    page.one("[data-row='2']").click()
    cells = page.texts("#detail td")
    told = dict(zip(cells[::2], cells[1::2], strict=True))
    assert told["connectID"] == "13  (the manual allows 0 to 11)"
    assert (told["result"], told["until the result"], told["address"]) == ("ERROR", "4.000 ms", '"a.example"')
    page.one("#lines").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert page.one("#detail h2").text == "AT+QISEND=3,5"


def test_an_open_that_failed_behind_its_ok(opened):
    """It is red as long as it lasted, the line that tells it is found, and its OK is not what went wrong."""
    page = opened('0.0 > AT+QIOPEN=1,0,"TCP","a.example",80\\r\n10.0 < \\r\\nOK\\r\\n\n'
                  "1000.0 < \\r\\n+QIOPEN: 0,565\\r\\n\n2000.0 > AT\\r\n2001.0 < \\r\\nOK\\r\\n\n")
    page.one("[data-show=problems]").click()
    assert page.lines() == ['AT+QIOPEN=1,0,"TCP","a.example",80', "+QIOPEN: 0,565"]
    assert page.texts(".row.bad .text") == ["+QIOPEN: 0,565"]
    assert page.texts("#slowest option")[1].startswith("1000.0 ms  AT+QIOPEN")
    page.one("[data-row='0']").click()
    cells = page.texts("#detail td")
    assert cells[cells.index("later") + 1] == "+QIOPEN: 0,565" and cells[-1] == "1000.000 ms"
    begin, end = window(page)
    px = 92 + (990 - begin) / (end - begin) * (page.one("#timeline").size["width"] - 102)
    assert colour(page, px, 22 + 4) in ([255, 123, 114], [194, 39, 39])


def test_the_slowest_commands_can_be_gone_to(opened):
    page = opened(TRACE)
    slowest = page.texts("#slowest option")
    assert slowest[1] == "870.0 ms  AT+QISEND=3,5"
    page.one("#slowest option:nth-child(2)").click()
    assert page.one("#detail h2").text == "AT+QISEND=3,5"


def window(page):
    return [float(page.one("#timeline").get_attribute("data-" + name)) for name in ("from", "to")]


def test_the_timeline_zooms_moves_and_chooses(opened):
    page = opened(TRACE)
    timeline = page.one("#timeline")
    begin, end = window(page)
    assert begin <= 0 and end >= 3000
    timeline.send_keys("+")
    zoomed = window(page)
    assert zoomed[1] - zoomed[0] == pytest.approx(0.6 * (end - begin))
    timeline.send_keys(Keys.ARROW_RIGHT)
    assert window(page)[0] > zoomed[0]
    timeline.send_keys("0")
    assert window(page) == [begin, end]
    actions = ActionChains(page.browser)
    actions.move_to_element(timeline).click_and_hold().move_by_offset(-60, 0).release().perform()
    assert window(page) == [begin, end]             # all is shown: there is nowhere to go
    page.browser.execute_script(
        "arguments[0].dispatchEvent(new WheelEvent('wheel', {deltaY: -900, clientX: 500, cancelable: true}))", timeline)
    assert window(page)[1] - window(page)[0] < (end - begin) / 2
    page.one("[data-show=window]").click()
    assert 0 < len(page.lines()) < 15
    page.one("[data-show=window]").click()
    timeline.send_keys("0")
    left = round(92 + (0 - begin) / (end - begin) * (timeline.size["width"] - 102)) + 9     # 25 ms: before AT+QISEND
    ActionChains(page.browser).move_to_element_with_offset(
        timeline, left - timeline.size["width"] / 2, 35 - timeline.size["height"] / 2).click().perform()
    assert page.one("#detail h2").text.startswith("AT+QI")


def test_payload_stands_with_its_socket(opened):
    page = opened(TRACE)
    for row, socket in (("6", "3"), ("11", "4")):
        page.one(f"[data-row='{row}']").click()
        cells = page.texts("#detail td")
        assert cells[cells.index("socket") + 1] == socket


def colour(page, px, py):
    """Red, green, blue of a point of the canvas."""
    return page.browser.execute_script(
        "const c = document.getElementById('timeline'), k = window.devicePixelRatio;"
        "return [...c.getContext('2d').getImageData(arguments[0] * k, arguments[1] * k, 1, 1).data].slice(0, 3)",
        px, py)


@pytest.mark.parametrize("scheme, dark", [("light", False), ("dark", True)])
def test_light_and_dark(browser, opened, scheme, dark):
    wanted = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [wanted]})
    page = opened(TRACE)
    back = page.one("body").value_of_css_property("background-color")
    assert (sum(map(int, back.removeprefix("rgba(").split(",")[:3])) < 200) is dark
    width = page.one("#timeline").size["width"]
    begin, end = window(page)
    px = 92 + (400 - begin) / (end - begin) * (width - 102)         # AT+QISEND waits there
    assert colour(page, px, 22 + 8) == ([63, 111, 166] if dark else [111, 155, 208])
    px = 92 + (22 - begin) / (end - begin) * (width - 102)          # AT+QIOPEN has failed there
    assert colour(page, px, 22 + 4) == ([255, 123, 114] if dark else [194, 39, 39])


def test_a_hostile_log(opened):
    page = opened(HOSTILE)
    assert page.complaints() == []
    assert page.browser.title == "a <i> & log.trace - atsock trace"
    assert page.browser.find_elements(By.CSS_SELECTOR, "img, svg, b, #injected, i:not(figcaption i)") == []
    lines = page.lines()
    assert any("</script><script>" in line for line in lines) and any("{{ 7*7 }}" in line for line in lines)
    page.search("/<.*>/")
    assert page.browser.find_elements(By.CSS_SELECTOR, "img, svg") == []


def test_the_page_fetches_nothing(opened):
    page = opened(TRACE)
    assert page.browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    blocked = page.browser.execute_async_script(
        "const done = arguments[0]; fetch('http://127.0.0.1:9/').then(() => done('fetched'), () => done('refused'));"
        "document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective))")
    assert blocked in ("connect-src", "refused")
    assert "http://" not in page.browser.page_source and "https://" not in page.browser.page_source


def test_a_log_without_times_has_lines_for_its_axis(opened):
    page = opened("AT+CSQ\n+CSQ: 20,99\nOK\nAT+COPS?\nERROR\n")
    assert page.lines() == ["AT+CSQ", "+CSQ: 20,99", "OK", "AT+COPS?", "ERROR"]
    assert page.texts(".row .ms") == ["1", "2", "3", "4", "5"]
    assert page.complaints() == []


def test_an_empty_log(opened):
    page = opened("nothing of that kind\n")
    assert page.complaints() == []
    assert page.one("#length").text.startswith("0 commands")


def test_a_hundred_thousand_lines(opened):
    lines = []
    for n in range(25_000):
        lines += [f"{n * 40}.0 > AT+QISEND={n % 6},5\\r", f"{n * 40 + 3}.0 < \\r\\n> ", f"{n * 40 + 4}.0 > hello",
                  f"{n * 40 + 9}.0 < \\r\\nSEND OK\\r\\n"]
    page = opened("\n".join(lines) + "\n")
    assert page.one("#count").text == "100000 of 100000 lines"
    assert 10 < len(page.lines()) < 120                                     # the others are made when they are seen
    page.one("#lines").send_keys(Keys.END, Keys.END)
    page.until(lambda: page.texts("[data-row='99999'] .text") == ["SEND OK"])
    page.search("QISEND=5")
    page.until(lambda: page.one("#count").text == f"{len(range(5, 25_000, 6))} of 100000 lines")
    spent_ms = page.browser.execute_script(
        "const begun = performance.now(), t = document.getElementById('timeline');"
        "for (let n = 0; n < 10; n++) t.dispatchEvent(new KeyboardEvent('keydown', {key: '-'}));"
        "return performance.now() - begun")
    assert spent_ms < 10_000


def test_the_log_itself_is_not_overwritten(tmp_path):
    log = tmp_path / "log"
    log.write_text(TRACE)
    result = CliRunner().invoke(cli.main, ["trace", str(log), "--html", str(log)])
    assert result.exit_code == 2 and "would overwrite the log" in result.stderr
    assert log.read_text() == TRACE


def test_a_page_that_cannot_be_written_is_1(tmp_path):
    result = CliRunner().invoke(cli.main, ["trace", "-", "--html", str(tmp_path / "no" / "page")], input=TRACE)
    assert result.exit_code == 1 and result.stderr.startswith("Error: cannot write the page: No such file or directory")


def test_the_data_of_a_page_is_json():
    """What stands in the data block cannot end it: no < is in it."""
    text = CliRunner().invoke(cli.main, ["trace", "-", "--html", "-"], input=HOSTILE).stdout
    block = text.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert "<" not in block and json.loads(block)["rows"]
