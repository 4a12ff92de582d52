// A picture of the reader's own, read as `data.read_image` does. It stays in this page's memory.

const refuse = (text) => {
  throw new RangeError(text);
};

// Width, height and bits of a PNG or JPEG from the head of its file, and whether its end is there,
// since browsers show half a picture as if it were one. Nothing is decoded yet, so that a picture of
// a billion pixels takes no memory.
function imageHead(bytes) {
  const view = new DataView(bytes.buffer);
  const starts = (...head) => head.every((byte, i) => bytes[i] === byte);
  const png = starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  if (png && bytes.length > 32) {
    const [width, height, bits] = [view.getUint32(16), view.getUint32(20), bytes[24]];
    const whole = String.fromCharCode(...bytes.subarray(-64)).includes("IEND");
    return { kind: "PNG", width, height, bits, whole };
  }
  for (let at = 2; starts(0xff, 0xd8, 0xff) && at + 9 < bytes.length && bytes[at] === 0xff; ) {
    const kind = bytes[at + 1];
    const sizes = kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind);
    if (sizes) {
      const [width, height, bits] = [view.getUint16(at + 7), view.getUint16(at + 5), bytes[at + 4]];
      let end = bytes.length;
      do end = bytes.lastIndexOf(0xd9, end - 1);
      while (end > at && bytes[end - 1] !== 0xff);
      return { kind: "JPEG", width, height, bits, whole: end > at };
    }
    at += kind === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  if (String.fromCharCode(...bytes.subarray(128, 132)) === "DICM")
    refuse(
      "Expected a PNG or JPEG picture, got a DICOM file, which browsers cannot read. Save it as " +
        "PNG, or ask in a terminal: cxr predict.",
    );
  const half = png || starts(0xff, 0xd8, 0xff);
  const got = bytes.length === 0 ? "an empty file" : half ? "a damaged one" : "another kind of file";
  return refuse(`Expected a PNG or JPEG picture, got ${got}. Choose another file.`);
}

// What one row or column of a smaller picture is made of: Pillow's triangle filter, in its whole
// numbers (Pillow's src/libImaging/Resample.c).
function triangles(from, to) {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const last = Math.min(Math.trunc(centre + reach + 0.5), from);
    const height = (_, i) => Math.max(1 - Math.abs((first + i - centre + 0.5) / reach), 0);
    const heights = Array.from({ length: last - first }, height);
    const sum = total(heights);
    return { first, weights: heights.map((one) => Math.trunc(0.5 + (one / sum) * 2 ** 22)) };
  });
}

// Greys along one line, weighed and rounded to whole ones; `step` leads from one to the next.
function weighed(filters, source, start, step, put) {
  filters.forEach(({ first, weights }, place) => {
    let [sum, at] = [2 ** 21, start + first * step];
    for (let i = 0; i < weights.length; i++, at += step) sum += weights[i] * source[at];
    put(place, clamp(Math.floor(sum / 2 ** 22), 0, 255));
  });
}

const STRIP = 256; // rows that are looked at together: a large picture needs no large canvas
const COLOURED = 24; // between the strongest and the weakest of red, green and blue
const MOST_COLOUR = 0.02; // of the pixels: a coloured mark is no colour picture

// Pillow lets a JPEG that is much too large be decoded at a half, a quarter or an eighth: nearly the
// means of squares of so many pixels.
const drafted = (kind, width, height, size) => {
  const times = Math.min(Math.floor(width / size), Math.floor(height / size));
  return (kind === "JPEG" && [8, 4, 2].find((one) => times >= one)) || 1;
};

function squareMeans(greys, rows, columns, side) {
  if (side === 1) return greys;
  const wide = Math.ceil(columns / side);
  const means = new Uint8Array(Math.ceil(rows / side) * wide);
  for (let i = 0; i < means.length; i++) {
    const [top, left] = [Math.floor(i / wide) * side, (i % wide) * side];
    const [low, right] = [Math.min(top + side, rows), Math.min(left + side, columns)];
    let sum = 0;
    for (let row = top; row < low; row++)
      for (let column = left; column < right; column++) sum += greys[row * columns + column];
    means[i] = Math.round(sum / ((low - top) * (right - left)));
  }
  return means;
}

// Greys of a decoded picture with Pillow's weights for red, green and blue, as means of squares.
function greysOf(bitmap, side) {
  const { width, height } = bitmap;
  const columns = Math.ceil(width / side);
  const kept = new Uint8Array(Math.ceil(height / side) * columns);
  const canvas = element("canvas", { width, height: Math.min(STRIP, height) });
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  let [coloured, low, high] = [0, 255, 0];
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    context.fillRect(0, 0, width, rows); // what is transparent is black
    context.drawImage(bitmap, 0, -top);
    const { data } = context.getImageData(0, 0, width, rows);
    const greys = new Uint8Array(rows * width);
    for (let i = 0, at = 0; i < greys.length; i++, at += 4) {
      const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
      greys[i] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
      low = Math.min(low, greys[i]);
      high = Math.max(high, greys[i]);
      coloured += Math.max(red, green, blue) - Math.min(red, green, blue) > COLOURED;
    }
    kept.set(squareMeans(greys, rows, width, side), (top / side) * columns);
  }
  const share = coloured / (width * height);
  if (share > MOST_COLOUR)
    refuse(
      `Expected a grey X-ray, got a colour picture (${Math.round(100 * share)} % of it). ` +
        "Choose an X-ray in grey.",
    );
  if (high - low < 16)
    refuse("Expected an X-ray, got a picture of one grey. Choose another file.");
  return { rows: kept.length / columns, columns, values: kept };
}

// The same picture, `tall` × `wide`: first its rows, then its columns, as Pillow does.
function resized({ rows, columns, values }, tall, wide) {
  const across = triangles(columns, wide);
  const narrow = new Uint8Array(rows * wide);
  for (let row = 0; row < rows; row++)
    weighed(across, values, row * columns, 1, (place, grey) => (narrow[row * wide + place] = grey));
  const down = triangles(rows, tall);
  const small = new Uint8Array(tall * wide);
  for (let column = 0; column < wide; column++)
    weighed(down, narrow, column, wide, (place, grey) => (small[place * wide + column] = grey));
  return small;
}

// Python rounds a half to the even neighbour, JavaScript up.
const evenly = (value) => (value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

async function readPicture(file, { size, resize, max_bytes, max_pixels, min_side }) {
  if (file.size > max_bytes)
    refuse(
      `Expected a file of at most ${short(max_bytes / 1e6)} MB, got ${short(file.size / 1e6, 0)} ` +
        "MB. Make the picture smaller first.",
    );
  const { width, height, kind, bits, whole } = imageHead(new Uint8Array(await file.arrayBuffer()));
  const sides = `${width.toLocaleString("en")} × ${height.toLocaleString("en")} pixels`;
  if (width * height > max_pixels)
    refuse(
      `Expected at most ${max_pixels / 1e6} million pixels, got ${sides}. Make it smaller first.`,
    );
  if (Math.min(width, height) < min_side)
    refuse(`Expected at least ${min_side} pixels a side, got ${sides}. Choose another file.`);
  if (bits > 8)
    refuse(
      `Expected a picture of 8 bits, got a ${kind} of ${bits}, of which a browser keeps 8. ` +
        "Save it with 8 bits, or ask in a terminal: cxr predict.",
    );
  const damaged = () =>
    refuse(`Expected a whole ${kind}, got a damaged one. Copy it again, or choose another file.`);
  if (!whole) damaged();
  const settings = { colorSpaceConversion: "none", imageOrientation: "from-image" };
  const bitmap = await createImageBitmap(file, settings).catch(damaged);
  const greys = greysOf(bitmap, drafted(kind, width, height, size));
  const scale = size / Math.max(greys.rows, greys.columns);
  const fitted = (side) => (resize === "stretch" ? size : Math.max(1, evenly(side * scale)));
  const [tall, wide] = [fitted(greys.rows), fitted(greys.columns)];
  const [top, left] = [size - tall, size - wide].map((room) => room >> 1);
  const values = new Float64Array(size * size);
  resized(greys, tall, wide).forEach((grey, i) => {
    values[(top + Math.floor(i / wide)) * size + left + (i % wide)] = grey;
  });
  bitmap.close();
  return { rows: size, columns: size, values };
}

// A photograph gets a score, too, so what lies too far from the pictures of training gets none, and
// what looks turned neither.
function refuseOthers({ distance, turnScore }, known) {
  const [far, turned] = [distance > known.threshold, turnScore > known.turn_threshold];
  if (!far && !turned) return;
  const got = far
    ? `one at the distance ${distance.toFixed(2)} (limit ${known.threshold.toFixed(2)})`
    : `one that looks turned or mirrored (score ${turnScore.toFixed(2)}, limit ` +
      `${known.turn_threshold.toFixed(2)})`;
  refuse(
    `Expected a frontal chest X-ray like those of training, got ${got}. Is it whole, head up, not ` +
      "inverted, the patient's left on the right of the picture? These limits refuse at most " +
      `${short(100 * known.false_refusals)} % of ${known.n.toLocaleString("en")} chest X-rays kept aside, too.`,
  );
}

// A button for a file, and a box to drop one on. `read` looks at the file and returns what shall be
// done with it; an error of ours is said, and then nothing is done.
function fileChooser(box, problem, read) {
  let opened = 0; // of several files, the one that was chosen last counts
  async function open(file) {
    if (!file) return;
    const mine = ++opened;
    let [take, wrong] = [() => {}, ""];
    try {
      take = await read(file);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      wrong = `${error.message} The picture stays as it was.`;
    }
    if (mine !== opened) return;
    problem.textContent = wrong;
    take();
  }
  const file = element("input", {
    type: "file",
    accept: "image/png,image/jpeg",
    "aria-describedby": problem.id,
    change: () => {
      open(file.files[0]);
      file.value = ""; // so that the same file may be chosen again
    },
  });
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });
  return element("label", { class: "pill" }, file, element("span", null, "open a file"));
}
