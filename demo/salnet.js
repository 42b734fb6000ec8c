// Where people look in a photo, computed in the browser. Three functions:
//
//   import { load, crop } from "./salnet.js";
//   const salnet = await load("salnet_small");         // or "salnet_distilled"
//   const density = await salnet.predict(image);       // File, Blob, <img>, <video>, <canvas>, ...
//   density.data                                        // Float32Array, row by row, sums to 1
//   crop(density, 16 / 9)                               // { left, top, right, bottom }
//
// Needs `vendor/` (LiteRT.js) and `weights/NAME_fp32.tflite` beside it; `load` takes other places.
// The numbers are Python's: salnet_tf/images/geometry.py, crop.py and summary.py.

export const MODELS = ["salnet_small", "salnet_distilled"];

/** As in Python: an image has at most this many pixels. */
export const MAX_PIXELS = 120_000_000;

const HERE = new URL("./", import.meta.url);
const REGION_CELLS = 256; // of the longer side, in which regions are told apart
const BAND_PIXELS = 2 ** 22; // decoded at once, so that a big photo never lies in memory as RGBA

/**
 * Load a network.
 *
 * @param {string} name one of MODELS, or the URL of another `.tflite` file of this form.
 * @param {object} options
 *   accelerator: "wasm" (the CPU) or "webgpu"; without a GPU, or where it fails, the CPU is taken.
 *   vendor, weights: URLs of the folders with LiteRT.js and the `.tflite` files.
 * @returns {Promise<SalNet>}
 */
export async function load(name = MODELS[0], options = {}) {
  const vendor = new URL(options.vendor ?? "vendor/", HERE);
  const weights = new URL(options.weights ?? "weights/", HERE);
  const url = MODELS.includes(name) ? new URL(`${name}_fp32.tflite`, weights) : new URL(name, HERE);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The network cannot be loaded. Received: ${response.status}, ${url}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const litert = await runtime(vendor);
  if (options.accelerator === "webgpu") {
    try {
      return await SalNet.compile(litert, bytes, name, "webgpu");
    } catch (error) {
      console.warn(`The GPU cannot run the network, the CPU does: ${error.message ?? error}`);
    }
  }
  return SalNet.compile(litert, bytes, name, "wasm");
}

/** A loaded network; `load` makes it. */
export class SalNet {
  static async compile(litert, bytes, name, accelerator) {
    if (accelerator === "webgpu" && !litert.getDefaultEnvironment().webGpuDevice) {
      throw new Error("there is none");
    }
    // Half precision would move the density by a hundredth of its peak.
    const options = { accelerator, gpuOptions: { precision: "fp32" } };
    const model = await litert.loadAndCompile(bytes, options);
    const salnet = new SalNet();
    Object.assign(salnet, { name, litert, model, accelerator });
    const [, height, width] = model.getInputDetails()[0].shape;
    Object.assign(salnet, { height, width });
    try {
      await salnet.logits(new Float32Array(height * width * 3)); // the first run is the slowest
    } catch (error) {
      model.delete();
      throw error;
    }
    return salnet;
  }

  /**
   * Where people look.
   *
   * @param image a File or Blob of a picture, an <img>, <video> or <canvas>, an ImageBitmap,
   *   ImageData. Upright as EXIF says, transparency over white.
   * @returns {Promise<{data: Float32Array, width: number, height: number, times: object}>} the
   *   density at the image's own size, row by row; it sums to 1. times: milliseconds of `network`
   *   and `all`.
   */
  async predict(image) {
    const start = performance.now();
    const source = await pixels(image);
    const placement = place(source.width, source.height, this.width, this.height);
    const canvas = toCanvas(source, placement);
    source.close();
    const before = performance.now();
    const logits = await this.logits(canvas);
    const after = performance.now();
    const density = toDensity(logits, placement);
    density.times = { network: after - before, all: performance.now() - start };
    return density;
  }

  /** Canvas `[height, width, 3]` float 0..255 -> logits `[height, width]`. */
  async logits(canvas) {
    const input = new this.litert.Tensor(canvas, [1, this.height, this.width, 3]);
    const [output] = await this.model.run(input);
    input.delete();
    const onCpu = this.accelerator === "webgpu" ? await output.moveTo("wasm") : output;
    const logits = Float32Array.from(onCpu.toTypedArray());
    onCpu.delete();
    return logits;
  }

  /** Free the network's memory. */
  delete() {
    this.model.delete();
  }
}

/**
 * Smart crop: the largest window of an aspect ratio with the most density.
 *
 * @param density what `predict` returns.
 * @param {number} aspect width / height.
 * @returns {{left: number, top: number, right: number, bottom: number}} whole pixels, right and
 *   bottom exclusive.
 */
export function crop(density, aspect) {
  if (!(aspect > 0 && Number.isFinite(aspect))) {
    throw new Error(`An aspect ratio is a number above 0. Received: ${aspect}`);
  }
  const { data, width, height } = density;
  if (width > height * aspect) {
    const length = Math.min(width, Math.max(1, round(height * aspect)));
    const columns = new Float64Array(width);
    for (let i = 0, y = 0; y < height; y++) for (let x = 0; x < width; x++) columns[x] += data[i++];
    const left = bestStart(columns, length);
    return { left, top: 0, right: left + length, bottom: height };
  }
  const length = Math.min(height, Math.max(1, round(width / aspect)));
  const rows = new Float64Array(height);
  for (let i = 0, y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y] += data[i++];
  const top = bestStart(rows, length);
  return { left: 0, top, right: width, bottom: top + length };
}

/** The part of the density inside a box of whole pixels, 0..1. */
export function share(density, { left, top, right, bottom }) {
  const { data, width, height } = density;
  let sum = 0;
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    const row = y * width;
    for (let x = Math.max(0, left); x < Math.min(width, right); x++) sum += data[row + x];
  }
  return sum;
}

/** Start of the heaviest run of `length` pixels; of equals (to 1e-6) the most central. */
function bestStart(profile, length) {
  const held = new Float64Array(profile.length + 1);
  profile.forEach((value, i) => (held[i + 1] = held[i] + value));
  const starts = profile.length - length + 1;
  let most = -Infinity;
  for (let i = 0; i < starts; i++) most = Math.max(most, held[i + length] - held[i]);
  const enough = most - 1e-6 * held[profile.length];
  const offCentre = (i) => Math.abs(i - (starts - 1) / 2);
  let best;
  for (let i = 0; i < starts; i++) {
    if (held[i + length] - held[i] < enough) continue;
    if (best === undefined || offCentre(i) < offCentre(best)) best = i;
  }
  return best;
}

/**
 * The parts of the smallest area that holds half of the density, as boxes, the highest share first.
 *
 * @returns [{left, top, right, bottom, share, x, y}], pixels; x and y are the part's highest point.
 */
export function regions(density, held = 0.5, most = 5) {
  const scale = Math.min(1, REGION_CELLS / Math.max(density.width, density.height));
  const width = Math.max(1, round(density.width * scale));
  const height = Math.max(1, round(density.height * scale));
  const cells = averaged(density, width, height);
  const total = cells.reduce((sum, value) => sum + value, 0);
  const level = levelHolding(cells, held * total);
  const across = density.width / width, down = density.height / height;
  const parts = connected(cells, width, level).map((part) => ({
    left: round(part.left * across),
    top: round(part.top * down),
    right: round(part.right * across),
    bottom: round(part.bottom * down),
    share: part.sum / total,
    x: ((part.peak % width) + 0.5) * across,
    y: (Math.floor(part.peak / width) + 0.5) * down,
  }));
  return parts.sort((a, b) => b.share - a.share).slice(0, most);
}

/** The density averaged over `[height, width]` cells. */
function averaged({ data, width: fullWidth, height: fullHeight }, width, height) {
  const across = areaTaps(fullWidth, width);
  const down = inverted(areaTaps(fullHeight, height), fullHeight);
  const sums = new Float64Array(width * height);
  for (let y = 0; y < fullHeight; y++) {
    for (let x = 0, w = 0; x < width; x++) {
      const [first, count] = across.starts[x];
      let value = 0;
      for (let k = 0; k < count; k++) value += across.weights[w++] * data[y * fullWidth + first + k];
      for (const [target, weight] of down[y]) sums[target * width + x] += weight * value;
    }
  }
  return Float32Array.from(sums);
}

/** The value at the edge of the smallest set of cells that holds `sum`. */
export function levelHolding(cells, sum) {
  const ordered = Float32Array.from(cells).sort().reverse();
  let held = 0;
  return ordered.find((value) => (held += value) >= sum) ?? ordered.at(-1);
}

/** The parts of the cells of at least `level` that touch, by sides or corners, in reading order. */
function connected(cells, width, level) {
  const height = cells.length / width, seen = new Uint8Array(cells.length), parts = [];
  for (let start = 0; start < cells.length; start++) {
    if (seen[start] || cells[start] < level) continue;
    const part = { left: width, top: height, right: 0, bottom: 0, sum: 0, peak: start };
    const open = [start];
    seen[start] = 1;
    while (open.length) {
      const i = open.pop(), x = i % width, y = Math.floor(i / width);
      part.left = Math.min(part.left, x);
      part.top = Math.min(part.top, y);
      part.right = Math.max(part.right, x + 1);
      part.bottom = Math.max(part.bottom, y + 1);
      part.sum += cells[i];
      if (cells[i] > cells[part.peak]) part.peak = i;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (seen[next] || cells[next] < level) continue;
          seen[next] = 1;
          open.push(next);
        }
      }
    }
    parts.push(part);
  }
  return parts;
}

// --- geometry: the image on the network's canvas, and back --------------------------------------

/** Centre an image on a canvas: one scale, no side ever 0, padding symmetric. */
export function place(imageWidth, imageHeight, canvasWidth, canvasHeight) {
  const scale = Math.min(canvasHeight / imageHeight, canvasWidth / imageWidth);
  const height = Math.min(canvasHeight, Math.max(1, round(imageHeight * scale)));
  const width = Math.min(canvasWidth, Math.max(1, round(imageWidth * scale)));
  const top = Math.floor((canvasHeight - height) / 2);
  const left = Math.floor((canvasWidth - width) / 2);
  return { imageWidth, imageHeight, canvasWidth, canvasHeight, width, height, top, left };
}

/** Pixels on their canvas, `[canvasHeight, canvasWidth, 3]` float 0..255, the padding 0. */
export function toCanvas(source, placement) {
  const { canvasWidth, canvasHeight, width, height, top, left } = placement;
  const resized = resize(source, width, height);
  const canvas = new Float32Array(canvasWidth * canvasHeight * 3);
  for (let y = 0; y < height; y++) {
    const row = resized.subarray(y * width * 3, (y + 1) * width * 3);
    canvas.set(row, ((top + y) * canvasWidth + left) * 3);
  }
  return canvas;
}

/**
 * Resize: area average when shrinking, else bilinear with half-pixel centres.
 *
 * @param source width, height and `rows(from, to)`, RGBA bytes.
 * @returns {Float32Array} `[height, width, 3]`.
 */
export function resize(source, width, height) {
  const shrinks = width <= source.width && height <= source.height;
  const taps = shrinks ? areaTaps : linearTaps;
  const across = taps(source.width, width);
  const down = inverted(taps(source.height, height), source.height);
  const resized = new Float32Array(width * height * 3);
  const row = new Float64Array(width * 3);
  const band = Math.max(1, Math.floor(BAND_PIXELS / source.width));
  for (let from = 0; from < source.height; from += band) {
    const to = Math.min(source.height, from + band);
    const rgba = source.rows(from, to);
    for (let y = from; y < to; y++) {
      averageAcross(rgba, (y - from) * source.width * 4, across, row);
      for (const [target, weight] of down[y]) {
        const at = target * width * 3;
        for (let i = 0; i < row.length; i++) resized[at + i] += weight * row[i];
      }
    }
  }
  return resized;
}

/** One row of RGBA bytes -> `row`, RGB of the new width. */
function averageAcross(rgba, offset, { starts, weights }, row) {
  for (let x = 0, w = 0; x < starts.length; x++) {
    let r = 0, g = 0, b = 0, at = offset + starts[x][0] * 4;
    for (let cell = 0; cell < starts[x][1]; cell++, w++, at += 4) {
      const weight = weights[w];
      r += weight * rgba[at];
      g += weight * rgba[at + 1];
      b += weight * rgba[at + 2];
    }
    row[3 * x] = r;
    row[3 * x + 1] = g;
    row[3 * x + 2] = b;
  }
}

/** For each of `to` cells the part that each of `from` cells has in it: [first, count], weights. */
function areaTaps(from, to) {
  const starts = [], weights = [];
  for (let i = 0; i < to; i++) {
    const begin = (i * from) / to, end = ((i + 1) * from) / to;
    const first = Math.floor(begin), last = Math.min(from, Math.ceil(end));
    starts.push([first, last - first]);
    for (let cell = first; cell < last; cell++) {
      weights.push(((Math.min(end, cell + 1) - Math.max(begin, cell)) * to) / from);
    }
  }
  return { starts, weights };
}

/** The same for bilinear interpolation, edges repeated. */
function linearTaps(from, to) {
  const starts = [], weights = [];
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.max(0, Math.min(Math.floor(at), from - 2));
    starts.push([first, Math.min(2, from)]);
    weights.push(1 - (at - first), ...(from > 1 ? [at - first] : []));
  }
  return { starts, weights };
}

/** Taps turned around: for each of `from` cells the [target, weight] that it goes to. */
function inverted({ starts, weights }, from) {
  const targets = Array.from({ length: from }, () => []);
  let w = 0;
  starts.forEach(([first, count], target) => {
    for (let cell = 0; cell < count; cell++) targets[first + cell].push([target, weights[w++]]);
  });
  return targets;
}

/** Canvas logits -> density at the image's own size: crop the padding, resize, softmax. */
export function toDensity(logits, placement) {
  const { imageWidth, imageHeight, canvasWidth, width, height, top, left } = placement;
  const peak = peakInside(logits, placement);
  if (!Number.isFinite(peak)) {
    throw new Error(`The logits of a network must be finite. Received: ${peak}`);
  }
  const across = linearTaps(width, imageWidth), down = linearTaps(height, imageHeight);
  const xs = Int32Array.from(across.starts, ([first]) => first);
  const step = width > 1 ? 1 : 0, below = height > 1 ? canvasWidth : 0;
  const dx = Float32Array.from(xs, (_, x) => (step ? across.weights[2 * x + 1] : 0));
  const data = new Float32Array(imageWidth * imageHeight);
  const row = new Float32Array(width + 1);
  let sum = 0;
  for (let y = 0, i = 0; y < imageHeight; y++) {
    const start = (top + down.starts[y][0]) * canvasWidth + left;
    const dy = below ? down.weights[2 * y + 1] : 0;
    for (let x = 0; x < width; x++) {
      const upper = logits[start + x];
      row[x] = upper + (logits[start + x + below] - upper) * dy - peak;
    }
    for (let x = 0; x < imageWidth; x++, i++) {
      const at = xs[x], value = row[at];
      sum += data[i] = Math.exp(value + (row[at + step] - value) * dx[x]);
    }
  }
  for (let i = 0; i < data.length; i++) data[i] /= sum;
  return { data, width: imageWidth, height: imageHeight };
}

function peakInside(logits, { canvasWidth, width, height, top, left }) {
  let peak = -Infinity;
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const value = logits[y * canvasWidth + x];
      if (!(value <= peak)) peak = value; // not a number stays
    }
  }
  return peak;
}

/** Halves to the even number, as Python rounds. */
export function round(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

// --- pixels of whatever a browser calls an image --------------------------------------------------

/** {width, height, rows(from, to) -> RGBA bytes over white, close()}. */
async function pixels(image) {
  if (image instanceof ImageData) return imageData(image);
  let bitmap = image, close = () => {};
  if (image instanceof Blob) {
    // The file's own numbers, as the network was trained on, not those of a screen's profile.
    bitmap = await createImageBitmap(image, { colorSpaceConversion: "none" }).catch(() => {
      const what = image.name ?? (image.type || "a file");
      throw new Error(`The image cannot be decoded. Received: ${what}, ${image.size} bytes`);
    });
    close = () => bitmap.close();
  }
  const width = bitmap.videoWidth ?? bitmap.naturalWidth ?? bitmap.width;
  const height = bitmap.videoHeight ?? bitmap.naturalHeight ?? bitmap.height;
  if (!(width > 0 && height > 0)) throw new Error(`An image has pixels. Received: ${image}`);
  if (width * height > MAX_PIXELS) {
    throw new Error(`An image may have at most ${MAX_PIXELS} pixels. Received: ${width}x${height}`);
  }
  const rows = (from, to) => drawn(bitmap, width, from, to);
  return { width, height, rows, close };
}

function drawn(bitmap, width, from, to) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height: to - from });
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, to - from);
  context.drawImage(bitmap, 0, from, width, to - from, 0, 0, width, to - from);
  return context.getImageData(0, 0, width, to - from).data;
}

function imageData({ width, height, data }) {
  const flat = Uint8ClampedArray.from(data);
  for (let i = 0; i < flat.length; i += 4) {
    const alpha = flat[i + 3] / 255;
    for (let c = i; c < i + 3; c++) flat[c] = flat[c] * alpha + 255 * (1 - alpha);
  }
  const rows = (from, to) => flat.subarray(from * width * 4, to * width * 4);
  return { width, height, rows, close() {} };
}

// --- LiteRT.js --------------------------------------------------------------------------------------

let loading;

/** LiteRT.js, loaded once; a failure can be tried again. */
function runtime(vendor) {
  loading ??= start(vendor).catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function start(vendor) {
  const litert = await import(new URL("litert.js", vendor));
  // It writes its progress to console.error; what is none stays quiet.
  const quiet = (line) => /^ERROR/.test(line) && console.error(line);
  self.Module = { print: quiet, printErr: quiet };
  await litert.loadLiteRt(vendor.href);
  return litert;
}
