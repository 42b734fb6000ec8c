// Pictures and words of a density: heat map, contours, places. No page in here.

import { levelHolding } from "./salnet.js";

// The colour map inferno (CC0), 256 x RGB.
const INFERNO = Uint8Array.from(
  atob(
    "AAAEAQAFAQEGAQEIAgEKAgIMAgIOAwIQBAMSBAMUBQQXBgQZBwUbCAUdCQYfCgciCwckDAgmDQgpDgkrEAktEQowEgoyFAs0FQs3Fgs5GAw8GQw+GwxBHAxDHgxFHwxIIQxKIwxMJAxPJgxRKAtTKQtVKwtXLQtZLwpbMQpcMgpeNApfNglhOAliOQljOwlkPQllPglmQApnQgpoRApoRQppRwtqSQtqSgxrTAxrTQ1sTw1sUQ5sUg5tVA9tVQ9tVxBuWRBuWhFuXBJuXRJuXxNuYRNuYhRuZBVuZRVuZxZuaRZuahdubBhubRhubxlucRluchpudBpudRtudxxteBxteh1tfB1tfR5tfx5sgB9sgiBshCBrhSFrhyFriCJqiiJqjCNpjSNpjyRpkCVokiVokyZnlSZnlydmmCdmmihlmylknSlknypjoCpjoitioyxhpSxgpi1gqC5fqS5eqy9erTBdrjBcsDFbsTJaszJatDNZtjRYtzVXuTVWujZVvDdUvThTvzlSwDpRwTpQwztPxDxOxj1Nxz5MyD9LykBKy0FJzEJIzkNHz0RG0EVF0kZE00dD1EhC1UpB10s/2Ew+2U092k4821A73VE63lI431M34FU24VY14lc041kz5Fox5Vww5l0v514u6GAt6WEr6mMq62Qp62Yo7Gcm7Wkl7mok72wj724h8G8g8XEf8XMd8nQc83Yb83gZ9HkY9XsX9X0V9n4U9oAT94IS94QQ+IUP+IcO+IkM+YsL+YwK+Y4J+pAI+pIH+pQH+5YG+5cG+5kG+5sG+50H/J8H/KEI/KMJ/KUK/KYM/KgN/KoP/KwR/K4S/LAU/LIW/LQY+7Ya+7gd+7of+7wh+74j+sAm+sIo+sQq+sYt+ccv+cky+cs1+M03+M8699E999NA9tVD9tdG9dlJ9dtM9N1P9N9T9OFW8+Na8+Vd8uZh8uhl8upp8ext8e1x8e918fF58vJ98vSC8/WG8/aK9PiO9fmS9vqW+Pua+fyd+v2h/P+k",
  ),
  (letter) => letter.charCodeAt(0),
);
const SHARES = [0.25, 0.5, 0.75];

const GRID = 128; // cells of the longer side: finer than the network's own, see salnet_tf/images/render.py
const SIGMA = 1.5; // cells; without it the kinks of the network's upsampling show as crosses

/** The mean density in the cells of a coarse grid. */
export function gridOf(density, cells = GRID) {
  const scale = Math.min(1, cells / Math.max(density.width, density.height));
  const width = Math.max(1, Math.round(density.width * scale));
  const height = Math.max(1, Math.round(density.height * scale));
  const sums = new Float32Array(width * height);
  const count = new Uint32Array(width * height);
  const column = Int32Array.from({ length: density.width }, (_, x) => Math.floor((x * width) / density.width));
  for (let y = 0, i = 0; y < density.height; y++) {
    const row = Math.floor((y * height) / density.height) * width;
    for (let x = 0; x < density.width; x++, i++) {
      sums[row + column[x]] += density.data[i];
      count[row + column[x]] += 1;
    }
  }
  return { data: sums.map((sum, i) => sum / count[i]), width, height };
}

/** A grid with its steps smoothed, 0..1 of its peak. */
export function smoothed(grid) {
  const radius = Math.ceil(3 * SIGMA);
  const kernel = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * SIGMA ** 2)));
  const across = convolved(grid, kernel, 1, grid.width);
  const both = convolved({ ...grid, data: across }, kernel, grid.width, grid.height);
  const peak = both.reduce((most, value) => Math.max(most, value), 1e-30);
  return { ...grid, data: both.map((value) => value / peak) };
}

function convolved({ data, width }, kernel, step, length) {
  const radius = (kernel.length - 1) / 2;
  return data.map((_, i) => {
    const at = step === 1 ? i % width : Math.floor(i / width);
    let sum = 0, total = 0;
    for (let k = -radius; k <= radius; k++) {
      if (at + k < 0 || at + k >= length) continue;
      sum += kernel[k + radius] * data[i + k * step];
      total += kernel[k + radius];
    }
    return sum / total;
  });
}

/** A smooth grid at another size (Catmull-Rom), as Uint8 levels. */
function enlarged({ data, width, height }, newWidth, newHeight) {
  const xs = cubicTaps(width, newWidth), ys = cubicTaps(height, newHeight);
  const wide = new Float32Array(newWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < newWidth; x++) {
      const { at, weight } = xs[x];
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += weight[k] * data[y * width + at[k]];
      wide[y * newWidth + x] = sum;
    }
  }
  const levels = new Uint8ClampedArray(newWidth * newHeight);
  for (let y = 0, i = 0; y < newHeight; y++) {
    const { at, weight } = ys[y];
    const [a, b, c, d] = at.map((row) => row * newWidth);
    const [p, q, r, s] = weight.map((value) => 255 * value);
    for (let x = 0; x < newWidth; x++, i++) {
      levels[i] = p * wide[a + x] + q * wide[b + x] + r * wide[c + x] + s * wide[d + x];
    }
  }
  return levels;
}

function cubicTaps(from, to) {
  return Array.from({ length: to }, (_, i) => {
    const place = ((i + 0.5) * from) / to - 0.5;
    const first = Math.floor(place), t = place - first;
    const at = [-1, 0, 1, 2].map((k) => Math.min(Math.max(first + k, 0), from - 1));
    const weight = [
      (-t + 2 * t * t - t * t * t) / 2,
      (2 - 5 * t * t + 3 * t * t * t) / 2,
      (t + 4 * t * t - 3 * t * t * t) / 2,
      (-t * t + t * t * t) / 2,
    ];
    return { at, weight };
  });
}

// Opacity rises fast with the level, but with no step at 0 that a white wall would show.
const COLOURS = Uint32Array.from({ length: 256 }, (_, i) => {
  const alpha = Math.round(255 * (1 - (1 - i / 255) ** 2));
  return (alpha << 24) | (INFERNO[3 * i + 2] << 16) | (INFERNO[3 * i + 1] << 8) | INFERNO[3 * i];
});

/** Paint the heat map over all of a canvas, transparent where nobody looks. */
export function paint(canvas, smooth) {
  const levels = enlarged(smooth, canvas.width, canvas.height);
  const image = new ImageData(canvas.width, canvas.height);
  const words = new Uint32Array(image.data.buffer);
  for (let i = 0; i < words.length; i++) words[i] = COLOURS[levels[i]];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A colour of the map, for a line. */
export function colour(level) {
  const i = 3 * Math.round(level * 255);
  return `rgb(${INFERNO[i]} ${INFERNO[i + 1]} ${INFERNO[i + 2]})`;
}

/** Outlines of the smallest regions that hold `SHARES`: SVG path data in parts of the image, 0..1. */
export function contours(smooth) {
  const { data, width, height } = smooth;
  // A rim below every level closes the lines at the image's edge.
  const value = (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? -1e-3 : data[y * width + x]);
  const clamp = (part) => Math.min(1, Math.max(0, part)).toFixed(4);
  const total = data.reduce((sum, value) => sum + value, 0);
  return SHARES.map((share) => {
    const level = levelHolding(data, share * total);
    const path = [];
    const crossing = (ax, ay, bx, by) => {
      const a = value(ax, ay), t = (level - a) / (value(bx, by) - a);
      return `${clamp((ax + t * (bx - ax) + 0.5) / width)} ${clamp((ay + t * (by - ay) + 0.5) / height)}`;
    };
    for (let y = -1; y < height; y++) {
      for (let x = -1; x < width; x++) {
        const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]];
        const inside = corners.map(([cx, cy]) => value(cx, cy) >= level);
        const points = [];
        for (let k = 0; k < 4; k++) {
          if (inside[k] !== inside[(k + 1) % 4]) points.push(crossing(...corners[k], ...corners[(k + 1) % 4]));
        }
        for (let k = 0; k + 1 < points.length; k += 2) path.push(`M${points[k]}L${points[k + 1]}`);
      }
    }
    return path.join("");
  });
}

/** "upper left", "centre", ... of a point in parts of the image. */
export function where(x, y) {
  const column = ["left", "", "right"][Math.min(2, Math.floor(x * 3))];
  const row = ["upper", "", "lower"][Math.min(2, Math.floor(y * 3))];
  if (row && column) return `${row} ${column}`;
  return row ? `${row} middle` : column || "centre";
}

/** The bytes of a NumPy file of a density. */
export function npy({ data, width, height }) {
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
  header = header.padEnd(64 * Math.ceil((10 + header.length + 1) / 64) - 11) + "\n";
  const start = Uint8Array.from([0x93, ...[..."NUMPY"].map((c) => c.charCodeAt(0)), 1, 0, header.length & 255, header.length >> 8]);
  return new Blob([start, header, data], { type: "application/octet-stream" });
}
