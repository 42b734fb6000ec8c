// Compares demo/salnet.js with golden.json: node tests/demo/golden.mjs
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as salnet from "../../demo/salnet.js";

const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url)));

function near(received, expected, tolerance) {
  assert.equal(received.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(received[i] - value) <= tolerance, `${i}: ${received[i]}, not ${value}`));
}

for (const [value, rounded] of golden.round) assert.equal(salnet.round(value), rounded);

for (const { image, canvas, placed } of golden.place) {
  const { height, width, top, left } = salnet.place(image[1], image[0], canvas[1], canvas[0]);
  assert.deepEqual([height, width, top, left], placed);
}

for (const { size: [height, width], image, target, resized } of golden.resize) {
  const rgba = new Uint8ClampedArray(height * width * 4);
  for (let i = 0; i < height * width; i++) rgba.set(image.slice(3 * i, 3 * i + 3), 4 * i);
  const rows = (from, to) => rgba.subarray(from * width * 4, to * width * 4);
  near(salnet.resize({ width, height, rows }, target[1], target[0]), resized, 1e-3);
}

for (const { image, logits, density } of golden.density) {
  const placement = salnet.place(image[1], image[0], 10, 8);
  near(salnet.toDensity(Float32Array.from(logits), placement).data, density, 1e-6);
}

for (const { size: [height, width], density, aspects, windows, regions } of golden.crop) {
  const data = Float32Array.from(density);
  const boxes = aspects.map((aspect) => salnet.crop({ data, width, height }, aspect));
  assert.deepEqual(boxes.map(({ left, top, right, bottom }) => [left, top, right, bottom]), windows);
  const found = salnet.regions({ data, width, height });
  near(found.flatMap((one) => [one.left, one.top, one.right, one.bottom, one.share]), regions.flat(), 1e-5);
  const all = { left: -3, top: 0, right: width + 9, bottom: height };
  assert.ok(Math.abs(salnet.share({ data, width, height }, all) - 1) < 1e-5);
}
console.log("demo/salnet.js agrees with golden.json");
