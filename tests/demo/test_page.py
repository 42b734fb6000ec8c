"""The page in a real browser: its numbers are Python's, and what it offers works."""

import base64
import io
import json
import pathlib

import cv2
import numpy as np
import pytest

import salnet_tf
from salnet_tf.images import crop, decode, summary

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.browser
EXAMPLES = pathlib.Path(__file__).parents[2] / "demo" / "examples"
ASPECTS = {"1:1": 1, "4:5": 0.8, "16:9": 16 / 9, "9:16": 9 / 16, "3:1": 3}
# density at every `step`-th pixel, and the crops
PREDICT = """async ([photo, model, accelerator, aspects, step]) => {
  const { load, crop } = await import("./salnet.js");
  const salnet = await load(model, { accelerator });
  const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
  const density = await salnet.predict(new Blob([bytes]));
  const some = [];
  for (let y = 0; y < density.height; y += step) {
    for (let x = 0; x < density.width; x += step) some.push(density.data[y * density.width + x]);
  }
  const windows = aspects.map((aspect) => crop(density, aspect));
  const boxes = windows.map(({ left, top, right, bottom }) => [left, top, right, bottom]);
  salnet.delete();
  const { width, height, times } = density;
  return { some, boxes, times, size: [height, width], accelerator: salnet.accelerator };
}"""


def _encoded(ending, image):
    return cv2.imencode(ending, image)[1].tobytes()


def _turned(jpeg, orientation):
    """A JPEG with an EXIF orientation."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0" * 6
    exif = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


@pytest.fixture(scope="session")
def photos():
    """The bytes of photos of many shapes, by name."""
    coffee, temple = (EXAMPLES / f"{name}.jpg" for name in ("coffee", "temple"))
    image = cv2.imread(str(temple))
    rgba = np.dstack(
        [image[:300, :280], np.tile(np.linspace(0, 255, 280, dtype=np.uint8), (300, 1))]
    )
    return {
        "landscape": coffee.read_bytes(),
        "turned": _turned(coffee.read_bytes(), 6),
        "portrait": _encoded(".png", image[:, 200:380]),
        "one pixel": _encoded(".png", image[:1, :1]),
        "huge": _encoded(".jpg", cv2.resize(image, (6000, 4000))),
        "strip": _encoded(".png", image[200:212]),
        "transparent": _encoded(".png", rgba),
    }


NAMES = ("landscape", "turned", "portrait", "one pixel", "huge", "strip", "transparent")


@pytest.fixture(scope="module")
def shared_page(browser, address):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    yield page
    page.close()


def _check(page, photo, model="salnet_small", accelerator="wasm"):
    density = salnet_tf.load(model).predict(photo)
    step = max(1, max(density.shape) // 300)
    encoded = base64.b64encode(photo).decode()
    answer = page.evaluate(PREDICT, [encoded, model, accelerator, list(ASPECTS.values()), step])
    assert answer["size"] == list(density.shape)
    some = np.reshape(answer["some"], density[::step, ::step].shape)
    assert np.abs(some - density[::step, ::step]).max() < 1e-3 * density.max()
    windows = [list(crop.smart_crop(density, aspect)) for aspect in ASPECTS.values()]
    assert answer["boxes"] == windows
    return answer


@pytest.mark.parametrize("name", NAMES)
def test_density_and_crops_are_those_of_python(shared_page, photos, name):
    _check(shared_page, photos[name])


def test_the_larger_network_too(shared_page, photos):
    _check(shared_page, photos["landscape"], "salnet_distilled")


def test_the_whole_network_runs_on_a_gpu(opened, gpu_browser, photos):
    page = opened(gpu_browser)
    answer = _check(page, photos["landscape"], accelerator="webgpu")
    assert answer["accelerator"] == "webgpu"  # parts on the CPU would be an error in the console


def test_without_a_gpu_the_cpu_takes_over(opened, photos):
    page = opened()
    assert _check(page, photos["portrait"], accelerator="webgpu")["accelerator"] == "wasm"
    sync_api.expect(page.locator("#accelerator option").nth(1)).to_be_disabled()


def _sides(box):
    return [box[side] for side in ("left", "top", "right", "bottom")]


def _drop(page, *paths):
    """Drop files on the page."""
    files = [[p.name, base64.b64encode(p.read_bytes()).decode()] for p in paths]
    page.evaluate(
        """(files) => {
          const dropped = new DataTransfer();
          for (const [name, data] of files) {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            dropped.items.add(new File([bytes], name, { type: "image/jpeg" }));
          }
          dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, cancelable: true }));
        }""",
        files,
    )


def _saved(page, button):
    with page.expect_download() as download:
        page.click(button)
    return pathlib.Path(download.value.path()).read_bytes(), download.value.suggested_filename


def test_downloads_are_what_python_says(opened):
    page = opened(viewport={"width": 1280, "height": 800})
    with page.expect_file_chooser() as chooser:
        page.click("#choose")
    chooser.value.set_files(EXAMPLES / "temple.jpg")
    page.wait_for_selector("#regions li")
    photo = decode.decode_photo((EXAMPLES / "temple.jpg").read_bytes())
    density = salnet_tf.load("salnet_small").predict(photo)

    data, name = _saved(page, "#save-npy")
    assert name == "temple_density.npy"
    np.testing.assert_allclose(np.load(io.BytesIO(data)), density, atol=1e-3 * density.max())

    numbers = json.loads(_saved(page, "#save-json")[0])
    windows = {name: list(crop.smart_crop(density, aspect)) for name, aspect in ASPECTS.items()}
    assert {name: _sides(told) for name, told in numbers["crops"].items()} == windows
    left, top, right, bottom = windows["1:1"]
    inside = density[top:bottom, left:right].sum()
    assert numbers["crops"]["1:1"]["share"] == pytest.approx(inside, abs=1e-3)
    regions = summary.find_regions(density)
    assert [told["share"] for told in numbers["regions"]] == pytest.approx(
        [region["share"] for region in regions], abs=1e-3
    )
    np.testing.assert_allclose(
        *([_sides(r) for r in x] for x in (numbers["regions"], regions)), atol=3
    )

    picture = decode.decode_photo(_saved(page, "#save-png")[0])
    assert picture.shape == photo.shape and np.abs(picture - photo.astype(int)).mean() > 1
    page.click("#crops button:nth-child(1)")
    cropped, name = _saved(page, "#save-crop")
    assert name == "temple_crop_1x1.jpg"
    assert decode.decode_photo(cropped).shape[:2] == (bottom - top, right - left)


def test_two_photos_and_a_box(opened):
    page = opened(viewport={"width": 1280, "height": 800})
    _drop(page, EXAMPLES / "coffee.jpg", EXAMPLES / "astronaut.jpg")
    page.wait_for_selector("#which input >> nth=1", state="attached")
    frame = page.locator(".frame").nth(1).bounding_box()
    page.mouse.move(frame["x"] + 0.25 * frame["width"], frame["y"] + 0.1 * frame["height"])
    page.mouse.down()
    page.mouse.move(frame["x"] + 0.75 * frame["width"], frame["y"] + 0.6 * frame["height"], steps=3)
    page.mouse.up()
    assert page.inner_text("#box-share").startswith("A ")
    typed = {"left": 0, "top": 0, "width": 100, "height": 100}
    for side, value in typed.items():
        page.fill(f"#box-{side}", str(value))
    assert page.inner_text("#box-share") == "A 100 %, B 100 %"
    page.click("#box-clear")
    page.click("#alone")
    assert page.locator("figure").count() == 1


def test_a_file_that_is_no_photo_is_refused_and_the_last_one_stays(opened, tmp_path):
    page = opened()
    _drop(page, EXAMPLES / "cat.jpg")
    page.wait_for_selector("#regions li")
    (tmp_path / "notes.jpg").write_text("no photo")
    _drop(page, tmp_path / "notes.jpg")
    page.wait_for_selector("#error:not([hidden])")
    assert page.inner_text("#error") == "This file cannot be shown as a photo: notes.jpg"
    assert page.locator("figure").count() == 1


def test_keyboard_and_what_a_screen_reader_hears(opened):
    page = opened()
    page.focus("#examples button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#regions li")
    assert "coffee.jpg. Looked at most: " in page.inner_text("#announce")
    assert page.get_attribute("figure img", "alt").startswith("coffee.jpg. Looked at most: ")
    page.focus("input[value=heat]")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("input[value=contours]")
    assert page.locator("path.contour").count() == 3
    page.focus("#regions button")
    page.keyboard.press("Enter")
    assert page.get_attribute("#regions button >> nth=0", "aria-pressed") == "true"
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, input:not([hidden]), select")]
          .filter((e) => !(e.innerText.trim() || e.ariaLabel || e.labels?.length || e.title))
          .map((e) => e.outerHTML)"""
    )
    assert [html for html in unnamed if "<img" not in html] == []


def test_a_phone(opened):
    page = opened(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.tap("#examples li:nth-child(3) button")
    page.wait_for_selector("#regions li")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.tap("#crops button:nth-child(3)")
    assert page.locator("path.shade").count() == 1


def test_the_camera(opened):
    page = opened(permissions=["camera"])
    page.click("#camera")
    page.wait_for_selector("figure video")
    expect = sync_api.expect(page.locator("#times"))
    expect.to_contain_text("ms in the network")
    expect.not_to_have_text(page.inner_text("#times"))  # frame after frame
    page.click("#choose")  # keeps the frame
    page.wait_for_selector("figure img")
    page.click("#camera")
    page.wait_for_selector("figure video")
    page.click("#stop")
    assert page.is_visible("#empty")


def test_it_works_offline_after_the_first_load(opened):
    page = opened()
    sync_api.expect(page.locator("#offline")).to_contain_text("offline", timeout=120_000)
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("html[data-ready=salnet_small]")
    page.click("#examples button")
    page.wait_for_selector("#regions li")
    page.select_option("#model", "salnet_distilled")
    page.wait_for_selector("html[data-ready=salnet_distilled]")


def test_the_policy_lets_no_data_out(shared_page):
    blocked = shared_page.evaluate(
        """async () => {
          const seen = [];
          addEventListener("securitypolicyviolation", (e) => seen.push(e.effectiveDirective));
          await fetch("https://example.org/", { method: "POST", body: "photo" }).catch(() => {});
          new Image().src = "https://example.org/photo.png";
          await new Promise((done) => setTimeout(done, 200));
          return seen;
        }"""
    )
    assert {"connect-src", "img-src"} <= set(blocked)
