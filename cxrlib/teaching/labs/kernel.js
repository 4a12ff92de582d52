// kernel_lab: a 3 × 3 kernel walks over an image; the arithmetic of one place is written out.

function startLab(box, config) {
  const picture = decodeImage(config.image);
  const input = greyImage(picture, 0, 255);
  const presets = Object.entries(config.presets);
  const state = { ...config.start };
  const alike = (weights, others) => weights.every((one, i) => Math.abs(one - others[i]) < 1e-9);
  // A kernel that was given, and is none of the known ones, can be had back.
  if (!presets.some(([, weights]) => alike(weights, state.kernel)))
    presets.push(["as it was shown", state.kernel]);
  let ways, output, image;

  // Keras puts half of the zeros in front, and the odd one behind.
  function way(length) {
    if (state.padding === "valid") {
      return { length, places: Math.floor((length - 3) / state.stride) + 1, before: 0, after: 0 };
    }
    const places = Math.ceil(length / state.stride);
    const zeros = Math.max((places - 1) * state.stride + 3 - length, 0);
    return { length, places, before: Math.floor(zeros / 2), after: Math.ceil(zeros / 2) };
  }

  const corner = (row, column) => [
    row * state.stride - ways.down.before,
    column * state.stride - ways.right.before,
  ];

  function sumAt(row, column) {
    const [top, left] = corner(row, column);
    let sum = 0;
    for (let i = 0; i < 9; i++)
      sum += state.kernel[i] * pixelOf(picture, top + Math.floor(i / 3), left + (i % 3));
    return sum;
  }

  function convolve() {
    ways = { down: way(picture.rows), right: way(picture.columns) };
    const { places: rows } = ways.down;
    const { places: columns } = ways.right;
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < values.length; i++) values[i] = sumAt(Math.floor(i / columns), i % columns);
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    const asItIs = low >= 0 && high <= 255.0001;
    output = { rows, columns, values, low: asItIs ? 0 : low, high: asItIs ? 255 : high };
    image = greyImage(output, output.low, output.high);
    watch.stayWithin();
  }

  // ---- the parts on the page

  const left = pixelCanvas(picture, 1, "");
  const right = pixelCanvas(picture, 1, "");
  const watch = watchedCell({
    label: "frame",
    state,
    result: () => output,
    tidy: (down, across) => [
      Math.round((down - 1.5 + ways.down.before) / state.stride),
      Math.round((across - 1.5 + ways.right.before) / state.stride),
    ],
    show: () => showPlace(),
  });
  const problem = problemLine(box);
  const fields = state.kernel.map((_, i) => {
    const name = `Row ${Math.floor(i / 3) + 1}, column ${(i % 3) + 1}`;
    return numberField({
      label: `Kernel: ${name.toLowerCase()}`,
      where: `${name}: `,
      low: -1000,
      high: 1000,
      write: weightText,
      problem,
      changed: (number) => put({ kernel: state.kernel.with(i, number) }),
    });
  });
  const set = (key) => (value) => {
    // The frame stays where it is in the image, not in the result.
    const [row, column] = corner(state.row, state.column);
    state[key] = value;
    ways = { down: way(picture.rows), right: way(picture.columns) };
    state.row = Math.max(Math.round((row + ways.down.before) / state.stride), 0);
    state.column = Math.max(Math.round((column + ways.right.before) / state.stride), 0);
    showAll();
  };
  const preset = pills(box, {
    legend: "Kernel",
    options: presets.map(([name]) => name),
    changed: (name) => put({ kernel: presets.find(([known]) => known === name)[1] }),
  });
  const few = (legend, options, key) => pills(box, { legend, options, changed: set(key) });
  const stride = few("Stride", [1, 2, 3], "stride");
  const padding = few("Padding", ["valid", ["same", "same (zeros)"]], "padding");
  const size = element("output", { class: "size" });
  const ramp = [element("span"), element("span")];
  const products = state.kernel.map(() => ["i", "span", "span"].map((tag) => element(tag)));
  const cells = products.map(([, factors, product]) => block("lab-cell", factors, product));
  const sum = quiet("big sum");
  const heard = spoken();

  const threes = { class: "lab-cells", style: "grid-template-columns: repeat(3, 1fr)" };
  const grid = (children) => element("div", threes, ...children);
  const pixels = `${picture.rows} × ${picture.columns} pixels, 0 black to 255 white`;
  const result = named("Result", pointable(right, watch), block("ramp", ramp[0], element("i"), ramp[1]));
  const nine = element("legend", null, "The nine weights");
  furnish(
    box,
    () => ({ ...state, kernel: state.kernel.map(weightText) }),
    preset,
    block("two gap", named("Image", pointable(left, watch), soft(pixels)), result),
    block(
      "parts",
      block(
        "lab-card",
        heading("At the frame: pixel × weight"),
        grid(cells),
        block("close", sum, heard),
      ),
      block(
        "stack",
        element("fieldset", null, nine, grid(fields), problem),
        block("lab-row", stride, padding),
        size,
      ),
    ),
  );

  // ---- showing

  function showPlace() {
    const [row, column] = watch.cell();
    const [top, first] = corner(row, column);
    const { stride: step } = state;
    left.redraw((context) => {
      const { down, right: across } = ways;
      const wide = picture.columns + across.before + across.after;
      context.fillStyle = "#000";
      context.fillRect(-across.before, -down.before, wide, picture.rows + down.before + down.after);
      context.drawImage(input, 0, 0);
      frame(context, first, top, 3, 3, 3);
    });
    // Each number of the result lies where the middle of its window was.
    const at = (place, before) => place * step - before + 1.5 - step / 2;
    right.redraw((context) => {
      context.strokeStyle = "#7b8794";
      context.lineWidth = 0.12;
      context.strokeRect(0, 0, picture.columns, picture.rows);
      const [x, y] = [at(0, ways.right.before), at(0, ways.down.before)];
      context.drawImage(image, x, y, output.columns * step, output.rows * step);
      frame(context, at(column, ways.right.before), at(row, ways.down.before), step, step);
    });
    const most = Math.max(1, ...state.kernel.map((weight) => Math.abs(weight) * 255));
    products.forEach(([swatch, factors, product], i) => {
      const [y, x] = [top + Math.floor(i / 3), first + (i % 3)];
      const value = pixelOf(picture, y, x);
      const result = value * state.kernel[i];
      swatch.className = onPicture(picture, y, x) ? "swatch" : "swatch outside";
      swatch.style.background = `rgb(${value}, ${value}, ${value})`;
      factors.replaceChildren(swatch, `${value} × ${withMinus(weightText(state.kernel[i]))}`);
      product.textContent = `= ${shown(result, 2)}`;
      const tint = `var(--${result < 0 ? "cool" : "warm"}-tint)`;
      cells[i].style.setProperty("--tint", `rgba(${tint}, ${(0.45 * Math.abs(result)) / most})`);
      cells[i].dataset.value = result;
    });
    const value = output.values[row * output.columns + column];
    const text = `Sum = ${shown(value)}`;
    tellNumber(sum, heard, text, value, [row, column], watch.passing(), " of the result");
  }

  function sizeSentence({ length, places }) {
    return state.padding === "same"
      ? `⌈${length} / ${state.stride}⌉ = ${places}`
      : placesText(length, 3, state.stride, places);
  }

  function showSize() {
    const { down, right: across } = ways;
    const zeros = [
      [down.before, "above"],
      [down.after, "below"],
      [across.before, "left"],
      [across.after, "right"],
    ]
      .filter(([count]) => count)
      .map(([, side]) => side);
    const by = [down, across].map(sizeSentence);
    size.textContent = sizeText(picture.rows, picture.columns, ...by, output);
    if (zeros.length) size.append(` A border of zeros: ${zeros.join(", ")}.`);
    Object.assign(size.dataset, { rows: output.rows, columns: output.columns });
  }

  function showAll() {
    convolve();
    fields.forEach((field, i) => field.put(state.kernel[i]));
    const named = presets.find(([, weights]) => alike(weights, state.kernel));
    preset.put(named ? named[0] : "");
    stride.put(state.stride);
    padding.put(state.padding);
    ramp[0].textContent = `black ${shown(output.low, 1)}`;
    ramp[1].textContent = `white ${shown(output.high, 1)}`;
    relabel(
      right,
      `The result, ${output.rows} by ${output.columns} numbers, ` +
      `${ramp[0].textContent}, ${ramp[1].textContent}`,
    );
    right.numbers = Array.from(output.values);
    showSize();
    showPlace();
  }

  function put(next) {
    Object.assign(state, next);
    showAll();
  }

  const sides = `${picture.rows} by ${picture.columns} pixels`;
  relabel(left, `A chest X-ray of ${sides} with the kernel's frame on it`);
  const allowed = {
    stride: [1, 3, true],
    padding: ["valid", "same"],
    row: [0, 63, true],
    column: [0, 63, true],
  };
  begin(box, state, allowed, (next, found) => {
    const texts = (found?.get("kernel") || "").split(",");
    const kernel = texts.map((text) => parseNumber(text, -1000, 1000).value);
    put(kernel.length === 9 && !kernel.includes(undefined) ? { ...next, kernel } : next);
  });
}
