// The page: photos in, pictures and numbers out. The network and its geometry are in salnet.js.

import { load, crop, regions, share } from "./salnet.js";
import * as draw from "./draw.js";

const ASPECTS = [["1:1", 1], ["4:5", 0.8], ["16:9", 16 / 9], ["9:16", 9 / 16], ["3:1", 3]];
const EXAMPLES = [
  ["coffee", "A cup of coffee on a table"],
  ["astronaut", "An astronaut in front of a flag"],
  ["cat", "A cat, close"],
  ["temple", "A temple with coloured roofs"],
  ["flower", "A red flower"],
  ["rocket", "A rocket at its launch"],
];
const CAMERA_REST = 40; // milliseconds between frames, for the rest of the page and the battery
const HEAT_SIDE = 800; // pixels of the longer side of a heat map; the browser enlarges it
const PICTURE_SIDE = 4096; // of a downloaded picture

const $ = (id) => document.getElementById(id);
const percent = (part) => `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

let salnet; // the network, or the promise of it
let views = []; // one or two photos, see View
let active = 0; // whose numbers are shown
let aspect; // index of the crop that is shown
let region; // index of the region that is shown
let box; // {left, top, right, bottom} in parts of the photo
let camera; // the stream that runs

// --- a photo on the stage ------------------------------------------------------------------------

/** A photo, its picture on the stage, and what is known of it. */
class View {
  constructor(name, picture, source) {
    Object.assign(this, { name, picture, source });
    this.figure = element("figure");
    this.frame = element("div", { className: "frame" });
    this.heat = element("canvas", { className: "heat", ariaHidden: "true" });
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.lines.setAttribute("viewBox", "0 0 1 1");
    this.lines.setAttribute("preserveAspectRatio", "none");
    this.lines.setAttribute("aria-hidden", "true");
    this.pins = element("div");
    this.caption = element("figcaption");
    this.frame.append(picture, this.heat, this.lines, this.pins);
    this.figure.append(this.frame, this.caption);
    listenForBoxes(this.frame);
  }

  get size() {
    const { picture } = this;
    return [picture.videoWidth || picture.naturalWidth, picture.videoHeight || picture.naturalHeight];
  }

  /** Predict and keep what the page shows. */
  async look() {
    this.density = await (await salnet).predict(this.source);
    const { width, height } = this.density;
    this.smooth = draw.smoothed(draw.gridOf(this.density));
    this.regions = this.picture.videoWidth ? [] : regions(this.density);
    this.contours = undefined;
    const scale = Math.min(1, HEAT_SIDE / Math.max(width, height));
    const side = (pixels) => Math.max(1, Math.round(pixels * scale));
    this.heat.width = side(width);
    this.heat.height = side(height);
    draw.paint(this.heat, this.smooth);
  }

  /** As large as its part of the stage allows. */
  fit() {
    const [width, height] = this.size;
    const scale = Math.min(this.figure.clientWidth / width, this.figure.clientHeight / height);
    // A tiny photo is shown at sixteen times its size at most, and no side under 2 pixels.
    const side = (pixels) => `${Math.max(2, pixels * Math.min(scale, Math.max(1, 256 / Math.max(width, height)) * 16))}px`;
    this.frame.style.width = side(width);
    this.frame.style.height = side(height);
  }

  /** A box in pixels, or a point, as parts of the photo. */
  parts(one) {
    const { width, height } = this.density;
    const across = ["left", "right", "x"], down = ["top", "bottom", "y"];
    return Object.fromEntries([
      ...across.map((side) => [side, one[side] / width]),
      ...down.map((side) => [side, one[side] / height]),
    ]);
  }

  window(index) {
    return crop(this.density, ASPECTS[index][1]);
  }

  drop() {
    if (this.picture.src) URL.revokeObjectURL(this.picture.src);
    this.figure.remove();
  }
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Open a photo: in place of the others, or beside the first. */
async function open(blob, name, beside = false) {
  stopCamera();
  say("");
  busy(salnet instanceof Promise ? "Loading the network, once: 10 MB" : "Looking…");
  const picture = element("img", { src: URL.createObjectURL(blob), alt: name, draggable: false });
  try {
    await picture.decode().catch(() => {
      throw new Error(`This file cannot be shown as a photo: ${name}`);
    });
    await settled();
    const view = new View(name, picture, blob);
    await view.look();
    const kept = beside ? views.slice(0, 1) : [];
    views.slice(kept.length).forEach((old) => old.drop());
    views = [...kept, view];
    active = views.length - 1;
    region = undefined;
    show();
    announce();
  } catch (error) {
    URL.revokeObjectURL(picture.src);
    say(sentence(error));
  } finally {
    busy("");
  }
}

/** Let the browser paint before work that keeps it from doing so. */
const settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

const sentence = (error) => String(error.message ?? error);

// --- showing ---------------------------------------------------------------------------------------

/** Everything, for the photos of now. */
function show() {
  const some = views.length > 0;
  $("empty").hidden = some;
  $("views").hidden = !some;
  $("compare").hidden = !some || Boolean(camera);
  $("alone").hidden = views.length < 2;
  $("views").replaceChildren(...views.map((view) => view.figure));
  fit();
  showWhich();
  showMode();
  showNumbers();
  $("save-png").disabled = $("save-json").disabled = $("save-npy").disabled = !some;
}

function fit() {
  const stage = $("stage");
  $("views").classList.toggle("tall", views.length === 2 && stage.clientHeight > stage.clientWidth);
  views.forEach((view) => view.fit());
}

/** The switch between two photos. */
function showWhich() {
  $("which").hidden = views.length < 2;
  $("which").replaceChildren(
    ...views.map((view, index) => {
      const input = element("input", { type: "radio", name: "which", checked: index === active });
      input.addEventListener("change", () => {
        active = index;
        region = undefined;
        showNumbers();
      });
      return element("label", {}, input, element("span", { textContent: `Photo ${"AB"[index]}` }));
    }),
  );
  views.forEach((view, index) => {
    view.caption.textContent = views.length < 2 ? "" : `${"AB"[index]}  ${view.name}`;
    view.caption.hidden = views.length < 2;
  });
}

/** Heat map, contours or the photo alone. */
function showMode() {
  const mode = document.querySelector("input[name=mode]:checked").value;
  const opacity = $("opacity").value;
  $("opacity").nextElementSibling.textContent = `${opacity} %`;
  $("opacity").disabled = mode !== "heat";
  for (const view of views) {
    view.heat.hidden = mode !== "heat";
    view.heat.style.opacity = opacity / 100;
  }
  showLines();
}

/** Contours, regions, the crop and the box, on all photos. */
function showLines() {
  const mode = document.querySelector("input[name=mode]:checked").value;
  views.forEach((view, index) => {
    if (!view.density) return;
    const paths = [];
    if (mode === "contours") {
      view.contours ??= draw.contours(view.smooth);
      view.contours.forEach((d) => paths.push(["rim", d]));
      view.contours.forEach((d, i) => paths.push(["contour", d, draw.colour([1, 0.75, 0.5][i])]));
    }
    if (aspect !== undefined) {
      const d = rectangle(view.parts(view.window(aspect)));
      paths.push(["shade", `M0 0H1V1H0Z${d}`], ["outline", d]);
    }
    const found = mode === "photo" ? [] : view.regions.map((one) => view.parts(one));
    if (region !== undefined && index === active && view.regions[region]) {
      const d = rectangle(view.parts(view.regions[region]));
      paths.push(["outline under", d], ["outline", d]);
    }
    if (box) paths.push(["outline under", rectangle(box)], ["outline", rectangle(box)]);
    view.lines.replaceChildren(...paths.map(path));
    view.pins.replaceChildren(
      ...found.map(({ x, y }, i) => {
        const pin = element("span", { className: "pin", textContent: i + 1 });
        pin.classList.toggle("active", i === region && index === active);
        pin.style.left = `${100 * x}%`;
        pin.style.top = `${100 * y}%`;
        return pin;
      }),
    );
  });
}

const rectangle = ({ left, top, right, bottom }) => `M${left} ${top}H${right}V${bottom}H${left}Z`;

function path([name, d, stroke]) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("class", name);
  line.setAttribute("d", d);
  if (stroke) line.style.stroke = stroke;
  return line;
}

/** Regions, crops, the box's share, latency: of the active photo. */
function showNumbers() {
  const view = views[active];
  showRegions(view);
  showCrops(view);
  showBox();
  showLines();
  if (!view?.density) return;
  const { network, all } = view.density.times;
  const runs = salnet.accelerator === "webgpu" ? "GPU" : "CPU";
  $("times").textContent = `${network.toFixed(0)} ms in the network (${runs}), ${all.toFixed(0)} ms with reading the photo.`;
  $("accelerator").value = salnet.accelerator ?? $("accelerator").value;
}

function showRegions(view) {
  const found = view?.regions ?? [];
  $("no-regions").hidden = Boolean(view);
  $("regions").replaceChildren(
    ...found.map((one, index) => {
      const button = element(
        "button",
        { type: "button", ariaPressed: String(index === region) },
        element("b", { textContent: index + 1 }),
        element("span", { textContent: place(view, one) }),
        element("span", { className: "number", textContent: percent(one.share) }),
        element("progress", { max: found[0].share, value: one.share, ariaHidden: "true" }),
      );
      button.addEventListener("click", () => {
        region = region === index ? undefined : index;
        [...$("regions").querySelectorAll("button")].forEach((other, i) => (other.ariaPressed = String(i === region)));
        showLines();
      });
      return element("li", {}, button);
    }),
  );
}

function showCrops(view) {
  $("save-crop").disabled = !view || aspect === undefined;
  if ($("crops").children.length === 0) {
    ASPECTS.forEach(([name], index) => {
      const button = element("button", { type: "button" }, element("canvas"), element("span", { textContent: name }), element("small", { textContent: "–" }));
      button.addEventListener("click", () => {
        aspect = aspect === index ? undefined : index;
        showCrops(views[active]);
        showLines();
      });
      $("crops").append(button);
    });
  }
  ASPECTS.forEach(([name, value], index) => {
    const button = $("crops").children[index];
    const [canvas, , part] = button.children;
    button.ariaPressed = String(index === aspect);
    button.disabled = !view;
    const scale = 88 / Math.max(value, 1);
    canvas.width = scale * value;
    canvas.height = scale;
    const window = view?.density && !camera ? view.window(index) : undefined;
    part.textContent = window ? percent(share(view.density, window)) : "–";
    button.title = window ? `${name}: keeps ${part.textContent} of the looking` : name;
    const context = canvas.getContext("2d");
    if (window) {
      const { left, top, right, bottom } = window;
      context.drawImage(view.picture, left, top, right - left, bottom - top, 0, 0, canvas.width, canvas.height);
    } else {
      context.fillStyle = "#8884";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
  });
}

/** The box in whole pixels of a photo, at least one. */
function inPixels({ width, height }) {
  const left = Math.min(width - 1, Math.round(box.left * width)), top = Math.min(height - 1, Math.round(box.top * height));
  const right = Math.max(left + 1, Math.round(box.right * width)), bottom = Math.max(top + 1, Math.round(box.bottom * height));
  return { left, top, right, bottom };
}

function showBox() {
  $("box-clear").hidden = !box;
  if (box) {
    const typed = { left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top };
    for (const [side, part] of Object.entries(typed)) {
      const input = $(`box-${side}`);
      if (input !== document.activeElement) input.value = (100 * part).toFixed(1);
    }
  }
  const shares = box ? views.filter((view) => view.density).map((view) => percent(share(view.density, inPixels(view.density)))) : [];
  $("box-share").textContent = shares.length === 2 ? `A ${shares[0]}, B ${shares[1]}` : shares.length ? `${shares[0]} of the looking` : "";
}

/** Where a region is, in words. */
function place(view, one) {
  const { x, y } = view.parts(one);
  return draw.where(x, y);
}

/** In words, for those who hear the page. */
function announce() {
  const view = views[active];
  const words = view.regions.map((one) => `${place(view, one)} ${percent(one.share)}`);
  view.picture.alt = `${view.name}. Looked at most: ${words.join(", ") || "no part in particular"}.`;
  $("announce").textContent = view.picture.alt;
}

function say(problem) {
  $("error").textContent = problem;
  $("error").hidden = !problem;
}

function busy(words) {
  $("busy").textContent = words;
  $("busy").hidden = !words;
}

// --- a box by hand -----------------------------------------------------------------------------------

function listenForBoxes(frame) {
  let start;
  const at = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    const part = (value) => Math.min(1, Math.max(0, value));
    return [part((event.clientX - left) / width), part((event.clientY - top) / height)];
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    start = at(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = at(event);
    if (Math.hypot(x - start[0], y - start[1]) < 0.01) return;
    box = {
      left: Math.min(x, start[0]), top: Math.min(y, start[1]),
      right: Math.max(x, start[0]), bottom: Math.max(y, start[1]),
    };
    showBox();
    showLines();
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (start = undefined));
}

function typeBox() {
  const [left, top, width, height] = ["left", "top", "width", "height"].map((side) => $(`box-${side}`).value);
  if ([left, top, width, height].some((text) => text === "")) return;
  const part = (text) => Math.min(1, Math.max(0, Number(text) / 100));
  box = { left: part(left), top: part(top), right: Math.min(1, part(left) + part(width)), bottom: Math.min(1, part(top) + part(height)) };
  showBox();
  showLines();
}

function clearBox() {
  box = undefined;
  for (const side of ["left", "top", "width", "height"]) $(`box-${side}`).value = "";
  showBox();
  showLines();
}

// --- the camera ----------------------------------------------------------------------------------------

async function startCamera() {
  say("");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 } } });
    const video = element("video", { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    busy(salnet instanceof Promise ? "Loading the network, once: 10 MB" : "");
    await salnet;
    busy("");
    camera = stream;
    views.forEach((view) => view.drop());
    views = [new View("Camera", video, video)];
    active = 0;
    $("camera").hidden = true;
    $("stop").hidden = false;
    watch(stream, views[0]);
  } catch (error) {
    busy("");
    const why = { NotAllowedError: "it is not allowed", NotFoundError: "there is none" }[error.name];
    say(`The camera cannot be used: ${why ?? sentence(error)}`);
  }
}

async function watch(stream, view) {
  while (camera === stream) {
    try {
      await view.look();
    } catch (error) {
      if (camera === stream) stopCamera();
      return say(sentence(error));
    }
    if (camera !== stream) return;
    if ($("views").firstChild !== view.figure) show();
    else showNumbers();
    await new Promise((done) => setTimeout(done, CAMERA_REST));
  }
}

function stopCamera() {
  if (!camera) return;
  camera.getTracks().forEach((track) => track.stop());
  camera = undefined;
  views.forEach((view) => view.drop());
  views = [];
  $("camera").hidden = false;
  $("stop").hidden = true;
  show();
}

/** The frame of now becomes the photo. */
async function keepFrame() {
  const { picture } = views[0];
  const canvas = element("canvas", { width: picture.videoWidth, height: picture.videoHeight });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  await open(blob, "camera.png");
}

// --- downloads -------------------------------------------------------------------------------------------

function save(blob, ending) {
  const stem = views[active].name.replace(/\.[^.]*$/, "") || "photo";
  const link = element("a", { href: URL.createObjectURL(blob), download: `${stem}_${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The photo as it is shown, at its own size. */
async function savePicture() {
  const view = views[active];
  const [width, height] = view.size;
  const scale = Math.min(1, PICTURE_SIDE / Math.max(width, height));
  const canvas = element("canvas", { width: Math.max(1, width * scale), height: Math.max(1, height * scale) });
  const context = canvas.getContext("2d");
  context.drawImage(view.picture, 0, 0, canvas.width, canvas.height);
  if (!view.heat.hidden) {
    context.globalAlpha = $("opacity").value / 100;
    context.drawImage(view.heat, 0, 0, canvas.width, canvas.height);
    context.globalAlpha = 1;
  }
  const thick = Math.max(1, Math.max(canvas.width, canvas.height) / 500);
  for (const line of view.lines.children) {
    const shape = new Path2D();
    shape.addPath(new Path2D(line.getAttribute("d")), new DOMMatrix().scale(canvas.width, canvas.height));
    const { fill, stroke, strokeWidth } = getComputedStyle(line);
    context.lineWidth = thick * parseFloat(strokeWidth);
    context.strokeStyle = stroke;
    context.fillStyle = fill;
    if (fill !== "none") context.fill(shape, "evenodd");
    if (stroke !== "none") context.stroke(shape);
  }
  save(await new Promise((done) => canvas.toBlob(done, "image/png")), "saliency.png");
}

function numbers() {
  const { name, density, regions: found } = views[active];
  const measured = (one) => ({ ...one, share: share(density, one) });
  return {
    photo: name,
    model: salnet.name,
    width: density.width,
    height: density.height,
    regions: found,
    crops: Object.fromEntries(ASPECTS.map(([aspect, value]) => [aspect, measured(crop(density, value))])),
    ...(box && { box: measured(inPixels(density)) }),
  };
}

async function saveCrop() {
  const view = views[active];
  const { left, top, right, bottom } = view.window(aspect);
  const canvas = element("canvas", { width: right - left, height: bottom - top });
  canvas.getContext("2d").drawImage(view.picture, left, top, right - left, bottom - top, 0, 0, right - left, bottom - top);
  const type = view.source.type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.92));
  save(blob, `crop_${ASPECTS[aspect][0].replace(":", "x")}.${type === "image/png" ? "png" : "jpg"}`);
}

// --- the network -----------------------------------------------------------------------------------------

async function loadNetwork() {
  const before = await Promise.resolve(salnet).catch(() => undefined);
  before?.delete?.();
  const wanted = $("accelerator").value;
  salnet = load($("model").value, { accelerator: wanted });
  try {
    salnet = await salnet;
  } catch (error) {
    return say(`The network cannot be loaded: ${sentence(error)}`);
  }
  $("accelerator").value = salnet.accelerator;
  if (salnet.accelerator !== wanted) say("This browser's GPU cannot run the network; the CPU does.");
  document.documentElement.dataset.ready = salnet.name;
  keepOffline();
}

/** Another network or processor: predict again. */
async function changeNetwork() {
  say("");
  stopCamera();
  busy("Loading the network…");
  delete document.documentElement.dataset.ready;
  await settled();
  await loadNetwork();
  for (const view of views) await view.look();
  show();
  busy("");
}

/** Ask the service worker to keep what the page has loaded, both networks among it. */
async function keepOffline() {
  if (!navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register("sw.js");
    const { active: worker } = await navigator.serviceWorker.ready;
    const here = new URL("./", location.href).href;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const networks = [...$("model").options].map(({ value }) => `${here}weights/${value}_fp32.tflite`);
    const files = [here, ...loaded.filter((name) => name.startsWith(here)), ...networks];
    worker.postMessage([...new Set(files)]);
  } catch (error) {
    console.warn(`The page is not kept for use offline: ${sentence(error)}`);
  }
}

// --- listening -----------------------------------------------------------------------------------------

let beside = false;
$("choose").addEventListener("click", () => chooseFile(false));
$("compare").addEventListener("click", () => chooseFile(true));
function chooseFile(second) {
  if (camera) return keepFrame();
  beside = second;
  $("file").value = "";
  $("file").click();
}
$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  if (file) open(file, file.name, beside);
});
$("alone").addEventListener("click", () => {
  views.pop().drop();
  active = 0;
  show();
});
$("camera").addEventListener("click", startCamera);
$("stop").addEventListener("click", stopCamera);
$("mode").addEventListener("change", showMode);
$("opacity").addEventListener("input", showMode);
$("box-clear").addEventListener("click", clearBox);
for (const side of ["left", "top", "width", "height"]) $(`box-${side}`).addEventListener("input", typeBox);
$("save-crop").addEventListener("click", saveCrop);
$("save-png").addEventListener("click", savePicture);
$("save-json").addEventListener("click", () => save(new Blob([JSON.stringify(numbers(), null, 1) + "\n"], { type: "application/json" }), "saliency.json"));
$("save-npy").addEventListener("click", () => save(draw.npy(views[active].density), "density.npy"));
$("model").addEventListener("change", changeNetwork);
$("accelerator").addEventListener("change", changeNetwork);
new ResizeObserver(fit).observe($("stage"));

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  openAll(event.dataTransfer.files);
});
addEventListener("paste", (event) => openAll(event.clipboardData.files));
navigator.serviceWorker?.addEventListener("message", ({ data }) => {
  $("offline").textContent = data === "kept" ? "This page now works offline." : "";
});

/** One photo, or two to compare. */
async function openAll(files) {
  const [first, second] = files;
  if (first) await open(first, first.name);
  if (second) await open(second, second.name, true);
}

for (const [name, words] of EXAMPLES) {
  const button = element("button", { type: "button", title: words }, element("img", { src: `examples/${name}.jpg`, alt: words }));
  button.addEventListener("click", async () => open(await (await fetch(`examples/${name}.jpg`)).blob(), `${name}.jpg`));
  $("examples").append(element("li", {}, button));
}

navigator.gpu?.requestAdapter().then((adapter) => ($("accelerator").options[1].disabled = !adapter));
$("accelerator").options[1].disabled = true;
show();
busy("Loading the network, once: 10 MB");
loadNetwork().then(() => busy(""));
